"""Any feed: RSS, RDF, Atom or JSON Feed at an address. What no other platform recognises is read as a feed.

Gives: title, content or else summary, author, date, language, links and media of each entry. A feed holds its last
10 to 50 entries and has no cursor: what is new is what was not there before, by key.

The key of a post is "feed:" and a hash of what identifies it, the same at each poll and on each road to it:

1. an id that is an address or a URN (``http:``, ``tag:``, ``urn:``, ``yt:video:``) stands for itself, in any feed;
2. any other id counts within its feed, so the feed's own address goes into the hash;
3. without an id, the link identifies, as its canonical key, unless entries of this feed share it;
4. else the title, or of an untitled entry the text, within its feed.

An id that several entries of one answer with different links share is no id. Broken servers do that.

A page's address will do, too. One that was never read as a feed and answers an HTML page is asked for the feed that
it offers; a site's home page that offers none, for those at the usual addresses (``_discovery``). The feed's own
address then counts as if it had been given: keys are the same on both roads. It is left only when it is missing or
gone, and the page offers another in its place; nothing is guessed then. A feed, given or found, that turns into a page
is a fault: it was a feed, and a captcha may well pass.

Traps: HTTP 200 with an HTML page, with a sentence, with nothing; servers without validators, hence the digest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from operator import eq
from re import compile as _compile
from typing import TYPE_CHECKING

from scrapers import _address, _discovery, _links, _revisit
from scrapers._about import About
from scrapers._discovery import HtmlPage
from scrapers._errors import Gone, Missing, Rejected, ScrapeError, Throttled, Unreachable, Unreadable
from scrapers._post import Batch, Bookmark, Post, records
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
    pages=True,
)
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
OFFERS = 3
"""Feeds of a page that are tried."""

_BLANK = blake2b(digest_size=12)
_GLOBAL_ID = _compile(r"(?:https?://|tag:|urn:|yt:video:).+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A feed's address."""

    url: str

    def __post_init__(self) -> None:
        _address.check_url(self.url)


def recognise(url: str) -> Options | None:
    """Always None: a feed is what is left when no other platform claims the address."""
    return None


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """Look at the feed now, or at the one behind a page. Raises ScrapeError.

    A feed that has moved for good is read at its new address, and again at the old one when it left the new one.
    """
    if found := _revisit.behind(options.url, bookmark.found):
        try:
            return await _look(web, options, found, bookmark)
        except (Missing, Gone) as error:
            return await _leave(web, options, found, error)
    try:
        return await _look(web, options, options.url, bookmark)
    except HtmlPage as page:
        if bookmark.digest:
            raise
        return await _discover(web, options, page, guess=_address.is_home(options.url))


async def read(response: Response, options: Options | None, worker: "Worker") -> Batch:
    """The posts in an answer that is already there. Raises Unreadable or TooLarge."""
    return await _read(response, options.url if options else response.url, worker)


async def _look(web: "Web", options: Options, home: str, bookmark: Bookmark) -> Batch:
    """Look at the feed whose own address is ``home``, be it the given one or one that was found."""
    moved = _revisit.behind(home, bookmark.moved)
    known = bookmark if moved or not bookmark.moved else Bookmark()
    try:
        response = await web.get(moved or home, bookmark=known, accept=ACCEPT)
    except (Missing, Gone):
        if not moved:
            raise
        moved, known = "", Bookmark()
        response = await web.get(home, accept=ACCEPT)
    now_at, found = response.moved or moved, home if home != options.url else ""
    left_off = _revisit.left_off(
        response, known, moved=_revisit.pair(home, now_at), found=_revisit.pair(options.url, found)
    )
    notes = ((f"reads the feed of the page: {found}",) if found else ()) + ((f"moved to {now_at}",) if now_at else ())
    if response.status == 304 or left_off.digest == known.digest:
        return Batch(bookmark=left_off, unchanged=True, wait=_revisit.max_age(response), notes=notes)
    batch = await _read(response, home, web.worker)
    return batch._replace(bookmark=left_off, notes=notes + batch.notes)


async def _leave(web: "Web", options: Options, found: str, error: Rejected) -> Batch:
    """The page itself, if it is a feed now, or another feed that it offers, in place of a found one that is missing.

    Raises ``error`` while the page offers the found one, or nothing.
    """
    try:
        batch = await _look(web, options, options.url, Bookmark())
    except HtmlPage as page:
        if not page.feeds or found in page.feeds:
            raise error from None
        batch = await _discover(web, options, page, guess=False)
    return batch._replace(anew=True)


async def _discover(web: "Web", options: Options, page: HtmlPage, *, guess: bool) -> Batch:
    """The first feed behind a page that is one. Raises Unreadable where there is none.

    What may well succeed later is an error of this look: else a worse feed would be kept for good.
    """
    asked = (page.url, _address.spaceless(options.url))
    offered = [address for address in page.feeds[:OFFERS] if address not in asked]
    guesses = _discovery.usual(page.url) if guess else ()
    troubles: list[ScrapeError] = []
    for address in dict.fromkeys((*offered, *guesses)):
        try:
            return await _look(web, options, address, Bookmark())
        except ScrapeError as error:
            if isinstance(error, Throttled | Unreachable) or (error.transient and address in offered):
                raise
            troubles.append(error)
    if not page.feeds:
        raise Unreadable(f"{page.message}, and it offers none", subject=page.url)
    raise Unreadable(f"{page.message} ({troubles[0].message})" if troubles else page.message, subject=page.url)


async def _read(response: Response, home: str, worker: "Worker") -> Batch:
    from scrapers import _feed

    feed = await _feed.read(response, worker=worker, fetched=_revisit.fetched(response))
    waits = [wait for wait in (feed.wait, _revisit.max_age(response)) if wait]
    notes = ("the feed is broken and was read leniently",) if feed.lenient else ()
    return Batch(posts=_posts(feed, home), wait=max(waits, default=None), notes=notes)


def _posts(feed: "Feed", home: str) -> tuple[Post, ...]:
    if not feed.entries:
        return ()
    ids, urls, titles, texts, authors, published, links, media = zip(*feed.entries, strict=True)
    # In most feeds each entry has an id of its own that is good in any feed.
    plain = len(set(ids)) == len(ids) and all(map(_GLOBAL_ID.match, ids)) and not any(map(eq, ids, urls))
    keys = [_hash(f"id\n\n{each}") for each in ids] if plain else _keys(feed.entries, home)
    languages = [feed.language] * len(urls)
    posts = records(Post, keys, urls, titles, texts, authors, published, languages, links, media)
    if len(set(keys)) == len(keys):
        return tuple(posts)
    first: dict[str, Post] = {}
    for post in posts:
        first.setdefault(post.key, post)
    return tuple(first.values())


def _keys(entries: Sequence["Entry"], home: str) -> list[str]:
    """The keys of the entries of one answer, by the rule at the top of this file; ``home`` is the feed's address."""
    scope = cache(lambda: _links.key(home))  # dear, and some ids are good in any feed
    shared = _shared(entries)
    named = [bool(entry.id) and entry.id != entry.link and entry.id not in shared for entry in entries]
    links = [""] * len(entries) if all(named) else _links.keys([entry.link for entry in entries])
    return [_key(entry, link, scope, named=one) for entry, link, one in zip(entries, links, named, strict=True)]


def _shared(entries: Sequence["Entry"]) -> set[str]:
    """The ids of several entries with different links."""
    homes: dict[str, str] = {}
    return {entry.id for entry in entries if homes.setdefault(entry.id, entry.link) != entry.link}


def _key(entry: "Entry", link: str, scope: Callable[[], str], *, named: bool) -> str:
    if named:
        return _hash(f"id\n{'' if _GLOBAL_ID.match(entry.id) else scope()}\n{entry.id}")
    if link:
        return _hash(f"link\n\n{link}")
    return _hash(f"words\n{scope()}\n{entry.link} {entry.title or entry.text}")


def _hash(words: str) -> str:
    found = _BLANK.copy()  # which costs less than to make one
    found.update(words.encode("utf-8", "replace"))
    return f"feed:{found.hexdigest()}"
