"""The story for which Vigie was made, as it was told in November 2024: two videos, a post, and the press after it.

The words are ours. Watch, store, rules, delivery and the Telegram door are the real ones; the clock is handed in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import pytest

from bot.chat import Telegram
from bot.commands import Commands
from bot.config import load
from bot.deliver import Deliver
from bot.model import Chat, Pace, Topic
from bot.pacer import Pacer, Unpaced
from bot.rules import matcher
from bot.store import Store
from bot.tell import Orders
from bot.watch import Watch
from scrapers import Batch, Bookmark, Post
from tests.botapi import TOKEN, BotApi, Shown
from tests.journey import write_config
from tests.support import Clock, MakeSource

TOPICS = (
    Topic(name="H100", query="H100"),
    Topic(name="H200", query="H200"),
    Topic(name="SuperMicro", query="SuperMicro | 美超微"),
)
VIDEO = "https://www.douyin.com/video/7440012345678901234"
TWEET = "https://x.com/rackspotter/status/1861034567890123456"
ARTICLE = "https://chipdesk.example.com/2024/11/27/founder-shows-banned-accelerators"

CAPTION = (
    "苏菂带你逛机房：昆仑巢算力中心第一天，八卡H100整机刚拆箱，后面一排全是美超微机架，H200也到了！"
    "中关村创业大街的老朋友们来打卡 #昆仑巢 #机房 #H100"
)
SECOND_CAPTION = (
    "苏菂：昆仑巢算力中心机房第二弹，H200开机了，美超微机架一排到底，声音像飞机起飞。创业大街的老朋友们听听 #昆仑巢"
)
POST = (
    "Two Douyin videos posted on Sunday by Su Di (苏菂), founder of Kun Lun Nest (昆仑巢) in Beijing, walk past H100 "
    "and H200 servers in SuperMicro racks. None of these may be sold to China. Watch before it is gone: " + VIDEO
)
ENGLISH = (
    "A Beijing entrepreneur has filmed what export rules say should not be there. In clips on Douyin, Su Di of the "
    "start-up hub Kun Lun Nest strolls through a data room and names the hardware: H100 and H200 accelerators in "
    "cabinets with the SuperMicro badge. The clips were noticed abroad by an account on X. Nvidia did not comment."
)
FRENCH = (
    "Dans une vidéo tournée à Pékin et publiée sur Douyin, Su Di, le fondateur de Kun Lun Nest, présente fièrement ses "
    "serveurs : des H100 et des H200, montés dans des baies SuperMicro, que Washington interdit de vendre à la Chine. "
    "L’homme avait ouvert un café de créateurs d’entreprises rue Zhongguancun."
)
GERMAN = (
    "Der Gründer Su Di zeigt auf Douyin, was es in China nicht geben dürfte: H100 und H200, eingebaut in Schränke von "
    "SuperMicro. Sein Unternehmen Kun Lun Nest betreibt nach eigenen Angaben ein Rechenzentrum in Peking, unweit der "
    "Straße Zhongguancun. Eine Anfrage blieb unbeantwortet."
)
THREAD = f"Founder films his own smuggled H100 boxes, wow. {ARTICLE}"
PRICES = (
    "Hourly rents for the H100 have slipped below two dollars on three marketplaces, a survey by Gridline finds. "
    "Analysts blame idle capacity bought in 2023 and the arrival of newer parts, and expect the slide to go on."
)
LAUNCH = (
    "SuperMicro opens orders for a liquid-cooled system that takes eight H200 boards and a new manifold. The company "
    "says that deliveries begin in January, from its plant in San Jose, and that air-cooled versions follow in spring."
)
TRIAL = (
    "A federal jury in Houston has convicted the owner of a freight company of mislabelling H100 shipments as toys. "
    "Prosecutors said that the man, Harold Finch, had sent pallets through Malaysia. Sentencing is set for March."
)


@dataclass
class World:
    """The sources, the phones, and the clock of it all."""

    store: Store
    clock: Clock
    api: BotApi
    watch: Watch
    deliver: Deliver
    shown: list[Post] = field(default_factory=list)

    def follow(self, chat: int) -> None:
        self.api.person(chat)
        person = self.store.people.welcome(Chat(chat), lang="en", timezone="UTC", now=self.clock())
        for topic in TOPICS:
            self.store.people.follow(person, topic.name, pace=Pace(), now=self.clock())

    async def publish(
        self, source: str, key: str, text: str, *, title: str = "", lang: str = "", **more: object
    ) -> None:
        """A source shows a post; the phones get what is owed at once, and half a minute later what was bundled."""
        usual: dict[str, object] = {"url": f"https://{source}.example.org/{key}", "published": self.clock()}
        self.shown = [Post(key=f"{source}:{key}", title=title, text=text, lang=lang, **{**usual, **more})]  # type: ignore[arg-type]
        await self.watch.look(self.watch.orders.sources[source])
        await self.deliver.drain(patience=timedelta())
        self.clock.forward(seconds=40)
        await self.deliver.drain(patience=timedelta())

    def phone(self, chat: int) -> list[Shown]:
        return self.api.shown[chat]


SOURCES = ("douyin", "copycat", "x", "chipdesk", "lephare", "hafenblatt", "forum", "market", "maker", "court")


@pytest.fixture
async def world(store: Store, clock: Clock, make_source: MakeSource) -> AsyncIterator[World]:
    async with opened(store, clock, make_source) as world:
        yield world


@asynccontextmanager
async def opened(store: Store, clock: Clock, make_source: MakeSource) -> AsyncIterator[World]:
    sources = [make_source(name) for name in SOURCES]
    orders = Orders(
        sources={source.name: source for source in sources},
        topics={topic.name: topic for topic in TOPICS},
        matcher=matcher.compile(TOPICS),
        fresh=timedelta(hours=72),
        backfill=timedelta(hours=24),
        window=timedelta(hours=72),
    )
    store.sources.sync(sources, now=clock())

    async def fetch(source: object, bookmark: Bookmark) -> Batch:
        return Batch(posts=tuple(world.shown))

    async with BotApi() as api:
        config = load(write_config(store.path.parent, api=api.url, site="http://127.0.0.1:9/feed.xml"))
        commands = Commands(store, lambda: config, now=clock)
        messenger = Telegram(
            TOKEN, commands=commands, pacer=Pacer(monotonic), alarm=print, api_url=api.url, listen=False
        )
        await messenger.start()
        world = World(
            store=store,
            clock=clock,
            api=api,
            watch=Watch(store, orders, fetch=fetch, now=clock, wake=lambda: None, notify=print),
            deliver=Deliver(store, messenger, pacer=Unpaced(), now=clock, alarm=print),
        )
        yield world
        await world.deliver.stop()
        await messenger.close()


async def tell_it(world: World) -> None:
    """What happened, day by day; two people listen, the second since the second day."""
    world.follow(1)
    await world.publish("douyin", "1", CAPTION, url=VIDEO, lang="zh")
    world.clock.forward(hours=2)
    await world.publish("douyin", "2", SECOND_CAPTION, lang="zh")
    world.clock.forward(hours=3)
    await world.publish("copycat", "1", f"转：{CAPTION} 侵删", lang="zh")
    world.clock.forward(hours=20)
    world.follow(2)
    await world.publish("market", "1", PRICES, title="H100 rents fall again", lang="en")
    world.clock.forward(hours=20)
    await world.publish("maker", "1", LAUNCH, title="New liquid-cooled H200 system", lang="en")
    world.clock.forward(hours=20)
    await world.publish("x", "1", POST, url=TWEET, links=(VIDEO,), lang="en")
    world.clock.forward(hours=2)
    await world.publish(
        "chipdesk", "1", ENGLISH, title="Banned chips on Douyin", url=ARTICLE, links=(TWEET,), lang="en"
    )
    world.clock.forward(hours=2)
    await world.publish("court", "1", TRIAL, title="Freight boss guilty in H100 case", lang="en")
    world.clock.forward(hours=2)
    await world.publish("lephare", "1", FRENCH, title="À Pékin, des puces interdites en vidéo", lang="fr")
    world.clock.forward(hours=2)
    await world.publish("forum", "1", THREAD, links=(ARTICLE,), lang="en")
    world.clock.forward(hours=2)
    await world.publish("hafenblatt", "1", GERMAN, title="Verbotene Chips auf Douyin", lang="de")


async def test_the_founding_story_is_one_alert_that_grows_and_one_reply_that_grows(world: World) -> None:
    await tell_it(world)
    alert, prices, launch, reply, trial = world.phone(1)
    assert "第一天" in alert.text
    assert [name in alert.text for name in ("also: douyin, copycat", "chipdesk")] == [True, False]
    assert (reply.answers, alert.answers, prices.answers, launch.answers, trial.answers) == (alert.id, 0, 0, 0, 0)
    assert "↩ follow-up\nTwo Douyin videos posted on Sunday" in reply.text.replace("\n\n", "\n")
    assert "also: chipdesk, lephare 🇫🇷, forum, hafenblatt 🇩🇪" in reply.text
    assert [shown.edits for shown in world.phone(1)] == [2, 0, 0, 4, 0]


async def test_who_followed_only_after_the_first_day_gets_one_alert(world: World) -> None:
    await tell_it(world)
    _prices, _launch, alert, trial = world.phone(2)
    assert "Two Douyin videos posted on Sunday" in alert.text
    assert "chipdesk" in alert.text
    assert "hafenblatt" in alert.text or "more" in alert.text
    assert (alert.answers, trial.answers) == (0, 0)
