"""Sources that change under one's eyes: a page of a clock and counters, a page that offers another feed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from ipaddress import ip_network
from itertools import count

import pytest

import scrapers
from bot.model import Chat, Pace, Source, Topic
from bot.rules import matcher
from bot.store import Store
from bot.tell import Orders
from bot.watch import Look, Watch
from scrapers import Batch, Bookmark, Web, WebSettings, article, feed
from tests.scrapers.sites import Site, reply
from tests.support import START, Clock

H100 = Topic(name="H100", query="H100")
OFFERS = "<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='{}'></head><body>"
Pages = dict[str, Callable[[], bytes]]
Watching = Callable[[Source], Watch]


def rss(*titles: str) -> bytes:
    items = "".join(f"<item><title>{title}</title><link>https://e.org/{title}</link></item>" for title in titles)
    return reply(body=f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode())


@pytest.fixture
def pages() -> Pages:
    """What makes the answer at each path."""
    return {}


@pytest.fixture
async def site(pages: Pages) -> AsyncIterator[Site]:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        made = pages.get(request.split()[1].decode())
        writer.write(made() if made else reply("404 Not Found"))

    opened = Site(answer)
    server = await asyncio.start_server(opened.serve, "127.0.0.1", 0)
    opened.port = server.sockets[0].getsockname()[1]
    yield opened
    server.close()
    await opened.stop()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    settings = WebSettings(allow_private=(ip_network("127.0.0.1/32"),), timeout=timedelta(seconds=5))
    async with Web(settings) as opened:
        yield opened


@pytest.fixture
def watching(store: Store, clock: Clock, web: Web) -> Watching:
    """Watches one source over HTTP, for one follower of H100."""

    def begin(source: Source) -> Watch:
        store.sources.sync([source], now=clock())
        reader = store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
        store.people.follow(reader, H100.name, pace=Pace(), now=clock())
        orders = Orders(
            sources={source.name: source},
            topics={H100.name: H100},
            matcher=matcher.compile([H100]),
            fresh=timedelta(hours=72),
            backfill=timedelta(hours=24),
            window=timedelta(hours=72),
        )

        async def fetch(asked: Source, bookmark: Bookmark) -> Batch:
            return await scrapers.fetch(web, asked.kind, asked.options, bookmark)

        return Watch(store, orders, fetch=fetch, now=clock, wake=lambda: None, notify=print)

    return begin


async def look(watch: Watch, source: Source, clock: Clock) -> Look:
    clock.forward(hours=1)
    return await watch.look(source)


def lorries(visit: int) -> bytes:
    """The same article at each visit, but for the counter in it."""
    words = "".join(f"<p>Lorry {n} left by the northern gate of the harbour in the night.</p>" for n in range(12))
    date = f"<meta property='article:published_time' content='{START:%Y-%m-%dT%H:%MZ}'>"
    body = f"<html><head>{date}</head><body><article><p>An H100, seen {visit} times.</p>{words}</article>"
    return reply(body=body.encode(), Content_Type="text/html")


async def test_a_page_that_is_another_at_each_look_is_told_once_and_asked_for_once_a_look(
    site: Site, pages: Pages, store: Store, clock: Clock, web: Web, watching: Watching
) -> None:
    visits = count()
    pages["/lorries"] = lambda: lorries(next(visits))
    source = Source(name="page", kind="article", options=article.Options(url=site.url("/lorries")), full_text=True)
    watch = watching(source)
    looks = [await look(watch, source, clock) for _ in range(4)]
    assert [(one.new, one.alerts) for one in looks] == [(1, 1), (0, 0), (0, 0), (0, 0)]
    assert store.articles.hosts(clock() + timedelta(days=1)) == ()
    assert next(visits) == 4
    assert store.sources.standing("page").gap > timedelta(minutes=10)


async def test_what_another_feed_of_a_page_lists_undated_is_no_news(
    site: Site, pages: Pages, clock: Clock, watching: Watching
) -> None:
    source = Source(name="page", kind="feed", options=feed.Options(url=site.url("/")))
    watch = watching(source)
    pages |= {"/": lambda: reply(body=OFFERS.format("/old.xml").encode()), "/old.xml": lambda: rss("H100-1")}
    alerts = [(await look(watch, source, clock)).alerts]
    del pages["/old.xml"]
    listed = ["H100-2", "H100-3", "H100-4"]
    pages |= {"/": lambda: reply(body=OFFERS.format("/new.xml").encode()), "/new.xml": lambda: rss(*listed)}
    alerts.append((await look(watch, source, clock)).alerts)
    listed.append("H100-5")
    alerts.append((await look(watch, source, clock)).alerts)
    assert alerts == [0, 0, 1]
