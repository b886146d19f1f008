"""Which posts tell which story, and the index in which a new post finds the stories that it may belong to.

The index is a table of marks: what a post can be recognised by, as numbers, most of them rare. Which marks a post has,
and what two posts have in common, is decided in ``rules.story``.
"""

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot.model import Story
from bot.rules.story import FLOOR, Frequencies, Neighbour, mark, promising, wording
from bot.store.archive import read_post

BUCKETS = 1 << 20
"""Keys are counted in so many buckets: a table that fits into memory. Two rare keys seldom share one."""
EVERYONE = -1
"""The bucket in which all posts are counted."""
CROWD = 64
"""Of the posts that have a mark, so many are considered, the newest: what more have it tells little."""
SHORTLIST = 64
"""Posts whose stories are looked up, before those that are too old are left out."""
_BYTES = 8

POST = "p.key, p.url, p.title, p.text, p.author, p.published, p.lang, p.links, p.media"


class Stories:
    """Stories, their members, and the marks of these."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._counts: array[int] | None = None
        self._total = 0

    def of(self, post: int) -> int | None:
        """The story that a post belongs to, by its row."""
        found = self._conn.execute("SELECT story FROM members WHERE post = ?", (post,)).fetchone()
        return found[0] if found else None

    def frequencies(self, keys: Collection[str], *, asked: frozenset[str] = frozenset()) -> Frequencies:
        """In how many posts each of these keys was, of all that ever belonged to a story; ``asked`` are a topic's."""
        counts = self._counted()
        found = {key: counts[mark(key) % BUCKETS] for key in keys}
        return Frequencies(total=self._total, posts={key: count for key, count in found.items() if count}, asked=asked)

    def _counted(self) -> "array[int]":
        """The counts in memory. What is rolled back stays counted here until the next start: it makes no difference."""
        if not self._counts:
            self._counts = array("I", bytes(4 * BUCKETS))
            for bucket, posts in self._conn.execute("SELECT bucket, posts FROM frequencies"):
                if bucket == EVERYONE:
                    self._total = posts
                else:
                    self._counts[bucket] = posts
        return self._counts

    def near(
        self,
        marks: Sequence[int],
        rarity: Mapping[int, float],
        *,
        since: datetime,
        born: datetime,
        but: int = 0,
        least: float = FLOOR,
    ) -> tuple[Neighbour, ...]:
        """The posts that share marks, most promising first, of stories that grew ``since`` and began after ``born``.

        The story ``but`` is left out, and whoever shares marks that weigh less than ``least``.
        """
        worth: defaultdict[int, float] = defaultdict(float)
        for number in marks:
            posts = self._conn.execute(
                "SELECT post FROM marks WHERE mark = ? ORDER BY post DESC LIMIT ?", (number, CROWD)
            ).fetchall()
            weight = rarity[number] if number in rarity else wording(max(1, len(posts)))
            for (post,) in posts:
                worth[post] += weight
        best = promising(worth, most=SHORTLIST, least=least)
        alive = self._alive(best, since=since, born=born, but=but) if best else ()
        return self._neighbours(promising({post: worth[post] for post in best if post in alive}, least=least))

    def _alive(self, posts: Sequence[int], *, since: datetime, born: datetime, but: int) -> set[int]:
        found = self._conn.execute(
            "SELECT m.post FROM json_each(?) AS wanted JOIN members AS m ON m.post = wanted.value "
            "JOIN stories AS s ON s.id = m.story WHERE s.last >= ? AND s.first >= ? AND s.id <> ?",
            (json.dumps(posts), since.timestamp(), born.timestamp(), but),
        )
        return {post for (post,) in found}

    def _neighbours(self, posts: Sequence[int]) -> tuple[Neighbour, ...]:
        if not posts:
            return ()
        found = {
            row[0]: Neighbour(id=row[0], story=row[1], topics=frozenset(json.loads(row[2])), post=read_post(row[3:]))
            for row in self._conn.execute(
                "SELECT p.id, m.story, (SELECT json_group_array(topic) FROM hits WHERE post = p.id), "
                f"{POST} FROM json_each(?) AS wanted JOIN posts AS p ON p.id = wanted.value "
                "JOIN members AS m ON m.post = p.id",
                (json.dumps(posts),),
            )
        }
        return tuple(found[post] for post in posts if post in found)

    def keep(self, story: Story, marks: Sequence[int], keys: Collection[str], *, now: datetime) -> None:
        """Keep a post's part in a story, what it is found by, and that one more post has these keys."""
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
                json.dumps(story.evidence, ensure_ascii=False),
                json.dumps(sorted(story.facts), ensure_ascii=False),
                at,
            ),
        )
        self.index(post, marks, keys)

    def index(self, post: int, marks: Sequence[int], keys: Iterable[str]) -> None:
        """Let a member be found by these marks, and count its keys."""
        self._conn.execute(
            "UPDATE members SET marks = ? WHERE post = ?", (b"".join(each.to_bytes(_BYTES) for each in marks), post)
        )
        self._conn.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", [(each, post) for each in marks])
        counts, buckets = self._counted(), sorted({mark(key) % BUCKETS for key in keys})
        self._conn.executemany(
            "INSERT INTO frequencies VALUES (?, 1) ON CONFLICT DO UPDATE SET posts = posts + 1",
            [(bucket,) for bucket in (EVERYONE, *buckets)],
        )
        for bucket in buckets:
            counts[bucket] += 1
        self._total += 1

    def unindexed(self, since: datetime) -> tuple[int, ...]:
        """The posts that joined since then, if nothing was ever indexed: an earlier version wrote them."""
        found = self._conn.execute(
            "SELECT post FROM members WHERE at >= ? AND NOT EXISTS (SELECT 1 FROM frequencies) ORDER BY at, post",
            (since.timestamp(),),
        )
        return tuple(post for (post,) in found)

    def learn(self, post: int, facts: frozenset[str]) -> None:
        """A post that is told already says more now: these facts are in it, too."""
        (known,) = self._conn.execute("SELECT facts FROM members WHERE post = ?", (post,)).fetchone()
        both = sorted(facts.union(json.loads(known)))
        self._conn.execute("UPDATE members SET facts = ? WHERE post = ?", (json.dumps(both, ensure_ascii=False), post))

    def forget(self, before: datetime, *, limit: int = 500) -> int:
        """Take posts that joined before that moment out of the index, at most ``limit``. Returns how many."""
        old = self._conn.execute(
            "SELECT post, marks FROM members WHERE at < ? AND marks <> x'' LIMIT ?", (before.timestamp(), limit)
        ).fetchall()
        self._conn.executemany(
            "DELETE FROM marks WHERE mark = ? AND post = ?",
            [(each, post) for post, marks in old for each in _read_marks(marks)],
        )
        self._conn.executemany("UPDATE members SET marks = x'' WHERE post = ?", [(post,) for post, _ in old])
        return len(old)


def _read_marks(raw: bytes) -> list[int]:
    return [int.from_bytes(raw[place : place + _BYTES]) for place in range(0, len(raw), _BYTES)]
