import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

import scrapers
from bot.articles import Reader
from bot.model import Chat, Pace, Source, Topic
from bot.rules import matcher
from bot.rules.articles import TRIES
from bot.store import Store
from bot.tell import Orders, Outcome
from bot.watch import Watch
from scrapers import Batch, Bookmark, Post, Web, WebSettings
from tests.scrapers.sites import Site, reply
from tests.support import START, Clock, MakePost, MakeSource

H100 = Topic(name="H100", query="H100")
SMCI = Topic(name="SuperMicro", query="SuperMicro", sources=("daily",))
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
    """A site of pages, two sources whose posts lead there, a phone's owner, and the readers of it all."""

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
        """What is due within two days: the post, and how many readings of it failed."""
        articles = self.store.articles.due(self.clock() + timedelta(days=2), limit=99)
        return [(article.post, article.tries) for article in articles]

    def owed(self) -> list[tuple[str, tuple[str, ...], list[str]]]:
        """The alerts: the post's key, the topics, and what stands at their places."""
        reader = self.store.people.subscriber(Chat(1))
        assert reader is not None
        found = []
        for one in self.store.outbox.parcel(reader, self.clock()).owed:
            assert one.post
            marked = [getattr(one.post, place.field)[place.start : place.end] for place in one.places]
            found.append((one.post.key, one.topics, marked))
        return found


@pytest.fixture
async def world(store: Store, clock: Clock, make_source: MakeSource, make_post: MakePost) -> AsyncIterator[World]:
    pages: dict[str, bytes] = {}

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split()[1].decode()
        if path == "/held":
            world.held.set()
            await world.release.wait()
        writer.write(pages.get(path, reply("404 Not Found")))

    site = Site(answer)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
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
    settings = WebSettings(allow_private=(ip_network("127.0.0.1/32"),), timeout=timedelta(seconds=5))
    async with Web(settings) as web:
        world = World(site=site, store=store, clock=clock, web=web, orders=orders, make_post=make_post, pages=pages)
        yield world
        world.release.set()
        await world.reader.stop()
    server.close()


# What is read


async def test_a_word_deep_in_the_article_alerts_and_one_beside_the_article_does_not(world: World) -> None:
    world.pages["/1"] = story("All of them held eight H100 each.", side="SuperMicro shares fall")
    assert await world.look("daily", world.post()) == 0
    assert world.owed() == []
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)
    assert world.owed() == [("feed:1", ("H100",), ["H100"])]
    assert world.woken.is_set()


async def test_the_archive_keeps_the_article_behind_the_summary_and_what_the_feed_did_not_say(world: World) -> None:
    world.pages["/1"] = page(*(f"Lorry number {n} left by the northern gate of the harbour." for n in range(12)))
    shown = world.post(author="", lang="")
    await world.look("wire", shown)
    await world.reader.sweep()
    kept = world.store.archive.post(1)
    assert kept.text.startswith(f"{SUMMARY}\n\nLorry number 0 left")
    assert "Lorry number 11" in kept.text
    assert (kept.author, kept.lang, kept.title, kept.key) == ("Ada Lane", "en", "Racks", "feed:1")


async def test_the_summary_is_told_at_once_and_the_article_tells_only_what_is_new(world: World) -> None:
    world.pages["/1"] = story("H100 again, says SuperMicro.")
    assert await world.look("daily", world.post(text=f"An H100. {SUMMARY}")) == 1
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)
    assert world.owed() == [
        ("feed:1", ("H100",), ["H100"]),
        ("feed:1", ("SuperMicro",), ["SuperMicro"]),
    ]


async def test_a_topic_sees_only_the_articles_of_its_sources(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made them.")
    await world.look("wire", world.post())
    assert await world.reader.sweep() == Outcome()
    await world.look("daily", world.post())
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)
    assert world.asked() == 1


async def test_a_page_that_two_sources_show_before_it_is_read_is_matched_for_both(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made them for the H100.")
    for name in ("wire", "daily"):
        await world.look(name, world.post())
    assert await world.reader.sweep() == Outcome(hits=2, alerts=1)
    assert world.asked() == 1


async def test_a_page_is_read_once_and_only_for_sources_that_want_it(world: World) -> None:
    for number in (1, 2):
        world.pages[f"/{number}"] = story("No word of it.")
    await world.look("brief", world.post(1), world.post(2))
    await world.look("wire", world.post(1))
    for _ in range(2):
        await world.reader.sweep()
        await world.look("wire", world.post(1, text="The same page in other words"))
    assert (world.asked("/1"), world.asked("/2")) == (1, 0)


async def test_old_posts_and_posts_without_an_address_owe_no_reading(world: World) -> None:
    old = world.post(1, published=world.clock() - timedelta(days=5))
    await world.look("wire", old, world.post(2, url=""), world.post(3))
    assert world.waiting() == [(3, 0)]


async def test_a_page_without_an_article_leaves_the_summary_as_it_was(world: World) -> None:
    world.pages["/1"] = reply(body=b"<!doctype html><html><body><div></div></body></html>", Content_Type="text/html")
    await world.look("wire", world.post())
    assert await world.reader.sweep() == Outcome()
    assert world.store.archive.post(1).text == SUMMARY
    assert world.waiting() == []


# What fails


async def test_a_server_that_is_down_is_asked_again_later_and_in_the_end_left_alone(world: World) -> None:
    world.pages["/1"] = reply("503 Service Unavailable")
    await world.look("wire", world.post())
    for number in range(1, TRIES + 1):
        await world.reader.sweep()
        await world.reader.sweep()
        assert world.asked() == number
        world.clock.forward(hours=1)
    await world.reader.sweep()
    assert (world.asked(), world.waiting()) == (TRIES, [])


async def test_a_server_that_asks_for_time_gets_it(world: World) -> None:
    world.pages["/1"] = reply("429 Too Many Requests", Retry_After="1800")
    await world.look("wire", world.post())
    await world.reader.sweep()
    world.pages["/1"] = story("An H100.")
    world.clock.forward(minutes=29)
    assert await world.reader.sweep() == Outcome()
    world.clock.forward(minutes=1)
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)


@pytest.mark.parametrize(
    "answer",
    [
        reply("410 Gone"),
        reply("403 Forbidden"),
        reply(body=b"%PDF-1.7 H100", Content_Type="application/pdf"),
        reply(body=b"<p>H100" + b"x" * 5_100_000, Content_Type="text/html"),
        reply("302 Found", Location="http://127.0.0.2:1/"),
        reply("302 Found", Location="file:///etc/hostname"),
    ],
)
async def test_what_cannot_be_read_is_given_up_and_harms_neither_source_nor_neighbour(
    world: World, answer: bytes
) -> None:
    world.pages |= {"/1": answer, "/2": story("An H100.")}
    await world.look("wire", world.post(1), world.post(2))
    before = world.store.sources.standing("wire")
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)
    assert world.waiting() == []
    assert world.store.sources.standing("wire") == before


async def test_no_inner_address_behind_an_entry_is_connected(world: World) -> None:
    async def never(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(story("An H100."))

    inner = Site(never)
    async with await asyncio.start_server(inner.serve, "127.0.0.2", 0) as server:
        inner.port = server.sockets[0].getsockname()[1]
        entry = world.post(1, url=inner.url(host="127.0.0.2"), text="A SuperMicro rack with a secret behind it")
        assert await world.look("daily", entry) == 1
        await world.reader.sweep()
    assert (inner.connections, world.waiting()) == (0, [])
    assert world.store.sources.standing("daily").failures == 0
    assert [topics for _, topics, _ in world.owed()] == [("SuperMicro",)]


async def test_an_article_that_cannot_be_kept_is_not_asked_for_without_end(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.pages["/1"] = story("An H100.")
    await world.look("wire", world.post())
    (article,) = world.store.articles.due(world.clock(), limit=1)
    world.reader.orders = replace(world.orders, topics={})  # a match of a topic that nobody knows
    with pytest.raises(KeyError):
        await world.reader.read(article)
    assert world.waiting() == [(1, 1)]
    assert world.store.archive.post(1).text == SUMMARY
    world.reader.orders = world.orders
    world.clock.forward(minutes=5)
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)


async def test_what_a_site_asks_of_programs_is_obeyed(world: World) -> None:
    world.pages |= {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /1\n"), "/2": story("An H100.")}
    world.pages["/1"] = world.pages["/2"]
    await world.look("wire", world.post(1), world.post(2))
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)
    assert (world.asked("/robots.txt"), world.asked("/1"), world.asked("/2"), world.waiting()) == (1, 0, 1, [])


async def test_a_page_that_our_own_network_keeps_from_us_costs_no_try(world: World) -> None:
    await world.look("wire", world.post(url="http://127.0.0.1:1/1"))  # nobody listens there
    world.offline = True
    for _ in range(2 * TRIES):
        assert await world.reader.sweep() == Outcome()
        assert world.waiting() == [(1, 0)]
        assert world.store.articles.due(world.clock(), limit=1) == ()
        world.clock.forward(minutes=1)
    world.offline = False
    await world.reader.sweep()
    assert world.waiting() == [(1, 1)]


async def test_a_page_that_answers_with_an_error_is_not_forgiven_while_the_network_is_down(world: World) -> None:
    world.pages["/1"] = reply("503 Service Unavailable")
    world.offline = True
    await world.look("wire", world.post())
    await world.reader.sweep()
    assert world.waiting() == [(1, 1)]


# Dates


def dated(days: float) -> bytes:
    """A page whose article is so old."""
    day = (START - timedelta(days=days)).isoformat()
    text = "".join(f"<p>Lorry number {n} left by the northern gate of the harbour.</p>" for n in range(12))
    return reply(
        body=f"<!doctype html><html><head><meta property='article:published_time' content='{day}'></head>"
        f"<body><article><h1>Racks</h1>{text}<p>All with SuperMicro H100.</p></article></body></html>".encode(),
        Content_Type="text/html",
    )


@pytest.mark.parametrize(("days", "alerts"), [(1, 1), (4, 0), (900, 0)])
async def test_an_undated_post_is_judged_by_the_date_on_its_page(world: World, days: float, alerts: int) -> None:
    world.pages["/1"] = dated(days)
    await world.look("wire")
    await world.look("wire", world.post(published=None))
    assert (await world.reader.sweep()).alerts == alerts
    await world.look("daily")
    assert await world.look("daily", world.post(published=None)) == 0
    assert (await world.reader.sweep()).alerts == alerts  # SuperMicro, which only that source's posts are watched for
    assert world.asked() == 1


async def test_a_post_that_its_source_dated_is_told_however_late_its_page_is_read(world: World) -> None:
    world.pages["/1"] = dated(900)
    await world.look("wire", world.post(published=START - timedelta(hours=23)))
    world.clock.forward(hours=60)
    assert (await world.reader.sweep()).alerts == 1


# Start and stop


async def test_a_beat_waits_for_nothing_and_starts_no_page_twice(world: World) -> None:
    world.pages["/1"] = story("An H100.")
    await world.look("wire", world.post())
    world.reader.beat()
    world.reader.beat()
    assert world.asked() == 0
    assert await world.reader.sweep() == Outcome()
    await world.woken.wait()
    assert (world.asked(), len(world.owed())) == (1, 1)


async def test_what_was_being_read_at_the_stop_is_read_at_the_next_start(world: World) -> None:
    world.pages["/held"] = story("An H100.")
    await world.look("wire", world.post(1, url=world.site.url("/held")))
    world.reader.beat()
    await world.held.wait()
    await world.reader.stop()
    assert world.waiting() == [(1, 0)]
    world.release.set()
    assert await world.reader.sweep() == Outcome(hits=1, alerts=1)


async def test_a_source_that_wants_no_full_text_any_more_is_asked_for_none(world: World) -> None:
    await world.look("wire", world.post(1))
    await world.look("daily", world.post(2))
    sources = dict(world.orders.sources, wire=replace(world.orders.sources["wire"], full_text=False))
    del sources["daily"]
    world.reader.orders = replace(world.orders, sources=sources)
    assert await world.reader.sweep() == Outcome()
    assert world.site.asked == []


async def test_a_source_that_leaves_while_its_page_is_read_is_matched_no_more(world: World) -> None:
    world.pages["/held"] = story("An H100.")
    await world.look("wire", world.post(1, url=world.site.url("/held")))
    work = asyncio.create_task(world.reader.sweep())
    await world.held.wait()
    world.reader.orders = replace(world.orders, sources={})
    world.store.articles.sync([])
    world.release.set()
    assert await work == Outcome()
    assert world.waiting() == []
