import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import PATIENCE, Alarm, App, Phone, Tally
from bot.commands import Commands
from bot.config import Config, load
from bot.errors import Locked, VigieError
from bot.model import TERMINAL, Chat, Later, Message, Pace, Receipt, Sent, SourceState
from bot.pacer import Pacer
from bot.store import Store
from scrapers import Post
from tests.journey import FeedSite
from tests.scrapers.sites import Site, reply
from tests.support import START, Clock

OPERATOR, ADA, DESK, BUREAU = 1, 2, -1001, -1002


Start = Callable[..., Awaitable[App]]


@dataclass
class Handset:
    """A phone that keeps what is sent; ``plan`` is what it answers first, ``refusal`` why it does not start."""

    texts: list[tuple[int, str]] = field(default_factory=list)
    plan: list[Receipt] = field(default_factory=list)
    refusal: str = ""
    life: list[str] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    alarm: Alarm = print

    async def start(self) -> None:
        self.life.append("start")
        if self.refusal:
            raise VigieError(self.refusal)

    async def close(self) -> None:
        self.life.append("close")

    async def send(self, chat: Chat, message: Message) -> Receipt:
        self.texts.append((chat.id, message.text))
        self.told.set()
        return self.plan.pop(0) if self.plan else Sent(message_id=len(self.texts))

    @property
    def phone(self) -> Phone:
        def make(config: Config, commands: Commands, pacer: Pacer, alarm: Alarm) -> Handset:
            self.alarm = alarm
            return self

        return make


@dataclass
class File:
    """A config.toml; every writing of it is newer than the one before."""

    path: Path
    site: str
    age: int = 0

    def write(self, *parts: str) -> Config:
        self.spoil(
            f'timezone = "UTC"\ntelegram = {{ operators = [{OPERATOR}] }}\n'
            'http = { contact = "mailto:me@example.org", allow_private = ["127.0.0.0/8"] }\n'
            f'[source.wire]\nkind = "feed"\nurl = "{self.site}"\n' + "\n".join(parts)
        )
        return load(self.path)

    def spoil(self, text: str) -> None:
        self.age += 1
        self.path.write_text(text, encoding="utf-8")
        os.utime(self.path, (self.age, self.age))


def topic(name: str, query: str = "") -> str:
    return f'[topic.{name}]\nquery = "{query or name}"'


def chat(name: str, number: int, *topics: str) -> str:
    return f"[chat.{name}]\nid = {number}\ntopics = {list(topics)}"


@pytest.fixture
async def site() -> AsyncIterator[FeedSite]:
    async with FeedSite().open() as opened:
        opened.publish(1, "Racks", "Forty racks with H100", at=START - timedelta(hours=1))
        yield opened


@pytest.fixture
def file(tmp_path: Path, site: FeedSite) -> File:
    return File(path=tmp_path / "config.toml", site=site.url)


@pytest.fixture
def handset() -> Handset:
    return Handset()


@pytest.fixture
async def start(file: File, handset: Handset, clock: Clock) -> AsyncIterator[Start]:
    """An App at work with this file; the handset is its phone."""
    async with AsyncExitStack() as stack:

        async def begin(*parts: str, screen: bool = False) -> App:
            phone = None if screen else handset.phone
            return await stack.enter_async_context(App(file.write(*parts), screen=handset, phone=phone, now=clock))

        yield begin


def following(app: App) -> dict[int, tuple[str, ...]]:
    """Every chat, and what it follows."""
    people = app.store.people
    chats = [Chat(*row) for row in app.store.db.conn.execute("SELECT chat, thread FROM subscribers ORDER BY id")]
    return {
        chat.id: tuple(one.topic for one in people.subscriptions(who))
        for chat in chats
        if (who := people.subscriber(chat))
    }


def follow(app: App, number: int, *topics: str, lang: str = "en") -> None:
    with app.store.transaction() as store:
        who = store.people.welcome(Chat(number), lang=lang, timezone="UTC", now=START)
        for name in topics:
            store.people.follow(who, name, pace=Pace(), now=START)


# One round


async def test_one_round_counts_what_it_did_and_says_it_in_the_form_that_scripts_read(
    start: Start, handset: Handset
) -> None:
    app = await start(topic("H100"), topic("racks"), topic("GH200"), chat("desk", DESK, "H100", "racks"))
    tally = await app.once()
    assert str(tally) == "1 sources, 1 posts, 1 new, 2 hits, 1 alerts, 0 failed"
    assert [number for number, _ in handset.texts] == [DESK]
    assert await app.once() == Tally(sources=1, posts=0, new=0, hits=0, alerts=0, failed=0)
    assert len(handset.texts) == 1


async def test_one_round_waits_no_longer_than_its_patience_for_flood_control(start: Start, handset: Handset) -> None:
    handset.plan = [Later(reason="429", after=PATIENCE + timedelta(seconds=1))]
    app = await start(topic("H100"), chat("ada", ADA, "H100"))
    assert (await app.once()).alerts == 1
    assert app.store.outbox.next_due(terminal=False) == START + PATIENCE + timedelta(seconds=1)


async def test_a_source_that_fails_is_counted_and_harms_nobody(start: Start, handset: Handset, site: FeedSite) -> None:
    gone = f'[source.gone]\nkind = "feed"\nurl = "{site.url}/not-there"'
    app = await start(gone, topic("H100"), chat("desk", DESK, "H100"))
    looks: list[tuple[str, bool]] = []
    tally = await app.once(lambda look: looks.append((look.source, bool(look.error))))
    assert (tally.sources, tally.alerts, tally.failed) == (2, 1, 1)
    assert sorted(looks) == [("gone", True), ("wire", False)]
    assert len(handset.texts) == 1


async def test_without_a_phone_the_screen_follows_every_topic_and_phones_wait(start: Start, handset: Handset) -> None:
    app = await start(topic("H100"), topic("GH200"), chat("desk", DESK, "H100"), screen=True)
    assert following(app) == {DESK: ("H100",), TERMINAL.id: ("GH200", "H100")}
    assert (await app.once()).alerts == 2
    assert [number for number, _ in handset.texts] == [TERMINAL.id]
    assert app.store.outbox.next_due(terminal=False) == START


async def test_one_round_without_a_network_fails_everywhere_and_blames_nobody(start: Start, file: File) -> None:
    dark = [f'[source.s{n}]\nkind = "feed"\nurl = "http://127.0.0.{n}:1/"' for n in range(2, 14)]  # nobody listens
    file.site += '"\nfull_text = true\n# "'
    app = await start(*dark, topic("H100"))
    with app.store.transaction():
        wire = next(source for source in app.config.sources if source.name == "wire")
        post = Post(key="feed:9", url="http://127.0.0.1:1/9")
        app.store.archive.add(wire, [post], is_fresh=lambda *_: True, now=START)
        app.store.articles.owe(wire, [1], now=START)
    tally = await app.once()
    assert (tally.sources, tally.failed) == (13, 12)
    standings = {one.name: one for one in app.store.sources.standings()}
    assert standings.pop("wire").state is SourceState.WELL
    assert {(one.state, one.failures, one.error) for one in standings.values()} == {(SourceState.UNPROVEN, 0, "")}
    (tries,) = app.store.db.conn.execute("SELECT tries FROM articles WHERE post = 1 AND due IS NOT NULL").fetchone()
    assert tries == 0


@pytest.mark.parametrize(("lang", "words"), [("en", "gone for good"), ("fr", "définitivement"), ("zh", "已永久移除")])
async def test_operators_are_told_in_their_language_of_a_source_that_is_gone(
    start: Start, handset: Handset, lang: str, words: str
) -> None:
    async def gone(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("410 Gone"))

    old = Site(gone)
    async with await asyncio.start_server(old.serve, "127.0.0.1", 0) as server:
        old.port = server.sockets[0].getsockname()[1]
        app = await start(f'[source.old]\nkind = "feed"\nurl = "{old.url()}"', topic("GH200"))
        follow(app, OPERATOR, lang=lang)
        follow(app, ADA)
        for _ in range(2):
            await app.once()
    ((number, text),) = handset.texts
    assert number == OPERATOR
    assert "old" in text
    assert "410" in text
    assert words in text


# Articles


@pytest.fixture
async def paged(file: File) -> AsyncIterator[FeedSite]:
    """In place of the other site, one whose post says little itself and leads to a page."""
    page = "".join(f"<p>Lorry number {number} left by the northern gate of the harbour.</p>" for number in range(30))
    async with FeedSite().open() as opened:
        file.site = f'{opened.url}"\nfull_text = true\n# "'
        html = f"<!doctype html><html><body><article>{page}<p>All with H100.</p></article></body></html>"
        opened.publish(1, "Racks", "Forty racks", at=START - timedelta(hours=1), page=html)
        yield opened


async def test_one_round_reads_the_articles_that_it_found_before_it_delivers(
    paged: FeedSite, start: Start, handset: Handset
) -> None:
    app = await start(topic("H100"), topic("Forty"), chat("desk", DESK, "H100", "Forty"))
    assert str(await app.once()) == "1 sources, 1 posts, 1 new, 2 hits, 2 alerts, 0 failed"
    heads = sorted(text.splitlines()[0] for _, text in handset.texts)
    assert heads == ["🔵 <b>Forty</b>", "🔵 <b>H100</b> · ↩ follow-up"]
    assert await app.once() == Tally(sources=1, posts=0, new=0, hits=0, alerts=0, failed=0)
    assert paged.asked == ["/robots.txt", "/1"]


async def test_articles_are_read_while_the_program_serves(paged: FeedSite, start: Start, handset: Handset) -> None:
    app, stop = await start(topic("H100"), chat("desk", DESK, "H100")), asyncio.Event()
    work = asyncio.create_task(app.serve(stop))
    async with asyncio.timeout(20):
        await handset.told.wait()
    stop.set()
    await work
    assert [number for number, _ in handset.texts] == [DESK]


async def test_articles_are_not_read_any_more_when_the_file_says_so(paged: FeedSite, start: Start, file: File) -> None:
    app = await start(topic("H100"))
    with app.store.transaction():
        (wire,) = app.config.sources
        app.store.archive.add(wire, [Post(key="feed:1", url=f"{paged.url}/1")], is_fresh=lambda *_: True, now=START)
        app.store.articles.owe(wire, [1], now=START)
    file.site = paged.url
    file.write(topic("H100"))
    await app.reread()
    assert app.store.articles.hosts(START) == ()
    await app.once()
    assert paged.asked == []


# Start and stop


async def test_a_second_app_on_the_same_database_is_refused(start: Start, file: File, handset: Handset) -> None:
    app = await start(topic("H100"))
    with pytest.raises(Locked, match="another Vigie"):
        App(app.config, screen=handset)


async def test_a_phone_that_refuses_to_start_ends_the_program_and_gives_everything_back(
    file: File, handset: Handset, clock: Clock
) -> None:
    handset.refusal = "unknown token"
    config = file.write(topic("H100"))
    with pytest.raises(VigieError, match="unknown token"):
        async with App(config, screen=handset, phone=handset.phone, now=clock) as app:
            await app.once()
    assert handset.life == ["start", "close"]
    Store(config.store_path).close()


async def test_what_was_being_sent_when_the_program_died_is_sent_again_as_a_repeat(
    file: File, handset: Handset, clock: Clock, start: Start
) -> None:
    config = file.write(topic("H100"), chat("desk", DESK, "H100"))
    handset.plan = [Later(reason="429", after=timedelta(hours=1))]
    async with App(config, screen=handset, phone=handset.phone, now=clock) as app:
        await app.once()
        with app.store.transaction() as store:
            store.outbox.sending([1], clock())
    handset.texts.clear()
    async with App(config, screen=handset, phone=handset.phone, now=clock) as app:
        await app.once()
    assert [text.startswith("↻ ") for _, text in handset.texts] == [True]


# A changed file


async def test_a_file_that_did_not_change_is_not_read(start: Start, file: File) -> None:
    app = await start(topic("H100"))
    before = app.config
    await app.reread()
    assert app.config is before


async def test_a_changed_file_is_swapped_whole(start: Start, file: File, handset: Handset, site: FeedSite) -> None:
    app = await start(topic("GH200"), chat("desk", DESK, "GH200"))
    await app.once()
    assert handset.texts == []
    file.write(topic("H100"), chat("desk", DESK, "H100"))
    await app.reread()
    site.publish(2, "More", "Another H100", at=START)
    assert (await app.once()).alerts == 1
    assert "Another" in handset.texts[0][1]


async def test_thousands_of_topics_are_compiled_while_everything_else_goes_on(start: Start, file: File) -> None:
    app = await start(topic("H100"))
    turns, done = 0, asyncio.Event()

    async def count() -> None:
        nonlocal turns
        while not done.is_set():
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    file.spoil("\n".join(topic(f"T{number}", f"K{number} OR (Q{number} ban)") for number in range(1_000)))
    await app.reread()
    done.set()
    await counting
    assert len(app.config.topics) == 1_000
    assert turns > 10  # a loop that stands still takes two or three


async def test_a_change_is_taken_over_once_however_often_the_file_is_looked_at(
    start: Start, file: File, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    app = await start(topic("H100"))
    file.spoil(topic("H200"))
    await asyncio.gather(app.reread(), app.reread())
    await app.reread()
    assert [record.message for record in caplog.records if "read again" in record.message] == [
        "the file was read again"
    ]


async def test_a_change_that_could_not_be_taken_over_is_tried_again(start: Start, file: File) -> None:
    app = await start(topic("H100"))
    file.spoil(topic("H200"))
    with app.store.transaction(), pytest.raises(sqlite3.OperationalError, match="transaction"):
        await app.reread()
    await app.reread()
    assert [one.name for one in app.config.topics] == ["H200"]


async def test_other_http_settings_are_used_from_then_on(start: Start, file: File, site: FeedSite) -> None:
    app = await start(topic("H100"))
    assert (await app.once()).failed == 0
    file.write(topic("H100"))
    file.spoil(file.path.read_text(encoding="utf-8").replace('["127.0.0.0/8"]', "[]"))
    await app.reread()
    assert (await app.once()).failed == 1
    assert site.answers == [200]


async def test_a_page_that_is_begun_during_a_swap_is_read_by_the_new_web(
    start: Start, file: File, site: FeedSite
) -> None:
    full, asked = "full_text = true", asyncio.Event()
    site.publish(2, "At the quay", "Racks", at=START, page="<html><p>An H100 for each of them.</p></html>")
    app = await start(full, topic("H100"))
    await app._watch.sweep(lambda look: None)
    site.opening = lambda path: asked.set()

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:  # as one whose parser has to be killed first
            await asked.wait()

    slow = app._reader._under_way["slow.example.org"] = asyncio.create_task(linger())
    slow.add_done_callback(lambda task: app._reader._under_way.pop("slow.example.org"))
    file.write(full, topic("H100"))
    file.spoil(file.path.read_text(encoding="utf-8").replace("me@", "you@"))
    change = asyncio.create_task(app.reread())
    while not change.done():
        await asyncio.sleep(0)
        if slow.cancelling():
            app._reader.beat()
    await asyncio.gather(*app._reader._under_way.values())
    found = app.store.db.conn.execute("SELECT url, read, tries FROM articles JOIN posts ON id = post")
    assert (site.url.replace("/feed.xml", "/2"), 1, 0) in found.fetchall()


async def test_a_faulty_file_changes_nothing_and_operators_are_told_once(
    start: Start, file: File, handset: Handset
) -> None:
    app = await start(topic("H100"), chat("desk", DESK, "H100"))
    before, orders = app.config, following(app)
    follow(app, OPERATOR)
    follow(app, ADA)
    for _ in range(2):
        file.spoil("[colour]\n[topic.b]\nquery = '('\n")
        await app.reread()
    await app.reread()
    assert app.config is before
    assert {DESK: orders[DESK]} == {DESK: following(app)[DESK]}
    await app.once()
    (told,) = [text for number, text in handset.texts if number == OPERATOR]
    assert "colour" in told
    assert "topic.b.query" in told
    assert [number for number, _ in handset.texts if number == ADA] == []


async def test_a_file_that_is_repaired_is_used(start: Start, file: File) -> None:
    app = await start(topic("H100"))
    file.spoil("[")
    await app.reread()
    repaired = file.write(topic("GH200"))
    await app.reread()
    assert app.config == repaired


async def test_followers_of_a_topic_that_left_are_told_once_and_again_if_it_leaves_again(
    start: Start, file: File, handset: Handset, clock: Clock
) -> None:
    app = await start(topic("H100"), topic("GH200"))
    follow(app, ADA, "GH200", lang="fr")
    follow(app, OPERATOR, "H100")

    async def change(*topics: str) -> list[int]:
        handset.texts.clear()
        clock.forward(minutes=1)
        file.write(*topics)
        await app.reread()
        file.write(*topics, "# only a comment")
        await app.reread()
        await app.once()
        return [number for number, text in handset.texts if "GH200" in text]

    assert await change(topic("H100")) == [ADA]
    assert following(app)[ADA] == ("GH200",)
    assert await change(topic("H100"), topic("GH200")) == []
    assert await change(topic("H100")) == [ADA]


async def test_managed_chats_come_and_go_with_the_file_and_others_stay(start: Start, file: File) -> None:
    app = await start(topic("H100"), topic("GH200"), chat("desk", DESK, "H100"))
    follow(app, ADA, "H100")
    assert following(app) == {DESK: ("H100",), ADA: ("H100",)}
    file.write(topic("H100"), topic("GH200"), chat("desk", DESK, "GH200"), chat("bureau", BUREAU, "H100"))
    await app.reread()
    assert following(app) == {DESK: ("GH200",), ADA: ("H100",), BUREAU: ("H100",)}
    file.write(topic("H100"), topic("GH200"))
    await app.reread()
    assert following(app) == {ADA: ("H100",)}


async def test_an_alarm_reaches_operators_once_a_day(start: Start, handset: Handset, clock: Clock) -> None:
    app = await start(topic("H100"))
    follow(app, OPERATOR)
    follow(app, ADA)
    handset.alarm("another program reads this bot's messages")
    handset.alarm("another program reads this bot's messages")
    await app.once()
    assert handset.texts == [(OPERATOR, "another program reads this bot's messages")]
