"""A site of news pages on loopback, sources whose posts lead there, and the readers of it all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network

import scrapers
from bot.articles import Reader
from bot.model import Article, Chat, Owed, Pace, Source, Topic
from bot.rules import matcher
from bot.store import Store
from bot.tell import Orders, Outcome
from bot.watch import Watch
from scrapers import Batch, Bookmark, Post, Web, WebSettings
from tests.scrapers.sites import Site, reply
from tests.support import START, Clock, MakePost, MakeSource

H100 = Topic(name="H100", query="H100")
SMCI = Topic(name="SuperMicro", query="SuperMicro", sources=("daily",))
SECOND = "127.0.0.3"
SUMMARY = "Forty racks were seen in a warehouse near the harbour on Sunday, say three people who work there."


def page(*paragraphs: str, side: str = "") -> bytes:
    """A news site's page with that article, and a side bar."""
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return reply(
        body=f"<!doctype html><html lang='en'><head><title>Racks</title><meta name='author' content='Ada Lane'></head>"
        f"<body><nav><a href='/'>Home</a></nav><main><article><h1>Racks</h1>{text}</article></main>"
        f"<aside><h2>Most read</h2><ul><li><a href='/2'>{side}</a></li></ul></aside></body></html>".encode(),
        Content_Type="text/html; charset=utf-8",
    )


def story(last: str, side: str = "") -> bytes:
    """A page whose article begins with the summary and goes on for a while to a last paragraph."""
    middle = (f"Trucks came and went for hours, and lorry number {n} left by the northern gate." for n in range(12))
    return page(SUMMARY, *middle, last, side=side)


@dataclass
class World:
    """A site of pages, two sources whose posts lead there, a phone's owner, and the readers of it all.

    The site has two hosts, and shows no more pages than its ``quota``: then it asks for a minute's time.
    """

    site: Site
    store: Store
    clock: Clock
    web: Web
    orders: Orders
    make_post: MakePost
    pages: dict[str, bytes]
    held: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    offline: bool = False
    quota: int = 999
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(
            self.store,
            self.orders,
            full_text=self._full_text,
            now=self.clock,
            wake=self.woken.set,
            offline=lambda: self.offline,
        )

    async def _full_text(self, post: Post) -> Post:
        return await scrapers.full_text(self.web, post)

    def post(self, number: int = 1, **fields: object) -> Post:
        usual = {"url": self.site.url(f"/{number}"), "title": "Racks", "text": SUMMARY}
        return self.make_post(number, **{**usual, **fields})

    async def look(self, name: str, *posts: Post) -> int:
        """A look at a source that shows these posts; returns how many alerts are owed because of them."""

        async def fetch(source: Source, bookmark: Bookmark) -> Batch:
            return Batch(posts=posts)

        watch = Watch(self.store, self.orders, fetch=fetch, now=self.clock, wake=lambda: None, notify=print)
        return (await watch.look(self.orders.sources[name])).alerts

    def asked(self, path: str = "/1") -> int:
        """How often a page was asked for."""
        return sum(request.split()[1] == path.encode() for request in self.site.asked)

    def waiting(self) -> list[tuple[int, int]]:
        """What is still to be read: the post, and how many readings of it failed."""
        found = self.store.db.conn.execute("SELECT post, tries FROM articles WHERE due IS NOT NULL ORDER BY post")
        return [(post, tries) for post, tries in found]

    def due(self) -> Article | None:
        """What is to be read now on the site's first host."""
        return self.store.articles.next("127.0.0.1", self.clock())

    def ended(self) -> list[tuple[int, bool, str]]:
        """What is not to be read any more: the post, whether it was read, and why not."""
        found = self.store.db.conn.execute("SELECT post, read, error FROM articles WHERE due IS NULL ORDER BY post")
        return [(post, bool(read), error) for post, read, error in found]

    async def sweep(self) -> Outcome:
        return await self.reader.sweep(patience=timedelta(seconds=30))

    def parcel(self) -> Sequence[Owed]:
        """What the phone's owner is owed."""
        reader = self.store.people.subscriber(Chat(1))
        assert reader is not None
        return self.store.outbox.parcel(reader, self.clock()).owed

    def owed(self) -> list[tuple[str, tuple[str, ...], list[str]]]:
        """The alerts: the post's key, the topics, and what stands at their places."""
        found = []
        for one in self.parcel():
            assert one.post
            marked = [getattr(one.post, place.field)[place.start : place.end] for place in one.places]
            found.append((one.post.key, one.topics, marked))
        return found


@asynccontextmanager
async def open_world(store: Store, clock: Clock, make_source: MakeSource, make_post: MakePost) -> AsyncIterator[World]:
    """A world in which nothing has happened; the chat 1 follows both topics."""
    pages: dict[str, bytes] = {}

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split()[1].decode()
        if path == "/held":
            world.held.set()
            await world.release.wait()
        world.quota -= path != "/robots.txt"
        busy = reply("429 Too Many Requests", Retry_After="60")
        writer.write(pages.get(path, reply("404 Not Found")) if world.quota >= 0 else busy)

    site = Site(answer)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    second = await asyncio.start_server(site.serve, SECOND, site.port)
    sources = [make_source(name, full_text=True) for name in ("wire", "daily")] + [make_source("brief")]
    orders = Orders(
        sources={source.name: source for source in sources},
        topics={topic.name: topic for topic in (H100, SMCI)},
        matcher=matcher.compile([H100, SMCI]),
        fresh=timedelta(hours=72),
        backfill=timedelta(hours=24),
        window=timedelta(hours=72),
    )
    store.sources.sync(sources, now=clock())
    person = store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
    for topic in (H100, SMCI):
        store.people.follow(person, topic.name, pace=Pace(), now=clock())
    allowed = tuple(ip_network(f"{address}/32") for address in ("127.0.0.1", SECOND))
    settings = WebSettings(allow_private=allowed, timeout=timedelta(seconds=5))
    async with Web(settings) as web:
        world = World(site=site, store=store, clock=clock, web=web, orders=orders, make_post=make_post, pages=pages)
        yield world
        world.release.set()
        await world.reader.stop()
    server.close()
    second.close()


def dated(days: float) -> bytes:
    """A page whose article is so old."""
    day = (START - timedelta(days=days)).isoformat()
    text = "".join(f"<p>Lorry number {n} left by the northern gate of the harbour.</p>" for n in range(12))
    return reply(
        body=f"<!doctype html><html><head><meta property='article:published_time' content='{day}'></head>"
        f"<body><article><h1>Racks</h1>{text}<p>All with SuperMicro H100.</p></article></body></html>".encode(),
        Content_Type="text/html",
    )


def named(answer: bytes, url: str) -> bytes:
    """A page that gives this as its own address."""
    body = answer.partition(b"\r\n\r\n")[2]
    body = body.replace(b"<head>", f"<head><link rel='canonical' href='{url}'>".encode())
    return reply(body=body, Content_Type="text/html; charset=utf-8")
