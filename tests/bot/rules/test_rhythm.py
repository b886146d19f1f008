from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Source, SourceState, Standing
from bot.rules import rhythm
from scrapers import Batch, Blocked, Bookmark, Gone, Post, ScrapeError, Throttled, Unreachable

NOW = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEVER = Standing(name="wire", bookmark=Bookmark(), due=NOW, held=NOW)
ADAPTIVE = Source(name="wire", kind="feed", options="x")
PUNCTUAL = Source(name="wire", kind="feed", options="x", every=10 * MINUTE)
ONE = Batch(posts=(Post(key="feed:1", url=""),), bookmark=Bookmark(etag="e"))


def test_a_look_that_worked_keeps_the_bookmark_and_clears_the_failures() -> None:
    ill = rhythm.after_failure(PUNCTUAL, NEVER, Unreachable("no answer"), now=NOW)
    well = rhythm.after_look(PUNCTUAL, ill, ONE, new=1, now=NOW)
    assert (well.state, well.failures, well.error, well.bookmark.etag) == (SourceState.WELL, 0, "", "e")
    assert (well.due, well.renewed, well.items, well.first) == (NOW + 10 * MINUTE, NOW, 1, False)


def test_a_failure_doubles_the_interval_up_to_a_day_and_keeps_the_bookmark() -> None:
    standing = rhythm.after_look(PUNCTUAL, NEVER, ONE, new=1, now=NOW)
    waits = []
    for _ in range(12):
        standing = rhythm.after_failure(PUNCTUAL, standing, Unreachable("no answer"), now=NOW)
        waits.append((standing.due - NOW) / MINUTE)
    assert waits[:3] == [20, 40, 80]
    assert waits[-1] == 24 * 60
    assert (standing.bookmark.etag, standing.failures, standing.state) == ("e", 12, SourceState.ILL)


def test_the_server_can_ask_for_a_longer_wait() -> None:
    asked = Throttled("too many requests", status=429, retry_after=timedelta(hours=3))
    standing = rhythm.after_failure(PUNCTUAL, NEVER, asked, now=NOW)
    assert standing.due == standing.held == NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Gone("gone", status=410), SourceState.GONE),
        (Blocked("no", status=403), SourceState.BLOCKED),
        (ScrapeError("odd"), SourceState.ILL),
    ],
)
def test_an_error_has_its_state(error: ScrapeError, state: SourceState) -> None:
    assert rhythm.after_failure(PUNCTUAL, NEVER, error, now=NOW).state is state


def test_an_adaptive_source_is_looked_at_more_often_when_it_brings_news() -> None:
    standing = NEVER
    for _ in range(10):
        standing = rhythm.after_look(ADAPTIVE, standing, ONE, new=1, now=NOW)
    assert standing.gap == rhythm.SHORTEST
    for _ in range(20):
        standing = rhythm.after_look(ADAPTIVE, standing, Batch(unchanged=True), new=0, now=NOW)
    assert standing.gap == rhythm.LONGEST


def test_a_hint_lengthens_the_adaptive_interval_within_its_range() -> None:
    half_hour = rhythm.after_look(ADAPTIVE, NEVER, Batch(posts=ONE.posts, wait=30 * MINUTE), new=1, now=NOW)
    week = rhythm.after_look(ADAPTIVE, NEVER, Batch(posts=ONE.posts, wait=timedelta(days=7)), new=1, now=NOW)
    assert (half_hour.gap, week.gap) == (30 * MINUTE, rhythm.LONGEST)


@given(st.integers(0, 50), st.integers(0, 40), st.one_of(st.none(), st.timedeltas(MINUTE, timedelta(days=2))))
def test_a_source_is_always_due_again_later_and_within_two_days(new: int, fails: int, every: timedelta | None) -> None:
    source = Source(name="wire", kind="feed", options="x", every=every)
    standing = rhythm.after_look(source, NEVER, ONE, new=new, now=NOW)
    for _ in range(fails):
        standing = rhythm.after_failure(source, standing, Unreachable("no answer"), now=NOW)
    assert NOW < standing.due <= NOW + timedelta(days=2)


def test_a_source_that_shows_nothing_new_for_two_weeks_is_silent() -> None:
    standing = rhythm.after_look(PUNCTUAL, NEVER, ONE, new=1, now=NOW)
    later = NOW + timedelta(days=15)
    assert rhythm.after_look(PUNCTUAL, standing, Batch(unchanged=True), new=0, now=later).state is SourceState.SILENT


def test_the_floor_of_a_platform_binds() -> None:
    source = Source(name="wire", kind="feed", options="x", every=MINUTE, floor=5 * MINUTE)
    assert rhythm.after_look(source, NEVER, ONE, new=1, now=NOW).due == NOW + 5 * MINUTE


def test_a_source_that_shows_nothing_after_it_showed_something_is_ill_and_a_search_is_not() -> None:
    standing = rhythm.after_look(PUNCTUAL, NEVER, ONE, new=1, now=NOW)
    search = Source(name="wire", kind="hackernews", options="x", lists=False)
    assert rhythm.emptied(PUNCTUAL, standing, Batch())
    assert not rhythm.emptied(PUNCTUAL, standing, Batch(unchanged=True))
    assert not rhythm.emptied(PUNCTUAL, NEVER, Batch())
    assert not rhythm.emptied(search, standing, Batch())
