import os
import sqlite3
from pathlib import Path

import pytest

from bot.errors import Locked, StoreError
from bot.model import Chat
from bot.store import Store
from tests.support import Clock


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    with Store(tmp_path / "vigie.db"):
        with pytest.raises(Locked, match="another Vigie"):
            Store(tmp_path / "vigie.db")
        Store(tmp_path / "vigie.db", read_only=True).close()
    Store(tmp_path / "vigie.db").close()


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store, clock: Clock) -> None:
    def broken_off() -> None:
        with store.transaction():
            store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert store.people.subscriber(Chat(1)) is None
    with store.transaction():
        store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
    assert store.people.subscriber(Chat(1)) is not None


def test_a_database_of_a_newer_vigie_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "vigie.db") as store, store.transaction():
        row = ("vigie", "of_next_year", "2030-01-01")
        store.db.conn.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)", row)
    with pytest.raises(StoreError, match="newer Vigie"):
        Store(tmp_path / "vigie.db")


def test_a_file_that_is_no_database_or_is_damaged_gives_one_plain_line(tmp_path: Path) -> None:
    path = tmp_path / "vigie.db"
    path.write_text("not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match="cannot be used as the database"):
        Store(path)
    assert path.read_text().startswith("not a database")
    with pytest.raises(StoreError, match="no such database"):
        Store(tmp_path / "none.db", read_only=True)
    with pytest.raises(StoreError, match="cannot be written"):
        Store(tmp_path / "nowhere" / "vigie.db")


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "theirs.db") as conn:
        conn.execute("CREATE TABLE posts (theirs TEXT)")
    conn.close()
    with pytest.raises(StoreError, match="another program"):
        Store(tmp_path / "theirs.db")


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    def schema() -> list[str]:
        with sqlite3.connect(tmp_path / "vigie.db") as conn:
            return [row[0] for row in conn.execute("SELECT sql FROM sqlite_master ORDER BY name")]

    Store(tmp_path / "vigie.db").close()
    before = schema()
    Store(tmp_path / "vigie.db").close()
    assert schema() == before


def filled(path: Path) -> Path:
    """A database of many pages, closed in order."""
    with Store(path) as store, store.transaction():
        store.db.conn.executemany("INSERT INTO topics VALUES (?, 1)", [(f"{number:0500}",) for number in range(500)])
    return path


def spoil(path: Path, *, unseen: bool = False) -> None:
    """Overwrite a page in the middle; ``unseen`` leaves the file's time as it was, as a rotten disk does."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(before.st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    if unseen:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path / "vigie.db")
    spoil(path)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"damaged|cannot be used"):
            Store(path)


def test_what_was_closed_in_order_today_and_not_touched_since_is_opened_without_a_search(tmp_path: Path) -> None:
    path = filled(tmp_path / "vigie.db")
    spoil(path, unseen=True)
    Store(path).close()


@pytest.mark.parametrize("said", ["", "nonsense", "0", "0.0 {0} {1}", "99999999999 {0} {1}", "nan {0} {1}"])
def test_after_a_crash_or_a_day_damage_is_searched_for(tmp_path: Path, said: str) -> None:
    path = filled(tmp_path / "vigie.db")
    spoil(path, unseen=True)
    found = path.stat()
    path.with_name("vigie.db.lock").write_text(said.format(found.st_size, found.st_mtime_ns))
    with pytest.raises(StoreError, match=r"damaged|cannot be used"):
        Store(path)


def test_a_database_that_is_open_has_no_note_that_it_was_closed(tmp_path: Path) -> None:
    path = filled(tmp_path / "vigie.db")
    assert path.with_name("vigie.db.lock").read_text()
    with Store(path):
        assert path.with_name("vigie.db.lock").read_text() == ""
