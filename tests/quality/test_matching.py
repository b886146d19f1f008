import json
from pathlib import Path
from typing import Any

from tests.quality import matching
from tests.quality.section import Section

RIGHT: tuple[dict[str, Any], ...] = (
    {"id": 1, "group": "fold", "lang": "fr", "query": "séisme", "text": "Un SEISME", "match": True, "spans": [[3, 9]]},
    {"id": 2, "group": "fold", "lang": "en", "query": "quake", "text": "An earthquake", "match": False},
    {"id": 3, "group": "error", "lang": "en", "query": "(quake", "text": "A quake", "match": False, "error": True},
    {"id": 4, "group": "field", "lang": "en", "query": "quake source:usgs", "text": "A quake", "match": True}
    | {"meta": {"source": "usgs"}},
)
REFUSED = {"id": 5, "group": "error", "lang": "en", "query": "quake", "text": "A quake", "match": False, "error": True}
ASTRAY = RIGHT[0] | {"id": 6, "spans": [[0, 9]]}
MISSED = RIGHT[1] | {"id": 7, "match": True, "spans": [[8, 13]]}


def measured(folder: Path, *cases: dict[str, Any], extended: tuple[dict[str, Any], ...] = ()) -> Section:
    labelled = [{"level": "core"} | case for case in cases] + [{"level": "extended"} | case for case in extended]
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in labelled)
    (folder / "cases.jsonl").write_text(lines, encoding="utf-8")
    return matching.measure(folder)


def figures(section: Section) -> dict[str, tuple[float, str]]:
    return {figure.name: (round(figure.value), figure.note) for figure in section.figures}


def test_what_is_as_labelled_is_right(tmp_path: Path) -> None:
    section = measured(tmp_path, *RIGHT)
    assert section.reached
    assert section.misses == ()
    assert figures(section) == {
        "core": (100, "4 of 4"),
        "places of a match": (100, "1 of 1"),
        "core, fold": (100, "2 of 2"),
        "core, error": (100, "1 of 1"),
        "core, field": (100, "1 of 1"),
        "core, in fr": (100, "1 of 1"),
        "core, in en": (100, "3 of 3"),
    }


def test_each_way_to_be_wrong_is_a_miss_that_says_what_came(tmp_path: Path) -> None:
    section = measured(tmp_path, *RIGHT, REFUSED, ASTRAY, MISSED)
    assert not section.reached
    assert section.misses == (
        "5 (core, error): query 'quake', text 'A quake': expected a refusal, came a match",
        "6 (core, fold): query 'séisme', text 'Un SEISME': expected a match at [[0, 9]], came a match at [[3, 9]]",
        "7 (core, fold): query 'quake', text 'An earthquake': expected a match at [[8, 13]], came no match",
    )
    assert figures(section)["core"] == (57, "4 of 7")
    assert figures(section)["places of a match"] == (33, "1 of 3")


def test_a_query_that_is_refused_but_should_not_be_is_a_miss(tmp_path: Path) -> None:
    section = measured(tmp_path, RIGHT[2] | {"error": False})
    assert [miss.partition(": expected ")[2] for miss in section.misses] == ["no match, came a refusal"]


def test_one_extended_case_in_five_may_be_wrong(tmp_path: Path) -> None:
    section = measured(tmp_path, RIGHT[0], extended=(*RIGHT, MISSED))
    assert section.reached
    assert len(section.misses) == 1
    assert figures(section)["extended"] == (80, "4 of 5")
    assert figures(section)["extended, fold"] == (67, "2 of 3")
    assert not measured(tmp_path, RIGHT[0], extended=(*RIGHT[:3], MISSED)).reached


def test_the_bars_are_shown(tmp_path: Path) -> None:
    section = measured(tmp_path, RIGHT[0], extended=RIGHT[1:])
    assert {figure.name: figure.bar for figure in section.figures if figure.bar} == {"core": 100, "extended": 80}
    assert section.title == "Matching: 4 of 4 labelled cases right"
