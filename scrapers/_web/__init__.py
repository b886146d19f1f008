"""Polite, guarded HTTP: the only way in which Vigie asks the public web for anything.

* **Guarded**: no inner address is connected, as written, by name or by redirect (``_guard``).
* **Polite**: one request at once to a host and a gap after it (``_lane``), conditional requests, an honest name.
* **Bounded**: bytes on the wire and opened (``_inflate``), redirects, headers, and the time of the whole request.
* **Plain**: whatever goes wrong is one of ``_errors``, in words for an operator, without secrets of the address.

libcurl makes the connections, behind httpx's transport interface: it costs much less than httpx's own pool and does not
collapse above 100 connections. Redirects, decoding and cookies (none) are ours: AsyncClient is not used.

``transport`` makes the connections, ``played`` lets another transport of httpx's stand in for it, ``address`` reads
addresses, ``answers`` says what came back.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from scrapers._errors import Misuse, Refused, ScrapeError, TooLarge, Unreachable
from scrapers._guard import Guard, Network, Resolve
from scrapers._inflate import ASKED
from scrapers._lane import Lanes
from scrapers._post import Bookmark
from scrapers._response import Response
from scrapers._web.address import Address, bare, credentials, origin, parse, show
from scrapers._web.answers import MAX_REDIRECTS, Answer, explain, follow, read, respond
from scrapers._web.played import Played
from scrapers._web.transport import Transport

if TYPE_CHECKING:
    from scrapers._robots import Robots, Rules
    from scrapers._worker import Worker

MAX_BODY = 5_000_000
"""Bytes of a body, on the wire and opened."""
AT_ONCE = 256
"""Requests under way."""
MAX_SITEMAPS = 50


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
    """What one request may still take: seconds, for which waiting for a turn does not count, and bytes of a body."""

    left: float
    whole: float
    size: int
    cut: bool = False


class Web:
    """The way out, for one process: one set of connections, lanes and limits.

    ``transport``, ``resolve`` and ``trust`` (a file of certificates) are handed in by tests. Use it as an async context
    manager, or call ``aclose``.
    """

    def __init__(
        self,
        settings: WebSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
        trust: str = "",
    ) -> None:
        self._settings = settings
        self._guard = Guard(settings.allow_private, resolve=resolve)
        self._transport: Transport | Played | None = Played(transport) if transport else None
        self._trust = trust
        self._worker: Worker | None = None
        self._robots: Robots | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._seconds = settings.timeout.total_seconds()
        self._gap = settings.gap.total_seconds()
        self._lanes = Lanes(self._owed)
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
        self, url: str, *, bookmark: Bookmark | None = None, accept: str = "", limit: int = MAX_BODY, page: bool = False
    ) -> Response:
        """Ask for one address, conditionally if the bookmark has validators, and follow up to five redirects.

        ``limit`` bounds the body in bytes. A ``page`` is made for people, so each site on the way is asked by its
        robots.txt first (RFC 9309), within the same politeness but a time of its own; feeds and interfaces are made
        for programs. Raises ScrapeError; statuses other than 200 (or 203) and 304 are errors.
        """
        headers = self._headers | {"accept": accept or "*/*"}
        if bookmark is not None:
            headers |= _validators(bookmark)
        return await self._walk(parse(url), headers, _Budget(self._seconds, self._seconds, limit), page=page)

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of this address's site names, at most 50. Raises ScrapeError."""
        rules = await self._rules(parse(url))
        found = (_web_address(line) for line in rules.sitemaps)
        return tuple(islice(dict.fromkeys(address for address in found if address), MAX_SITEMAPS))

    async def _walk(self, first: Address, headers: dict[str, str], budget: _Budget, *, page: bool) -> Response:
        target, lasting = first, True
        for _ in range(MAX_REDIRECTS + 1):
            if page:
                await self._permit(target)
            sent = headers | credentials(first, target) if first.user else headers
            answer = await self._ask(target, sent, budget)
            if answer.status not in (301, 302, 303, 307, 308):
                return respond(answer, first, target, lasting=lasting)
            lasting = lasting and answer.status in (301, 308)
            target = follow(target, answer)
        raise TooLarge(f"more than {MAX_REDIRECTS} redirects", subject=show(first))

    async def _ask(self, url: Address, headers: dict[str, str], budget: _Budget) -> Answer:
        try:
            self._guard.check_host(url.host)
            if self._settings.proxy:
                self._guard.check_name(url.host)
            async with self._lanes.enter(url.host), self._slots:
                return await self._exchange(url, headers, budget)
        except ScrapeError as error:
            error.subject = show(url)
            raise

    async def _exchange(self, url: Address, headers: dict[str, str], budget: _Budget) -> Answer:
        began = time.monotonic()
        try:
            answer = await self._out().ask(url, headers | {"host": url.netloc}, seconds=budget.left)
            return await read(answer, budget.size, cut=budget.cut)
        except TimeoutError:
            raise Unreachable(f"no answer within {budget.whole:g} s") from None
        except OSError as error:
            raise explain(error) from error
        finally:
            budget.left -= time.monotonic() - began

    def _out(self) -> Transport | Played:
        """The transport, made when it is first needed because it belongs to a running loop."""
        if self._transport is None:
            self._transport = Transport(self._guard, self._settings.proxy, self._trust)
        return self._transport

    def _owed(self, host: str) -> float:
        """Seconds of pause after a request: ours, none for an inner host, or what its robots.txt asks if longer."""
        gap = 0.0 if self._guard.inside(host) else self._gap
        return gap if self._robots is None else max(gap, self._robots.delay(host))

    async def _permit(self, url: Address) -> None:
        rules = await self._rules(url)
        if not rules.allow(origin(url) + url.target):
            refusal = Refused("its robots.txt asks programs not to read this page", subject=show(url))
            refusal.permanent = False  # its owner may change it
            raise refusal

    async def _rules(self, url: Address) -> "Rules":
        if self._robots is None:
            from scrapers._robots import Robots

            self._robots = Robots(self._start)
        try:
            return await self._robots.read(origin(url))
        except ScrapeError as error:
            error.subject = show(url)
            raise

    async def _start(self, url: str, size: int) -> Response:
        """The first ``size`` bytes of a text, however long it is."""
        headers = self._headers | {"accept": "text/plain, */*;q=0.1"}
        budget = _Budget(self._seconds, self._seconds, size, cut=True)
        return await self._walk(parse(url), headers, budget, page=False)


def user_agent(contact: str) -> str:
    """Vigie's own name, its version, and whom to write to: never a browser's disguise."""
    try:
        number = version("vigie")
    except PackageNotFoundError:  # a checkout that was not installed
        number = "0"
    return f"Vigie/{number} (+{contact})" if contact else f"Vigie/{number}"


def _web_address(line: str) -> str:
    """The address that a robots.txt names, or "" when it is none."""
    try:
        return bare(parse(line))
    except (Misuse, Refused):
        return ""


def _validators(bookmark: Bookmark) -> dict[str, str]:
    found = {"if-none-match": bookmark.etag, "if-modified-since": bookmark.modified}
    return {name: value for name, value in found.items() if value and value.isascii() and value.isprintable()}
