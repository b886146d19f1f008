"""Any feed: RSS, RDF, Atom or JSON Feed at an address. What no other platform recognises is read as a feed.

Gives: title, content or else summary, author, date, language, links and media of each entry. A feed holds its last
10 to 50 entries and has no cursor: what is new is what was not there before, by key.

The key of a post is "feed:" and a hash of what identifies it, the same at each poll and on each road to it:

1. an id that is an address or a URN (``http:``, ``tag:``, ``urn:``, ``yt:video:``) stands for itself, in any feed;
2. any other id counts within its feed, so the feed's own address goes into the hash;
3. without an id, the link identifies, as its canonical key, unless entries of this feed share it;
4. else the title, or of an untitled entry the text, within its feed.

An id that several entries of one answer with different links share is no id. Broken servers do that.
Traps: HTTP 200 with an HTML page, with a sentence, with nothing; servers without validators, hence the digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from re import compile as _compile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapers import _dates, _links
from scrapers._about import About
from scrapers._errors import Gone, Missing
from scrapers._post import Batch, Bookmark, Post
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._entries import Entry, Feed
    from scrapers._web import Web
    from scrapers._worker import Worker

ABOUT = About(
    title="RSS, RDF, Atom and JSON feeds",
    floor=timedelta(minutes=5),
    needs="nothing",
    terms="published for reading by programs; ttl, Cache-Control and Retry-After are obeyed",
    languages="any",
)
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
MAX_AGE = timedelta(days=1)

_GLOBAL_ID = _compile(r"(?:https?://|tag:|urn:|yt:video:).+")
_CACHE_AGE = _compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A feed's address."""

    url: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            fine = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        except ValueError:
            fine = False
        if not fine:
            raise ValueError(f'"{self.url}" is not an address that begins with http:// or https://')


def recognise(url: str) -> Options | None:
    """Always None: a feed is what is left when no other platform claims the address."""
    return None


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """Look at the feed now. Raises ScrapeError.

    A feed that has moved for good is read at its new address, and again at the old one when it left the new one.
    """
    moved = _moved(options, bookmark)
    known = bookmark if moved or not bookmark.moved else Bookmark()
    try:
        response = await web.get(moved or options.url, bookmark=known, accept=ACCEPT)
    except (Missing, Gone):
        if not moved:
            raise
        moved, known = "", Bookmark()
        response = await web.get(options.url, accept=ACCEPT)
    digest = known.digest if response.status == 304 else blake2b(response.body, digest_size=16).hexdigest()
    now_at = response.moved or moved
    left_off = Bookmark(
        etag=response.headers.get("etag", known.etag if response.status == 304 else ""),
        modified=response.headers.get("last-modified", known.modified if response.status == 304 else ""),
        digest=digest,
        moved=f"{options.url} {now_at}" if now_at else "",
    )
    notes = (f"moved to {now_at}",) if now_at else ()
    if response.status == 304 or digest == known.digest:
        return Batch(bookmark=left_off, unchanged=True, wait=_max_age(response), notes=notes)
    batch = await read(response, options, web.worker)
    return replace(batch, bookmark=left_off, notes=notes + batch.notes)


async def read(response: Response, options: Options | None, worker: "Worker") -> Batch:
    """The posts in an answer that is already there. Raises Unreadable or TooLarge."""
    from scrapers import _feed

    feed = await _feed.read(response, worker=worker, fetched=_fetched(response))
    waits = [wait for wait in (feed.wait, _max_age(response)) if wait]
    notes = ("the feed is broken and was read leniently",) if feed.lenient else ()
    return Batch(
        posts=_posts(feed, options.url if options else response.url), wait=max(waits, default=None), notes=notes
    )


def _posts(feed: "Feed", home: str) -> tuple[Post, ...]:
    first: dict[str, Entry] = {}
    for key, entry in zip(_keys(feed.entries, _links.key(home)), feed.entries, strict=True):
        first.setdefault(key, entry)
    return tuple(_post(key, entry, feed.language) for key, entry in first.items())


def _post(key: str, entry: "Entry", language: str) -> Post:
    return Post(
        key=key,
        url=entry.link,
        title=entry.title,
        text=entry.text,
        author=entry.author,
        published=entry.published,
        lang=language,
        links=entry.links,
        media=entry.media,
    )


def _keys(entries: Sequence["Entry"], scope: str) -> list[str]:
    """The keys of the entries of one answer, by the rule at the top of this file."""
    homes: dict[str, set[str]] = {}
    for entry in entries:
        homes.setdefault(entry.id, set()).add(entry.link)
    named = [bool(entry.id) and entry.id != entry.link and len(homes[entry.id]) == 1 for entry in entries]
    links = [""] * len(entries) if all(named) else _links.keys([entry.link for entry in entries])
    return [_key(entry, link, scope, named=one) for entry, link, one in zip(entries, links, named, strict=True)]


def _key(entry: "Entry", link: str, scope: str, *, named: bool) -> str:
    if named:
        return _hash("id", "" if _GLOBAL_ID.match(entry.id) else scope, entry.id)
    if link:
        return _hash("link", "", link)
    return _hash("words", scope, f"{entry.link} {entry.title or entry.text}")


def _hash(*parts: str) -> str:
    return "feed:" + blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _moved(options: Options, bookmark: Bookmark) -> str:
    """Where this feed has moved to, or "". The bookmark says from where: an operator may change the address."""
    origin, _, address = bookmark.moved.partition(" ")
    return address if origin == options.url else ""


def _fetched(response: Response) -> datetime:
    """When the answer was sent, by the server's word if that is not in the future."""
    now = datetime.now(UTC)
    return _dates.parse(response.headers.get("date", ""), fetched=now) or now


def _max_age(response: Response) -> timedelta | None:
    found = _CACHE_AGE.search(response.headers.get("cache-control", "").lower())
    return min(timedelta(seconds=int(found[1])), MAX_AGE) or None if found else None
