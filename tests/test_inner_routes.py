"""No road through the program leads inside: the thirteen addresses as sources, behind redirects, sitemaps and feeds.

A server on 127.0.0.1 counts who comes; 127.0.0.2 stands for the web (``tests.scrapers.inner``). The whole program runs,
only its name server is ours.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import App
from bot.config import load
from bot.model import Standing
from bot.store import Store
from scrapers import Web
from tests.farm import Screen
from tests.hostile import as_feed, item, news, page, plain, rss, sitemap
from tests.scrapers.inner import ALLOWED, ATTACKS, FRONT, INNER, OUTER, REBINDING, Attack, Names
from tests.scrapers.sites import Site, reply

INSIDE = tuple(attack for attack in ATTACKS if attack != REBINDING)
"""Those that are refused at the first look; the other one may be seen outside once."""
ROADS = ("source", "redirect", "child", "page", "entry")
NEVER = "never opened"
LORRIES = "<p>Lorries left by the northern gate of the harbour, say three people who saw them.</p>" * 9


@dataclass
class Turning:
    """A name server whose names of the form ROAD.rebinding.example.org lead outside once, and inside ever after."""

    names: Names = field(default_factory=Names)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        if not host.endswith(f".{REBINDING.host}"):
            return await self.names(host, port)
        self.names.asked.append(host)
        return [OUTER if self.names.asked.count(host) == 1 else INNER]


@dataclass
class Ground:
    """Two ports, each on both sides; what lies outside, by path; and the program, which watches from a folder."""

    folder: Path
    names: Turning = field(default_factory=Turning)
    pages: dict[str, bytes] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    inner: list[Site] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async def secret(request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(as_feed(rss(item("H100 from inside", "http://127.0.0.1/"))))

        servers = []
        for _ in range(2):
            inside, outside = Site(secret), Site(self._answer)
            servers.append(await asyncio.start_server(inside.serve, INNER, 0))
            inside.port = servers[-1].sockets[0].getsockname()[1]
            servers.append(await asyncio.start_server(outside.serve, OUTER, inside.port))
            self.inner.append(inside)
        yield
        for server in servers:
            server.close()

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split()[1].decode()
        if path.startswith("/to/"):
            writer.write(reply("302 Found", Location=f"http://{path.removeprefix('/to/')}"))
        else:
            writer.write(self.pages.get(path, reply("404 Not Found")))

    @property
    def port(self) -> int:
        return self.inner[0].port

    def attack(self, attack: Attack, road: str) -> str:
        """Where this attack leads, told apart by its path: a look at one of them is no look at another."""
        path = f"/to/{INNER}:{self.port}/" if attack.path != "/" else "/"
        return f"http://{attack.host}:{self.port}{path}{road}-{ATTACKS.index(attack)}"

    def turning(self, road: str) -> str:
        """An address outside that sends on to its own name at the other port, when that has turned."""
        host = f"{road}.{REBINDING.host}"
        return f"http://{host}:{self.port}/to/{host}:{self.inner[1].port}/{road}"

    def put(self, path: str, body: bytes) -> str:
        """Let this lie outside; its address."""
        self.pages[path] = as_feed(body)
        return f"http://{FRONT}:{self.port}{path}"

    def watch(self, name: str, url: str, more: str = 'kind = "feed"') -> None:
        self.sources.append(f'[source."{name}"]\nurl = "{url}"\n{more}\n')

    def watch_by(self, road: str, name: str, url: str) -> None:
        """Watch something that leads to this address by a road, and holds something good besides."""
        title, link = f"H100 {name}", f"http://{FRONT}:{self.port}/good/{name}"
        self.pages[f"/good/{name}"] = reply(
            body=page(f"<article>{LORRIES}<p>They held H100 racks, says {name}.</p></article>"),
            Content_Type="text/html",
        )
        match road:
            case "source":
                self.watch(name, url)
            case "redirect":
                self.watch(name, f"http://{FRONT}:{self.port}/to/{url.removeprefix('http://')}")
            case "child":
                good = self.put(f"/good-{name}.xml", sitemap(news(title, link)))
                parts = "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in (url, good))
                index = f"<sitemapindex>{parts}</sitemapindex>".encode()
                self.watch(name, self.put(f"/{name}-index.xml", index), 'kind = "article"\nfull_text = false')
            case "page":
                listed = sitemap(news("Story", url), news("Another story", link))
                self.watch(name, self.put(f"/{name}.xml", listed), 'kind = "article"')
            case "entry":
                listed = rss(item("Story", url), item("Another story", link))
                self.watch(name, self.put(f"/{name}.rss", listed), 'kind = "feed"\nfull_text = true')

    async def look(self, allowed: str = str(ALLOWED)) -> str:
        """One round of the program; the alerts that were shown, as plain text."""
        head = f'[http]\nallow_private = ["{allowed}"]\ngap = "0s"\ntimeout = "5s"\n[topic.H100]\nquery = "H100"\n'
        config = self.folder / "config.toml"
        config.write_text(head + "".join(self.sources), encoding="utf-8")
        screen = Screen()
        async with _Named(config, screen, self.names) as app:
            await app.once()
        return plain("\n".join(screen.shown))

    def standings(self) -> dict[str, Standing]:
        with Store(self.folder / "vigie.db", read_only=True) as store:
            return {standing.name: standing for standing in store.sources.standings()}

    def unread(self) -> dict[str, str]:
        """The pages that were given up, and why."""
        with closing(sqlite3.connect(self.folder / "vigie.db")) as conn:
            return dict(
                conn.execute(
                    "SELECT url, error FROM articles JOIN posts ON id = post WHERE error <> '' AND due IS NULL"
                )
            )

    def assert_nobody_came(self) -> None:
        assert [site.connections for site in self.inner] == [0, 0]


class _Named(App):
    """The program, with a name server of ours."""

    def __init__(self, config: Path, screen: Screen, names: Turning) -> None:
        super().__init__(load(config), screen=screen)
        self._web = Web(self.config.http.settings(), resolve=names)


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    made = Ground(tmp_path)
    async with made.open():
        yield made


async def test_the_ground_leads_inside_where_it_is_allowed(ground: Ground) -> None:
    """Else what follows could not fail."""
    ground.watch_by("redirect", "wire", f"http://{INNER}:{ground.port}/")
    assert "H100 from inside" in await ground.look(allowed="127.0.0.0/8")
    assert [site.connections for site in ground.inner] == [1, 0]


@pytest.mark.parametrize("road", ["source", "redirect"])
async def test_a_source_that_leads_inside_is_refused_and_says_so(ground: Ground, road: str) -> None:
    for number, attack in enumerate(INSIDE):
        ground.watch_by(road, f"{road}-{number}", ground.attack(attack, road))
    await ground.look()
    ground.assert_nobody_came()
    standings = ground.standings()
    assert len(standings) == len(INSIDE)
    for standing in standings.values():
        assert (standing.state, standing.failures, standing.items) == ("ill", 1, 0)
        assert NEVER in standing.error


async def test_a_sitemap_inside_is_refused_and_the_others_of_the_index_are_read(ground: Ground) -> None:
    for number, attack in enumerate(INSIDE):
        ground.watch_by("child", f"child-{number}", ground.attack(attack, "child"))
    shown = await ground.look()
    ground.assert_nobody_came()
    for name, standing in ground.standings().items():
        assert (standing.state, standing.items) == ("well", 1)
        assert standing.note.startswith("a sitemap could not be read: ")
        assert NEVER in standing.note
        assert shown.count(f"H100 {name}\n") == 1


@pytest.mark.parametrize("road", ["page", "entry"])
async def test_a_page_inside_is_refused_and_the_others_are_read(ground: Ground, road: str) -> None:
    for number, attack in enumerate(INSIDE):
        ground.watch_by(road, f"{road}-{number}", ground.attack(attack, road))
    shown = await ground.look()
    ground.assert_nobody_came()
    assert {(standing.state, standing.items) for standing in ground.standings().values()} == {("well", 2)}
    unread = ground.unread()
    assert len(unread) == len(INSIDE)
    assert all(NEVER in error for error in unread.values())
    for number in range(len(INSIDE)):
        assert shown.count(f"They held H100 racks, says {road}-{number}.") == 1
    assert "from inside" not in shown


async def test_a_name_that_turns_on_the_way_is_refused_on_every_road(ground: Ground) -> None:
    for road in ROADS:
        ground.watch_by(road, road, ground.turning(road))
    await ground.look()
    ground.assert_nobody_came()
    for road in ROADS:
        assert ground.names.names.asked.count(f"{road}.{REBINDING.host}") > 1  # it did turn
    standings = ground.standings()
    assert NEVER in standings["source"].error
    assert NEVER in standings["redirect"].error
    assert NEVER in standings["child"].note
    assert sorted(NEVER in error for error in ground.unread().values()) == [True, True]


@pytest.mark.parametrize("road", ["source", "redirect", "child"])
async def test_a_name_that_turns_between_two_looks_is_refused_at_the_second(ground: Ground, road: str) -> None:
    host = f"{road}.{REBINDING.host}"
    body = sitemap(news("H100 outside", f"http://{FRONT}/1")) if road == "child" else rss(item("H100 outside", ""))
    ground.put(f"/{road}", body)
    ground.watch_by(road, road, f"http://{host}:{ground.port}/{road}")
    assert "H100 outside" in await ground.look()
    assert ground.standings()[road].state == "well"
    shown = await ground.look()
    ground.assert_nobody_came()
    again = ground.standings()[road]
    assert NEVER in (again.note if road == "child" else again.error)
    assert "inside" not in shown
