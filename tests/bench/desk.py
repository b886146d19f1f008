"""A news desk for benchmarks: hits of the made-up wire go through ``bot.tell`` into a database, and are timed.

``python -m tests.bench.desk STORIES`` fills one in a temporary folder and prints ``filled N`` as it goes; its last line
is the ``Result`` as JSON.
"""

import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model import Chat, Hit, Match, Pace, Place, Seen, Source, Story, Tie, Topic
from bot.rules import matcher, story
from bot.store import Store
from bot.tell import Orders, place, tell
from tests.bench import corpus, wire
from tests.bench.spent import high_water

COMMIT = 50
"""Posts in one transaction: so many a busy Vigie commits together."""
ROUNDS, HITS = 4, 500
"""Rounds that are timed, and hits in each; no more than a tenth of the stories that there are."""
LATEST = 1_000
"""Stories that are told one by one; the copies and retellings of the wire are of later ones."""
WINDOW = timedelta(hours=72)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOURCE = Source(name="wire", kind="feed", options=None)
STEPS = {
    "archive.py:keep_hits": "keep hits",
    "story.py:facts": "facts",
    "story.py:read": "fingerprint",
    "stories.py:near": "search",
    "story.py:join": "compare",
    "stories.py:keep": "keep",
    "outbox.py:told": "owe",
    "outbox.py:owe": "owe",
    "plan.py:alerts": "owe",
}
"""What the functions that ``tell`` calls are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a hit took: CPU seconds of each round, and of each hit without its part of the commit.

    ``grouped`` are rounds of other hits: what it took to find and keep their stories, without what is owed for them.

    ``copies`` and ``retellings`` are the shares (0 to 1) of those on the wire that were joined with the right story,
    ``strangers`` the share of the hits that were joined with a wrong one. Memory and disk in megabytes.
    """

    stories: int
    hits: int
    rounds: tuple[float, ...]
    grouped: tuple[float, ...]
    each: tuple[float, ...]
    peak: float
    disk: float
    index: float
    copies: float
    retellings: float
    strangers: float
    steps: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """A database with one subscriber, who follows all the topics."""

    store: Store
    orders: Orders
    items: Iterator[wire.Item]

    def take(self, count: int, *, now: datetime) -> list[tuple[wire.Item, Seen, Sequence[Match]]]:
        """So many hits of the wire, archived in one transaction."""
        found = []
        with self.store.transaction() as store:
            for item in self.items:
                matches = self.orders.matches(SOURCE, item.post)
                if matches:
                    (seen,) = store.archive.add(SOURCE, [item.post], is_fresh=lambda *_: True, now=now).seen
                    found.append((item, seen, matches))
                if len(found) == count:
                    break
        return found

    def tell(self, hits: Sequence[tuple[wire.Item, Seen, Sequence[Match]]], *, now: datetime) -> list[float]:
        """Tell these hits in one transaction; the CPU seconds of each."""
        taken = []
        with self.store.transaction() as store:
            for _, seen, matches in hits:
                start = time.process_time()
                tell(store, self.orders, [(seen, matches)], now=now)
                taken.append(time.process_time() - start)
        return taken

    def group(self, hits: Sequence[tuple[wire.Item, Seen, Sequence[Match]]], *, now: datetime) -> float:
        """Find and keep the stories of these hits in one transaction; the CPU seconds of that alone."""
        with self.store.transaction() as store:
            kept = store.archive.keep_hits([(seen, matches) for _, seen, matches in hits], now=now)
            facts = [story.facts(hit) for hit in kept]
            start = time.process_time()
            for hit, said in zip(kept, facts, strict=True):
                reading, part = place(store, hit, said, window=WINDOW, now=now)
                store.stories.keep(part, reading.sketch, reading.marks, now=now)
        return time.process_time() - start

    def keep(self, hits: Sequence[tuple[wire.Item, Seen, Sequence[Match]]], *, now: datetime) -> None:
        """Keep and index these hits in one transaction, each as a story of its own."""
        with self.store.transaction() as store:
            for hit in store.archive.keep_hits([(seen, matches) for _, seen, matches in hits], now=now):
                topics = (match.topic for match in hit.matches)
                reading = story.read(hit.seen.post, topics, _places(hit), store.stories.frequencies)
                part = Story(id=hit.seen.id, hit=hit)
                store.stories.keep(part, reading.sketch, reading.marks, now=now)


def _places(hit: Hit) -> Iterator[Place]:
    return (place for match in hit.matches for place in match.places)


def opened(folder: Path) -> Desk:
    """An empty one, in that folder; the store is to be closed."""
    topics = [Topic(name=word.strip('"'), query=word) for word in corpus.REAL]
    orders = Orders(
        sources={SOURCE.name: SOURCE},
        topics={topic.name: topic for topic in topics},
        matcher=matcher.compile(topics),
        fresh=WINDOW,
        backfill=WINDOW,
        window=WINDOW,
    )
    store = Store(folder / "desk.db")
    with store.transaction():
        store.sources.sync([SOURCE], now=NOW)
        person = store.people.welcome(Chat(1), lang="en", timezone="UTC", now=NOW)
        for topic in topics:
            store.people.follow(person, topic.name, pace=Pace(), now=NOW)
    return Desk(store=store, orders=orders, items=wire.items([topic.name for topic in topics]))


def fill(desk: Desk, stories: int) -> Iterator[int]:
    """Make so many stories, spread over the window; yields how many there are, now and then.

    The latest are told. What was before is kept and indexed as ``tell`` does, each post as a story of its own, without
    a look at the others, which would take half an hour.
    """
    filled = 0
    while filled < stories:
        now = NOW - WINDOW * (1 - filled / stories) * 0.9
        found = desk.take(min(COMMIT, stories - filled), now=now)
        (desk.tell if filled >= stories - LATEST else desk.keep)(found, now=now)
        filled = count_stories(desk.store)
        yield filled


def hits(stories: int) -> int:
    """How many are timed in a round among so many stories."""
    return max(min(HITS, stories // 10), 1)


def count_stories(store: Store) -> int:
    return int(store.db.execute("SELECT count(*) FROM stories").fetchone()[0])


def timed(desk: Desk, stories: int, count: int) -> Result:
    """Further hits in rounds, and one more round to see which steps take the time."""
    rounds, grouped, each, told = [], [], [], []
    for _ in range(ROUNDS):
        grouped.append(
            sum(desk.group(desk.take(min(COMMIT, count - at), now=NOW), now=NOW) for at in range(0, count, COMMIT))
        )
        chunks = [desk.take(min(COMMIT, count - at), now=NOW) for at in range(0, count, COMMIT)]
        start = time.process_time()
        for chunk in chunks:
            each += desk.tell(chunk, now=NOW)
        rounds.append(time.process_time() - start)
        told += [hit for chunk in chunks for hit in chunk]
    disk, index = _sizes(desk.store)
    shares = _found(desk.store, told)
    return Result(
        stories=stories,
        hits=count,
        rounds=tuple(rounds),
        grouped=tuple(grouped),
        each=tuple(each),
        peak=high_water(),
        disk=disk,
        index=index,
        copies=shares[Tie.COPY],
        retellings=shares[Tie.NEWS],
        strangers=shares[Tie.FIRST],
        steps=_steps(desk, min(count, 300)),
    )


def _sizes(store: Store) -> tuple[float, float]:
    """Megabytes of the database, and of what finds stories in it."""
    (pages, size) = (store.db.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "page_size"))
    index = "SELECT sum(pgsize) FROM dbstat WHERE name IN ('sketches', 'frequencies', 'members', 'members_story')"
    return pages * size / 1e6, store.db.execute(index).fetchone()[0] / 1e6


def _found(store: Store, told: Sequence[tuple[wire.Item, Seen, Sequence[Match]]]) -> Mapping[Tie, float]:
    """Shares of copies and of retellings that joined the story of their original, and of hits that joined another."""
    right: Counter[Tie] = Counter()
    strange, kinds = 0, Counter(item.tie for item, _, _ in told)
    for item, seen, _ in told:
        own = store.stories.of(seen.id)
        beside = store.db.execute("SELECT id FROM posts WHERE key = ?", (item.beside,)).fetchone()
        wanted = store.stories.of(beside[0]) if beside else seen.id
        right[item.tie] += own == wanted
        strange += own not in (wanted, seen.id)
    shares = {tie: right[tie] / max(kinds[tie], 1) for tie in (Tie.COPY, Tie.NEWS)}
    return {**shares, Tie.FIRST: strange / max(len(told), 1)}


def _steps(desk: Desk, hits: int) -> Mapping[str, float]:
    """The shares of the steps in the time of a hit, as a profiler sees them: Python looks slower in it than SQLite."""
    found = desk.take(hits, now=NOW)
    profile = cProfile.Profile()
    profile.runcall(desk.tell, found, now=NOW)
    shares: Counter[str] = Counter()
    total = 0.0
    for (file, _, name), (_, _, _, took, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        called = f"{Path(file).name}:{name}"
        if called == "tell.py:tell":
            total = took
        elif called in STEPS:
            shares[STEPS[called]] += sum(
                caller[3] for (where, _, _), caller in callers.items() if Path(where).name == "tell.py"
            )
    return {name: share / total for name, share in shares.items()}


def main() -> None:
    stories = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        desk = opened(Path(folder))
        for filled in fill(desk, stories):
            print("filled", filled, flush=True)
        print(json.dumps(asdict(timed(desk, stories, hits(stories)))))
        desk.store.close()


if __name__ == "__main__":
    main()
