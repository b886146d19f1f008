"""What Vigie remembers: one SQLite file, and the only SQL of the house.

    with store.transaction():            BEGIN IMMEDIATE ... COMMIT; nothing is awaited inside
        store.archive ...                posts and hits
        store.stories ...                which posts tell the same news
        store.articles ...               pages behind posts that are still to be read
        store.sources ...                when each source is due, and how it fares
        store.people ...                 subscribers and what they follow
        store.outbox ...                 what is owed to whom, and what became of it
        store.casebook ...               all that is known of one post, and a story divided

One process writes (it holds a lock file beside the database); any number may read.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlite_utils import Database

from bot.errors import Locked, StoreError
from bot.store.archive import Archive
from bot.store.articles import Articles
from bot.store.casebook import Casebook
from bot.store.outbox import Outbox
from bot.store.people import People
from bot.store.report import Report, report
from bot.store.schema import is_outdated, is_strange, migrate, unknown_step
from bot.store.sources import Sources
from bot.store.stories import Stories

__all__ = ["Archive", "Articles", "Casebook", "Outbox", "People", "Report", "Sources", "Store", "Stories"]


CACHE = 16_384
"""Kilobytes of pages kept in memory: keys of posts come in no order, so writing touches the index all over."""
PAGE = 8_192
"""Bytes of a page of a new database: twice the usual, since looks fill pages one after another and each page costs."""
CHECKPOINT = 4_000
"""Pages that the log grows by before they are carried over to the database: many are written again meanwhile."""

CHECKED = 86_400.0
"""Seconds for which a database that was closed in order, and not touched since, needs no new look for damage."""


class Store:
    """One open database. Raises Locked when another Vigie works on it, StoreError when it cannot be used."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = None if read_only else _lock(path)
        self._checked = 0.0 if self._lock is None else _checked(self._lock, path)
        try:
            self.db = _open(path, read_only=read_only, check=not self._checked)
        except sqlite3.Error as error:
            self._unlock()
            raise StoreError(f"{path}: cannot be used as the database: {error}") from error
        except StoreError:
            self._unlock()
            raise
        self._checked = self._checked or time.time()
        self.archive = Archive(self.db.conn)
        self.articles = Articles(self.db.conn)
        self.casebook = Casebook(self.db.conn)
        self.outbox = Outbox(self.db.conn)
        self.people = People(self.db.conn)
        self.sources = Sources(self.db.conn)
        self.stories = Stories(self.db.conn)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """All or nothing. Never await inside: another task would write into the same transaction."""
        self.db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield self
        except BaseException:
            if self.db.conn.in_transaction:
                self.db.conn.execute("ROLLBACK")
            raise
        self.db.conn.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """All that is read inside is of one moment, whatever a running bot commits meanwhile.

        Raises StoreError where an older Vigie wrote the file: who only reads cannot bring it up to date.
        """
        if is_outdated(self.db):
            raise StoreError(f"{self.path}: was written by an older Vigie; `vigie run` brings it up to date")
        self.db.conn.execute("BEGIN")
        try:
            yield self
        finally:
            self.db.conn.execute("ROLLBACK")

    def report(self) -> Report:
        """What happened, counted."""
        return report(self.db.conn)

    def close(self) -> None:
        """Close the file and give the lock back."""
        self.db.conn.close()
        if self._lock is not None:
            with suppress(OSError):  # a full disk: the next start will look for itself
                os.pwrite(self._lock, f"{self._checked} {_state(self.path)}".encode(), 0)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lock(path: Path) -> int:
    """A lock that dies with its process. It is a file of its own, since closing the database's file drops SQLite's."""
    beside = path.with_name(path.name + ".lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise Locked(f"{path}: another Vigie works on this database; stop it first") from error
    return handle


def _checked(lock: int, path: Path) -> float:
    """When the database was last looked through for damage; 0 where that must be done now.

    To read all of a large one takes a minute. Who closes it in order leaves a note in the lock file, which is taken out
    while it is open: so there is none after a crash, and a wrong one once anybody else has touched the file.
    """
    said, _, state = os.pread(lock, 200, 0).decode("ascii", "replace").partition(" ")
    os.ftruncate(lock, 0)
    try:
        when = float(said)
    except ValueError:
        return 0.0
    return when if 0 <= time.time() - when < CHECKED and state and state == _state(path) else 0.0


def _state(path: Path) -> str:
    """Size and time of the database file; "" where a log beside it holds more, or it cannot be told."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return "" if path.with_name(f"{path.name}-wal").exists() else f"{found.st_size} {found.st_mtime_ns}"


def _open(path: Path, *, read_only: bool, check: bool) -> Database:
    if read_only and not path.exists():
        raise StoreError(f"{path}: no such database yet; `vigie run` makes it")
    mode = "ro" if read_only else "rwc"
    conn = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    db = Database(conn, execute_plugins=False)
    if not read_only:
        _prepare(db, path, check=check)
    _refuse_others(db, path)
    if not read_only:
        migrate(db)
    return db


def _prepare(db: Database, path: Path, *, check: bool) -> None:
    """WAL with NORMAL: a commit survives kill -9; after a power cut a clean prefix remains."""
    db.conn.execute(f"PRAGMA page_size = {PAGE}")
    db.conn.execute("PRAGMA journal_mode = WAL")
    db.conn.execute("PRAGMA synchronous = NORMAL")
    db.conn.execute("PRAGMA foreign_keys = ON")
    db.conn.execute(f"PRAGMA cache_size = -{CACHE}")
    db.conn.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
    found = db.conn.execute("PRAGMA quick_check(1)").fetchone()[0] if check else "ok"
    if found != "ok":
        raise StoreError(f"{path}: the database is damaged ({found}); put a backup in its place")


def _refuse_others(db: Database, path: Path) -> None:
    if is_strange(db):
        raise StoreError(f"{path}: is the database of another program; name another file as store.path")
    stranger = unknown_step(db)
    if stranger:
        raise StoreError(f"{path}: was written by a newer Vigie (step {stranger}); update this one")
