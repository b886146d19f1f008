import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot import message
from bot.rules.articles import TRIES
from bot.store import Store
from bot.tell import Outcome
from tests.newsroom import SUMMARY, World, dated, named, open_world, page, story
from tests.scrapers.sites import Site, reply
from tests.support import START, Clock, MakePost, MakeSource


@pytest.fixture
async def world(store: Store, clock: Clock, make_source: MakeSource, make_post: MakePost) -> AsyncIterator[World]:
    async with open_world(store, clock, make_source, make_post) as opened:
        yield opened


# What is read


async def test_a_word_deep_in_the_article_alerts_and_one_beside_the_article_does_not(world: World) -> None:
    world.pages["/1"] = story("All of them held eight H100 each.", side="SuperMicro shares fall")
    assert await world.look("daily", world.post()) == 0
    assert world.owed() == []
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    assert world.owed() == [("feed:1", ("H100",), ["H100"])]
    assert world.woken.is_set()


async def test_the_archive_keeps_the_article_behind_the_summary_and_what_the_feed_did_not_say(world: World) -> None:
    world.pages["/1"] = page(*(f"Lorry number {n} left by the northern gate of the harbour." for n in range(12)))
    shown = world.post(author="", lang="")
    await world.look("wire", shown)
    await world.sweep()
    kept = world.store.archive.post(1)
    assert kept.text.startswith(f"{SUMMARY}\n\nLorry number 0 left")
    assert "Lorry number 11" in kept.text
    assert (kept.author, kept.lang, kept.title, kept.key) == ("Ada Lane", "en", "Racks", "feed:1")


async def test_the_summary_is_told_at_once_and_the_article_tells_only_what_is_new(world: World) -> None:
    world.pages["/1"] = story("H100 again, says SuperMicro.")
    assert await world.look("daily", world.post(text=f"An H100. {SUMMARY}")) == 1
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    assert world.owed() == [
        ("feed:1", ("H100",), ["H100"]),
        ("feed:1", ("SuperMicro",), ["SuperMicro"]),
    ]


async def test_a_topic_sees_only_the_articles_of_its_sources(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made them.")
    await world.look("wire", world.post())
    assert await world.sweep() == Outcome()
    await world.look("daily", world.post())
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    assert world.asked() == 1


async def test_a_page_that_two_sources_show_before_it_is_read_is_matched_for_both(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made them for the H100.")
    for name in ("wire", "daily"):
        await world.look(name, world.post())
    assert await world.sweep() == Outcome(hits=2, alerts=1)
    assert world.asked() == 1


async def test_a_page_is_read_once_and_only_for_sources_that_want_it(world: World) -> None:
    for number in (1, 2):
        world.pages[f"/{number}"] = story("No word of it.")
    await world.look("brief", world.post(1), world.post(2))
    await world.look("wire", world.post(1))
    for _ in range(2):
        await world.sweep()
        await world.look("wire", world.post(1, text="The same page in other words"))
    assert (world.asked("/1"), world.asked("/2")) == (1, 0)


async def test_old_posts_and_posts_without_an_address_owe_no_reading(world: World) -> None:
    old = world.post(1, published=world.clock() - timedelta(days=5))
    await world.look("wire", old, world.post(2, url=""), world.post(3))
    assert world.waiting() == [(3, 0)]


async def test_a_page_without_an_article_leaves_the_summary_as_it_was(world: World) -> None:
    world.pages["/1"] = reply(body=b"<!doctype html><html><body><div></div></body></html>", Content_Type="text/html")
    await world.look("wire", world.post())
    assert await world.sweep() == Outcome()
    assert world.store.archive.post(1).text == SUMMARY
    assert world.waiting() == []


async def test_a_page_that_several_posts_share_is_read_for_none_of_them(world: World) -> None:
    world.pages["/changes"] = story("Support for the H100 was added in version 0.")
    entries = [world.post(n, url=world.site.url(f"/changes#v{n}"), title=f"{n}", text=f"Lorry {n}") for n in range(12)]
    await world.look("wire", *entries[1:])
    await world.look("wire", *entries)
    assert (await world.sweep(), world.asked("/changes")) == (Outcome(), 0)


@pytest.mark.parametrize(("path", "canonical"), [("/", ""), ("/index.html", ""), ("/start", "/"), ("/login?to=1", "")])
async def test_an_address_that_leads_to_another_page_makes_no_alert(world: World, path: str, canonical: str) -> None:
    other = story("An H100.")
    if canonical:
        other = named(other, world.site.url(canonical))
    world.pages |= {path: other, "/1": reply("302 Found", Location=path)}
    await world.look("wire", world.post(text="Herring is cheap."))
    assert (await world.sweep(), world.asked(path)) == (Outcome(), 1)
    ((_, _, reason),) = world.ended()
    assert reason.startswith("its address leads to ")


async def test_an_address_that_leads_to_an_article_is_read_and_so_is_one_whose_page_names_the_home_page(
    world: World,
) -> None:
    world.pages |= {"/1": reply("301 Moved Permanently", Location="/racks?p=1"), "/racks?p=1": story("An H100.")}
    world.pages["/2"] = named(story("SuperMicro made it."), world.site.url("/"))
    await world.look("daily", world.post(1), world.post(2))
    assert await world.sweep() == Outcome(hits=2, alerts=2)


# What is reworded


async def test_the_places_of_a_reworded_post_are_those_of_the_words_that_are_kept(world: World) -> None:
    await world.look("brief", world.post(title="Racks", text="They stood in a warehouse."))
    assert await world.look("brief", world.post(title="H100 racks", text="UPDATE: they hold the H100.")) == 1
    assert world.owed() == [("feed:1", ("H100",), ["H100", "H100"])]
    words, _ = message.compose(world.parcel(), lang="en", timezone="UTC", now=world.clock())
    assert "<b><u>H100</u> racks</b>" in words.text
    assert "UPDATE: they hold the <b>H100</b>." in words.text
    assert world.store.archive.post(1).text == "UPDATE: they hold the H100.\n\nThey stood in a warehouse."


async def test_a_post_that_is_reworded_after_its_article_was_read_keeps_the_article(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made them.")
    await world.look("daily", world.post())
    assert (await world.sweep()).alerts == 1
    assert await world.look("daily", world.post(text=f"With the H100! {SUMMARY}")) == 1
    assert world.owed() == [("feed:1", ("SuperMicro",), ["SuperMicro"]), ("feed:1", ("H100",), ["H100"])]
    assert world.store.archive.post(1).text.endswith("SuperMicro made them.")


async def test_a_post_that_is_reworded_while_its_article_is_read_is_read_again(world: World) -> None:
    world.pages["/held"] = story("SuperMicro made them.")
    url = world.site.url("/held")
    await world.look("daily", world.post(url=url))
    work = asyncio.create_task(world.sweep())
    await world.held.wait()
    assert await world.look("daily", world.post(url=url, text="With the H100!")) == 1
    world.release.set()
    assert await work == Outcome(hits=1, alerts=1)
    assert world.asked("/held") == 2
    assert world.owed() == [("feed:1", ("H100",), ["H100"]), ("feed:1", ("SuperMicro",), ["SuperMicro"])]


# What fails


async def test_a_server_that_is_down_is_asked_again_later_and_in_the_end_left_alone(world: World) -> None:
    world.pages["/1"] = reply("503 Service Unavailable")
    await world.look("wire", world.post())
    for number in range(1, TRIES + 1):
        await world.sweep()
        await world.sweep()
        assert world.asked() == number
        world.clock.forward(hours=1)
    await world.sweep()
    assert (world.asked(), world.waiting()) == (TRIES, [])


async def test_a_server_that_asks_for_time_gets_it(world: World) -> None:
    world.pages["/1"] = reply("429 Too Many Requests", Retry_After="1800")
    await world.look("wire", world.post())
    await world.sweep()
    world.pages["/1"] = story("An H100.")
    world.clock.forward(minutes=29)
    assert await world.sweep() == Outcome()
    world.clock.forward(minutes=1)
    assert await world.sweep() == Outcome(hits=1, alerts=1)


@pytest.mark.parametrize(
    "answer",
    [
        reply("410 Gone"),
        reply("451 Unavailable For Legal Reasons"),
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
    assert await world.sweep() == Outcome(hits=1, alerts=1)
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
        await world.sweep()
    assert (inner.connections, world.waiting()) == (0, [])
    assert world.store.sources.standing("daily").failures == 0
    assert [topics for _, topics, _ in world.owed()] == [("SuperMicro",)]


async def test_an_article_that_cannot_be_kept_is_not_asked_for_without_end(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.pages["/1"] = story("An H100.")
    await world.look("wire", world.post())
    article = world.due()
    assert article
    world.reader.orders = replace(world.orders, topics={})  # a match of a topic that nobody knows
    with pytest.raises(KeyError):
        await world.reader.read(article)
    assert world.waiting() == [(1, 1)]
    assert world.store.archive.post(1).text == SUMMARY
    world.reader.orders = world.orders
    world.clock.forward(minutes=5)
    assert await world.sweep() == Outcome(hits=1, alerts=1)


async def test_what_a_site_asks_of_programs_is_obeyed(world: World) -> None:
    world.pages |= {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /1\n"), "/2": story("An H100.")}
    world.pages["/1"] = world.pages["/2"]
    await world.look("wire", world.post(1), world.post(2))
    assert await world.sweep() == Outcome(hits=1, alerts=1)
    assert (world.asked("/robots.txt"), world.asked("/1"), world.asked("/2"), world.waiting()) == (1, 0, 1, [])


async def test_a_page_that_our_own_network_keeps_from_us_costs_no_try(world: World) -> None:
    await world.look("wire", world.post(url="http://127.0.0.1:1/1"))  # nobody listens there
    world.offline = True
    for _ in range(2 * TRIES):
        assert await world.sweep() == Outcome()
        assert world.waiting() == [(1, 0)]
        assert world.due() is None
        world.clock.forward(minutes=1)
    world.offline = False
    await world.sweep()
    assert world.waiting() == [(1, 1)]


async def test_a_page_that_answers_with_an_error_is_not_forgiven_while_the_network_is_down(world: World) -> None:
    world.pages["/1"] = reply("503 Service Unavailable")
    world.offline = True
    await world.look("wire", world.post())
    await world.sweep()
    assert world.waiting() == [(1, 1)]


# Dates


@pytest.mark.parametrize(("days", "alerts"), [(1, 1), (4, 0), (900, 0)])
async def test_an_undated_post_is_judged_by_the_date_on_its_page(world: World, days: float, alerts: int) -> None:
    world.pages["/1"] = dated(days)
    await world.look("wire")
    await world.look("wire", world.post(published=None))
    assert (await world.sweep()).alerts == alerts
    await world.look("daily")
    assert await world.look("daily", world.post(published=None)) == 0
    assert (await world.sweep()).alerts == alerts  # SuperMicro, which only that source's posts are watched for
    assert world.asked() == 1


@pytest.mark.parametrize("published", [START - timedelta(hours=23), None])
async def test_what_was_fresh_when_it_was_first_owed_is_told_however_late_its_page_is_read(
    world: World, published: datetime | None
) -> None:
    world.pages["/1"] = dated(1)
    await world.look("wire")
    await world.look("wire", world.post(published=published))
    world.clock.forward(hours=60)
    assert (await world.sweep()).alerts == 1


async def test_an_old_page_that_was_edited_yesterday_is_no_news(world: World) -> None:
    world.pages["/1"] = dated(900)
    await world.look("wire")
    await world.look("wire", world.post(published=START - timedelta(hours=30)))  # its lastmod, in a sitemap
    assert await world.sweep() == Outcome(hits=1)
    assert world.store.archive.post(1).published == START - timedelta(days=900)


async def test_an_old_post_that_another_source_shows_undated_is_no_news(world: World) -> None:
    world.pages["/1"] = story("An H100.")
    await world.look("brief", world.post(published=START - timedelta(days=3000)))
    await world.look("wire")
    await world.look("wire", world.post(key="article:1", title="", text="", published=None))
    assert await world.sweep() == Outcome(hits=1)


async def test_a_page_that_was_read_counts_as_owed_from_when_another_source_shows_it(world: World) -> None:
    world.pages["/1"] = story("SuperMicro made it.")
    await world.look("wire", world.post())
    await world.sweep()
    await world.look("daily")
    world.clock.forward(days=5)
    await world.look("daily", world.post(published=None))
    assert await world.sweep() == Outcome(hits=1)


# Start and stop


async def test_a_beat_waits_for_nothing_and_starts_no_page_twice(world: World) -> None:
    world.pages["/1"] = story("An H100.")
    await world.look("wire", world.post())
    world.reader.beat()
    world.reader.beat()
    assert world.asked() == 0
    assert await world.sweep() == Outcome()
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
    assert await world.sweep() == Outcome(hits=1, alerts=1)


async def test_a_sweep_ends_when_its_time_is_over_and_the_rest_is_due_next_time(world: World) -> None:
    world.pages |= {"/robots.txt": reply(body=b"User-agent: *\nCrawl-delay: 60\n")}
    for number in (1, 2):
        world.pages[f"/{number}"] = story("An H100.")
    await world.look("wire", world.post(1), world.post(2))
    until = time.monotonic() + 10
    assert (await world.reader.sweep(patience=timedelta(seconds=1))).alerts <= 1
    assert time.monotonic() < until
    assert world.waiting()[-1] == (2, 0)
    assert await world.reader.sweep(patience=timedelta()) == Outcome()


async def test_a_source_that_wants_no_full_text_any_more_is_asked_for_none(world: World) -> None:
    await world.look("wire", world.post(1))
    await world.look("daily", world.post(2))
    sources = dict(world.orders.sources, wire=replace(world.orders.sources["wire"], full_text=False))
    del sources["daily"]
    world.reader.orders = replace(world.orders, sources=sources)
    assert await world.sweep() == Outcome()
    assert (world.site.asked, world.waiting(), world.ended()) == ([], [], [])


async def test_a_source_that_leaves_while_its_page_is_read_is_matched_no_more(world: World) -> None:
    world.pages["/held"] = story("An H100.")
    await world.look("wire", world.post(1, url=world.site.url("/held")))
    work = asyncio.create_task(world.sweep())
    await world.held.wait()
    world.reader.orders = replace(world.orders, sources={})
    world.store.articles.sync([])
    world.release.set()
    assert await work == Outcome()
    assert world.waiting() == []
