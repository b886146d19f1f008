"""The real program in processes of their own that can be killed at any step; what ``test_journey`` lets run.

python -m tests.journey      reads one Order a line (JSON), forks a process that lives it, and says its pid and its end

The parent has loaded everything already, so that a life costs a fork and not a start.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.app import App, Phone, utc_now
from bot.chat import Telegram
from bot.config import Config, load
from bot.deliver import Deliver
from bot.model import Message, Owed, Receipt, Sender, Source, Standing, Subscriber
from bot.rules import rhythm
from bot.store import Store
from bot.tell import tell
from bot.watch import Look, Watch
from tests.botapi import TOKEN, BotApi

ROOT = Path(__file__).parent.parent
HEAVY = (
    "scrapers._web",
    "scrapers._feed",
    "scrapers._worker",
    "telegram.ext",
    "httpcore",
    "anyio._backends._asyncio",
    "lxml.etree",
    "ada_url",
    "pydantic.dataclasses",
)
"""What the program loads only when it needs it."""
PATIENCE = 20
"""Seconds until a life that does not end is a fault."""


# What the processes live


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A life: ``vigie run --once`` with this file. It kills itself just before statement ``step`` (0: never).

    Only what may write counts: a kill before a SELECT leaves what a kill before the statement in front of it leaves.
    ``opening`` True lives no longer than the database takes to be made, and there every statement counts.
    """

    config: str
    step: int = 0
    variant: str = "real"
    opening: bool = False


class Forgetful(Watch):
    """Wrong on purpose: the bookmark and the sightings are committed before what they owe."""

    async def _look(self, source: Source, standing: Standing) -> Look:
        batch = await self._fetch(source, standing.bookmark)
        now = self._now()
        with self._store.transaction() as store:
            shown = store.archive.add(source, batch.posts, is_fresh=self._is_fresh(standing.first, now), now=now)
            store.sources.done(rhythm.after_look(source, standing, batch, new=shown.new, now=now))
        with self._store.transaction() as store:
            matched = [(seen, self.orders.matches(source, seen.post)) for seen in shown.seen]
            told = tell(store, self.orders, matched, now=now)
        return Look(source=source.name, alerts=told.alerts)


class Careless(Deliver):
    """Wrong on purpose: nothing is written before the request, so that a repeat cannot be told from a first message."""

    async def _send(self, subscriber: Subscriber, going: Sequence[Owed], words: Message) -> Receipt:
        return await self._sender.send(subscriber.chat, words)


class WrongApp(App):
    """The program, with a wrong part in place of a right one."""

    def __init__(
        self,
        config: Config,
        *,
        screen: Sender,
        phone: Phone | None = None,
        now: Callable[[], datetime] = utc_now,
        watch: type[Watch] = Watch,
        deliver: type[Deliver] = Deliver,
    ) -> None:
        super().__init__(config, screen=screen, phone=phone, now=now)
        assert self._messenger
        self._deliver = deliver(self.store, self._messenger, pacer=self._pacer, now=now, alarm=print)
        self._watch = watch(
            self.store,
            self._watch.orders,
            fetch=self._fetch,
            now=now,
            wake=self._deliver.beat,
            notify=self._tell_operators,
        )


APPS: dict[str, Callable[..., App]] = {
    "real": App,
    "forgetful": partial(WrongApp, watch=Forgetful),
    "careless": partial(WrongApp, deliver=Careless),
}


def telegram(*, listen: bool) -> Phone:
    """The phone of the real program, for the tests' token."""
    return lambda config, commands, pacer, alarm: Telegram(
        TOKEN, commands=commands, pacer=pacer, alarm=alarm, api_url=config.telegram.api_url, listen=listen
    )


class Nobody:
    """The screen of a program that has a phone."""

    async def send(self, chat: object, message: Message) -> Receipt:
        raise AssertionError("with a phone, nothing goes to the screen")


async def once(path: Path, app: Callable[..., App] = App) -> None:
    """What ``vigie run --once`` does with a token."""
    async with app(load(path), screen=Nobody(), phone=telegram(listen=False), now=utc_now) as program:
        await program.once()


def _live(order: Order) -> None:
    """Run, and be killed at the step."""
    steps = count(1)

    def before(statement: str) -> None:
        writes = not statement.upper().startswith(("SELECT", "PRAGMA"))
        if (writes or order.opening) and next(steps) == order.step:
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(conn: sqlite3.Connection) -> None:
        sys.setprofile(None)
        conn.set_trace_callback(before)

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":  # not ready for use yet, but it is at the next call of a function
            sys.setprofile(lambda *_: arm(values[0]))

    sys.addaudithook(hook)
    if order.opening:
        Store(load(Path(order.config)).store_path).close()
    else:
        asyncio.run(once(Path(order.config), APPS[order.variant]))


def _nurse() -> None:
    """Fork a life for each order on stdin."""
    for heavy in HEAVY:
        import_module(heavy)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        pid = os.fork()
        if not pid:
            _end(order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _end(order: Order) -> None:
    code = 1
    try:
        _live(order)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


# What the tests hold in their hands


class Nursery:
    """The parent of lives, one at a time; it is started for the first of them."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._pid = 0

    async def live(self, order: Order) -> int:
        """One life; returns its exit code, -9 if it was killed."""
        process = self._process or await self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            self._pid = int(await process.stdout.readline())
            return int(await process.stdout.readline())

    async def _start(self) -> Process:
        order = (sys.executable, "-W", "error", "-m", "tests.journey")
        self._process = await asyncio.create_subprocess_exec(*order, cwd=ROOT, stdin=PIPE, stdout=PIPE)
        return self._process

    def kill(self) -> None:
        """End the life that is under way, at once."""
        os.kill(self._pid, signal.SIGKILL)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()


class Witness(BotApi):
    """A Bot API at which something happens when it has received a message, and when it has processed one."""

    def __init__(self) -> None:
        super().__init__()
        self.received: Callable[[], Awaitable[None]] = self.nothing
        self.processed: Callable[[], Awaitable[None]] = self.nothing

    @staticmethod
    async def nothing() -> None:
        """Happens unless a test says otherwise."""

    async def _do(self, method: str, params: dict[str, Any]) -> Any:
        if method == "sendMessage":
            await self.received()
        result = await super()._do(method, params)
        if method == "sendMessage":
            await self.processed()
        return result


class FeedSite:
    """A site on loopback with one feed that has an ETag: ``publish``, and what it answered.

    ``asked`` are the paths that were asked for besides the feed; ``opening`` happens before such an answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = []
        self.asked: list[str] = []
        self.opening: Callable[[str], None] = lambda path: None
        self._items: list[str] = []
        self._pages: dict[str, str] = {}

    def publish(self, number: int, title: str, text: str, *, at: datetime, page: str = "") -> str:
        """One more post; returns its address: on this site if it has a page, else nowhere."""
        address = f"https://news.example.org/{number}"
        if page:
            address = self.url.replace("/feed.xml", f"/{number}")
            self._pages[f"/{number}"] = page
        self._items.insert(
            0,
            f"<item><guid>{address}</guid><link>{address}</link><title>{title}</title>"
            f"<description>{text}</description><pubDate>{format_datetime(at)}</pubDate></item>",
        )
        return address

    async def _serve(self, request: web.Request) -> web.Response:
        etag = f'"{len(self._items)}"'
        known = request.headers.get("If-None-Match") == etag
        self.answers.append(304 if known else 200)
        if known:
            return web.Response(status=304, headers={"ETag": etag})
        text = f'<rss version="2.0"><channel><title>News</title>{"".join(self._items)}</channel></rss>'
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": etag})

    async def _page(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.opening(request.path)
        if request.path not in self._pages:
            return web.Response(status=404)
        return web.Response(text=self._pages[request.path], content_type="text/html")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        app = web.Application()
        app.router.add_get("/feed.xml", self._serve)
        app.router.add_get("/{path:.*}", self._page)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
        yield self
        await runner.cleanup()


def write_config(folder: Path, *, api: str, site: str, chats: Sequence[int] = (), more: str = "") -> Path:
    """A config.toml with one topic, one source and these chats; its database is beside it."""
    lines = [
        'timezone = "UTC"',
        f'telegram = {{ api_url = "{api}", operators = [1] }}',
        'http = { contact = "mailto:me@example.org", allow_private = ["127.0.0.0/8"] }',
        '[topic.H100]\nquery = "H100"\npriority = "high"',
        f'[source.wire]\nkind = "feed"\nurl = "{site}"\nevery = "10m"',
        *(f'[chat.c{number}]\nid = {chat}\ntopics = ["H100"]' for number, chat in enumerate(chats)),
        more,
    ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def states(database: Path) -> dict[int, str]:
    """What the outbox says of each chat, read beside the program; nothing while there is no outbox yet."""
    with closing(sqlite3.connect(database)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():
            return {}
        return dict(conn.execute("SELECT chat, state FROM outbox AS o JOIN subscribers AS s ON s.id = o.subscriber"))


if __name__ == "__main__":
    _nurse()
