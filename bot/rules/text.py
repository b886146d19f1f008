"""What a text says, however it is spelt: folding, terms, word limits, and places in the original.

One function, ``fold``, serves the keyword's side and the text's side. It makes one spelling of full width, mathematical
letters, accents, case, half-width kana and ligatures. ``squeeze`` goes on to bytes without separators: what is found
exactly is always found there too, so that one fast scan (``scan``) can rule most posts out.

``Term`` is one word or phrase, ``Text`` a text in which terms are looked for. Rules and their reasons: the labelled
cases of matching quality.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

Span = tuple[int, int]
"""Characters ``start`` to ``end`` of a text as published."""

_CROWD = 30
"""More marks than this in a row are nobody's spelling."""
_ENOUGH = 1_000
"""Further places of one term in one text tell nobody anything."""

# Marks that fold away: accents, Hebrew and Arabic points, tatweel, enclosing keycaps, variation selectors, zero width.
# Kana voicing and Indic vowels stay: they make another letter. So does the breve on и: й is no accented и.
_MARKS = (
    "\u00ad\u0300-\u0305\u0307-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e01ef"
)
_BREVE = "(?<![\u0418\u0438])\u0306"
# Written smaller, and no part of the word: H100™ is not h100tm, and the 2 of H100² is a footnote.
_SMALL = "®™℠ℹ²³¹⁰⁴⁵⁶⁷⁸⁹"
_HYPHENS = "\\-\u2010-\u2013\u2212"
_DOTS = "\u00b7\u2022\u2027\u30fb"
_EMOJI = "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_QUOTES = "'\u2018\u2019\u02bc\u2032"
# Letters that stand without spaces between words; Hangul as the parts that it decomposes into.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa"
    "\u30fc-\u312f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)

# What the scan does not see: the above, and other signs that are no letters. Every sign that a pattern varies is here.
_SIGNS = (
    "\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb\u00bf\u00d7\u00f7\u02bc\u2000-\u206f\u20a0-\u20cf\u2190-\u23ff"
    "\u2500-\u27bf\u2900-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30fb\U0001f000-\U0001faff"
)
_JOINED = (("ı", "i"), ("œ", "oe"), ("æ", "ae"))
"""What casefold leaves apart."""
_WESTERN = (*_JOINED, ("Œ", "oe"), ("Æ", "ae"), ("ß", "ss"), ("ẞ", "ss"))
"""All that is left of western letters when accents are off."""

_faded = re.compile(f"[{_MARKS}]+|{_BREVE}")
_faded_all = re.compile(f"[\u0306{_MARKS}]+")
_spread = re.compile(f"[{_MARKS}{_SIGNS}]+|{_BREVE}")
_spread_all = re.compile(f"[\u0306{_MARKS}{_SIGNS}]+")
_eastern = re.compile(f"[^\0-\x7f\u0306{_MARKS}{_SIGNS}{''.join(letter for letter, _ in _WESTERN)}]")
_SILENT = bytes(code for code in range(128) if not chr(code).isalnum())


def fold(text: str) -> str:
    """The one spelling of a text: compatibility forms, accents and case folded; separators are kept."""
    return text.lower() if text.isascii() else _cased(_bare(_opened(text)))


def squeeze(text: str) -> bytes:
    """``fold`` without separators and signs, for the scan. Whatever ``Text.find`` finds is a part of this."""
    if text.isascii():
        return text.lower().encode().translate(None, _SILENT)
    opened = _opened(calm(text))
    if not _eastern.search(opened):
        return _replaced(opened, _WESTERN).encode("ascii", "ignore").lower().translate(None, _SILENT)
    # Two patterns, because a look back costs as much as all the rest: й is rare.
    kept = (_spread if "\u0306" in opened else _spread_all).sub("", opened)
    return _cased(kept).encode(errors="surrogatepass").translate(None, _SILENT)


def _opened(text: str) -> str:
    for char in _SMALL:
        text = text.replace(char, " ")
    return unicodedata.normalize("NFKD", text)


def _bare(opened: str) -> str:
    return (_faded if "\u0306" in opened else _faded_all).sub("", opened)


def _cased(text: str) -> str:
    return _replaced(text.casefold(), _JOINED)


def _replaced(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


_BESIDE = "\uff9e\uff9f"
_mark = f"(?:[^\\w\\s!-~\u2000-\u20cf\u2100-\u3029\u3030-\u3098\uff00-\uff9d{_EMOJI}]|[{_BESIDE}])"
_suspect = re.compile(_mark)
_throng = re.compile(f"({_mark}{{{_CROWD}}})({_mark}+)")


def calm(text: str) -> str:
    """A text without crowds of accents, which take quadratic time to sort; every place stays where it was.

    Unicode's Stream-Safe Text Format (UAX 15) allows 30 marks in a row; further ones become zero-width spaces.
    """
    if text.isascii() or not _suspect.search(text[::_CROWD]):
        return text
    return _throng.sub(lambda found: found[1] + "\u200b" * len(found[2]), text)


# --- terms ---------------------------------------------------------------------------------------------------------

_WORD = f"[^\\W_\u02bc{_UNSPACED}]"
_EMOJIS = f"[{_EMOJI}]{{1,3}}"
# One space (or a line's end), hyphen, underscore, middle dot or emoji; a full stop only inside a word.
_JOINT = f"(?:[^\\S\\n]{{1,9}}(?:\\n[^\\S\\n]{{0,9}})?|\\n[^\\S\\n]{{0,9}}|[{_HYPHENS}_{_DOTS}]|\\.(?!\\s)|{_EMOJIS})"
_UNIT = "(?:km|cm|mm|nm|kg|mg|mph|kph|km/h|kmh|kwh?|mwh|miles)"
_LONG_UNIT = f"(?![ {_HYPHENS}]?(?:{_UNIT}|m)(?!{_WORD}))(?! ?%)"
_SHORT_UNIT = f"(?![{_HYPHENS}]{_UNIT}(?!{_WORD}))"
_NUMBER_ENDS = "(?!\\.[0-9])(?!,[0-9]{3}(?![0-9]))"
_ENDS = f"(?=(?:[{_QUOTES}]?s)?(?!{_WORD}))"

_joints = re.compile(f"[\\s{_HYPHENS}_{_DOTS}{_EMOJI}.]+")
_edges = re.compile(f"^[\\s{_HYPHENS}_{_DOTS}]+|[\\s{_HYPHENS}_{_DOTS}.]+$")


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase to look for, as a person wrote it; it holds a letter or a digit.

    Where it holds a separator, changes between letters and digits, or has a capital inside, a text may have one
    separator or none: ``SuperMicro`` is also Super Micro and super-micro, ``H100`` is H-100. Never across ". ".
    """

    words: str

    @property
    def key(self) -> bytes:
        """What ``squeeze`` of every text that holds the term holds as well; empty for a term of signs alone."""
        return squeeze(self.words)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the term in a folded text, limits included."""
        return _pattern(self.words)


@lru_cache(maxsize=20_000)
def _pattern(words: str) -> re.Pattern[str]:
    pieces = _pieces(_edges.sub("", _bare(_opened(calm(words)))))
    first, last = pieces[0][1], pieces[-1][1]
    parts = [_literal(first), _left(first)]
    for number, (joint, piece) in enumerate(pieces[1:], 2):
        parts += [f"({joint[:-1]})?" if number == len(pieces) and joint.endswith("?") else joint, _literal(piece)]
    # The last joint is a group: "H 100 km" is a measure, "H100 km" is not.
    apart = len(pieces) > 1 and pieces[-1][0].endswith("?")
    return re.compile("".join(parts) + _right(last, apart=apart, alone=len(pieces) == 1))


def _pieces(skeleton: str) -> list[tuple[str, str]]:
    """A term's parts in folded spelling, each with the pattern of what may stand before it."""
    pieces: list[tuple[str, str]] = []
    written = ""
    for part in re.split(f"((?!^){_joints.pattern})", skeleton):
        if pieces and _joints.fullmatch(part):
            written = part
            continue
        for piece in _split(part):
            before = pieces[-1][1] if pieces else ""
            pieces.append((_joint(before, written, piece), _cased(piece)))
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


_unspaced = re.compile(f"[{_UNSPACED}]")


def _kind(char: str) -> str:
    if _unspaced.match(char):
        return "unspaced"
    if char.isdigit():
        return "digit"
    if not char.isalpha():
        return "other"
    return "capital" if char.isupper() else "small"


def _literal(piece: str) -> str:
    """Exactly this, but for the kind of apostrophe, and emoji put between Chinese characters."""
    if _unspaced.match(piece):
        return f"(?:{_EMOJIS})?".join(map(re.escape, piece))
    return "".join(f"[{_QUOTES}]" if char in _QUOTES else re.escape(char) for char in piece)


def _left(piece: str) -> str:
    """What must not stand before a term: looked at after its first part, so that the search starts with letters."""
    word = _literal(piece)
    if not re.match(_WORD, piece):
        return ""
    if piece[0].isdigit():
        thousands = f"(?<![0-9],{word})" if len(piece) == 3 else f"(?<!(?<![0-9])0,{word})"
        return f"(?<!{_WORD}{word})(?<![0-9]\\.{word}){thousands}"
    # A count may lean on a name: 8xH100. But 0x begins a hexadecimal number.
    return f"(?:(?<!{_WORD}{word})|(?<=[1-9]x{word})|(?<=[0-9]{{2}}x{word}))"


def _right(piece: str, *, apart: bool, alone: bool) -> str:
    """What must not stand after a term: more of the word than a plural or possessive s, more of the number, a unit."""
    if not re.search(f"{_WORD}$", piece):
        return ""
    if not piece[-1].isdigit():
        return _ENDS
    unit = f"(?(1){_LONG_UNIT}|{_SHORT_UNIT})" if apart else _LONG_UNIT if alone else _SHORT_UNIT
    return _ENDS + _NUMBER_ENDS + unit


# --- texts ---------------------------------------------------------------------------------------------------------

# Each begins with letters to search for and looks back afterwards: that is what makes it fast.
_links = re.compile(r"(?:https?://|ftp://|www\.(?<!\wwww\.))[!#-;=?-~\u00c0-\u024f\u0400-\u04ff]+", re.A | re.I)
_mails = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+|(?<![\w@])@\w+", re.A)
_codes = re.compile(
    r"""[+(0-9a-f](?<!\w[+(0-9a-f])(?:
      (?<=[0-9a-f])[0-9a-f]{7}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}                                 # UUID
    | (?<=[0-9a-f])[0-9a-f](?:[:-][0-9a-f]{2}){5}                                              # hardware address
    | (?<=\+)[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}+\)?){2,6}+                                       # telephone, worldwide
    | (?:(?<=\()[0-9]{3}\)\ ?|(?<=[0-9])[0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}                    # North America
    | (?<=0)[0-9](?:[ .-][0-9]{2}){4}                                                          # France
    | (?<=1)[0-9]{2}[ -][0-9]{4}[ -][0-9]{4} | (?<=0)[0-9]{2,3}-[0-9]{7,8}                     # China
    | (?<=[0-9])[0-9]{3}(?:[ -][0-9]{4}){3}                                                    # bank card
    )(?!\w)""",
    re.A | re.I | re.X,
)


class _Opaque:
    """Addresses, e-mails, UUIDs, telephone numbers and @handles of a text: no word of ours stands in them."""

    __slots__ = ("_ends", "_wholes")

    def __init__(self, text: str) -> None:
        found = [each.span() for pattern in (_links, _codes) for each in pattern.finditer(text)]
        if "@" in text:
            found += [each.span() for each in _mails.finditer(text)]
        self._wholes: list[Span] = []
        for start, end in sorted(found):
            if self._wholes and start < self._wholes[-1][1]:
                start, end = self._wholes[-1][0], max(end, self._wholes.pop()[1])
            self._wholes.append((start, end))
        self._ends = [end for _, end in self._wholes]

    def hides(self, span: Span, text: str) -> bool:
        """Whether a place touches one of them; a @handle that is the term and nothing else hides nothing."""
        first = bisect_right(self._ends, span[0])
        if first == len(self._ends) or self._wholes[first][0] >= span[1]:
            return False
        start, end = self._wholes[first]
        return text[start] != "@" or span not in ((start, end), (start + 1, end))


class Text:
    """One text in which terms are looked for. What it takes to answer is worked out once, when it is needed."""

    __slots__ = ("_folded", "_map", "_opaque", "_original")

    def __init__(self, original: str) -> None:
        self._original = calm(original)
        self._folded: str | None = None
        self._map: _Map | None = None
        self._opaque: _Opaque | None = None

    @property
    def folded(self) -> str:
        """The text as ``fold`` spells it."""
        if self._folded is None:
            self._folded = fold(self._original)
        return self._folded

    def find(self, term: Term) -> list[Span]:
        """The places of a term, in order and apart from each other; the first thousand, should there be more."""
        spans: list[Span] = []
        search, at = term.pattern.search, 0
        while len(spans) < _ENOUGH and (found := search(self.folded, at)):
            span = self._place(*found.span())
            if span and not self._hidden(span):
                spans.append(span)
                at = found.end()
            else:
                at = found.start() + 1
        return spans

    def _place(self, start: int, end: int) -> Span | None:
        if self._original.isascii():
            return start, end
        if self._map is None:
            self._map = _Map(self._original)
        return self._map.place(start, end)

    def _hidden(self, span: Span) -> bool:
        if self._opaque is None:
            self._opaque = _Opaque(self._original)
        return self._opaque.hides(span, self._original)


_plain = re.compile("[\0-\x7f\u0410-\u0418\u041a-\u0438\u043a-\u044f\u4e00-\u9fff]+|.", re.DOTALL)
"""Runs of characters that fold one to one whatever stands beside them, and the other characters one by one."""


class _Map:
    """Where the characters of a folded text came from.

    A text is cut into clusters: a character with the marks that belong to it, which fold apart from all others; a run
    of plain characters counts as one piece. ``at`` are the pieces' starts in the folded text.
    """

    __slots__ = ("at", "pieces")

    def __init__(self, original: str) -> None:
        self.pieces: list[tuple[int, int, bool]] = []
        for found in _plain.finditer(original):
            self._add(*found.span(), original)
        self.at = [0]
        for start, end, plain in self.pieces:
            self.at.append(self.at[-1] + (end - start if plain else _length(original[start:end])))

    def _add(self, start: int, end: int, original: str) -> None:
        char = original[start]
        plain = end - start > 1 or char.isascii()
        if plain or not self.pieces or not _continues(char):
            self.pieces.append((start, end, plain))
            return
        before, last, plain = self.pieces.pop()
        if plain and last - before > 1:
            self.pieces.append((before, last - 1, True))
            before = last - 1
        self.pieces.append((before, end, False))

    def place(self, start: int, end: int) -> Span | None:
        """The original's characters for those of the folded text; None where that would cut a cluster."""
        first, last = bisect_right(self.at, start) - 1, bisect_right(self.at, end - 1) - 1
        left, _, left_plain = self.pieces[first]
        right, right_end, right_plain = self.pieces[last]
        if not left_plain and start != self.at[first]:
            return None
        if not right_plain and end != self.at[last + 1]:
            return None
        return (
            left + (start - self.at[first] if left_plain else 0),
            right + end - self.at[last] if right_plain else right_end,
        )


@lru_cache(maxsize=8_192)
def _length(cluster: str) -> int:
    return len(fold(cluster))


@lru_cache(maxsize=8_192)
def _continues(char: str) -> bool:
    """Whether a character belongs to the one before it: a mark, or what decomposes into one (a half-width ﾟ)."""
    opened = unicodedata.normalize("NFKD", char)
    return unicodedata.combining(opened[0]) != 0 or unicodedata.category(char)[0] == "M"


def outside(spans: Sequence[Span], exceptions: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that stand inside no exception."""
    inner = sorted(exceptions)
    starts = [start for start, _ in inner]
    reach = list(accumulate((end for _, end in inner), max, initial=0))
    return tuple(span for span in spans if reach[bisect_right(starts, span[0])] < span[1])
