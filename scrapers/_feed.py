"""Reading a feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, in any charset, whole or broken.

Three parsers of XML. Two of our own, in this process, for what is well-formed: ``_flatfeed`` for what is plain besides,
``_xmlfeed`` for the rest of it; and feedparser, in a child that can be killed. The first two are given the bytes as
they are, in UTF-8, and when they refuse them, what _decode makes of them. None is ever given a str: feedparser would
fetch one that begins with http, and open one that names a file.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from scrapers import _decode, _discovery, _entries, _flatfeed, _json, _jsonfeed, _xmlfeed
from scrapers._decode import Document
from scrapers._entries import Entry, Feed, Head, Raw, within
from scrapers._errors import ScrapeError, Unreadable
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._worker import Worker

__all__ = ["Entry", "Feed", "at_once", "lenient", "quick", "read", "whole"]

MAX_HERE = 1_000_000
"""Bytes of a body that is parsed in this process; a larger one goes to the worker."""
MAX_TAGS = 50_000
"""The same for its tags."""
SHORTEST_TAG = 3
"""Bytes: a smaller body cannot hold so many."""
MAX_ITEMS = 400
"""The same for its entries: each may hold a date that takes 0.2 ms to refuse."""
MAX_NAMESPACE = 1_000
"""The same for the characters of a namespace: the name of an element is written out with it, each time."""

_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.I)
_LONG_NAMESPACE = re.compile(
    rb"x(?:mlns)[^=<>]{0,100}=\s{0,100}(?:\"[^\"<]{%d}|'[^'<]{%d})" % (MAX_NAMESPACE, MAX_NAMESPACE)
)
_ROOTS = frozenset({b"rss", b"feed", b"rdf", b"channel"})


async def read(response: Response, *, worker: "Worker", fetched: datetime) -> Feed:
    """The feed in an answer. Raises Unreadable when it is none, TooLarge when it is too much of one.

    ``fetched`` is the time of the answer: no entry is dated later.
    """
    try:
        if found := at_once(response, fetched):
            return found
        document = _decode.document(response.body, response.content_type)
        _check_kind(document, response.url)
        found = None if _is_heavy(document.body) else quick(document, response.url, fetched, most=MAX_ITEMS)
        return found or await worker.run("_feed.whole", document, response.url, fetched)
    except ScrapeError as error:
        error.subject = error.subject or response.url
        raise


def at_once(response: Response, fetched: datetime) -> Feed | None:
    """The feed in a body that needs no repair and is not heavy, which nearly all are."""
    plain = _decode.plain(_decode.inflate(response.body), response.content_type)
    if plain is None or _is_heavy(plain[0]):
        return None
    return _strict(*plain, response.url, fetched, most=MAX_ITEMS)


def _strict(body: bytes, doubtful: bool, url: str, fetched: datetime, *, most: int) -> Feed | None:
    found = _flatfeed.read(body, most=most) or _xmlfeed.read(body, most=most)
    return found and _entries.feed(*found, url=url, fetched=fetched, doubtful=doubtful)


def whole(document: Document, url: str, fetched: datetime) -> Feed:
    """By either parser; runs in the worker. Raises Unreadable when neither finds a feed."""
    return quick(document, url, fetched) or lenient(document, url, fetched)


def quick(document: Document, url: str, fetched: datetime, *, most: int = _xmlfeed.NO_LIMIT) -> Feed | None:
    """The feed by the strict parser, or None when that cannot read it, or holds more than ``most`` entries.

    Raises Unreadable for JSON that is no feed.
    """
    if document.body.startswith(b"{"):
        return _jsonfeed.read(document.body, url=url, fetched=fetched)
    return _strict(document.body, document.doubtful, url, fetched, most=most)


def lenient(document: Document, url: str, fetched: datetime) -> Feed:
    """The feed by the parser that takes anything; runs in the worker. Raises Unreadable when even it finds no feed."""
    import feedparser

    found = feedparser.parse(
        BytesIO(document.body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    head, raws = _lenient_head(found["feed"]), [_lenient_raw(each) for each in within(found["entries"])]
    if not raws and (saved := _xmlfeed.read(document.body, broken=True)) and saved[1]:
        head, raws = saved
    elif not raws and not found.get("version"):
        raise Unreadable("not a feed")
    return _entries.feed(head, raws, url=url, fetched=fetched, doubtful=document.doubtful, lenient=True)


def _lenient_head(found: Mapping[str, Any]) -> Head:
    return Head(
        title=found.get("title") or "",
        link=found.get("link") or "",
        base=(found.get("title_detail") or {}).get("base") or "",
        language=found.get("language") or "",
        ttl=found.get("ttl") or "",
        period=found.get("sy_updateperiod") or "",
        frequency=found.get("sy_updatefrequency") or "",
    )


def _lenient_raw(found: Mapping[str, Any]) -> Raw:
    contents = [each for each in found.get("content", ()) if each.get("value")]
    detail = contents[0] if contents else found.get("summary_detail") or {}
    media = (*found.get("enclosures", ()), *found.get("media_content", ()), *found.get("media_thumbnail", ()))
    return Raw(
        id=found.get("id") or "",
        link=found.get("link") or "",
        title=found.get("title") or "",
        body=contents[0]["value"] if contents else found.get("summary") or "",
        author=found.get("author") or "",
        # "in" first: feedparser warns when "updated" is asked for and only "published" is there
        date=next((found[name] or "" for name in ("published", "updated", "created") if name in found), ""),
        media=tuple(each.get("href") or each.get("url") or "" for each in media),
        base=detail.get("base") or "",
    )


def _is_heavy(body: bytes) -> bool:
    """Whether it could hold up this process: all else stands still while a feed is read here."""
    if len(body) > MAX_HERE or (body[:1] == b"{" and _json.is_heavy(body)):
        return True
    if len(body) > SHORTEST_TAG * MAX_TAGS and body.count(b"<") > MAX_TAGS:
        return True
    return len(body) > MAX_TAGS and _LONG_NAMESPACE.search(body) is not None


def _check_kind(document: Document, url: str) -> None:
    if document.body.startswith(b"{"):
        return
    if _discovery.is_page(document):
        raise _discovery.HtmlPage(document, url)
    root = _ROOT.search(document.markup)
    name = root[2].lower() if root else b""
    if name not in _ROOTS and not _ITEM.search(document.markup):
        raise Unreadable(f"not a feed: it begins with <{name.decode()[:40]}>" if root else "not a feed: it is not XML")
