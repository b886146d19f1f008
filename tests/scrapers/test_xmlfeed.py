import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import _decode, _entries, _feed, _xmlfeed
from scrapers._entries import Feed, Head, Raw
from scrapers._response import Response

DATA = Path(__file__).parent / "data" / "feed"
URL = "https://feeds.example.org/feed"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "x": "http://www.w3.org/1999/xhtml",
}
DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())


def rss(*items: str, head: str = "", root: str = "") -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss {DECLARED} {root}><channel>{head}{inner}</channel></rss>".encode()


def atom(*entries: str, head: str = "", root: str = "") -> bytes:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {DECLARED} {root}>{head}{inner}</feed>'.encode()


def first(body: bytes) -> Raw:
    found = _xmlfeed.read(body)
    assert found is not None
    return found[1][0]


def head(body: bytes) -> Head:
    found = _xmlfeed.read(body)
    assert found is not None
    return found[0]


def whole(body: bytes) -> Feed:
    found = _xmlfeed.read(body)
    assert found is not None
    return _entries.feed(*found, url=URL, fetched=NOW)


def test_every_format_is_read() -> None:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    inner = "<title>H100</title><link>https://e.org/1</link>"
    for body in (
        rss(inner),
        f"<rss><item>{inner}</item></rss>".encode(),
        f'<rss xmlns="http://backend.userland.com/rss2"><channel><item>{inner}</item></channel></rss>'.encode(),
        f'<rss xmlns="urn:nobody:knows"><channel><item>{inner}</item></channel></rss>'.encode(),
        f'<rdf:RDF {rdf} xmlns="http://purl.org/rss/1.0/"><channel/><item>{inner}</item></rdf:RDF>'.encode(),
        f'<rdf:RDF {rdf} xmlns="http://my.netscape.com/rdf/simple/0.9/"><item>{inner}</item></rdf:RDF>'.encode(),
        atom("<title>H100</title><link href='https://e.org/1'/>"),
        atom("<title>H100</title><link href='https://e.org/1'/>").replace(SPACES["atom"].encode(), b"http://purl.org/atom/ns#"),
        b"<feed><entry><title>H100</title><link href='https://e.org/1'/></entry></feed>",
    ):  # fmt: skip
        raw = first(body)
        assert (raw.title, raw.link) == ("H100", "https://e.org/1"), body


def test_neither_prefix_nor_case_nor_spelling_of_a_namespace_counts() -> None:
    body = rss("<dc:creator>Ada</dc:creator><content:encoded>H100</content:encoded><pubDate>2024-11-24</pubDate>")
    for other in (
        re.sub(rb"\bdc([:=])", rb"d\1", body),
        body.replace(b"http://", b"https://"),
        body.replace(b'/"', b'"'),
        body.replace(b"creator", b"Creator").replace(b"pubDate", b"pubdate").replace(b"item", b"Item"),
    ):
        assert other != body
        assert first(other) == first(body)
    assert (first(body).author, first(body).body, first(body).date) == ("Ada", "H100", "2024-11-24")
    assert first(body.replace(SPACES["dc"].encode(), b"urn:other")).author == ""


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ("<link>https://e.org/1</link><guid>https://e.org/2</guid>", "https://e.org/1"),
        ("<guid>https://e.org/2</guid>", "https://e.org/2"),
        ("<guid isPermaLink='true'>https://e.org/2</guid>", "https://e.org/2"),
        ("<guid isPermaLink='false'>https://e.org/2</guid>", ""),
        ("<guid>2</guid>", ""),
        ("<link> \n</link><link>\nhttps://e.org/1 </link>", "https://e.org/1"),
        ("<atom:link rel='self' href='https://e.org/0'/><link>https://e.org/1</link>", "https://e.org/1"),
        ("<link>https://e.org/1</link><atom:link rel='alternate' href='https://e.org/0'/>", "https://e.org/0"),
        ("<atom:link type='application/pdf' href='https://e.org/0'/><atom:link href='https://e.org/1'/>", "https://e.org/1"),
        ("<atom:link rel='alternate' type='application/pdf' href='https://e.org/0'/>", "https://e.org/0"),
    ],
)  # fmt: skip
def test_the_link_is_the_alternate_or_the_text_or_a_permanent_id(item: str, link: str) -> None:
    assert first(rss(item)).link == link


def test_the_id_is_the_guid_the_id_or_what_it_is_about() -> None:
    about = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about="https://e.org/1"'
    assert first(rss("<guid> r-1 </guid>")).id == "r-1"
    assert first(atom("<id>tag:e.org,2024:1</id>")).id == "tag:e.org,2024:1"
    assert first(rss("<title>x</title>").replace(b"<item>", f"<item {about}>".encode())).id == "https://e.org/1"


@pytest.mark.parametrize(
    ("item", "body"),
    [
        ("<description>short</description><content:encoded>long</content:encoded>", "long"),
        ("<description>short</description><content:encoded> </content:encoded>", "short"),
        ("<itunes:summary>spoken</itunes:summary><description>short</description>", "short"),
        ("<itunes:summary>spoken</itunes:summary>", "spoken"),
        ("<description><![CDATA[<p>a</p>]]></description>", "<p>a</p>"),
        ("<description>one <!-- two --><?php three ?>four</description>", "one four"),
        ("<description>AT&amp;T <b>H</b>100 &lt; 2</description>", "AT&T <b>H</b>100 &lt; 2"),
        ("<description><div>&lt;p&gt;a&lt;/p&gt;</div></description>", "<p>a</p>"),
        ("<x:body><x:p>a<x:br/>b <x:a href='?a=1&amp;b=2' x:y='z'>c</x:a></x:p></x:body>",
         '<p>a<br>b <a href="?a=1&amp;b=2">c</a></p>'),
        ("<media:group><media:description>filmed</media:description></media:group>", "filmed"),
        ("<source>other</source><unknown><description>no</description></unknown>", ""),
    ],
)  # fmt: skip
def test_the_body_is_the_fullest_that_there_is(item: str, body: str) -> None:
    assert first(rss(item)).body == body


def test_xhtml_is_written_out() -> None:
    said = "<div xmlns='http://www.w3.org/1999/xhtml'>a &lt; <b>H</b>100<img src='i.png'/></div>"
    raw = first(atom(f"<title type='xhtml'>{said}</title><content type='xhtml'>{said}</content>"))
    assert raw.body == raw.title == '<div>a &lt; <b>H</b>100<img src="i.png"></div>'
    assert first(atom("<content type='application/xhtml+xml'>a &lt; b<p/></content>")).body == "a &lt; b<p></p>"


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("<title>H<b>100</b></title>", "H<b>100</b>"),
        ("<media:title>film</media:title><title>H100</title>", "H100"),
        ("<media:group><media:title>film</media:title></media:group>", "film"),
        ("<title/><dc:title>H100</dc:title>", "H100"),
    ],
)
def test_a_title_of_a_medium_stands_in_for_none(item: str, title: str) -> None:
    assert first(rss(item)).title == title


@pytest.mark.parametrize(
    ("item", "author"),
    [
        ("<author>ada@e.org (Ada)</author><dc:creator>Bo</dc:creator>", "ada@e.org (Ada)"),
        ("<author/><dc:creator>Bo</dc:creator>", "Bo"),
        ("<itunes:author>Cy</itunes:author>", "Cy"),
        ("<atom:author><atom:email>a@e.org</atom:email><atom:name>Ada</atom:name></atom:author>", "Ada"),
        ("<atom:author><atom:name/><atom:email>a@e.org</atom:email></atom:author>", "a@e.org"),
        ("<managingEditor>no</managingEditor>", ""),
    ],
)
def test_the_author_is_a_text_or_a_person(item: str, author: str) -> None:
    assert first(rss(item)).author == author


@pytest.mark.parametrize(
    ("entry", "date"),
    [
        ("<updated>2</updated><published>1</published>", "1"),
        ("<updated>2</updated><dc:date>3</dc:date>", "3"),
        ("<modified>2</modified><created>4</created>", "2"),
        ("<created>4</created>", "4"),
        ("<pubDate> Sun, 24 Nov 2024 02:00:00 PM </pubDate>", "Sun, 24 Nov 2024 02:00:00 PM"),
        ("<id>12</id>", ""),
    ],
)
def test_a_date_is_handed_on_as_it_is_written(entry: str, date: str) -> None:
    assert first(atom(entry)).date == date


@pytest.mark.parametrize(
    ("item", "media"),
    [
        ("<enclosure url='a.mp3'/><media:content url='b.png'/><enclosure/>", ("a.mp3", "b.png")),
        ("<media:group><media:content url='a'/><media:thumbnail url='c'/></media:group>", ("a",)),
        ("<media:content><media:thumbnail url='c'/></media:content>", ("c",)),
        ("<atom:link rel='enclosure' href='a.mp3'/>", ("a.mp3",)),
    ],
)  # fmt: skip
def test_media_are_enclosures_then_contents_or_else_thumbnails(item: str, media: tuple[str, ...]) -> None:
    assert first(rss(item)).media == media


def test_what_a_feed_says_of_itself() -> None:
    said = head(
        rss(
            head="<image><title>no</title></image><title>News</title><atom:link rel='self' href='f'/><link>l</link>"
            "<dc:language>fr-CA</dc:language><ttl>5</ttl><sy:updatePeriod>daily</sy:updatePeriod>"
            "<sy:updateFrequency>2</sy:updateFrequency>"
        )
    )
    assert said == Head(title="News", link="l", language="fr-CA", ttl="5", period="daily", frequency="2")
    assert head(atom(root='xml:lang="de"', head="<link rel='self' href='f'/>")) == Head(language="de")


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        (Head(ttl=" 90 "), 90),
        (Head(ttl="9999999"), None),
        (Head(ttl="²"), None),
        (Head(ttl="0", period="hourly", frequency="2"), 30),
        (Head(period="daily", frequency="0"), 1440),
        (Head(period="yearly"), 1440),
        (Head(period="soon"), None),
    ],
)
def test_the_wait_that_a_feed_asks_for(said: Head, minutes: int | None) -> None:
    wait = _entries.feed(said, (), url=URL, fetched=NOW).wait
    assert (wait and wait.total_seconds() / 60) == minutes


@pytest.mark.parametrize(
    ("said", "language"), [(" en_GB ", "en-gb"), ("zh-Hans-CN", "zh-hans-cn"), ("?", ""), ("é", "")]
)
def test_a_language_is_a_tag(said: str, language: str) -> None:
    assert _entries.feed(Head(language=said), (), url=URL, fetched=NOW).language == language


def test_relative_addresses_are_seen_from_the_nearest_base() -> None:
    entry = (
        "<link href='1'/><link rel='enclosure' href='a.mp3'/>"
        "<content type='html' xml:base='deep/'>&lt;a href='x'>x&lt;/a></content>"
    )
    feed = whole(atom(entry, entry, root="xml:base='/blog/'", head="<link href='home'/>"))
    assert feed.link == "https://feeds.example.org/blog/home"
    (entry_, _) = feed.entries
    assert entry_.link == "https://feeds.example.org/blog/1"
    assert entry_.links == ("https://feeds.example.org/blog/deep/x",)
    assert entry_.media == ("https://feeds.example.org/blog/a.mp3",)
    body = rss(
        "<link>1</link><description>&lt;a href='x'>x&lt;/a></description>",
        "<link>2</link>",
        head="<link>https://h.org/</link>",
    )
    based = whole(body.replace(b"<item>", b"<item xml:base='https://e.org/y/'>", 1))
    assert [each.link for each in based.entries] == ["https://e.org/y/1", "https://h.org/2"]
    assert based.entries[0].links == ("https://e.org/y/x",)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><item><title>x</title></item></channel></rss>",
        rss("<title>x</title><item><title>y</title></item>"),
        rss(head="<items><item><title>y</title></item></items>"),
        b"<rss><channel/><channel/></rss>",
        atom("<content type='image/png'>aGk=</content>"),
        atom("<content mode='base64'>aGk=</content>").replace(SPACES["atom"].encode(), b"http://purl.org/atom/ns#"),
        rss("<title>x</title>", root=f"xml:base='{'x/' * 1000}'"),
        rss("<title>" + "<b>" * 5000 + "</b>" * 5000 + "</title>"),
        b"<urlset/>",
        b"<rss><channel>",
        b"<rss>\xff</rss>",
        b"",
        b"{}",
    ],
)
def test_what_it_is_not_sure_of_is_left_to_others(body: bytes) -> None:
    assert _xmlfeed.read(body) is None


def test_more_entries_than_are_asked_for_are_left_to_others_and_a_flood_is_cut() -> None:
    assert _xmlfeed.read(rss("<title>x</title>", "<title>y</title>"), most=1) is None
    found = _xmlfeed.read(rss(*["<title>x</title>"] * (_entries.MAX_ENTRIES + 1)))
    assert found is not None
    assert len(found[1]) == _entries.MAX_ENTRIES


def test_what_is_broken_is_read_as_far_as_it_goes() -> None:
    body = b"<rss v=2><rss:channel><rss:item><rss:title>H100</rss:title><dc:creator>Ada</dc:creator></rss:item>"
    found = _xmlfeed.read(body, broken=True)
    assert found is not None
    assert [(raw.title, raw.author) for raw in found[1]] == [("H100", "Ada")]
    assert _xmlfeed.read(b"no XML", broken=True) is None


def test_a_document_type_opens_nothing_and_hides_nothing(tmp_path: Path) -> None:
    outer = tmp_path / "rss.dtd"
    outer.write_text("this is no DTD: to open it is an error")
    for where in (outer.as_uri(), str(outer), "http://127.0.0.1:9/rss.dtd"):
        body = f"<!DOCTYPE rss SYSTEM '{where}'><rss><item><title>a&nbsp;b</title></item></rss>".encode()
        assert _decode.plain(body, "") is None
        assert first(_decode.document(body, "").body).title == "a\xa0b"


# What is hostile

NAMES = " ".join(f"a{number}='1'" for number in range(5_000))
SPACES_MANY = " ".join(f"xmlns:a{number}='u{number}'" for number in range(3_000))
HOSTILE = {
    "attributes": f"<rss><channel>{f'<item {NAMES}/>' * 17}</channel></rss>",
    "namespaces": f"<rss {SPACES_MANY}><channel>{'<item><title><b/><b/></title></item>' * 900}</channel></rss>",
    "a long namespace": f"<rss xmlns='{'u' * 60_000}'><channel><item>{'<a/>' * 45_000}</item></channel></rss>",
    "nested": f"<rss>{'<a>' * 100_000}",
    "nested and closed": f"<rss><item>{'<a>' * 24_000}{'</a>' * 24_000}</item></rss>",
    "bases": "<rss><item>"
    + "<a xml:base='xxxxxxxx/'>" * 200
    + "<link href='y'/>" * 20_000
    + "</a>" * 200
    + "</item></rss>",
    "inline tags": f"<rss><item><description>{'<b>x</b>' * 24_000}</description></item></rss>",
    "items": f"<rss>{'<item/>' * 49_000}</rss>",
    "kinds": f"<rss><item>{''.join(f'<a{number}/>' for number in range(49_000))}</item></rss>",
    "comments": "<!---->" * 49_000 + "<rss/>",
    "dashes": "<!--" + "- " * 499_000,
    "references": f"<rss><item><title>{'&#65;' * 190_000}</title></item></rss>",
    "sections": f"<rss><item><title>{'<![CDATA[&]]>x' * 49_000}</title></item></rss>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_holds_up_nobody(body: str) -> None:
    assert len(body) < _feed.MAX_HERE
    start = time.process_time()
    _feed.at_once(Response(url=URL, body=body.encode()), NOW)
    assert time.process_time() - start < 2  # a hang takes minutes; measured: 0.06 s


PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "<link href='//[x' rel='", "'/>", "<guid>", "</guid>", "http://[",
     "<content type='xhtml'>", "</content>", " xml:base='http://[x'>", "<author><name/>", "</author>", "&#65;", "x",
     "<media:group>", "</media:group>", "<b", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&nbsp;", "\x00", "é"]
)  # fmt: skip
WHOLE = [(DATA / name).read_bytes() for name in ("rss.xml", "atom.xml", "rdf.xml")]


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_pieces_give_a_feed_or_none(pieces: str) -> None:
    for body in (rss(pieces), atom(pieces), rss(head=pieces)):
        for broken in (False, True):
            found = _xmlfeed.read(body, broken=broken)
            assert found is None or isinstance(_entries.feed(*found, url=URL, fetched=NOW), Feed)


@given(st.sampled_from(WHOLE), st.integers(0, 2_000), st.integers(0, 60), st.binary(max_size=20))
def test_any_change_to_a_feed_gives_a_feed_or_none(body: bytes, at: int, length: int, put: bytes) -> None:
    found = _xmlfeed.read(body[:at] + put + body[at + length :])
    assert found is None or isinstance(_entries.feed(*found, url=URL, fetched=NOW), Feed)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")))
def test_text_comes_out_as_it_went_in_however_it_is_written(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    section = "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    for written in (escaped, section):
        assert first(rss(f"<title>{written}</title>")).title == text.strip()
