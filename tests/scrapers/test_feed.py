import gzip
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import (
    Batch,
    Bookmark,
    Gone,
    Missing,
    Post,
    Response,
    ScrapeError,
    TooLarge,
    Unreadable,
    _decode,
    _feed,
    feed,
)
from scrapers._worker import Worker

DATA = Path(__file__).parent / "data" / "feed"
CAPTURES = Path(__file__).parents[2] / ".." / "shared" / "captures" / "feeds"
URL = "https://feeds.example.org/feed"
OPTIONS = feed.Options(url=URL)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


NEVER = Bookmark()
PIECES = st.lists(
    st.sampled_from(
        [
            b"<item>",
            b"</item>",
            b"<title>",
            b"&",
            b"<![CDATA[",
            b"]]>",
            b"<link href='//[x'/>",
            b"<pubDate>9</pubDate>",
            b"\xff",
        ]
    )
).map(lambda pieces: b"<rss><channel>" + b"".join(pieces))


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker(children=1)
    yield opened
    await opened.aclose()


async def read(worker: Worker, body: bytes, **headers: str) -> Batch:
    return await feed.read(Response(url=URL, body=body, headers=headers), OPTIONS, worker)


def saved(name: str) -> bytes:
    return (DATA / name).read_bytes()


def rss(*items: str, before: str = "") -> bytes:
    return f"<rss version='2.0'><channel><title>t</title>{before}{''.join(items)}</channel></rss>".encode()


def utc(hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 11, 24, hour, minute, tzinfo=UTC)


async def test_rss_is_read_in_full(worker: Worker) -> None:
    batch = await read(worker, saved("rss.xml"))
    first, second = batch.posts
    assert batch.wait == timedelta(minutes=90)
    assert batch.notes == ()
    assert first == Post(
        key=first.key,
        url="https://racks.example.org/1?utm_source=rss",
        title="AT&T buys H100 racks",
        text="Eight H100 cards,\nsee photos.",
        author="Ada Quay",
        published=utc(14, 30),
        lang="en-gb",
        links=("https://racks.example.org/photos?a=1&b=2",),
        media=("https://racks.example.org/a.mp3", "https://racks.example.org/i.png"),
    )
    assert (second.title, second.url, second.author) == ("a < b", "https://racks.example.org/2", "Bo Pier")
    assert second.published is None


async def test_atom_is_read_in_full_and_a_video_has_its_description(worker: Worker) -> None:
    first, second = (await read(worker, saved("atom.xml"))).posts
    assert (first.title, first.url) == ("Trafic d’H200", "https://quai.example.org/fr/articles/1")
    assert (first.text, first.author, first.published, first.lang) == ("Été au port", "Zoé", utc(9), "fr")
    assert (second.text, second.media) == ("Des H100 en caisse", ("https://video.example.org/Ab1",))


async def test_rdf_is_read_with_its_content(worker: Worker) -> None:
    batch = await read(worker, saved("rdf.xml"))
    (post,) = batch.posts
    assert (post.title, post.text, post.published, post.lang) == (
        "美超微服务器到港",
        "整机柜H100现货",
        utc(1, 30),
        "zh-cn",
    )
    assert batch.wait == timedelta(minutes=30)


async def test_json_feed_is_read_whatever_its_fields_hold(worker: Worker) -> None:
    first, second = (await read(worker, saved("feed.json"))).posts
    assert (first.url, first.title, first.text, first.author) == (
        "https://notes.example.org/7",
        "",
        "An H100 crate",
        "Cy",
    )
    assert (first.media, first.published) == (("https://notes.example.org/7.png",), utc(9, 30))
    assert (second.url, second.text, second.author) == ("https://elsewhere.example.org/8", "if a <b> c", "Di")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16", "big5"])
async def test_the_same_feed_in_another_charset_gives_the_same_posts(worker: Worker, charset: str) -> None:
    said = rss("<item><guid>1</guid><title>輝達晶片走私</title></item>").decode()
    batch = await read(worker, said.encode(charset), **{"content-type": f"text/xml; charset={charset}"})
    assert batch.posts == (await read(worker, said.encode())).posts
    assert batch.posts[0].title == "輝達晶片走私"


async def test_a_gzip_body_that_nobody_announced_is_read(worker: Worker) -> None:
    assert (await read(worker, gzip.compress(saved("rss.xml")))).posts == (await read(worker, saved("rss.xml"))).posts


ODD = {
    "RSS 0.90": b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>"
    b"<channel><title>t</title></channel><item><title>H100</title><link>https://example.org/1</link></item></rdf:RDF>",
    "Atom 0.3": b"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>H100</title></entry></feed>",
    "an xhtml title": b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='xhtml'>"
    b"<div xmlns='http://www.w3.org/1999/xhtml'>H<b>100</b></div></title></entry></feed>",
    "tags in a title": rss("<item><title>H<b>100</b></title></item>"),
    "half-day clock": rss("<item><title>H100</title><pubDate>Sun, 24 Nov 2024 02:00:00 PM</pubDate></item>"),
    "base of an item": rss("<item xml:base='https://example.org/x/'><title>H100</title><link>1</link></item>"),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
async def test_what_is_odd_but_well_formed_is_read_in_this_process(worker: Worker, body: bytes) -> None:
    batch = await read(worker, body)
    assert [post.title for post in batch.posts] == ["H100"]
    assert batch.notes == ()
    assert worker.pids == ()


LENIENT = {
    "an entity of its own": b"<!DOCTYPE rss [<!ENTITY gpu 'H100'>]>" + rss("<item><title>H100</title></item>"),
    "a tag that is not closed": rss("<item><title>H100</title><br></item>"),
    "a prefix that stands for nothing": rss("<item><title>H100</title><media:rating>1</media:rating></item>"),
    "items within an item": rss("<item><item><title>H100</title></item></item>"),
}


@pytest.mark.parametrize("body", LENIENT.values(), ids=LENIENT)
async def test_what_the_strict_parser_would_lose_is_read_leniently(worker: Worker, body: bytes) -> None:
    batch = await read(worker, body)
    assert [post.title for post in batch.posts] == ["H100"]
    assert batch.notes == ("the feed is broken and was read leniently",)


async def test_a_date_with_am_or_pm_is_read_right(worker: Worker) -> None:
    assert (await read(worker, ODD["half-day clock"])).posts[0].published == utc(14)


async def test_a_number_that_is_an_id_is_no_date(worker: Worker) -> None:
    batch = await read(worker, rss("<item><guid>12</guid><title>x</title></item>"))
    assert batch.posts[0].published is None


async def test_both_parsers_give_the_same_posts(worker: Worker) -> None:
    for name in ("rss.xml", "atom.xml"):
        document = _decode.document(saved(name), "")
        quick, lenient = _feed.quick(document, URL, NOW), _feed.lenient(document, URL, NOW)
        assert quick is not None
        one, other = feed._posts(quick, OPTIONS.url), feed._posts(lenient, OPTIONS.url)
        assert [post.key for post in one] == [post.key for post in other]
        assert [(post.title, post.url, post.text, post.published) for post in one] == [
            (post.title, post.url, post.text, post.published) for post in other
        ]


async def test_bare_ampersands_and_unknown_entities_lose_nothing(worker: Worker) -> None:
    (post,) = (
        await read(worker, rss("<item><title>R&D of H100&nbsp;cards</title><link>https://e.org/?a=1&b=2</link></item>"))
    ).posts
    assert (post.title, post.url) == ("R&D of H100 cards", "https://e.org/?a=1&b=2")


async def test_a_feed_that_breaks_off_gives_what_it_holds(worker: Worker) -> None:
    whole = rss(*(f"<item><guid>{n}</guid><title>H{n}</title></item>" for n in range(9)))
    assert len((await read(worker, whole[: len(whole) // 2])).posts) >= 4


@pytest.mark.parametrize(
    "body",
    [
        rss(),
        b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
    ],
)
async def test_a_feed_without_entries_is_a_feed(worker: Worker, body: bytes) -> None:
    assert (await read(worker, body)).posts == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (saved("page.html"), r"an HTML page.*https://feeds\.example\.org/feed\.xml\?a=1&b=2"),
        (b"<html><body>hello", "an HTML page, not a feed"),
        (b"", "empty"),
        (b"Service paused, come back later.", "not a feed"),
        (b"<urlset><url/></urlset>", "not a feed: it begins with <urlset>"),
        (b'{"error": "quota"}', "not a JSON Feed"),
        (b"{", "neither a feed nor JSON"),
        (b"[" * 100_000, "not a feed"),
        (b"{\"items\":" + b"[" * 100_000, "neither a feed nor JSON"),
        (b"\x00\xff\xfe\x01", "not a feed"),
        (b"/etc/passwd", "not a feed"),
    ],
)  # fmt: skip
async def test_what_is_no_feed_is_an_error_that_says_what_it_is(worker: Worker, body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said) as raised:
        await read(worker, body)
    assert raised.value.subject == URL


async def test_one_huge_start_tag_is_refused_at_once(worker: Worker) -> None:
    start = time.process_time()
    with pytest.raises(TooLarge, match="start tag"):
        await read(worker, b"<rss><channel><item " + b" ".join(b"a%d='1'" % n for n in range(200_000)) + b"/>")
    assert time.process_time() - start < 10  # a hang takes minutes


async def test_entities_that_multiply_and_outer_files_give_nothing(worker: Worker) -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
    head = b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY l0 "ha">' + laughs + b"]>"
    batch = await read(worker, head + rss("<item><guid>1</guid><title>x&f;&l8;</title></item>"))
    assert "root:" not in batch.posts[0].title
    assert len(batch.posts[0].title) < 1_000


async def test_a_large_feed_is_read_in_the_worker_and_gives_the_same(worker: Worker) -> None:
    items = [
        f"<item><guid>{n}</guid><title>H{n}</title><description>{'word ' * 2000}</description></item>"
        for n in range(120)
    ]
    large = rss(*items)
    assert len(large) > _feed.MAX_HERE
    assert [post.title for post in (await read(worker, large)).posts] == [f"H{n}" for n in range(120)]


@pytest.mark.parametrize("items", [_feed.MAX_ITEMS, _feed.MAX_ITEMS + 1])
async def test_more_entries_than_one_should_wait_for_are_read_in_the_worker(worker: Worker, items: int) -> None:
    batch = await read(worker, rss(*(f"<item><guid>{n}</guid><title>H{n}</title></item>" for n in range(items))))
    assert (len(batch.posts), batch.notes, len(worker.pids)) == (items, (), int(items > _feed.MAX_ITEMS))


@given(st.one_of(st.binary(max_size=200), PIECES))
def test_any_bytes_give_a_feed_an_error_of_ours_or_the_lenient_parser(body: bytes) -> None:
    try:
        at_once = _feed.at_once(Response(url=URL, body=body), NOW)
        document = _decode.document(body, "")
        _feed._check_kind(document, URL)
        found = _feed.quick(document, URL, NOW)
    except ScrapeError:
        return
    assert found is None or isinstance(found, _feed.Feed)
    assert at_once is None or at_once == found


# Keys


async def keys(worker: Worker, *items: str, options: feed.Options = OPTIONS) -> list[str]:
    response = Response(url=options.url, body=rss(*(f"<item>{item}</item>" for item in items)))
    return [post.key for post in (await feed.read(response, options, worker)).posts]


async def test_a_key_is_the_same_at_every_poll_whatever_stands_beside_the_post(worker: Worker) -> None:
    post, other = "<guid>a</guid><title>x</title>", "<guid>b</guid><title>x</title>"
    assert (await keys(worker, other, post))[1] == (await keys(worker, post, other))[0] == (await keys(worker, post))[0]
    assert (await keys(worker, post))[0].startswith("feed:")


async def test_a_plain_id_counts_within_its_feed_and_an_address_or_urn_everywhere(worker: Worker) -> None:
    elsewhere = feed.Options(url="https://other.example.org/feed")
    for item, equal in (("7", False), ("https://example.org/?p=7", True), ("tag:example.org,2024:7", True)):
        here = await keys(worker, f"<guid isPermaLink='false'>{item}</guid><link>https://e.org/7</link>")
        there = await keys(
            worker, f"<guid isPermaLink='false'>{item}</guid><link>https://e.org/7</link>", options=elsewhere
        )
        assert (here == there) is equal


async def test_without_an_id_the_link_identifies_however_it_is_spelt(worker: Worker) -> None:
    one = await keys(worker, "<title>x</title><link>https://e.org/7?utm_source=a</link>")
    assert one == await keys(worker, "<title>x, corrected</title><link>http://www.e.org/7/</link>")


async def test_without_id_and_own_link_the_words_identify(worker: Worker) -> None:
    home = "<link>https://e.org/</link>"
    found = await keys(worker, f"<title>x</title>{home}", f"<title>y</title>{home}", "<description>z</description>")
    assert len(set(found)) == 3
    assert found[0] == (await keys(worker, f"<title>x</title>{home}"))[0]


async def test_an_id_that_different_posts_share_is_no_id_and_a_post_listed_twice_is_one(worker: Worker) -> None:
    same = "<guid isPermaLink='false'>1</guid>"
    assert (
        len(set(await keys(worker, f"{same}<link>https://e.org/1</link>", f"{same}<link>https://e.org/2</link>"))) == 2
    )
    assert len(await keys(worker, f"{same}<title>x</title>", f"{same}<title>x</title>")) == 1


# Fetching


@dataclass
class Site:
    """Answers by address, and what was asked."""

    worker: Worker
    answers: Mapping[str, Response | ScrapeError]
    asked: list[tuple[str, Bookmark]] = field(default_factory=list)

    async def get(self, url: str, *, bookmark: Bookmark = NEVER, accept: str = "") -> Response:
        assert "atom" in accept
        self.asked.append((url, bookmark))
        answer = self.answers[url]
        if isinstance(answer, ScrapeError):
            raise answer
        return answer


def page(**changes: Any) -> Response:
    return replace(Response(url=URL, body=saved("rss.xml")), **changes)


async def look(site: Site, bookmark: Bookmark = NEVER, options: feed.Options = OPTIONS) -> Batch:
    return await feed.fetch(site, options, bookmark)  # type: ignore[arg-type]


async def test_a_look_brings_posts_and_a_bookmark_that_the_next_look_sends(worker: Worker) -> None:
    site = Site(worker, {URL: page(headers={"etag": '"1"', "last-modified": "Sun", "cache-control": "max-age=7200"})})
    batch = await look(site)
    assert len(batch.posts) == 2
    assert (batch.bookmark.etag, batch.bookmark.modified, batch.wait) == ('"1"', "Sun", timedelta(hours=2))
    await look(site, batch.bookmark)
    assert site.asked[1] == (URL, batch.bookmark)


async def test_not_modified_is_unchanged_and_keeps_the_bookmark(worker: Worker) -> None:
    known = Bookmark(etag='"1"', modified="Sun", digest="d")
    batch = await look(Site(worker, {URL: Response(url=URL, body=b"", status=304)}), known)
    assert batch == Batch(bookmark=known, unchanged=True)


async def test_a_server_without_validators_is_unchanged_by_the_hash_of_its_body(worker: Worker) -> None:
    site = Site(worker, {URL: page()})
    first = await look(site)
    again = await look(site, first.bookmark)
    assert again.unchanged
    assert again.posts == ()
    site.answers = {URL: page(body=saved("atom.xml"))}
    assert not (await look(site, again.bookmark)).unchanged


async def test_a_feed_that_moved_for_good_is_read_at_its_new_address(worker: Worker) -> None:
    new = "https://new.example.org/feed"
    site = Site(worker, {URL: page(url=new, moved=new), new: page(url=new)})
    first = await look(site)
    assert first.notes == (f"moved to {new}",)
    second = await look(site, first.bookmark)
    assert site.asked[-1][0] == new
    assert (second.unchanged, second.notes, second.bookmark.moved) == (True, first.notes, first.bookmark.moved)


async def test_a_move_is_forgotten_when_the_new_address_is_gone_or_an_operator_names_another(worker: Worker) -> None:
    new, other = "https://new.example.org/feed", "https://other.example.org/feed"
    moved = Bookmark(etag='"1"', moved=f"{URL} {new}")
    site = Site(worker, {URL: page(), new: Gone("gone", status=410), other: page()})
    batch = await look(site, moved)
    assert [url for url, _ in site.asked] == [new, URL]
    assert (len(batch.posts), batch.bookmark.moved, batch.notes) == (2, "", ())
    await look(site, moved, feed.Options(url=other))
    assert site.asked[-1] == (other, Bookmark())


async def test_an_error_of_the_address_itself_is_raised(worker: Worker) -> None:
    with pytest.raises(Missing):
        await look(Site(worker, {URL: Missing("not there", status=404)}))


async def test_the_future_is_set_back_to_the_servers_own_time(worker: Worker) -> None:
    item = "<item><guid>1</guid><title>x</title><pubDate>Sun, 24 Nov 2024 12:00:00 GMT</pubDate></item>"
    batch = await read(worker, rss(item), date="Sun, 24 Nov 2024 11:00:00 GMT")
    assert batch.posts[0].published == utc(11)


@pytest.mark.parametrize("url", ["", "example.org/feed", "ftp://example.org", "http://", "http://[x"])
def test_an_address_that_is_none_is_refused_in_a_plain_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="is not an address that begins with http"):
        feed.Options(url=url)


def test_no_address_is_claimed() -> None:
    assert feed.recognise("https://example.org/feed.xml") is None


# Real captures


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not beside this project")
async def test_every_captured_feed_reads_without_damage(worker: Worker) -> None:
    for file in sorted(CAPTURES.iterdir()):
        if file.suffix == ".md":
            continue
        if file.suffix == ".html":
            with pytest.raises(Unreadable, match="HTML page"):
                await read(worker, file.read_bytes())
            continue
        posts = (await read(worker, file.read_bytes())).posts
        assert posts or file.name == "rss20-gb2312-header-only.xml", file.name
        assert not [post for post in posts if "\ufffd" in post.title + post.text or "Ð" in post.title], file.name
        assert all(post.title or post.text or post.url for post in posts), file.name


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not beside this project")
async def test_one_text_in_two_charsets_reads_alike(worker: Worker) -> None:
    pairs = {
        "constructed-rss20-zh-gb2312.xml": "constructed-rss20-zh-utf8.xml",
        "rss20-ru-koi8r.xml": "rss20-citydog-russian-bom.xml",
    }
    for one, other in pairs.items():
        here, there = [(await read(worker, (CAPTURES / name).read_bytes())).posts for name in (one, other)]
        assert [(post.title, post.text, post.url) for post in here] == [
            (post.title, post.text, post.url) for post in there
        ]
