"""The language in which topics are written: from a line of text to a tree, or to a refusal that says where and why.

    query := and {"OR" and}           and  := not {["AND"] not}            not := ("NOT" | "-") not | near
    near  := any {("NEAR/"n | "ONEAR/"n) any}                              any := part {"|" part}
    part  := "(" query ")" | field ":" value | ["title:"] leaf             leaf := word | "phrase" | ="exact" | /regex/i

Operators are written in capitals; AND binds tighter than OR, and words side by side are all required. A query is true
of a whole post: its words may stand in the title or in the text. ``docs/queries.md`` has an example for each of them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import QueryError
from bot.rules import filters, regex
from bot.rules.filters import Filter
from bot.rules.regex import Regex
from bot.rules.terms import Exact, Term
from bot.rules.text import fold

MAX_LENGTH = 10_000
"""Characters of a query; longer ones are refused."""
MAX_DEPTH = 50
"""Parentheses and negations inside each other."""
MAX_DISTANCE = 100
"""Words between the two sides of a NEAR."""
MAX_SIDES = 3
"""Things that stand near each other: of four and more, the nearest of each would no longer be the right ones."""

Leaf = Term | Exact | Regex


@dataclass(frozen=True, slots=True)
class Word:
    """What must stand in the post; in its title, if ``titled``. ``at`` is its place in the query."""

    leaf: Leaf
    at: int = field(compare=False)
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Both sides, with at most ``distance`` words between them; the left one first, if ``ordered``."""

    left: "Node"
    right: "Node"
    distance: int
    ordered: bool
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What must not stand in the post."""

    part: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Every part must be true."""

    parts: tuple["Node", ...]
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """One part must be true."""

    parts: tuple["Node", ...]
    at: int = field(compare=False)


Node = Word | Filter | Near | Not | And | Or


def parse(text: str) -> Node:
    """Understand a query. Raises QueryError, with the place and the way out, for one that cannot be meant so."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH:,} characters, this one has {len(text):,}", at=MAX_LENGTH)
    root = _Parser(text).whole()
    if lost := unbounded(root):
        raise QueryError("this would match nearly every post: add a word that must be there", at=lost.at)
    return root


def any_of(queries: Sequence[str]) -> str:
    """The query that is true where one of these is."""
    return queries[0] if len(queries) == 1 else " OR ".join(f"({each.strip()})" for each in queries)


def unbounded(node: Node) -> Node | None:
    """The branch that could be true of a post without a word of the query in it, if there is one."""
    if isinstance(node, Word | Near):
        return None
    if isinstance(node, Not | Filter):
        return node
    lost = [branch for part in node.parts if (branch := unbounded(part))]
    enough = len(lost) < len(node.parts) if isinstance(node, And) else not lost
    return None if enough else lost[0]


# --- reading a query -----------------------------------------------------------------------------------------------

_OPEN, _CLOSE, _QUOTE, _BAR, _COLON = "(（", ")）", '"“”„＂«»「」『』', "|｜", ":："
_item = re.compile(
    rf"\s*(?:(?P<open>[{_OPEN}])|(?P<close>[{_CLOSE}])|(?P<bar>[{_BAR}])|(?P<minus>-)"
    rf"|(?P<field>(?i:{'|'.join(filters.NAMES)}|title))[{_COLON}]"
    rf"|(?P<exact>[=＝])(?=[^\s{_OPEN}{_CLOSE}{_BAR}])|(?P<regex>/)|(?P<phrase>[{_QUOTE}])"
    rf"|(?P<word>[^\s{_OPEN}{_CLOSE}{_QUOTE}{_BAR}]+))"
)
_quote = re.compile(f"[{_QUOTE}]")
_expression = re.compile(r"((?:[^\\/\[\n]|\\.|\[\^?\]?(?:[^\]\\\n]|\\.)*\])*)/([A-Za-z]*)")
_near = re.compile(r"(O?)NEAR/(\d{1,9})")
_OPERATORS = ("AND", "OR", "NOT")
_WRONG = (
    (
        re.compile(r"(?i:o?near/.*)|O?NEAR|AROUND"),
        "how near? Write NEAR/5 for at most five words between; in quotes it is a word",
    ),
    (re.compile(r"[&＆]+"), "a & means nothing here: write AND, or just a space"),
    (re.compile(r"\+.*"), "a + means nothing here: all words are required already"),
    (re.compile(r"!.*"), "a ! means nothing here: write -word or NOT word"),
    (re.compile(r"[\u2010-\u2015−﹣－].*"), "a word that must be absent has the plain - before it"),
    (
        re.compile(
            r"(?i:language|intitle|inurl|url|domain|host|user|by|feed|tag|to|is|has|text|body|filter|since|until)[:：].*"
        ),
        "no such field: there are lang:, from:, author:, site:, source: and title:; in quotes it is a word",
    ),
    (re.compile(r"[=＝]"), "a lone =: write it before the word that must be spelt so"),
    (
        re.compile(r".*[，；、].*|.*[,;](?!\d).*|.*(?<!\d)[,;].*"),
        "a comma or semicolon means nothing here: put OR or a space between words",
    ),
    (
        re.compile(r"['‘’`‹《<\[{].*|.*['‘’`›》>\]}!:~^]"),
        'this sign means nothing here: phrases stand in "double quotes", and in them a sign is a character',
    ),
    (re.compile(r".*[*＊].+"), "a * stands at the end of a word; in quotes it is a character"),
)


@dataclass(frozen=True, slots=True)
class _Token:
    """``text`` is the operator, the words or the value, ``flags`` what stands behind a regular expression."""

    kind: str
    text: str
    at: int
    flags: str = ""


def _tokens(text: str) -> Iterator[_Token]:
    """The items of a query, and a last one that ends it."""
    at = 0
    while found := _item.match(text, at):
        kind = str(found.lastgroup)
        start, at = found.start(kind), found.end()
        if kind == "phrase":
            at = _closing(text, at)
            yield _Token("phrase", text[start + 1 : at - 1], start)
        elif kind == "regex":
            token = _regex(text, start)
            at = start + len(token.text) + len(token.flags) + 2
            yield token
        elif kind == "minus" and (at == len(text) or text[at].isspace()):
            raise QueryError("a lone -: write it before the word that must be absent", at=start)
        elif kind == "field":
            if at == len(text) or text[at].isspace():
                raise QueryError(f"a value is missing behind {found[kind]}:, with no space before it", at=at)
            yield _Token("field", found[kind].lower(), start)
        elif kind == "word":
            yield _word(found[kind], start, text[at : at + 1])
        else:
            yield _Token(kind, found[kind], start)
    yield _Token("end", "", len(text))


def _word(word: str, at: int, after: str) -> _Token:
    plain = unicodedata.normalize("NFKC", word)
    if plain in _OPERATORS:
        return _Token(plain, word, at)
    if _near.fullmatch(word):
        return _Token("near", word, at)
    if after and after in _QUOTE:
        raise QueryError(_refusal(word + '"') or "a space is missing before the quote", at=at)
    return _Token("word", word, at)


def _closing(text: str, start: int) -> int:
    """The place after the quote that ends a phrase."""
    found = _quote.search(text, start)
    if not found:
        raise QueryError("this quote is never closed", at=start - 1)
    after = text[found.end() : found.end() + 1]
    if after in ("~", "～"):
        raise QueryError("words near each other are written so: super NEAR/3 micro", at=found.end())
    _spaced(after, found.end(), "quote")
    return found.end()


def _regex(text: str, start: int) -> _Token:
    found = _expression.match(text, start + 1)
    if not found:
        raise QueryError("this regular expression is never closed by a /; in quotes a / is a character", at=start)
    _spaced(text[found.end() : found.end() + 1], found.end(), "regular expression")
    if found[2] not in ("", "i"):
        way = "behind a regular expression only i may stand, for any case; in quotes a / is a character"
        raise QueryError(way, at=found.start(2))
    return _Token("regex", found[1], start, found[2])


def _spaced(after: str, at: int, what: str) -> None:
    if after and not after.isspace() and after not in _CLOSE + _BAR:
        raise QueryError(f"a space is missing after the {what}", at=at)


def _refusal(word: str) -> str:
    """Why a bare word is not taken as it stands, or ""."""
    return next((reason for pattern, reason in _WRONG if pattern.fullmatch(word)), "")


def term(words: str, at: int = 0, *, wild: bool = False) -> Term:
    """A word or phrase. Raises QueryError when nothing could be found of it."""
    if len(words) > MAX_LENGTH:
        raise QueryError(f"a word or phrase has at most {MAX_LENGTH:,} characters", at=at)
    made = Term(words, wild)
    if not made.keys or not any(char.isalnum() for char in fold(words)):
        way = "a word with ? needs a letter or a digit of its own" if wild else "a word needs a letter or a digit"
        raise QueryError(way, at=at)
    return made


def _bare(token: _Token) -> Term:
    word = token.text
    if reason := _refusal(word):
        raise QueryError(reason, at=token.at)
    wild = re.search("[*?＊？]", word) is not None
    made = term(word, token.at, wild=wild)
    if word[-1] in "*＊" and len(made.keys[0].decode(errors="replace")) < 2 and made.keys[0].isascii():
        raise QueryError("a word before * needs two letters, else it would match nearly every post", at=token.at)
    return made


class _Parser:
    """Recursive descent over the items of one query."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise QueryError("the query is empty", at=0)
        root = self._query()
        if self._next.kind != "end":
            raise QueryError("nothing was opened that this closes", at=self._next.at)
        return root

    def _query(self) -> Node:
        parts = [self._and()]
        while self._next.kind == "OR":
            self._take()
            parts.append(self._and())
        return _joined(Or, parts)

    def _and(self) -> Node:
        parts = [self._not()]
        while self._next.kind not in ("OR", "close", "end"):
            if self._next.kind == "AND":
                self._take()
            parts.append(self._not())
        return _joined(And, parts)

    def _not(self) -> Node:
        if self._next.kind in ("NOT", "minus"):
            token = self._take()
            if token.kind == self._next.kind == "minus":
                raise QueryError("one - before the word is enough", at=token.at)
            return Not(self._deeper(token, self._not), token.at)
        return self._near()

    def _near(self) -> Node:
        node = self._any()
        while self._next.kind == "near":
            token = self._take()
            ordered, distance = _distance(token)
            node = Near(node, self._any(), distance, ordered, token.at)
            if _sides(node.left) + _sides(node.right) > MAX_SIDES:
                raise QueryError(f"NEAR joins {MAX_SIDES} at most: leave one out, or join it with AND", at=token.at)
        return node

    def _any(self) -> Node:
        parts = [self._part()]
        while self._next.kind == "bar":
            bar = self._take()
            parts.append(self._part())
            if isinstance(parts[0], Filter) != isinstance(parts[-1], Filter):
                raise QueryError("a field is named on both sides of |: lang:fr | lang:en", at=bar.at)
        return _joined(Or, parts)

    def _part(self) -> Node:
        token = self._take()
        if token.kind == "open":
            return self._deeper(token, self._group(token))
        if token.kind == "field":
            return self._field(token)
        return Word(self._leaf(token), token.at)

    def _group(self, opening: _Token) -> Callable[[], Node]:
        def inside() -> Node:
            root = self._query()
            if self._take().kind != "close":
                raise QueryError("this parenthesis is never closed", at=opening.at)
            return root

        return inside

    def _field(self, name: _Token) -> Node:
        value = self._take()
        if name.text == "title":
            if value.kind not in ("word", "phrase", "exact", "regex"):
                raise QueryError('title: takes one word or "phrase": write title:H100 | title:H200', at=value.at)
            return Word(self._leaf(value), name.at, titled=True)
        if value.kind not in ("word", "phrase"):
            raise QueryError(f'{name.text}: takes a word, or a "phrase"', at=value.at)
        return filters.read(name.text, value.text, at=name.at)

    def _leaf(self, token: _Token) -> Leaf:
        if token.kind == "phrase":
            return term(token.text, token.at)
        if token.kind == "word":
            return _bare(token)
        if token.kind == "exact":
            return self._exact(token)
        if token.kind == "regex":
            return _expressed(token)
        raise QueryError(_missing(token), at=token.at)

    def _exact(self, sign: _Token) -> Exact:
        token = self._take()
        if token.kind not in ("word", "phrase"):
            raise QueryError('= stands before a word or a "phrase" that must be spelt so', at=sign.at)
        words = token.text.strip()
        term(words, token.at)
        return Exact(words)

    def _deeper(self, token: _Token, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(f"more than {MAX_DEPTH} parentheses or negations inside each other", at=token.at)
        node = read()
        self._depth -= 1
        return node

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token


def _joined(kind: type[And] | type[Or], parts: Sequence[Node]) -> Node:
    different = tuple(dict.fromkeys(parts))
    return parts[0] if len(different) == 1 else kind(different, parts[0].at)


def _distance(token: _Token) -> tuple[bool, int]:
    """Whether the order counts, and how many words may stand between."""
    found = _near.fullmatch(token.text)
    assert found  # the token is one
    if int(found[2]) > MAX_DISTANCE:
        raise QueryError(f"at most {MAX_DISTANCE} words may stand between; further apart AND serves", at=token.at)
    return found[1] == "O", int(found[2])


def _expressed(token: _Token) -> Regex:
    try:
        return regex.read(token.text, ignore_case=token.flags == "i")
    except QueryError as wrong:
        raise QueryError(str(wrong), at=token.at + 1 + wrong.at) from None


def _sides(node: Node) -> int:
    """How many things stand near each other in a side of a NEAR, which must be something that has a place."""
    match node:
        case Word():
            return 1
        case Near():
            return _sides(node.left) + _sides(node.right)
        case Or():
            return max(map(_sides, node.parts))
        case _:
            raise QueryError('NEAR stands between words, "phrases" and (this OR that)', at=node.at)


def _missing(token: _Token) -> str:
    if token.kind == "end":
        return "a word is missing at the end"
    if token.kind in (*_OPERATORS, "near", "bar"):
        return f"a word is missing before {token.text}; in quotes it is a word"
    return "a word is missing here"
