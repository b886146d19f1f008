import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

import scrapers
from scrapers import (
    Batch,
    Bookmark,
    Gone,
    Missing,
    Post,
    Refused,
    Response,
    ScrapeError,
    Throttled,
    Unreadable,
    article,
)
from scrapers._web import Web, WebSettings
from scrapers._worker import Worker
from tests.scrapers.inner import ALLOWED, ATTACKS, OUTER, Attack, Names, loopback
from tests.scrapers.sites import Site, Start, reply

SAVED = (Path(__file__).parent / "data" / "article" / "news.xml").read_bytes()
NOW = datetime(2024, 11, 25, 12, tzinfo=UTC)
DATE = format_datetime(NOW, usegmt=True)
PAGE = b"""<!doctype html><html lang="en"><head><title>Racks</title>
<link rel="canonical" href="https://quay.example.org/racks">
<meta property="article:published_time" content="2024-11-24T09:00:00Z"></head><body><article><h1>Racks at the quay</h1>
<p>Eight H100 racks were unloaded at the quay on Sunday, say three people who saw the crates.</p></article></body>
</html>"""
SETTINGS = WebSettings(allow_private=(ALLOWED,), gap=timedelta(), timeout=timedelta(seconds=5))
PLAIN = b"<urlset><url><loc>https://quay.example.org/plain</loc></url></urlset>"


class Quay:
    """A site of paths and what stands there, on loopback."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.site: Site

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(self.pages.get(request.split()[1].decode(), reply("404 Not Found")))

    def put(self, path: str, body: bytes, **headers: str) -> str:
        """Let this body stand at a path; its address."""
        self.pages[path] = reply(body=body, Date=DATE, **headers)
        return self.site.url(path)

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for since the last time, but for robots.txt."""
        paths = [request.split()[1].decode() for request in self.site.asked]
        self.site.asked.clear()
        return [path for path in paths if path != "/robots.txt"]


@pytest.fixture
async def quay(start: Start) -> Quay:
    made = Quay()
    made.site = await start(made.answer)
    return made


async def look(web: Web, url: str, bookmark: Bookmark | None = None) -> Batch:
    return await article.fetch(web, article.Options(url=url), bookmark or Bookmark())


def index(*addresses: str) -> bytes:
    parts = (f"<sitemap><loc>{each}</loc></sitemap>" for each in addresses)
    return f"<sitemapindex>{''.join(parts)}</sitemapindex>".encode()


def urlset(*addresses: str) -> bytes:
    parts = (f"<url><loc>{each}</loc></url>" for each in addresses)
    return f"<urlset>{''.join(parts)}</urlset>".encode()


def urls(batch: Batch) -> list[str]:
    return [post.url for post in batch.posts]


# A sitemap


async def test_a_sitemap_of_news_gives_posts_with_title_date_and_language(web: Web, quay: Quay) -> None:
    first, second, about, undated = (await look(web, quay.put("/news-sitemap.xml", SAVED))).posts
    assert first == Post(
        key=first.key,
        url="https://quay.example.org/2024/h100-racks?id=7&part=1",
        title="Eight H100 racks & a crane at the quay",
        published=datetime(2024, 11, 24, 6, 30, tzinfo=UTC),
        lang="en",
    )
    assert first.key.startswith("article:")
    assert (second.title, second.lang) == ("英伟达H200’s 走私 案", "zh-cn")
    assert (about.title, about.text, about.published) == ("", "", datetime(2024, 10, 1, tzinfo=UTC))
    assert (undated.url, undated.published) == (quay.site.url("/2024/undated"), None)


@pytest.mark.parametrize(("changed", "dates"), [("2024-11-24T11:59:00Z", True), ("2024-11-24T12:01:00Z", False)])
async def test_a_change_dates_a_page_only_when_it_lies_a_day_back(
    web: Web, quay: Quay, changed: str, dates: bool
) -> None:
    body = f"<urlset><url><loc>https://e.org/1</loc><lastmod>{changed}</lastmod></url></urlset>".encode()
    (post,) = (await look(web, quay.put("/sitemap.xml", body))).posts
    assert (post.published is not None) is dates


async def test_two_spellings_of_one_page_are_one_post_and_a_home_page_is_none(web: Web, quay: Quay) -> None:
    one, other = "https://e.org/1?utm_source=x", "https://e.org/2"
    body = urlset(one, "https://www.e.org/1/", "https://e.org", "https://e.org/", other)
    assert urls(await look(web, quay.put("/s.xml", body))) == [one, other]


async def test_the_key_stays_the_same_whatever_else_is_listed(web: Web, quay: Quay) -> None:
    alone = await look(web, quay.put("/a.xml", urlset("https://e.org/1")))
    other = await look(web, quay.put("/b.xml", urlset("https://e.org/0", "http://www.e.org/1/")))
    assert alone.posts[0].key == other.posts[1].key


async def test_the_next_look_is_one_conditional_request(web: Web, quay: Quay) -> None:
    url = quay.put("/news-sitemap.xml", SAVED, ETag='"1"', Last_Modified="Sun", Cache_Control="max-age=900")
    first = await look(web, url)
    assert first.wait == timedelta(minutes=15)
    quay.pages["/news-sitemap.xml"] = reply("304 Not Modified")
    quay.site.asked.clear()
    again = await look(web, url, first.bookmark)
    assert (again.unchanged, again.posts, again.bookmark) == (True, (), first.bookmark)
    assert b'if-none-match: "1"' in quay.site.asked[0].lower()
    assert len(quay.asked) == 1


async def test_a_server_without_validators_is_unchanged_by_the_hash_of_its_body(web: Web, quay: Quay) -> None:
    url = quay.put("/news-sitemap.xml", SAVED)
    first = await look(web, url)
    assert (await look(web, url, first.bookmark)).unchanged
    quay.put("/news-sitemap.xml", PLAIN)
    assert urls(await look(web, url, first.bookmark)) == ["https://quay.example.org/plain"]


async def test_a_sitemap_of_news_may_be_empty_after_a_quiet_weekend(web: Web, quay: Quay) -> None:
    known = (await look(web, quay.put("/news-sitemap.xml", SAVED))).bookmark
    batch = await look(web, quay.put("/news-sitemap.xml", b"<urlset/>"), known)
    assert (batch.posts, batch.unchanged, scrapers.about("article").lists) == ((), False, False)
    with pytest.raises(Unreadable, match="empty"):
        await look(web, quay.put("/news-sitemap.xml", b""), known)


async def test_a_page_that_is_added_to_a_long_list_is_seen_and_its_length_is_told(web: Web, quay: Quay) -> None:
    pages = [f"https://e.org/{number}" for number in range(1_200)]
    first = await look(web, quay.put("/sitemap.xml", urlset(*pages)))
    assert first.notes == ("lists 1,200 pages, the newest 500 are watched",)
    for more in (["https://e.org/new", *pages], [*pages, "https://e.org/new"]):
        assert "https://e.org/new" in urls(await look(web, quay.put("/sitemap.xml", urlset(*more)), first.bookmark))
    parts = [quay.put(f"/{part}.xml", urlset(*(f"{page}/{part}" for page in pages))) for part in range(2)]
    batch = await look(web, quay.put("/index.xml", index(*parts)))
    assert batch.notes == ("lists 2,400 pages, the newest 500 are watched",)
    assert {f"{pages[0]}/0", f"{pages[-1]}/0", f"{pages[0]}/1", f"{pages[-1]}/1"} <= {*urls(batch)}


async def test_a_sitemap_whose_address_has_a_space_is_like_any_other(web: Web, quay: Quay) -> None:
    url = quay.put("/site%20map.xml", PLAIN).replace("%20", " ")
    first = await look(web, url)
    again = await look(web, url, first.bookmark)
    assert (again.unchanged, again.bookmark) == (True, first.bookmark)
    del quay.pages["/site%20map.xml"]
    quay.site.asked.clear()
    with pytest.raises(Missing):
        await look(web, url, again.bookmark)
    assert len(quay.asked) == 1


async def test_a_gzipped_sitemap_is_read(web: Web, quay: Quay) -> None:
    url = quay.put("/sitemap.xml.gz", gzip.compress(SAVED), Content_Type="application/gzip")
    assert len((await look(web, url)).posts) == 4


async def test_a_page_where_the_sitemap_was_is_a_fault(web: Web, quay: Quay) -> None:
    known = (await look(web, quay.put("/list", SAVED))).bookmark
    with pytest.raises(Unreadable, match="an HTML page, not a sitemap"):
        await look(web, quay.put("/list", PAGE, Content_Type="text/html"), known)
    with pytest.raises(Unreadable, match="an HTML page, not a sitemap"):
        await look(web, quay.put("/sitemap.xml", PAGE, Content_Type="text/html"))


async def test_a_sitemap_that_moved_for_good_is_asked_there_and_again_here_when_it_leaves(web: Web, quay: Quay) -> None:
    new = quay.put("/new.xml", PLAIN)
    quay.pages["/sitemap.xml"] = reply("301 Moved Permanently", Location=new)
    url = quay.site.url("/sitemap.xml")
    first = await look(web, url)
    assert quay.asked == ["/sitemap.xml", "/new.xml"]
    assert (await look(web, url, first.bookmark)).notes == (f"reads the sitemap {new}",)
    assert quay.asked == ["/new.xml"]
    del quay.pages["/new.xml"]
    quay.put("/sitemap.xml", SAVED)
    assert len((await look(web, url, first.bookmark)).posts) == 4


async def test_robots_txt_is_obeyed(web: Web, quay: Quay) -> None:
    quay.put("/robots.txt", b"User-agent: *\nDisallow: /private/")
    url = quay.put("/private/sitemap.xml", SAVED)
    with pytest.raises(Refused, match="robots"):
        await look(web, url)
    assert quay.asked == []


# An index


async def test_an_index_gives_the_pages_of_its_sitemaps_gzipped_ones_and_inner_indexes_too(
    web: Web, quay: Quay
) -> None:
    gz = quay.put("/1.xml.gz", gzip.compress(urlset("https://e.org/1")))
    deep = quay.put("/deep.xml", index(quay.put("/2.xml", urlset("https://e.org/2"))))
    batch = await look(web, quay.put("/sitemap.xml", index(gz, deep, deep)))
    assert urls(batch) == ["https://e.org/1", "https://e.org/2"]
    assert quay.asked == ["/sitemap.xml", "/1.xml.gz", "/deep.xml", "/2.xml"]
    again = await look(web, quay.site.url("/sitemap.xml"), batch.bookmark)
    assert (again.unchanged, again.bookmark) == (True, batch.bookmark)


async def test_a_new_page_in_one_part_is_seen_although_the_index_is_the_same(web: Web, quay: Quay) -> None:
    url = quay.put("/sitemap.xml", index(quay.put("/1.xml", PLAIN)), ETag='"1"')
    first = await look(web, url)
    assert first.bookmark.etag == ""
    quay.put("/1.xml", urlset("https://e.org/new"))
    assert urls(await look(web, url, first.bookmark)) == ["https://e.org/new"]


async def test_sitemaps_of_news_are_read_before_the_others_and_instead_of_them(web: Web, quay: Quay) -> None:
    parts = [quay.put(path, PLAIN) for path in ("/posts.xml", "/tags.xml")]
    of_news = [quay.put("/news-1.xml", SAVED), quay.put("/news-2.xml", urlset("https://e.org/2"))]
    batch = await look(web, quay.put("/sitemap.xml", index(*parts, *of_news)))
    assert quay.asked == ["/sitemap.xml", "/news-1.xml", "/news-2.xml"]
    assert len(batch.posts) == 5


@pytest.mark.parametrize("name", ["/newsletter-sitemap.xml", "/newspack_nl_cpt-sitemap.xml"])
async def test_a_sitemap_with_news_in_its_name_alone_does_not_hide_the_others(web: Web, quay: Quay, name: str) -> None:
    parts = [quay.put(path, urlset(f"https://e.org{path[:2]}")) for path in ("/post-sitemap.xml", name)]
    batch = await look(web, quay.put("/sitemap_index.xml", index(*parts)))
    assert quay.asked == ["/sitemap_index.xml", name, "/post-sitemap.xml"]
    assert len(batch.posts) == 2


async def test_only_so_many_parts_are_read_and_none_too_deep_or_twice(web: Web, quay: Quay) -> None:
    many = [quay.put(f"/{number}.xml", urlset(f"https://e.org/{number}")) for number in range(9)]
    assert len((await look(web, quay.put("/sitemap.xml", index(*many)))).posts) == article.CHILDREN
    assert len(quay.asked) == 1 + article.CHILDREN
    for level in range(9):
        quay.put(f"/level{level}.xml", index(quay.site.url(f"/level{level + 1}.xml"), quay.site.url("/level0.xml")))
    await look(web, quay.site.url("/level0.xml"))
    assert quay.asked == ["/level0.xml", "/level1.xml", "/level2.xml", "/level0.xml"]


async def test_a_part_that_fails_is_told_and_the_others_are_read(web: Web, quay: Quay) -> None:
    page = quay.put("/error.xml", PAGE, Content_Type="text/html")
    fine = quay.put("/fine.xml", PLAIN)
    batch = await look(web, quay.put("/sitemap.xml", index(quay.site.url("/none.xml"), page, fine)))
    assert urls(batch) == ["https://quay.example.org/plain"]
    missing, html = batch.notes
    assert "/none.xml: the server answered 404" in missing
    assert "/error.xml: an HTML page, not a sitemap" in html


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_an_index_none_of_whose_parts_can_be_read_is_a_fault(web: Web, quay: Quay, status: str) -> None:
    quay.pages["/none.xml"] = reply(status)
    with pytest.raises(Unreadable, match=rf"/none\.xml: none of its sitemaps can be read .*{status}"):
        await look(web, quay.put("/sitemap.xml", index(quay.site.url("/none.xml"))))


async def test_a_part_that_asks_for_fewer_requests_ends_the_look(web: Web, quay: Quay) -> None:
    quay.pages["/1.xml"] = reply("429 Too Many Requests", Retry_After="60")
    with pytest.raises(Throttled):
        await look(web, quay.put("/sitemap.xml", index(quay.site.url("/1.xml"), quay.put("/2.xml", PLAIN))))
    assert quay.asked == ["/sitemap.xml", "/1.xml"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.host)
async def test_a_part_or_a_page_inside_gets_no_connection_and_the_rest_is_read(start: Start, attack: Attack) -> None:
    quay = Quay()
    quay.site = await start(quay.answer, host=OUTER)
    async with loopback() as machine, Web(SETTINGS, resolve=Names()) as web:
        fine = quay.site.url("/fine.xml", host=OUTER)
        inside = urlset(attack.url(machine.port) + "page", "https://e.org/1")
        quay.put("/fine.xml", inside)
        quay.put("/sitemap.xml", index(attack.url(machine.port), attack.redirected(machine.port), fine))
        batch = await look(web, quay.site.url("/sitemap.xml", host=OUTER))
        assert urls(batch)[-1] == "https://e.org/1"
        assert len(batch.notes) == 2
        assert machine.inner.connections == 0


# A site


async def test_a_site_names_its_sitemap_in_robots_txt_and_it_is_remembered(web: Web, quay: Quay) -> None:
    plain, news = quay.put("/maps/all.xml", PLAIN), quay.put("/maps/news.xml", SAVED)
    quay.put("/robots.txt", f"Sitemap: {plain}\nSitemap: {news}\n".encode())
    first = await look(web, quay.site.url("/"))
    assert quay.asked == ["/maps/news.xml"]
    assert (len(first.posts), first.notes) == (4, (f"reads the sitemap {news}",))
    again = await look(web, quay.site.url("/"), Bookmark.from_json(first.bookmark.to_json()))
    assert (quay.asked, again.unchanged) == (["/maps/news.xml"], True)


@pytest.mark.parametrize(
    ("path", "tried"),
    [("/news-sitemap.xml", 1), ("/sitemap-news.xml", 2), ("/sitemap_index.xml", 3), ("/sitemap.xml", 4)],
)
async def test_a_site_without_robots_txt_is_tried_at_the_usual_addresses(
    web: Web, quay: Quay, path: str, tried: int
) -> None:
    quay.put(path, SAVED)
    assert len((await look(web, quay.site.url(""))).posts) == 4
    assert len(quay.asked) == tried


async def test_empty_ones_and_error_pages_are_passed_over(web: Web, quay: Quay) -> None:
    quay.put("/news-sitemap.xml", PAGE, Content_Type="text/html")
    quay.put("/sitemap-news.xml", b"<urlset/>")
    quay.put("/sitemap.xml", PLAIN)
    assert urls(await look(web, quay.site.url("/"))) == ["https://quay.example.org/plain"]


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_sitemap_that_is_gone_is_left_for_another_that_the_site_names(
    web: Web, quay: Quay, status: str
) -> None:
    quay.put("/robots.txt", f"Sitemap: {quay.put('/new.xml', SAVED)}".encode())
    known = Bookmark(digest="d", found=f"{quay.site.url('/')} {quay.site.url('/old.xml')}")
    quay.pages["/old.xml"] = reply(status)
    batch = await look(web, quay.site.url("/"), known)
    assert (len(batch.posts), batch.anew) == (4, True)
    assert quay.asked == ["/old.xml", "/new.xml"]
    assert not (await look(web, quay.site.url("/"), batch.bookmark)).anew


@pytest.mark.parametrize(("answer", "fault"), [("404 Not Found", Missing), ("410 Gone", Gone), ("200 OK", Unreadable)])
@pytest.mark.parametrize("named", ["/news-sitemap.xml", ""])
async def test_a_worse_sitemap_does_not_take_the_place_of_one_that_fails(
    web: Web, quay: Quay, answer: str, fault: type[ScrapeError], named: str
) -> None:
    url = quay.put("/news-sitemap.xml", SAVED)
    quay.put("/robots.txt", f"Sitemap: {url}\nSitemap: {quay.put('/sitemap.xml', PLAIN)}".encode() if named else b"")
    known = (await look(web, quay.site.url("/"))).bookmark
    assert quay.asked == ["/news-sitemap.xml"]
    quay.pages["/news-sitemap.xml"] = reply(answer, body=PAGE)
    with pytest.raises(fault):
        await look(web, quay.site.url("/"), known)
    assert quay.asked == ["/news-sitemap.xml"]


async def test_a_site_without_any_is_a_fault_that_says_so(web: Web, quay: Quay) -> None:
    with pytest.raises(Unreadable, match=r"no sitemap that lists pages.*/news-sitemap\.xml: the server answered 404"):
        await look(web, quay.site.url("/"))
    assert len(quay.asked) == 4


async def test_a_site_whose_server_is_throttled_is_left_alone(web: Web, quay: Quay) -> None:
    quay.pages["/news-sitemap.xml"] = reply("429 Too Many Requests")
    with pytest.raises(Throttled):
        await look(web, quay.site.url("/"))
    assert len(quay.asked) == 1


async def test_what_was_found_is_forgotten_when_an_operator_names_another_site(web: Web, quay: Quay) -> None:
    known = Bookmark(found="https://other.example.org/ https://other.example.org/sitemap.xml")
    quay.put("/sitemap.xml", PLAIN)
    assert len((await look(web, quay.site.url("/"), known)).posts) == 1


# One page


async def test_a_single_article_is_whole_and_what_a_sitemap_lists_is_not(web: Web, quay: Quay) -> None:
    (read,) = (await look(web, quay.put("/racks", PAGE, Content_Type="text/html"))).posts
    quay.put("/sitemap.xml", PLAIN)
    (listed,) = (await look(web, quay.site.url("/sitemap.xml"))).posts
    assert (scrapers.is_whole(read), scrapers.is_whole(listed)) == (True, False)


async def test_any_other_page_is_one_article(web: Web, quay: Quay) -> None:
    url = quay.put("/racks", PAGE, Content_Type="text/html", ETag='"1"')
    batch = await look(web, url)
    (post,) = batch.posts
    assert post.title.startswith("Racks")
    assert "Eight H100 racks" in post.text
    assert (post.published, post.lang) == (datetime(2024, 11, 24, 9, tzinfo=UTC), "en")
    assert (batch.notes, batch.bookmark.found, batch.bookmark.etag) == ((), "", '"1"')
    assert (await look(web, url, batch.bookmark)).unchanged


async def test_an_article_that_is_gone_is_an_error(web: Web, quay: Quay) -> None:
    quay.pages["/racks"] = reply("410 Gone")
    with pytest.raises(Gone):
        await look(web, quay.site.url("/racks"))


# Saved answers


async def test_a_saved_sitemap_index_or_page_is_read_without_a_network() -> None:
    worker = Worker(children=1)
    saved = Response(url="file:///saved", body=index("https://e.org/1.xml"))
    batch = await article.read(saved, None, worker)
    assert (batch.posts, batch.notes) == ((), ("an index of 1 sitemaps, which are not read here",))
    page = Response(url="https://quay.example.org/racks", body=PAGE, headers={"content-type": "text/html"})
    assert len((await article.read(page, None, worker)).posts) == 1
    with pytest.raises(Unreadable, match="not a sitemap"):
        await article.read(page, article.Options(url="https://quay.example.org/sitemap.xml"), worker)
    await worker.aclose()


# Addresses


@pytest.mark.parametrize(
    "url",
    ["https://e.org/sitemap.xml", "https://e.org/sitemap_index.xml", "https://e.org/maps/news-sitemap-1.xml.gz",
     "http://e.org/SITEMAP.XML?page=2", "https://e.org/wp-sitemap-posts-post-1.xml"],
)  # fmt: skip
def test_a_sitemap_is_recognised_by_its_name(url: str) -> None:
    assert article.recognise(url) == article.Options(url=url)


@pytest.mark.parametrize(
    "url", ["https://e.org/", "https://e.org/feed.xml", "https://e.org/sitemap.html", "https://e.org/sitemap.xml/feed",
            "ftp://e.org/sitemap.xml", "https://sitemap.xml", "sitemap.xml", ""],
)  # fmt: skip
def test_no_other_address_is_claimed(url: str) -> None:
    assert article.recognise(url) is None


@pytest.mark.parametrize("url", ["", "e.org/sitemap.xml", "ftp://e.org", "http://", "http://[x"])
def test_an_address_that_is_none_is_refused_in_a_plain_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="is not an address that begins with http"):
        article.Options(url=url)
