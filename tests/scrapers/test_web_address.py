"""Reading an address the short way gives what httpx gives, for whatever is written."""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scrapers import Misuse, Refused
from scrapers._web.address import Address, carefully, origin, parse, show

PIECES = ("a", "b-c", "EXAMPLE", "127.0.0.1", "999", "x2", "com", ".", "..", "-", "_", ":", "80", "443", "8080", "0",
          "70000", "/", "//", "/.", "?", "=", "&", "#", "@", "%2f", "%", "~", "[::1]", "é", " ", "\n")  # fmt: skip
written = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def outcome(read: object, url: str) -> Address | type[Exception]:
    assert callable(read)
    try:
        found: Address = read(url)
    except (Misuse, Refused) as error:
        return type(error)
    return found


@given(scheme=st.sampled_from(("http://", "https://", "HTTP://", "ftp://")), rest=written)
@example(scheme="http://", rest="example.org:443/a?b=1")
@example(scheme="https://", rest="example.org:443/")
@example(scheme="http://", rest="example.org:65536/")
@example(scheme="http://", rest="127.0.0.01/")
@example(scheme="http://", rest="example.org/a/./b/../c\n")
@example(scheme="http://", rest="a" * 300 + ".org")
def test_both_ways_read_the_same(scheme: str, rest: str) -> None:
    assert outcome(parse, scheme + rest) == outcome(carefully, scheme + rest)


@given(rest=written)
def test_an_address_is_written_as_httpx_writes_it(rest: str) -> None:
    url = f"https://me:pass@example.org/{rest}"
    try:
        found, theirs = parse(url), httpx.URL(url.strip())
    except (Misuse, httpx.InvalidURL):
        return
    theirs = theirs.copy_with(fragment=None)
    assert str(found) == str(theirs)
    assert found.target == theirs.raw_path.decode()
    assert (found.user, found.netloc) == (theirs.userinfo.decode(), theirs.netloc.decode())


@pytest.mark.parametrize(
    ("url", "door", "target"),
    [("http://a.org", 80, "/"), ("https://a.org?q", 443, "/?q"), ("http://[::1]:8080/x", 8080, "/x")],
)
def test_it_says_where_to_knock_and_what_to_ask_for(url: str, door: int, target: str) -> None:
    found = parse(url)
    assert (found.door, found.target) == (door, target)
    assert show(found) == origin(found) + url.removeprefix(origin(found)).replace("?q", "?...")
