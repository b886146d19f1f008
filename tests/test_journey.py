"""One post from a site to a phone through the whole program; killed at every step, and resumed; and told to stop."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.app import App
from bot.config import load
from bot.store import Store
from tests.botapi import TOKEN, Refused
from tests.journey import ROOT, FeedSite, Nobody, Nursery, Order, Witness, once, states, telegram, write_config
from tests.support import START, Clock

REPEAT = "↻ "
KILLED = -signal.SIGKILL
LATE = 20
"""The step from which on a program that is wrong is killed, to save time: the first ones only arrange the database."""


@dataclass
class World:
    """A site with one post that is worth an alert, a phone, and two nurseries (one for each core)."""

    folder: Path
    api: Witness
    site: FeedSite
    nurseries: list[Nursery]
    link: str
    numbers: Iterator[int] = field(default_factory=lambda: count(100, 100))

    def settle(self, *, made: bool = True, followers: int = 2) -> tuple[Path, list[int]]:
        """A config.toml, its database if ``made``, and the chats in it, to whom nobody has written yet."""
        first = next(self.numbers)
        chats = list(range(first, first + followers))
        for chat in chats:
            self.api.person(chat)
        folder = self.folder / str(first)
        folder.mkdir()
        path = write_config(folder, api=self.api.url, site=self.site.url, chats=chats)
        if made:
            Store(database(path)).close()
        return path, chats

    async def faults(self, *, variant: str = "real", first: int = 1, enough: float = float("inf")) -> list[str]:
        """Kill a program at each step from ``first`` on, let it live again, and judge the phones.

        It ends when a program ends before its step, or when there are faults ``enough``.
        """
        steps, faults = count(first), list[str]()

        async def kill_on(nursery: Nursery) -> None:
            for step in steps:
                path, chats = self.settle()
                code = await nursery.live(Order(config=str(path), step=step, variant=variant))
                left = states(database(path))
                assert await nursery.live(Order(config=str(path), variant=variant)) == 0
                wrong = [self.wrong(chat, left.get(chat, "")) for chat in chats]
                faults.extend(f"step {step}: {one}" for one in wrong if one)
                if code == 0 or len(faults) >= enough:
                    return
                assert code == KILLED

        await asyncio.gather(*map(kill_on, self.nurseries))
        assert faults or next(steps) > 30, "so few steps cannot be all"
        return faults

    def wrong(self, chat: int, left: str) -> str:
        """Judges one phone; ``left`` is what the database said of its alert when the process had died."""
        shown = self.api.shown[chat]
        marked = [one.text.startswith(REPEAT) for one in shown]
        if not shown:
            return "lost"
        if any(self.link not in one.raw for one in shown):
            return "another message"
        allowed = [[True], [False, True]] if left == "sending" else [[False]]
        return "" if marked in allowed else f"told {len(shown)} times, marked {marked}, the row said {left!r}"


def database(config: Path) -> Path:
    return config.with_name("vigie.db")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Witness())
        site = await stack.enter_async_context(FeedSite().open())
        nurseries = [await stack.enter_async_context(Nursery()) for _ in range(2)]
        link = site.publish(1, "Racks", "Forty racks with H100", at=datetime.now(UTC) - timedelta(hours=1))
        yield World(folder=tmp_path, api=api, site=site, nurseries=nurseries, link=link)


# The path


async def test_a_post_reaches_the_phones_once(world: World) -> None:
    path, (ada, bob) = world.settle(made=False)
    await once(path)
    await once(path)
    for chat in (ada, bob):
        (shown,) = world.api.shown[chat]
        assert "H100" in shown.text.splitlines()[0]
        assert "Racks" in shown.text
        assert "Forty racks with H100" in shown.text
        assert world.link in shown.buttons.values()
    assert world.site.answers == [200, 304]


async def test_a_person_follows_a_topic_in_the_chat_and_is_told_of_the_next_post(world: World) -> None:
    path, _ = world.settle(followers=0)
    clock, stop = Clock(), asyncio.Event()
    world.api.person(7)
    async with App(load(path), screen=Nobody(), phone=telegram(listen=True), now=clock) as app:
        work = asyncio.create_task(app.serve(stop))
        world.api.say(7, "/follow H100")
        await world.api.wait("sendMessage", 1)
        link = world.site.publish(2, "Fresh racks", "More H100", at=START)
        clock.forward(minutes=11)
        await world.api.wait("sendMessage", 2)
        stop.set()
        await work
    told = [shown for shown in world.api.shown[7] if link in shown.raw]
    assert [shown.text.startswith("🔴 H100") for shown in told] == [True]


# The article behind a post

PAGE = """<!doctype html><html lang="en"><head><title>Racks at the quay</title></head><body>
<nav><a href="/">Home</a></nav><main><article><h1>Racks at the quay</h1>{text}<p>Each rack holds eight H100.</p>
</article></main><aside><h2>Most read</h2><p><a href="/9">GH200 is late again</a></p></aside></body></html>"""
ARTICLE = PAGE.format(text="".join(f"<p>Lorry number {n} left by the northern gate at night.</p>" for n in range(30)))
GH200 = '\n[topic.GH200]\nquery = "GH200"\n'


@pytest.fixture
async def paged(world: World) -> AsyncIterator[World]:
    """The same world, but the site's one post says little itself and leads to a page of the site."""
    async with FeedSite().open() as site:
        at = datetime.now(UTC) - timedelta(hours=1)
        link = site.publish(2, "At the quay", "Forty racks of something", at=at, page=ARTICLE)
        yield replace(world, site=site, link=link)


def settle_to_read(world: World) -> tuple[Path, int]:
    """A configuration that reads articles, and a chat that follows what is in the article and what is beside it."""
    path, (chat,) = world.settle(followers=1)
    text = path.read_text(encoding="utf-8").replace('every = "10m"', 'every = "10m"\nfull_text = true')
    path.write_text(text.replace('topics = ["H100"]', 'topics = ["H100", "GH200"]') + GH200, encoding="utf-8")
    return path, chat


async def test_a_word_deep_in_the_article_alerts_once_and_one_in_its_side_bar_does_not(paged: World) -> None:
    path, chat = settle_to_read(paged)
    await once(path)
    await once(path)
    (shown,) = paged.api.shown[chat]
    assert shown.text.splitlines()[0] == "🔴 H100"
    assert "Each rack holds eight H100." in shown.text
    assert paged.link in shown.raw
    assert paged.site.asked.count("/2") == 1


@pytest.mark.parametrize(("moment", "requests"), [("/robots.txt", 1), ("/2", 2)])
async def test_a_kill_between_the_look_and_the_end_of_the_reading_leaves_the_article_to_be_read(
    paged: World, moment: str, requests: int
) -> None:
    path, chat = settle_to_read(paged)
    nursery = paged.nurseries[0]

    def kill(asked: str) -> None:
        if asked == moment:
            paged.site.opening = lambda path: None
            nursery.kill()

    paged.site.opening = kill
    assert await nursery.live(Order(config=str(path))) == KILLED
    assert paged.api.shown[chat] == []
    for _ in range(2):
        assert await nursery.live(Order(config=str(path))) == 0
    assert [shown.text.splitlines()[0] for shown in paged.api.shown[chat]] == ["🔴 H100"]
    assert paged.site.asked.count("/2") == requests


# Kills


async def test_a_kill_at_any_step_loses_nothing_and_repeats_only_what_is_in_doubt(world: World) -> None:
    assert await world.faults() == []


async def test_a_bookmark_that_is_committed_before_the_alerts_is_seen_to_lose_them(world: World) -> None:
    faults = await world.faults(variant="forgetful", first=LATE, enough=1)
    assert faults
    assert all("lost" in fault for fault in faults)


async def test_a_send_that_is_not_written_down_first_is_seen_to_repeat_unmarked(world: World) -> None:
    faults = await world.faults(variant="careless", first=LATE, enough=1)
    assert faults
    assert all("told 2 times, marked [False, False]" in fault for fault in faults)


async def test_a_kill_while_the_database_is_made_leaves_one_that_can_be_finished(world: World) -> None:
    nursery = world.nurseries[0]
    for step in count(1):
        path, _ = world.settle(made=False)
        code = await nursery.live(Order(config=str(path), step=step, opening=True))
        with Store(database(path)) as store:
            assert store.report().shown == 0
            assert store.db.conn.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
        if code == 0:
            break
        assert code == KILLED
    assert step > 30


@pytest.mark.parametrize(("moment", "marks"), [("received", [True]), ("processed", [False, True])])
async def test_a_kill_during_the_request_is_told_again_as_a_repeat(
    world: World, moment: str, marks: list[bool]
) -> None:
    path, (chat,) = world.settle(followers=1)
    nursery = world.nurseries[0]

    async def kill() -> None:
        world.api.received = world.api.processed = Witness.nothing
        nursery.kill()
        raise Refused(500, "nobody listens any more")

    setattr(world.api, moment, kill)
    assert await nursery.live(Order(config=str(path))) == KILLED
    assert states(database(path)) == {chat: "sending"}
    assert await nursery.live(Order(config=str(path))) == 0
    assert [shown.text.startswith(REPEAT) for shown in world.api.shown[chat]] == marks
    assert states(database(path)) == {chat: "sent"}


# The command


async def vigie(*arguments: str | Path, token: str = "") -> Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TELEGRAM")}
    order = (sys.executable, "-W", "error", "-m", "bot", *map(str, arguments))
    environ |= {"TELEGRAM_BOT_TOKEN": token} if token else {}
    return await asyncio.create_subprocess_exec(*order, cwd=ROOT, env=environ, stdout=PIPE, stderr=PIPE)


async def end(process: Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_sigterm_during_a_send_finishes_it_and_ends_well(world: World) -> None:
    path, (chat,) = world.settle(followers=1)
    under_way, answer = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        under_way.set()
        await answer.wait()

    world.api.processed = hold
    process = await vigie("run", "--config", path, token=TOKEN)
    async with asyncio.timeout(20):
        await under_way.wait()
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        while b"stopping" not in await process.stderr.readline():
            pass
    answer.set()
    code, _, err = await end(process)
    assert (code, "Traceback" in err) == (0, False)
    assert states(database(path)) == {chat: "sent"}
    assert [shown.text.startswith(REPEAT) for shown in world.api.shown[chat]] == [False]


async def test_a_second_instance_on_the_same_database_refuses_in_one_line(world: World) -> None:
    path, _ = world.settle()
    with Store(database(path)):
        code, out, err = await end(await vigie("run", "--config", path, token=TOKEN))
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert "another Vigie works on this database" in line
    assert world.site.answers == []


async def test_a_run_with_faults_in_its_file_tells_all_and_touches_nothing(tmp_path: Path) -> None:
    path = write_config(tmp_path, api="http://127.0.0.1:1", site="nowhere", more='[topic.b]\nquery = "("\n[colour]\n')
    code, out, err = await end(await vigie("run", "--config", path))
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    for fault in ("source.wire", "topic.b.query", "colour"):
        assert any(line.startswith(fault) for line in err.splitlines()), err
    assert not database(path).exists()


async def test_one_round_without_a_token_prints_the_alert_and_then_the_tally(world: World) -> None:
    path, _ = world.settle(followers=0)
    code, out, _ = await end(await vigie("run", "--once", "--config", path))
    *alert, last = out.splitlines()
    assert code == 0
    assert world.link in "\n".join(alert)
    assert "Racks" in "\n".join(alert)
    assert last == "1 sources, 1 posts, 1 new, 1 hits, 1 alerts, 0 failed"
    assert world.api.calls == []
