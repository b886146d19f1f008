"""What happened, counted: the figures behind the summary of the demo."""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """News that came a second time: its title or first words, where it was told first, and where it came again."""

    title: str
    first: str
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures over the whole archive.

    ``shown`` counts posts as the sources showed them, so that one in two sources counts twice; ``matched`` are those
    that a topic found, ``old`` those among them that were too old to tell. ``told`` are posts that alerted somebody, in
    ``messages``; ``topics`` is how many of them each topic named; ``alone`` are the addresses of all other posts.
    """

    shown: int
    matched: int
    old: int
    folds: tuple[Fold, ...]
    told: int
    messages: int
    topics: tuple[tuple[str, int], ...]
    alone: frozenset[str]


_TOLD = "(SELECT post FROM outbox WHERE kind = 'alert' AND state = 'sent')"


def report(conn: sqlite3.Connection) -> Report:
    """Count it all."""

    def one(statement: str) -> int:
        found: int = conn.execute(statement).fetchone()[0]
        return found

    return Report(
        shown=one("SELECT count(*) FROM showings"),
        matched=one("SELECT count(*) FROM showings WHERE post IN (SELECT post FROM hits)"),
        old=one("SELECT count(*) FROM showings WHERE post IN (SELECT post FROM hits WHERE NOT fresh)"),
        folds=_folds(conn),
        told=one(f"SELECT count(DISTINCT post) FROM posts JOIN {_TOLD} ON post = id"),
        messages=one("SELECT count(DISTINCT message) FROM outbox WHERE kind = 'alert' AND state = 'sent'"),
        topics=_topics(conn),
        alone=frozenset(url for (url,) in conn.execute(f"SELECT url FROM posts WHERE id NOT IN {_TOLD}")),
    )


def _folds(conn: sqlite3.Connection) -> tuple[Fold, ...]:
    """The same post in another source, and the same text under another address."""
    found = conn.execute(
        "SELECT p.title, p.text, p.source, s.name FROM posts AS p JOIN sightings AS g ON g.post = p.id "
        f"JOIN sources AS s ON s.id = g.source WHERE p.id IN {_TOLD} "
        "UNION ALL SELECT head.title, head.text, head.source, copy.source FROM members AS m "
        "JOIN posts AS copy ON copy.id = m.post JOIN posts AS head ON head.id = m.story WHERE m.post <> m.story"
    )
    return tuple(Fold(title=title or text[:60], first=first, again=again) for title, text, first, again in found)


def _topics(conn: sqlite3.Connection) -> tuple[tuple[str, int], ...]:
    named: Counter[str] = Counter()
    for (names,) in conn.execute("SELECT topics FROM outbox WHERE kind = 'alert' AND state = 'sent'"):
        named.update(json.loads(names))
    return tuple(named.most_common())
