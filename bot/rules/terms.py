"""One word or phrase that a query looks for, and where it stands in a text: joints, limits, and what hides it.

A term is cut into atoms, the letters and digits of its folded spelling, with *joints* between them: where it holds a
separator, changes between letters and digits, or has a capital inside, a text may have one separator or none, so that
``SuperMicro`` is also Super Micro and super-micro, and ``H100`` is H-100; never across ". ". A term's atoms are found
among the atoms of a text, and only there is the text looked at more closely.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, product
from math import prod

from bot.rules import limits, variants
from bot.rules.letters import EMOJI, WORD, unspaced
from bot.rules.limits import HYPHENS, QUOTES
from bot.rules.text import ENOUGH, Span, Text, atoms, bare, calm, continues, fold, spell

_SPELLINGS = 24
"""Strings that stand for one term in the scan, at most: of a term with more, a part stands for it."""
_LENGTH = 24
"""Atoms of such a string, at most."""

_DOTS = "\u00b7\u2022\u2027\u30fb"
_EMOJIS = f"(?:[{EMOJI}]{{1,3}})?"
# One space (or a line's end), hyphen, underscore, middle dot, full stop, or some emoji.
_JOINT = f"(?:[^\\S\\n]{{1,9}}(?:\\n[^\\S\\n]{{0,9}})?|\\n[^\\S\\n]{{0,9}}|[{HYPHENS}_{_DOTS}.]|[{EMOJI}]{{1,3}})"
_GAP = 40
"""More characters than this between two atoms are no joint."""

_spaced = re.compile(WORD)
_joints = re.compile(f"[\\s{HYPHENS}_{_DOTS}{EMOJI}.]+")
_edges = re.compile(f"^[\\s{HYPHENS}_{_DOTS}]+|[\\s{HYPHENS}_{_DOTS}.]+$")
_rest = re.compile(f"{WORD}+")


# --- the shape of a term -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A term made ready to be found.

    ``options`` are the characters that may stand for each atom ("" = any letter or digit), ``joints`` the patterns of
    what may stand before it. ``keys`` are strings of which one stands in the atoms of each text that holds the term,
    ``skipped`` atoms after its beginning. ``lead`` and ``trail`` are patterns of signs around it. ``runs`` are its runs
    of digits for which letters may stand, ``last`` the beginning of its last piece, if a joint may stand before it.
    ``lone``: where a digit follows a letter that is a piece of its own; ``number``: it is digits alone;
    ``thousand``: it begins with three digits; ``tail``: the rest of the word is its own.
    """

    options: tuple[str, ...]
    joints: tuple[str, ...]
    lead: str
    trail: str
    keys: tuple[str, ...]
    skipped: int
    runs: tuple[Span, ...]
    last: int
    lone: frozenset[int]
    number: bool
    thousand: bool
    tail: bool

    def spells(self, letters: str) -> bool:
        """Whether these atoms of a text are the term's."""
        if not all(
            letter in option if option else letter.isalnum()
            for letter, option in zip(letters, self.options, strict=True)
        ):
            return False
        return all(_has_digit(letters[start:end]) for start, end in self.runs)


def _has_digit(letters: str) -> bool:
    return any("0" <= letter <= "9" for letter in letters)


def _shape(words: str, wild: bool) -> _Shape:
    skeleton = _edges.sub("", bare(calm(words)))
    tail = wild and skeleton.endswith("*")
    pieces = _pieces(skeleton.removesuffix("*") if tail else skeleton)
    letters, joints, trail = _atoms(pieces, wild)
    runs = _runs(letters, joints)
    options = [variants.siblings(letter) if letter else "" for letter in letters]
    for start, end in runs:
        options[start:end] = [variants.LETTERS.get(letter, letter) for letter in letters[start:end]]
    first, end = _window(options)
    last = max((at for at, joint in enumerate(joints) if at and joint), default=0)
    return _Shape(
        options=tuple(options),
        joints=("", *joints[1:]),
        lead=joints[0] if joints else "",
        trail=trail,
        keys=_spellings(options[first:end], [(a - first, b - first) for a, b in runs if first <= a and b <= end]),
        skipped=first,
        runs=runs,
        last=last if last and _compiled(joints[last]).fullmatch("") else 0,
        lone=_lone(letters, joints),
        number=all(letter.isdecimal() for letter in letters),
        thousand=bool(pieces) and pieces[0][1].isdigit() and len(pieces[0][1]) == 3,
        tail=tail,
    )


def _pieces(skeleton: str) -> list[tuple[str, str]]:
    """A term's parts, each with the pattern of what may stand between it and the one before."""
    pieces: list[tuple[str, str]] = []
    written = ""
    for part in re.split(f"((?!^){_joints.pattern})", skeleton):
        if pieces and _joints.fullmatch(part):
            written = part
            continue
        for piece in _split(part):
            pieces.append((_joint(pieces[-1][1] if pieces else "", written, piece), piece))
            written = ""
    return pieces


def _joint(before: str, written: str, after: str) -> str:
    """What may stand between two parts. Digits must stay apart (3.5 is not 35), and so must single letters (U.S.)."""
    if not before:
        return ""
    digits = before[-1].isdigit() and after[0].isdigit()
    letters = len(before) == len(after) == 1 and before.isalpha() and after.isalpha()
    if written and (digits or letters):
        return re.escape(written) if written == "." else _JOINT
    return f"{_JOINT}?"


def _split(part: str) -> Iterator[str]:
    """Cut where letters and digits, scripts, or a small and a capital letter meet."""
    start = 0
    for at in range(1, len(part)):
        if _meet(_kind(part[at - 1]), _kind(part[at])):
            yield part[start:at]
            start = at
    if part[start:]:
        yield part[start:]


def _meet(left: str, right: str) -> bool:
    return left != right and "other" not in (left, right) and (left, right) != ("capital", "small")


def _kind(char: str) -> str:
    if unspaced.match(char):
        return "unspaced"
    if char.isdigit():
        return "digit"
    if not char.isalpha():
        return "other"
    return "capital" if char.isupper() else "small"


def _atoms(pieces: Iterable[tuple[str, str]], wild: bool) -> tuple[list[str], list[str], str]:
    """The letters of a term ("" = any), the pattern before each, and the pattern of the signs that end the term."""
    letters: list[str] = []
    joints: list[str] = []
    between = ""
    for joint, piece in pieces:
        between += joint
        for char in piece:
            found = [""] if wild and char == "?" else list(spell(char))
            if not found:
                between += f"[{QUOTES}]" if char in QUOTES else re.escape(char)
            for letter in found:
                if not between and letters and unspaced.match(letters[-1]) and unspaced.match(letter):
                    between = _EMOJIS
                letters.append(letter)
                joints.append(between)
                between = ""
    return letters, joints, between


def _runs(letters: Sequence[str], joints: Sequence[str]) -> tuple[Span, ...]:
    """Where three or more digits stand together in a term that holds letters as well: H2O is not H20."""
    if not any(_spaced.match(letter) and not letter.isdigit() for letter in letters):
        return ()
    text = "".join("0" if letter.isdecimal() else "x" for letter in letters)
    runs = (found.span() for found in re.finditer("0{3,}", text))
    return tuple((start, end) for start, end in runs if not any(joints[start + 1 : end]))


def _lone(letters: Sequence[str], joints: Sequence[str]) -> frozenset[int]:
    """Where a joint parts a digit from a single letter: the H of H100."""
    starts = [at for at, joint in enumerate(joints) if at == 0 or joint]
    after_one = {at for before, at in pairwise(starts) if at - before == 1 and _spaced.match(letters[before])}
    return frozenset(at for at in after_one if letters[at].isdecimal() and not letters[at - 1].isdecimal())


def _window(options: Sequence[str]) -> Span:
    """The part of a term that stands for it in the scan: the longest one, in bytes, that has few spellings."""
    if len(options) <= _LENGTH and all(options) and prod(map(len, options)) <= _SPELLINGS:
        return 0, len(options)
    best, most = (0, 0), (0, 0)
    for start in range(len(options)):
        end, ways = start, 1
        while end < len(options) and end - start < _LENGTH and options[end] and ways * len(options[end]) <= _SPELLINGS:
            ways *= len(options[end])
            end += 1
        weight = (sum(len(option[0].encode()) for option in options[start:end]), -ways)
        if weight > most:
            best, most = (start, end), weight
    return best


def _spellings(options: Sequence[str], runs: Sequence[Span]) -> tuple[str, ...]:
    ways = map("".join, product(*options)) if options else ()
    return tuple(way for way in ways if all(_has_digit(way[start:end]) for start, end in runs))


# --- terms ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase as a person wrote it, in whatever spelling a text has it.

    ``wild``: a ? stands for one letter or digit, and a last * for the rest of the word.
    """

    words: str
    wild: bool = False
    _shape: _Shape = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shape", _shape(self.words, self.wild))

    def __str__(self) -> str:
        return self.words

    @property
    def keys(self) -> tuple[bytes, ...]:
        """``squeeze`` of every text that holds the term holds one of these; empty for a term of signs alone."""
        return tuple(key.encode(errors="surrogatepass") for key in self._shape.keys)

    def find(self, text: Text) -> list[Span]:
        """The places of the term, in order and apart from each other; the first thousand, should there be more."""
        spans = list(self._places(text))
        if text.unmasked is not text:
            behind = (span for span in self._places(text.unmasked) if not text.hides(span))
            spans = _apart(sorted({*spans, *behind}))
        return spans

    def _places(self, text: Text) -> Iterator[Span]:
        found, end = 0, -1
        for first in self._starts(text.atoms):
            span = self._fits(text, first) if first >= 0 and text.begins[first] >= end else None
            if span and not text.hides(span):
                yield span
                found, end = found + 1, span[1]
                if found == ENOUGH:
                    return

    def _starts(self, letters: str) -> Iterable[int]:
        found = [key for key in self._shape.keys if key in letters]  # mostly none: topics have many terms
        if not found:
            return ()
        starts = (at - self._shape.skipped for key in found for at in _occurrences(letters, key))
        return starts if len(found) == 1 else sorted(set(starts))

    def _fits(self, text: Text, first: int) -> Span | None:
        """The characters from atom ``first`` on, if they are the term and nothing around them says otherwise."""
        last = first + len(self._shape.options) - 1
        start = None if last >= len(text.atoms) else self._start(text, first)
        if start is None or not self._shape.spells(text.atoms[first : last + 1]):
            return None
        span, apart = text.span(first, last), self._joined(text, first)
        if span is None or apart is None:
            return None
        end = self._end(text.original, span[1], text.atoms[last], apart=apart)
        return None if end is None else (start, end)

    def _start(self, text: Text, first: int) -> int | None:
        """Where the term begins, its signs included; None where it may not, which rules most places out."""
        shape, start = self._shape, text.begins[first]
        if shape.lead:
            led = _signs(shape.lead, text.original[max(0, start - _GAP) : start], before=True)
            return None if led is None else start - led
        free = limits.free_before(text.original, start, text.atoms[first], thousand=shape.thousand)
        return start if free else None

    def _joined(self, text: Text, first: int) -> bool | None:
        """Whether the last piece stands apart; None where something stands between two atoms that may not."""
        shape, apart = self._shape, False
        for number in range(1, len(shape.joints)):
            gap = text.original[text.ends[first + number - 1] : text.begins[first + number]]
            joint = shape.joints[number]
            if not gap and not joint:
                continue
            seen = bare(gap) if gap and len(gap) <= _GAP else gap
            if (seen or joint) and not _compiled(joint).fullmatch(seen):
                return None
            if number in shape.lone and seen.isspace() and not _is_capital(text, first + number - 1):
                return None
            apart = apart or (number == shape.last and seen != "")
        return apart

    def _end(self, text: str, end: int, letter: str, *, apart: bool) -> int | None:
        """Where the term ends, with its signs or, for a last *, the rest of its word; None where it may not."""
        shape = self._shape
        if shape.tail:
            rest = _rest.match(text, end)
            return rest.end() if rest and not unspaced.match(letter) else end
        if shape.trail:
            trailed = _signs(shape.trail, text[end : end + _GAP], before=False)
            return None if trailed is None else end + trailed
        return end if self._ends(text, end, letter, apart=apart) else None

    def _ends(self, text: str, end: int, letter: str, *, apart: bool) -> bool:
        shape = self._shape
        if shape.lead.endswith("#"):
            return limits.free_after_tag(text, end)
        if letter.isdigit() or shape.options[-1][:1].isdigit():
            alone = shape.number or (apart and shape.last in shape.lone)
            return limits.free_after_number(text, end, apart=apart, alone=alone)
        return limits.free_after(text, end, letter)


@dataclass(frozen=True, slots=True)
class Exact:
    """A word or phrase in the very spelling in which it was written; composed and decomposed accents are one."""

    words: str

    def __str__(self) -> str:
        return f"={self.words}" if self.words.isalnum() else f'="{self.words}"'

    @property
    def keys(self) -> tuple[bytes, ...]:
        """``squeeze`` of every text that holds the words holds this; empty for signs alone."""
        key = atoms(self.words)[:_LENGTH].encode(errors="surrogatepass")
        return (key,) if key else ()

    def find(self, text: Text) -> list[Span]:
        """The places of the words, in order and apart from each other; the first thousand, should there be more."""
        original = text.original
        forms = {unicodedata.normalize(form, self.words) for form in ("NFC", "NFD")}
        spans = sorted((at, at + len(form)) for form in forms for at in _occurrences(original, form))
        return _apart(span for span in spans if self._is_whole(original, *span) and not text.hides(span))

    def _is_whole(self, text: str, start: int, end: int) -> bool:
        first, last = self.words[0], self.words[-1]
        if continues(text[start]) or (end < len(text) and continues(text[end])):
            return False  # a letter and its accent are one
        before = not first.isalnum() or limits.free_before(text, start, fold(first)[:1])
        return before and (not last.isalnum() or limits.free_after_exact(text, end, fold(last)[-1:]))


def _signs(pattern: str, beside: str, *, before: bool) -> int | None:
    """How many characters of what stands beside a place are these signs of the term; None where it has others."""
    found = _compiled(f"{pattern}\\Z").search(bare(beside)) if before else _compiled(pattern).match(bare(beside))
    if found is None:
        return None
    size = len(found[0])
    signs = beside[len(beside) - size :] if before else beside[:size]
    return size if bare(signs) == found[0] else None


def _is_capital(text: Text, number: int) -> bool:
    """Whether an atom is written as a plain capital: in "vendu à 100 euros" nobody speaks of an A100."""
    letter = text.original[text.begins[number] : text.ends[number]]
    return letter.isupper() and bare(letter) == unicodedata.normalize("NFKC", letter)


def _occurrences(letters: str, key: str) -> Iterator[int]:
    at = letters.find(key)
    while at >= 0:
        yield at
        at = letters.find(key, at + 1)


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The spans that do not overlap the one before."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept[:ENOUGH]


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
