"""What a poll over a new TLS connection costs: stock httpx beside Vigie's own way out, for feeds that have nothing new.

Most feeds are asked so seldom that no connection is kept until the next time. The farm speaks TLS here and hangs up
after every answer. Both sides run as a child, ``python -m tests.bench.handshakes NAME FEEDS.json``, and check the
farm's certificate against what they read once for all connections: the file that SSL_CERT_FILE names.
"""

import asyncio
import json
import os
import ssl
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from bot.cli.bar import Bar
from tests.bench import farm
from tests.bench.farm import Farm, Validators
from tests.bench.section import Cell, Grid
from tests.bench.spent import Failed, Spent, net, run

FEEDS, FEEDS_QUICK = 1_000, 200
ROUNDS = 3
AT_ONCE = 64
VIGIE, STOCK = "Vigie's Web", "stock httpx"
HEADINGS = ("client", "CPU s/1,000", "x Vigie", "start-up s", "wall s", "peak MB", "requests", "304")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a client took for all the feeds and for one, and how many requests and 304s the farm counted."""

    name: str
    feeds: int
    whole: Spent
    single: Spent
    requests: int
    unchanged: int

    @property
    def per_thousand(self) -> float:
        """CPU seconds for a thousand polls, net of start-up."""
        return net(self.whole.cpu, self.single.cpu, self.feeds)


def steps() -> int:
    """How often the bar is advanced."""
    return 2 * ROUNDS * len(CLIENTS)


def grid(quick: bool, bar: Bar) -> Grid:
    """Both clients, on one farm."""
    count = FEEDS_QUICK if quick else FEEDS
    with farm.started(count, "--tls", "--close", "1") as feeds:
        known = [(url, feeds.validators(url)) for url in feeds.urls()]
        results = [_result(name, feeds, known, bar) for name in CLIENTS]
    ours = next(result for result in results if result.name == VIGIE).per_thousand
    return Grid(
        title=f"{count:,} feeds, nothing new, a new TLS connection for each",
        headings=HEADINGS,
        rows=tuple(_row(result, ours) for result in results),
        drawn="CPU s/1,000",
        note=f"{AT_ONCE} at once; the requests alone: nothing is stored",
    )


def _row(result: Result, ours: float) -> tuple[Cell, ...]:
    spent = result.whole
    return (
        *(result.name, result.per_thousand, result.per_thousand / ours, result.single.cpu, spent.wall, spent.peak),
        *(result.requests, result.unchanged),
    )


Known = Sequence[tuple[str, Validators]]
"""Addresses with the validators of what is known of them."""


def _result(name: str, feeds: Farm, known: Known, bar: Bar) -> Result:
    single = _best(name, feeds, known[:1], bar)
    whole = _best(name, feeds, known, bar)
    asked = feeds.asked()
    return Result(
        name=name,
        feeds=len(known),
        whole=whole,
        single=single,
        requests=asked.requests,
        unchanged=asked.unchanged,
    )


def _best(name: str, feeds: Farm, known: Known, bar: Bar) -> Spent:
    rounds: list[Spent] = []
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        listed = Path(folder, "feeds.json")
        listed.write_text(json.dumps(known))
        for _ in range(ROUNDS):
            feeds.reset()
            command = (sys.executable, "-m", "tests.bench.handshakes", name, str(listed))
            rounds.append(run(command, extra={"SSL_CERT_FILE": str(feeds.authority)}))
            bar.advance(f"{name}, {len(known):,} TLS connections")
    return min(rounds, key=lambda spent: spent.cpu)


# --- the children --------------------------------------------------------------------------------------------------


async def _stock(known: Known) -> None:
    import httpx

    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(verify=ssl.create_default_context()) as client:

        async def ask(url: str, validators: Validators) -> None:
            headers = {"If-None-Match": validators[0], "If-Modified-Since": validators[1]}
            async with slots:
                _unchanged((await client.get(url, headers=headers)).status_code)

        await asyncio.gather(*(ask(*each) for each in known))


async def _vigie(known: Known) -> None:
    from scrapers import Bookmark, Web, WebSettings

    slots = asyncio.Semaphore(AT_ONCE)
    settings = WebSettings(allow_private=(ip_network("127.0.0.0/8"),))
    async with Web(settings, trust=os.environ["SSL_CERT_FILE"]) as web:

        async def ask(url: str, validators: Validators) -> None:
            bookmark = Bookmark(etag=validators[0], modified=validators[1])
            async with slots:
                _unchanged((await web.get(url, bookmark=bookmark)).status)

        await asyncio.gather(*(ask(*each) for each in known))


def _unchanged(status: int) -> None:
    if status != 304:
        raise Failed(f"the farm answered {status} instead of 304")


CLIENTS: Mapping[str, Callable[[Known], Coroutine[None, None, None]]] = {VIGIE: _vigie, STOCK: _stock}


def main() -> None:
    name, listed = sys.argv[1:]
    asyncio.run(CLIENTS[name](json.loads(Path(listed).read_text())))


if __name__ == "__main__":
    main()
