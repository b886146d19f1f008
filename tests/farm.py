"""A farm of hostile and healthy sources on loopback, and one round of the real program over it, measured.

python -m tests.farm CONFIG      runs the round and says, as JSON, what it came to and what it cost: a Round

The round is a process of its own, so that its memory and its event loop hold nothing but the program.
"""

import asyncio
import json
import selectors
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from bot import log
from bot.app import App
from bot.config import load
from bot.model import Chat, Message, Receipt, Sent
from tests.scrapers.sites import Answer, Site, reply

ROOT = Path(__file__).parent.parent
PATIENCE = 60
"""Seconds until a round that does not end is a fault."""


class Farm:
    """Sources by name, each on a host of its own, and what they answer: bytes, or whatever a coroutine writes."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Answer] = {}
        self.site = Site(self._answer)
        self._visits: set[asyncio.Task[None]] = set()

    def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.create_task(self.site.serve(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.get(request.split()[1].decode().strip("/"), reply("404 Not Found"))
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(request, writer)

    @property
    def asked(self) -> Counter[str]:
        """How often each path was asked for; those of sources are their names."""
        return Counter(request.split()[1].decode().strip("/") for request in self.site.asked)

    @asynccontextmanager
    async def open(self, hosts: int) -> AsyncIterator[Self]:
        """Listen on that many loopback addresses, all at one port."""
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.site.port = server.sockets[0].getsockname()[1]
        others = [f"127.0.0.{number}" for number in range(2, hosts + 1)]
        more = await asyncio.start_server(self._visit, others, self.site.port)
        try:
            yield self
        finally:
            server.close()
            more.close()
            visits = tuple(self._visits)
            for visit in visits:
                visit.cancel()
            await asyncio.gather(*visits, return_exceptions=True)

    def url(self, name: str, host: int) -> str:
        """The address of a source on the host of that number, from 1 on."""
        return self.site.url(f"/{name}", f"127.0.0.{host}")


# One round, in a process of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round came to (``tally``, ``shown``), and what it cost.

    ``began`` is a Unix time, ``seconds`` are of the wall; ``longest`` are the CPU seconds of the longest step of the
    event loop, ``peak`` is the process's memory at its highest, in megabytes, 0.0 where that cannot be told.
    """

    tally: str
    shown: str
    began: float
    seconds: float
    longest: float
    peak: float
    said: str = ""


class _Watchful(selectors.DefaultSelector):
    """Where an event loop waits; it measures how much its thread works between two such pauses."""

    longest = 0.0
    _since = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._since:
            self.longest = max(self.longest, time.thread_time() - self._since)
        found = super().select(timeout)
        self._since = time.thread_time()
        return found


@dataclass(slots=True)
class Screen:
    """A terminal that keeps what it was to show."""

    shown: list[str] = field(default_factory=list)

    async def send(self, chat: Chat, message: Message) -> Receipt:
        self.shown.append(message.text)
        return Sent(message_id=len(self.shown))


async def once(path: Path) -> tuple[str, str]:
    """One round in this process: the alerts that were shown, and the last line."""
    screen = Screen()
    async with App(load(path), screen=screen) as app:
        tally = await app.once()
    return "\n".join(screen.shown), str(tally)


def _peak() -> float:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024 / 1e6


def _measured(path: Path) -> Round:
    watchful = _Watchful()
    log.configure(sys.stderr)
    began, start = time.time(), time.monotonic()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(watchful)) as runner:
        shown, tally = runner.run(once(path))
    took = time.monotonic() - start
    return Round(tally=tally, shown=shown, began=began, seconds=took, longest=watchful.longest, peak=_peak())


async def measured(path: Path) -> Round:
    """One round over that configuration; what it logged is in ``said``."""
    pipe = asyncio.subprocess.PIPE
    order = (sys.executable, "-m", "tests.farm", str(path))
    child = await asyncio.create_subprocess_exec(*order, cwd=ROOT, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await child.communicate()
    except TimeoutError:
        child.kill()
        raise
    assert child.returncode == 0, err.decode()
    return Round(**json.loads(out) | {"said": err.decode()})


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(Path(sys.argv[1])))))
