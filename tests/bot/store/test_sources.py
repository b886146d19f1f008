from datetime import timedelta

import pytest

from bot.model import SourceState
from bot.store import Store
from scrapers import Bookmark
from tests.support import Clock, MakeSource


def test_a_new_source_is_due_at_once_and_a_known_one_keeps_its_bookmark(
    store: Store, clock: Clock, make_source: MakeSource
) -> None:
    wire, daily = make_source("wire"), make_source("daily")
    store.sources.sync([wire], now=clock())
    standing = store.sources.standing("wire")
    assert (standing.first, standing.state) == (True, SourceState.UNPROVEN)
    kept = standing._replace(
        bookmark=Bookmark(etag="e", newest="7"),
        due=clock() + timedelta(hours=1),
        looked=clock(),
        succeeded=clock(),
        gap=timedelta(minutes=7),
        items=3,
        state=SourceState.WELL,
        note="moved",
    )
    store.sources.done(kept)
    store.sources.sync([wire, daily], now=clock())
    assert store.sources.standing("wire") == kept
    assert store.sources.due(clock()) == ("daily",)
    assert store.sources.due(clock() + timedelta(hours=1)) == ("daily", "wire")


def test_a_source_with_another_address_starts_afresh(store: Store, clock: Clock, make_source: MakeSource) -> None:
    store.sources.sync([make_source("wire")], now=clock())
    standing = store.sources.standing("wire")
    store.sources.done(standing._replace(bookmark=Bookmark(etag="e"), succeeded=clock(), items=9))
    store.sources.sync([make_source("wire", options="https://elsewhere.example.org")], now=clock())
    assert store.sources.standing("wire") == standing


def test_a_source_that_left_the_file_is_not_due_and_is_remembered(
    store: Store, clock: Clock, make_source: MakeSource
) -> None:
    store.sources.sync([make_source("wire"), make_source("daily")], now=clock())
    store.sources.sync([make_source("daily")], now=clock())
    assert store.sources.due(clock()) == ("daily",)
    assert [one.name for one in store.sources.standings()] == ["daily"]
    assert store.sources.standing("wire").name == "wire"
    with pytest.raises(KeyError):
        store.sources.standing("weekly")


def test_a_look_at_all_leaves_alone_who_asked_us_to_wait(store: Store, clock: Clock, make_source: MakeSource) -> None:
    store.sources.sync([make_source("wire"), make_source("daily")], now=clock())
    later = clock() + timedelta(hours=1)
    wire, daily = store.sources.standing("wire"), store.sources.standing("daily")
    store.sources.done(wire._replace(due=later, held=later))
    store.sources.done(daily._replace(due=later))
    assert store.sources.all(clock()) == (store.sources.standing("daily"),)
    assert {one.name for one in store.sources.all(later)} == {"wire", "daily"}


def test_several_standings_are_read_at_once(store: Store, clock: Clock, make_source: MakeSource) -> None:
    store.sources.sync(map(make_source, ("wire", "daily", "weekly")), now=clock())
    store.sources.done(store.sources.standing("wire")._replace(failures=2, due=clock() + timedelta(hours=1)))
    wanted = ("wire", "nobody", "daily")
    assert store.sources.standing_each(wanted) == tuple(map(store.sources.standing, ("wire", "daily")))


def test_nothing_is_kept_of_a_source_that_is_watched_no_longer_as_it_was(
    store: Store, clock: Clock, make_source: MakeSource
) -> None:
    wire, elsewhere = make_source("wire"), make_source("wire", options="https://elsewhere.example.org")
    store.sources.sync([wire], now=clock())
    before = store.sources.standing("wire")
    store.sources.done_if_still(elsewhere, before._replace(items=9))
    assert store.sources.standing("wire") == before
    store.sources.done_if_still(wire, before._replace(items=9))
    assert store.sources.standing("wire").items == 9
    store.sources.sync([], now=clock())
    store.sources.done_if_still(wire, before._replace(items=10))
    assert store.sources.standing("wire").items == 9
