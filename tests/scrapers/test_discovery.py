import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scrapers import (
    Batch,
    Bookmark,
    Gone,
    Missing,
    Response,
    ScrapeError,
    Throttled,
    Unreachable,
    Unreadable,
    _decode,
    _discovery,
    feed,
)
from scrapers._web import Web, WebSettings
from scrapers._worker import Worker
from tests.scrapers.inner import ALLOWED, ATTACKS, OUTER, Attack, Names, loopback
from tests.scrapers.sites import Start, reply

DATA = Path(__file__).parent / "data" / "feed"
HOME = "https://feeds.example.org/"
URL = f"{HOME}feed"
FEED = f"{HOME}feed.xml?a=1&b=2"
NEVER = Bookmark()
RSS = (DATA / "rss.xml").read_bytes()
PAGE = (DATA / "page.html").read_bytes()
LOCAL = (
    b"<rss version='2.0'><channel><title>t</title><item><guid isPermaLink='false'>7</guid>"
    b"<link>https://feeds.example.org/7</link><title>H100</title></item></channel></rss>"
)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker(children=1)
    yield opened
    await opened.aclose()


@dataclass
class Site:
    """Answers by address, 404 at any other, and what was asked."""

    worker: Worker
    answers: Mapping[str, Response | ScrapeError]
    asked: list[tuple[str, Bookmark]] = field(default_factory=list)

    async def get(self, url: str, *, bookmark: Bookmark = NEVER, accept: str = "") -> Response:
        self.asked.append((url, bookmark))
        answer = self.answers.get(url, Missing("the server answered 404 Not Found", status=404))
        if isinstance(answer, ScrapeError):
            raise answer
        return answer


def page(**changes: Any) -> Response:
    return replace(Response(url=URL, body=RSS), **changes)


async def look(site: Site, bookmark: Bookmark = NEVER, *, url: str = URL) -> Batch:
    return await feed.fetch(site, feed.Options(url=url), bookmark)  # type: ignore[arg-type]


def keys(batch: Batch) -> list[str]:
    return [post.key for post in batch.posts]


ENDS = pytest.mark.parametrize("end", [Missing("gone", status=404), Gone("gone", status=410)])


def html(*links: str) -> bytes:
    return f"<!doctype html><html><head>{''.join(links)}</head><body><p>H100".encode()


def link(href: str, kind: str = "rss+xml", title: str = "News") -> str:
    return f'<link rel="alternate" type="application/{kind}" title="{title}" href="{href}">'


async def test_a_page_is_read_by_the_feed_that_it_offers_which_is_remembered(worker: Worker) -> None:
    site = Site(worker, {URL: page(body=PAGE), FEED: page(url=FEED, headers={"etag": '"1"'})})
    first = await look(site)
    assert (len(first.posts), first.notes) == (2, (f"reads the feed of the page: {FEED}",))
    again = await look(site, Bookmark.from_json(first.bookmark.to_json()))
    assert [url for url, _ in site.asked] == [URL, FEED, FEED]
    assert site.asked[-1][1].etag == '"1"'
    assert (again.unchanged, again.notes, again.bookmark) == (True, first.notes, first.bookmark)


async def test_keys_are_the_same_whether_the_feed_is_given_or_found(worker: Worker) -> None:
    site = Site(worker, {URL: page(body=PAGE), FEED: page(url=FEED, body=LOCAL)})
    found, given = await look(site), await look(site, url=FEED)
    elsewhere = await look(Site(worker, {URL: page(body=LOCAL)}))
    assert keys(found) == keys(given) != keys(elsewhere)
    site.answers = {**site.answers, FEED: page(url=FEED, body=LOCAL + b" ")}
    assert keys(await look(site, found.bookmark)) == keys(given)


async def test_a_found_feed_may_move_and_keeps_its_keys(worker: Worker) -> None:
    new = "https://new.example.org/feed"
    moved = page(url=new, moved=new, body=LOCAL)
    site = Site(worker, {URL: page(body=PAGE), FEED: moved, new: page(url=new, body=LOCAL + b" ")})
    first = await look(site)
    second = await look(site, first.bookmark)
    assert [url for url, _ in site.asked] == [URL, FEED, new]
    assert second.notes[:2] == (f"reads the feed of the page: {FEED}", f"moved to {new}")
    assert keys(second) == keys(first)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ((link("/atom", "atom+xml"), link("/rss")), "/atom"),
        ((link("/feed.json", "feed+json"),), "/feed.json"),
        ((link("/wp-json/1", "json"), link("/old.json", "json"), link("/rss")), "/rss"),
        ((link("/wp-json/1", "json"), link("/old.json", "json")), "/old.json"),
        ((link("/comments/feed/"), link("/c", title="Les commentaires"), link("/rss")), "/rss"),
        ((link("/p", title="评论"), link("/rss")), "/rss"),
        ((link("/commentary/feed"),), "/commentary/feed"),
        (('<base href="https://feeds.example.org/fr/">', link("rss")), "/fr/rss"),
        (("<LINK href=/rss type=application/rss+xml rel=ALTERNATE>",), "/rss"),
        ((link("/rss", title="H100 > H200"),), "/rss"),
        (('<link rel="stylesheet" type="application/rss+xml" href="/no">', link("mailto:x"), link("/rss")), "/rss"),
        ((link("/gone"), link("/rss")), "/rss"),
    ],
)  # fmt: skip
async def test_the_best_of_the_feeds_that_a_page_offers_is_taken(
    worker: Worker, links: tuple[str, ...], found: str
) -> None:
    address = f"https://feeds.example.org{found}"
    site = Site(worker, {URL: page(body=html(*links)), address: page(url=address)})
    assert (await look(site)).bookmark.found == f"{URL} {address}"


async def test_a_site_that_offers_none_is_tried_at_the_usual_addresses_one_after_the_other(worker: Worker) -> None:
    answers: dict[str, Response | ScrapeError] = {
        HOME: page(url=HOME, body=html(link("/comments/feed"))),
        f"{HOME}feed": Missing("no", status=404),
        f"{HOME}rss": page(url=f"{HOME}rss", body=html()),
        f"{HOME}atom.xml": page(url=f"{HOME}atom.xml"),
    }
    site = Site(worker, answers)
    assert len((await look(site, url=HOME)).posts) == 2
    assert [url.removeprefix(HOME) for url, _ in site.asked] == ["", "feed", "rss", "atom.xml"]


@pytest.mark.parametrize(("url", "tried"), [(HOME, 7), (URL, 1), (f"{HOME}?p=7", 1)])
async def test_a_page_without_a_feed_is_a_fault_that_says_so(worker: Worker, url: str, tried: int) -> None:
    site = Site(worker, {url: page(url=url, body=html())})
    with pytest.raises(Unreadable, match="an HTML page, not a feed, and it offers none") as raised:
        await look(site, url=url)
    assert (raised.value.subject, len(site.asked)) == (url, tried)


async def test_an_offered_feed_that_is_none_is_named_with_the_reason(worker: Worker) -> None:
    site = Site(worker, {URL: page(body=PAGE), FEED: Gone("the server answered 410 Gone", status=410)})
    with pytest.raises(Unreadable, match=r"page offers this feed: https://feeds\.example\.org/feed\.xml.*410 Gone\)"):
        await look(site)


@pytest.mark.parametrize("error", [Unreachable("no answer"), Throttled("slow down", status=429)])
async def test_a_feed_that_cannot_be_asked_now_is_asked_another_time(worker: Worker, error: ScrapeError) -> None:
    site = Site(worker, {URL: page(body=html(link("/first"), link("/second"))), f"{HOME}first": error})
    with pytest.raises(type(error)):
        await look(site)
    assert [url for url, _ in site.asked] == [URL, f"{HOME}first"]


@ENDS
async def test_when_the_found_feed_ends_the_page_is_asked_for_another(worker: Worker, end: ScrapeError) -> None:
    other = f"{HOME}other"
    site = Site(worker, {URL: page(body=PAGE), FEED: page(url=FEED)})
    known = (await look(site)).bookmark
    site.answers = {URL: page(body=html(link("/other"))), FEED: end, other: page(url=other)}
    site.asked.clear()
    batch = await look(site, known)
    assert [url for url, _ in site.asked] == [FEED, URL, other]
    assert (len(batch.posts), batch.bookmark.found, batch.anew) == (2, f"{URL} {other}", True)
    assert not (await look(site, batch.bookmark)).anew


@ENDS
async def test_a_found_feed_is_kept_while_the_page_offers_it(worker: Worker, end: ScrapeError) -> None:
    offers = page(body=html(link("/main"), link("/podcast")))
    site = Site(worker, {URL: offers, f"{HOME}main": page(), f"{HOME}podcast": page()})
    known = (await look(site)).bookmark
    site.answers = {URL: offers, f"{HOME}main": end, f"{HOME}podcast": page()}
    site.asked.clear()
    with pytest.raises(type(end)):
        await look(site, known)
    assert [url for url, _ in site.asked] == [f"{HOME}main", URL]


@ENDS
async def test_a_found_feed_is_not_left_for_a_guess(worker: Worker, end: ScrapeError) -> None:
    site = Site(worker, {HOME: page(url=HOME, body=html()), f"{HOME}main": end, f"{HOME}rss.xml": page()})
    with pytest.raises(type(end)):
        await look(site, Bookmark(digest="d", found=f"{HOME} {HOME}main"), url=HOME)
    assert [url for url, _ in site.asked] == [f"{HOME}main", HOME]


async def test_a_captcha_where_the_found_feed_was_is_a_fault_of_this_look(worker: Worker) -> None:
    offers = html(link("/main"), link("/podcast"))
    site = Site(worker, {URL: page(body=offers), f"{HOME}main": page(), f"{HOME}podcast": page()})
    known = (await look(site)).bookmark
    site.answers = {**site.answers, f"{HOME}main": page(url=f"{HOME}main", body=html("<title>Just a moment"))}
    site.asked.clear()
    with pytest.raises(Unreadable, match="an HTML page, not a feed"):
        await look(site, known)
    assert [url for url, _ in site.asked] == [f"{HOME}main"]


async def test_nothing_is_asked_for_twice_in_one_look(worker: Worker) -> None:
    site = Site(worker, {HOME: page(url=HOME, body=html(link("/"), link("/feed")))})
    with pytest.raises(Unreadable, match="404"):
        await look(site, url=HOME)
    asked = [url for url, _ in site.asked]
    assert len(asked) == len(set(asked)) == 1 + len(_discovery.USUAL)


async def test_a_page_that_offers_itself_as_a_feed_is_asked_once(worker: Worker) -> None:
    site = Site(worker, {URL: page(body=html(link(URL)))})
    with pytest.raises(Unreadable, match="an HTML page, not a feed"):
        await look(site)
    assert len(site.asked) == 1


@pytest.mark.parametrize("note", ["{given} {found}", ""])
async def test_addresses_with_spaces_are_remembered_like_any_other(worker: Worker, note: str) -> None:
    given, found = f"{HOME}my blog/", f"{HOME}the%20feed.xml"
    site = Site(
        worker, {given: page(url=f"{HOME}my%20blog/", body=html(link("/the feed.xml"))), found: page(url=found)}
    )
    first = await look(site, url=given)
    known = first.bookmark._replace(digest="d", found=note.format(given=given, found=found)) if note else first.bookmark
    again = await look(site, known, url=given)
    assert [url for url, _ in site.asked] == [given, found, found]
    assert again.notes == first.notes


async def test_a_given_page_that_becomes_a_feed_is_read_itself(worker: Worker) -> None:
    site = Site(worker, {URL: page(), FEED: Missing("gone", status=404)})
    batch = await look(site, Bookmark(digest="d", found=f"{URL} {FEED}"))
    assert (len(batch.posts), batch.bookmark.found, batch.notes) == (2, "", ())


async def test_a_page_where_a_given_feed_was_is_a_fault_and_not_followed(worker: Worker) -> None:
    site = Site(worker, {URL: page()})
    known = (await look(site)).bookmark
    site.answers = {URL: page(body=PAGE), FEED: page(url=FEED)}
    with pytest.raises(Unreadable, match="an HTML page, not a feed; the page offers this feed: "):
        await look(site, known)
    assert len(site.asked) == 2


async def test_a_found_feed_that_says_nonsense_is_a_fault(worker: Worker) -> None:
    site = Site(worker, {FEED: page(url=FEED, body=b"Service paused.")})
    with pytest.raises(Unreadable, match="not a feed"):
        await look(site, Bookmark(digest="d", found=f"{URL} {FEED}"))


async def test_what_was_found_is_forgotten_when_an_operator_names_another_address(worker: Worker) -> None:
    site = Site(worker, {URL: page()})
    await look(site, Bookmark(digest="d", found=f"https://other.example.org/ {FEED}"))
    assert [url for url, _ in site.asked] == [URL]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.host)
async def test_an_offered_feed_inside_gets_no_connection_and_the_next_is_read(start: Start, attack: Attack) -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.split()[1] == b"/fine":
            writer.write(reply(body=RSS))
        else:
            inside = (attack.url(machine.port), attack.redirected(machine.port))
            writer.write(reply(body=html(*map(link, (*inside, "/fine")))))

    outside = WebSettings(allow_private=(ALLOWED,), gap=timedelta(), timeout=timedelta(seconds=5))
    async with loopback() as machine, Web(outside, resolve=Names()) as web:
        site = await start(answer, host=OUTER)
        options = feed.Options(url=site.url(host=OUTER))
        assert len((await feed.fetch(web, options, Bookmark())).posts) == 2
        assert machine.inner.connections == 0


HOSTILE = {
    "quotes": b"<html>" + b'<link title="' * 15_000,
    "links": b"<html>" + b"<link " * 30_000,
    "hrefs": b"<html><link rel=alternate type=application/rss+xml " + b"href=" * 35_000 + b">",
    "bases": b"<html>" + b"<base href=x>" * 15_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_looking_for_feeds_does_not_hold_this_process_up(body: bytes) -> None:
    start = time.process_time()
    _discovery.offered(_decode.Document(body=body, markup=body), URL)
    assert time.process_time() - start < 1  # usually a few ms; what is not linear takes minutes
