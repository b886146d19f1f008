from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Article, Seen
from bot.rules.articles import LONGEST, TRIES, after_failure, counts, held, host, wanted
from scrapers import (
    Blocked,
    Gone,
    Missing,
    Refused,
    Rejected,
    ScrapeError,
    Throttled,
    TooLarge,
    Unconnected,
    Unreachable,
    Unreadable,
)
from tests.support import MakePost, MakeSource

NOW = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADDRESS = "https://news.example.org/1"


def article(tries: int = 0, tried: datetime | None = None) -> Article:
    return Article(post=1, host="news.example.org", sources=("wire",), owed=NOW, tries=tries, tried=tried)


def waits(error: ScrapeError) -> list[float]:
    """Minutes from each failure to the next try, until it is given up."""
    found, now, one = list[float](), NOW, article()
    while due := after_failure(one, error, now=now):
        found.append((due - now) / MINUTE)
        one = article(one.tries + counts(error), one.tried or now)
        now = due
    return found


def test_what_may_pass_is_tried_five_times_with_growing_waits() -> None:
    assert waits(Unreachable("no answer")) == [5, 10, 20, 40]
    assert waits(Rejected("the server answered 502", status=502)) == [5, 10, 20, 40]


def test_a_page_that_is_not_there_yet_or_kept_from_us_is_asked_for_once_more() -> None:
    assert waits(Missing("the server answered 404", status=404)) == [60]
    assert waits(Blocked("the server answered 403", status=403)) == [60]


def test_a_page_that_our_own_parser_could_not_manage_has_three_tries() -> None:
    slow = Unreadable("reading it took longer than 5 s")
    slow.transient = True
    assert waits(slow) == [5, 10]


@pytest.mark.parametrize(
    "error",
    [
        Gone("the server answered 410", status=410),
        Blocked("the server answered 451", status=451),
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

    assert waits(busy(1 / 60)) == [5, 5, 10, 20, 40, 80, 160, 320, 640]
    assert waits(busy(2)) == [120, 120, 240, 480]
    assert waits(busy(9)) == [540, 540]
    assert waits(busy(24)) == [1440]
    assert waits(busy(25)) == []


@pytest.mark.parametrize(
    ("error", "minutes"),
    [
        (Throttled("429", status=429), 5),
        (Throttled("429", status=429, retry_after=MINUTE), 5),
        (Throttled("503", status=503, retry_after=60 * MINUTE), 60),
        (Unconnected("no connection"), 5),
        (Unreachable("its robots.txt cannot be read just now", retry_after=6 * MINUTE), 6),
        (Rejected("502", status=502), None),
        (Missing("404", status=404), None),
        (Unreadable("not a page"), None),
    ],
)
def test_a_host_that_asks_for_time_or_does_not_answer_is_left_alone(error: ScrapeError, minutes: int | None) -> None:
    assert held(error, now=NOW) == (None if minutes is None else NOW + minutes * MINUTE)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://News.Example.org:8080/1", "news.example.org"),
        ("https://bücher.example/1", "xn--bcher-kva.example"),
        ("http://[::1]/1", "::1"),
        ("http://[/1", ""),
        (f"http://{'a' * 64}.example/1", ""),
        ("/1", ""),
    ],
)
def test_the_host_of_an_address_is_as_the_network_knows_it(url: str, name: str) -> None:
    assert host(url) == name


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
    post = make_post(1, url=url)
    seen = Seen(id=7, post=post, source="wire", fresh=fresh)
    assert wanted(make_source("wire", full_text=full_text), [post], [seen]) == ([7] if reads else [])


def test_a_page_that_several_posts_of_a_look_share_is_not_read_nor_is_a_home_page(
    make_source: MakeSource, make_post: MakePost
) -> None:
    site = "https://news.example.org"
    addresses = ["/log#v1", "/log#v2", "/log", "/history", "/history", "", "/#top", "/1#comments", "/?p=2", "/?p=3"]
    posts = [make_post(number, url=f"{site}{address}") for number, address in enumerate(addresses)]
    source = make_source("wire", full_text=True)

    def reads(*numbers: int) -> list[int]:
        return wanted(source, posts, [Seen(id=n, post=posts[n], source="wire") for n in numbers])

    assert reads(*range(len(posts))) == [7, 8, 9]
    assert reads(1) == []  # the others were shown before
    assert wanted(source, [posts[3], posts[3]], [Seen(id=3, post=posts[3], source="wire")]) == [3]
