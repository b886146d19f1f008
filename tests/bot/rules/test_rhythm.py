from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Source, SourceState, Standing
from bot.rules import rhythm
from scrapers import Batch, Blocked, Bookmark, Gone, Missing, Post, ScrapeError, Throttled, Unreachable

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


def failed(source: Source, times: int, error: ScrapeError | None = None) -> Standing:
    """How the source stands after so many failures in a row, all at one moment."""
    standing = rhythm.after_look(source, NEVER, ONE, new=1, now=NOW)
    for _ in range(times):
        standing = rhythm.after_failure(source, standing, error or Unreachable("no answer"), now=NOW)
    return standing


@pytest.mark.parametrize(
    ("every", "waits"),
    [
        (timedelta(seconds=1), [2, 4, 8, 16]),
        (timedelta(hours=12), [24 * 3600] * 3),
        (timedelta(hours=36), [36 * 3600] * 3),
        (timedelta(days=3650), [3650 * 86400] * 20),
    ],
)
def test_a_wait_never_passes_a_day_unless_that_was_asked_for(every: timedelta, waits: list[int]) -> None:
    source = replace(PUNCTUAL, every=every)
    for times, wait in enumerate(waits, 1):
        assert (failed(source, times).due - NOW).total_seconds() == wait


Every = st.timedeltas(timedelta(seconds=1), timedelta(days=3))


@given(Every, st.integers(0, 20))
def test_an_explicit_interval_is_bent_by_failures_alone(every: timedelta, times: int) -> None:
    source = replace(PUNCTUAL, every=every)
    assert failed(source, times).due - NOW == max(every, min(every * 2**times, rhythm.FURTHEST))
    hinted = rhythm.after_look(source, NEVER, ONE._replace(wait=timedelta(days=1)), new=1, now=NOW)
    assert hinted.due == NOW + every


@given(st.integers(1, 40), st.timedeltas(timedelta(0), timedelta(days=1)), st.one_of(st.none(), Every))
def test_what_the_server_asks_for_is_a_floor_and_no_more(times: int, asked: timedelta, every: timedelta | None) -> None:
    source = replace(PUNCTUAL, every=every)
    throttled = failed(source, times, Throttled("too many requests", status=429, retry_after=asked))
    assert throttled.due == max(failed(source, times).due, NOW + asked)
    assert throttled.held == NOW + asked


@given(st.lists(st.integers(0, 3)), st.integers(0, 40), st.one_of(st.none(), st.timedeltas(timedelta(0))), st.text())
def test_an_adaptive_interval_is_5_to_60_minutes_and_failures_make_it_a_day_at_most(
    brought: list[int], times: int, hint: timedelta | None, name: str
) -> None:
    source, standing = replace(ADAPTIVE, name=name), NEVER
    for new in brought:
        standing = rhythm.after_look(source, standing, ONE._replace(wait=hint), new=new, now=NOW)
        assert rhythm.SHORTEST <= standing.due - NOW <= rhythm.LONGEST
        assert abs((standing.due - NOW) / standing.gap - 1) <= 0.05
    for _ in range(times):
        standing = rhythm.after_failure(source, standing, Unreachable("no answer"), now=NOW)
        assert rhythm.SHORTEST < standing.due - NOW <= rhythm.FURTHEST


def test_adaptive_sources_that_were_started_together_part() -> None:
    dues = set()
    for number in range(100):
        source = replace(ADAPTIVE, name=f"s{number}")
        dues.add(rhythm.after_look(source, NEVER, ONE._replace(wait=30 * MINUTE), new=1, now=NOW).due)
    assert len(dues) == 100
    assert max(dues) - min(dues) > 2.5 * MINUTE


@pytest.mark.parametrize(("posts_a_day", "least", "most"), [(1000, 5, 5.5), (24, 14, 26), (1, 55, 60)])
def test_the_adaptive_interval_follows_how_often_a_source_posts(posts_a_day: int, least: float, most: float) -> None:
    standing, now, told, gaps = NEVER, NOW, 0, []
    for _ in range(1_000):
        now = standing.due
        written = int((now - NOW) / timedelta(days=1) * posts_a_day)
        standing = rhythm.after_look(ADAPTIVE, standing, ONE, new=written - told, now=now)
        told = written
        gaps.append((standing.due - now) / MINUTE)
    assert least <= sum(gaps[50:]) / len(gaps[50:]) <= most


def test_what_is_gone_for_good_is_looked_at_once_a_day_and_may_come_back() -> None:
    for source in (PUNCTUAL, ADAPTIVE):
        gone = failed(source, 1, Gone("gone", status=410))
        assert timedelta(hours=22) < gone.due - NOW <= timedelta(days=1)
        back = rhythm.after_look(source, gone, ONE, new=0, now=NOW)
        assert (back.state, back.failures, back.due <= NOW + 15 * MINUTE) == (SourceState.WELL, 0, True)


def test_what_is_missing_is_ill_for_as_long_as_it_lasts_and_never_given_up() -> None:
    missing = failed(PUNCTUAL, 40, Missing("not found", status=404))
    assert (missing.state, missing.failures, missing.due) == (SourceState.ILL, 40, NOW + timedelta(days=1))


def test_an_outage_leaves_a_source_as_it_stood_and_due_in_about_a_minute() -> None:
    dues = set()
    for number in range(200):
        source = replace(PUNCTUAL, name=f"s{number}")
        before = failed(source, 3)._replace(name=source.name)
        after = rhythm.after_outage(source, before, since=NOW, now=NOW)
        assert after._replace(due=before.due) == before
        assert 45 <= (after.due - NOW).total_seconds() < 75
        dues.add(after.due.replace(microsecond=0))
    assert len(dues) == 30


def test_an_outage_does_not_shorten_what_a_server_asked_for() -> None:
    held = NEVER._replace(held=NOW + timedelta(hours=1))
    assert rhythm.after_outage(PUNCTUAL, held, since=NOW, now=NOW).due == held.held


def test_a_note_holds_until_the_source_is_read_again_and_a_move_is_told_at_once() -> None:
    def notes(before: str, *notes: str, unchanged: bool = False) -> str:
        batch = Batch(posts=() if unchanged else ONE.posts, unchanged=unchanged, notes=notes)
        return rhythm.after_look(PUNCTUAL, NEVER._replace(note=before), batch, new=0, now=NOW).note

    assert notes("", "moved to x", unchanged=True) == "moved to x"
    assert notes("moved to x; read leniently", "moved to x", unchanged=True) == "moved to x; read leniently"
    assert notes("read leniently", unchanged=True) == "read leniently"
    assert notes("moved to x", "moved to y", unchanged=True) == "moved to y"
    assert notes("moved to x; read leniently") == ""


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
