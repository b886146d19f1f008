"""Near duplicates: labelled pairs of texts, judged by the functions with which the bot finds a post's story.

    syndicated   an article and a copy of it, edited by machine: what is folded
    news, tweets pairs that people judged: what is grouped
    undeclared   the pairs of news whose posts do not say in which language they are
    xling        a text and its translation: which of all translations of its pair of languages is taken for it
    strangers    of these texts some that are no pair, in two languages: how many would be joined
    languages    of these texts, and of their first 280 characters, what is found
    titles       headlines of broad events
    archive      whether a copy is among the posts that a real store gives to compare

Both posts of a pair have one topic, since a post without a topic is never compared. Frequencies are those of an archive
that holds the texts of the set.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

from bot.model import Hit, Match, Seen, Tie
from bot.rules import fingerprint, sketch, story
from bot.rules.frequencies import Frequencies
from bot.rules.story import Likeness, Neighbour, Reading
from scrapers import Post
from tests.quality import neighbourhood
from tests.quality.section import Figure, Section

FOLDER = "neardup"
FILES = ("syndicated", "news_pairs", "tweet_pairs", "xling", "titles")
TOPICS = frozenset({"topic"})
COPIES_F1, COPIES_PRECISION, GROUPED, TRANSLATED = 98.0, 99.0, 90.0, 95.0
"""Bars, in %: of what is folded, of what is grouped in one language, and across languages."""
LEXICAL: Mapping[str, int] = MappingProxyType({"de-en": 100, "fr-de": 97, "ru-en": 71, "ja-en": 41, "zh-en": 32})
"""Recall of translations by numbers, names and transliterated names alone, where that was measured before: bars."""
STEP = 7_919
"""Each text is compared with the one that stands so many further on."""
POSTED = 280
"""Characters of a post on a social network."""
HEADLINES = 4
"""Every fourth headline is compared with every fourth."""
TIMED = 200
"""Pairs whose comparison is timed."""
LISTED = 20
"""Misses that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two labelled texts: whether they are one, and by which edit."""

    a: Post
    b: Post
    same: bool
    edit: str = ""

    @property
    def languages(self) -> str:
        return f"{self.a.lang}-{self.b.lang}"

    @property
    def across(self) -> bool:
        return self.a.lang != self.b.lang

    def __str__(self) -> str:
        return f"{_short(self.a)} | {_short(self.b)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A pair, and what was found."""

    pair: Pair
    found: Likeness

    @property
    def joined(self) -> bool:
        return self.found.tie is not None

    @property
    def folded(self) -> bool:
        return self.found.tie is Tie.COPY


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The figures and the misses of one set."""

    figures: tuple[Figure, ...] = ()
    misses: tuple[str, ...] = ()


def measure(folder: Path) -> Section:
    raw = {name: _rows(folder / f"{name}.jsonl") for name in FILES}
    syndicated, news, tweets, xling = (_pairs(raw[name]) for name in FILES[:4])
    archive = frequencies([*news, *xling])
    one_language = [pair for pair in news if not pair.across]
    parts = (
        _syndicated(syndicated),
        _grouped("news", one_language, archive),
        _grouped("news, language undeclared", [_undeclared(pair) for pair in one_language], archive),
        _grouped("tweets", tweets, frequencies(tweets)),
        _translated(xling, archive),
        _across([pair for pair in news if pair.across], archive),
        _headlines(raw["titles"]),
        _strangers([*news, *xling], {"": archive, " by a young archive": Frequencies()}),
        _languages([*news, *xling]),
        _retrieved(syndicated, news),
        _times([*syndicated, *news]),
    )
    figures = tuple(figure for part in parts for figure in part.figures)
    misses = [miss for part in parts for miss in part.misses]
    counted = {name: len(rows) for name, rows in raw.items() if rows}
    return Section(
        title=f"Near duplicates: {', '.join(f'{count} {name}' for name, count in counted.items())}",
        figures=figures,
        misses=(*misses[:LISTED], *([f"... and {len(misses) - LISTED} more"] if len(misses) > LISTED else [])),
        reached=all(figure.value >= figure.bar for figure in figures if figure.bar is not None),
    )


# --- reading and judging -------------------------------------------------------------------------------------------


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def _pairs(rows: Iterable[Mapping[str, object]]) -> list[Pair]:
    return [
        Pair(
            a=_post(row["a"], row["l1"]), b=_post(row["b"], row["l2"]), same=bool(row["dup"]), edit=str(row.get("edit"))
        )
        for row in rows
        if row["dup"] is not None
    ]


def _post(text: object, lang: object) -> Post:
    return Post(key="", url="", text=str(text), lang=str(lang))


def frequencies(pairs: Iterable[Pair]) -> Frequencies:
    """Those of an archive that holds each of these texts once."""
    return _counted({post.text: post for pair in pairs for post in (pair.a, pair.b)}.values())


def _counted(posts: Iterable[Post]) -> Frequencies:
    archive = Frequencies()
    for post in posts:
        archive.add(sketch.of(post).keys)
    return archive


def _verdicts(pairs: Iterable[Pair], archive: Frequencies) -> list[Verdict]:
    return [Verdict(pair=pair, found=_compared(pair.b, pair.a, archive)) for pair in pairs]


def _compared(post: Post, other: Post, archive: Frequencies) -> Likeness:
    return story.compare(_reading(post, archive), _neighbour(other, 1), lambda _: other)


def _reading(post: Post, archive: Frequencies) -> Reading:
    return story.read(post, TOPICS, (), archive)


def _neighbour(post: Post, row: int) -> Neighbour:
    return Neighbour(id=row, story=row, sketch=sketch.of(post), topics=TOPICS)


def _short(post: Post) -> str:
    return f"{post.lang} {' '.join(post.text.split())[:40]!r}"


# --- sets ----------------------------------------------------------------------------------------------------------


def _syndicated(pairs: Sequence[Pair]) -> Part:
    verdicts = _verdicts(pairs, frequencies(pairs))
    if not verdicts:
        return Part()
    folded, joined = ([(told(each), each.pair.same) for each in verdicts] for told in (_folded, _joined))
    figures = (
        _precision("copies folded: precision", folded, bar=COPIES_PRECISION),
        _recall("copies folded: recall", folded),
        _f1("copies folded: F1", folded, bar=COPIES_F1),
        _precision("copies joined at any level: precision", joined),
        _recall("copies joined at any level: recall", joined),
        *_by_edit(verdicts),
    )
    wrong = [each for each in verdicts if each.folded is not each.pair.same]
    return Part(figures=figures, misses=tuple(map(_wrong_copy, wrong)))


def _folded(verdict: Verdict) -> bool:
    return verdict.folded


def _joined(verdict: Verdict) -> bool:
    return verdict.joined


def _by_edit(verdicts: Sequence[Verdict]) -> Iterator[Figure]:
    for edit in dict.fromkeys(each.pair.edit for each in verdicts if each.pair.same):
        chosen = [(each.folded, True) for each in verdicts if each.pair.same and each.pair.edit == edit]
        yield _recall(f"copies folded: recall, {edit}", chosen)


def _wrong_copy(verdict: Verdict) -> str:
    what = verdict.pair.edit if verdict.pair.same else "no copy"
    came = f"{verdict.found.tie or 'apart'}: {', '.join(verdict.found.evidence)}"
    return f"syndicated, {what}: {verdict.pair}: came {came}"


def _grouped(name: str, pairs: Sequence[Pair], archive: Frequencies) -> Part:
    """Pairs of one language: of what is joined, so much is the same."""
    verdicts = _verdicts(pairs, archive)
    if not verdicts:
        return Part()
    joined = [(each.joined, each.pair.same) for each in verdicts]
    figures = (
        _precision(f"{name}: precision", joined, bar=GROUPED),
        _recall(f"{name}: recall", joined),
        _f1(f"{name}: F1", joined),
    )
    return Part(figures=figures, misses=_false(name, verdicts))


def _across(pairs: Sequence[Pair], archive: Frequencies) -> Part:
    """Independent reports in two languages; what is no pair is hard to tell from one."""
    verdicts = _verdicts(pairs, archive)
    if not verdicts:
        return Part()
    joined = [(each.joined, each.pair.same) for each in verdicts]
    figures = (
        _precision("news across languages: precision", joined),
        _recall("news across languages: recall", joined),
    )
    return Part(figures=figures, misses=_false("news across languages", verdicts))


def _false(name: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {each.pair}: joined by {', '.join(each.found.evidence)}"
        for each in verdicts
        if each.joined and not each.pair.same
    )


def _translated(pairs: Sequence[Pair], archive: Frequencies) -> Part:
    pools: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        pools[pair.languages].append(pair)
    parts = [_pool(languages, pool, archive) for languages, pool in pools.items()]
    return Part(
        figures=tuple(figure for part in parts for figure in part.figures),
        misses=tuple(miss for part in parts for miss in part.misses),
    )


def _pool(languages: str, pairs: Sequence[Pair], archive: Frequencies) -> Part:
    """Each text among all translations of its pair of languages, and among all of them but its own."""
    near = [_neighbour(pair.b, row) for row, pair in enumerate(pairs, 1)]
    texts = {row: pair.b for row, pair in enumerate(pairs, 1)}
    chosen = [_best(pair.a, near, texts, archive) for pair in pairs]
    right = sum(row == place for place, row in enumerate(chosen, 1))
    taken = sum(row > 0 for row in chosen)
    strangers = sum(
        _best(pair.a, [each for each in near if each.id != place], texts, archive) > 0
        for place, pair in enumerate(pairs, 1)
    )
    figures = (
        _share(f"translations {languages}: precision", right, taken, bar=TRANSLATED),
        _share(f"translations {languages}: recall", right, len(pairs), bar=LEXICAL.get(languages)),
        _share(
            f"translations {languages}: joins a stranger if its own is missing",
            strangers,
            len(pairs),
            more="; windows of one document are in the pool",
        ),
    )
    wrong = [
        (pair, pairs[row - 1].b)
        for place, (pair, row) in enumerate(zip(pairs, chosen, strict=True), 1)
        if 0 < row != place
    ]
    return Part(
        figures=figures,
        misses=tuple(f"{languages}: {_short(pair.a)} was joined with {_short(other)}" for pair, other in wrong),
    )


def _best(post: Post, near: Sequence[Neighbour], texts: Mapping[int, Post], archive: Frequencies) -> int:
    """The row of the neighbour that a post is joined with, 0 if with none."""
    matches = tuple(Match(topic=topic, places=()) for topic in TOPICS)
    hit = Hit(seen=Seen(id=0, post=post, source=""), matches=matches)
    return story.join(hit, _reading(post, archive), near, texts.__getitem__, frozenset()).beside


def _strangers(pairs: Sequence[Pair], archives: Mapping[str, Frequencies]) -> Part:
    """Of texts in two languages that are no pair, those that are joined with the frequencies of these archives."""
    posts = list({post.text: post for pair in pairs for post in (pair.a, pair.b)}.values())
    same = {frozenset((pair.a.text, pair.b.text)) for pair in pairs}
    others = [posts[(place + STEP) % len(posts)] for place in range(len(posts))]
    strange = [
        Pair(a=one, b=other, same=False)
        for one, other in zip(posts, others, strict=True)
        if one.lang != other.lang and {one.text, other.text} not in same
    ]
    return Part(
        figures=tuple(
            _share(
                f"strangers in two languages joined{name}",
                sum(verdict.joined for verdict in _verdicts(strange, archive)),
                len(strange),
            )
            for name, archive in archives.items()
            if strange
        )
    )


def _undeclared(pair: Pair) -> Pair:
    return replace(pair, a=pair.a._replace(lang=""), b=pair.b._replace(lang=""))


def _languages(pairs: Sequence[Pair]) -> Part:
    """Of the texts that are told a language, those that are labelled with it. Some labels are wrong."""
    posts = {post.text: post.lang for pair in pairs for post in (pair.a, pair.b)}
    whole, cut = (
        [(found, lang) for text, lang in posts.items() if (found := sketch.of(_post(text[:length], "")).lang)]
        for length in (None, POSTED)
    )
    figures = (
        _share("languages found", len(whole), len(posts)),
        _share("languages found that are right", sum(found == lang for found, lang in whole), len(whole)),
        _share(f"languages found in {POSTED} characters", len(cut), len(posts)),
        _share("languages found there that are right", sum(found == lang for found, lang in cut), len(cut)),
    )
    return Part(figures=figures if posts else ())


def _headlines(rows: Sequence[Mapping[str, object]]) -> Part:
    posts = [(Post(key="", url="", title=str(row["title"]), lang="en"), row["story"]) for row in rows[::HEADLINES]]
    if not posts:
        return Part()
    archive = _counted(post for post, _ in posts)
    joined = [
        (_compared(one, other, archive).tie is not None, event == another)
        for (one, event), (other, another) in combinations(posts, 2)
    ]
    return Part(
        figures=(
            _precision("headlines of one broad event: precision", joined),
            _recall("headlines of one broad event: recall", joined),
        )
    )


def _retrieved(syndicated: Sequence[Pair], news: Sequence[Pair]) -> Part:
    """Of the pairs that are the same, those whose first text a store gives when the second comes."""
    pairs = [*syndicated, *news]
    found = neighbourhood.found([(pair.a, pair.b) for pair in pairs]) if pairs else []
    groups: dict[str, Callable[[int, Pair], bool]] = {
        "copies": lambda place, _: place < len(syndicated),
        "news of one language": lambda place, pair: place >= len(syndicated) and not pair.across,
        "news across languages": lambda place, pair: place >= len(syndicated) and pair.across,
    }
    figures = []
    for name, belongs in groups.items():
        chosen = [
            got
            for place, (pair, got) in enumerate(zip(pairs, found, strict=True))
            if pair.same and got is not None and belongs(place, pair)
        ]
        if chosen:
            figures.append(_share(f"looked at in a store: {name}", sum(chosen), len(chosen)))
    return Part(figures=tuple(figures))


def _times(pairs: Sequence[Pair]) -> Part:
    """CPU time of one thread, best of 3."""
    posts = list({post.text: post for pair in pairs for post in (pair.a, pair.b)}.values())
    if not posts:
        return Part()
    archive = frequencies(pairs[:TIMED])
    fingerprint.of.cache_clear()
    first = _seconds(lambda: list(map(fingerprint.of.__wrapped__, posts)))
    warm = _seconds(lambda: _verdicts(pairs[:TIMED], archive))
    return Part(
        figures=(
            Figure(name="a fingerprint", value=1_000 * first / len(posts), unit="ms", note=f"{len(posts)} texts"),
            Figure(
                name="a comparison",
                value=1_000 * warm / len(pairs[:TIMED]),
                unit="ms",
                note=f"{len(pairs[:TIMED])} pairs",
            ),
        )
    )


def _seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


# --- figures -------------------------------------------------------------------------------------------------------

Calls = Sequence[tuple[bool, bool]]
"""For each pair whether it was joined, and whether it should be."""


def _precision(name: str, calls: Calls, *, bar: float | None = None) -> Figure:
    return _share(name, sum(came and same for came, same in calls), sum(came for came, _ in calls), bar=bar)


def _recall(name: str, calls: Calls) -> Figure:
    return _share(name, sum(came and same for came, same in calls), sum(same for _, same in calls))


def _f1(name: str, calls: Calls, *, bar: float | None = None) -> Figure:
    right = sum(came and same for came, same in calls)
    both = sum(came for came, _ in calls) + sum(same for _, same in calls)
    return Figure(name=name, value=200 * right / both if both else 100.0, bar=bar, note=f"{len(calls)} pairs")


def _share(name: str, right: int, whole: int, *, bar: float | None = None, more: str = "") -> Figure:
    return Figure(name=name, value=100 * right / whole if whole else 100.0, bar=bar, note=f"{right} of {whole}{more}")
