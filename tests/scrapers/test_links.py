import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import _links

SAME = [
    ("http://example.org/a", "https://example.org/a"),
    ("https://www.example.org/a", "https://example.org/a"),
    ("https://m.example.org/a", "https://example.org/a"),
    ("https://amp.example.org/a", "https://example.org/a"),
    ("https://EXAMPLE.org:443/a", "https://example.org/a"),
    ("https://user:pw@example.org/a", "https://example.org/a"),
    ("https://example.org/a/", "https://example.org/a"),
    ("https://example.org//a///b", "https://example.org/a/b"),
    ("https://example.org/a/./c/../b", "https://example.org/a/b"),
    ("https://example.org/a/index.html", "https://example.org/a"),
    ("https://example.org/a#top", "https://example.org/a"),
    ("https://example.org/a?utm_source=rss&utm_medium=feed", "https://example.org/a"),
    ("https://example.org/a?b=2&a=1&fbclid=x", "https://example.org/a?a=1&b=2"),
    ("https://example.org/a?at_medium=RSS&at_campaign=rss", "https://example.org/a"),
    ("https://example.org/a?ref=rss", "https://example.org/a"),
    ("https://example.org/%7Ea/%e4%b8%ad", "https://example.org/~a/中"),
    ("https://example.org/a?q=x+y", "https://example.org/a?q=x%20y"),
    ("https://example.org/a/amp/", "https://example.org/a"),
    ("https://example.org/a.amp.html", "https://example.org/a.html"),
    ("https://example.org/a?amp=1", "https://example.org/a"),
    ("https://example-org.cdn.ampproject.org/c/s/example.org/a", "https://example.org/a"),
    ("https://www.google.com/amp/s/example.org/a", "https://example.org/a"),
    ("https://www.google.com/url?rct=j&sa=t&url=https://example.org/a&ct=ga", "https://example.org/a"),
    ("https://youtu.be/Ab_1?t=9", "https://www.youtube.com/watch?v=Ab_1"),
    ("https://m.youtube.com/shorts/Ab_1", "https://www.youtube.com/watch?v=Ab_1&feature=share"),
    ("https://old.reddit.com/r/x/1", "https://www.reddit.com/r/x/1/"),
    ("https://mobile.twitter.com/a/status/1?s=20", "https://x.com/a/status/1"),
    ("https://fr.m.wikipedia.org/wiki/H100", "https://fr.wikipedia.org/wiki/H100"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
]
APART = [
    ("https://example.org/a", "https://example.org/A"),
    ("https://example.org/a?id=1", "https://example.org/a?id=2"),
    ("https://example.org/a?ref=1", "https://example.org/a?ref=2"),
    ("https://example.org/a?source=nvidia", "https://example.org/a?source=amd"),
    ("https://example.org/forum.php?mod=viewthread&tid=1", "https://example.org/forum.php?mod=post&tid=1"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://news.example.org/a", "https://example.org/a"),
    ("https://youtu.be/abc", "https://youtu.be/abd"),
    ("https://example.org/amplifier", "https://example.org/lifier"),
    ("https://example.org/a?q=b%26c", "https://example.org/a?q=b&c"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_page_have_one_key(one: str, other: str) -> None:
    assert _links.key(one) == _links.key(other) != ""


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_pages_have_two_keys(one: str, other: str) -> None:
    assert _links.key(one) != _links.key(other)


@pytest.mark.parametrize(
    "url", ["", "mailto:a@example.org", "javascript:x", "/a", "http://", "ftp://example.org/a", "http://[::1"]
)
def test_what_is_no_web_address_has_no_key(url: str) -> None:
    assert _links.key(url) == ""


@given(st.text() | st.from_regex(r"https?://[a-z.%\[\]:@]{1,12}(/[ -~]{0,12}){0,3}(\?[ -~]{0,20})?", fullmatch=True))
def test_no_text_breaks_it(url: str) -> None:
    assert isinstance(_links.key(url), str)
    assert len(_links.keys([url, url + "#a"])) == 2
    assert isinstance(_links.absolute("https://example.org/a/", url), str)


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)


@given(st.lists(NAMES, max_size=3), st.dictionaries(NAMES, st.text(max_size=8), max_size=3))
def test_a_key_opened_as_an_address_has_itself_as_key(path: list[str], query: dict[str, str]) -> None:
    from urllib.parse import urlencode

    key = _links.key(f"https://example.org/{'/'.join(path)}?{urlencode(query)}")
    assert _links.key(f"https://{key}") == key


def test_fragments_are_kept_where_posts_differ_by_them_alone() -> None:
    day = "https://example.org/day"
    assert _links.keys([f"{day}#1", f"{day}#2"]) == ("example.org/day#1", "example.org/day#2")
    assert _links.keys([f"{day}#0", "https://example.org/b#0"]) == ("example.org/day", "example.org/b")


def test_a_link_that_several_posts_share_or_that_is_a_home_page_is_no_key() -> None:
    shared = "https://example.org/live"
    found = _links.keys(
        [shared, shared, "https://example.org/", "https://example.org/?p=1", "https://example.org/a", ""]
    )
    assert found == ("", "", "", "example.org?p=1", "example.org/a", "")


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("b", "https://example.org/a/b"),
        ("/b\n", "https://example.org/b"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("HTTPS://Other.example/X", "HTTPS://Other.example/X"),
        ("#top", ""),
        ("mailto:a@example.org", ""),
        ("http://[broken", ""),
        ("https://example.org/\ud800x", "https://example.org/x"),
    ],
)
def test_addresses_become_absolute_as_published(url: str, absolute: str) -> None:
    assert _links.absolute("https://example.org/a/", url) == absolute


ADDRESSES = st.sampled_from(
    ["https://e.org/1", "http://e.org", "b", " https://e.org/2", "https://[x", "#top", "", "http://"]
)


@given(st.lists(ADDRESSES | st.text(max_size=5)))
def test_addresses_become_absolute_together_as_each_alone(urls: list[str]) -> None:
    base = "https://example.org/a/"
    assert _links.absolutes(base, urls) == [_links.absolute(base, url) for url in urls]


HOSTS = st.lists(
    st.sampled_from(
        [
            "www",
            "www2",
            "m",
            "amp",
            "touch",
            "mobile",
            "a",
            "news",
            "example",
            "co",
            "uk",
            "com",
            "google",
            "youtu",
            "be",
            "youtube",
            "x",
            "twitter",
            "reddit",
            "old",
            "en",
            "wikipedia",
            "org",
            "xn--a",
            "1",
            "127",
            "cdn",
            "ampproject",
            "index",
            "-a",
            "a-",
            "google2",
        ]
    ),
    min_size=1,
    max_size=5,
).map(".".join)
PARTS = st.lists(
    st.sampled_from(
        [
            "a",
            "B",
            "amp",
            "amp.html",
            "x.amp",
            "x.amp.html",
            "index.html",
            "Index.php",
            "default.aspx",
            "default",
            "story.html",
            "index",
            ".",
            "..",
            "a.b",
            "~x",
            "2024",
            "%41",
            "AMP",
            "v",
            "shorts",
            ".hid",
            "amp.",
            "index.",
            "x.amp.y",
            "url",
            "c",
            "s",
            "status",
        ]
    ),
    max_size=4,
).map(lambda parts: "".join(f"/{part}" for part in parts))


@given(st.sampled_from(["http", "https", "HTTP"]), HOSTS, PARTS, st.sampled_from(["", "/", "//", "?a=1", "#x", " "]))
def test_the_short_way_to_a_key_leads_to_the_same_one(scheme: str, host: str, path: str, end: str) -> None:
    url = f"{scheme}://{host}{path}{end}"
    assert _links._plain_key(url) in ("", _links._key(url, 3))


@given(
    st.lists(
        st.sampled_from(
            ["https://example.org/a", "http://www.example.org/a/", "https://example.org/a-1", "https://example.org/2/b",
             "https://m.example.org/c", "https://example.org/amp", "https://example.org/d/index.html", "https://b.org",
             "https://example.org/a#x", "https://example.org/a#y", "https://example.org/e?a=1", "", "no address",
             "https://example.org/f\nhttps://example.org/g"]
        ),
        max_size=6,
    )
)  # fmt: skip
def test_the_links_of_a_batch_have_the_keys_that_they_have_alone(urls: list[str]) -> None:
    found, alone = _links.keys(urls), list(map(_links.key, urls))
    for url, key, own in zip(urls, found, alone, strict=True):
        assert key.partition("#")[0] in ("", own)
        if alone.count(own) == 1 and "/" in own:
            assert key.partition("#")[0] == own, url


def test_the_short_way_is_taken_by_ordinary_addresses() -> None:
    assert _links._plain_key("https://www.example.org/2026/11/h100-racks/") == "example.org/2026/11/h100-racks"
    assert _links._plain_key("https://www.example.org/2026/h100.html") == "example.org/2026/h100.html"
