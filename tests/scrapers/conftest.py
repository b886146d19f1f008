"""What the tests of scrapers are handed: servers on loopback, and a way out that may reach them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from scrapers._web import Web, WebSettings
from tests.scrapers.sites import Answer, Site, Start


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a Site that answers bytes, or whatever a coroutine writes."""
    async with AsyncExitStack() as stack:

        async def begin(
            answer: bytes | Answer, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
        ) -> Site:
            async def write(request: bytes, writer: asyncio.StreamWriter) -> None:
                assert isinstance(answer, bytes)
                writer.write(answer)

            site = Site(write if isinstance(answer, bytes) else answer)
            server = await asyncio.start_server(site.serve, host, port, ssl=tls)
            stack.push_async_callback(site.stop)
            stack.callback(server.close)
            site.port = server.sockets[0].getsockname()[1]
            return site

        yield begin


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    settings = WebSettings(
        allow_private=(ip_network("127.0.0.0/8"),), timeout=timedelta(seconds=5), contact="mailto:me@example.org"
    )
    async with Web(settings) as found:
        yield found


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, ssl.SSLContext]:
    """A file of an authority to trust, and what a site needs to show a certificate of it for news.example.org."""
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.example.org").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return str(tmp_path / "authority.pem"), context
