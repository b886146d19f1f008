"""What the writer of a query should think over: it is understood and allowed, and may still not do what was meant."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Topic
from bot.rules import common, query, variants
from bot.rules.filters import Filter
from bot.rules.matcher import required
from bot.rules.query import And, Near, Node, Not, Or, Word
from bot.rules.regex import Regex
from bot.rules.scan import Scanner
from bot.rules.terms import Term
from bot.rules.text import Text, atoms, fold, squeeze


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One thought about one topic; ``text`` says what may go wrong, and the way out."""

    topic: str
    text: str


def hints(topics: Sequence[Topic], *, labels: Iterable[str] = ()) -> tuple[Hint, ...]:
    """All that is worth a second thought, in the order of the topics, whose queries are sound.

    ``labels`` are the names and tags of all sources.
    """
    sources = set(map(fold, labels))
    roots = {topic.name: query.parse(topic.query) for topic in topics}
    terms = {name: [word.leaf for word in _wanted(root) if isinstance(word.leaf, Term)] for name, root in roots.items()}
    excepted = {_letters(words) for topic in topics for words in topic.exceptions}
    elsewhere = _elsewhere(topics, terms)
    found: list[Hint] = []
    for topic in topics:
        root, own = roots[topic.name], terms[topic.name]
        texts = [*_alone(root), *_always(root), *_masked(own), *_inside(own, excepted), *_never(own, topic)]
        texts += [*_words(own), *_nowhere(root, sources), *elsewhere.get(topic.name, ())]
        found += [Hint(topic=topic.name, text=text) for text in dict.fromkeys(texts)]
    return tuple(found)


def _alone(root: Node) -> Iterator[str]:
    """Words that everybody uses, each of which would be enough for an alert."""
    for word in _enough(root):
        words = variants.simplified(str(word.leaf).lstrip("="))
        letters = atoms(words)
        if common.everyday(words) or len(letters) == 1 or (letters.isdigit() and len(letters) < 4):
            what = "an everyday word" if common.everyday(words) else "too short to mean one thing"
            yield f'"{word.leaf}" is {what} and alerts by itself: ask for another word beside it, or for a phrase'


def _enough(node: Node) -> list[Word]:
    """The words of which each makes a query true by itself; a word that a field narrows down is not alone."""
    match node:
        case Word():
            return [node]
        case Or():
            return [word for part in node.parts for word in _enough(part)]
        case And():
            parts = [part for part in node.parts if not isinstance(part, Not)]
            return _enough(parts[0]) if len(parts) == 1 else []
        case _:
            return []


def _wanted(node: Node) -> list[Word]:
    """The words that a query looks for, those behind a NOT left out."""
    match node:
        case Word():
            return [node]
        case Or() | And():
            return [word for part in node.parts for word in _wanted(part)]
        case Near():
            return [*_wanted(node.left), *_wanted(node.right)]
        case _:
            return []


def _always(root: Node) -> Iterator[str]:
    """Regular expressions that no scan can look for."""
    if required(root):
        return
    for word in _wanted(root):
        if isinstance(word.leaf, Regex) and not required(word):
            way = "give it three letters in a row that must be there, or a word beside it"
            yield f"{word.leaf} is tried on every post: {way}"


_OPERATORS = {"or": "OR", "ou": "OR", "或": "OR", "and": "AND", "et": "AND", "not": "NOT", "sauf": "NOT"}


def _words(terms: Iterable[Term]) -> Iterator[str]:
    """Words that may have been meant as an operator, and signs in a phrase that are none."""
    for term in terms:
        if operator := _OPERATORS.get(term.words.lower()):
            yield f'"{term}" is looked for as a word: was {operator} meant?'
        if not term.wild and term.words.endswith("*"):
            yield f'in "{term}" the * is a character: a last * serves outside quotes, as in export NEAR/0 contr*'


def _nowhere(node: Node, sources: Collection[str]) -> Iterator[str]:
    """Fields that name a source which is not there."""
    match node:
        case Filter(name="source", value=value) if value not in sources:
            yield f"source:{value} is the name or tag of no source, so no post is from there"
        case Or() | And():
            for part in node.parts:
                yield from _nowhere(part, sources)
        case Not():
            yield from _nowhere(node.part, sources)


def _masked(terms: Iterable[Term]) -> Iterator[str]:
    """Terms that are not what they look like."""
    for term in terms:
        if unmasked := variants.unmask(term.words):
            yield f'"{term}" holds letters of another alphabet that look like Latin ones: is "{unmasked}" meant?'


def _inside(terms: Sequence[Term], excepted: set[str]) -> Iterator[str]:
    """Chinese terms that stand inside longer words which neither the topic nor any exception names."""
    own = {variants.simplified(term.words) for term in terms}
    for term in terms:
        words = variants.simplified(term.words)
        if common.everyday(words):
            continue
        wider = [each for each in common.wider(words) if each not in own and each not in excepted]
        if wider:
            yield f'"{term}" also counts inside {", ".join(wider)}: what is something else belongs under except'


def _never(terms: Iterable[Term], topic: Topic) -> Iterator[str]:
    """Terms of which the topic's own exceptions leave nothing."""
    own = set(map(_letters, topic.exceptions))
    for term in terms:
        if _letters(term.words) in own:
            yield f'"{term}" is among the exceptions of this topic, so it never counts: take it out of one of them'


def _elsewhere(topics: Sequence[Topic], terms: Mapping[str, Sequence[Term]]) -> dict[str, list[str]]:
    """By topic: terms that stand inside what another topic excepts, and this one does not."""
    owners: defaultdict[bytes, list[tuple[str, Term]]] = defaultdict(list)
    for name, wanted in terms.items():
        for term in wanted:
            for key in term.keys:
                owners[key].append((name, term))
    scanner, filed = Scanner(tuple(owners)), tuple(owners.values())
    excepted = {topic.name: set(map(_letters, topic.exceptions)) for topic in topics}
    found: defaultdict[tuple[str, Term], dict[str, str]] = defaultdict(dict)
    for topic in topics:
        for words in topic.exceptions:
            for name, term in dict.fromkeys(pair for key in scanner.scan(squeeze(words)) for pair in filed[key]):
                longer = _letters(words)
                if longer not in excepted[name] and longer != _letters(term.words) and term.find(Text(words)):
                    found[name, term].setdefault(longer, f'"{words}", which topic {topic.name} excepts')
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for (name, term), places in found.items():
        texts[name].append(f'"{term}" counts inside {"; ".join(places.values())}: except it here too?')
    return texts


def _letters(words: str) -> str:
    return atoms(variants.simplified(words))
