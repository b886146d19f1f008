"""Matching: labelled cases, judged by the code behind ``vigie match --cases``, by phenomenon and by language.

A case is right when all is as labelled: whether its query is refused, whether it matches, and, where it does, the
places. Core cases must all be right; extended ones are judgements on which people differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.matching import Case, judge, read_cases
from tests.quality.section import Figure, Section

FOLDER = "matching"
BARS = (("core", 100.0), ("extended", 80.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One case, with what should have come and what came, both in words that can be compared."""

    case: Case
    wanted: str
    came: str

    @property
    def right(self) -> bool:
        return self.came == self.wanted

    def said(self, label: str) -> str:
        return str(self.case.raw.get(label) or "")

    def __str__(self) -> str:
        where = f"{self.case.id} ({self.said('level')}, {self.said('group')})"
        asked = f"query {self.case.query!r}, text {self.case.post.text!r}"
        return f"{where}: {asked}: expected {self.wanted}, came {self.came}"


def measure(folder: Path) -> Section:
    verdicts = [_verdict(case) for case in read_cases(folder / "cases.jsonl")]
    wholes = tuple(_overall(verdicts))
    return Section(
        title=f"Matching: {sum(each.right for each in verdicts)} of {len(verdicts)} labelled cases right",
        figures=(*wholes, *_places(verdicts), *_parts(verdicts, "group", ""), *_parts(verdicts, "lang", "in ")),
        misses=tuple(str(each) for each in verdicts if not each.right),
        reached=all(figure.value >= figure.bar for figure in wholes if figure.bar is not None),
    )


def _verdict(case: Case) -> Verdict:
    came = judge(case)
    spans = came["spans"] if "spans" in case.raw and came.get("match") else None
    return Verdict(
        case=case,
        wanted=_words(case.raw.get("error"), case.raw.get("match"), case.raw.get("spans")),
        came=_words(came.get("error"), came.get("match"), spans),
    )


def _words(refused: object, matched: object, spans: Sequence[Any] | None) -> str:
    if refused:
        return "a refusal"
    if not matched:
        return "no match"
    return "a match" if spans is None else f"a match at {[list(span) for span in spans]}"


def _overall(verdicts: Sequence[Verdict]) -> Iterator[Figure]:
    for level, bar in BARS:
        if chosen := [each for each in verdicts if each.said("level") == level]:
            yield _share(level, chosen, bar=bar)


def _places(verdicts: Sequence[Verdict]) -> Iterator[Figure]:
    """Of the cases that should match somewhere in particular, those that match just there."""
    if chosen := [each for each in verdicts if each.case.raw.get("match") and "spans" in each.case.raw]:
        yield _share("places of a match", chosen)


def _parts(verdicts: Sequence[Verdict], label: str, before: str) -> Iterator[Figure]:
    """A figure for each value of a label, core and extended apart, in the order in which the cases have them."""
    for level, _ in BARS:
        here = [each for each in verdicts if each.said("level") == level]
        for value in dict.fromkeys(each.said(label) for each in here):
            yield _share(f"{level}, {before}{value}", [each for each in here if each.said(label) == value])


def _share(name: str, verdicts: Sequence[Verdict], *, bar: float | None = None) -> Figure:
    right = sum(each.right for each in verdicts)
    return Figure(name=name, value=100 * right / len(verdicts), bar=bar, note=f"{right} of {len(verdicts)}")
