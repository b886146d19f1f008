"""Matching: how many posts a second go through Vigie's fold, scan and whole path, beside other ways to find many words.

Everything runs on one core and in the same run: the candidates take turns, and the best round of each counts. The peers
look for the words as they are spelt, in the case-folded text: no other folding, no joints, no query language. The words
that are planted are spelt as in the queries, so that all could find them; what folding finds besides is the matter of
``make quality``.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import ahocorasick
from ahocorasick_rs import BytesAhoCorasick, Implementation

from bot.cli.bar import Bar
from bot.model import Topic
from bot.rules import matcher
from bot.rules.text import squeeze
from scrapers import Post
from tests.bench import corpus
from tests.bench.section import Cell, Goal, Grid, Section

POSTS, POSTS_QUICK = 2_400, 300
COUNTS, COUNTS_QUICK = (10, 1_000, 10_000), (10, 1_000)
ROUNDS, ROUNDS_QUICK = 5, 3
SHARE = 0.05
"""Of the posts, those that hold keywords."""
SLICE = 600_000
"""A regular expression tries each keyword at each place: it gets as many posts as make so many pairs with keywords."""

FOLD, SCAN, WHOLE = "Vigie: fold", "Vigie: fold + scan", "Vigie: whole path"
LANGUAGES = ("English", "French", "Chinese")
"""The posts of the corpus are in these, in turn."""
BUSY, MANY = 1_000, 10_000
SCAN_BAR, WHOLE_BAR, KEPT = 25_000, 15_000, 0.7
"""Posts a second at 1,000 keywords, and the share of them that is left at 10,000."""
COMPILE_BAR = 5.0
"""Seconds for 10,000 queries."""

HEADINGS = ("engine", "posts", "planted", "found", "hits", "build ms", "posts/s", "MB/s", "x fold + scan")

Look = Callable[[Post], Iterable[int]]
"""Gives the numbers of the keywords that a post holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A way to find keywords. ``slow``: it gets a slice of the posts."""

    name: str
    build: Callable[[Sequence[str]], Look]
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Posts to look through, in the order in which they are."""

    name: str
    look: Look
    posts: Sequence[Post]
    built: float = 0.0

    def seconds(self) -> float:
        start = time.process_time()
        for post in self.posts:
            self.look(post)
        return time.process_time() - start

    def hits(self) -> frozenset[tuple[str, int]]:
        """The keys of the posts with the numbers of the keywords that are found in them."""
        return frozenset((post.key, number) for post in self.posts for number in self.look(post))


# --- the engines ---------------------------------------------------------------------------------------------------


def _whole_text(post: Post) -> str:
    return f"{post.title}\n{post.text}"


def _lower(post: Post) -> str:
    return _whole_text(post).casefold()


def _words(keywords: Sequence[str]) -> list[str]:
    return [keyword.strip('"').casefold() for keyword in keywords]


def _compiled(keywords: Sequence[str]) -> matcher.Matcher:
    return matcher.compile([Topic(name=str(number), query=keyword) for number, keyword in enumerate(keywords)])


def _fold(keywords: Sequence[str]) -> Look:
    def look(post: Post) -> Iterable[int]:
        squeeze(_whole_text(post))
        return ()

    return look


def _scan(keywords: Sequence[str]) -> Look:
    return _compiled(keywords).candidates


def _whole(keywords: Sequence[str]) -> Look:
    match = _compiled(keywords).match
    return lambda post: [int(found.topic) for found in match(post)]


def _bytes(keywords: Sequence[str]) -> Look:
    words = [word.encode() for word in _words(keywords)]
    find = BytesAhoCorasick(words, implementation=Implementation.DFA).find_matches_as_indexes
    return lambda post: {number for number, _, _ in find(_lower(post).encode(), overlapping=True)}


def _automaton(keywords: Sequence[str]) -> Look:
    automaton = ahocorasick.Automaton()
    for number, word in enumerate(_words(keywords)):
        automaton.add_word(word, number)
    automaton.make_automaton()
    return lambda post: {number for _, number in automaton.iter(_lower(post))}


def _alternation(flags: re.RegexFlag) -> Callable[[Sequence[str]], Look]:
    def build(keywords: Sequence[str]) -> Look:
        numbers = {word: number for number, word in enumerate(_words(keywords))}
        pattern = re.compile(f"(?<!\\w)(?:{'|'.join(map(re.escape, numbers))})(?!\\w)", flags)
        return lambda post: {numbers[found[0]] for found in pattern.finditer(_lower(post))}

    return build


ENGINES = (
    Engine(name=FOLD, build=_fold),
    Engine(name=SCAN, build=_scan),
    Engine(name=WHOLE, build=_whole),
    Engine(name="ahocorasick_rs, no fold", build=_bytes),
    Engine(name="pyahocorasick", build=_automaton),
    Engine(name="re, lower case", build=_alternation(re.NOFLAG), slow=True),
    Engine(name="re, IGNORECASE", build=_alternation(re.IGNORECASE), slow=True),
)


# --- measuring -----------------------------------------------------------------------------------------------------


def measure(quick: bool, *, posts: int = 0) -> Section:
    """Every engine at every number of keywords; ``posts`` is how many to look through instead of the usual number."""
    counts, rounds = (COUNTS_QUICK, ROUNDS_QUICK) if quick else (COUNTS, ROUNDS)
    grids: list[Grid] = []
    goals: list[Goal] = []
    with Bar("matching", len(counts) * len(ENGINES) * (1 + rounds) + rounds * len(LANGUAGES)) as bar:
        plain = corpus.posts(posts or (POSTS_QUICK if quick else POSTS))
        _compiled(corpus.REAL)  # what is read once and for all is not the first build's
        for count in counts:
            grid = _grid(count, plain, rounds, bar)
            grids.append(grid)
            goals += _goals(count, grid)
        grids.append(_languages(plain, rounds, bar))
    title = f"Matching, one core, CPU time, best of {rounds} rounds in turn"
    return Section(title=title, grids=tuple(grids), goals=tuple(goals))


def _grid(count: int, plain: Sequence[Post], rounds: int, bar: Bar) -> Grid:
    keywords = corpus.keywords(count)
    posts = corpus.planted(plain, keywords, share=SHARE)
    planted = frozenset(post.key for before, post in zip(plain, posts, strict=True) if before != post)
    jobs = [_job(engine, keywords, posts, bar) for engine in ENGINES]
    hits = [job.hits() for job in jobs]
    speeds = _speeds(jobs, posts, rounds, bar)
    scan = speeds[[engine.name for engine in ENGINES].index(SCAN)]
    rows = tuple(
        _row(job, found, planted, speed, speed / scan, _megabytes(posts) / len(posts))
        for job, found, speed in zip(jobs, hits, speeds, strict=True)
    )
    return Grid(
        title=f"{count:,} keywords", headings=HEADINGS, rows=rows, drawn="posts/s", note=_shares(jobs, hits, posts)
    )


def _job(engine: Engine, keywords: Sequence[str], posts: Sequence[Post], bar: Bar) -> Job:
    bar.advance(f"{engine.name}: build for {len(keywords):,} keywords")
    start = time.process_time()
    look = engine.build(keywords)
    built = time.process_time() - start
    chosen = posts[: SLICE // len(keywords)] if engine.slow else posts
    return Job(name=engine.name, look=look, posts=chosen, built=built)


def _speeds(jobs: Sequence[Job], posts: Sequence[Post], rounds: int, bar: Bar) -> list[float]:
    """Posts a second, by job; what a slice took is scaled to all the posts by their bytes."""
    size = _megabytes(posts)
    times = _times(jobs, rounds, bar)
    return [len(posts) * _megabytes(job.posts) / size / took for job, took in zip(jobs, times, strict=True)]


def _times(jobs: Sequence[Job], rounds: int, bar: Bar) -> list[float]:
    """The best time of each, which take turns."""
    taken: list[list[float]] = [[] for _ in jobs]
    for number in range(1, rounds + 1):
        for job, times in zip(jobs, taken, strict=True):
            bar.advance(f"{job.name}: round {number} of {rounds}")
            times.append(job.seconds())
    return [min(times) for times in taken]


def _megabytes(posts: Iterable[Post]) -> float:
    return sum(len(_whole_text(post).encode()) for post in posts) / 1e6


# --- telling -------------------------------------------------------------------------------------------------------


def _row(
    job: Job, hits: frozenset[tuple[str, int]], planted: frozenset[str], speed: float, ratio: float, size: float
) -> tuple[Cell, ...]:
    inside = planted & {post.key for post in job.posts}
    found: tuple[Cell, ...] = (len(inside & {key for key, _ in hits}), len(hits), 1_000 * job.built)
    if job.name == FOLD:
        found = (None, None, None)
    return (job.name, len(job.posts), len(inside), *found, speed, speed * size, ratio)


def _shares(jobs: Sequence[Job], hits: Sequence[frozenset[tuple[str, int]]], posts: Sequence[Post]) -> str:
    """How many of the posts get as far as each stage, and how many of them the slow engines saw."""
    parts = [
        f"{what} {100 * len({key for key, _ in found}) / len(posts):.1f} % of the posts"
        for name, what in ((SCAN, "candidates"), (WHOLE, "hits"))
        for job, found in zip(jobs, hits, strict=True)
        if job.name == name
    ]
    fewest = min(len(job.posts) for job in jobs)
    if fewest < len(posts):
        parts.append(f"re saw {fewest:,} of {len(posts):,} posts, and its speed is scaled by their bytes")
    return "; ".join(parts)


def _goals(count: int, grid: Grid) -> Iterator[Goal]:
    share = {BUSY: 1.0, MANY: KEPT}.get(count)
    if share is None:
        return
    rows = {row[0]: dict(zip(HEADINGS, row, strict=True)) for row in grid.rows}
    for name, bar in ((SCAN, SCAN_BAR), (WHOLE, WHOLE_BAR)):
        speed = float(rows[name]["posts/s"] or 0)
        yield Goal(name=f"{name}, {count:,} keywords", value=speed, unit="posts/s", bar=bar * share)
    if count == MANY:
        built = max(float(rows[name]["build ms"] or 0) for name in (SCAN, WHOLE))
        yield Goal(name=f"Vigie: compile {count:,} queries", value=built / 1_000, unit="s", bar=COMPILE_BAR, most=True)


def _languages(plain: Sequence[Post], rounds: int, bar: Bar) -> Grid:
    keywords = corpus.keywords(BUSY)
    posts = corpus.planted(plain, keywords, share=SHARE)
    look = _scan(keywords)
    jobs = [Job(name=name, look=look, posts=posts[at :: len(LANGUAGES)]) for at, name in enumerate(LANGUAGES)]
    rows = tuple(_language(job, took) for job, took in zip(jobs, _times(jobs, rounds, bar), strict=True))
    headings = ("language", "posts", "characters a post", "bytes a post", "posts/s", "MB/s")
    return Grid(title=f"{SCAN} at {BUSY:,} keywords, by language", headings=headings, rows=rows, drawn="posts/s")


def _language(job: Job, took: float) -> tuple[Cell, ...]:
    count, size = len(job.posts), _megabytes(job.posts)
    characters = sum(len(_whole_text(post)) for post in job.posts) / count
    return (job.name, count, characters, size * 1e6 / count, count / took, size / took)
