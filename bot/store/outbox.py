"""What is owed to whom: every message that reaches a phone unasked is a row here first.

owe         with the posts that caused it, in their transaction
due         what may go now, all that one subscriber is owed together
sending     committed just before the request; a process that dies now leaves the row in this state
settle      what became of it; ``recover`` at the start makes what was still "sending" uncertain, hence a repeat
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.model import TERMINAL, Alert, Debt, Owed, Parcel, Place, Priority, Subscriber, Told, utc
from bot.store.archive import read_places, read_post
from bot.store.people import SUBSCRIBER, read_subscriber

_URGENCY = tuple(Priority)
PARCEL = 200
"""At most this many rows of one subscriber are taken out at once."""


class Outbox:
    """Rows that are owed, sending, sent or dropped."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def owe(self, alerts: Iterable[Alert], *, now: datetime) -> int:
        """Keep what is owed; what was owed before is not owed twice. Returns how many are new."""
        return self._conn.executemany(
            "INSERT INTO outbox (subscriber, kind, story, cause, post, topics, urgency, digest, text, due, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [_row(alert, now) for alert in alerts],
        ).rowcount

    def told(self, stories: Collection[int]) -> tuple[Told, ...]:
        """What subscribers were told, or are owed, of these stories."""
        found = self._conn.execute(
            "SELECT subscriber, story, topics FROM json_each(?) AS wanted JOIN outbox ON story = wanted.value "
            "WHERE kind = 'alert' AND state <> 'dropped'",
            (json.dumps(list(stories)),),
        )
        return tuple(
            Told(subscriber=subscriber, story=story, topics=frozenset(json.loads(topics)))
            for subscriber, story, topics in found
        )

    def due(self, now: datetime, *, terminal: bool, but: Collection[int], limit: int) -> tuple[Debt, ...]:
        """Who is owed something now and can be reached, most urgent first, without the subscribers in ``but``.

        ``terminal`` asks for the terminal alone; else it is everybody but the terminal.
        """
        found = self._conn.execute(
            f"SELECT o.urgency, {SUBSCRIBER} FROM subscribers AS s JOIN (SELECT subscriber, min(urgency) AS urgency, "
            "min(due) AS due FROM outbox WHERE state = 'owed' AND due <= ? GROUP BY subscriber) AS o "
            "ON o.subscriber = s.id WHERE s.alive AND (s.chat = ?) = ? "
            "AND s.id NOT IN (SELECT value FROM json_each(?)) ORDER BY o.urgency, o.due LIMIT ?",
            (now.timestamp(), TERMINAL.id, terminal, json.dumps(list(but)), limit),
        )
        return tuple(
            Debt(subscriber=read_subscriber(columns), priority=_URGENCY[urgency]) for urgency, *columns in found
        )

    def parcel(self, subscriber: Subscriber, now: datetime) -> Parcel:
        """All that this subscriber is owed now, in order; it may be nothing."""
        rows = self._conn.execute(
            "SELECT o.id, o.due, o.urgency, o.topics, o.post, o.text, o.repeat, o.plain, o.digest, o.tries, p.source, "
            "p.key, p.url, p.title, p.text, p.author, p.published, p.lang, p.links, p.media "
            "FROM outbox AS o LEFT JOIN posts AS p ON p.id = o.post "
            "WHERE o.subscriber = ? AND o.state = 'owed' AND o.due <= ? ORDER BY o.due, o.id LIMIT ?",
            (subscriber.id, now.timestamp(), PARCEL),
        ).fetchall()
        places = self._places([row[4] for row in rows])
        return Parcel(subscriber=subscriber, owed=tuple(_owed(row, places) for row in rows))

    def owes(self, subscriber: Subscriber, now: datetime) -> bool:
        """Whether this subscriber is owed anything now."""
        found = self._conn.execute(
            "SELECT 1 FROM outbox WHERE subscriber = ? AND state = 'owed' AND due <= ? LIMIT 1",
            (subscriber.id, now.timestamp()),
        )
        return found.fetchone() is not None

    def _places(self, posts: Sequence[int]) -> dict[tuple[int, str], tuple[Place, ...]]:
        found = self._conn.execute(
            "SELECT post, topic, places FROM json_each(?) AS wanted JOIN hits ON post = wanted.value",
            (json.dumps(list(set(posts))),),
        )
        return {(post, topic): read_places(places) for post, topic, places in found}

    def next_due(self, *, terminal: bool) -> datetime | None:
        """When the next row falls due, or None; for those who wait for the outbox to empty."""
        (found,) = self._conn.execute(
            "SELECT min(o.due) FROM outbox AS o JOIN subscribers AS s ON s.id = o.subscriber "
            "WHERE o.state = 'owed' AND s.alive AND (s.chat = ?) = ?",
            (TERMINAL.id, terminal),
        ).fetchone()
        return None if found is None else utc(found)

    def sending(self, rows: Sequence[int], now: datetime) -> None:
        """Just before the request: from here to ``settle`` the outcome is unknown."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'sending', tries = tries + 1, settled = ? WHERE id = ?",
            [(now.timestamp(), row) for row in rows],
        )

    def sent(self, rows: Sequence[int], message: int, now: datetime) -> None:
        """They stand in the chat, as that message."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'sent', message = ?, settled = ?, reason = '' WHERE id = ?",
            [(message, now.timestamp(), row) for row in rows],
        )

    def later(
        self, rows: Sequence[int], due: datetime, reason: str, *, repeat: bool = False, plain: bool = False
    ) -> None:
        """Owed again at that time: as a ``repeat`` when nobody knows whether it was sent, or as ``plain`` text."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'owed', due = ?, reason = ?, repeat = max(repeat, ?), plain = max(plain, ?) "
            "WHERE id = ?",
            [(due.timestamp(), reason, repeat, plain, row) for row in rows],
        )

    def drop(self, rows: Sequence[int], reason: str, now: datetime) -> None:
        """They will never be sent, for this reason."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'dropped', reason = ?, settled = ? WHERE id = ?",
            [(reason, now.timestamp(), row) for row in rows],
        )

    def recover(self, now: datetime) -> int:
        """At the start: what was being sent when the process died is owed again, as a repeat. Returns how many rows."""
        return self._conn.execute(
            "UPDATE outbox SET state = 'owed', repeat = 1, due = ?, reason = 'uncertain: stopped while sending' "
            "WHERE state = 'sending'",
            (now.timestamp(),),
        ).rowcount

    def forget_old(self, now: datetime, *, age: timedelta) -> int:
        """Drop what is owed to chats that cannot be reached for longer than ``age``. Returns how many rows."""
        return self._conn.execute(
            "UPDATE outbox SET state = 'dropped', reason = 'the chat could not be reached', settled = ?1 "
            "WHERE state = 'owed' AND due < ?2 AND subscriber IN (SELECT id FROM subscribers WHERE NOT alive)",
            (now.timestamp(), (now - age).timestamp()),
        ).rowcount


def _row(alert: Alert, now: datetime) -> tuple[Any, ...]:
    return (
        alert.subscriber,
        alert.kind,
        alert.story,
        alert.cause,
        alert.post,
        json.dumps(alert.topics, ensure_ascii=False),
        _URGENCY.index(alert.priority),
        alert.digest,
        alert.text,
        alert.due.timestamp(),
        now.timestamp(),
    )


def _owed(row: tuple[Any, ...], places: dict[tuple[int, str], tuple[Place, ...]]) -> Owed:
    number, due, urgency, names, post, text, repeat, plain, digest, tries, source, *columns = row
    topics = tuple(json.loads(names))
    found = {place for topic in topics for place in places.get((post, topic), ())}
    return Owed(
        id=number,
        due=utc(due),
        priority=_URGENCY[urgency],
        topics=topics,
        post=read_post(columns) if columns[0] is not None else None,
        source=source or "",
        places=tuple(sorted(found)),
        text=text,
        repeat=bool(repeat),
        plain=bool(plain),
        digest=bool(digest),
        tries=tries,
    )
