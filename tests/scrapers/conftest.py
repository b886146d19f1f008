"""What the tests of scrapers are handed: servers on loopback, and a way out that may reach them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from ipaddress import ip_network

import pytest

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
