import json
from pathlib import Path
from typing import Any

from tests.quality import articles
from tests.quality.section import Section

PROSE = [f"On day {day} the pilots counted {day * 3} ships in the bay and wrote down their names." for day in range(9)]
CHINESE = "海關大樓的屋頂上站著許多孩子，他們看著第一艘船離開港口。"
MENU = "".join(f'<a href="/{number}">MENUWORD number {number}</a><br>' for number in range(9))


def page(*paragraphs: str, menu: str = "") -> str:
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    table = f"<table><tr><td>{menu}</td><td>{text}</td></tr></table>" if menu else f"<article>{text}</article>"
    return f"<!doctype html><html><head><title>Ships</title></head><body>{table}</body></html>"


def measured(folder: Path, **pages: tuple[str, dict[str, Any]]) -> Section:
    gold = {}
    for name, (html, label) in pages.items():
        (folder / name).write_text(html, encoding="utf-8")
        gold[name] = {"url": f"https://example.org/{name}", **label}
        if "text" in label:
            (folder / f"{name}.txt").write_text(label["text"], encoding="utf-8")
            gold[name]["text_file"] = f"{name}.txt"
    (folder / "gold.json").write_text(json.dumps(gold), encoding="utf-8")
    return articles.measure(folder)


def values(section: Section) -> dict[str, float]:
    return {figure.name: round(figure.value, 1) for figure in section.figures if figure.unit == "%"}


def test_what_is_as_marked_scores_all(tmp_path: Path) -> None:
    section = measured(
        tmp_path,
        whole=(page(*PROSE), {"text": " ".join(PROSE)}),
        chinese=(page(CHINESE), {"text": CHINESE}),
        parts=(page(*PROSE), {"with": ["counted 24\nships", "names."], "without": ["MENUWORD"]}),
    )
    assert section.reached
    assert section.misses == ()
    assert values(section)["F1 of whole texts, Vigie"] == 100
    assert values(section)["F1 of segments, Vigie"] == 100
    assert {figure.note for figure in section.figures} >= {"2 pages", "1 pages"}


def test_what_is_missing_and_what_is_too_much_both_count(tmp_path: Path) -> None:
    section = measured(
        tmp_path,
        whole=(page(*PROSE[:1]), {"text": " ".join(PROSE[:2])}),
        parts=(page(*PROSE), {"with": ["day 3", "no such words"], "without": ["day 4"]}),
    )
    assert values(section)["F1 of whole texts, Vigie"] == 61.9
    assert values(section)["F1 of segments, Vigie"] == 50


def test_a_page_where_a_mode_does_better_is_a_miss_and_the_bar_is_not_reached(tmp_path: Path) -> None:
    section = measured(tmp_path, parts=(page(*PROSE, menu=MENU), {"with": ["day 3", "MENUWORD number 3"]}))
    assert not section.reached
    assert section.misses == (
        "parts: Vigie 0.667, default 1.000, fast 1.000, favor_precision 1.000, favor_recall 1.000",
    )
    assert [figure.bar for figure in section.figures if figure.name == "F1 of segments, Vigie"] == [99.5]


def test_runs_are_of_words_and_of_single_chinese_characters() -> None:
    assert len(articles._runs("one two three four five")) == 2
    assert len(articles._runs("一二三四五 six")) == 3
    assert len(articles._runs("one two")) == 1
    assert not articles._runs("...")
