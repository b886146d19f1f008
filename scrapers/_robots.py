"""What a site's robots.txt asks of programs (RFC 9309): what not to read, how slowly, and where its sitemaps are.

Read for pages alone, never for feeds and interfaces. Each site's file is kept for a day, within a bound on all of them.
The rules of matching are Protego's; before it sees a file, the groups meant for other programs are left out, for a file
that names thousands of them would take it minutes and gigabytes. Of our own group, the first ``MAX_RULES`` lines count:
more would hold this process up.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from protego import Protego

from scrapers._errors import Misuse, Refused, Rejected, TooLarge, Unconnected, Unreachable, Unreadable
from scrapers._response import Response

TOKEN = "Vigie"
"""Our name in a User-agent line."""
MAX_FILE = 512_000
"""Bytes that are read of a file; RFC 9309, 2.5 asks for no fewer."""
MAX_RULES = 4_000
"""Lines that count of the group that means us."""
MAX_DELAY = 60.0
"""Seconds of pause that a site may ask for; one that asks for more gets these."""
KEEP = 86_400.0
"""Seconds for which a file is believed: RFC 9309, 2.4."""
RETRY = 180.0
"""Seconds until a file that could not be read is asked for again."""
MAX_SITES = 1_000
MAX_KEPT = 1_000_000
"""Characters of rules kept over all sites; Protego makes up to 40 bytes of one."""

Ask = Callable[[str, int], Awaitable[Response]]
"""Gives the first so many bytes of an address. Raises ScrapeError."""

_AGENT = re.compile(r"\s*user[- ]?agent\s*[:\s]\s*([^#]*)", re.IGNORECASE)
_SITEWIDE = re.compile(r"\s*(?:sitemaps?|site-map)\s*[:\s]", re.IGNORECASE)
_NAME = re.compile(r"[a-z_-]*")


class Rules:
    """One file, as far as it means us. An empty one allows everything."""

    def __init__(self, text: str = "") -> None:
        kept = "\n".join(_ours(text))
        self.size = len(kept)
        self._file = Protego.parse(kept)

    def allow(self, url: str) -> bool:
        """Whether a program of our name may read this address."""
        return self._file.can_fetch(url, TOKEN)

    @property
    def delay(self) -> float:
        """Seconds that it asks to lie between two requests, by Crawl-delay or Request-rate; at most ``MAX_DELAY``."""
        rate = self._file.request_rate(TOKEN)
        pace = min(rate.seconds, 86_400) / rate.requests if rate else 0.0
        return min(max(self._file.crawl_delay(TOKEN) or 0.0, pace), MAX_DELAY)

    @property
    def sitemaps(self) -> Iterator[str]:
        """The Sitemap lines as they are written."""
        return self._file.sitemaps


@dataclass(slots=True)
class _Site:
    """What is known of one site: ``rules`` until ``until``; None after a failure."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: Rules | None = None
    until: float = 0.0


class Robots:
    """The files of all sites, each asked for once at a time and kept.

    ``ask`` goes out to the web; ``clock`` counts seconds and is handed in by tests.
    """

    def __init__(self, ask: Ask, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._sites: OrderedDict[str, _Site] = OrderedDict()
        self._delays: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._sites)

    def delay(self, host: str) -> float:
        """Seconds of pause that this host's file asks for, as far as it is known; 0.0 for none."""
        return self._delays.get(host, 0.0)

    async def read(self, origin: str) -> Rules:
        """The rules of a site such as ``https://example.org``, asked for if they are not known.

        RFC 9309, 2.3.1: a site that has no such file, or does not show it, allows everything. When its server is down,
        what it said before is believed a while longer; else raises Unreachable: its pages are not to be read now.
        """
        site = self._sites.get(origin)
        if site is None:
            site = self._sites[origin] = _Site()
            self._forget()
        self._sites.move_to_end(origin)
        async with site.turn:
            if self._clock() >= site.until:
                await self._renew(origin, site)
        if site.rules is None:
            wait = timedelta(seconds=max(0.0, site.until - self._clock()))
            raise Unreachable("its robots.txt cannot be read just now", retry_after=wait)
        return site.rules

    async def _renew(self, origin: str, site: _Site) -> None:
        wait = KEEP
        try:
            found = await self._fetch(origin)
        except (Rejected, Unreachable, Unreadable) as error:
            if site.rules is None and isinstance(error, Unconnected):
                raise  # It may be our own network: nothing was learnt, so nothing is remembered.
            wait = max(RETRY, (error.retry_after or timedelta()).total_seconds())
        else:
            self._remember(origin, site, found)
        site.until = self._clock() + wait

    async def _fetch(self, origin: str) -> Rules:
        try:
            return Rules(_text((await self._ask(f"{origin}/robots.txt", MAX_FILE)).body))
        except (Refused, TooLarge, Misuse):  # It leads away from the web, or in circles: there is none.
            return Rules()
        except Rejected as error:
            if error.status >= 500 or error.status == 429:
                raise
            return Rules()

    def _remember(self, origin: str, site: _Site, rules: Rules) -> None:
        site.rules = rules
        host = urlsplit(origin).hostname or ""
        self._delays.pop(host, None)
        if rules.delay:
            self._delays[host] = rules.delay
        if len(self._delays) > MAX_SITES:
            del self._delays[next(iter(self._delays))]
        self._forget()

    def _forget(self) -> None:
        """Drop the sites that were asked for longest ago, until the rest are within both bounds."""
        kept = sum(site.rules.size for site in self._sites.values() if site.rules)
        while len(self._sites) > 1 and (len(self._sites) > MAX_SITES or kept > MAX_KEPT):
            _, old = self._sites.popitem(last=False)
            kept -= old.rules.size if old.rules else 0


def _text(body: bytes) -> str:
    """A file as text: whole lines only, for half a path is another one; nothing if it is a web page."""
    if len(body) >= MAX_FILE:
        body = body[: body.rfind(b"\n") + 1]
    text = body.decode("utf-8-sig", "replace")
    return "" if text.lstrip().startswith("<") else text


def _ours(text: str) -> list[str]:
    """The lines that mean us: the groups for our name, else those for all (RFC 9309, 2.2.1), and those of the site."""
    groups: dict[str, list[str]] = {}
    site: list[str] = []
    ours: set[str] = set()
    naming = False
    for line in filter(str.strip, text.splitlines()):
        if agent := _AGENT.match(line):
            ours = ours if naming else set()
            naming = True
            if (name := _name(agent[1])) in ("*", TOKEN.lower()):
                ours.add(name)
                groups.setdefault(name, [f"User-agent: {name}"])
        elif _SITEWIDE.match(line):
            site.append(line)
        elif not line.lstrip().startswith("#"):
            naming = False
            for name in ours:
                groups[name].append(line)
    found = groups.get(TOKEN.lower()) or groups.get("*", [])
    return found[: MAX_RULES + 1] + site


def _name(value: str) -> str:
    """The product token of a User-agent line, without a version or needless asterisks."""
    value = value.strip().lower()
    found = _NAME.match(value.lstrip("*"))
    return "*" if value == "*" else found[0] if found else ""
