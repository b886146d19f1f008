from collections import defaultdict
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from bot.store.postings import CROWD, Postings

MARKS = st.integers(0, 3) | st.integers(0, 3).map(lambda number: number << 20) | st.integers(0, 2**32 - 1)
STEPS = st.lists(st.frozensets(MARKS, max_size=4) | st.integers(0, 40) | MARKS.map(str), max_size=60)


def found(postings: Postings, *marks: int) -> list[list[int]]:
    return [list(postings.having(mark)) for mark in marks]


def filled(posts: Iterable[int], *marks: int) -> Postings:
    postings = Postings()
    for post in posts:
        postings.add(post, marks)
    return postings


def test_posts_are_found_by_each_of_their_marks_the_newest_last() -> None:
    postings = Postings()
    postings.add(1, [10, 20])
    postings.add(2, [20])
    assert found(postings, 10, 20, 30) == [[1], [1, 2], []]


def test_marks_that_share_a_slot_are_told_apart() -> None:
    postings = Postings()
    postings.add(1, [5])
    postings.add(2, [5 + (1 << 20)])
    assert found(postings, 5, 5 + (1 << 20), 5 + (2 << 20)) == [[1], [2], []]


def test_of_a_crowd_the_newest_are_remembered_however_often_one_asks() -> None:
    postings = filled(range(1, CROWD + 10), 7)
    assert found(postings, 7, 7) == [list(range(10, CROWD + 10))] * 2
    for post in range(CROWD + 10, 4 * CROWD):
        postings.add(post, [7])
    assert found(postings, 7) == [list(range(3 * CROWD, 4 * CROWD))]


def test_what_is_forgotten_is_not_found_and_what_came_later_is() -> None:
    postings = filled(range(1, 21), 7)
    assert len(postings.having(7)) == 20
    postings.add(21, [8])
    postings.forget(19)
    assert found(postings, 7, 8) == [[20], [21]]
    postings.forget(21)
    postings.add(22, [8])
    assert found(postings, 7, 8) == [[], [22]]


def test_a_great_many_are_found_as_well() -> None:
    """More marks than the table has slots at first."""
    postings = Postings()
    for post in range(1, 3_000):
        postings.add(post, range(post * 50, post * 50 + 51))
        if post == 1_000:
            postings.forget(10)
    for post in range(11, 2_998):
        assert found(postings, post * 50, post * 50 + 7) == [[post - 1, post] if post > 11 else [post], [post]]
    assert found(postings, 7 * 50 + 7) == [[]]


@given(STEPS)
def test_it_finds_what_a_table_would(steps: list[object]) -> None:
    """A set adds a post, a number forgets up to it, a text is asked for."""
    postings, table, post = Postings(), defaultdict[int, list[int]](list), 0
    for step in steps:
        if isinstance(step, frozenset):
            post += 1
            postings.add(post, step)
            for mark in step:
                table[mark].append(post)
        elif isinstance(step, str):
            assert list(postings.having(int(step))) == table[int(step)]
        elif isinstance(step, int):
            postings.forget(step)
            for mark in table:
                table[mark] = [each for each in table[mark] if each > step]
    for mark, posts in table.items():
        assert list(postings.having(mark)) == posts
