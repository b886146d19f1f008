"""The pages behind posts that are still to be read, and which of them were read or given up.

owe         with the posts that a look brought, in their transaction
due         what may be read now
read        its text was matched: in the transaction of what follows from it
later       it failed, and is tried again
put_off     it could not be tried, and is owed as before
give_up     it failed, and is not
"""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.model import Article, Source, utc


class Articles:
    """One row for each page, for ever: it is read once, whichever sources show its post."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def owe(self, source: Source, posts: Iterable[int], *, now: datetime) -> None:
        """The pages behind these posts of the source are to be read.

        A page that waits already is not asked for sooner, and one that was given up not again. One that was read for
        another source falls due to be matched for this one.
        """
        self._conn.executemany(
            "INSERT INTO articles (post, sources, due) VALUES (?1, json_array(?2), ?3) ON CONFLICT DO UPDATE SET "
            "sources = json_insert(sources, '$[#]', ?2), due = CASE WHEN read THEN coalesce(due, ?3) ELSE due END "
            "WHERE NOT EXISTS (SELECT 1 FROM json_each(articles.sources) WHERE value = ?2)",
            [(post, source.name, now.timestamp()) for post in posts],
        )

    def sync(self, sources: Iterable[Source]) -> None:
        """Drop what no source of these wants read any more; what was read or given up is remembered."""
        names = json.dumps([source.name for source in sources if source.full_text])
        self._conn.execute(
            "DELETE FROM articles WHERE due IS NOT NULL AND NOT read AND NOT EXISTS (SELECT 1 FROM json_each(sources) "
            "AS theirs JOIN json_each(?) AS wanted ON theirs.value = wanted.value)",
            (names,),
        )

    def due(self, now: datetime, *, limit: int) -> tuple[Article, ...]:
        """At most ``limit`` of those whose time has come, longest due first."""
        found = self._conn.execute(
            "SELECT a.post, p.url, a.sources, a.tries, a.tried, a.read FROM articles AS a JOIN posts AS p "
            "ON p.id = a.post WHERE a.due <= ? ORDER BY a.due, a.post LIMIT ?",
            (now.timestamp(), limit),
        )
        return tuple(_article(row) for row in found)

    def read(self, article: Article) -> None:
        """Its text is in the archive, matched for its sources: one that came in the meantime has its turn yet."""
        self._conn.execute(
            "UPDATE articles SET read = 1, error = '', due = CASE WHEN json_array_length(sources) > ? THEN due END "
            "WHERE post = ?",
            (len(article.sources), article.post),
        )

    def later(self, article: Article, due: datetime, error: str, *, now: datetime) -> None:
        """It failed, and is owed again at that time."""
        self._conn.execute(
            "UPDATE articles SET due = ?, tries = tries + 1, tried = coalesce(tried, ?), error = ? WHERE post = ?",
            (due.timestamp(), now.timestamp(), error, article.post),
        )

    def put_off(self, article: Article, due: datetime) -> None:
        """It could not be tried, and is owed again at that time."""
        self._conn.execute("UPDATE articles SET due = ? WHERE post = ?", (due.timestamp(), article.post))

    def give_up(self, article: Article, error: str) -> None:
        """It will not be read, for this reason."""
        self._conn.execute("UPDATE articles SET due = NULL, error = ? WHERE post = ?", (error, article.post))


def _article(row: tuple[Any, ...]) -> Article:
    post, url, sources, tries, tried, read = row
    return Article(
        post=post,
        url=url,
        sources=tuple(json.loads(sources)),
        tries=tries,
        tried=None if tried is None else utc(tried),
        read=bool(read),
    )
