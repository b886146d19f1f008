"""The language in which topics are written, and the matching of posts against all of them.

    query := and {"OR" and}      and := not {["AND"] not}      not := ("NOT" | "-") not | "(" query ")" | phrase | word

Operators are written in capitals; AND binds tighter than OR, and words side by side are all required. A query is true
of a whole post: its words may stand in the title or in the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bot.errors import QueryError
from bot.model import Field, Match, Place, Topic
from bot.rules.scan import Scanner
from bot.rules.text import Span, Term, Text, fold, outside, squeeze
from scrapers import Post

MAX_LENGTH = 4_000
"""Characters of a query; longer ones are refused."""
MAX_DEPTH = 50
"""Parentheses and negations inside each other."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase that must stand in the post. ``at`` is its place in the query."""

    term: Term
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


Node = Word | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    root: Node


def parse(text: str) -> Query:
    """Understand a query. Raises QueryError, with the place and the way out, for one that cannot be meant so."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters, this one has {len(text)}", at=MAX_LENGTH)
    root = _Parser(text).whole()
    if lost := _unbounded(root):
        raise QueryError("this would match nearly every post: add a word that must be there", at=lost.at)
    return Query(root)


# --- reading a query -----------------------------------------------------------------------------------------------

_OPEN, _CLOSE, _QUOTE = "(（", ")）", '"“”„＂'
_item = re.compile(
    rf"\s*(?:(?P<open>[{_OPEN}])|(?P<close>[{_CLOSE}])|(?P<phrase>[{_QUOTE}])|(?P<minus>-)"
    rf"|(?P<word>[^\s{_OPEN}{_CLOSE}{_QUOTE}]+))"
)
_OPERATORS = ("AND", "OR", "NOT")
_LATER = (
    (re.compile(r"O?NEAR(?:/.*)?"), "not yet: NEAR; in quotes it is a word"),
    (re.compile(r"(?i:lang|from|author|site|title|source)[:：].*"), "not yet: fields such as {0}"),
    (re.compile(r"/.*"), "not yet: regular expressions; in quotes it is a word"),
    (re.compile(r"=.*"), "not yet: = for the exact spelling"),
    (re.compile(r".*[*?＊？].*"), "not yet: * and ?; in quotes they are characters"),
)
_WRONG = (
    (re.compile(r"\+.*"), "a + means nothing here: all words are required already"),
    (re.compile(r"!.*"), "a ! means nothing here: write -word or NOT word"),
    (re.compile(r"[–—−－].*"), "a word that must be absent has the plain - before it"),
    (re.compile(r".*[,;，；、]|.*[，；、].*"), "a comma means nothing here: put OR or a space between words"),
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    """The items of a query, and a last one that ends it."""
    at = 0
    while found := _item.match(text, at):
        kind = str(found.lastgroup)
        start, at = found.span(kind)
        if kind == "phrase":
            start, at = at, _closing(text, at)
            yield _Token("phrase", text[start : at - 1], start - 1)
        elif kind == "minus" and (at == len(text) or text[at].isspace()):
            raise QueryError("a lone -: write it before the word that must be absent", at=start)
        elif kind == "word" and found[kind] in _OPERATORS:
            yield _Token(found[kind], found[kind], start)
        elif kind == "word" and text[at : at + 1] and text[at] in _QUOTE:
            raise QueryError(_refusal(found[kind] + '"') or "a space is missing before the quote", at=start)
        else:
            yield _Token(kind, found[kind], start)
    yield _Token("end", "", len(text))


def _closing(text: str, start: int) -> int:
    """The place after the quote that ends a phrase."""
    found = re.compile(f"[{_QUOTE}]").search(text, start)
    if not found:
        raise QueryError("this quote is never closed", at=start - 1)
    after = text[found.end() : found.end() + 1]
    if after and not after.isspace() and after not in _CLOSE:
        raise QueryError("a space is missing after the quote", at=found.end())
    return found.end()


def _refusal(word: str) -> str:
    """Why a bare word is not taken as it stands, or ""."""
    for pattern, reason in _LATER + _WRONG:
        if pattern.fullmatch(word):
            return reason.format(word)
    return ""


def _term(words: str, at: int) -> Term:
    term = Term(words)
    if not term.key or not any(char.isalnum() for char in fold(words)):
        raise QueryError("a word needs a letter or a digit", at=at)
    return term


class _Parser:
    """Recursive descent over the items of one query."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise QueryError("the query is empty", at=0)
        root = self._any()
        if self._next.kind != "end":
            raise QueryError("nothing was opened that this closes", at=self._next.at)
        return root

    def _any(self) -> Node:
        parts = [self._all()]
        while self._next.kind == "OR":
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts), parts[0].at)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._next.kind not in ("OR", "close", "end"):
            if self._next.kind == "AND":
                self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts), parts[0].at)

    def _not(self) -> Node:
        token = self._take()
        if token.kind in ("NOT", "minus"):
            return Not(self._deeper(token, self._not), token.at)
        if token.kind == "open":
            return self._deeper(token, self._group(token))
        if token.kind == "phrase":
            return Word(_term(token.text, token.at), token.at)
        if token.kind == "word":
            if reason := _refusal(token.text):
                raise QueryError(reason, at=token.at)
            return Word(_term(token.text, token.at), token.at)
        raise QueryError(_missing(token), at=token.at)

    def _group(self, opening: _Token) -> Callable[[], Node]:
        def inside() -> Node:
            root = self._any()
            if self._take().kind != "close":
                raise QueryError("this parenthesis is never closed", at=opening.at)
            return root

        return inside

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


def _missing(token: _Token) -> str:
    if token.kind == "end":
        return "a word is missing at the end"
    if token.kind in _OPERATORS:
        return f"a word is missing before {token.text}; in quotes it is a word"
    return "a word is missing here"


def _unbounded(node: Node) -> Node | None:
    """The branch that could be true of a post without a word of the query in it, if there is one."""
    if isinstance(node, Word):
        return None
    if isinstance(node, Not):
        return node
    lost = [branch for part in node.parts if (branch := _unbounded(part))]
    enough = len(lost) < len(node.parts) if isinstance(node, And) else not lost
    return None if enough else lost[0]


# --- matching ------------------------------------------------------------------------------------------------------


def find(query: Query, text: str) -> tuple[Span, ...] | None:
    """The places, in order, that make the query true of one text; None where it is not."""
    places = _meet(query.root, Text(text).find)
    return None if places is None else tuple(sorted(places))


def compile(topics: Iterable[Topic]) -> "Matcher":  # noqa: A001 - as re.compile
    """All topics, ready to be matched at once. Raises QueryError, naming the topic, for the first that is wrong."""
    return Matcher([_rule(topic) for topic in topics])


@dataclass(frozen=True, slots=True)
class _Rule:
    topic: str
    root: Node
    exceptions: tuple[Term, ...]


def _rule(topic: Topic) -> _Rule:
    try:
        exceptions = tuple(_term(words, 0) for words in topic.exceptions)
        return _Rule(topic.name, parse(topic.query).root, exceptions)
    except QueryError as wrong:
        raise QueryError(f"{topic.name}: {wrong}", at=wrong.at) from None


class Matcher:
    """All topics at once: one scan rules most posts out, what is left is looked at exactly."""

    __slots__ = ("_owners", "_rules", "_scanner")

    def __init__(self, rules: Sequence[_Rule]) -> None:
        """Made by ``compile``. Each topic is filed under words of which at least one stands wherever it is true."""
        owners: dict[bytes, list[int]] = {}
        for number, rule in enumerate(rules):
            for key in _required(rule.root):
                owners.setdefault(key, []).append(number)
        self._rules = tuple(rules)
        self._owners = tuple(owners.values())
        self._scanner = Scanner(tuple(owners))

    def match(self, post: Post) -> tuple[Match, ...]:
        """The topics that are true of a post, in the order in which they were given, with the places that say so."""
        numbers = self._candidates(post)
        if not numbers:
            return ()
        reading = _Reading(post)
        found = ((rule.topic, reading.places(rule)) for rule in map(self._rules.__getitem__, numbers))
        return tuple(Match(topic=topic, places=places) for topic, places in found if places)

    def _candidates(self, post: Post) -> list[int]:
        keys = self._scanner.scan(squeeze(f"{post.title}\n{post.text}"))
        return sorted({number for key in keys for number in self._owners[key]})


class _Reading:
    """One post while it is looked at: each word is looked for once, however many topics ask."""

    __slots__ = ("_fields", "_found")

    def __init__(self, post: Post) -> None:
        self._fields = {Field.TITLE: Text(post.title), Field.TEXT: Text(post.text)}
        self._found: dict[tuple[Field, Term], list[Span]] = {}

    def places(self, rule: _Rule) -> tuple[Place, ...]:
        """Where the rule is met, in order; nothing where it is not."""
        met = _meet(rule.root, lambda term: self._standing(term, rule.exceptions))
        return tuple(sorted(met or ()))

    def _standing(self, term: Term, exceptions: tuple[Term, ...]) -> list[Place]:
        return [Place(part, *span) for part in self._fields for span in self._spans(part, term, exceptions)]

    def _spans(self, part: Field, term: Term, exceptions: tuple[Term, ...]) -> Sequence[Span]:
        spans = self._find(part, term)
        if not spans or not exceptions:
            return spans
        return outside(spans, [span for exception in exceptions for span in self._find(part, exception)])

    def _find(self, part: Field, term: Term) -> list[Span]:
        if (part, term) not in self._found:
            self._found[part, term] = self._fields[part].find(term)
        return self._found[part, term]


_Spot = TypeVar("_Spot", Place, Span)


def _meet(node: Node, look: Callable[[Term], Iterable[_Spot]]) -> set[_Spot] | None:
    """The places of the words that make a query true; None where it is not."""
    if isinstance(node, Word):
        return set(look(node.term)) or None
    if isinstance(node, Not):
        return set() if _meet(node.part, look) is None else None
    met: set[_Spot] = set()
    some = False
    for part in node.parts:
        places = _meet(part, look)
        if places is None and isinstance(node, And):
            return None
        some |= places is not None
        met |= places or set()
    return met if some else None


def _required(node: Node) -> frozenset[bytes]:
    """Keys of which at least one stands in every post that the query is true of; for an And, its rarest part's."""
    if isinstance(node, Word):
        return frozenset((node.term.key,))
    if isinstance(node, Or):
        return frozenset().union(*map(_required, node.parts))
    if isinstance(node, And):
        return max((_required(part) for part in node.parts if not _unbounded(part)), key=_rarity)
    raise AssertionError("a negation has no word that must be there")


def _rarity(keys: frozenset[bytes]) -> tuple[int, int]:
    """Long keys are rare ones, and few are better than many."""
    return min(map(len, keys)), -len(keys)
