from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Article, Seen
from bot.rules.articles import LONGEST, TRIES, after_failure, wanted
from scrapers import Gone, Missing, Refused, Rejected, ScrapeError, Throttled, TooLarge, Unreachable, Unreadable
from tests.support import MakePost, MakeSource

NOW = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADDRESS = "https://news.example.org/1"


def article(tries: int = 0, tried: datetime | None = None) -> Article:
    return Article(post=1, url=ADDRESS, sources=("wire",), tries=tries, tried=tried)


def waits(error: ScrapeError) -> list[float]:
    """Minutes from each failure to the next try, until it is given up."""
    found, now, one = list[float](), NOW, article()
    while due := after_failure(one, error, now=now):
        found.append((due - now) / MINUTE)
        one = article(one.tries + 1, one.tried or now)
        now = due
    return found


def test_what_may_pass_is_tried_five_times_with_growing_waits() -> None:
    assert waits(Unreachable("no answer")) == [5, 10, 20, 40]
    assert waits(Rejected("the server answered 502", status=502)) == [5, 10, 20, 40]


def test_a_page_that_is_not_there_yet_is_asked_for_once_more() -> None:
    assert waits(Missing("the server answered 404", status=404)) == [60]


@pytest.mark.parametrize(
    "error",
    [
        Gone("the server answered 410", status=410),
        Rejected("the server answered 400", status=400),
        Refused("its robots.txt says no"),
        Unreadable("not a page"),
        TooLarge("larger than 5 MB"),
    ],
)
def test_what_will_not_pass_is_given_up_at_once(error: ScrapeError) -> None:
    assert waits(error) == []


def test_a_server_may_ask_for_a_longer_wait_but_not_past_the_day() -> None:
    def busy(hours: float) -> ScrapeError:
        return Throttled("too many requests", status=429, retry_after=timedelta(hours=hours))

    assert waits(busy(1 / 60)) == [5, 10, 20, 40]
    assert waits(busy(2)) == [120, 120, 120, 120]
    assert waits(busy(9)) == [540, 540]
    assert waits(busy(25)) == []


@given(st.integers(0, 9), st.timedeltas(timedelta(), 3 * LONGEST), st.timedeltas(timedelta(), 2 * LONGEST))
def test_a_further_try_is_later_within_the_day_and_not_the_sixth(tries: int, age: timedelta, asked: timedelta) -> None:
    one = article(tries, NOW - age if tries else None)
    due = after_failure(one, Unreachable("no answer", retry_after=asked), now=NOW)
    if due is not None:
        assert tries + 1 < TRIES
        assert NOW + max(5 * MINUTE, asked) <= due <= (one.tried or NOW) + LONGEST


@pytest.mark.parametrize(
    ("url", "fresh", "full_text", "reads"),
    [
        (ADDRESS, True, True, True),
        ("HTTP://news.example.org/1", True, True, True),
        (ADDRESS, False, True, False),
        (ADDRESS, True, False, False),
        ("", True, True, False),
        ("ftp://news.example.org/1", True, True, False),
    ],
)
def test_a_page_is_read_for_a_source_that_wants_it_behind_a_fresh_post_with_an_address(
    make_source: MakeSource, make_post: MakePost, url: str, fresh: bool, full_text: bool, reads: bool
) -> None:
    seen = Seen(id=7, post=make_post(1, url=url), source="wire", fresh=fresh)
    assert wanted(make_source("wire", full_text=full_text), [seen]) == ([7] if reads else [])
