"""Sources that are down, slow, huge or lying: told on that source, the others go on, and nothing is lost."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.config import load
from bot.model import Chat, Message, Receipt, Sent, Standing
from bot.store import Store
from tests.scrapers.sites import Site, reply

VIGIE = Path(sys.executable).parent / "vigie"


def feed(*titles: str) -> bytes:
    now = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example.org/{number}</link><pubDate>{now}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


GOOD = reply(body=feed("H100 racks at the quay"), Content_Type="application/rss+xml")
HUGE = reply(body=b"<rss>" + b"x" * 5_100_000)
PAGE = reply(
    body=b'<!doctype html><link rel="alternate" type="application/rss+xml" href="/rss"><p>Hello',
    Content_Type="text/html",
)
FAULTS: dict[str, tuple[bytes, str, str]] = {
    "slow": (b"", "ill", "no answer within 1 s"),
    "reset": (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<rss>", "ill", "the answer broke off"),
    "down": (reply("500 Internal Server Error"), "ill", "the server answered 500 Internal Server Error"),
    "missing": (reply("404 Not Found"), "ill", "the server answered 404 Not Found"),
    "gone": (reply("410 Gone"), "gone", "the server answered 410 Gone"),
    "forbidden": (reply("403 Forbidden"), "blocked", "the server answered 403 Forbidden"),
    "throttled": (
        reply("429 Too Many Requests", Retry_After="600"),
        "ill",
        "the server answered 429 Too Many Requests",
    ),
    "page": (PAGE, "ill", "an HTML page, not a feed; the page offers this feed: "),
    "huge": (HUGE, "ill", "the page is larger than 5 MB"),
    "loop": (reply("302 Found", Location="/loop"), "ill", "more than 5 redirects"),
    "empty": (reply(), "ill", "the answer is empty"),
}
"""Path: what the site answers there, and the state and the words (or their beginning) that an operator reads."""


class Screen:
    """A terminal that keeps what it was to show."""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    async def send(self, chat: Chat, message: Message) -> Receipt:
        self.shown.append(message.text)
        return Sent(message_id=len(self.shown))


class Place:
    """A site, a configuration that watches all of it with a healthy feed at the end, and the program run on it."""

    def __init__(self, folder: Path) -> None:
        self.answers = {**{name: fault[0] for name, fault in FAULTS.items()}, "good": GOOD}
        self.site = Site(self._answer)
        self.config = folder / "config.toml"
        self.over = asyncio.Event()

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        name = request.split()[1].decode().strip("/")
        if name == "slow":
            await self.over.wait()
            return
        writer.write(self.answers.get(name, reply("404 Not Found")))
        if name == "reset":
            writer.close()

    def watch(self, *names: str) -> None:
        sources = "".join(f'[source.{name}]\nurl = "{self.site.url("/" + name)}"\n' for name in names)
        head = '[http]\nallow_private = ["127.0.0.0/8"]\ntimeout = "1s"\n[topic.H100]\nquery = "H100"\n'
        self.config.write_text(head + sources, encoding="utf-8")

    async def vigie(self, *argv: str) -> tuple[str, str]:
        """Run a command that must succeed without a traceback; its output and its errors."""
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *(VIGIE, *argv, "--config", self.config), stdout=pipe, stderr=pipe, env={"COLUMNS": "200"}
        )
        out, err = await child.communicate()
        assert (child.returncode, b"Traceback" in err) == (0, False), err.decode()
        return out.decode(), err.decode()

    async def once(self) -> tuple[str, str]:
        """One round in this process: the alerts that were shown, and the last line."""
        shown: list[str] = []
        async with App(load(self.config), screen=Screen(shown)) as app:
            tally = await app.once()
        return "\n".join(shown), str(tally)

    def standing(self) -> Standing:
        with Store(self.config.with_name("vigie.db"), read_only=True) as store:
            (found,) = store.sources.standings()
            return found

    async def standings(self) -> dict[str, dict[str, Any]]:
        lines = (await self.vigie("sources", "--json"))[0].splitlines()
        return {record["name"]: record for record in map(json.loads, lines)}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    server = await asyncio.start_server(made.site.serve, "127.0.0.1", 0)
    made.site.port = server.sockets[0].getsockname()[1]
    yield made
    made.over.set()
    server.close()


async def test_every_fault_is_told_on_its_source_and_the_neighbour_is_read(place: Place) -> None:
    place.watch(*FAULTS, "good")
    shown, _, last = (await place.vigie("run", "--once"))[0].rstrip().rpartition("\n")
    assert last == f"{len(FAULTS) + 1} sources, 1 posts, 1 new, 1 hits, 1 alerts, {len(FAULTS)} failed"
    assert shown.count("H100 racks at the quay") == 1
    standings = await place.standings()
    for name, (_, state, words) in FAULTS.items():
        found = standings[name]
        assert (name, found["state"], found["failures"]) == (name, state, 1)
        assert found["error"].startswith(words), name
        assert found["last_new"] is None
    assert (standings["good"]["state"], standings["good"]["error"]) == ("well", None)
    table, _ = await place.vigie("sources")
    assert all(words in table for _, _, words in FAULTS.values())


async def test_a_server_that_asks_for_time_is_left_alone_even_when_all_are_looked_at(place: Place) -> None:
    place.watch("throttled", "good")
    await place.once()
    _, last = await place.once()
    assert last.startswith("1 sources, ")
    assert sum(b"/throttled" in request for request in place.site.asked) == 1


async def test_a_post_that_comes_while_its_source_is_ill_is_told_once_when_it_is_well(place: Place) -> None:
    place.watch("good")
    await place.once()
    for ill in (reply("500 Internal Server Error"), reply(), PAGE, reply(body=feed())):
        place.answers["good"] = ill
        _, last = await place.once()
        assert last == "1 sources, 0 posts, 0 new, 0 hits, 0 alerts, 1 failed"
    standing = place.standing()
    assert (standing.state, standing.failures) == ("ill", 4)
    assert standing.error == "shows no posts any more, it showed 1"
    place.answers["good"] = reply(body=feed("H100 racks at the quay", "H100 racks leave the quay"))
    shown, last = await place.once()
    assert last == "1 sources, 2 posts, 1 new, 1 hits, 1 alerts, 0 failed"
    assert "H100</u> racks leave the quay" in shown
    assert place.standing().state == "well"


async def test_half_a_character_in_one_title_does_not_hide_the_feed(place: Place) -> None:
    place.watch("good")
    place.answers["good"] = reply(
        body=feed("H100 &#xD83D; half", "H100 &#55357;&#56832; whole", "H100 &#9999999; none")
    )
    shown, last = await place.once()
    assert last == "1 sources, 3 posts, 3 new, 3 hits, 3 alerts, 0 failed"
    assert "H100</u> 😀 whole" in shown
