import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Article, Source
from bot.store import Store, schema
from tests.support import Clock, MakePost, MakeSource

Due = Callable[[], tuple[Article, ...]]
HOUR = timedelta(hours=1)


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
    return lambda: store.articles.due(clock(), limit=10)


def test_what_is_owed_is_due_at_once_with_its_address(store: Store, wire: Source, due: Due, clock: Clock) -> None:
    store.articles.owe(wire, [1, 2], now=clock())
    first, second = due()
    assert first == Article(post=1, url="https://news.example.org/1", sources=("wire",))
    assert second.post == 2
    assert store.articles.due(clock(), limit=1) == (first,)


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


def test_what_is_put_off_is_due_later_at_no_cost(store: Store, wire: Source, due: Due, clock: Clock) -> None:
    store.articles.owe(wire, [1], now=clock())
    (article,) = due()
    store.articles.put_off(article, clock() + HOUR)
    assert due() == ()
    clock.forward(hours=1)
    assert due() == (article,)


def test_what_failed_is_due_later_and_nobody_asks_sooner(
    store: Store, wire: Source, daily: Source, due: Due, clock: Clock
) -> None:
    store.articles.owe(wire, [1], now=clock())
    began = clock()
    store.articles.later(due()[0], clock() + HOUR, "no answer", now=clock())
    store.articles.owe(daily, [1], now=clock())
    assert due() == ()
    clock.forward(hours=1)
    (article,) = due()
    assert (article.tries, article.tried, article.sources) == (1, began, ("wire", "daily"))
    store.articles.later(article, clock() + HOUR, "no answer", now=clock())
    clock.forward(hours=1)
    assert [(one.tries, one.tried) for one in due()] == [(2, began)]


def test_what_was_given_up_is_not_owed_again(store: Store, wire: Source, daily: Source, due: Due, clock: Clock) -> None:
    store.articles.owe(wire, [1], now=clock())
    store.articles.give_up(due()[0], "the server answered 410 Gone")
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
        conn.execute("DROP TABLE articles")
        conn.execute("DELETE FROM _sqlite_migrations WHERE name <> ?", (schema.first_tables.__name__,))
    with Store(path) as store:
        store.articles.owe(wire, [1], now=clock())
        assert [article.post for article in store.articles.due(clock(), limit=10)] == [1]
        assert store.archive.post(1) == make_post(1)
