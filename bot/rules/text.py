"""What a text says, however it is spelt: folding, with the places in the original kept.

One function, ``fold``, serves the keyword's side and the text's side. It makes one spelling of full width, mathematical
letters, accents, case, half-width kana and ligatures. ``squeeze`` goes on to bytes without separators: what is found
exactly is always found there too, so that one fast scan (``scan``) can rule most posts out.

``Text`` is the same for a text that is looked at exactly: its *atoms* are the characters of its squeezed form, each
with the piece of the original that it came from. Rules and their reasons: the labelled cases of matching quality.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, compress

from bot.rules import opaque, variants
from bot.rules.letters import EMOJI, UNSPACED, WORD

Span = tuple[int, int]
"""Characters ``start`` to ``end`` of a text as published."""

ENOUGH = 1_000
"""Further places of one term in one text tell nobody anything."""
_CROWD = 30
"""More marks than this in a row are nobody's spelling."""

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

# What the scan does not see: the above, and other signs that are no letters. Every sign that a term may vary is here.
_SIGNS = (
    "\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb\u00bf\u00d7\u00f7\u02bc\u2000-\u206f\u20a0-\u20cf\u2190-\u23ff"
    "\u2500-\u27bf\u2900-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30fb\U0001f000-\U0001f14f"
    "\U0001f18a-\U0001faff"
)
_JOINED = (("ı", "i"), ("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"))
"""What casefold leaves apart."""

_faded = re.compile(f"[{_MARKS}]+|{_BREVE}")
_faded_all = re.compile(f"[\u0306{_MARKS}]+")
_spread = re.compile(f"[{_MARKS}{_SIGNS}]+|{_BREVE}")
_spread_all = re.compile(f"[\u0306{_MARKS}{_SIGNS}]+")
_LATIN, _WESTERN = "latin-1", "cp1252"
"""Nearly all English, French and German texts are in them: a byte a letter is several times faster than Unicode."""
_emoji = re.compile(
    "[\u200b-\u200f\u2060-\u206f\u20d0-\u20ff\u2190-\u23ff\u2500-\u27bf\u2b00-\u2bff\ufe00-\ufe0f"
    "\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]+"
)
"""Emoji and what modifies them: no atom comes from any."""
_PUNCTUATION = "。、“”‘’「」《》【】—·"
_NOT_HAN = bytes((*range(0xC2, 0xE4), *range(0xEA, 0xF5)))
"""With what UTF-8 begins a character that is neither ASCII nor one of U+4000 to U+9FFF, which fold to themselves."""
_SILENT = bytes(code for code in range(128) if not chr(code).isalnum())
_HUSHED = _SILENT.replace(b"\0", b"")
"""What is left out of texts that are read as one: all that is silent but what stands between them."""
_LOWER = bytes(range(256)).lower()
"""For bytes.translate: capitals of ASCII become small."""
_SEAM = "\0"
_HEARD = bytes(chr(code).isalnum() for code in range(128)) + bytes(128)
"""For bytes.translate: 1 for an ASCII letter or digit, which the scan sees, else 0."""


def fold(text: str) -> str:
    """The one spelling of a text: compatibility forms, accents and case folded; separators are kept."""
    return text.lower() if text.isascii() else _cased(bare(text))


def bare(text: str) -> str:
    """A text without accents and compatibility forms, in the case in which it was written."""
    opened = _opened(text)
    return (_faded if "\u0306" in opened else _faded_all).sub("", opened)


def squeeze(text: str) -> bytes:
    """``fold`` without separators and signs, as the scan reads it: what a term finds in the text is a part of this.

    A text that hides letters behind look-alikes is there twice, as it stands and unmasked.
    """
    return squeeze_all([text.replace(_SEAM, "")])


def squeeze_all(texts: Sequence[str]) -> bytes:
    """``squeeze`` of each text, with a NUL between two. In one go where all are in scripts that need little folding."""
    whole = _SEAM.join(texts)
    seen = _plainly(whole)
    if seen is None and len(texts) == 1:
        seen = _squeezed(calm(whole))
    if seen is None or seen.count(b"\0") >= len(texts):
        return b"\0".join(map(squeeze, texts))
    return seen


def _plainly(text: str) -> bytes | None:
    """The atoms of a text in ASCII, in a western code page or in Chinese, with its NULs; None for any other."""
    if text.isascii():
        return text.encode().translate(_LOWER, _HUSHED)
    seen = _western_squeezed(text)
    return _han(_opened(calm(text))) if seen is None else seen


def _western_squeezed(text: str) -> bytes | None:
    """The atoms of a text that, emoji aside, fits a western code page; None if it does not, or one is not ASCII."""
    try:
        table, raw = _western(text)
    except UnicodeEncodeError as error:
        if text[error.start].isalpha():
            return None
        try:
            table, raw = _western(_emoji.sub("", text))
        except UnicodeEncodeError:
            return None
    return table.squeeze(raw)


def _western(text: str) -> "tuple[_Table, bytes]":
    """A text in a western code page, and its table. Raises UnicodeEncodeError."""
    try:
        return _table(_LATIN), text.encode(_LATIN)  # twenty times as fast
    except UnicodeEncodeError:
        return _table(_WESTERN), text.encode(_WESTERN)


def _squeezed(text: str) -> bytes:
    unmasked = variants.unmask(text)
    seen = _encoded(_spread_atoms(_opened(text)))
    return seen if unmasked is None else seen + b"\n" + squeeze(unmasked)


def _han(opened: str) -> bytes | None:
    """The atoms of a text, or None if it holds more than ASCII, Chinese characters and their usual punctuation."""
    for sign in _PUNCTUATION:
        opened = opened.replace(sign, "")
    raw = opened.encode(errors="surrogatepass")
    return raw.translate(_LOWER, _HUSHED) if len(raw.translate(None, _NOT_HAN)) == len(raw) else None


def atoms(text: str) -> str:
    """``fold`` without separators and signs."""
    return _encoded(_spread_atoms(_opened(text))).decode(errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class _Table:
    """``atoms``, byte by byte, for a code page whose letters fold apart from each other.

    ``letters`` is for bytes.translate, ``silent`` are the bytes that no atom comes from but NUL, ``several`` those that
    more than one comes from: œ, ß, ½; ``heard`` is 0 for a silent byte, else 1. The rare letter that does not fold to
    ASCII (þ) is left out of ``letters``.
    """

    letters: bytes
    silent: bytes
    heard: bytes
    several: tuple[tuple[bytes, bytes], ...]

    def squeeze(self, raw: bytes) -> bytes | None:
        """The atoms of a text in this code page, or None if one of them is not ASCII."""
        for byte, spelt in self.several:
            raw = raw.replace(byte, spelt)
        seen = raw.translate(self.letters, self.silent)
        return seen if seen.isascii() else None


@cache
def _table(page: str) -> _Table:
    codes = [bytes((code,)) for code in range(256)]
    spelt = [atoms(code.decode(page, "ignore")).encode() for code in codes]
    pairs = tuple(zip(codes, spelt, strict=True))
    return _Table(
        letters=b"".join(letters if len(letters) == 1 else code for code, letters in pairs),
        silent=b"".join(code for code, letters in pairs if not letters and code != b"\0"),
        heard=bytes(bool(letters) for _, letters in pairs),
        several=tuple((code, letters) for code, letters in pairs if len(letters) > 1 and letters.isascii()),
    )


def _spread_atoms(opened: str) -> str:
    # Two patterns, because a look back costs as much as all the rest: й is rare.
    return _cased((_spread if "\u0306" in opened else _spread_all).sub("", opened))


def _encoded(spread: str) -> bytes:
    return spread.encode(errors="surrogatepass").translate(None, _SILENT)


def _opened(text: str) -> str:
    for char in _SMALL:
        text = text.replace(char, " ")
    return unicodedata.normalize("NFKD", text)


def _cased(text: str) -> str:
    return _replaced(text.casefold(), _JOINED)


def _replaced(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


_BESIDE = "\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\uff9e\uff9f"
_mark = f"(?:[^\\w\\s\0!-~\u2000-\u20cf\u2100-\u3029\u3030-\u3098\uff00-\uff9d{EMOJI}]|[{_BESIDE}])"
_suspect = re.compile(_mark)
_throng = re.compile(f"({_mark}{{{_CROWD}}})({_mark}+)")


def calm(text: str) -> str:
    """A text without crowds of accents, which take quadratic time to sort; every place stays where it was.

    Unicode's Stream-Safe Text Format (UAX 15) allows 30 marks in a row; further ones become zero-width spaces.
    """
    if text.isascii() or not _suspect.search(text[::_CROWD]):
        return text
    return _throng.sub(lambda found: found[1] + "\u200b" * len(found[2]), text)


# --- texts ---------------------------------------------------------------------------------------------------------

# Runs that fold one to one whatever stands beside them (the last letter of an ASCII run belongs to a mark behind it),
# and the other characters one by one.
_piece = re.compile(
    f"([\0-\x7f]+)(?!{_mark})|([\u0410-\u0418\u041a-\u0438\u043a-\u044f\u4e00-\u9fff]+)(?!{_mark})|.", re.DOTALL
)
_word = re.compile(f"https?://[!-~]+|{WORD}+(?:['\u2019.,-]{WORD}+)*|[{UNSPACED}]")


class Text:
    """One text in which terms are looked for.

    ``original`` is the text as published (of a crowd of accents only the first are left). Atom ``number`` of ``atoms``
    comes from its characters ``begins[number]`` to ``ends[number]``; atoms of one cluster, a letter with its marks or a
    ligature, share them. What it takes to answer is worked out once, when it is needed.
    """

    __slots__ = ("_is_plain", "_opaque", "_read", "_unmasked", "_words", "original")

    def __init__(self, original: str) -> None:
        self.original = calm(original)
        self._read: tuple[str, list[int], list[int]] | None = None
        self._is_plain = original.isascii()
        self._unmasked: Text | None = None
        self._opaque: opaque.Opaque | None = None
        self._words: list[int] | None = None

    @property
    def atoms(self) -> str:
        """The text as ``atoms`` spells it."""
        return self._places()[0]

    @property
    def begins(self) -> list[int]:
        """Where the piece of the original begins that an atom came from."""
        return self._places()[1]

    @property
    def ends(self) -> list[int]:
        """Where the piece of the original ends that an atom came from."""
        return self._places()[2]

    @property
    def unmasked(self) -> "Text":
        """The same text, place by place, with the letters behind look-alikes; itself where nothing is masked."""
        if self._unmasked is None and not self._is_plain:
            unmasked = variants.unmask(self.original)
            self._is_plain = unmasked is None
            self._unmasked = None if unmasked is None else Text(unmasked)
        return self._unmasked or self  # never kept in itself: a circle is only freed by the garbage collector

    def span(self, first: int, last: int) -> Span | None:
        """The original's characters for atoms ``first`` to ``last``; None where that would cut a cluster."""
        _, begins, ends = self._places()
        if first and begins[first - 1] == begins[first]:
            return None
        if last + 1 < len(begins) and begins[last + 1] == begins[last]:
            return None
        return begins[first], ends[last]

    def hides(self, span: Span) -> bool:
        """Whether a place lies in an address, a number or a name in which no word of ours stands."""
        if self._opaque is None:
            self._opaque = opaque.Opaque(self.original)
        return self._opaque.hides(span)

    def between(self, end: int, start: int) -> int:
        """How many words begin between two places; a character of an unspaced script is a word."""
        if self._words is None:
            self._words = [found.start() for found in _word.finditer(self.original)]
        return bisect_left(self._words, start) - bisect_left(self._words, end)

    def _places(self) -> tuple[str, list[int], list[int]]:
        if self._read is None:
            self._read = _western_read(self.original) or _clusters(self.original)
        return self._read


def _western_read(text: str) -> tuple[str, list[int], list[int]] | None:
    """``_clusters`` of a text in which each character is one atom or none, as in nearly all western ones; else None."""
    try:
        table, raw = _western(text)
    except UnicodeEncodeError:
        return None
    seen = raw.translate(table.letters, table.silent + b"\0")
    if not seen.isascii():
        return None
    heard = raw.translate(table.heard)
    return seen.decode(), list(compress(range(len(text)), heard)), list(compress(range(1, len(text) + 1), heard))


def _clusters(text: str) -> tuple[str, list[int], list[int]]:
    """Cut a text into clusters, which fold apart from all others: a character with the marks that belong to it."""
    spelt: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        found = _piece.match(text, at)
        assert found  # it takes any character
        start, at = found.span()
        if found[1] is not None:
            heard = found[1].encode().translate(_HEARD)
            spelt.append(_ascii_atoms(found[1]))
            begins.extend(compress(range(start, at), heard))
            ends.extend(compress(range(start + 1, at + 1), heard))
        elif found[2] is not None:
            spelt.append(_cased(found[2]))
            begins.extend(range(start, at))
            ends.extend(range(start + 1, at + 1))
        else:
            while at < len(text) and continues(text[at]):
                at += 1
            few = spell(text[start:at])
            spelt.append(few)
            begins.extend([start] * len(few))
            ends.extend([at] * len(few))
    return "".join(spelt), begins, ends


def _ascii_atoms(text: str) -> str:
    return text.encode().translate(_LOWER, _SILENT).decode()


@lru_cache(maxsize=8_192)
def spell(cluster: str) -> str:
    """``atoms``, remembered, of a character with its marks."""
    return atoms(cluster)


@lru_cache(maxsize=8_192)
def continues(char: str) -> bool:
    """Whether a character belongs to the one before it: a mark, or what decomposes into one (a half-width ﾟ)."""
    opened = unicodedata.normalize("NFKD", char)
    return unicodedata.combining(opened[0]) != 0 or unicodedata.category(char)[0] == "M"


def outside(spans: Sequence[Span], exceptions: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that stand inside no exception."""
    inner = sorted(exceptions)
    starts = [start for start, _ in inner]
    reach = list(accumulate((end for _, end in inner), max, initial=0))
    return tuple(span for span in spans if reach[bisect_right(starts, span[0])] < span[1])
