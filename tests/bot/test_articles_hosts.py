"""The reading of articles, host by host: none waits for another, and one that asks for time gets it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import Store
from bot.tell import Outcome
from scrapers import Post
from tests.newsroom import SECOND, World, open_world, story
from tests.scrapers.sites import reply
from tests.support import Clock, MakePost, MakeSource


@pytest.fixture
async def world(store: Store, clock: Clock, make_source: MakeSource, make_post: MakePost) -> AsyncIterator[World]:
    async with open_world(store, clock, make_source, make_post) as opened:
        yield opened


def posts(world: World, count: int, **fields: object) -> list[Post]:
    return [world.post(number, title=f"Racks {number}", text=f"Lorry {number}", **fields) for number in range(count)]


async def test_a_slow_host_with_a_thousand_pages_keeps_no_other_waiting(world: World) -> None:
    slow = [world.post(1, url=world.site.url("/held")), *posts(world, 1500)[2:]]
    await world.look("wire", *slow)
    world.reader.beat()
    await world.held.wait()
    world.pages["/fast"] = story("An H100.")
    world.clock.forward(hours=3)
    await world.look("wire", world.post(2000, url=world.site.url("/fast", host=SECOND)))
    world.reader.beat()
    await asyncio.wait_for(world.woken.wait(), 5)
    assert (len(world.owed()), world.asked("/held"), world.asked("/2")) == (1, 1, 0)


async def test_pages_that_nobody_wants_keep_no_other_waiting(world: World) -> None:
    await world.look("wire", *posts(world, 1200))
    # A look that began before the file was read again ends after it: nothing takes its rows away.
    world.reader.orders = replace(
        world.orders, sources=world.orders.sources | {"wire": replace(world.orders.sources["wire"], full_text=False)}
    )
    world.clock.forward(seconds=1)
    world.pages["/fast"] = story("An H100.")
    await world.look("daily", world.post(2000, url=world.site.url("/fast")))
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    assert (world.waiting(), world.asked("/2")) == ([], 0)


async def test_a_host_that_asks_for_time_is_left_alone_with_all_its_pages(world: World) -> None:
    for number in range(40):
        world.pages[f"/{number}"] = reply("429 Too Many Requests", Retry_After="3600")
    world.pages["/fast"] = story("An H100.")
    await world.look("wire", *posts(world, 40), world.post(99, url=world.site.url("/fast", host=SECOND)))
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    world.clock.forward(minutes=59)
    await world.look("wire", world.post(41))  # what comes meanwhile waits as well
    assert await world.sweep() == Outcome()
    assert sum(world.asked(f"/{number}") for number in range(42)) == 1
    assert world.waiting() == [(row, 0) for row in (*range(1, 41), 42)]
    world.clock.forward(minutes=1)
    await world.sweep()
    assert sum(world.asked(f"/{number}") for number in range(42)) == 2


async def test_a_host_that_shows_two_pages_a_minute_shows_them_all_in_time(world: World) -> None:
    for number in range(30):
        world.pages[f"/{number}"] = story("An H100.")
    await world.look("wire", *posts(world, 30))
    for _ in range(100):
        world.quota = 2
        await world.sweep()
        world.clock.forward(minutes=1)
    assert len(world.owed()) == 30
    assert sum(b"robots" not in request for request in world.site.asked) < 50


async def test_a_host_that_asks_for_time_without_end_is_given_up_after_a_day(world: World) -> None:
    world.quota = 0
    await world.look("wire", *posts(world, 3))
    for _ in range(2 * 24 * 12):
        await world.sweep()
        world.clock.forward(minutes=5)
    assert world.waiting() == []
    assert [read for _, read, _ in world.ended()] == [False] * 3
    assert sum(b"robots" not in request for request in world.site.asked) <= 30


async def test_a_host_that_cannot_be_reached_is_tried_with_one_page_at_a_time(world: World) -> None:
    dead = [world.post(number, url=f"http://127.0.0.1:1/{number}") for number in range(9)]
    await world.look("wire", *dead)
    await world.sweep()
    assert [tries for _, tries in world.waiting()] == [1, *[0] * 8]
    world.clock.forward(minutes=4)
    await world.sweep()
    assert sum(tries for _, tries in world.waiting()) == 1
    world.clock.forward(minutes=1)
    await world.sweep()
    assert [tries for _, tries in world.waiting()] == [1, 1, *[0] * 7]


async def test_a_redirect_to_a_host_that_asks_for_time_holds_that_host_and_not_its_own(world: World) -> None:
    there = world.site.url("/busy", host=SECOND)
    world.pages |= {"/busy": reply("429 Too Many Requests"), "/1": reply("302 Found", Location=there)}
    world.pages["/2"] = story("An H100.")
    await world.look("wire", world.post(1), world.post(2))
    await world.look("daily", world.post(3, url=world.site.url("/3", host=SECOND)))
    first = world.store.articles.next(SECOND, world.clock())
    assert first
    world.store.articles.hold(SECOND, world.clock() + timedelta(seconds=1), now=world.clock())
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    world.clock.forward(minutes=4)
    assert world.store.articles.next(SECOND, world.clock()) is None
    world.clock.forward(minutes=1)
    assert world.store.articles.next(SECOND, world.clock()) == first


async def test_our_own_network_holds_the_host_that_sent_us_on(world: World) -> None:
    world.offline = True
    world.pages["/1"] = reply("302 Found", Location=f"http://{SECOND}:1/")
    await world.look("wire", world.post(1))
    for _ in range(2):
        assert await world.sweep() == Outcome()
    assert (world.asked(), world.waiting()) == (1, [(1, 0)])


async def test_a_page_that_is_kept_from_us_at_first_is_read_an_hour_later(world: World) -> None:
    world.pages["/1"] = reply("403 Forbidden")
    await world.look("wire", world.post())
    await world.sweep()
    world.pages["/1"] = story("An H100.")
    world.clock.forward(hours=1)
    assert await world.sweep() == Outcome(hits=1, alerts=1)
