"""Where a word begins and ends: what may stand before and behind a place for it to be the whole word.

A letter or digit of a script that puts spaces between words is more of the word; a Chinese character, an emoji or a
sign is not. Numbers have limits of their own: 3.5 is not 5, and 100 km is a measure.
"""

import re

from bot.rules.letters import WORD, unspaced
from bot.rules.text import fold

HYPHENS = "\\-\u2010-\u2013\u2212"
"""Inside [...]: signs that join the parts of a name."""
QUOTES = "'\u2018\u2019\u02bc\u2032"
"""Inside [...]: apostrophes and what is typed for them."""
_BESIDE = 16
"""Characters on either side of a place that decide whether it is one."""

_arabic = re.compile("[\u0620-\u064a\u0671-\u06d3]")
_tag = re.compile("[#\uff03]\\w*\\Z")

# Before, read backwards. A count may lean on a name (8xH100, 2x4090), but 0x begins a hexadecimal number, and 1920x1080
# is one size.
_before_word = re.compile(f"(?!{WORD})|x[0-9]{{0,3}}[1-9](?!{WORD})")
_COUNT = f"|x[0-9]?[1-9](?!{WORD})"
_before_number = re.compile(f"(?!{WORD})(?!\\.[0-9])(?!,0(?![0-9])){_COUNT}")
_before_thousand = re.compile(f"(?!{WORD})(?!\\.[0-9])(?!,[0-9]){_COUNT}")
# Arabic writes "and", "so", "with", "as", "for" and "the" as one with the word.
_before_arabic = re.compile(f"(?:\u0644\u0627|\u0644)?[\u0628\u0643\u0644]?[\u0648\u0641]?(?!{WORD})")
# Behind: no more of the word than a plural or possessive s or a count (H100x8), no more of the number, no unit.
_MORE = f"(?:[{QUOTES}]?s|x[1-9][0-9]?)?(?!{WORD})"
_after_word = re.compile(_MORE)
_after_number = re.compile(f"(?!\\.[0-9])(?!,[0-9]{{3}}(?![0-9])){_MORE}")
_after_exact = re.compile(f"(?:[{QUOTES}]s)?(?!{WORD})")
_after_tag = re.compile(r"s?(?!\w)")
_UNIT = "(?:km|cm|mm|nm|kg|mg|mph|kph|km/h|kmh|kwh?|mwh|miles)"
_unit = re.compile(f"[{HYPHENS}]{_UNIT}(?!{WORD})")
_unit_apart = re.compile(f"[ {HYPHENS}]?(?:{_UNIT}|m)(?!{WORD})| ?%")
# A number without a name, or with a single letter before it, may also be money, a time, or part of a longer number; a
# sign of money that a number follows belongs to that.
_AMOUNT = "(?:euros?|dollars?|mill(?:ions?|iards?)|billions?|ans|years?|jours|days?|heures?|hours?|h|minutes?|mins?)"
_unit_alone = re.compile(
    f"{_unit_apart.pattern}|[ {HYPHENS}]?{_AMOUNT}(?!{WORD})"
    "| ?[\u20ac$\u00a3\u00a5](?! ?[0-9])| ?[\u5143\u4e07\u842c\u4ebf\u5104]| [0-9]{3}(?![0-9])|,[0-9]{1,2}(?![0-9])"
)


def free_before(text: str, start: int, letter: str, *, thousand: bool = False) -> bool:
    """Whether a word or number that begins with this letter, folded, may begin at ``start``.

    ``thousand``: it is a number of three digits, before which a comma joins more.
    """
    if start == 0 or text[start - 1] in " \n" or unspaced.match(letter):
        return True
    left = _folded(text[max(0, start - _BESIDE) : start])[::-1]
    if letter.isdigit():
        pattern = _before_thousand if thousand else _before_number
    else:
        pattern = _before_arabic if _arabic.match(letter) else _before_word
    return bool(pattern.match(left)) or _is_seam(text, start)


def free_after(text: str, end: int, letter: str) -> bool:
    """Whether a word that ends with this letter, folded, may end at ``end``."""
    if end == len(text) or text[end] in " \n" or unspaced.match(letter):
        return True
    return bool(_after_word.match(_right(text, end))) or _is_seam(text, end)


def free_after_number(text: str, end: int, *, apart: bool, alone: bool) -> bool:
    """Whether a number may end at ``end``, or belongs to the unit behind it.

    It may stand ``apart`` from its name, or ``alone``, with no more of a name than a letter.
    """
    right = _right(text, end)
    unit = _unit_alone if alone else _unit_apart if apart else _unit
    return bool(_after_number.match(right) and not unit.match(right)) or _is_seam(text, end)


def free_after_exact(text: str, end: int, letter: str) -> bool:
    """Whether a word that is spelt exactly may end at ``end``: no plural, but a possessive s."""
    return bool(unspaced.match(letter) or _after_exact.match(_right(text, end)))


def free_after_tag(text: str, end: int) -> bool:
    """Whether a hashtag may end at ``end``: it goes on with letters of any script."""
    return bool(_after_tag.match(_right(text, end)))


def _right(text: str, end: int) -> str:
    return _folded(text[end : end + _BESIDE])


def _folded(beside: str) -> str:
    """A Chinese comma stands between sentences, and never inside a number: H100，100台."""
    return fold(beside.replace("\uff0c", " ; "))


def _is_seam(text: str, at: int) -> bool:
    """Whether a capital letter begins a word here inside a hashtag: #NvidiaH100, #AIChips."""
    if not 0 < at < len(text) or not text[at].isupper():
        return False
    before, after = text[at - 1], text[at + 1 : at + 2]
    seam = before.islower() or before.isdigit() or (before.isupper() and after.islower())
    return seam and bool(_tag.search(text, max(0, at - 64), at))
