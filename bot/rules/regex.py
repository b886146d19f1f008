r"""Regular expressions of the query language, ``/regex/`` and ``/regex/i``: checked, and run in linear time.

RE2 runs them, so that no expression and no text can hang a look. Its ``\b``, ``\w``, ``\d`` and ``\s`` know only ASCII,
though, so for other texts an expression is cut into tokens, and each of them written anew:

* ``\w``, ``\d``, ``\s`` become classes of Unicode letters, marks and digits, of decimal digits, and of white space.
* ``\b`` becomes a mark, a character that no text holds. Before the search, marks are put into the text wherever a word
  begins or ends, as many as may be asked for at one place; whatever matches a character steps over the marks before
  it. What is found leaves them out again.

The tokens also tell the literals of which one must stand in a matching text, so that one scan rules out most.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import re2

from bot.errors import QueryError
from bot.rules.letters import UNSPACED
from bot.rules.text import ENOUGH, Span

_DEPTH = 50
"""Parentheses inside each other."""
_MOST_LITERALS = 64
"""More literals than this rule too little out."""
_REPEATS = 100
"""In counted repetition: with more, long texts take seconds."""
_MEMORY = 2 << 20
"""Bytes that RE2 may use for one expression; ordinary ones take 10,000 to 100,000, most of it for Unicode's classes."""

_MARK = "\ufdd0"
"""For internal use, says Unicode, and in none of RE2's ``\\p`` classes."""
_SIGN = f"\\x{{{ord(_MARK):x}}}"
_BYTES = _MARK.encode()
_MARKS = 8
"""More ``\b`` than this do not meet at one place."""
_unfit = re.compile(f"[\ud800-\udfff{_MARK}]")


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression as an operator wrote it between slashes; ``read`` makes those that can be relied on."""

    source: str
    ignore_case: bool = False

    def __str__(self) -> str:
        return f"/{self.source}/{'i' if self.ignore_case else ''}"

    def find(self, text: str) -> list[Span]:
        """The first thousand places, in order and apart from each other; those that are empty are left out."""
        if text.isascii():
            return _places(_compiled(self.source, self.ignore_case), text.encode())
        fit = _unfit.sub("\ufffd", text)
        data = fit.encode()
        loose = _compiled(_written(self.source, marked=False), self.ignore_case)
        if "\\b" not in self.source:
            return _places(loose, data)
        # Marks cost more than a search: first without limits, which finds whatever would be found with them.
        if not loose.search(data):
            return []
        limits = sum(kind == "limit" for kind, _, _ in _tokens(self.source))
        marked = _marked(fit, _MARK * min(limits, _MARKS)).encode()
        return _places(_compiled(_written(self.source, marked=True), self.ignore_case), marked)

    @property
    def literals(self) -> frozenset[str]:
        """Of these, one at least stands in every text that it matches; empty when none can be promised.

        They are as written. Parts of an expression may ignore case, so compare without case always.
        """
        return _best(_pieces(iter(_tokens(self.source))))


def read(source: str, *, ignore_case: bool = False) -> Regex:
    """Check an expression; raises QueryError, ``at`` being a position in ``source``."""
    if not source:
        raise QueryError("this regular expression is empty: write one between the slashes", at=0)
    if lone := _unfit.search(source):
        raise QueryError(_NO_CHARACTER, at=lone.start())
    try:
        _engine(source, ignore_case)
        if _engine(_written(source, marked=False), ignore_case).search(b""):
            raise QueryError("it matches an empty text: ask for a character at least, with + instead of *", at=0)
        _engine(_written(source, marked=True), ignore_case)
    except re2.error as error:
        raise _refusal(source, error.args[0].decode(errors="replace")) from None
    return Regex(source, ignore_case)


@lru_cache(maxsize=256)
def _compiled(expression: str, ignore_case: bool) -> Any:
    """Made when a text needs it: thousands of expressions that match nothing take no memory."""
    return _engine(expression, ignore_case)


def _engine(expression: str, ignore_case: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = not ignore_case
    options.max_mem = _MEMORY
    return re2.compile(expression, options)


_NO_CHARACTER = "this is no character: leave it out"
_REFUSALS = (
    (r"missing \)", "a parenthesis is never closed: add ), or write \\( for the sign itself"),
    (r"missing \]", "this bracket is never closed: add ], or write \\[ for the sign itself"),
    (r"invalid perl operator: \(\?=", "look-ahead is not supported: let the expression match what follows as well"),
    (r"invalid perl operator: \(\?!", "look-ahead is not supported: say with NOT what must be absent"),
    (r"invalid perl operator: \(\?<", "look-behind is not supported: let the expression match what precedes as well"),
    (r"invalid escape sequence: \\[1-9]", "a reference back is not supported: write the part again"),
    (r"invalid repetition size", "this repeats too often, or less often at most than at least"),
    (r"no argument for repetition", "there is nothing to repeat: write \\ before the sign for the sign itself"),
    (r"pattern too large", "this is too large: repeat less often, or write two expressions"),
)
"""How RE2 begins a refusal, and what we say."""


def _refusal(source: str, said: str) -> QueryError:
    """RE2's own words, unless there are better ones."""
    at = len(source) if said.startswith("missing )") else max(source.find(said.partition(": ")[2]), 0)
    shown = "".join(char if char.isprintable() else "\ufffd" for char in said[:80])
    better = (plain for begins, plain in _REFUSALS if re.match(begins, said))
    return QueryError(next(better, f"this is no regular expression: {shown}"), at=at)


# --- tokens --------------------------------------------------------------------------------------------------------

_Token = tuple[str, str, str]
"""A piece of an expression: its kind, how RE2 shall read it, and the character that it stands for, if it is one."""

_CHAR = r"\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}|\\.|."
_PROPERTY = r"\\[pP](?:\{[^}]*\}|.)"
_POSIX = r"\[:\^?\w+:\]"
# What stands here was accepted by RE2, and is cut as RE2 cuts it: {2,01} and {,3} are characters like others.
_token = re.compile(
    rf"""
      (?P<refused>\\[BCQ])
    | (?P<limit>(?:\\b)+) | (?P<point>\^|\\A) | (?P<end>\$|\\z) | (?P<branch>\|) | (?P<close>\))
    | (?P<repeat>(?:[*+?]|\{{(?:0|[1-9][0-9]{{0,8}})(?:,(?:0|[1-9][0-9]{{0,8}})?)?\}})\??)
    | (?P<flags>\(\?[imsU-]*\))
    | (?P<open>\((?:\?P?<[^>]*>|\?[imsU-]*:)?)
    | (?P<class>\[\^?\]?(?:{_POSIX}|\\.|[^\]\\])*+\]|{_PROPERTY}|\\[dswDSW]|\.)
    | (?P<char>{_CHAR})
    """,
    re.DOTALL | re.VERBOSE,
)
_member = re.compile(
    rf"\\(?P<perl>[dswDSW])|(?P<named>{_PROPERTY}|{_POSIX})|(?P<low>{_CHAR})(?:-(?P<high>{_CHAR}))?", re.DOTALL
)
_WAYS = {"\\Q": "write \\ before each sign instead", "\\B": "write \\w where a word goes on", "\\C": "write . instead"}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@lru_cache(maxsize=1_024)
def _tokens(source: str) -> tuple[_Token, ...]:
    tokens: list[_Token] = []
    dot_all = [False]  # in each open group
    for found in _token.finditer(source):
        kind, text = str(found.lastgroup), found[0]
        if kind == "refused":
            raise QueryError(f"{text} is not supported: {_WAYS[text]}", at=found.start())
        if kind == "repeat" and max(map(int, re.findall(r"\d+", text)), default=0) > _REPEATS:
            raise QueryError(f"this repeats too often, {_REPEATS} times is the most: repeat less", at=found.start())
        if kind == "open":
            dot_all.append(_dot_all(text, dot_all[-1]))
        elif kind == "flags":
            dot_all[-1] = _dot_all(text, dot_all[-1])
        elif kind == "close":
            dot_all.pop()
        if len(dot_all) > _DEPTH + 1:
            raise QueryError(f"more than {_DEPTH} parentheses inside each other: leave some out", at=found.start())
        char = _char(text) if kind == "char" else ""
        if _unfit.match(char):
            raise QueryError(_NO_CHARACTER, at=found.start())
        if text == ".":
            text = "\\p{Any}" if dot_all[-1] else "[^\\n]"
        tokens.append((kind, _class(text) if kind == "class" else text, char))
    return tuple(tokens)


def _dot_all(opening: str, before: bool) -> bool:
    """Whether ``.`` takes a line's end too."""
    on, _, off = opening.partition("-")
    return before if "<" in opening else "s" not in off and ("s" in on or before)


def _char(written: str) -> str:
    if not written.startswith("\\"):
        return written
    if written[1] == "x":
        return chr(int(written[2:].strip("{}"), 16))
    return chr(int(written[1:], 8)) if written[1] in "01234567" else _CONTROLS.get(written[1], written[1])


_ANY = "\\x00-\\x{fdcf}\\x{fdd1}-\\x{10ffff}"
_CLASSES = {"w": r"\p{L}\p{M}\p{Nd}\p{Nl}_", "d": r"\p{Nd}", "s": r"\t-\r\x{85}\p{Z}"}
_OTHERS = {
    _CLASSES["w"]: r"\p{No}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}‿⁀⁔︳︴﹍﹎﹏＿\p{S}\p{Z}\p{C}",
    _CLASSES["s"]: r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}\p{Co}\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}",
    _ANY: "",
}
"""What is not in them, but for what Unicode leaves unassigned, the mark among it."""


def _class(text: str) -> str:
    """A class as Unicode has it, and without the mark."""
    negated = text.startswith("[^")
    inside: list[str] = []
    outside: list[str] = []
    for found in _member.finditer(text[1 + negated : -1] if text.startswith("[") else text):
        part, opposite = _part(found)
        (outside if opposite else inside).append(part)
    if negated:
        inside += [_OTHERS.get(part, part.replace("[:", "[:^").replace("\\p", "\\P")) for part in outside]
        return f"[^{''.join(inside)}{_SIGN}]"
    classes = [f"[{''.join(inside)}]"] if inside else []
    return "(?:" + "|".join([*classes, *(f"[^{part}{_SIGN}]" for part in outside)]) + ")"


def _part(found: re.Match[str]) -> tuple[str, bool]:
    """What to write inside [...], and whether it is the opposite that is meant."""
    if letter := found["perl"]:
        return _CLASSES[letter.lower()], letter.isupper()
    if named := found["named"]:
        part = named.replace("^", "").replace("\\P", "\\p")
        return _ANY if part == "\\p{Any}" else part, ("^" in named) != named.startswith("\\P")
    low, high = found["low"], found["high"] or found["low"]
    spans_mark = _char(low) <= _MARK <= _char(high)
    return f"{low}-\\x{{fdcf}}\\x{{fdd1}}-{high}" if spans_mark else found[0], False


@lru_cache(maxsize=4_096)
def _written(source: str, *, marked: bool) -> str:
    """The expression for a text with marks, or without any word limits."""
    parts: list[str] = []
    for kind, written, _ in _tokens(source):
        if kind == "limit":
            written = _SIGN if marked else "(?:)"
        elif marked and kind in ("char", "class", "end"):
            written = f"(?:{_SIGN}*{written})"
        parts.append(written)
    return "".join(parts)


# --- literals ------------------------------------------------------------------------------------------------------

_Piece = str | frozenset[str]
"""Text that goes on where the piece before it ended; or what ends that text, and the literals that it promises."""
_NOTHING: frozenset[str] = frozenset()
_DOUBTFUL = ("\ufffd", "\u0345", "Ι", "ι", "\u1fbe")
"""No literals: what replaces unfit characters of a text, and the iota that /i takes for an accent which folds away."""


def _pieces(tokens: Iterator[_Token]) -> list[_Piece]:
    """What a group promises, up to the parenthesis that closes it."""
    branches: list[list[list[_Piece]]] = [[]]
    for kind, written, char in tokens:
        if kind == "close":
            break
        if kind == "branch":
            branches.append([])
        elif kind == "repeat":
            branches[-1][-1] = [_NOTHING] if written.startswith(("*", "?", "{0")) else [*branches[-1][-1], _NOTHING]
        elif kind == "open":
            branches[-1].append(_pieces(tokens))
        elif kind != "flags":
            # A point is no text.
            branches[-1].append([_NOTHING if kind == "class" or char in _DOUBTFUL else char])
    if len(branches) == 1:
        return list(chain(*branches[0]))
    promises = [_best(chain(*branch)) for branch in branches]
    union = frozenset(chain(*promises))
    return [union if all(promises) and len(union) <= _MOST_LITERALS else _NOTHING]


def _best(pieces: Iterable[_Piece]) -> frozenset[str]:
    """Of all that is promised, that whose shortest literal is longest; the first of equals."""
    promises: list[frozenset[str]] = []
    run = ""
    for piece in chain(pieces, [_NOTHING]):
        if isinstance(piece, str):
            run += piece
        else:
            promises += [frozenset({run}) if any(map(str.isalnum, run)) else _NOTHING, piece]
            run = ""
    return max(promises, key=lambda literals: min(map(len, literals), default=0))


# --- places --------------------------------------------------------------------------------------------------------


@cache
def _word() -> re.Pattern[str]:
    """A word, or a letter that stands without spaces. Superscript digits are footnotes."""
    accents = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char)[0] == "M")
    return re.compile(f"[{UNSPACED}]|(?:[^\\W²³¹⁰-⁹{UNSPACED}]++[{accents}]*+)++")


def _marked(text: str, marks: str) -> str:
    """The text with these marks wherever a word begins or ends."""
    return _word().sub(lambda found: marks + found[0] + marks, text).replace(marks * 2, marks)


def _places(engine: Any, data: bytes) -> list[Span]:
    """Each search begins before the marks that the last place ended with: the next one may ask for them too."""
    spans: list[Span] = []
    at = seen = count = 0
    for _ in range(ENOUGH):
        found = engine.search(data, at)
        if not found:
            break
        start, end = found.span()
        at = end
        while data.endswith(_BYTES, start, at):
            at -= len(_BYTES)
        if start < at:
            first = count + _length(data[seen:start])
            seen, count = at, first + _length(data[start:at])
            spans.append((first, count))
        else:
            at = max(end, start + 1)
    return spans


def _length(piece: bytes) -> int:
    """In characters, without the marks."""
    return len(piece.decode()) - piece.count(_BYTES)
