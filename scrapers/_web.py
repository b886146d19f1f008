"""Polite, guarded HTTP: the only way in which Vigie asks the public web for anything.

* **Guarded**: no inner address is connected, as written, by name or by redirect (``_guard``).
* **Polite**: one request at once to a host and a gap after it (``_lane``), conditional requests, an honest name.
* **Bounded**: bytes on the wire and opened (``_inflate``), redirects, headers, and the time of the whole request.
* **Plain**: whatever goes wrong is one of ``_errors``, in words for an operator, without secrets of the address.

Written against httpx's request, response and transport; behind them stands aiohttp, which costs a quarter of httpx's
own pool and does not collapse above 100 connections. Redirects, decoding and cookies (none) are ours: AsyncClient is
not used.
"""

import asyncio
import base64
import re
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from socket import AF_INET, AF_INET6, AI_NUMERICHOST, AddressFamily, socket
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from scrapers._errors import (
    Blocked,
    Gone,
    Missing,
    Misuse,
    Refused,
    Rejected,
    ScrapeError,
    Throttled,
    TooLarge,
    Unconnected,
    Unreachable,
    Unreadable,
)
from scrapers._guard import Guard, Network, Resolve
from scrapers._inflate import ASKED, Inflater, too_large
from scrapers._lane import KEEP, Lanes
from scrapers._post import Bookmark
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._worker import Worker

MAX_BODY = 5_000_000
"""Bytes of a body, on the wire and opened."""
MAX_REDIRECTS = 5
MAX_HEADER = 32_768
"""Bytes of one header: policies of real sites reach 10 kB."""
MAX_WAIT = timedelta(days=1)
"""No server's Retry-After is taken for longer."""
CONNECT = 5.0
"""Seconds for a name look-up, and for a connection with its TLS."""
AT_ONCE = 256
"""Requests under way, and hosts whose connections are kept."""
DNS_KEEP = 60

_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")
_ERRORS: dict[int, type[Rejected]] = {
    401: Blocked,
    403: Blocked,
    404: Missing,
    410: Gone,
    429: Throttled,
    451: Blocked,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How Vigie goes out: section ``[http]`` of the configuration. Raises ValueError for what cannot be sent.

    ``contact`` stands in the User-Agent; ``allow_private`` are networks that may be opened besides the public internet;
    ``gap`` is the pause between two requests to one public host; ``timeout`` the whole time of one request, redirects
    included and the waiting for its turn excluded; ``proxy`` an address such as ``http://proxy.example.org:3128``.
    """

    contact: str = ""
    allow_private: tuple[Network, ...] = ()
    gap: timedelta = timedelta(seconds=1)
    timeout: timedelta = timedelta(seconds=20)
    proxy: str = ""

    def __post_init__(self) -> None:
        if not (self.contact.isascii() and self.contact.isprintable()):
            raise ValueError("the contact must be plain ASCII, such as mailto:me@example.org")
        if self.timeout <= timedelta():
            raise ValueError("the timeout must be longer than nothing")


@dataclass(slots=True)
class _Budget:
    """Seconds that one request may still take; the waiting for a turn does not count."""

    left: float
    whole: float


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Web:
    """The way out, for one process: one set of connections, lanes and limits.

    ``transport`` and ``resolve`` are handed in by tests. Use it as an async context manager, or call ``aclose``.
    """

    def __init__(
        self,
        settings: WebSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._guard = Guard(settings.allow_private, resolve=resolve)
        self._transport = transport
        self._worker: Worker | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        gap = settings.gap.total_seconds()
        self._lanes = Lanes(lambda host: 0.0 if self._guard.inside(host) else gap)
        self._headers = {"user-agent": user_agent(settings.contact), "accept-encoding": ASKED}

    @property
    def worker(self) -> "Worker":
        """The process in which scrapers read what could hang."""
        if self._worker is None:
            from scrapers._worker import Worker

            self._worker = Worker()
        return self._worker

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection and the worker."""
        if self._transport is not None:
            await self._transport.aclose()
        if self._worker is not None:
            await self._worker.aclose()

    async def get(
        self, url: str, *, bookmark: Bookmark | None = None, accept: str = "", limit: int = MAX_BODY
    ) -> Response:
        """Ask for one address, conditionally if the bookmark has validators, and follow up to five redirects.

        ``limit`` bounds the body in bytes. Raises ScrapeError; statuses other than 200 (or 203) and 304 are errors.
        """
        target = first = _parse(url)
        headers = self._headers | {"accept": accept or "*/*"} | _validators(bookmark or Bookmark())
        seconds = self._settings.timeout.total_seconds()
        budget = _Budget(seconds, seconds)
        lasting = True
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._ask(target, headers | _credentials(first, target), limit, budget)
            if answer.status not in (301, 302, 303, 307, 308):
                return _respond(answer, first, target, lasting=lasting)
            lasting = lasting and answer.status in (301, 308)
            target = _follow(target, answer)
        raise TooLarge(f"more than {MAX_REDIRECTS} redirects", subject=show(first))

    async def _ask(self, url: httpx.URL, headers: dict[str, str], limit: int, budget: _Budget) -> _Answer:
        host = url.raw_host.decode("ascii")
        try:
            self._guard.check_host(host)
            if self._settings.proxy:
                self._guard.check_name(host)
            async with self._lanes.enter(host), self._slots:
                return await self._exchange(url, headers, limit, budget)
        except ScrapeError as error:
            error.subject = show(url)
            raise

    async def _exchange(self, url: httpx.URL, headers: dict[str, str], limit: int, budget: _Budget) -> _Answer:
        if len(self._lanes) > AT_ONCE:  # A connection is kept only while the hosts are few: files are limited.
            headers = headers | {"connection": "close"}
        request = httpx.Request("GET", _bare(url), headers=headers | {"host": url.netloc.decode("ascii")})
        began = time.monotonic()
        try:
            async with asyncio.timeout(budget.left):
                return await _read(await self._out().handle_async_request(request), limit)
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError) as error:  # some of them are TimeoutErrors too
            raise explain(error) from error
        except TimeoutError:
            raise Unreachable(f"no answer within {budget.whole:g} s") from None
        except OSError as error:
            raise explain(error) from error
        finally:
            budget.left -= time.monotonic() - began

    def _out(self) -> httpx.AsyncBaseTransport:
        """The transport, made when it is first needed because it belongs to a running loop."""
        if self._transport is None:
            self._transport = _Transport(self._guard, self._settings.proxy)
        return self._transport


def user_agent(contact: str) -> str:
    """Vigie's own name, its version, and whom to write to: never a browser's disguise."""
    try:
        number = version("vigie")
    except PackageNotFoundError:  # a checkout that was not installed
        number = "0"
    return f"Vigie/{number} (+{contact})" if contact else f"Vigie/{number}"


def show(url: httpx.URL) -> str:
    """The address for people and logs: without user, password, query and fragment, which may hold secrets."""
    bare = _bare(url)
    return str(bare.copy_with(query=None)) + ("?..." if bare.query else "")


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110, 10.2.3); None when it says neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), MAX_WAIT)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta()), MAX_WAIT)


def explain(error: Exception) -> ScrapeError:
    """What an error of httpx or aiohttp means for a source, in one plain line."""
    for kinds, meaning, words in _MEANINGS:
        if isinstance(error, kinds):
            return meaning(words)
    return Unreachable("the connection broke")


_MEANINGS: tuple[tuple[tuple[type[Exception], ...], type[ScrapeError], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), Unconnected, "the name does not resolve"),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError, httpx.ProxyError), Unconnected,
     "the proxy does not answer"),
    ((aiohttp.ClientConnectorCertificateError,), Unreachable, "its certificate is not valid"),
    ((aiohttp.ClientSSLError,), Unreachable, "no secure connection could be made"),
    ((aiohttp.ClientConnectorError, httpx.ConnectError), Unconnected, "the connection was refused"),
    ((aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout), Unconnected, f"no connection within {CONNECT:g} s"),
    ((aiohttp.ServerTimeoutError, httpx.TimeoutException), Unreachable, "no answer in time"),
    ((aiohttp.InvalidURL, httpx.UnsupportedProtocol, httpx.InvalidURL), Misuse, "this is not a web address"),
    ((aiohttp.ServerDisconnectedError,), Unreachable, "the server hung up without an answer"),
    ((aiohttp.ClientPayloadError,), Unreachable, "the answer broke off"),
    ((aiohttp.ClientResponseError, httpx.RemoteProtocolError), Unreachable, "what it answers is not HTTP"),
    ((httpx.DecodingError,), Unreadable, "its compressed body is damaged"),
    ((httpx.TooManyRedirects,), TooLarge, f"more than {MAX_REDIRECTS} redirects"),
)  # fmt: skip
"""First fit wins: subclasses stand before their bases. All else is a connection that broke."""


async def _read(response: httpx.Response, limit: int) -> _Answer:
    """The whole answer; the body is read of a 200 alone."""
    try:
        headers, body = _fold(response.headers), b""
        if response.status_code in (200, 203):
            body = await _body(response, headers, limit)
        return _Answer(response.status_code, headers, body)
    finally:
        await response.aclose()


async def _body(response: httpx.Response, headers: dict[str, str], limit: int) -> bytes:
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced[:15]) > limit:
        raise too_large(limit)
    opener = Inflater(headers.get("content-encoding", ""), limit)
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("the transport must be an asynchronous one")
    async for piece in response.stream:
        opener.feed(piece)
    return opener.body()


def _respond(answer: _Answer, first: httpx.URL, last: httpx.URL, *, lasting: bool) -> Response:
    if answer.status in (200, 203, 304):
        url = str(_bare(last))
        return Response(
            url=url,
            body=answer.body,
            status=304 if answer.status == 304 else 200,
            headers=answer.headers,
            moved=url if lasting and last != first else "",
        )
    raise _rejected(answer, last)


def _rejected(answer: _Answer, url: httpx.URL) -> Rejected:
    wait = retry_after(answer.headers.get("retry-after", ""), now=_server_time(answer.headers))
    kind = _ERRORS.get(answer.status, Rejected)
    if answer.status == 503 and wait is not None:
        kind = Throttled
    try:
        phrase = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    return kind(
        f"the server answered {answer.status}{phrase}", status=answer.status, subject=show(url), retry_after=wait
    )


def _server_time(headers: dict[str, str]) -> datetime:
    """The server's own clock where it tells: a date in Retry-After was written by that one."""
    try:
        when = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, OverflowError):
        return datetime.now(UTC)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _parse(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Misuse("this is not a web address") from None
    if target.scheme not in ("http", "https"):
        raise Refused(f"only http and https are opened, not {target.scheme[:20] or 'this'}", subject=target.scheme[:20])
    if not _HOST.fullmatch(target.raw_host):
        raise Misuse("the address names no host")
    if target.port is not None and not 0 < target.port < 65_536:
        raise Misuse("the port must lie between 1 and 65535")
    return target.copy_with(fragment=None) if target.fragment else target


def _follow(url: httpx.URL, answer: _Answer) -> httpx.URL:
    """Where a redirect leads. Raises Rejected when it leads nowhere, Refused when away from the web."""
    location = answer.headers.get("location", "").strip()
    if not location:
        raise _rejected(answer, url)
    try:
        return _parse(str(url.join(location)))
    except Misuse:
        raise _rejected(answer, url) from None
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _rejected(answer, url) from None
    except Refused as error:
        error.message, error.subject = f"it redirects to {error.message}", show(url)
        raise


def _bare(url: httpx.URL) -> httpx.URL:
    return url.copy_with(userinfo=b"") if url.userinfo else url


def _credentials(first: httpx.URL, url: httpx.URL) -> dict[str, str]:
    """The user and password of the address as written, for its own origin alone."""
    if not first.userinfo or (first.scheme, first.raw_host, first.port) != (url.scheme, url.raw_host, url.port):
        return {}
    pair = f"{first.username}:{first.password}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _validators(bookmark: Bookmark) -> dict[str, str]:
    found = {"if-none-match": bookmark.etag, "if-modified-since": bookmark.modified}
    return {name: value for name, value in found.items() if value and value.isascii() and value.isprintable()}


def _fold(headers: httpx.Headers) -> dict[str, str]:
    """Lower-case names; a header that came twice is joined by commas, as RFC 9110 allows."""
    folded: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded


class _Transport(httpx.AsyncBaseTransport):
    """aiohttp behind httpx's interface: sends the address exactly as given, and follows, decodes and stores nothing.

    A proxy resolves names itself, so with one only the address as written is guarded.
    """

    def __init__(self, guard: Guard, proxy: str) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        context.load_default_certs()
        self._proxy = proxy or None
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context) if proxy else _connector(guard, context),
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


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.content.iter_any():
            yield piece

    async def aclose(self) -> None:
        self._response.release()


def _connector(guard: Guard, context: ssl.SSLContext) -> aiohttp.TCPConnector:
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
