"""Which posts tell which story, and the index in which a new post finds the stories that it may belong to.

Of each post that may still be joined a sketch is kept. From the sketches the index and the counts that it needs are
made in memory when they are first asked for. What two posts have in common is decided in ``rules.story``.
"""

import json
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model import Story
from bot.rules import sketch
from bot.rules.frequencies import Frequencies
from bot.rules.sketch import Sketch
from bot.rules.story import LOOKED_AT, Neighbour, promising, wording
from bot.store.postings import Postings

WORDED = 8
"""Of the posts that have a stretch of text, so many are considered, the newest: a copy shares several of them."""
SHORTLIST = 64
"""Posts that are looked up at most, until enough are found whose stories are not too old."""
SNAPSHOT = 2_000
"""The counts are written after so many posts; those of later posts are counted again at the next start."""


class Stories:
    """Stories, their members, and the sketches of these."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._memory: tuple[Frequencies, Postings] | None = None
        self._kept = 0

    def of(self, post: int) -> int | None:
        """The story that a post belongs to, by its row."""
        found = self._conn.execute("SELECT story FROM members WHERE post = ?", (post,)).fetchone()
        return found[0] if found else None

    @property
    def frequencies(self) -> Frequencies:
        """In how many posts each key was, of all that ever belonged to a story. Not to be kept across a commit."""
        return self._index()[0]

    def load(self) -> None:
        """Make the index now: the first post of a story would have to wait for it."""
        self._index()

    def _index(self) -> tuple[Frequencies, Postings]:
        """What is in memory. What is rolled back stays there until the next start: it leads nowhere."""
        if self._memory is None:
            counts, postings = Frequencies(), Postings()
            kept = self._conn.execute("SELECT total, posts FROM frequencies").fetchone()
            if kept:
                counts.load(*kept)
            self._kept = counts.total
            for number, marks, raw in self._conn.execute("SELECT id, marks, sketch FROM sketches ORDER BY id"):
                postings.add(number, array("I", marks))
                if number > self._kept:
                    counts.add(sketch.read(raw).keys)
                counts.total = max(counts.total, number)  # a rollback leaves a gap before it
            self._memory = counts, postings
        return self._memory

    def near(
        self,
        marks: Mapping[int, float | None],
        *,
        since: datetime,
        born: datetime,
        but: int = 0,
        least: float = 1.0,
    ) -> tuple[Neighbour, ...]:
        """The posts that share marks, most promising first, of stories that grew ``since`` and began after ``born``.

        The story ``but`` is left out, and whoever shares marks that are worth less than ``least``.
        """
        best = promising(self._worth(marks), least=least)[:SHORTLIST]
        found = list[Neighbour]()
        for start in range(0, len(best), LOOKED_AT):
            found += self._alive(best[start : start + LOOKED_AT], since=since, born=born, but=but)
            if len(found) >= LOOKED_AT:
                break
        return tuple(found[:LOOKED_AT])

    def _worth(self, marks: Mapping[int, float | None]) -> Mapping[int, float]:
        """What the marks are worth that each post shares, by the number of its sketch."""
        having, worth = self._index()[1].having, dict[int, float]()
        known = worth.get
        for mark, weight in marks.items():
            posts = having(mark)
            if weight is None:
                weight, posts = wording(max(1, len(posts))), posts[-WORDED:]
            for post in posts:
                worth[post] = known(post, 0.0) + weight
        return worth

    def _alive(self, numbers: Sequence[int], *, since: datetime, born: datetime, but: int) -> list[Neighbour]:
        """Those of these posts, by the numbers of their sketches, whose stories are neither too old nor ``but``."""
        wanted = [*numbers, *[0] * (LOOKED_AT - len(numbers))]
        found = {
            number: Neighbour(id=post, story=story, sketch=sketch.read(raw), topics=frozenset(json.loads(topics)))
            for number, post, raw, story, topics in self._conn.execute(_ALIVE, (*wanted, *_times(since, born), but))
        }
        return [found[number] for number in numbers if number in found]

    def keep(self, story: Story, taken: Sketch, marks: Mapping[int, object], *, now: datetime) -> None:
        """Keep a post's part in a story, and what it is found by and compared with."""
        at, post = now.timestamp(), story.hit.seen.id
        self._conn.execute(
            "INSERT INTO stories VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last", (story.id, at, at)
        )
        self._conn.execute(
            "INSERT INTO members (post, story, tie, beside, evidence, facts, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                post,
                story.id,
                story.tie,
                story.beside,
                _list(story.evidence),
                _list(sorted(story.facts)),
                at,
            ),
        )
        self.index(post, taken, marks, now=now)

    def index(self, post: int, taken: Sketch, marks: Mapping[int, object], *, now: datetime) -> None:
        """Let a member be found by these marks, and count its keys."""
        counts, postings = self._index()
        counts.add(taken.keys)
        self._conn.execute(
            "INSERT INTO sketches VALUES (?, ?, ?, ?, ?)",
            (counts.total, post, now.timestamp(), array("I", marks).tobytes(), sketch.write(taken)),
        )
        postings.add(counts.total, marks)
        if counts.total >= self._kept + SNAPSHOT:
            self._write_counts()

    def _write_counts(self) -> None:
        counts, _ = self._index()
        self._conn.execute("DELETE FROM frequencies")
        self._conn.execute("INSERT INTO frequencies VALUES (?, ?)", (counts.total, counts.dump()))
        self._kept = counts.total

    def unindexed(self, since: datetime) -> tuple[int, ...]:
        """The posts that joined since then, if nothing was ever indexed: an earlier version wrote them."""
        found = self._conn.execute(
            "SELECT post FROM members WHERE at >= ? AND NOT EXISTS (SELECT 1 FROM frequencies) "
            "AND NOT EXISTS (SELECT 1 FROM sketches) ORDER BY at, post",
            (since.timestamp(),),
        )
        return tuple(post for (post,) in found)

    def learn(self, post: int, facts: frozenset[str]) -> None:
        """A post that is told already says more now: these facts are in it, too."""
        (known,) = self._conn.execute("SELECT facts FROM members WHERE post = ?", (post,)).fetchone()
        both = _list(sorted(facts.union(json.loads(known))))
        self._conn.execute("UPDATE members SET facts = ? WHERE post = ?", (both, post))

    def forget(self, before: datetime, *, limit: int = 500) -> int:
        """Take posts that joined before that moment out of the index, at most ``limit``. Returns how many."""
        oldest = self._conn.execute("SELECT id, at FROM sketches ORDER BY id LIMIT ?", (limit,)).fetchall()
        old = [number for number, at in oldest if at < before.timestamp()]
        if old:
            _, postings = self._index()
            if old[-1] > self._kept:
                self._write_counts()
            self._conn.execute("DELETE FROM sketches WHERE id <= ?", (old[-1],))
            postings.forget(old[-1])
        return len(old)


_ALIVE = f"""
    SELECT k.id, m.post, k.sketch, m.story, (SELECT json_group_array(topic) FROM hits WHERE post = m.post)
    FROM sketches AS k JOIN members AS m ON m.post = k.post JOIN stories AS s ON s.id = m.story
    WHERE k.id IN ({", ".join("?" * LOOKED_AT)}) AND s.last >= ? AND s.first >= ? AND s.id <> ?
"""


def _list(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else "[]"


def _times(*moments: datetime) -> list[float]:
    return [moment.timestamp() for moment in moments]
