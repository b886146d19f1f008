from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scrapers
from bot.model import Source
from bot.rules import outage
from bot.rules.outage import ALIVE, CREDIBLE, FEWEST, RETRY, WINDOW, Network

NOW = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def tell(network: Network, hosts: range, *, connected: bool, now: datetime = NOW) -> bool:
    """All these hosts were tried; returns whether the network is down."""
    for number in hosts:
        network.tried(f"h{number}", connected=connected, now=now)
    return network.since is not None


@pytest.fixture
def down() -> Network:
    """A network that went down just now: all of twelve hosts cannot be reached."""
    network = Network()
    assert tell(network, range(12), connected=False)
    return network


def test_it_takes_ten_hosts_and_one_host_counts_once_however_often_it_fails() -> None:
    network = Network()
    for _ in range(20):
        assert not tell(network, range(FEWEST - 1), connected=False)
    assert tell(network, range(FEWEST), connected=False)


def test_it_takes_more_than_half_of_them() -> None:
    network = Network()
    tell(network, range(6), connected=True)
    assert not tell(network, range(6, 12), connected=False)
    assert tell(network, range(12, 13), connected=False)
    assert not tell(network, range(12, 13), connected=True)


def test_failures_over_more_than_a_minute_are_those_of_their_hosts() -> None:
    network = Network()
    for number in range(60):
        at = NOW + number * WINDOW / (FEWEST - 1)
        assert not tell(network, range(number, number + 1), connected=False, now=at)


Tries = st.lists(st.tuples(st.integers(0, 15), st.booleans(), st.integers(0, 20)), max_size=60)


@given(Tries)
def test_it_goes_down_just_when_it_is_defined_to(tries: list[tuple[int, bool, int]]) -> None:
    network, told, now = Network(), [], NOW
    for number, connected, pause in tries:
        now += pause * SECOND
        told.append((now, number, connected))
        last = {number: connected for at, number, connected in told if at > now - WINDOW}
        failed = list(last.values()).count(False)
        network.tried(f"h{number}", connected=connected, now=now)
        assert (network.since is not None) == (len(last) >= 10 and failed > len(last) / 2)
        if network.since:
            break


@given(Tries)
def test_what_it_remembers_is_bounded_by_its_window(tries: list[tuple[int, bool, int]]) -> None:
    network, now = Network(), NOW
    for number, connected, pause in tries:
        now += pause * SECOND
        network.tried(f"h{number}", connected=connected, now=now)
    network.tried("last", connected=True, now=now + timedelta(days=1))
    assert network.since is None
    assert not tell(network, range(FEWEST - 2), connected=False, now=now + timedelta(days=1))


def test_it_stays_down_while_nothing_is_heard_and_while_its_hosts_fail_again(down: Network) -> None:
    for minutes in range(1, 30):
        assert tell(down, range(minutes % 12, minutes % 12 + 1), connected=False, now=NOW + minutes * MINUTE)
    assert down.since == NOW


def test_it_is_up_when_half_of_its_hosts_are_connected_again(down: Network) -> None:
    assert tell(down, range(5), connected=True, now=NOW + MINUTE)
    assert not tell(down, range(5, 6), connected=True, now=NOW + MINUTE)
    assert tell(down, range(12), connected=False, now=NOW + 5 * MINUTE)
    assert down.since == NOW + 5 * MINUTE


def test_one_neighbour_that_answers_all_the_while_says_nothing(down: Network) -> None:
    for minutes in range(1, 300):
        assert tell(down, range(100, 100 + ALIVE - 1), connected=True, now=NOW + minutes * MINUTE)
        assert tell(down, range(12), connected=False, now=NOW + minutes * MINUTE)


def test_where_most_hosts_are_out_of_reach_for_good_they_are_blamed_in_the_end(down: Network) -> None:
    last = NOW + CREDIBLE
    assert tell(down, range(100, 100 + ALIVE), connected=True, now=last)
    assert not tell(down, range(1), connected=False, now=last + SECOND)


def test_hosts_that_were_reached_before_it_went_down_do_not_speak_against_it() -> None:
    network = Network()
    tell(network, range(100, 100 + ALIVE), connected=True)
    assert tell(network, range(12), connected=False, now=NOW + SECOND)
    assert tell(network, range(1), connected=False, now=NOW + 2 * SECOND + CREDIBLE)


def test_the_wait_is_a_minute_at_first_and_the_usual_one_in_the_end() -> None:
    usual = 10 * MINUTE
    assert [outage.wait(NOW, usual, now=NOW + passed) for passed in (0 * MINUTE, 8 * MINUTE)] == [RETRY, RETRY]
    assert outage.wait(NOW, usual, now=NOW + 40 * MINUTE) == 5 * MINUTE
    assert outage.wait(NOW, usual, now=NOW + timedelta(days=3)) == usual
    assert outage.wait(NOW, SECOND, now=NOW + timedelta(days=3)) == RETRY


def test_the_host_of_a_source_is_that_of_its_address() -> None:
    for address, host in {"https://News.Example.org:8080/feed": "news.example.org", "http://[::1]/feed": "::1"}.items():
        options = scrapers.options("feed")(url=address)
        assert outage.host(Source(name="a", kind="feed", options=options)) == host


def test_the_host_of_a_source_without_an_address_is_its_server_or_else_its_kind() -> None:
    options = scrapers.options("hackernews")(query="H100")
    assert outage.host(Source(name="a", kind="hackernews", options=options)) == "hn.algolia.com"
    assert outage.host(Source(name="a", kind="stream", options="x")) == "stream"
