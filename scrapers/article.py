"""Articles of a site without a feed: through its sitemap, best the one it keeps for Google News; or one single page.

The address says which:

* a sitemap, or an index of sitemaps: the pages listed there;
* a site's home page: its sitemap is looked for in robots.txt, then at the usual addresses, one of news before any
  other, and remembered; it is left only when it is missing or gone, for another that robots.txt names in its place;
* any other page: that one article.

Gives address, title, date and language where a sitemap of news tells them. Any other tells addresses alone: the title
and text of such a post are empty, and come from its page (``full_text``). Robots.txt is obeyed. At each look: one
conditional request for a sitemap; for an index, which may say nothing of the change of its parts, itself and at most
CHILDREN of them, two levels deep, those with "news" in their address first, and alone if they are for Google News, then
the newest. The newest 500 pages are posts.

``lastmod`` is the date of a change, so it is no date of publication. Only where it lies more than a day back it serves
as one, for want of another: a page is no younger than that, so that old pages which turn up late are not taken for
news. One of today says nothing: many servers give it to all of their pages.

The key of a post is "article:" and a hash of its link's canonical key. Traps: HTTP 200 with an HTML page where the
sitemap was; sitemaps that list a site's menus; indexes some of whose parts are gone.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from re import I
from re import compile as _compile
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin

from scrapers import _address, _links, _revisit
from scrapers._about import About
from scrapers._errors import Gone, Missing, Rejected, ScrapeError, Throttled, Unreachable, Unreadable
from scrapers._post import Batch, Bookmark, Post

if TYPE_CHECKING:
    from scrapers._response import Response
    from scrapers._sitemap import Child, Page, Sitemap
    from scrapers._web import Web
    from scrapers._worker import Worker

ABOUT = About(
    title="Articles of a site without a feed, through its sitemap",
    floor=timedelta(minutes=10),
    needs="nothing",
    terms="sitemaps are published for programs; robots.txt, Cache-Control and Retry-After are obeyed",
    languages="any",
    lists=False,  # a sitemap of news holds those of two days
    pages=True,
    thin=True,
)
ACCEPT = "application/xml, text/xml;q=0.9, text/html;q=0.8, text/plain;q=0.7, */*;q=0.5"
CHILDREN = 5
"""Sitemaps of an index that are read at one look."""
DEPTH = 2
"""Levels of sitemaps below an index; more are not read."""
TRIES = 8
"""Addresses that are tried to find a site's sitemap."""
OLD = timedelta(days=1)
"""A change that lies so far back dates its page."""
USUAL_NEWS = ("/news-sitemap.xml", "/sitemap-news.xml")
USUAL = ("/sitemap_index.xml", "/sitemap.xml")
NO_SITEMAP = "an HTML page, not a sitemap"

_NAME = _compile(r"[^/]*sitemap[^/]*\.xml(?:\.gz)?", I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The address of a sitemap, of a site's home page or of one article. Raises ValueError."""

    url: str

    def __post_init__(self) -> None:
        _address.check_url(self.url)


def recognise(url: str) -> Options | None:
    """A sitemap, by its name: sitemap.xml, sitemap_index.xml, news-sitemap-1.xml.gz."""
    _, path, _ = _address.place(url)
    return Options(url=url.strip()) if path and _NAME.fullmatch(path[-1]) else None


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """The newest articles that are listed now. Raises ScrapeError."""
    found = _revisit.behind(options.url, bookmark.found)
    if not found and _address.is_home(options.url):
        return await _first(web, options, _candidates(options.url, await web.sitemaps(options.url)))
    try:
        return await _look(web, options, found or options.url, bookmark)
    except (Missing, Gone) as error:
        if found in ("", _address.spaceless(options.url)):
            raise
        return await _leave(web, options, found, error)


async def read(response: "Response", options: Options | None, worker: "Worker") -> Batch:
    """The articles in a saved sitemap, or on a saved page. Raises Unreadable or TooLarge."""
    from scrapers import _sitemap

    fetched = _revisit.fetched(response)
    sitemap = await _sitemap.read(response, worker=worker, fetched=fetched)
    if sitemap is None:
        _check_page(response, expected=options is not None and recognise(options.url) is not None)
        return Batch(posts=(await _single(response, worker, fetched),))
    notes = (f"an index of {len(sitemap.children)} sitemaps, which are not read here",) if sitemap.children else ()
    return Batch(posts=_posts(sitemap.pages, fetched), notes=notes)


async def _leave(web: "Web", options: Options, found: str, error: Rejected) -> Batch:
    """Look at the given address again, or at what the site names now in place of the sitemap that was found.

    Raises ``error`` while it names that one, or none that lists anything.
    """
    if not _address.is_home(options.url):
        return await _look(web, options, options.url, Bookmark())
    named = await web.sitemaps(options.url)
    others = [each for each in _candidates(options.url, named) if each in named]
    with suppress(Unreadable):
        if found not in named:
            return (await _first(web, options, others))._replace(anew=True)
    raise error


async def _first(web: "Web", options: Options, addresses: Iterable[str]) -> Batch:
    """Look at the first of these sitemaps that lists anything. Raises Unreadable when there is none.

    A server that is down or asks for time is left alone: else a worse sitemap would be kept for good.
    """
    trouble = ""
    for address in addresses:
        try:
            batch = await _look(web, options, address, Bookmark(found=_revisit.pair(options.url, address)))
        except (Unreachable, Throttled):
            raise
        except ScrapeError as error:
            trouble = trouble or f" ({error})"
        else:
            if batch.posts:
                return batch
    said = f"no sitemap that lists pages, neither in robots.txt nor at the usual addresses{trouble}"
    raise Unreadable(said, subject=options.url)


def _candidates(home: str, named: Sequence[str]) -> list[str]:
    """Where to look for the sitemap of a site whose robots.txt names these; those of news first."""
    from scrapers import _sitemap

    news = [each for each in named if _sitemap.is_of_news(each)]
    usual_news, usual = ([urljoin(home, path) for path in paths] for paths in (USUAL_NEWS, USUAL))
    return list(dict.fromkeys((*news, *usual_news, *named, *usual)))[:TRIES]


async def _look(web: "Web", options: Options, address: str, known: Bookmark) -> Batch:
    """Look at one address. ``known.found`` says that it is a sitemap."""
    from scrapers import _sitemap

    response = await web.get(address, bookmark=known, accept=ACCEPT, page=True)
    left_off = _revisit.left_off(response, known)._replace(found=known.found)
    wait = _revisit.max_age(response)
    notes: tuple[str, ...] = (f"reads the sitemap {address}",) if address != options.url else ()
    if response.status == 304 or left_off.digest == known.digest:
        return Batch(bookmark=left_off, unchanged=True, wait=wait, notes=notes)
    fetched = _revisit.fetched(response)
    sitemap = await _sitemap.read(response, worker=web.worker, fetched=fetched)
    if sitemap is None:
        _check_page(response, expected=bool(known.found or recognise(options.url)))
        return Batch(posts=(await _single(response, web.worker, fetched),), bookmark=left_off, wait=wait)
    left_off = left_off._replace(found=_revisit.pair(options.url, response.moved or address))
    notes += _cut(sitemap.listed)
    if not sitemap.children:
        return Batch(posts=_posts(sitemap.pages, fetched), bookmark=left_off, wait=wait, notes=notes)
    parts = await _walk(web, sitemap.children)
    left_off = Bookmark(found=left_off.found, digest=parts.digest)
    if parts.digest == known.digest:
        return Batch(bookmark=left_off, unchanged=True, wait=wait, notes=notes + parts.notes)
    return Batch(posts=_posts(parts.pages, fetched), bookmark=left_off, wait=wait, notes=notes + parts.notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the sitemaps of an index came to: their newest pages, and a digest of all that was read."""

    pages: tuple["Page", ...]
    digest: str
    notes: tuple[str, ...]


async def _walk(web: "Web", children: Sequence["Child"]) -> _Parts:
    """Read the sitemaps of an index, as far as we go at one look. One that fails is passed over and told.

    Raises the first failure where none could be read; Throttled at once.
    """
    from scrapers import _sitemap

    queue = deque((child.url, 1) for child in children)
    parts: list[Sitemap] = []
    digests: dict[str, str] = {}
    troubles: dict[str, ScrapeError] = {}
    news = False
    while queue and len(digests) + len(troubles) < CHILDREN:
        url, depth = queue.popleft()
        if news and not _sitemap.is_of_news(url):
            break  # the others list the same articles with less said of each, and the site's menus
        if url in digests or url in troubles:
            continue
        try:
            body, found = await _part(web, url)
        except Throttled:
            raise
        except ScrapeError as error:
            troubles[url] = error
            continue
        digests[url] = _revisit.digest(body)
        parts.append(found)
        news = news or (_sitemap.is_of_news(url) and any(page.title and page.published for page in found.pages))
        queue.extendleft((child.url, depth + 1) for child in reversed(found.children) if depth < DEPTH)
    if troubles and not any(part.pages for part in parts):
        _raise_part(next(iter(troubles.values())))
    return _Parts(
        pages=tuple(_sitemap.newest(*(part.pages for part in parts))),
        digest=_revisit.digest(" ".join(digests.values()).encode()),
        notes=_cut(sum(part.listed for part in parts))
        + tuple(f"a sitemap could not be read: {error}" for error in troubles.values()),
    )


def _raise_part(error: ScrapeError) -> NoReturn:
    """Raises it; that a part is missing or gone does not mean that the index is."""
    if isinstance(error, Missing | Gone):
        raise Unreadable(f"none of its sitemaps can be read ({error.message})", subject=error.subject)
    raise error


def _cut(listed: int) -> tuple[str, ...]:
    """A note where more pages are listed than are watched."""
    from scrapers import _sitemap

    most = _sitemap.MAX_PAGES
    return (f"lists {listed:,} pages, the newest {most} are watched",) if listed > most else ()


async def _part(web: "Web", url: str) -> tuple[bytes, "Sitemap"]:
    from scrapers import _sitemap

    response = await web.get(url, accept=ACCEPT, page=True)
    found = await _sitemap.read(response, worker=web.worker, fetched=_revisit.fetched(response))
    if found is None:
        raise Unreadable(NO_SITEMAP, subject=response.url)
    return response.body, found


def _check_page(response: "Response", *, expected: bool) -> None:
    """Raises Unreadable for a page where a sitemap was expected: it is an error in disguise, and no article."""
    if expected:
        raise Unreadable(NO_SITEMAP, subject=response.url)


def _posts(pages: Iterable["Page"], fetched: datetime) -> tuple[Post, ...]:
    """A Post for each page that can be told from others; a home page is no article."""
    posts: dict[str, Post] = {}
    for page in pages:
        key = _links.key(page.url)
        if "/" in key or "?" in key:
            posts.setdefault(key, _post(key, page, fetched))
    return tuple(posts.values())


def _post(key: str, page: "Page", fetched: datetime) -> Post:
    old = page.modified if page.modified and page.modified < fetched - OLD else None
    return Post(key=_key(key), url=page.url, title=page.title, published=page.published or old, lang=page.lang)


async def _single(response: "Response", worker: "Worker", fetched: datetime) -> Post:
    from scrapers import _article

    found = await _article.read(response, worker=worker, fetched=fetched)
    return Post(
        key=_key(_links.key(found.url) or found.url),
        url=found.url,
        title=found.title,
        text=found.text,
        author=found.author,
        published=found.published,
        lang=found.lang,
        media=found.media,
    )


def _key(link: str) -> str:
    return "article:" + blake2b(link.encode("utf-8", "replace"), digest_size=12).hexdigest()
