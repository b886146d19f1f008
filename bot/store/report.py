"""What happened, counted: for the summary of the demo, and for whoever asks how Vigie fares."""

import json
import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A post that brought a story which another had told: where it was told first, and where it came again."""

    title: str
    first: str
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures over the whole archive.

    ``matched`` are posts that a topic's query found, ``old`` those among them that were too old to tell; ``alerts``
    were sent, in ``messages``; ``topics`` is how many of them named each topic; ``alone`` are the addresses of the
    posts that no topic matched.
    """

    posts: int
    matched: int
    old: int
    folds: tuple[Fold, ...]
    alerts: int
    messages: int
    topics: tuple[tuple[str, int], ...]
    alone: frozenset[str]


def report(conn: sqlite3.Connection) -> Report:
    """Count it all."""

    def one(statement: str) -> int:
        found: int = conn.execute(statement).fetchone()[0]
        return found

    return Report(
        posts=one("SELECT count(*) FROM posts"),
        matched=one("SELECT count(DISTINCT post) FROM hits"),
        old=one("SELECT count(*) FROM (SELECT post FROM hits GROUP BY post HAVING max(fresh) = 0)"),
        folds=_folds(conn),
        alerts=one("SELECT count(*) FROM outbox WHERE kind = 'alert' AND state = 'sent'"),
        messages=one("SELECT count(DISTINCT message) FROM outbox WHERE kind = 'alert' AND state = 'sent'"),
        topics=_topics(conn),
        alone=frozenset(
            url for (url,) in conn.execute("SELECT url FROM posts WHERE id NOT IN (SELECT post FROM hits)")
        ),
    )


def _folds(conn: sqlite3.Connection) -> tuple[Fold, ...]:
    """Copies under another link, and the same link from another source; by the time they came."""
    found = conn.execute(
        "SELECT head.title, head.source, copy.source FROM members AS m "
        "JOIN posts AS copy ON copy.id = m.post JOIN posts AS head ON head.id = m.story WHERE m.post <> m.story "
        "UNION ALL SELECT p.title, p.source, s.name FROM posts AS p JOIN sightings AS g ON g.post = p.id "
        "JOIN sources AS s ON s.id = g.source WHERE s.name <> p.source AND p.id IN (SELECT post FROM hits WHERE fresh)"
    )
    return tuple(Fold(title=title, first=first, again=again) for title, first, again in found)


def _topics(conn: sqlite3.Connection) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for (names,) in conn.execute("SELECT topics FROM outbox WHERE kind = 'alert' AND state = 'sent'"):
        for name in json.loads(names):
            counts[name] = counts.get(name, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
