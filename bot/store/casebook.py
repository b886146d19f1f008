"""All that is known of one post and its story, for ``vigie why``; and the story divided, for ``vigie split``."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bot.model import AlertKind, Pace, Priority, Subscriber, Subscription, Tie, utc
from bot.rules.casebook import Filed, Follower, Kept, Line, Member, Showing
from bot.rules.split import Recast
from bot.store.archive import hashed, read_places, read_post
from bot.store.people import SUBSCRIBER, read_subscriber
from bot.store.schema import crc
from scrapers import link_keys

_POST = "p.key, p.url, p.title, p.text, p.author, p.published, p.lang, p.links, p.media"
_PRIORITIES = tuple(Priority)


class Casebook:
    """Posts, members, rows of the outbox and followers as they stand."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def find(self, asked: str) -> tuple[int, ...]:
        """The posts of that key, row or address, the newest first; an address may be spelled in any way.

        A key is looked for before an address, and that before the key under which another source showed it.
        """
        link = "" if any(map(str.isspace, asked)) else _link(asked)
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        for where, values in (
            ("crc = ? AND key = ?", (crc(asked), asked)),
            ("id = ?", (number,)),
            ("link <> '' AND link IN (?, ?)", (link, f"{link}#{asked.partition('#')[2]}" if link else "")),
            ("url = ?", (asked,)),
            ("id IN (SELECT post FROM sightings WHERE key = ?)", (hashed(asked),)),
        ):
            found = self._conn.execute(f"SELECT id FROM posts WHERE {where} ORDER BY id DESC", values).fetchall()
            if found:
                return tuple(row for (row,) in found)
        return ()

    def filed(self, post: int) -> Filed:
        """The post of that row. Raises KeyError."""
        found = self._conn.execute(f"SELECT p.source, p.seen, {_POST} FROM posts AS p WHERE id = ?", (post,)).fetchone()
        if found is None:
            raise KeyError(post)
        source, seen, *columns = found
        shown = self._conn.execute(
            "SELECT s.name, g.fresh FROM sources AS s JOIN showings AS g ON g.source = s.id AND g.post = ? "
            "ORDER BY s.name <> ?, s.name",
            (post, source),
        )
        return Filed(
            id=post,
            post=read_post(columns),
            source=source,
            seen=utc(seen),
            shown=tuple(Showing(source=name, fresh=bool(fresh)) for name, fresh in shown),
            hits=self._hits([post])[post],
            page=self._page(post),
        )

    def _page(self, post: int) -> str:
        found = self._conn.execute("SELECT due, read, tries, error FROM articles WHERE post = ?", (post,)).fetchone()
        if found is None:
            return ""
        due, read, tries, error = found
        if read:
            return "read"
        if due is None:
            return f"given up: {error}"
        return f"to be read, after {tries} tries: {error}" if tries else "still to be read"

    def _hits(self, posts: Iterable[int]) -> Mapping[int, tuple[Kept, ...]]:
        found: dict[int, tuple[Kept, ...]] = defaultdict(tuple)
        for post, topic, places, fresh, at in self._conn.execute(
            "SELECT h.post, h.topic, h.places, h.fresh, h.at FROM json_each(?) AS wanted "
            "JOIN hits AS h ON h.post = wanted.value ORDER BY h.at, h.topic",
            (json.dumps(list(posts)),),
        ):
            found[post] += (Kept(topic=topic, places=read_places(places), fresh=bool(fresh), at=utc(at)),)
        return found

    def members(self, story: int) -> tuple[Member, ...]:
        """The posts of a story in the order in which they joined; none: there is no such story."""
        rows = self._conn.execute(
            f"SELECT m.post, m.tie, m.beside, m.evidence, m.facts, m.at, p.source, {_POST} FROM members AS m "
            "JOIN posts AS p ON p.id = m.post WHERE m.story = ? ORDER BY m.at, m.post",
            (story,),
        ).fetchall()
        hits = self._hits(row[0] for row in rows)
        return tuple(
            Member(
                id=row[0],
                post=read_post(row[7:]),
                source=row[6],
                tie=Tie(row[1]),
                beside=row[2],
                evidence=tuple(json.loads(row[3])),
                facts=frozenset(json.loads(row[4])),
                at=utc(row[5]),
                hits=hits[row[0]],
            )
            for row in rows
        )

    def lines(self, story: int) -> tuple[Line, ...]:
        """The rows of the outbox that concern a story, the oldest first."""
        found = self._conn.execute(
            "SELECT id, subscriber, kind, story, cause, post, about, topics, urgency, state, due, settled, reason, "
            "NOT listed AND coalesce(message, 0) <> 0 FROM outbox WHERE story = ? ORDER BY id",
            (story,),
        )
        return tuple(_line(row) for row in found)

    def readers(self, numbers: Iterable[int]) -> tuple[Subscriber, ...]:
        """The subscribers of these numbers."""
        found = self._conn.execute(
            f"SELECT {SUBSCRIBER} FROM subscribers AS s WHERE s.id IN (SELECT value FROM json_each(?)) ORDER BY s.id",
            (json.dumps(list(numbers)),),
        )
        return tuple(read_subscriber(row) for row in found)

    def followers(self, topics: Iterable[str]) -> tuple[Follower, ...]:
        """Who follows any of these topics, reachable or not, and since when."""
        found = self._conn.execute(
            f"SELECT f.topic, f.pace, f.muted, f.since, {SUBSCRIBER} FROM subscriptions AS f "
            "JOIN subscribers AS s ON s.id = f.subscriber WHERE f.topic IN (SELECT value FROM json_each(?)) "
            "ORDER BY s.id, f.topic",
            (json.dumps(list(topics), ensure_ascii=False),),
        )
        return tuple(
            Follower(
                subscription=Subscription(
                    subscriber=read_subscriber(columns),
                    topic=topic,
                    pace=Pace.parse(pace),
                    muted=None if muted is None else utc(muted),
                ),
                since=utc(since),
            )
            for topic, pace, muted, since, *columns in found
        )

    def divide(self, story: int, post: int, moved: Collection[int], lines: Sequence[Recast]) -> None:
        """Let these posts leave a story for one of their own, which ``post`` begins, and these rows go with them.

        ``lines`` come in the order in which they may change: those that leave first, since a cause is had only once.
        """
        rows = json.dumps(sorted(moved))
        self._conn.execute(
            "INSERT INTO stories SELECT ?, min(at), max(at) FROM members "
            "WHERE post IN (SELECT value FROM json_each(?))",
            (post, rows),
        )
        self._conn.execute("UPDATE members SET story = ? WHERE post IN (SELECT value FROM json_each(?))", (post, rows))
        self._conn.execute(
            "UPDATE members SET tie = ?, beside = 0, evidence = ? WHERE post = ?",
            (Tie.SPLIT, json.dumps([f"story {story}"]), post),
        )
        self._conn.execute(
            "UPDATE stories SET last = (SELECT max(at) FROM members WHERE story = stories.id) WHERE id = ?", (story,)
        )
        self._conn.executemany(
            "UPDATE outbox SET story = ?, cause = ?, about = ? WHERE id = ?",
            [(line.story, line.cause, line.about, line.id) for line in lines],
        )


def _link(asked: str) -> str:
    """The canonical key of an address, with or without its scheme; "" for what is none."""
    return link_keys([asked])[0] or ("" if "://" in asked else link_keys([f"https://{asked}"])[0])


def _line(row: Any) -> Line:
    number, subscriber, kind, story, cause, post, about, topics, urgency, state, due, settled, reason, alone = row
    return Line(
        id=number,
        subscriber=subscriber,
        kind=AlertKind(kind),
        story=story,
        cause=cause,
        post=post,
        about=about,
        topics=tuple(json.loads(topics)),
        priority=_PRIORITIES[urgency],
        state=state,
        due=utc(due),
        settled=None if settled is None else utc(settled),
        reason=reason,
        alone=bool(alone),
    )
