"""Reports of one trade: eight stories, each told in several languages, that all speak of the same companies and chips.

None declares its language, as most posts do not.
"""

import json
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.model import Field, Place, Tie
from bot.rules import sketch, story
from bot.rules.frequencies import Frequencies
from bot.rules.story import Likeness, Neighbour, Reading
from scrapers import Post

TOPICS = frozenset({"H100"})


class Report(NamedTuple):
    story: str
    lang: str
    post: Post


def reports() -> list[Report]:
    rows = map(json.loads, Path(__file__).with_name("trade.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Report(row["story"], row["lang"], Post(key="", url="", title=row["title"], text=row["text"])) for row in rows
    ]


def counted(found: Iterable[Report]) -> Frequencies:
    archive = Frequencies()
    for report in found:
        archive.add(sketch.of(report.post).keys)
    return archive


def read(report: Report, archive: Frequencies) -> Reading:
    at = report.post.text.find("H100")
    return story.read(report.post, TOPICS, [Place(Field.TEXT, at, at + 4, "H100")] if at >= 0 else [], archive)


def compare(mine: Reading, other: Report) -> Likeness:
    near = Neighbour(id=1, story=1, sketch=sketch.of(other.post), topics=TOPICS)
    return story.compare(mine, near, lambda _: other.post)


@pytest.mark.parametrize("known", [False, True], ids=["first posts of a young archive", "an archive that knows them"])
def test_one_story_is_joined_across_languages_and_no_two_stories_are(known: bool) -> None:
    found = reports()
    archive = counted(found) if known else Frequencies()
    apart, wrong = [], []
    for mine, other in permutations(found, 2):
        likeness = compare(read(mine, archive), other)
        if mine.story == other.story and likeness.tie is not Tie.NEWS:
            apart.append({mine.lang, other.lang})
        if mine.story != other.story and likeness.tie:
            wrong.append((mine, other, likeness))
    assert wrong == []
    assert len(apart) <= 4
    assert all(langs == {"ru", "zh"} for langs in apart)


@pytest.mark.parametrize("report", reports(), ids=lambda report: f"{report.story} {report.lang}")
def test_the_language_of_a_report_is_found(report: Report) -> None:
    assert sketch.of(report.post).lang == report.lang
