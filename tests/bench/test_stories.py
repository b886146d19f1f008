import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from bot.model import Tie
from tests.bench import corpus, desk, sketches, stories, wire
from tests.bench.section import Section

SIZE = 60
TOPICS = [word.strip('"') for word in corpus.REAL]


@pytest.fixture(scope="module")
def section() -> Section:
    return stories.measure(quick=True, sizes=(SIZE,))


def test_a_child_fills_and_times(section: Section) -> None:
    assert not section.skipped
    rows = [dict(zip(stories.HEADINGS, row, strict=True)) for row in section.grids[0].rows]
    assert rows[0]["who"] == stories.OURS
    assert rows[0]["x Vigie"] == 1
    for row in rows:
        assert (row["stories"], row["hits"]) == (SIZE, SIZE // 10)
        assert 0 < row["p50 ms"] <= row["p99 ms"]
        assert row["grouped/s"] > 0
        assert row["MB"] > 10
    assert 0 < rows[0]["index MB"] < rows[0]["disk MB"]


def test_the_goal_is_that_of_the_most_stories(section: Section) -> None:
    (goal,) = section.goals
    assert (goal.name, goal.bar, goal.unit) == ("Vigie: hits grouped among 60 stories", 1_000, "hits/s")
    assert section.short == (section.goals if goal.value < goal.bar else ())


def test_the_steps_are_most_of_a_hit(section: Section) -> None:
    shares = {step: share for _, step, share in section.grids[1].rows}
    assert set(shares) <= set(desk.STEPS.values())
    assert shares["compare"] > 0
    assert 60 < sum(shares.values()) < 101


def test_a_desk_finds_the_copies_of_the_wire(tmp_path: Path) -> None:
    opened = desk.opened(tmp_path)
    assert list(desk.fill(opened, SIZE))[-1] == SIZE
    result = desk.timed(opened, SIZE, 40)
    opened.store.close()
    assert result.copies > 0.9
    assert result.strangers < 0.2
    assert len(result.rounds) == len(result.grouped) == desk.ROUNDS
    assert sum(result.grouped) > 0
    assert len(result.each) == desk.ROUNDS * 40
    assert sum(result.each) <= sum(result.rounds)


def test_most_posts_of_the_wire_are_news_of_their_own() -> None:
    found = list(islice(wire.items(TOPICS), 1_000))
    kinds = Counter(item.tie for item in found)
    assert kinds[Tie.FIRST] > 850
    assert kinds[Tie.COPY] > 25
    assert kinds[Tie.NEWS] > 25
    assert len({item.post.key for item in found}) == len({item.post.url for item in found}) == 1_000
    assert {item.post.lang for item in found} == {"en", "fr", "zh"}


def test_a_copy_and_a_retelling_follow_their_original() -> None:
    earlier: dict[str, wire.Item] = {}
    for item in islice(wire.items(TOPICS), 400):
        if item.tie is not Tie.FIRST:
            first = earlier[item.beside].post
            assert (item.post.title == first.title) is (item.tie is Tie.COPY)
            told = [set(re.findall("[A-Z][a-z]{4,}", post.text)) for post in (item.post, first)]
            assert len(told[0] & told[1]) > 3
        earlier[item.post.key] = item


def test_the_same_seed_gives_the_same_wire() -> None:
    once, again = (list(islice(wire.items(TOPICS), 30)) for _ in range(2))
    assert once == again
    assert list(islice(wire.items(TOPICS, seed=5), 30)) != once


@pytest.mark.parametrize("name", sketches.PEERS)
def test_a_peer_finds_copies_too(name: str) -> None:
    pytest.importorskip(name)
    result = sketches.timed(sketches.PEERS[name](), wire.items(TOPICS), 300, 60)
    assert result["copies"] > 0.7
