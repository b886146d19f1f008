import gzip
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Response, ScrapeError, TooLarge, Unreadable, _sitemap
from scrapers._sitemap import Child, Page, Sitemap
from scrapers._worker import Worker

SAVED = (Path(__file__).parent / "data" / "article" / "news.xml").read_bytes()
CAPTURE = Path(__file__).parents[2] / ".." / "shared" / "captures" / "news_html" / "news_sitemap_xfeed.xml"
URL = "https://quay.example.org/news-sitemap.xml"
NOW = datetime(2024, 11, 25, tzinfo=UTC)
PIECES = st.lists(
    st.sampled_from(
        [
            "<url>", "</url>", "<sitemap>", "<loc>", "</loc>", "https://e.org/1", "//[x", "<n:title>", "</n:title>",
            "<lastmod>2024-01-01T99:99Z</lastmod>", "<lastmod>0001-01-01</lastmod>", "<![CDATA[", "]]>", "<!--", "-->",
            "&", "&lt;", "&#xD800;", "\x00", "\ud7ff", "<news:publication_date>", "xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'",
        ]
    )
).map("".join)  # fmt: skip
ROOTS = st.sampled_from(["<urlset>", "<urlset", "<sitemapindex>", "<a:urlset>", "https://e.org/\n", ""])


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker(children=1)
    yield opened
    await opened.aclose()


def found(body: bytes, content_type: str = "", url: str = URL) -> Sitemap:
    sitemap = _sitemap.whole(body, content_type, url, NOW)
    assert sitemap is not None
    return sitemap


def urlset(*entries: str, attributes: str = "") -> bytes:
    return f"<urlset{attributes}>{''.join(f'<url>{entry}</url>' for entry in entries)}</urlset>".encode()


def index(*entries: str) -> bytes:
    return f"<sitemapindex>{''.join(f'<sitemap>{entry}</sitemap>' for entry in entries)}</sitemapindex>".encode()


def utc(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 11, day, hour, minute, tzinfo=UTC)


def test_a_sitemap_of_news_is_read_in_full_the_newest_first() -> None:
    first, second, third, fourth = found(SAVED).pages
    assert first == Page(
        url="https://quay.example.org/2024/h100-racks?id=7&part=1",
        title="Eight H100 racks & a crane at the quay",
        published=utc(24, 6, 30),
        modified=utc(24, 7),
        lang="en",
        publication="The Quay",
        keywords=("H100", "export controls"),
    )
    assert (second.url, second.title) == ("https://quay.example.org/2024/h200", "英伟达H200’s 走私 案")
    assert (second.published, second.lang) == (utc(24), "zh-cn")
    assert (third.url, third.published) == ("https://quay.example.org/about", None)
    assert third.modified == datetime(2024, 10, 1, tzinfo=UTC)
    assert fourth == Page(url="https://quay.example.org/2024/undated")


def test_any_prefix_will_do_and_pictures_and_films_are_no_pages() -> None:
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    body = f"""<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n='{news}'><s:url>
        <video:video><video:title>Film</video:title><video:publication_date>2024-11-01</video:publication_date>
        <video:loc>https://e.org/film</video:loc></video:video><n:news><n:title>H100</n:title></n:news>
        <s:loc>https://e.org/1</s:loc></s:url></s:urlset>"""
    assert found(body.encode()).pages == (Page(url="https://e.org/1", title="H100"),)


def test_an_index_names_its_sitemaps_those_of_news_first_then_the_newest() -> None:
    sitemaps = found(
        index(
            "<loc>https://e.org/a.xml</loc>",
            "<loc>https://e.org/old.xml</loc><lastmod>2024-11-01</lastmod>",
            "<loc>https://e.org/new.xml.gz</loc><lastmod>2024-11-02T10:00:00+00:00</lastmod>",
            "<loc>https://e.org/NewsSitemap.xml</loc>",
            "<loc>https://e.org/b.xml</loc>",
        )
    )
    names = [child.url.rpartition("/")[2] for child in sitemaps.children]
    assert names == ["NewsSitemap.xml", "new.xml.gz", "old.xml", "a.xml", "b.xml"]
    assert sitemaps.children[1] == Child(url="https://e.org/new.xml.gz", modified=utc(2, 10))
    assert sitemaps.pages == ()


@pytest.mark.parametrize(
    ("url", "news"),
    [("https://e.org/news-sitemap.xml", True), ("https://e.org/sitemap.xml?type=googlenews", True),
     ("https://news.e.org/sitemap.xml", False), ("https://e.org/sitemap.xml", False)],
)  # fmt: skip
def test_a_sitemap_of_news_is_told_by_its_path(url: str, news: bool) -> None:
    assert _sitemap.is_of_news(url) is news


def test_a_plain_list_of_addresses_is_a_sitemap_however_long() -> None:
    lines = [f"https://e.org/{number}?a=1&b=2" for number in range(5_000)]
    body = "\ufeff" + "\r\n".join(("", *lines, "no address", "ftp://e.org/", "https://e.org/with space"))
    assert [page.url for page in found(body.encode(), "text/plain").pages] == lines[:250] + lines[-250:]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "gb18030"])
def test_the_charset_may_be_another_than_it_should(charset: str) -> None:
    body = urlset("<loc>https://e.org/1</loc><news:news><news:title>輝達晶片走私</news:title></news:news>").decode()
    (page,) = found(body.encode(charset), f"application/xml; charset={charset}").pages
    assert page.title == "輝達晶片走私"


def test_broken_xml_gives_what_it_holds() -> None:
    body = urlset("<loc>https://e.org/?a=1&b=2</loc>", "<loc>https://e.org/2", "<loc>https://e.org/3</loc>")
    broken = body[: body.index(b"/3")]
    assert [page.url for page in found(broken).pages] == ["https://e.org/?a=1&b=2", "https://e.org/2"]


@pytest.mark.parametrize(
    "said", ["", "yesterday", "2024", "2024-11", "24/11/2024", "2024-13-01", "0001-01-01", "9" * 99]
)
def test_what_is_no_date_of_the_protocol_is_none(said: str) -> None:
    (page,) = found(urlset(f"<loc>https://e.org/1</loc><lastmod>{said}</lastmod>")).pages
    assert page.modified is None


def test_no_page_is_dated_after_the_answer() -> None:
    (page,) = found(urlset("<loc>https://e.org/1</loc><lastmod>2099-01-01</lastmod>")).pages
    assert page.modified == NOW


def test_only_addresses_of_the_web_are_taken_from_whichever_host() -> None:
    said = ("javascript:alert(1)", "file:///etc/passwd", "//cdn.e.org/x", "2", "https://other.example/3", "#a",
            "data:x", "https://e.org/" + "x" * 2_048, "http://[", "ftp://e.org/")  # fmt: skip
    pages = found(urlset(*(f"<loc>{each}</loc>" for each in said)), url="https://e.org/maps/sitemap.xml").pages
    assert [page.url for page in pages] == ["https://cdn.e.org/x", "https://e.org/maps/2", "https://other.example/3"]


def test_an_entry_listed_twice_is_one_page() -> None:
    twice = urlset("<loc>https://e.org/1</loc>", "<loc>https://e.org/1</loc><lastmod>2024-11-02</lastmod>")
    assert found(twice).pages == (Page(url="https://e.org/1", modified=utc(2)),)


def test_the_newest_are_kept_of_very_many_and_none_is_looked_at_beyond_the_limit() -> None:
    dated = (f"<loc>https://e.org/{n}</loc><lastmod>2024-{n % 12 + 1:02}-01</lastmod>" for n in range(2_000))
    pages = found(urlset(*dated)).pages
    assert len(pages) == _sitemap.MAX_PAGES
    assert min(page.modified for page in pages if page.modified) >= datetime(2024, 8, 1, tzinfo=UTC)
    most = [f"<loc>https://e.org/{n % 7}</loc>" for n in range(_sitemap.MAX_ENTRIES)]
    assert len(found(urlset(*most, "<loc>https://e.org/beyond</loc>")).pages) == 7


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"Service paused.", "neither XML nor a list of addresses"),
        (b'{"urlset": []}', "neither XML nor a list of addresses"),
        (b"<rss><channel/></rss>", "not a sitemap: it begins with <rss>"),
        (b"<!DOCTYPE urlset [<!ENTITY a 'x'>]><urlset><url><loc>https://e.org/&a;</loc></url></urlset>", "a DOCTYPE"),
        ('<!doctype urlset SYSTEM "file:///etc/passwd"><urlset/>'.encode("utf-16"), "a DOCTYPE"),
        (b"\x1f\x8b\x08nonsense", "a damaged gzip body"),
    ],
)  # fmt: skip
async def test_what_is_no_sitemap_is_an_error_that_says_what_it_is(worker: Worker, body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said) as raised:
        await _sitemap.read(Response(url=URL, body=body), worker=worker, fetched=NOW)
    assert raised.value.subject == URL


@pytest.mark.parametrize("body", [b"<html><p>Not found", b"<!DOCTYPE html><title>x</title>", b"\n<!-- x --><body>"])
def test_an_html_page_is_told_from_a_sitemap(body: bytes) -> None:
    assert _sitemap.whole(body, "application/xml", URL, NOW) is None


@pytest.mark.parametrize("body", [b"<urlset/>", b"<sitemapindex></sitemapindex>"])
def test_an_empty_sitemap_is_one(body: bytes) -> None:
    assert found(body) == Sitemap()


def test_of_pages_that_no_date_tells_apart_those_at_both_ends_are_kept() -> None:
    half = _sitemap.MAX_PAGES // 2
    every = [f"https://e.org/{number}" for number in range(2_000)]
    for date in ("", "<lastmod>2024-11-02</lastmod>"):
        alike = found(urlset(*(f"<loc>{url}</loc>{date}" for url in every)))
        assert [page.url for page in alike.pages] == every[:half] + every[-half:]
        assert alike.listed == 2_000
    listed = found("\n".join(every).encode())
    assert ([page.url for page in listed.pages], listed.listed) == (every[:half] + every[-half:], 2_000)


def test_newer_ones_come_before_those_that_no_date_tells_apart() -> None:
    old, new = "<lastmod>2024-11-02</lastmod>", "<lastmod>2024-11-03</lastmod>"
    dates = [new if number % 10 == 5 else old for number in range(1_000)]
    pages = found(urlset(*(f"<loc>https://e.org/{at}</loc>{date}" for at, date in enumerate(dates)))).pages
    numbers = [int(page.url.rpartition("/")[2]) for page in pages]
    assert numbers[:100] == list(range(5, 1_000, 10))
    assert (numbers[100], numbers[-1], len(set(numbers))) == (0, 999, _sitemap.MAX_PAGES)


def test_the_newest_of_several_lists_are_taken_from_the_ends_of_each() -> None:
    first, second = ([Page(url=f"https://e.org/{part}/{n}") for n in range(400)] for part in "ab")
    kept = _sitemap.newest(first, second)
    assert len(kept) == _sitemap.MAX_PAGES
    assert {*first[:100], *first[-100:], *second[:100], *second[-100:]} <= {*kept}


async def test_gzipped_and_large_ones_are_read_in_the_worker_and_give_the_same(worker: Worker) -> None:
    large = urlset(*(f"<loc>https://e.org/{number}</loc>" for number in range(9_000)))
    assert len(large) > _sitemap.MAX_HERE
    for body, same in ((gzip.compress(SAVED), SAVED), (large, large)):
        read = await _sitemap.read(Response(url=URL, body=body), worker=worker, fetched=NOW)
        assert read == found(same)
    assert worker.pids


async def test_a_small_body_that_opens_into_a_huge_one_is_refused(worker: Worker) -> None:
    with pytest.raises(TooLarge, match="more than 5 MB when inflated"):
        await _sitemap.read(Response(url=URL, body=gzip.compress(bytes(50_000_000))), worker=worker, fetched=NOW)


async def test_one_huge_start_tag_is_refused(worker: Worker) -> None:
    with pytest.raises(TooLarge, match="start tag"):
        await _sitemap.read(Response(url=URL, body=b"<urlset a='" + b"x" * 70_000 + b"'>"), worker=worker, fetched=NOW)


HOSTILE = {
    "ampersands": b"<urlset><url><loc>https://e.org/?" + b"&" * 200_000,
    "references": b"<urlset>" + b"&x;" * 60_000,
    "open tags": b"<urlset>" + b"<a " * 60_000,
    "open fields": b"<urlset><url>" + b"<loc></" * 40_000,
    "no addresses": b"<urlset>" + b"<url><loc>[</loc>" * 12_000,
    "dates": b"<urlset>" + b"<url><loc>http://e</loc><lastmod>1 x 2</lastmod>" * 4_000,
    "titles": b"<urlset>" + b"<url><loc>http://e</loc><news:title>" * 100 + b"&lt;b>&lt;div>" * 12_000,
    "comments": b"<urlset>" + b"<!---->" * 20_000,
    "open sections": b"<urlset>" + b"<![CDATA[" * 16_000,
    "prefixes": b"<urlset>" + b"<a:" * 50_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_is_read_here_holds_this_process_up(body: bytes) -> None:
    start = time.process_time()
    found(body[: _sitemap.MAX_HERE])
    assert time.process_time() - start < 1  # usually 10 to 60 ms; what is not linear takes minutes


@given(
    st.one_of(
        st.binary(max_size=200), st.builds(lambda root, rest: (root + rest).encode("utf-8", "replace"), ROOTS, PIECES)
    )
)
def test_any_bytes_give_a_sitemap_a_page_or_an_error_of_ours(body: bytes) -> None:
    try:
        read = _sitemap.whole(body, "", URL, NOW)
    except ScrapeError:
        return
    for page in read.pages if read else ():
        assert page.url.startswith(("http://", "https://"))
        assert page.published is None or page.published <= NOW


@given(noise=st.binary(max_size=40), at=st.integers(0, 5_000), cut=st.integers(0, 300))
def test_a_damaged_sitemap_gives_what_it_holds_or_an_error_of_ours(noise: bytes, at: int, cut: int) -> None:
    at %= len(SAVED)
    try:
        read = _sitemap.whole(SAVED[:at] + noise + SAVED[at + cut :], "application/xml", URL, NOW)
    except ScrapeError:
        return
    assert read is None or isinstance(read, Sitemap)


@pytest.mark.skipif(not CAPTURE.exists(), reason="the captures are not beside this checkout")
def test_a_real_sitemap_of_news_is_read() -> None:
    pages = found(CAPTURE.read_bytes()).pages
    assert len(pages) == 3
    assert all(page.title and page.published and page.lang == "en" and page.publication == "Xfeed" for page in pages)
