"""The pages behind posts that are still to be read, and which of them were read or given up.

owe         with the posts that a look brought, in their transaction
hosts       where something may be read now; next: what, on one of them
hold        nothing of that host may be read until then
read        its text was matched: in the transaction of what follows from it
later       it failed, and is tried again
give_up     it failed, and is not
drop        nobody wants it any more
unread      what was given up lately, for operators
"""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.model import Article, Source, Unread, utc
from bot.rules.articles import host


class Articles:
    """One row for each page, for ever: it is read once, whichever sources show its post."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def owe(self, source: Source, posts: Iterable[int], *, now: datetime) -> None:
        """The pages behind these posts of the source are to be read.

        A page that waits already is not asked for sooner, and one that was given up not again. One that was read for
        another source falls due to be matched for this one.
        """
        found = self._conn.execute(
            "SELECT p.id, p.url FROM json_each(?) AS wanted JOIN posts AS p ON p.id = wanted.value",
            (json.dumps(list(posts)),),
        ).fetchall()
        self._conn.executemany(
            "INSERT INTO articles (post, sources, host, owed, due) VALUES (?1, json_array(?2), ?3, ?4, ?4) "
            "ON CONFLICT DO UPDATE SET sources = json_insert(sources, '$[#]', ?2), "
            "owed = CASE WHEN read THEN ?4 ELSE owed END, due = CASE WHEN read THEN coalesce(due, ?4) ELSE due END "
            "WHERE NOT EXISTS (SELECT 1 FROM json_each(articles.sources) WHERE value = ?2)",
            [(post, source.name, host(url), now.timestamp()) for post, url in found],
        )

    def sync(self, sources: Iterable[Source]) -> None:
        """Drop what no source of these wants read any more; what was read or given up is remembered."""
        names = json.dumps([source.name for source in sources if source.full_text])
        unwanted = (
            "due IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each(sources) AS theirs "
            "JOIN json_each(?) AS wanted ON theirs.value = wanted.value)"
        )
        self._conn.execute(f"DELETE FROM articles WHERE NOT read AND {unwanted}", (names,))
        self._conn.execute(f"UPDATE articles SET due = NULL WHERE {unwanted}", (names,))

    def drop(self, article: Article) -> None:
        """No source wants it read any more; that it was read, if it was, is remembered."""
        self._conn.execute("DELETE FROM articles WHERE post = ? AND NOT read", (article.post,))
        self._conn.execute("UPDATE articles SET due = NULL WHERE post = ?", (article.post,))

    def hosts(self, now: datetime) -> tuple[str, ...]:
        """The hosts on which something is due, longest due first, but for those that are held."""
        found = self._conn.execute(
            "SELECT host FROM articles WHERE due <= ?1 AND host NOT IN (SELECT host FROM holds WHERE until > ?1) "
            "GROUP BY host ORDER BY min(due)",
            (now.timestamp(),),
        )
        return tuple(name for (name,) in found)

    def next(self, name: str, now: datetime) -> Article | None:
        """What is longest due on this host; None when nothing is, or when it is held."""
        found = self._conn.execute(
            "SELECT post, host, sources, owed, tries, tried, read FROM articles WHERE host = ?1 AND due <= ?2 "
            "AND NOT EXISTS (SELECT 1 FROM holds WHERE host = ?1 AND until > ?2) ORDER BY due, post LIMIT 1",
            (name, now.timestamp()),
        ).fetchone()
        return None if found is None else _article(found)

    def hold(self, name: str, until: datetime, *, now: datetime) -> None:
        """Nothing of this host may be read until then, whatever is due or comes in the meantime."""
        self._conn.execute("DELETE FROM holds WHERE until <= ?", (now.timestamp(),))
        self._conn.execute("INSERT OR REPLACE INTO holds VALUES (?, ?)", (name, until.timestamp()))

    def read(self, article: Article) -> None:
        """Its text is in the archive, matched for its sources: one that came in the meantime has its turn yet."""
        self._conn.execute(
            "UPDATE articles SET read = 1, error = '', due = CASE WHEN json_array_length(sources) > ? THEN due END "
            "WHERE post = ?",
            (len(article.sources), article.post),
        )

    def later(self, article: Article, due: datetime, error: str, *, counts: bool, now: datetime) -> None:
        """It failed, which counts as a try or does not, and is owed again at that time."""
        self._conn.execute(
            "UPDATE articles SET due = ?, tries = tries + ?, tried = coalesce(tried, ?), error = ? WHERE post = ?",
            (due.timestamp(), counts, now.timestamp(), error, article.post),
        )

    def give_up(self, article: Article, error: str, *, now: datetime) -> None:
        """It will not be read, for this reason."""
        self._conn.execute(
            "UPDATE articles SET due = NULL, given_up = ?, error = ? WHERE post = ?",
            (now.timestamp(), error, article.post),
        )

    def unread(self, since: datetime) -> tuple[Unread, ...]:
        """Which sources have pages that were given up since then. None in a database from before there were any."""
        if not self._conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles'").fetchone():
            return ()
        found = self._conn.execute(  # SQLite takes the error from the row that has the maximum
            "SELECT showed.value, count(*), error, max(given_up) FROM articles, json_each(sources) AS showed "
            "WHERE given_up >= ? GROUP BY showed.value",
            (since.timestamp(),),
        )
        return tuple(Unread(source=source, pages=pages, error=error) for source, pages, error, _ in found)


def _article(row: tuple[Any, ...]) -> Article:
    post, name, sources, owed, tries, tried, read = row
    return Article(
        post=post,
        host=name,
        sources=tuple(json.loads(sources)),
        owed=utc(owed),
        tries=tries,
        tried=None if tried is None else utc(tried),
        read=bool(read),
    )
