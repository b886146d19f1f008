"""aiohttp as an httpx transport: the one place where a connection is made, to a checked address or not at all."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from socket import AF_INET, AF_INET6, AI_NUMERICHOST, AddressFamily, socket

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from scrapers._guard import Guard
from scrapers._lane import KEEP

MAX_HEADER = 32_768
"""Bytes of one header: policies of real sites reach 10 kB."""
CONNECT = 5.0
"""Seconds for a name look-up, and for a connection with its TLS."""
DNS_KEEP = 60


class Transport(httpx.AsyncBaseTransport):
    """aiohttp behind httpx's interface: sends the address exactly as given, and follows, decodes and stores nothing.

    A proxy resolves names itself, so with one only the address as written is guarded. ``context`` says which
    certificates are believed; None: those that the system and certifi believe.
    """

    def __init__(self, guard: Guard, proxy: str, context: ssl.SSLContext | None = None) -> None:
        context = context or _trusted()
        self._proxy = proxy or None
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context) if proxy else connector(guard, context),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._session.request(
            request.method,
            URL(str(request.url), encoded=True),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw},
            allow_redirects=False,
            proxy=self._proxy,
            timeout=self._timeout,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Stream(response))

    async def aclose(self) -> None:
        await self._session.close()


def _trusted() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.content.iter_any():
            yield piece

    async def aclose(self) -> None:
        self._response.release()


def connector(guard: Guard, context: ssl.SSLContext) -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(
        limit=0,  # the slots and lanes of Web are the limit
        keepalive_timeout=KEEP,
        resolver=_Resolver(guard),
        ttl_dns_cache=DNS_KEEP,
        socket_factory=_sockets(guard),
        ssl=context,
    )


def _sockets(guard: Guard) -> "aiohttp.SocketFactoryType":
    """The last wall: makes the socket for one address, or none. Sees what no resolver was asked for, too."""

    def make(place: "aiohttp.AddrInfoType") -> socket:
        family, kind, protocol, _, address = place
        guard.check(str(address[0]))
        return socket(family, kind, protocol)

    return make


class _Resolver(AbstractResolver):
    """aiohttp's question for a name, answered with checked addresses alone."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        try:
            async with asyncio.timeout(CONNECT):
                found = await self._guard.resolve(host, port)
        except TimeoutError:
            raise OSError("no answer from the name server") from None
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=AF_INET6 if ":" in address else AF_INET,
                proto=0,
                flags=AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass
