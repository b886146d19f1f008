import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Article, Source, Unread
from bot.store import Store, schema
from tests.old import BEFORE_STORIES
from tests.support import Clock, MakePost, MakeSource

Due = Callable[[], tuple[Article, ...]]
HOUR = timedelta(hours=1)
HOST = "news.example.org"


@pytest.fixture
def wire(store: Store, make_source: MakeSource, make_post: MakePost, clock: Clock) -> Source:
    """A source that has shown posts 1 to 3."""
    sources = [make_source(name, full_text=True) for name in ("wire", "daily")]
    store.sources.sync(sources, now=clock())
    store.archive.add(sources[0], [make_post(n) for n in (1, 2, 3)], is_fresh=lambda *_: True, now=clock())
    return sources[0]


@pytest.fixture
def daily(make_source: MakeSource) -> Source:
    return make_source("daily", full_text=True)


@pytest.fixture
def due(store: Store, clock: Clock) -> Due:
    """What may be read now, one after the other: it is put back."""

    def found() -> tuple[Article, ...]:
        articles = []
        with store.transaction():
            store.db.conn.execute("SAVEPOINT before")
            while article := store.articles.next(HOST, clock()):
                articles.append(article)
                store.db.conn.execute("UPDATE articles SET due = NULL WHERE post = ?", (article.post,))
            store.db.conn.execute("ROLLBACK TO before")
        return tuple(articles)

    return found


def test_what_is_owed_is_due_at_once_with_its_address(store: Store, wire: Source, due: Due, clock: Clock) -> None:
    store.articles.owe(wire, [1, 2], now=clock())
    first, second = due()
    assert first == Article(post=1, host=HOST, sources=("wire",), owed=clock())
    assert second.post == 2
    assert store.articles.hosts(clock()) == (HOST,)
    assert store.articles.next("example.org", clock()) is None
    assert store.articles.next(HOST, clock() - HOUR) is None


def test_a_page_is_read_once_for_all_who_want_it(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    for source in (wire, daily, wire):
        store.articles.owe(source, [1], now=clock())
    (article,) = due()
    assert article.sources == ("wire", "daily")
    store.articles.read(article)
    assert due() == ()
    store.articles.owe(wire, [1], now=clock())
    assert due() == ()


def test_a_source_that_comes_after_the_reading_has_it_matched_and_not_read_again(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    store.articles.read(due()[0])
    store.articles.owe(daily, [1], now=clock())
    (again,) = due()
    assert (again.read, again.sources) == (True, ("wire", "daily"))
    store.articles.read(again)
    assert due() == ()


def test_a_source_that_comes_during_the_reading_has_its_turn_after_it(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    (article,) = due()
    store.articles.owe(daily, [1], now=clock())
    store.articles.read(article)
    (again,) = due()
    assert (again.read, again.sources) == (True, ("wire", "daily"))


def test_of_a_host_that_is_held_nothing_is_due_whatever_comes_and_others_are(
    store: Store, wire: Source, due: Due, clock: Clock, make_post: MakePost
) -> None:
    other = make_post(4, url="https://www.example.net/4")
    store.archive.add(wire, [other], is_fresh=lambda *_: True, now=clock())
    store.articles.owe(wire, [1, 4], now=clock())
    before = due()
    store.articles.hold(HOST, clock() + HOUR, now=clock())
    store.articles.owe(wire, [2], now=clock())
    assert (due(), store.articles.hosts(clock())) == ((), ("www.example.net",))
    clock.forward(hours=1)
    assert due() == (*before, replace(before[0], post=2))
    store.articles.hold("www.example.net", clock() + HOUR, now=clock())
    assert store.articles.hosts(clock()) == (HOST,)


def test_the_host_that_waits_longest_comes_first(store: Store, wire: Source, clock: Clock, make_post: MakePost) -> None:
    store.archive.add(wire, [make_post(4, url="https://b.example/4")], is_fresh=lambda *_: True, now=clock())
    store.articles.owe(wire, [4], now=clock())
    clock.forward(minutes=1)
    store.articles.owe(wire, [1, 2, 3], now=clock())
    assert store.articles.hosts(clock()) == ("b.example", HOST)


def test_what_failed_at_no_cost_keeps_its_tries_and_the_time_of_the_first(
    store: Store, wire: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    began = clock()
    for counts in (False, True, False):
        store.articles.later(due()[0], clock() + HOUR, "429", counts=counts, now=clock())
        clock.forward(hours=1)
    assert [(one.tries, one.tried) for one in due()] == [(1, began)]


def test_what_nobody_wants_any_more_is_dropped_and_what_was_read_is_remembered(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1, 2], now=clock())
    store.articles.read(due()[1])
    store.articles.owe(daily, [2], now=clock())
    for article in due():
        store.articles.drop(article)
    assert due() == ()
    store.articles.owe(wire, [1, 2], now=clock())
    assert [article.post for article in due()] == [1]


def test_a_page_that_was_read_and_waits_for_a_source_that_left_is_not_due(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    store.articles.read(due()[0])
    store.articles.owe(daily, [1], now=clock())
    store.articles.sync([])
    assert due() == ()


def test_what_was_given_up_lately_is_counted_for_each_source_with_its_last_reason(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1, 2, 3], now=clock())
    store.articles.owe(daily, [3], now=clock())
    one, two, three = due()
    store.articles.give_up(three, "410", now=clock())
    clock.forward(hours=2)
    store.articles.give_up(one, "its robots.txt says no", now=clock())
    clock.forward(seconds=1)
    store.articles.later(two, clock() + HOUR, "no answer", counts=True, now=clock())
    assert store.articles.unread(clock() - 3 * HOUR) == (
        Unread(source="daily", pages=1, error="410"),
        Unread(source="wire", pages=2, error="its robots.txt says no"),
    )
    assert store.articles.unread(clock() - HOUR) == (Unread(source="wire", pages=1, error="its robots.txt says no"),)


def test_what_failed_is_due_later_and_nobody_asks_sooner(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    began = clock()
    store.articles.later(due()[0], clock() + HOUR, "no answer", counts=True, now=clock())
    store.articles.owe(daily, [1], now=clock())
    assert due() == ()
    clock.forward(hours=1)
    (article,) = due()
    assert (article.tries, article.tried, article.sources) == (1, began, ("wire", "daily"))
    store.articles.later(article, clock() + HOUR, "no answer", counts=True, now=clock())
    clock.forward(hours=1)
    assert [(one.tries, one.tried) for one in due()] == [(2, began)]


def test_what_was_given_up_is_not_owed_again(store: Store, wire: Source, daily: Source, due: Due, clock: Clock) -> None:
    store.articles.owe(wire, [1], now=clock())
    store.articles.give_up(due()[0], "the server answered 410 Gone", now=clock())
    store.articles.owe(daily, [1], now=clock())
    assert due() == ()


def test_pages_that_no_source_wants_any_more_are_dropped_and_what_was_read_is_remembered(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock, make_source: MakeSource
) -> None:
    store.articles.owe(wire, [1, 2, 3], now=clock())
    store.articles.owe(daily, [2], now=clock())
    store.articles.read(due()[2])
    store.articles.sync([wire, daily])
    assert [article.post for article in due()] == [1, 2]
    store.articles.sync([make_source("wire", full_text=False), daily])
    assert [article.post for article in due()] == [2]
    store.articles.sync([])
    assert due() == ()
    store.articles.owe(wire, [1, 3], now=clock())
    assert [article.post for article in due()] == [1]


def test_it_belongs_into_the_transaction_of_its_posts(store: Store, wire: Source, due: Due, clock: Clock) -> None:
    def broken_off() -> None:
        with store.transaction():
            store.articles.owe(wire, [1], now=clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert due() == ()


def test_a_database_from_before_there_were_articles_is_brought_up_to_date(
    tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock
) -> None:
    path, wire = tmp_path / "old.db", make_source("wire", full_text=True)
    with Store(path) as store:
        store.sources.sync([wire], now=clock())
        store.archive.add(wire, [make_post(1)], is_fresh=lambda *_: True, now=clock())
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in (*BEFORE_STORIES, "DROP TABLE articles", "DROP TABLE holds"):
            conn.execute(statement)
        conn.execute("DELETE FROM _sqlite_migrations WHERE name <> ?", (schema.first_tables.__name__,))
    with Store(path, read_only=True) as store:
        assert store.articles.unread(clock()) == ()
    with Store(path) as store:
        store.articles.owe(wire, [1], now=clock())
        assert store.articles.hosts(clock()) == (HOST,)
        assert store.archive.post(1) == make_post(1)
