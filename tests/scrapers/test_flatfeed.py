"""Both readers of well-formed feeds say the same wherever the quick one says anything."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers import _feed, _flatfeed, _xmlfeed
from scrapers._entries import MAX_ENTRIES, Head, Raw
from scrapers._response import Response

DATA = Path(__file__).parent / "data" / "feed"
SPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "strange": "http://example.org/strange",
}
DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())
FEEDS = tuple((DATA / name).read_bytes() for name in ("rss.xml", "rdf.xml"))


def rss(*items: str, head: str = "", root: str = "") -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss {DECLARED} {root}><channel>{head}{inner}</channel></rss>".encode()


def atom(*entries: str, head: str = "") -> bytes:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {DECLARED}>{head}{inner}</feed>'.encode()


def flat(body: bytes) -> tuple[Head, list[Raw]] | None:
    return _flatfeed.read(body, most=MAX_ENTRIES)


def only(body: bytes) -> Raw:
    found = flat(body)
    assert found == _xmlfeed.read(body)
    assert found is not None
    (entry,) = found[1]
    return entry


@pytest.mark.parametrize("body", FEEDS)
def test_usual_feeds_are_read_and_read_alike(body: bytes) -> None:
    assert flat(body) is not None
    assert flat(body) == _xmlfeed.read(body)


def test_what_stands_in_attributes_is_read() -> None:
    found = only(
        atom(
            "<id> tag:e.org,2026:1 </id><title type='text'>H100</title>"
            "<link rel='edit' href='https://e.org/edit'/><link href=' https://e.org/1 '/>"
            "<link rel='enclosure' href='https://e.org/1.mp3'/>"
            "<content type='html'>&lt;p>new&lt;/p></content><published>2026-01-01T00:00:00Z</published>"
            "<author><uri>https://e.org/jo</uri><email>jo@e.org</email><name>Jo Doe</name></author>"
            "<category term='chips'/><category term='news'/>"
        )
    )
    assert found == Raw(
        id="tag:e.org,2026:1",
        link="https://e.org/1",
        title="H100",
        body="<p>new</p>",
        author="Jo Doe",
        date="2026-01-01T00:00:00Z",
        media=("https://e.org/1.mp3",),
    )


def test_media_in_a_group_are_read() -> None:
    group = "<media:group><media:title>H100</media:title><media:content url='u.mp4'/><media:content url='v.mp4'/>"
    found = only(rss(f"{group}<media:thumbnail url='t.jpg'/><media:description>d</media:description></media:group>"))
    assert (found.title, found.body, found.media) == ("H100", "d", ("u.mp4", "v.mp4"))


def test_a_guid_that_is_no_permalink_is_no_link() -> None:
    assert only(rss("<guid>https://e.org/1</guid>")).link == "https://e.org/1"
    assert only(rss("<guid isPermaLink='false'>https://e.org/1</guid>")).link == ""


def test_text_in_pieces_is_one_text() -> None:
    found = only(rss("<title> H<![CDATA[100 &]]> <!-- no --> more\r\nwords </title><description/><author></author>"))
    assert (found.title, found.body) == ("H100 &  more\nwords", "")


def test_what_xml_forbids_is_seen_by_nobody() -> None:
    body = rss(
        "<title>H\x00100\x01</title><description>&lt;p>a\x00b&lt;/p>&lt;a href='https://e.org'>c&lt;/a></description>"
    )
    found = _feed.at_once(Response(url="https://e.org/feed", body=body), datetime.now(UTC))
    assert found is not None
    assert [(entry.title, entry.text, entry.links) for entry in found.entries] == [
        ("H100", "ab\nc", ("https://e.org",))
    ]


def test_a_feed_says_its_title_link_and_language() -> None:
    head = "<title>News</title><link>https://e.org</link><a:link rel='self' href='https://e.org/feed'/><ttl>60</ttl>"
    found = flat(rss(head=head, root="xml:lang='en-GB'"))
    assert found == (Head(title="News", link="https://e.org", language="en-GB", ttl="60"), [])
    assert found == _xmlfeed.read(rss(head=head, root="xml:lang='en-GB'"))


def test_many_entries_are_left_to_the_other() -> None:
    assert _flatfeed.read(rss("", ""), most=1) is None
    assert _flatfeed.read(rss("", ""), most=2) is not None


LEFT = {
    "XHTML": atom("<content type='xhtml'><div><b>x</b></div></content>"),
    "markup that is not escaped": rss("<description>a <b>b</b> c</description>"),
    "base64": atom("<content type='image/png'>eHg=</content>"),
    "Atom 0.3": b"<feed xmlns='http://purl.org/atom/ns#'><entry><title mode='base64'>eHg=</title></entry></feed>",
    "a base": rss("<link xml:base='https://e.org/'>1</link>"),
    "a base of all": rss("<link>1</link>", root="xml:base='https://e.org/'"),
    "a base of the feed": rss("<link>1</link>").replace(b"<channel>", b"<channel xml:base='https://e.org/'>"),
    "a base of a post": rss("<link>1</link>").replace(b"<item>", b"<item xml:base='https://e.org/'>"),
    "another meaning of names": rss("<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"),
    "a prefix that stands for nothing": rss("<nothing:title>x</nothing:title>"),
    "an attribute of nothing": rss("<guid nothing:a='1'>x</guid>"),
    "posts of two names": rss("<title>x</title>", head="<a:entry/>"),
    "two feeds": b"<rss><channel/><channel/></rss>",
    "two roots": b"<rss><channel/></rss><rss/>",
    "a post in a post": rss("<item/>"),
    "a post in something": rss(head="<strange:x><item/></strange:x>"),
    "a blank one of several": rss("<author> </author><author>Jo</author>"),
    "an author of two names": atom("<author><a:name>x</a:name><name>y</name></author>"),
    "links of two names": atom("<link rel='x' href='https://e.org/1'/><dc:x/><a:link href='https://e.org/2'/>"),
    "media in turns": rss("<enclosure url='1'/><media:content url='2'/><enclosure url='3'/>"),
    "enclosures of two kinds": rss("<enclosure url='1'/><a:link rel='enclosure' href='2'/>"),
    "media in media": rss("<media:group>" * 20 + "</media:group>" * 20),
    "an address in lines": rss("<enclosure url='a\nb'/>"),
    "an element like an attribute": rss("<link a='1'><@href>x</@href><@href>y</@href></link>"),
    "not UTF-8": rss("<title>x</title>").replace(b"<title", b"<\x80title"),
    "an entity": rss("<title>&nbsp;</title>"),
    "a tag that is not closed": rss("<title>x"),
    "no feed": b"<html/>",
    "a document type": b"<!DOCTYPE rss>" + rss("<title>x</title>"),
    "a document type inside": rss("<!doctype rss [<!ELEMENT b (c)>]><title>x</title>"),
    "many signs": rss(f"<title>{'!' * 5_000}</title>"),
    "many attributes": rss(f"<title {' '.join(f'a{n}=1' for n in range(700))}>x</title>".replace("=1", "=''")),
    "too much": rss(f"<title>{'x' * _flatfeed.MAX_BODY}</title>"),
}


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_what_is_unusual_is_left_to_the_other(body: bytes) -> None:
    assert flat(body) is None


NAMES = st.sampled_from(
    ["title", "dc:title", "a:title", "link", "a:link", "guid", "id", "description", "content", "content:encoded",
     "summary", "itunes:summary", "author", "dc:creator", "name", "email", "pubDate", "dc:date", "updated", "enclosure",
     "media:content", "media:thumbnail", "media:group", "media:title", "media:description", "itunes:title", "category",
     "strange:x", "strange:item", "language", "ttl"]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    [*[""] * 16, " href='https://e.org/h'", " rel='enclosure' href='https://e.org/e'", " rel='self' href='s'",
     " type='html'", " type='text/html' href='https://e.org/t'", " type='xhtml'", " url='https://e.org/u'",
     " isPermaLink='false'", " xml:lang='en'", " xmlns='http://www.w3.org/1999/xhtml'", " xml:base='https://e.org'"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["x", " y ", "w w", "https://e.org/1", "<![CDATA[<p>z</p>]]>", "a &amp; b", "<!-- -->c", " ", ""]
)


def elements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    made = st.builds(lambda name, given, text: f"<{name}{given}>{text}</{name}>", NAMES, ATTRIBUTES, inner)
    return st.lists(made, max_size=8).map("".join)


ITEMS = st.lists(elements(st.one_of(*[TEXTS] * 9, elements(TEXTS))), max_size=3)


@settings(max_examples=400)
@given(ITEMS, elements(TEXTS))
def test_both_read_the_same_of_any_feed(items: list[str], head: str) -> None:
    for body in (rss(*items, head=head), atom(*items, head=head)):
        found = flat(body)
        assert found is None or found == _xmlfeed.read(body)


@given(
    st.sampled_from(FEEDS), st.integers(0, 2_000), st.integers(0, 60), st.sampled_from(["", "<", "'", "x", "]]>", "é"])
)
def test_both_read_the_same_of_a_feed_that_was_changed(body: bytes, at: int, length: int, put: str) -> None:
    changed = body[:at] + put.encode() + body[at + length :]
    found, other = flat(changed), _xmlfeed.read(changed)
    assert found is None or other is None or found == other
