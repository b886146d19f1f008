"""What is owed to whom: every message that reaches a phone unasked is a row here first.

owe         with the posts that caused it, in their transaction
due         what may go now, all that one subscriber is owed together
sending     committed just before the request; a process that dies now leaves the row in this state
settle      what became of it; ``recover`` at the start makes what was still "sending" uncertain, hence a repeat

An alert that was sent grows by an edit: one row for each message, which is owed anew whenever there is more to show,
at most once in 30 seconds. To change a message twice does no harm, so an edit is never a repeat.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from bot.model import TERMINAL, Alert, AlertKind, Also, Debt, Owed, Parcel, Place, Priority, Subscriber, Told, utc
from bot.store.archive import read_places, read_post
from bot.store.people import SUBSCRIBER, read_subscriber

_URGENCY = tuple(Priority)
PARCEL = 200
"""At most this many rows of one subscriber are taken out at once."""
EDIT_PAUSE = timedelta(seconds=30)
"""A message is changed at most so often; what comes in between is written into it together."""

_COLUMNS = "subscriber, kind, story, cause, post, topics, urgency, digest, text, due, created, about"
_OWE = (
    # What a reply answers is looked up where the caller does not know its row yet. An alert that was dropped was never
    # told: it is owed again with the post at hand.
    f"INSERT INTO outbox ({_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
    "CASE WHEN ?12 OR ?2 <> 'alert' OR ?4 = 'first' THEN ?12 ELSE coalesce((SELECT max(id) FROM outbox "
    "WHERE subscriber = ?1 AND kind = 'alert' AND story = ?3 AND state <> 'dropped'), 0) END) "
    "ON CONFLICT DO UPDATE SET post = excluded.post, topics = excluded.topics, urgency = excluded.urgency, "
    "digest = excluded.digest, due = excluded.due, created = excluded.created, about = excluded.about, "
    "state = 'owed', tries = 0, repeat = 0, plain = 0, message = NULL, reason = '', settled = NULL "
    "WHERE kind = 'alert' AND state = 'dropped'"
)
_SETTLED = "state IN ('sent', 'dropped')"
_OWE_EDIT = (
    f"INSERT INTO outbox ({_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
    "max(?10, coalesce((SELECT settled FROM outbox WHERE id = ?12), 0) + ?13), ?11, ?12) "
    "ON CONFLICT DO UPDATE SET post = excluded.post, topics = excluded.topics, "
    f"due = iif({_SETTLED}, max(excluded.due, coalesce(settled, 0) + ?13), due), tries = iif({_SETTLED}, 0, tries), "
    f"plain = iif({_SETTLED}, 0, plain), state = iif({_SETTLED}, 'owed', state)"
)
_PARCEL = (
    # An edit has the words of the alert that it changes (a), and a message to change unless that went out in a list.
    "SELECT o.id, o.kind, o.story, o.due, o.about, o.text, o.digest, o.tries, coalesce(a.cause, o.cause), "
    "coalesce(a.urgency, o.urgency), coalesce(a.topics, o.topics), coalesce(a.post, o.post), "
    "coalesce(a.repeat, o.repeat), max(o.plain, coalesce(a.plain, 0)), "
    "iif(a.state = 'sent' AND NOT a.listed, coalesce(a.message, 0), 0), p.source, "
    "p.key, p.url, p.title, p.text, p.author, p.published, p.lang, p.links, p.media "
    "FROM outbox AS o LEFT JOIN outbox AS a ON o.kind = 'edit' AND a.id = o.about "
    "LEFT JOIN posts AS p ON p.id = coalesce(a.post, o.post) "
    "WHERE o.subscriber = ? AND o.state = 'owed' AND o.due <= ? ORDER BY o.due, o.id LIMIT ?"
)


class _Row(NamedTuple):
    """What is owed, as a statement brings it; of an edit, ``cause`` to ``plain`` are those of the alert it changes."""

    id: int
    kind: str
    story: int
    due: float
    about: int
    text: str
    digest: int
    tries: int
    cause: str
    urgency: int
    topics: str
    post: int
    repeat: int
    plain: int
    edits: int
    source: str | None
    key: str | None
    url: str
    title: str
    body: str
    author: str
    published: float | None
    lang: str
    links: str
    media: str


class _Telling(NamedTuple):
    """An alert of a story that one subscriber got or will get; ``message`` is 0 until it is sent."""

    id: int
    post: int
    message: int


class _Member(NamedTuple):
    """A post of a story, as the alerts of others name it."""

    post: int
    also: Also


class Outbox:
    """Rows that are owed, sending, sent or dropped."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def owe(self, alerts: Iterable[Alert], *, now: datetime) -> int:
        """Keep what is owed; what was owed before is not owed twice. Returns how many are new, edits apart.

        An edit that is owed already will show the new post as well, and goes no later for it.
        """
        alerts = tuple(alerts)
        pause = EDIT_PAUSE.total_seconds()
        self._conn.executemany(
            _OWE_EDIT, [(*_row(alert, now), pause) for alert in alerts if alert.kind is AlertKind.EDIT]
        )
        return self._conn.executemany(
            _OWE, [_row(alert, now) for alert in alerts if alert.kind is not AlertKind.EDIT]
        ).rowcount

    def told(self, stories: Collection[int]) -> tuple[Told, ...]:
        """What subscribers were told, or are owed, of these stories.

        As told counts what stands in the posts that joined since a subscriber's first alert and are on topics that
        their alerts named. Ask before a new post becomes a member, or its own prices will count as told.
        """
        wanted = json.dumps(sorted(set(stories)))
        facts: dict[int, list[tuple[float, frozenset[str], frozenset[str]]]] = defaultdict(list)
        for story, at, said, topics in self._conn.execute(
            "SELECT m.story, m.at, m.facts, json_group_array(h.topic) FROM json_each(?) AS wanted "
            "JOIN members AS m ON m.story = wanted.value JOIN hits AS h ON h.post = m.post "
            "WHERE m.facts <> '[]' GROUP BY m.post",
            (wanted,),
        ):
            facts[story].append((at, frozenset(json.loads(topics)), frozenset(json.loads(said))))
        rows = self._conn.execute(
            "SELECT o.subscriber, o.story, o.id, o.cause, o.topics, o.state, o.settled, o.listed, coalesce(m.at, 0) "
            "FROM json_each(?) AS wanted JOIN outbox AS o ON o.story = wanted.value "
            "LEFT JOIN members AS m ON m.post = o.post "
            "WHERE o.kind = 'alert' AND o.state <> 'dropped' ORDER BY o.subscriber, o.story, o.created, o.id",
            (wanted,),
        )
        return tuple(_told(list(group), facts[story]) for (_, story), group in groupby(rows, lambda row: row[:2]))

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
        """All that this subscriber is owed now, in order; it may be nothing.

        An edit whose message cannot be changed is dropped: it went out in a list, or its alert is owed once more, and
        will then show all there is.
        """
        rows = [_Row(*row) for row in self._conn.execute(_PARCEL, (subscriber.id, now.timestamp(), PARCEL))]
        moot = [row.id for row in rows if row.kind == AlertKind.EDIT and not row.edits]
        if moot:
            self.drop(moot, "there is no message to change", now)
        rows = [row for row in rows if row.id not in moot]
        places = self._places([row.post for row in rows])
        stories = json.dumps(sorted({row.story for row in rows if row.key is not None}))
        tellings, members = self._tellings(subscriber, stories), self._members(subscriber, stories)
        return Parcel(
            subscriber=subscriber,
            owed=tuple(_owed(row, places, tellings[row.story], members[row.story]) for row in rows),
        )

    def _tellings(self, subscriber: Subscriber, stories: str) -> Mapping[int, Sequence[_Telling]]:
        """The alerts of these stories that this subscriber got, the latest last, or will get."""
        found: dict[int, list[_Telling]] = defaultdict(list)
        for story, *columns in self._conn.execute(
            "SELECT o.story, o.id, o.post, iif(o.state = 'sent', coalesce(o.message, 0), 0) "
            "FROM json_each(?) AS wanted JOIN outbox AS o ON o.subscriber = ? AND o.kind = 'alert' "
            "AND o.story = wanted.value WHERE o.state <> 'dropped' ORDER BY o.settled, o.id",
            (stories, subscriber.id),
        ):
            found[story].append(_Telling(*columns))
        return found

    def _members(self, subscriber: Subscriber, stories: str) -> Mapping[int, Sequence[_Member]]:
        """The posts of these stories on topics that this subscriber follows, in the order in which they joined."""
        found: dict[int, list[_Member]] = defaultdict(list)
        for story, post, source, url, lang, title in self._conn.execute(
            "SELECT m.story, m.post, p.source, p.url, p.lang, p.title FROM json_each(?) AS wanted "
            "JOIN members AS m ON m.story = wanted.value JOIN posts AS p ON p.id = m.post "
            "WHERE EXISTS (SELECT 1 FROM hits AS h JOIN subscriptions AS f ON f.topic = h.topic "
            "WHERE h.post = m.post AND f.subscriber = ?) ORDER BY m.at, m.post",
            (stories, subscriber.id),
        ):
            found[story].append(_Member(post, Also(source=source, url=url, lang=lang, title=title)))
        return found

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
        """When the next row falls due, or None; for those who wait for the outbox to empty. Edits can wait for long."""
        (found,) = self._conn.execute(
            "SELECT min(o.due) FROM outbox AS o JOIN subscribers AS s ON s.id = o.subscriber "
            "WHERE o.state = 'owed' AND o.kind <> 'edit' AND s.alive AND (s.chat = ?) = ?",
            (TERMINAL.id, terminal),
        ).fetchone()
        return None if found is None else utc(found)

    def sending(self, rows: Sequence[int], now: datetime) -> None:
        """Just before the request: from here to ``settle`` the outcome is unknown. Several rows go as one list."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'sending', tries = tries + 1, settled = ?, listed = ?, shown = post "
            "WHERE id = ?",
            [(now.timestamp(), len(rows) > 1, row) for row in rows],
        )

    def sent(self, rows: Sequence[int], message: int, now: datetime) -> None:
        """They stand in the chat, as that message. An edit is owed anew if there was more to show meanwhile."""
        more = "kind = 'edit' AND post <> shown"
        self._conn.executemany(
            f"UPDATE outbox SET state = iif({more}, 'owed', 'sent'), due = iif({more}, ?1, due), "
            f"tries = iif({more}, 0, tries), message = ?2, settled = ?3, listed = ?4, reason = '' WHERE id = ?5",
            [((now + EDIT_PAUSE).timestamp(), message, now.timestamp(), len(rows) > 1, row) for row in rows],
        )

    def later(
        self, rows: Sequence[int], due: datetime, reason: str, *, repeat: bool = False, plain: bool = False
    ) -> None:
        """Owed again at that time: as a ``repeat`` when nobody knows whether it was sent, or as ``plain`` text."""
        self._conn.executemany(
            "UPDATE outbox SET state = 'owed', due = ?, reason = ?, plain = max(plain, ?), "
            "repeat = iif(kind = 'edit', 0, max(repeat, ?)) WHERE id = ?",
            [(due.timestamp(), reason, plain, repeat, row) for row in rows],
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
            "UPDATE outbox SET state = 'owed', repeat = (kind <> 'edit'), due = ?, "
            "reason = 'uncertain: stopped while sending' WHERE state = 'sending'",
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
        alert.about,
    )


def _told(rows: Sequence[tuple[Any, ...]], facts: Iterable[tuple[float, frozenset[str], frozenset[str]]]) -> Told:
    """One subscriber's alerts of one story, in order, as what they were told."""
    (*_, since), (subscriber, story, number, cause, _, _, settled, listed, _) = rows[0], rows[-1]
    topics = frozenset(topic for row in rows for topic in json.loads(row[4]))
    known = [said for at, concerned, said in facts if at >= since and concerned & topics]
    return Told(
        subscriber=subscriber,
        story=story,
        topics=topics,
        facts=frozenset().union(*known),
        row=number,
        at=None if any(row[5] == "owed" for row in rows) else utc(settled),
        reply=cause != "first",
        listed=bool(listed),
    )


def _owed(
    row: _Row,
    places: Mapping[tuple[int, str], tuple[Place, ...]],
    tellings: Sequence[_Telling],
    members: Sequence[_Member],
) -> Owed:
    topics = tuple(json.loads(row.topics))
    found = {place for topic in topics for place in places.get((row.post, topic), ())}
    return Owed(
        id=row.id,
        due=utc(row.due),
        priority=_URGENCY[row.urgency],
        topics=topics,
        post=read_post(row[16:]) if row.key is not None else None,
        source=row.source or "",
        places=tuple(sorted(found)),
        text=row.text,
        repeat=bool(row.repeat),
        plain=bool(row.plain),
        digest=bool(row.digest),
        tries=row.tries,
        story=row.story,
        also=_also(row, tellings, members),
        edits=row.edits,
        answers=_answers(row, tellings),
    )


def _also(row: _Row, tellings: Sequence[_Telling], members: Sequence[_Member]) -> tuple[Also, ...]:
    """The other posts of the story that have no alert of their own; of a reply, those that came after its own post."""
    apart = {telling.post for telling in tellings}
    before = next((place for place, member in enumerate(members) if member.post == row.post), -1)
    later = members if row.cause == "first" else members[before + 1 :]
    return tuple(member.also for member in later if member.post != row.post and member.post not in apart)


def _answers(row: _Row, tellings: Sequence[_Telling]) -> int:
    """The message that a reply answers: that of the alert it was planned for, or else the latest that was sent.

    The words of an edited reply say that it is one, so the same is asked of the alert that an edit changes.
    """
    if row.kind == AlertKind.NOTICE or row.cause == "first":
        return 0
    edit = row.kind == AlertKind.EDIT
    sent = [one for one in tellings if one.message and (one.id < row.about if edit else one.id != row.id)]
    return next((one.message for one in sent if one.id == row.about), sent[-1].message if sent else 0)
