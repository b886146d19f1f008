"""Group commit: what is handed in together is one transaction, and one piece's failure is its own."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.store import Store
from bot.store.group import LONGEST, MOST, ROOM, GroupCommit


def topic(name: str) -> Callable[[Store], int]:
    """Work that keeps one topic; returns how many there are."""

    def work(store: Store) -> int:
        store.db.conn.execute("INSERT INTO topics VALUES (?, 1)", (name,))
        return int(store.db.conn.execute("SELECT count(*) FROM topics").fetchone()[0])

    return work


def wrong(store: Store) -> int:
    topic("lost")(store)
    raise LookupError("of this piece alone")


def each(store: Store, works: Sequence[Callable[[Store], int]]) -> list[int]:
    return [work(store) for work in works]


def kept(path: Path) -> list[str]:
    """What another process would see."""
    with Store(path, read_only=True) as other:
        return [name for (name,) in other.db.conn.execute("SELECT name FROM topics ORDER BY name")]


@pytest.fixture
def began(store: Store) -> list[str]:
    """A line for each transaction that begins."""
    lines: list[str] = []
    store.db.conn.set_trace_callback(lambda statement: lines.append(statement) if "BEGIN" in statement else None)
    return lines


async def test_what_is_handed_in_together_is_committed_together(store: Store, began: list[str]) -> None:
    commits = GroupCommit(store, each)
    assert await asyncio.gather(*(commits.run(topic(name)) for name in "abc")) == [1, 2, 3]
    assert (len(began), kept(store.path)) == (1, ["a", "b", "c"])
    assert await commits.run(topic("d")) == 4
    assert (len(began), kept(store.path)) == (2, ["a", "b", "c", "d"])


async def test_a_piece_that_fails_is_undone_alone(store: Store) -> None:
    commits = GroupCommit(store, each)
    pieces = (commits.run(topic("a")), commits.run(wrong), commits.run(topic("b")))
    first, failure, last = await asyncio.gather(*pieces, return_exceptions=True)
    assert (first, last, kept(store.path)) == (1, 2, ["a", "b"])
    assert isinstance(failure, LookupError)


async def test_a_piece_goes_on_only_when_it_is_committed(store: Store) -> None:
    assert await GroupCommit(store, each).run(topic("a")) == 1
    assert not store.db.conn.in_transaction
    assert kept(store.path) == ["a"]


async def test_work_whose_caller_has_gone_is_not_done(store: Store) -> None:
    commits = GroupCommit(store, each)
    gone = asyncio.ensure_future(commits.run(topic("gone")))
    stays = asyncio.ensure_future(commits.run(topic("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 1
    assert kept(store.path) == ["stays"]


async def test_the_loop_does_not_stand_still_for_a_crowd(store: Store, began: list[str]) -> None:
    commits = GroupCommit(store, each)
    await asyncio.gather(*(commits.run(topic(f"{number:03}")) for number in range(2 * MOST + 1)))
    assert (len(began), len(kept(store.path))) == (3, 2 * MOST + 1)


async def test_a_commit_that_cannot_be_made_is_told_to_each(store: Store) -> None:
    commits = GroupCommit(store, each)
    store.db.conn.execute("PRAGMA query_only = 1")
    failures = await asyncio.gather(commits.run(topic("a")), commits.run(topic("b")), return_exceptions=True)
    assert [type(failure).__name__ for failure in failures] == ["OperationalError", "OperationalError"]
    store.db.conn.execute("PRAGMA query_only = 0")
    assert await commits.run(topic("a")) == 1


async def test_heavy_pieces_do_not_hold_the_loop_up_together(store: Store, began: list[str]) -> None:
    commits = GroupCommit(store, each, weigh=lambda _: int(ROOM / 2))
    await asyncio.gather(*(commits.run(topic(name)) for name in "abcd"))
    assert (len(began), kept(store.path)) == (2, ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("pace", "sizes"), [(1.1, [4, 4, 4]), (2.2, [4, 2, 2, 2, 2]), (0.55, [4, 8]), (9.0, [4, *[1] * 8])]
)
async def test_a_transaction_has_room_for_what_the_last_full_one_did_in_time(
    store: Store, pace: float, sizes: list[int]
) -> None:
    """``pace``: how many times longer than it may the work takes that is thought to fill a transaction."""
    now, groups = [0.0], []

    def work(_store: Store, pieces: Sequence[int]) -> Sequence[int]:
        groups.append(len(pieces))
        now[0] += len(pieces) / 4 * LONGEST * pace
        return pieces

    commits = GroupCommit(store, work, weigh=lambda _: int(ROOM / 4), clock=lambda: now[0])
    assert await asyncio.gather(*map(commits.run, range(12))) == list(range(12))
    assert groups == sizes


async def test_a_transaction_that_was_not_full_leaves_the_room_as_it_was(store: Store) -> None:
    now, groups = [0.0], []

    def work(_store: Store, pieces: Sequence[int]) -> Sequence[int]:
        groups.append(len(pieces))
        now[0] += LONGEST / 2  # all of it is the commit
        return pieces

    commits = GroupCommit(store, work, weigh=lambda _: int(ROOM / 4), clock=lambda: now[0])
    await commits.run(0)
    await asyncio.gather(*map(commits.run, range(4)))
    assert groups == [1, 4]


async def test_pieces_are_done_in_one_go_in_the_order_in_which_they_came(store: Store) -> None:
    groups: list[tuple[int, ...]] = []

    def doubled(_store: Store, numbers: Sequence[int]) -> list[int]:
        groups.append(tuple(numbers))
        return [2 * number for number in numbers]

    commits = GroupCommit(store, doubled)
    assert await asyncio.gather(*map(commits.run, (3, 1, 2))) == [6, 2, 4]
    assert groups == [(3, 1, 2)]
