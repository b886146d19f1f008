"""Certificates: the name that was asked for is checked, while the connection goes to the address that was checked."""

import asyncio
import os
import ssl
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from scrapers import Refused, Unconnected, Unreachable
from scrapers._web import Web, WebSettings
from tests.scrapers.sites import Site, Start, reply
from tests.scrapers.test_inner import ASK, ROOT

SETTINGS = WebSettings(allow_private=(ip_network("127.0.0.0/8"),), gap=timedelta(), timeout=timedelta(seconds=5))
Serve = Callable[[str], Awaitable[Site]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of the authority's own certificate."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


@pytest.fixture
def serve(authority: trustme.CA, start: Start) -> Serve:
    """Starts a site that shows a certificate for this name."""

    async def begin(name: str, answer: bytes = reply(body=b"secure")) -> Site:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        return await start(answer, tls=context)

    return begin


class Names:
    """Every name is on loopback; what was asked is remembered."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return ["127.0.0.1"]


async def test_a_page_comes_by_tls_from_the_checked_address_under_its_name(serve: Serve, trusting: str) -> None:
    site, names = await serve("news.example.org"), Names()
    async with Web(SETTINGS, resolve=names, trust=trusting) as web:
        for _ in range(2):
            found = await web.get(f"https://news.example.org:{site.port}/feed")
    assert (found.body, found.url) == (b"secure", f"https://news.example.org:{site.port}/feed")
    assert (names.asked, site.connections) == (["news.example.org"], 1)
    assert f"host: news.example.org:{site.port}\r\n".encode() in site.asked[0].lower()


async def test_the_certificate_of_another_name_is_not_taken(serve: Serve, trusting: str) -> None:
    site = await serve("other.example.org")
    async with Web(SETTINGS, resolve=Names(), trust=trusting) as web:
        with pytest.raises(Unreachable, match="its certificate is not valid") as caught:
            await web.get(f"https://news.example.org:{site.port}/")
    assert not isinstance(caught.value, Unconnected)
    assert site.asked == []


async def test_the_certificate_of_an_address_is_checked_too(serve: Serve, trusting: str) -> None:
    mine, other = await serve("127.0.0.1"), await serve("127.0.0.2")
    async with Web(SETTINGS, trust=trusting) as web:
        assert (await web.get(f"https://127.0.0.1:{mine.port}/")).body == b"secure"
        with pytest.raises(Unreachable, match="its certificate is not valid"):
            await web.get(f"https://127.0.0.1:{other.port}/")


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(serve: Serve) -> None:
    site = await serve("news.example.org")
    async with Web(SETTINGS, resolve=Names()) as web:
        with pytest.raises(Unreachable, match="its certificate is not valid"):
            await web.get(f"https://news.example.org:{site.port}/")
    assert site.asked == []


async def test_a_certificate_of_yesterday_is_not_taken(authority: trustme.CA, trusting: str, start: Start) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.example.org", not_after=datetime.now(UTC) - timedelta(days=1)).configure_cert(context)
    site = await start(reply(body=b"secure"), tls=context)
    async with Web(SETTINGS, resolve=Names(), trust=trusting) as web:
        with pytest.raises(Unreachable, match="its certificate is not valid"):
            await web.get(f"https://news.example.org:{site.port}/")
    assert site.asked == []


@pytest.mark.parametrize(
    ("variable", "believed"), [("SSL_CERT_FILE", True), ("CURL_CA_BUNDLE", False), ("REQUESTS_CA_BUNDLE", False)]
)
async def test_the_operator_may_name_another_file_of_certificates(
    serve: Serve, trusting: str, variable: str, *, believed: bool
) -> None:
    site = await serve("127.0.0.1")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASK, f"https://127.0.0.1:{site.port}/"),
        cwd=ROOT,
        env={**os.environ, variable: trusting},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await child.communicate()
    assert said == (b"secure\n" if believed else b"")
    assert (b"its certificate is not valid" in wrong) is not believed


async def test_a_file_of_certificates_that_is_not_there_is_told_plainly(serve: Serve, tmp_path: Path) -> None:
    site = await serve("news.example.org")
    async with Web(SETTINGS, resolve=Names(), trust=str(tmp_path / "away.pem")) as web:
        with pytest.raises(Unreachable, match="the file of trusted certificates cannot be read"):
            await web.get(f"https://news.example.org:{site.port}/")


async def test_a_good_certificate_opens_no_inner_address(serve: Serve, trusting: str) -> None:
    site = await serve("news.example.org")
    async with Web(WebSettings(), resolve=Names(), trust=trusting) as web:
        with pytest.raises(Refused, match=r"leads to 127\.0\.0\.1"):
            await web.get(f"https://news.example.org:{site.port}/")
    assert site.connections == 0


async def test_tls_to_a_server_without_it_is_told_plainly(web: Web) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("400 Bad Request"))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        with pytest.raises(Unreachable, match="no secure connection could be made"):
            await web.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
