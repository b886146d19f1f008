import json
from pathlib import Path
from typing import Any

from scrapers import Post
from tests.quality import neardup, neighbourhood
from tests.quality.section import Section

HARBOUR = (
    "Lorries with 400 crates of cheese left the old harbour of Brixenthal on Monday, the mayor Oda Varnhagen said. "
    "Each of them had been weighed twice, since the scales of the northern gate had frozen in the night before."
)
BRIDGE = (
    "The wooden bridge at Kaltwasser will stay shut until spring because two of its beams are rotten, engineers found. "
    "A ferry takes walkers across the river every half hour and costs nothing for those who live in the valley."
)
CHOIR = (
    "Eleven singers of the choir from Pellworth won a bronze medal at a contest in Lucerne with songs about sheep. "
    "Their teacher had joined them only three weeks earlier and still mixes up the names of the altos and tenors."
)
PORT = (
    "400 caisses de fromage ont quitté lundi le vieux port de Brixenthal, a dit la maire Oda Varnhagen. "
    "Chaque camion avait été pesé deux fois : les balances avaient gelé pendant la nuit précédente."
)
PONT = (
    "Le pont de bois de Kaltwasser restera fermé jusqu'au printemps, car deux poutres sont pourries, dit-on. "
    "Un bac gratuit pour les habitants de la vallée traverse la rivière toutes les demi-heures."
)


def pair(a: str, b: str, same: bool | None, **more: Any) -> dict[str, Any]:
    return {"a": a, "b": b, "l1": "en", "l2": "en", "dup": same} | more


def measured(folder: Path, **sets: list[dict[str, Any]]) -> Section:
    for name, rows in sets.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return neardup.measure(folder)


def figures(section: Section) -> dict[str, tuple[float, str]]:
    return {figure.name: (round(figure.value), figure.note) for figure in section.figures}


def test_copies_that_are_folded_are_right(tmp_path: Path) -> None:
    credited = pair(HARBOUR, f"(Brixenthal Post) {HARBOUR}", True, edit="credit")
    halved = pair(CHOIR, CHOIR[:110], True, edit="half")
    section = measured(tmp_path, syndicated=[credited, halved, pair(HARBOUR, BRIDGE, False, edit="other story")])
    found = figures(section)
    assert section.reached
    assert section.misses == ()
    assert found["copies folded: precision"] == (100, "2 of 2")
    assert found["copies folded: F1"] == (100, "3 pairs")
    assert found["copies folded: recall, credit"] == (100, "1 of 1")
    assert found["copies folded: recall, half"] == (100, "1 of 1")
    assert found["looked at in a store: copies"] == (100, "2 of 2")
    assert {name for name in found if name.startswith("a ")} == {"a fingerprint", "a comparison"}


def test_a_copy_that_is_not_found_and_one_that_is_none_are_misses(tmp_path: Path) -> None:
    rows = [pair(HARBOUR, CHOIR, True, edit="words"), pair(BRIDGE, BRIDGE + "!", False, edit="other story")]
    section = measured(tmp_path, syndicated=rows)
    assert not section.reached
    assert figures(section)["copies folded: precision"] == (0, "0 of 1")
    assert figures(section)["copies folded: recall, words"] == (0, "0 of 1")
    assert [miss.partition(":")[0] for miss in section.misses] == ["syndicated, words", "syndicated, no copy"]
    assert section.misses[1].endswith("came copy: the very same text")


def test_news_that_is_joined_but_differs_lowers_the_precision(tmp_path: Path) -> None:
    right = [pair(HARBOUR, f"{HARBOUR} {CHOIR[:60]}", True, overall=1.0), pair(BRIDGE, CHOIR, False, overall=4.0)]
    unsure = pair(HARBOUR, BRIDGE, None, overall=2.0)
    assert figures(measured(tmp_path, news_pairs=[*right, unsure]))["news: precision"] == (100, "1 of 1")
    section = measured(tmp_path, news_pairs=[*right, pair(CHOIR, f"{CHOIR} Yes.", False, overall=4.0)])
    assert figures(section)["news: precision"] == (50, "1 of 2")
    assert figures(section)["news: recall"] == (100, "1 of 1")
    assert not section.reached
    assert [miss.partition(":")[0] for miss in section.misses] == ["news", "news, language undeclared"]
    assert figures(section)["news, language undeclared: precision"] == (50, "1 of 2")


def test_tweets_have_figures_of_their_own(tmp_path: Path) -> None:
    section = measured(tmp_path, tweet_pairs=[pair(HARBOUR, BRIDGE, True, votes=5), pair(CHOIR, CHOIR, True, votes=6)])
    assert figures(section)["tweets: recall"] == (50, "1 of 2")
    assert "news: recall" not in figures(section)


def test_the_best_of_all_translations_is_right_or_wrong(tmp_path: Path) -> None:
    ways = {"l1": "en", "l2": "fr", "id": "0"}
    straight = [pair(HARBOUR, PORT, True, **ways), pair(BRIDGE, PONT, True, **ways)]
    found = figures(measured(tmp_path, xling=straight))
    assert found["translations en-fr: precision"] == (100, "1 of 1")
    assert found["translations en-fr: recall"] == (50, "1 of 2")
    assert found["translations en-fr: joins a stranger if its own is missing"][0] == 0
    crossed = [pair(HARBOUR, PONT, True, **ways), pair(BRIDGE, PORT, True, **ways)]
    section = measured(tmp_path, xling=crossed)
    assert figures(section)["translations en-fr: precision"] == (0, "0 of 1")
    assert figures(section)["translations en-fr: joins a stranger if its own is missing"][0] == 50
    assert section.misses[0].startswith("en-fr: en 'Lorries with 400")


def test_the_recall_must_be_no_worse_than_what_was_measured_before(tmp_path: Path) -> None:
    ways = {"l1": "fr", "l2": "de", "id": "0"}
    (recall,) = (
        figure
        for figure in measured(
            tmp_path, xling=[pair(PORT, HARBOUR, True, **ways), pair(PONT, CHOIR, True, **ways)]
        ).figures
        if figure.name == "translations fr-de: recall"
    )
    assert (recall.value, recall.bar) == (50, 97)


def test_strangers_in_two_languages_are_counted(tmp_path: Path) -> None:
    rows = [pair(HARBOUR, PORT, True, l2="fr"), pair(BRIDGE, PONT, True, l2="fr"), pair(CHOIR, CHOIR, True)]
    found = figures(measured(tmp_path, news_pairs=rows))
    assert found["strangers in two languages joined"] == (0, "0 of 2")
    assert found["strangers in two languages joined by a young archive"] == (0, "0 of 2")


def test_languages_are_found_without_being_declared(tmp_path: Path) -> None:
    rows = [pair(HARBOUR, PORT, False, l1="en", l2="fr"), pair(BRIDGE, "Cheese!", False, l1="de", l2="en")]
    found = figures(measured(tmp_path, news_pairs=rows))
    assert found["languages found"] == (75, "3 of 4")
    assert found["languages found that are right"] == (67, "2 of 3")
    assert found["languages found in 280 characters"] == (75, "3 of 4")


def test_headlines_are_compared_with_each_other(tmp_path: Path) -> None:
    told = (
        "Cheese lorries leave Brixenthal harbour",
        "Cheese lorries leave harbour of Brixenthal",
        "Bridge stays shut",
    )
    rows = [{"story": "a" if "Cheese" in title else "b", "title": title} for title in told for _ in range(4)]
    found = figures(measured(tmp_path, titles=rows))
    assert found["headlines of one broad event: precision"] == (100, "1 of 1")
    assert found["headlines of one broad event: recall"] == (100, "1 of 1")


def test_a_long_list_of_misses_is_cut(tmp_path: Path) -> None:
    rows = [pair(HARBOUR, f"{CHOIR} {number}", True, edit="words") for number in range(30)]
    misses = measured(tmp_path, syndicated=rows).misses
    assert len(misses) == neardup.LISTED + 1
    assert misses[-1] == "... and 10 more"


def test_a_store_gives_the_copy_to_compare_and_no_stranger() -> None:
    posts = [Post(key="", url="", text=text) for text in (HARBOUR, BRIDGE, HARBOUR[:120], PORT, HARBOUR)]
    harbour, bridge, copy, port, known = posts
    assert neighbourhood.found([(harbour, copy), (bridge, port), (bridge, known)]) == [True, False, None]
