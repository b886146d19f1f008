"""The public web, as Posts: an address and a bookmark go in, a Batch of Posts comes out.

    recognise(url)      which platform reads this address, and with which options
    fetch(web, ...)     look at one source: over HTTP, guarded and polite
    read(...)           the same for an answer that is already there
    full_text(web, post)     the post with the article behind it
    kinds(), about(kind), options(kind)     what there is
    link_keys(urls)     which links lead to the same page
    records(kind, *columns)     many named tuples at once
    crc32(data)         the checksum, faster than the standard library's
    Web, WebSettings, Worker     the way out, loaded when first asked for

A platform is one file in this folder whose name has no underscore. It holds ``ABOUT``, a frozen dataclass ``Options``,
``recognise(url) -> Options | None``, ``fetch(web, options, bookmark) -> Batch`` and
``read(response, options, worker) -> Batch``. It is imported when it is first asked for.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from scrapers._about import About
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
from scrapers._post import MAX_TEXT, Batch, Bookmark, Post, records, tidy
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._inflate import crc32
    from scrapers._web import Web, WebSettings
    from scrapers._worker import Worker

__all__ = [
    "FALLBACK",
    "MAX_TEXT",
    "About",
    "Batch",
    "Blocked",
    "Bookmark",
    "Gone",
    "Missing",
    "Misuse",
    "Post",
    "Refused",
    "Rejected",
    "Response",
    "ScrapeError",
    "Throttled",
    "TooLarge",
    "Unconnected",
    "Unreachable",
    "Unreadable",
    "Web",
    "WebSettings",
    "Worker",
    "about",
    "crc32",
    "fetch",
    "full_text",
    "is_whole",
    "kinds",
    "link_keys",
    "options",
    "read",
    "recognise",
    "records",
]

FALLBACK = "feed"
"""What reads an address that no other platform claims."""


class _Platform(Protocol):
    ABOUT: About
    Options: type[Any]

    def recognise(self, url: str) -> object | None: ...

    async def fetch(self, web: "Web", options: object, bookmark: Bookmark) -> Batch: ...

    async def read(self, response: Response, options: object | None, worker: "Worker") -> Batch: ...


@cache
def kinds() -> tuple[str, ...]:
    """The names of all platforms, in alphabetical order."""
    return tuple(sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py")))


def about(kind: str) -> About:
    """What a platform gives and needs. Raises Misuse for an unknown kind."""
    return _platform(kind).ABOUT


def options(kind: str) -> type[Any]:
    """The dataclass of a platform's options. Raises Misuse for an unknown kind."""
    return _platform(kind).Options


def recognise(url: str) -> tuple[str, Any]:
    """The kind that reads this address, and its options; an address that no platform claims is a feed."""
    for kind in kinds():
        found = None if kind == FALLBACK else _platform(kind).recognise(url)
        if found is not None:
            return kind, found
    return FALLBACK, options(FALLBACK)(url=url)


async def fetch(web: "Web", kind: str, chosen: object, bookmark: Bookmark) -> Batch:
    """Look at one source now. ``chosen`` is an instance of ``options(kind)``. Raises ScrapeError."""
    return tidy(await _platform(kind).fetch(web, chosen, bookmark))


async def read(kind: str, chosen: object | None, response: Response, worker: "Worker") -> Batch:
    """Read an answer that is already there, as ``fetch`` would have read it. Raises ScrapeError.

    ``chosen`` may be None where it is not known what was asked for.
    """
    return tidy(await _platform(kind).read(response, chosen, worker))


async def full_text(web: "Web", post: Post) -> Post:
    """The post with the text of the page at its address, and with what only that page says (author, date, language).

    What the post says stays where it is: its old text is the beginning of the new one. Raises ScrapeError, Refused
    where the site's robots.txt says no, Unreadable where the address leads to another page than that of the post.
    """
    from scrapers import _article, _full

    response = await web.get(post.url, accept="text/html, application/xhtml+xml, */*;q=0.5", page=True)
    _full.check(post, response.url, front=False)
    article = await _article.read(response, worker=web.worker, fetched=datetime.now(UTC))
    _full.check(post, response.url, front=article.front)
    return tidy(Batch(posts=(_full.complete(post, article),))).posts[0]


def is_whole(post: Post) -> bool:
    """Whether a post, as a look brought it, has the text of its page already: that of a single article has."""
    return bool(post.text) and post.key.startswith("article:")


def link_keys(urls: Sequence[str]) -> tuple[str, ...]:
    """The keys of the links of one look; "" for a link that does not tell its post from the others."""
    from scrapers import _links

    return _links.keys(urls)


def __getattr__(name: str) -> object:
    """The parts that load heavy libraries come when they are first asked for."""
    home = {"Web": "_web", "WebSettings": "_web", "Worker": "_worker", "crc32": "_inflate"}.get(name)
    if home is None:
        raise AttributeError(f"module 'scrapers' has no attribute {name!r}")
    return getattr(import_module(f"scrapers.{home}"), name)


@cache
def _platform(kind: str) -> _Platform:
    if kind not in kinds():
        raise Misuse(f"unknown kind, there are {', '.join(kinds())}", subject=kind)
    return cast("_Platform", import_module(f"scrapers.{kind}"))
