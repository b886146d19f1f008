"""Values that tests share."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.model import Source
from scrapers import Post

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]

START = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **units: float) -> None:
        self.time += timedelta(**units)


def steps(conn: sqlite3.Connection, work: Callable[[], object]) -> int:
    """How many steps SQLite takes for this work, in tens: what time would say, but the same on every machine."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    conn.set_progress_handler(count, 10)
    try:
        work()
    finally:
        conn.set_progress_handler(None, 10)
    return taken
