"""Articles: the text of pages against what people marked in them, beside trafilatura's own modes on the same pages.

Two kinds of page: with its whole text, where runs of four words are compared (of Chinese and Japanese: of four
characters), and with segments that must or must not be in the text. F1 is the mean over pages of the first kind, and
over all segments of the second.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import trafilatura

from scrapers import ScrapeError, _article
from tests.quality.section import Figure, Section

FOLDER = "articles"
ALLOWED = 0.005
"""How far below the best mode Vigie may be, in F1."""
RUN = 4
OURS = "Vigie"
MODES: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "default": {},
        "fast": {"fast": True},
        "favor_precision": {"favor_precision": True},
        "favor_recall": {"favor_recall": True},
    }
)
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A labelled page: its whole text, or segments that must be in it (``inside``) and must not (``outside``)."""

    name: str
    url: str
    body: bytes
    text: str = ""
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What was found of a page: right, wrong and missing runs of words, or segments."""

    page: Page
    right: int
    wrong: int
    missing: int

    @property
    def f1(self) -> float:
        return _f1(self.right, self.wrong, self.missing)


def measure(folder: Path) -> Section:
    pages = tuple(_pages(folder))
    ways = {OURS: _ours, **{name: _theirs(mode) for name, mode in MODES.items()}}
    scores = {name: tuple(_score(page, way(page)) for page in pages) for name, way in ways.items()}
    wholes = tuple(_figures("whole texts", {name: _mean(each) for name, each in scores.items()}, _count(pages, True)))
    parts = tuple(_figures("segments", {name: _pooled(each) for name, each in scores.items()}, _count(pages, False)))
    barred = [figure for figure in (*wholes, *parts) if figure.bar is not None]
    return Section(
        title=f"Articles: {len(pages)} pages, against trafilatura's own modes",
        figures=(*wholes, *parts, *(_time(name, ways[name], pages) for name in (OURS, "fast", "default"))),
        misses=tuple(_misses(scores)),
        reached=all(figure.value >= (figure.bar or 0) for figure in barred),
    )


def _pages(folder: Path) -> Iterator[Page]:
    for name, raw in json.loads((folder / "gold.json").read_text(encoding="utf-8")).items():
        yield Page(
            name=name,
            url=raw["url"],
            body=(folder / name).read_bytes(),
            text=(folder / raw["text_file"]).read_text(encoding="utf-8") if "text_file" in raw else "",
            inside=tuple(raw.get("with", ())),
            outside=tuple(raw.get("without", ())),
        )


def _ours(page: Page) -> str:
    try:
        return _article.whole(page.body, page.url, "text/html", datetime.now(UTC)).text
    except ScrapeError:
        return ""


def _theirs(mode: Mapping[str, bool]) -> Callable[[Page], str]:
    return lambda page: trafilatura.extract(page.body, include_comments=False, **mode) or ""


def _score(page: Page, found: str) -> Score:
    if page.text:
        wanted, came = _runs(page.text), _runs(found)
        right = (wanted & came).total()
        return Score(page=page, right=right, wrong=came.total() - right, missing=wanted.total() - right)
    text = " ".join(found.split())
    right = sum(" ".join(each.split()) in text for each in page.inside)
    wrong = sum(" ".join(each.split()) in text for each in page.outside)
    return Score(page=page, right=right, wrong=wrong, missing=len(page.inside) - right)


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return Counter(tuple(words[at : at + RUN]) for at in range(max(len(words) - RUN + 1, min(len(words), 1))))


def _f1(right: int, wrong: int, missing: int) -> float:
    return 2 * right / (2 * right + wrong + missing) if right + wrong + missing else 1.0


def _mean(scores: Sequence[Score]) -> float | None:
    found = [each.f1 for each in scores if each.page.text]
    return sum(found) / len(found) if found else None


def _pooled(scores: Sequence[Score]) -> float | None:
    found = [each for each in scores if not each.page.text]
    sums = [sum(values) for values in zip(*((each.right, each.wrong, each.missing) for each in found), strict=True)]
    return _f1(*sums) if found else None


def _count(pages: Sequence[Page], whole: bool) -> str:
    return f"{sum(bool(page.text) is whole for page in pages)} pages"


def _figures(kind: str, values: Mapping[str, float | None], note: str) -> Iterator[Figure]:
    known = {name: value for name, value in values.items() if value is not None}
    best = max((value for name, value in known.items() if name != OURS), default=0.0)
    for name, value in known.items():
        bar = round(100 * (best - ALLOWED), 2) if name == OURS else None
        yield Figure(name=f"F1 of {kind}, {name}", value=100 * value, bar=bar, note=note)


def _misses(scores: Mapping[str, Sequence[Score]]) -> Iterator[str]:
    for at, ours in enumerate(scores[OURS]):
        better = {name: each[at].f1 for name, each in scores.items() if each[at].f1 > ours.f1}
        if better:
            others = ", ".join(f"{name} {value:.3f}" for name, value in better.items())
            yield f"{ours.page.name}: {OURS} {ours.f1:.3f}, {others}"


def _time(name: str, way: Callable[[Page], str], pages: Sequence[Page]) -> Figure:
    """CPU time of one thread for all pages, best of 3, shared among them; Vigie's is with the metadata."""

    def once() -> float:
        start = time.process_time()
        for page in pages:
            way(page)
        return time.process_time() - start

    spent = min(once() for _ in range(3))
    return Figure(name=f"{name}, a page", value=1000 * spent / len(pages), unit="ms", note=_size(pages))


def _size(pages: Sequence[Page]) -> str:
    return f"{sum(len(page.body) for page in pages) / 1e6:.1f} MB"
