"""All topics at once: which are true of a post, and where it says so.

Each topic is filed under strings of which at least one stands in every post that it is true of, its *required* ones.
One scan over the squeezed post finds which of them occur; only the topics filed under those are looked at exactly.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from bot.errors import QueryError
from bot.model import Field, Match, Place, Topic
from bot.rules import query
from bot.rules.filters import Filter
from bot.rules.query import And, Leaf, Near, Node, Not, Or, Word
from bot.rules.regex import Regex
from bot.rules.scan import Scanner
from bot.rules.terms import Term
from bot.rules.text import Span, Text, atoms, outside, squeeze_all
from scrapers import Post

NOBODY: frozenset[str] = frozenset()
"""The labels of a post that no source brought."""
PLACES = 50
"""A match keeps so many places of each field: more than anybody looks at."""
SHORTEST = 3
"""A regular expression without a literal of so many characters is tried on every post."""


def find(asked: Node, post: Post, *, labels: frozenset[str] = NOBODY) -> tuple[Place, ...] | None:
    """The places, in order, that make a query true of one post; None where it is not."""
    places = _Reading(post, labels).met(asked, ())
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
        exceptions = tuple(query.term(words) for words in topic.exceptions)
        return _Rule(topic.name, query.parse(topic.query), exceptions)
    except QueryError as wrong:
        raise QueryError(f"{topic.name}: {wrong}", at=wrong.at) from None


class Matcher:
    """Topics, compiled; it is never changed, but replaced whole."""

    __slots__ = ("_always", "_owners", "_rules", "_scanner")

    def __init__(self, rules: Sequence[_Rule]) -> None:
        """Made by ``compile``."""
        owners: dict[bytes, list[int]] = {}
        always: list[int] = []
        for number, rule in enumerate(rules):
            keys = required(rule.root)
            for key in keys:
                owners.setdefault(key, []).append(number)
            if not keys:
                always.append(number)
        self._rules = tuple(rules)
        self._always = frozenset(always)
        self._owners = tuple(map(tuple, owners.values()))
        self._scanner = Scanner(tuple(owners))

    def match(self, post: Post, *, labels: frozenset[str] = NOBODY) -> tuple[Match, ...]:
        """The topics that are true of a post, in the order in which they were given, with the places that say so.

        ``labels`` are the name and the tags of the source that brought the post.
        """
        return self._matched(post, self.candidates(post), labels)

    def match_each(self, posts: Sequence[Post], *, labels: frozenset[str] = NOBODY) -> list[tuple[Match, ...]]:
        """``match`` of each, for less than one by one."""
        candidates = self._candidates(posts)
        return [self._matched(post, few, labels) if few else () for post, few in zip(posts, candidates, strict=True)]

    def candidates(self, post: Post) -> list[int]:
        """The numbers of the topics that a post may match; the scan rules out all others."""
        return self._candidates([post])[0]

    def _candidates(self, posts: Sequence[Post]) -> list[list[int]]:
        texts = squeeze_all([f"{post.title}\n{post.text}" for post in posts])
        keys = self._scanner.scan_each(texts)
        nobody: list[int] = sorted(self._always)
        if not keys:
            return [nobody] * len(posts)
        return [
            sorted(self._always.union(*map(self._owners.__getitem__, keys[at]))) if at in keys else nobody
            for at in range(len(posts))
        ]

    def _matched(self, post: Post, numbers: Sequence[int], labels: frozenset[str]) -> tuple[Match, ...]:
        if not numbers:
            return ()
        reading = _Reading(post, labels)
        found = ((rule, reading.met(rule.root, rule.exceptions)) for rule in map(self._rules.__getitem__, numbers))
        return tuple(Match(topic=rule.topic, places=_first(places)) for rule, places in found if places)


def _first(places: Iterable[Place]) -> tuple[Place, ...]:
    """Those of each field that a Match keeps, in order."""
    groups = groupby(sorted(places), key=lambda place: place.field)
    return tuple(place for _, group in groups for place in islice(group, PLACES))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a field in which one side of a NEAR is true, with the places that make it so."""

    start: int
    end: int
    places: frozenset[Place]


class _Reading:
    """One post while it is looked at: each leaf is looked for once, however many topics ask."""

    __slots__ = ("_labels", "_post", "_spans", "_texts")

    def __init__(self, post: Post, labels: frozenset[str]) -> None:
        self._post = post
        self._labels = labels
        self._texts = {Field.TITLE: Text(post.title), Field.TEXT: Text(post.text)}
        self._spans: dict[tuple[Field, Leaf], list[Span]] = {}

    def met(self, node: Node, exceptions: tuple[Term, ...]) -> frozenset[Place] | None:
        """The places of the words that make a query true; None where it is not."""
        match node:
            case Word():
                return frozenset(self._standing(node, exceptions)) or None
            case Near():
                found = [each.places for part in self._texts for each in self._stretches(node, part, exceptions)]
                return frozenset().union(*found) or None
            case Filter():
                return frozenset() if node.accepts(self._post, self._labels) else None
            case Not():
                return frozenset() if self.met(node.part, exceptions) is None else None
            case And() | Or():
                return self._combined(node, exceptions)

    def _combined(self, node: And | Or, exceptions: tuple[Term, ...]) -> frozenset[Place] | None:
        met: list[frozenset[Place]] = []
        for part in node.parts:
            places = self.met(part, exceptions)
            if places is not None:
                met.append(places)
            elif isinstance(node, And):
                return None
        return frozenset().union(*met) if met else None

    def _standing(self, word: Word, exceptions: tuple[Term, ...]) -> Iterator[Place]:
        for part in (Field.TITLE,) if word.titled else self._texts:
            for start, end in self._places(part, word.leaf, exceptions):
                yield Place(part, start, end, str(word.leaf))

    def _places(self, part: Field, leaf: Leaf, exceptions: tuple[Term, ...]) -> Sequence[Span]:
        spans = self._find(part, leaf)
        if not spans or not exceptions:
            return spans
        return outside(spans, [span for exception in exceptions for span in self._find(part, exception)])

    def _find(self, part: Field, leaf: Leaf) -> list[Span]:
        found = self._spans.get((part, leaf))
        if found is None:
            text = self._texts[part]
            found = leaf.find(text.original) if isinstance(leaf, Regex) else leaf.find(text)
            self._spans[part, leaf] = found
        return found

    def _stretches(self, node: Node, part: Field, exceptions: tuple[Term, ...]) -> list[_Stretch]:
        """Where one side of a NEAR is true, in order of beginning."""
        match node:
            case Word():
                places = [place for place in self._standing(node, exceptions) if place.field is part]
                return [_Stretch(place.start, place.end, frozenset((place,))) for place in places]
            case Near():
                left, right = (self._stretches(side, part, exceptions) for side in (node.left, node.right))
                return _pairs(left, right, node, self._texts[part])
            case Or():
                return _merged(each for branch in node.parts for each in self._stretches(branch, part, exceptions))
            case _:
                raise AssertionError("the parser lets only words, NEAR and OR stand beside a NEAR")


def _pairs(left: Sequence[_Stretch], right: Sequence[_Stretch], near: Near, text: Text) -> list[_Stretch]:
    """Each stretch with the nearest of the other side before and behind it, as far as they are near enough.

    Any other pair reaches further to one side only and has a nearer one inside it that ends at the same place: for a
    third thing beside them (the parser allows no more) the nearer one is as good.
    """
    pairs = {(one, other) for one in left for other in _neighbours(one, right)}
    pairs |= {(other, one) for one in right for other in _neighbours(one, left)}
    return _merged(_joined(one, other) for one, other in pairs if _is_near(one, other, near, text))


def _merged(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """In order of beginning; of the same stretch, all places together."""
    found: dict[Span, frozenset[Place]] = {}
    for each in stretches:
        found[each.start, each.end] = found.get((each.start, each.end), frozenset()) | each.places
    return [_Stretch(start, end, found[start, end]) for start, end in sorted(found)]


def _neighbours(one: _Stretch, others: Sequence[_Stretch]) -> list[_Stretch]:
    at = bisect_left(others, one.start, key=lambda each: each.start)
    found = []
    for place in range(at - 1, -1, -1):
        if others[place].end <= one.start:
            found.append(others[place])
            break
    for place in range(at, len(others)):
        if others[place].start >= one.end:
            found.append(others[place])
            break
    return found


def _is_near(left: _Stretch, right: _Stretch, near: Near, text: Text) -> bool:
    first, last = (left, right) if left.start <= right.start else (right, left)
    return (first is left or not near.ordered) and text.between(first.end, last.start) <= near.distance


def _joined(left: _Stretch, right: _Stretch) -> _Stretch:
    return _Stretch(min(left.start, right.start), max(left.end, right.end), left.places | right.places)


# --- what must be there --------------------------------------------------------------------------------------------


def required(node: Node) -> frozenset[bytes]:
    """Strings of which one stands in every squeezed post that the query is true of; none where nothing is sure.

    Of an And and a NEAR the part with the rarest strings is enough.
    """
    match node:
        case Word():
            return _keys(node.leaf)
        case Near():
            return _rarest([required(node.left), required(node.right)])
        case Or():
            found = [required(part) for part in node.parts]
            return frozenset().union(*found) if all(found) else frozenset()
        case And():
            return _rarest([required(part) for part in node.parts if not query.unbounded(part)])
        case _:
            raise AssertionError("a negation or a field alone has no word that must be there")


def _keys(leaf: Leaf) -> frozenset[bytes]:
    if not isinstance(leaf, Regex):
        return frozenset(leaf.keys)
    if not all(len(literal) >= SHORTEST for literal in leaf.literals):
        return frozenset()
    keys = frozenset(atoms(literal).encode(errors="surrogatepass") for literal in leaf.literals)
    return keys if all(keys) else frozenset()


def _rarest(parts: Iterable[frozenset[bytes]]) -> frozenset[bytes]:
    """Long strings are rare ones, and few are better than many; none at all is the worst."""
    return max(parts, key=lambda keys: (min(map(len, keys), default=0), -len(keys)))
