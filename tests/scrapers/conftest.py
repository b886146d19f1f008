"""A server on loopback that answers with the very bytes a test says, and a way out that may reach it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from ipaddress import ip_network

import pytest

from scrapers._web import Web, WebSettings

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Site:
    """One server on loopback: what it was asked, and how often it was connected."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._answer = answer

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.asked.append(request)
                await self._answer(request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    """Starts a Site that answers bytes, or whatever a coroutine writes."""
    async with AsyncExitStack() as stack:

        async def begin(answer: bytes | Answer, host: str = "127.0.0.1", port: int = 0) -> Site:
            async def write(request: bytes, writer: asyncio.StreamWriter) -> None:
                assert isinstance(answer, bytes)
                writer.write(answer)

            site = Site(write if isinstance(answer, bytes) else answer)
            server = await asyncio.start_server(site.serve, host, port)
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
