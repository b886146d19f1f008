"""The chats that may be told things, and what they follow."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.model import Chat, Pace, Subscriber, Subscription, utc

SUBSCRIBER = "s.id, s.chat, s.thread, s.lang, s.timezone, s.alive, s.managed"
"""The columns that ``read_subscriber`` wants, of a table named ``s``."""


class People:
    """Subscribers and subscriptions."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def subscriber(self, chat: Chat) -> Subscriber | None:
        """The subscriber of that chat and thread, if there is one."""
        found = self._conn.execute(
            f"SELECT {SUBSCRIBER} FROM subscribers AS s WHERE chat = ? AND thread = ?", (chat.id, chat.thread)
        ).fetchone()
        return None if found is None else read_subscriber(found)

    def welcome(self, chat: Chat, *, lang: str, timezone: str, now: datetime) -> Subscriber:
        """The subscriber of that chat, made if need be; one that had blocked us can be reached again."""
        self._conn.execute(
            "INSERT INTO subscribers (chat, thread, lang, timezone, since) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (chat, thread) DO UPDATE SET alive = 1",
            (chat.id, chat.thread, lang, timezone, now.timestamp()),
        )
        found = self.subscriber(chat)
        assert found is not None  # the line above made it
        return found

    def speak(self, chat: Chat, lang: str) -> None:
        """Talk to that chat in this language from now on."""
        self._conn.execute(
            "UPDATE subscribers SET lang = ? WHERE chat = ? AND thread = ?", (lang, chat.id, chat.thread)
        )

    def follow(self, subscriber: Subscriber, topic: str, *, pace: Pace, now: datetime) -> bool:
        """Follow a topic, or follow it at another pace. True if it was not followed before."""
        known = self._conn.execute(
            "SELECT 1 FROM subscriptions WHERE subscriber = ? AND topic = ?", (subscriber.id, topic)
        ).fetchone()
        self._conn.execute(
            "INSERT INTO subscriptions (subscriber, topic, pace, since) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET pace = excluded.pace, muted = NULL",
            (subscriber.id, topic, str(pace), now.timestamp()),
        )
        return known is None

    def unfollow(self, subscriber: Subscriber, topic: str) -> bool:
        """Follow it no more; what is still owed for this topic alone is dropped. False if it was not followed."""
        self._drop_pending(subscriber, topic)
        return (
            self._conn.execute(
                "DELETE FROM subscriptions WHERE subscriber = ? AND topic = ?", (subscriber.id, topic)
            ).rowcount
            > 0
        )

    def mute(self, subscriber: Subscriber, topic: str | None, until: datetime | None) -> int:
        """Say nothing of a topic (None: of all) until then; ``until`` None unmutes. Returns how many it concerned."""
        names = [one.topic for one in self.subscriptions(subscriber) if topic in (None, one.topic)]
        for name in names:
            self._conn.execute(
                "UPDATE subscriptions SET muted = ? WHERE subscriber = ? AND topic = ?",
                (None if until is None else until.timestamp(), subscriber.id, name),
            )
            if until is not None:
                self._drop_pending(subscriber, name)
        return len(names)

    def _drop_pending(self, subscriber: Subscriber, topic: str) -> None:
        self._conn.execute(
            "UPDATE outbox SET state = 'dropped', reason = 'not wanted any more' "
            "WHERE subscriber = ? AND state = 'owed' AND topics = ?",
            (subscriber.id, json.dumps([topic], ensure_ascii=False)),
        )

    def subscriptions(self, subscriber: Subscriber) -> tuple[Subscription, ...]:
        """What one subscriber follows, by topic."""
        return self._subscriptions("s.id = ?", subscriber.id)

    def following(self, topics: Iterable[str]) -> tuple[Subscription, ...]:
        """Who follows any of these topics and can be reached.

        A chat that config.toml names counts even when it cannot be reached: whoever named it means to mend that.
        """
        return self._subscriptions(
            "(s.alive OR s.managed) AND f.topic IN (SELECT value FROM json_each(?))",
            json.dumps(list(topics), ensure_ascii=False),
        )

    def _subscriptions(self, where: str, value: object) -> tuple[Subscription, ...]:
        found = self._conn.execute(
            f"SELECT f.topic, f.pace, f.muted, {SUBSCRIBER} FROM subscriptions AS f "
            f"JOIN subscribers AS s ON s.id = f.subscriber WHERE {where} ORDER BY f.topic, s.id",
            (value,),
        )
        return tuple(
            Subscription(
                subscriber=read_subscriber(columns),
                topic=topic,
                pace=Pace.parse(pace),
                muted=None if muted is None else utc(muted),
            )
            for topic, pace, muted, *columns in found
        )

    def forget(self, chat: Chat) -> bool:
        """Erase all that is known of that chat. False if nothing was."""
        return (
            self._conn.execute("DELETE FROM subscribers WHERE chat = ? AND thread = ?", (chat.id, chat.thread)).rowcount
            > 0
        )

    def gone(self, chat: Chat) -> None:
        """That chat cannot be reached any more, in no thread of it: keep its settings, send nothing."""
        self._conn.execute("UPDATE subscribers SET alive = 0 WHERE chat = ?", (chat.id,))

    def revive(self, chat: Chat) -> None:
        """That chat can be reached again."""
        self._conn.execute("UPDATE subscribers SET alive = 1 WHERE chat = ?", (chat.id,))

    def migrate(self, old: int, new: int) -> None:
        """The chat has another number now: settings and what is owed go along. Said twice, it counts once.

        Its messages are numbered anew as well, so that those sent before can be neither changed nor answered.
        """
        if not self._conn.execute("SELECT 1 FROM subscribers WHERE chat = ?", (old,)).fetchone():
            return
        self._conn.execute("DELETE FROM subscribers WHERE chat = ?", (new,))
        self._conn.execute("UPDATE subscribers SET chat = ?, alive = 1 WHERE chat = ?", (new, old))
        self._conn.execute(
            "UPDATE outbox SET message = NULL WHERE subscriber IN (SELECT id FROM subscribers WHERE chat = ?)", (new,)
        )

    def manage(
        self, chats: Iterable[tuple[Chat, Iterable[str], Pace]], *, lang: str, timezone: str, now: datetime
    ) -> None:
        """Make the chats of config.toml follow just these topics; one that left the file is forgotten."""
        named = set()
        for chat, topics, pace in chats:
            named.add(chat)
            subscriber = self.welcome(chat, lang=lang, timezone=timezone, now=now)
            self._conn.execute(
                "UPDATE subscribers SET managed = 1, lang = ?, timezone = ? WHERE id = ?",
                (lang, timezone, subscriber.id),
            )
            self._set_topics(subscriber, set(topics), pace, now)
        for chat, thread in self._conn.execute("SELECT chat, thread FROM subscribers WHERE managed").fetchall():
            if Chat(chat, thread) not in named:
                self.forget(Chat(chat, thread))

    def _set_topics(self, subscriber: Subscriber, topics: set[str], pace: Pace, now: datetime) -> None:
        for subscription in self.subscriptions(subscriber):
            if subscription.topic not in topics:
                self.unfollow(subscriber, subscription.topic)
        for topic in topics:
            self.follow(subscriber, topic, pace=pace, now=now)

    def know_topics(self, names: Iterable[str]) -> tuple[str, ...]:
        """Make these the topics of today; return those that left since the last time, which are dormant now."""
        before = {name for (name,) in self._conn.execute("SELECT name FROM topics WHERE active")}
        today = set(names)
        self._conn.execute("UPDATE topics SET active = 0")
        self._conn.executemany(
            "INSERT INTO topics VALUES (?, 1) ON CONFLICT DO UPDATE SET active = 1", [(name,) for name in today]
        )
        return tuple(sorted(before - today))


def read_subscriber(row: Any) -> Subscriber:
    """The Subscriber in the columns of SUBSCRIBER."""
    number, chat, thread, lang, timezone, alive, managed = row
    return Subscriber(
        id=number,
        chat=Chat(chat, thread),
        lang=lang,
        timezone=timezone,
        alive=bool(alive),
        managed=bool(managed),
    )
