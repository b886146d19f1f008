"""Whether two texts that are nearly alike are one text or one template filled in twice: with another figure or name.

"H100 price up 5 %" and "H100 price up 7 %", or "AMD wins an order" and "Dell wins an order", share most of their
wording and are different news. Where the wording that they share is interrupted between the same two words, each of
them has something else in the slot; what only one of them has is no slot, but a by-line, or the rest of the article.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, pairwise
from unicodedata import normalize

from bot.rules import variants
from bot.rules.text import bare, calm

SPARED = 400
"""For each so many letters that two texts share, one word may differ: a typing error, a corrected number ..."""
HEAD = 60
"""... though not among the first words, which say what the text is about."""
MISSPELT = 0.75
"""Two names that are alike to this degree are one name."""
LONGEST = 4_000
"""Characters of a text in which slots are looked for."""
WIDEST = 16
"""Words of a slot at the beginning or the end. What is longer is an introduction, or the rest of the article."""
MOST = 100
"""Slots that are looked at."""

_CJK = "\u3040-\u30ff\u3400-\u9fff"
_token = re.compile(f"[{_CJK}]|\\d+(?:[.,]\\d+)*|[^\\W\\d_{_CJK}]+")
_address = re.compile(r"https?://\S+|@\w+")
_proper = re.compile(f"[\\d{_CJK}]")


@dataclass(frozen=True, slots=True)
class _Slot:
    """What stands between two words: from which word of the text on, whether up to its end, and as it is written."""

    at: int
    last: bool
    words: tuple[str, ...]
    written: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.written) if re.match(f"[{_CJK}]", self.written[0]) else " ".join(self.written)


def differs(one: str, other: str, *, weight: int) -> tuple[str, ...]:
    """The slots that are filled differently, as "5 / 7", if they are more than a text of that weight is spared."""
    left, right = _tokens(one), _tokens(other)
    folded, folded_too = _folded(left), _folded(right)
    shared = frozenset(pairwise(folded)) & frozenset(pairwise(folded_too))
    mine, theirs = _slots(left, folded, shared), _slots(right, folded_too, shared)
    both = ((mine[slot], theirs[slot]) for slot in mine if slot in theirs)
    found = [(slot, too) for slot, too in islice(both, MOST) if not _meet(slot, too)]
    small = sum(all(slot.at >= HEAD and len(slot.words) == 1 for slot in pair) for pair in found)
    if len(found) <= min(small, weight // SPARED):
        return ()
    return tuple(sorted(f"{slot} / {too}" for slot, too in found))


def names(slot: str) -> bool:
    """Whether a slot that ``differs`` found has another figure or name in it, as far as the script shows it.

    What is left are other words: the news may be the same, the text is not.
    """
    mine, theirs = (frozenset(side.split()) for side in slot.split(" / "))
    return all(any(map(_is_proper, words)) for words in (mine - theirs, theirs - mine))


def _tokens(text: str) -> list[str]:
    """The words, the figures without signs, and each Chinese or Japanese character."""
    clean = text[:LONGEST].encode(errors="replace").decode()
    words = normalize("NFC", bare(_address.sub(" ", calm(clean))))
    return [re.sub("[.,]", "", token) for token in _token.findall(variants.simplified(words))]


def _folded(tokens: Sequence[str]) -> list[str]:
    return [token.casefold() for token in tokens]


def _slots(
    written: Sequence[str], words: Sequence[str], shared: frozenset[tuple[str, str]]
) -> dict[tuple[str, str], _Slot]:
    """What stands between two words, and is in no pair of words that the other text has, too."""
    framed = ["", *words, ""]
    common = [False] * len(framed)
    for place, pair in enumerate(pairwise(framed)):
        if pair in shared:
            common[place] = common[place + 1] = True
    ends = [0, *(place for place, kept in enumerate(common) if kept), len(framed) - 1]
    slots: dict[tuple[str, str], _Slot] = {}
    for start, end in pairwise(ends):
        inner = framed[start] and framed[end]
        if end - start > 1 and (inner or end - start <= WIDEST + 1):
            filling = tuple(framed[start + 1 : end]), tuple(written[start : end - 1])
            slots.setdefault((framed[start], framed[end]), _Slot(start, not framed[end], *filling))
    return slots


def _meet(slot: _Slot, too: _Slot) -> bool:
    """Whether one has all that the other has, or the same with a typing error, or cut. A figure has no such error."""
    mine, theirs = frozenset(slot.words) - frozenset(too.words), frozenset(too.words) - frozenset(slot.words)
    if not mine or not theirs:
        return True
    if any(map(_is_figure, mine)) and any(map(_is_figure, theirs)):
        return False
    one, other = (
        "".join(word for word in each.words if word in own and not _is_figure(word))
        for each, own in ((slot, mine), (too, theirs))
    )
    if slot.last and (one.startswith(other) or other.startswith(one)):
        return True
    return not one or not other or SequenceMatcher(None, one, other).ratio() >= MISSPELT


def _is_proper(word: str) -> bool:
    """A figure, a capital, or a word of a script that has none."""
    return bool(_proper.search(word)) or word != word.lower() or word == word.upper()


def _is_figure(token: str) -> bool:
    return token[0].isdigit()
