"""No way leads inside: the thirteen addresses, on every road that Web itself has."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from scrapers import Misuse, Refused, ScrapeError
from scrapers._web import Web, WebSettings
from tests.scrapers.inner import ALLOWED, ATTACKS, BODY, INNER, OUTER, REBINDING, Attack, Loopback, Names, loopback
from tests.scrapers.sites import Start, reply

ROOT = Path(__file__).parents[2]
SETTINGS = WebSettings(allow_private=(ALLOWED,), gap=timedelta(), timeout=timedelta(seconds=5))


@pytest.fixture
async def ground() -> AsyncIterator[Loopback]:
    async with loopback() as found:
        yield found


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web(SETTINGS, resolve=Names()) as found:
        yield found


def test_the_table_holds_all_thirteen() -> None:
    assert len(set(ATTACKS)) == 13


@pytest.mark.parametrize("page", [False, True], ids=["feed", "page"])
@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack != REBINDING], ids=lambda attack: attack.host
)
async def test_no_connection_is_made_inside(web: Web, ground: Loopback, attack: Attack, *, page: bool) -> None:
    for url in (attack.url(ground.port), attack.redirected(ground.port)):
        with pytest.raises(Refused):
            await web.get(url, page=page)
    assert ground.inner.connections == 0


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.host)
async def test_the_sitemaps_of_what_lies_inside_are_none(web: Web, ground: Loopback, attack: Attack) -> None:
    with suppress(ScrapeError):
        assert await web.sitemaps(attack.url(ground.port)) == ()
    assert ground.inner.connections == 0


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.host)
async def test_without_any_allowance_nothing_is_connected_at_all(ground: Loopback, attack: Attack) -> None:
    async with Web(WebSettings(), resolve=Names()) as web:
        with pytest.raises((Refused, Misuse)):
            await web.get(attack.url(ground.port))
    assert (ground.inner.connections, ground.outer.connections) == (0, 0)


class TestRebinding:
    async def test_the_address_that_was_checked_is_the_one_that_is_connected(self, ground: Loopback) -> None:
        names = Names()
        async with Web(SETTINGS, resolve=names) as web:
            assert (await web.get(REBINDING.url(ground.port))).body == BODY
        assert names.asked == [REBINDING.host]
        async with Web(SETTINGS, resolve=names) as web:  # another process later: the name has turned
            with pytest.raises(Refused, match=r"leads to 127\.0\.0\.1, an inner address"):
                await web.get(REBINDING.url(ground.port))
        assert ground.inner.connections == 0

    async def test_a_name_that_turns_between_two_connections_is_asked_again_and_refused(self, ground: Loopback) -> None:
        names = Names()
        async with Web(SETTINGS, resolve=names) as web, loopback() as other:
            assert (await web.get(REBINDING.url(ground.port))).body == BODY
            with pytest.raises(Refused):
                await web.get(REBINDING.url(other.port))
        assert names.asked == [REBINDING.host] * 2
        assert (ground.inner.connections, other.inner.connections, other.outer.connections) == (0, 0, 0)

    async def test_a_name_that_turns_on_the_way_of_a_redirect_is_refused_there(self, ground: Loopback) -> None:
        async with Web(SETTINGS, resolve=Names()) as web, loopback() as other:
            with pytest.raises(Refused):
                await web.get(f"http://{REBINDING.host}:{ground.port}/to/{REBINDING.host}:{other.port}/")
        assert ground.outer.connections == 1
        assert (ground.inner.connections, other.inner.connections) == (0, 0)

    async def test_a_name_that_was_inner_first_is_believed_when_it_no_longer_is(self, ground: Loopback) -> None:
        answers = [[INNER], [OUTER], [INNER]]

        async def turning(host: str, port: int) -> list[str]:
            return answers.pop(0)

        async with Web(SETTINGS, resolve=turning) as web:
            with pytest.raises(Refused):
                await web.get(f"http://turning.example.org:{ground.port}/")
            assert (await web.get(f"http://turning.example.org:{ground.port}/")).body == BODY
        assert ground.inner.connections == 0


ASK = """
import asyncio, sys
from ipaddress import ip_network
from scrapers import Web, WebSettings

async def main():
    async with Web(WebSettings(allow_private=(ip_network("127.0.0.0/8"),))) as web:
        print((await web.get(sys.argv[1])).body.decode())

asyncio.run(main())
"""


async def test_a_proxy_of_the_environment_is_not_used(start: Start, tmp_path: Path) -> None:
    """It would look names up itself, past the guard; and .netrc or .curlrc would send passwords nobody meant to."""
    site, proxy = await start(reply(body=b"straight")), await start(reply(body=b"by proxy"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".curlrc").write_text(f'proxy = "{proxy.url()}"\nuser = "me:secret"\n')
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    environment = os.environ | dict.fromkeys(names, proxy.url()) | {"no_proxy": "", "NO_PROXY": ""}
    environment |= {"HOME": str(tmp_path), "CURL_HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASK, site.url()), cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    assert (said, proxy.connections) == (b"straight\n", 0)
    assert b"authorization" not in site.asked[0].lower()
