"""When each source is due, where its scraper left off, and how it fares."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.model import Source, SourceState, Standing, utc
from scrapers import Bookmark


class Sources:
    """One row for each source that was ever configured; those of today are active."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def sync(self, sources: Iterable[Source], *, now: datetime) -> None:
        """Make these the active sources. A new one is due now; one with another address starts afresh."""
        rows = [(_identity(source), now.timestamp(), source.name) for source in sources]
        self._conn.execute("UPDATE sources SET active = 0")
        self._conn.executemany(
            "INSERT INTO sources (name, identity, due) VALUES (?3, ?1, ?2) ON CONFLICT (name) DO UPDATE SET active = 1",
            rows,
        )
        self._conn.executemany(
            "UPDATE sources SET identity = ?1, bookmark = '', due = ?2, looked = NULL, succeeded = NULL,"
            " renewed = NULL, held = 0, gap = 0, items = 0, failures = 0, state = 'unproven', error = '', note = ''"
            " WHERE name = ?3 AND identity <> ?1",
            rows,
        )

    def due(self, now: datetime) -> tuple[str, ...]:
        """The names of the active sources whose time has come, longest due first."""
        found = self._conn.execute(
            "SELECT name FROM sources WHERE active AND due <= ? ORDER BY due", (now.timestamp(),)
        )
        return tuple(name for (name,) in found)

    def all(self, now: datetime) -> tuple[Standing, ...]:
        """How all active sources fare, due or not, but for those whose server asked us to wait longer than now."""
        found = self._conn.execute(
            f"SELECT {_COLUMNS} FROM sources WHERE active AND held <= ? ORDER BY due", (now.timestamp(),)
        )
        return tuple(map(_standing, found))

    def standing(self, name: str) -> Standing:
        """How one source fares. Raises KeyError."""
        found = self._conn.execute(f"SELECT {_COLUMNS} FROM sources WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise KeyError(name)
        return _standing(found)

    def standing_each(self, names: Sequence[str]) -> tuple[Standing, ...]:
        """``standing`` of each, in this order, for less than one by one; who was never configured is left out."""
        found = self._conn.execute(
            f"SELECT {_COLUMNS} FROM json_each(?) AS wanted CROSS JOIN sources ON name = wanted.value",
            (json.dumps(names),),
        )
        return tuple(map(_standing, found))

    def standings(self) -> tuple[Standing, ...]:
        """How the active sources fare, by name."""
        found = self._conn.execute(f"SELECT {_COLUMNS} FROM sources WHERE active ORDER BY name")
        return tuple(map(_standing, found))

    def is_still(self, source: Source) -> bool:
        """Whether it is watched, and with the very options that this one has: a file may be read during a look."""
        return self.are_still([source])[0]

    def are_still(self, sources: Sequence[Source]) -> list[bool]:
        """``is_still`` of each, for less than one by one."""
        found = self._conn.execute(
            "SELECT s.name, s.identity FROM json_each(?) AS wanted JOIN sources AS s ON s.name = wanted.value "
            "WHERE s.active",
            (json.dumps([source.name for source in sources]),),
        )
        identities = dict(found.fetchall())
        return [identities.get(source.name) == _identity(source) for source in sources]

    def done(self, standing: Standing) -> None:
        """Keep what a look made of this standing. Its bookmark belongs into the transaction of its posts."""
        self._conn.execute(f"{_KEEP} WHERE name = ?", (*_row(standing), standing.name))

    def done_if_still(self, source: Source, standing: Standing) -> None:
        """The same, of a source that ``is_still`` what it was."""
        self._conn.execute(
            f"{_KEEP} WHERE name = ? AND active AND identity = ?", (*_row(standing), standing.name, _identity(source))
        )


_KEEP = (
    "UPDATE sources SET bookmark = ?, due = ?, held = ?, looked = ?, succeeded = ?, renewed = ?, gap = ?,"
    " items = ?, failures = ?, state = ?, error = ?, note = ?"
)


def _row(standing: Standing) -> tuple[object, ...]:
    return (
        standing.bookmark.to_json(),
        standing.due.timestamp(),
        standing.held.timestamp(),
        _seconds(standing.looked),
        _seconds(standing.succeeded),
        _seconds(standing.renewed),
        standing.gap.total_seconds(),
        standing.items,
        standing.failures,
        standing.state,
        standing.error,
        standing.note,
    )


_COLUMNS = "name, bookmark, due, held, looked, succeeded, renewed, gap, items, failures, state, error, note"


def _standing(row: tuple[Any, ...]) -> Standing:
    name, bookmark, due, held, looked, succeeded, renewed, gap, items, failures, state, error, note = row
    return Standing(
        name=name,
        bookmark=Bookmark.from_json(bookmark),
        due=utc(due),
        held=utc(held),
        looked=_moment(looked),
        succeeded=_moment(succeeded),
        renewed=_moment(renewed),
        gap=timedelta(seconds=gap),
        items=items,
        failures=failures,
        state=SourceState(state),
        error=error,
        note=note,
    )


def _identity(source: Source) -> str:
    return f"{source.kind} {source.options!r}"


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else utc(seconds)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
