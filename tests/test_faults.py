"""A source that falls ill and is well again, from look to look; what can make it ill is in ``test_farm``."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.model import Standing
from bot.store import Store
from tests.farm import once
from tests.scrapers.sites import Site, reply


def feed(*titles: str) -> bytes:
    now = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example.org/{number}</link><pubDate>{now}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


GOOD = reply(body=feed("H100 racks at the quay"), Content_Type="application/rss+xml")
PAGE = reply(
    body=b'<!doctype html><link rel="alternate" type="application/rss+xml" href="/rss"><p>Hello',
    Content_Type="text/html",
)


class Place:
    """A site, a configuration that watches some of it, and the program run on it in this process."""

    def __init__(self, folder: Path) -> None:
        self.answers = {"good": GOOD}
        self.site = Site(self._answer)
        self.config = folder / "config.toml"

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(self.answers.get(request.split()[1].decode().strip("/"), reply("404 Not Found")))

    def watch(self, *names: str) -> None:
        sources = "".join(f'[source.{name}]\nurl = "{self.site.url("/" + name)}"\n' for name in names)
        head = '[http]\nallow_private = ["127.0.0.0/8"]\n[topic.H100]\nquery = "H100"\n'
        self.config.write_text(head + sources, encoding="utf-8")

    def standing(self) -> Standing:
        with Store(self.config.with_name("vigie.db"), read_only=True) as store:
            (found,) = store.sources.standings()
            return found


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    server = await asyncio.start_server(made.site.serve, "127.0.0.1", 0)
    made.site.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_a_post_that_comes_while_its_source_is_ill_is_told_once_when_it_is_well(place: Place) -> None:
    place.watch("good")
    await once(place.config)
    for ill in (reply("500 Internal Server Error"), reply(), PAGE, reply(body=feed())):
        place.answers["good"] = ill
        _, last = await once(place.config)
        assert last == "1 sources, 0 posts, 0 new, 0 hits, 0 alerts, 1 failed"
    standing = place.standing()
    assert (standing.state, standing.failures) == ("ill", 4)
    assert standing.error == "shows no posts any more, it showed 1"
    place.answers["good"] = reply(body=feed("H100 racks at the quay", "H100 racks leave the quay"))
    shown, last = await once(place.config)
    assert last == "1 sources, 2 posts, 1 new, 1 hits, 1 alerts, 0 failed"
    assert "H100</u> racks leave the quay" in shown
    assert place.standing().state == "well"


async def test_half_a_character_in_one_title_does_not_hide_the_feed(place: Place) -> None:
    place.watch("good")
    place.answers["good"] = reply(
        body=feed("H100 &#xD83D; half", "H100 &#55357;&#56832; whole", "H100 &#9999999; none")
    )
    shown, last = await once(place.config)
    assert last == "1 sources, 3 posts, 3 new, 3 hits, 3 alerts, 0 failed"
    assert "H100</u> 😀 whole" in shown
