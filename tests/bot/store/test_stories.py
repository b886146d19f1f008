import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Alert, AlertKind, Chat, Hit, Match, Pace, Source, Story, Tie
from bot.rules import sketch, story
from bot.rules.fingerprint import number, stem
from bot.store import Store
from bot.store.postings import CROWD
from bot.store.stories import SNAPSHOT
from bot.tell import index_old
from scrapers import Post
from tests.old import BEFORE_OTHER_KEYS, BEFORE_SKETCHES, BEFORE_STORIES
from tests.support import Clock, MakePost, MakeSource

WINDOW, LONGEST = timedelta(hours=72), timedelta(days=14)
Bring = Callable[..., list[Hit]]
Keep = Callable[..., None]
Near = Callable[..., list[int]]


def bring_to(store: Store, clock: Clock, source: Source, make_post: MakePost, *numbers: int) -> list[Hit]:
    """Let a source show posts with these numbers; topic H100 is found in all of them."""
    posts = [make_post(number) for number in numbers]
    seen = store.archive.add(source, posts, is_fresh=lambda *_: True, now=clock()).seen
    return store.archive.keep_hits([(one, [Match(topic="H100", places=())]) for one in seen], now=clock())


def sketch_of(words: str) -> sketch.Sketch:
    return sketch.of(Post(key="", url="", text=words))


@pytest.fixture
def bring(store: Store, clock: Clock, make_source: MakeSource, make_post: MakePost) -> Bring:
    store.sources.sync([make_source("wire")], now=clock())
    return lambda *numbers: bring_to(store, clock, make_source("wire"), make_post, *numbers)


@pytest.fixture
def keep(store: Store, clock: Clock) -> Keep:
    """Keep a post's part in a story (its own, if none is given), found by these marks; it has these words."""

    def kept(hit: Hit, marks: Sequence[int], words: str = "", **part: object) -> None:
        told = Story(**{"id": hit.seen.id, "hit": hit, **part})  # type: ignore[arg-type]
        store.stories.keep(told, sketch_of(words), dict.fromkeys(marks), now=clock())

    return kept


@pytest.fixture
def near(store: Store, clock: Clock) -> Near:
    """The rows of the posts that share marks, of stories that are alive."""

    def found(*marks: int, since: timedelta = WINDOW, born: timedelta = LONGEST) -> list[int]:
        telling = dict.fromkeys(marks, 1.0)
        met = store.stories.near(telling, since=clock() - since, born=clock() - born)
        return [one.id for one in met]

    return found


def test_a_post_is_found_by_any_of_its_marks_with_its_story_and_topics(
    store: Store, bring: Bring, keep: Keep, near: Near, clock: Clock
) -> None:
    first, second = bring(1, 2)
    keep(first, [10, 2**32 - 1])
    keep(second, [20], "racks", id=1, tie=Tie.NEWS, beside=1)
    assert (near(10), near(2**32 - 1), near(20), near(30), near()) == ([1], [1], [2], [], [])
    (met,) = store.stories.near({20: 1.0}, since=clock() - WINDOW, born=clock() - LONGEST)
    assert met == story.Neighbour(id=2, story=1, sketch=sketch_of("racks"), topics=frozenset({"H100"}))
    assert [store.stories.of(row) for row in (1, 2, 3)] == [1, 1, None]


def test_a_story_lives_as_long_as_it_grows_but_no_longer_than_the_longest(
    bring: Bring, keep: Keep, near: Near, clock: Clock
) -> None:
    first, second = bring(1, 2)
    keep(first, [10])
    clock.forward(hours=72)
    assert near(10) == [1]
    clock.forward(seconds=1)
    assert near(10) == []
    keep(second, [20], id=1, tie=Tie.COPY, beside=1)
    assert (near(10), near(20)) == ([1], [2])
    clock.forward(hours=71)
    assert (near(10), near(20, born=timedelta(days=3))) == ([1], [])
    clock.forward(days=13)
    assert near(10, since=timedelta(days=30)) == []


def test_who_shares_more_goes_first_and_rare_marks_count_by_their_weight(
    store: Store, bring: Bring, keep: Keep, near: Near, clock: Clock
) -> None:
    for hit, marks in zip(bring(1, 2, 3), ([1, 2], [2], [2, 3, 4]), strict=True):
        keep(hit, marks)
    assert near(1, 2, 3, 4) == [3, 1, 2]
    rare = {1: 1.0, 2: 1.0, 3: 0.01, 4: 0.01}
    met = store.stories.near(rare, since=clock() - WINDOW, born=clock() - LONGEST)
    assert [one.id for one in met] == [1, 3, 2]


def test_one_stretch_of_text_in_common_is_chance_and_two_are_looked_at(
    store: Store, bring: Bring, keep: Keep, clock: Clock
) -> None:
    for hit, marks in zip(bring(1, 2), ([1], [1, 2]), strict=True):
        keep(hit, marks)
    met = store.stories.near(dict.fromkeys([1, 2, 3]), since=clock() - WINDOW, born=clock() - LONGEST)
    assert [one.id for one in met] == [2]


def test_of_a_crowd_that_shares_a_mark_the_newest_are_looked_at(bring: Bring, keep: Keep, near: Near) -> None:
    hits = bring(*range(1, CROWD + 10))
    for hit in hits:
        keep(hit, [10])
    assert near(10) == [CROWD + 9 - place for place in range(story.LOOKED_AT)]


def test_a_dead_story_takes_no_place_from_a_living_one(bring: Bring, keep: Keep, near: Near, clock: Clock) -> None:
    for hit in bring(*range(1, 20)):
        keep(hit, [10, 11])
    clock.forward(hours=73)
    keep(bring(20)[0], [10])
    assert near(10, 11) == [20]


def counts(store: Store, *words: str) -> list[int]:
    """How many posts belonged to a story, and how many of them had each word."""
    return [store.stories.frequencies.total, *(store.stories.frequencies.posts(number(stem(word))) for word in words)]


def test_words_are_counted_once_a_post_whether_it_is_forgotten_or_not(
    store: Store, bring: Bring, keep: Keep, clock: Clock
) -> None:
    first, second = bring(1, 2)
    assert counts(store, "h100") == [0, 0]
    keep(first, [10], "H100 rack, H100 rack")
    keep(second, [20], "H100")
    assert counts(store, "h100", "rack", "crate") == [2, 2, 1, 0]
    clock.forward(days=15)
    assert store.stories.forget(clock() - LONGEST) == 2
    assert counts(store, "h100", "rack", "crate") == [2, 2, 1, 0]


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_index_is_made_anew_at_a_start(
    tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock, rounds: int
) -> None:
    """The counts are written now and then: after a start they are those of before, whether just written or not."""
    wire, posts = make_source("wire"), (SNAPSHOT - 1) // 2 + 1
    for turn in range(rounds):
        with Store(tmp_path / "vigie.db") as store, store.transaction():
            store.sources.sync([wire], now=clock())
            assert counts(store, "rack", f"turn{turn - 1}") == [turn * posts, turn * posts, posts if turn else 0]
            hits = bring_to(store, clock, wire, make_post, *range(turn * posts, (turn + 1) * posts))
            for hit in hits:
                part = Story(id=hit.seen.id, hit=hit)
                store.stories.keep(part, sketch_of(f"rack turn{turn}"), {hit.seen.id: None, 7: None}, now=clock())
    with Store(tmp_path / "vigie.db", read_only=True) as store:
        assert counts(store, "rack", "turn0", "turn3") == [rounds * posts, rounds * posts, posts, 0]
        met = store.stories.near({posts: 2.0, posts - 1: 1.5}, since=clock() - WINDOW, born=clock() - LONGEST)
        assert [one.id for one in met] == [posts, posts - 1]
        kept = store.db.conn.execute("SELECT total FROM frequencies").fetchall()
        assert kept == ([(2 * posts,)] if rounds > 1 else [])


def test_what_was_rolled_back_is_not_found_and_stands_in_nobodys_way(
    store: Store, bring: Bring, keep: Keep, near: Near
) -> None:
    first, second, third = bring(1, 2, 3)
    keep(first, [10])
    with suppress(LookupError), store.transaction():
        keep(second, [10, 11])
        assert near(10, 11) == [2, 1]
        raise LookupError
    assert near(10, 11) == [1]
    keep(third, [10, 11])
    assert near(10, 11) == [3, 1]


def test_numbers_that_a_rollback_left_out_do_no_harm_after_a_start(
    tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock
) -> None:
    def keep_in(store: Store, hit: Hit) -> None:
        store.stories.keep(Story(id=hit.seen.id, hit=hit), sketch_of("rack"), {7: None}, now=clock())

    with Store(tmp_path / "vigie.db") as store:
        store.sources.sync([make_source("wire")], now=clock())
        hits = bring_to(store, clock, make_source("wire"), make_post, 1, 2, 3, 4)
        with suppress(LookupError), store.transaction():
            keep_in(store, hits[0])
            raise LookupError
        keep_in(store, hits[1])
    with Store(tmp_path / "vigie.db") as store:
        keep_in(store, hits[2])
        keep_in(store, hits[3])
        found = store.stories.near({7: 1.0}, since=clock() - WINDOW, born=clock() - LONGEST)
        assert [one.id for one in found] == [hit.seen.id for hit in hits[:0:-1]]


def test_what_ties_a_post_is_kept_with_it(store: Store, bring: Bring, keep: Keep) -> None:
    first, second = bring(1, 2)
    keep(first, [])
    keep(
        second, [], id=1, tie=Tie.NEWS, beside=1, evidence=("names 14.0", "苏菂"), facts=frozenset({"8 card", "2 box"})
    )
    rows = store.db.conn.execute(
        "SELECT post, story, tie, beside, evidence, facts FROM members ORDER BY post"
    ).fetchall()
    assert rows == [(1, 1, "first", 0, "[]", "[]"), (2, 1, "news", 1, '["names 14.0", "苏菂"]', '["2 box", "8 card"]')]


def test_a_post_that_says_more_keeps_the_facts_of_before(store: Store, bring: Bring, keep: Keep) -> None:
    keep(bring(1)[0], [], facts=frozenset({"8 card"}))
    store.stories.learn(1, frozenset({"30000 usd"}))
    store.stories.learn(1, frozenset())
    assert store.db.conn.execute("SELECT facts FROM members").fetchone() == ('["30000 usd", "8 card"]',)


def test_old_posts_leave_the_index_a_few_at_a_time_and_keep_their_story(
    store: Store, bring: Bring, keep: Keep, near: Near, clock: Clock
) -> None:
    for hit in bring(1, 2, 3):
        keep(hit, [10, hit.seen.id])
    clock.forward(days=15)
    keep(bring(4)[0], [10])
    before = clock() - LONGEST
    assert [store.stories.forget(before, limit=2) for _ in range(3)] == [2, 1, 0]
    assert store.db.conn.execute("SELECT post FROM sketches").fetchall() == [(4,)]
    assert near(10, 1, 2, 3, since=timedelta(days=99), born=timedelta(days=99)) == [4]
    assert store.stories.of(1) == 1


def test_nothing_is_unindexed_once_anything_was_indexed(store: Store, bring: Bring, keep: Keep, clock: Clock) -> None:
    first, second = bring(1, 2)
    assert store.stories.unindexed(clock() - LONGEST) == ()
    keep(first, [10])
    keep(second, [])
    assert store.stories.unindexed(clock() - LONGEST) == ()


# A database of the version before


@pytest.fixture
def old(tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock) -> Path:
    """Two stories of three posts, one of which is three weeks old; an alert that was sent, and one that is owed."""
    path, wire = tmp_path / "old.db", make_source("wire")
    with Store(path) as store:
        store.sources.sync([wire], now=clock())
        hits = bring_to(store, clock, wire, make_post, 1, 2, 3)
        reader = store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
        store.people.follow(reader, "H100", pace=Pace(), now=clock())
        alerts = [
            Alert(subscriber=reader.id, kind=AlertKind.ALERT, story=row, cause="first", due=clock(), post=row)
            for row in (1, 3)
        ]
        store.outbox.owe(alerts, now=clock())
        store.db.conn.execute("UPDATE outbox SET state = 'sent', message = 77, settled = due WHERE story = 1")
        assert len(hits) == 3
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in BEFORE_STORIES:
            conn.execute(statement)
        now, ago = clock().timestamp(), (clock() - timedelta(days=21)).timestamp()
        conn.executemany("INSERT INTO stories VALUES (?, ?, ?)", [(1, now, now), (3, ago, ago)])
        conn.executemany("INSERT INTO members VALUES (?, ?, ?)", [(1, 1, "aa"), (2, 1, "aa"), (3, 3, "")])
    return path


def test_a_database_of_before_keeps_its_stories_and_alerts(old: Path, make_post: MakePost, clock: Clock) -> None:
    with Store(old) as store:
        assert [store.stories.of(row) for row in (1, 2, 3)] == [1, 1, 3]
        assert store.archive.post(2) == make_post(2)
        rows = store.db.conn.execute("SELECT story, state, message, about, shown, listed FROM outbox ORDER BY id")
        assert rows.fetchall() == [(1, "sent", 77, 0, 0, 0), (3, "owed", None, 0, 0, 0)]
        (told,) = store.outbox.told([1])
        assert (told.at, told.facts) == (clock(), frozenset())
    with Store(old, read_only=True) as store:
        assert store.stories.of(1) == 1


def test_the_stories_of_before_are_indexed_once_and_then_found(old: Path, make_post: MakePost, clock: Clock) -> None:
    with Store(old) as store, store.transaction():
        assert store.stories.unindexed(clock() - LONGEST) == (1, 2)
        assert [index_old(store, now=clock()) for _ in range(2)] == [2, 0]
        copy = make_post(4, text=make_post(1).text)
        reading = story.read(copy, (), (), store.stories.frequencies)
        assert reading.archive.total == 2
        met = store.stories.near(reading.marks, since=clock() - WINDOW, born=clock() - LONGEST)
        assert {(one.id, one.story) for one in met} == {(1, 1), (2, 1)}


def test_marks_of_the_version_before_give_way_to_sketches(old: Path, clock: Clock) -> None:
    with Store(old) as store, store.transaction():
        index_old(store, now=clock())
    with closing(sqlite3.connect(old, isolation_level=None)) as conn:
        for statement in BEFORE_SKETCHES:
            conn.execute(statement)
        conn.execute("INSERT INTO marks VALUES (99, 1)")
        conn.execute("INSERT INTO frequencies VALUES (-1, 2)")
    with Store(old) as store, store.transaction():
        assert store.stories.of(2) == 1
        assert index_old(store, now=clock()) == 2


def test_an_index_with_the_keys_of_before_is_made_and_counted_anew(old: Path, clock: Clock) -> None:
    with Store(old) as store, store.transaction():
        index_old(store, now=clock())
        store.stories.frequencies.add([7])
        store.db.conn.execute(
            "INSERT INTO frequencies VALUES (?, ?)",
            (store.stories.frequencies.total, store.stories.frequencies.dump()),
        )
    with closing(sqlite3.connect(old, isolation_level=None)) as conn:
        for statement in BEFORE_OTHER_KEYS:
            conn.execute(statement)
    with Store(old) as store, store.transaction():
        assert (store.stories.frequencies.total, store.stories.frequencies.posts(7)) == (0, 0)
        assert index_old(store, now=clock()) == 2
        assert store.stories.frequencies.total == 2
