"""Reading a feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, in any charset, whole or broken.

Two parsers: fastfeedparser, in this process, for nearly all; feedparser, in a child that can be killed, for what the
fast one is known to lose something of (6 % of 495 real documents). Which, is decided by cheap signs in the bytes. Both
are given bytes that _decode has cleaned, never a str: they would fetch one that begins with http, and feedparser would
open one that names a file.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from scrapers import _decode, _discovery, _jsonfeed, _links, _signs, _text
from scrapers._decode import Document, mend
from scrapers._entries import Entry, Feed, Raw, entries
from scrapers._errors import ScrapeError, Unreadable
from scrapers._response import Response
from scrapers._signs import Signs

if TYPE_CHECKING:
    from scrapers._worker import Worker

__all__ = ["Entry", "Feed", "lenient", "quick", "read", "whole"]

MAX_HERE = 1_000_000
"""Bytes of a body that is parsed in this process; a larger one goes to the worker."""
MAX_WAIT = timedelta(days=1)

_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_ROOT_BASE = re.compile(rb"<(?:feed|rss|(?:\w+:)?RDF)\s[^<>]*?xml:base\s*=\s*[\"']([^\"'<>]*)")
_LANGUAGE = re.compile(rb"<(?:dc:)?language>\s*(?:<!\[CDATA\[)?\s*([A-Za-z]{2,8}(?:[-_]\w{1,8})*)", re.I)
_XML_LANG = re.compile(rb"<(?:feed|rss|channel|(?:\w+:)?RDF)\s[^<>]*?xml:lang\s*=\s*[\"']([A-Za-z]{2,8}(?:-\w{1,8})*)")
_TTL = re.compile(rb"<(?:\w+:)?ttl>\s*(\d{1,6})\s*</")
_PERIOD = re.compile(rb"<sy:updatePeriod>\s*([a-z]+)\s*</")
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s*(\d{1,4})\s*</")
_HOURS = MappingProxyType({b"hourly": 1, b"daily": 24, b"weekly": 168, b"monthly": 720, b"yearly": 8760})
_ROOTS = frozenset({b"rss", b"feed", b"rdf", b"channel"})


async def read(response: Response, *, worker: "Worker", fetched: datetime) -> Feed:
    """The feed in an answer. Raises Unreadable when it is none, TooLarge when it is too much of one.

    ``fetched`` is the time of the answer: no entry is dated later.
    """
    try:
        document = _decode.document(response.body, response.content_type)
        _check_kind(document, response.url)
        signs = None if len(document.body) > MAX_HERE else _signs.signs(document)
        if signs is None or signs.heavy:
            feed: Feed = await worker.run("_feed.whole", document, response.url, fetched)
            return feed
        found = quick(signs, response.url, fetched)
        return found or await worker.run("_feed.lenient", document, response.url, fetched)
    except ScrapeError as error:
        error.subject = error.subject or response.url
        raise


def whole(document: Document, url: str, fetched: datetime) -> Feed:
    """Both ways, one after the other; runs in the worker."""
    return quick(_signs.signs(document), url, fetched) or lenient(document, url, fetched)


def quick(signs: Signs, url: str, fetched: datetime) -> Feed | None:
    """The feed by the fast parser, or None when that would lose something. Raises Unreadable for other JSON."""
    document = signs.document
    if document.body.startswith(b"{"):
        return _jsonfeed.read(document.body, url=url, fetched=fetched)
    if signs.needs_lenient:
        return None
    import fastfeedparser

    try:
        found = fastfeedparser.parse(document.body, include_tags=False)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, SyntaxError, RecursionError):
        return None
    items: list[Mapping[str, Any]] = found["entries"]
    if signs.loses(items):
        return None
    return _feed(found["feed"], map(_fast_raw, items), signs=signs, url=url, fetched=fetched)


def lenient(document: Document, url: str, fetched: datetime) -> Feed:
    """The feed by the parser that takes anything; runs in the worker. Raises Unreadable when even it finds no feed."""
    import feedparser

    found = feedparser.parse(
        BytesIO(document.body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    if not found.get("version") and not found["entries"]:
        raise Unreadable("not a feed")
    raws = map(_lenient_raw, found["entries"])
    return _feed(found["feed"], raws, signs=_signs.signs(document), url=url, fetched=fetched, lenient=True)


def _feed(
    about: Mapping[str, Any],
    raws: Iterator[Raw],
    *,
    signs: Signs,
    url: str,
    fetched: datetime,
    lenient: bool = False,
) -> Feed:
    head = signs.head
    own = _ROOT_BASE.search(head)
    base = _links.absolute(url, own[1].decode("utf-8", "ignore")) if own else ""
    link = _links.absolute(base or url, about.get("link") or "")
    return Feed(
        title=_text.to_line(mend(about.get("title") or "")),
        link=link,
        language=_language(head),
        entries=entries(raws, base=base or link or url, fetched=fetched, doubtful=signs.document.doubtful),
        wait=_wait(head),
        lenient=lenient,
    )


def _fast_raw(found: Mapping[str, Any]) -> Raw:
    content = found.get("content") or ()
    media, enclosures = found.get("media_content") or (), found.get("enclosures") or ()
    said = "\n".join([each["description"] for each in media if each.get("description")]) if media else ""
    return Raw(
        id=found.get("id") or "",
        link=found.get("link") or "",
        title=found.get("title") or "",
        body=(content[0]["value"] if content else "") or found.get("description") or said,
        author=found.get("author") or "",
        date=found.get("published") or found.get("updated") or "",
        media=tuple([each.get("url") or "" for each in (*enclosures, *media)]),
    )


def _lenient_raw(found: Mapping[str, Any]) -> Raw:
    contents = [each.get("value") or "" for each in found.get("content", ())]
    media = (*found.get("enclosures", ()), *found.get("media_content", ()), *found.get("media_thumbnail", ()))
    return Raw(
        id=found.get("id") or "",
        link=found.get("link") or "",
        title=found.get("title") or "",
        body=next(filter(None, contents), "") or found.get("summary") or "",
        author=found.get("author") or "",
        # "in" first: feedparser warns when "updated" is asked for and only "published" is there
        date=next((found[name] or "" for name in ("published", "updated", "created") if name in found), ""),
        media=tuple(each.get("href") or each.get("url") or "" for each in media),
    )


def _check_kind(document: Document, url: str) -> None:
    if document.body.startswith(b"{"):
        return
    if _discovery.is_page(document):
        raise _discovery.HtmlPage(document, url)
    root = _ROOT.search(document.markup)
    name = root[2].lower() if root else b""
    if name not in _ROOTS and not _signs.FIRST_ITEM.search(document.markup):
        raise Unreadable(f"not a feed: it begins with <{name.decode()[:40]}>" if root else "not a feed: it is not XML")


def _language(head: bytes) -> str:
    found = _LANGUAGE.search(head) or _XML_LANG.search(head)
    return found[1].decode("ascii", "ignore").replace("_", "-").lower() if found else ""


def _wait(head: bytes) -> timedelta | None:
    """How long the feed asks not to be read again: ``ttl`` in minutes, or the period of the syndication module."""
    if found := _TTL.search(head):
        asked = timedelta(minutes=int(found[1]))
    elif (found := _PERIOD.search(head)) and found[1] in _HOURS:
        times = _FREQUENCY.search(head)
        asked = timedelta(hours=_HOURS[found[1]]) / max(int(times[1]) if times else 1, 1)
    else:
        return None
    return min(asked, MAX_WAIT) or None
