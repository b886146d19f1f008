"""Sitemaps: a site's own lists of its pages, as XML, as plain text, gzipped or not; bytes in, values out.

Formats: https://www.sitemaps.org/protocol.html (``urlset``, ``sitemapindex``, one address a line); for news, Google's
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap. The XML is scanned once and never
built into a tree: nothing is expanded, nothing nests, and a bare ampersand or a broken end loses nothing.

What is hostile is bounded: bytes (``_decode``), entries, lengths of addresses and titles; a DOCTYPE is refused. Dates
are those of the protocol alone (W3C Datetime), since reading any other takes 0.2 ms. Bodies that could hold up this
process go to the worker, which gives back only the newest pages.

The protocol wants all addresses on the sitemap's own host. Publishers use others, so any http(s) address is taken; who
opens one does so through Web, where inner ones are refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from itertools import groupby, islice, pairwise
from typing import TYPE_CHECKING, TypeVar

from scrapers import _dates, _decode, _discovery, _links, _text
from scrapers._errors import ScrapeError, Unreadable
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._worker import Worker

MAX_HERE = 150_000
"""Bytes of a body that is read in this process: up to 0.1 s for one made to be slow."""
MAX_ENTRIES = 50_000
"""The protocol's own limit; what comes after is not looked at."""
MAX_PAGES = 500
"""Pages that are kept of one sitemap, the newest."""
MAX_CHILDREN = 100
"""The same for the sitemaps of an index."""
MAX_ADDRESS = 2_048
"""Characters of an address, by the protocol."""
MAX_LINE = 1_000
"""Characters of any other value."""
MAX_KEYWORDS = 20

_HEAD = 20_000
_OLDEST = datetime.min.replace(tzinfo=UTC)
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_ROOT = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)")
_NEWS_SPACE = re.compile(r"""xmlns:([A-Za-z_][\w.-]*)\s*=\s*["']https?://www\.google\.com/schemas/sitemap-news/""")
_ASIDE = re.compile(r"<!--|<!\[CDATA\[")
_ENTRY = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?(url|sitemap)(?=[\s>/])[^<>]*>")
_FIELD = re.compile(
    r"<(?:([A-Za-z_][\w.-]*):)?(loc|lastmod|publication_date|title|language|name|keywords)(?:\s[^<>]*)?>([^<]*)</"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?", re.A)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}")
_LINE = re.compile(r"https?://\S+", re.I)
_OF_NEWS = re.compile(r"https?://[^/?#]+[/?][^#]*news", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a site. ``url`` is absolute http(s); ``modified`` is ``lastmod``, the date of the last change.

    The others are told in sitemaps of news alone: ``title``, ``published``, ``lang`` (a BCP 47 tag in lower case),
    ``publication`` (the name of the paper) and ``keywords``. Dates are aware UTC or None.
    """

    url: str
    title: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    lang: str = ""
    publication: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One sitemap that an index names, and when it changed."""

    url: str
    modified: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What a sitemap lists: the newest MAX_PAGES pages, newest first, or the MAX_CHILDREN sitemaps to read first.

    ``listed`` is how many pages there are in all.
    """

    pages: tuple[Page, ...] = ()
    listed: int = 0
    children: tuple[Child, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """The fields of one entry as they stand there, by prefix and name, with what is needed to choose it."""

    url: str
    fields: Mapping[tuple[str, str], str]
    published: datetime | None
    modified: datetime | None


_Dated = TypeVar("_Dated", Page, _Entry)


async def read(response: Response, *, worker: "Worker", fetched: datetime) -> Sitemap | None:
    """The sitemap in an answer; None for an HTML page. Raises Unreadable for what is neither, TooLarge.

    ``fetched`` is the time of the answer: nothing is dated later.
    """
    asked = (response.body, response.content_type, response.url, fetched)
    try:
        if len(response.body) > MAX_HERE or response.body.startswith(b"\x1f\x8b"):
            found: Sitemap | None = await worker.run("_sitemap.whole", *asked)
            return found
        return whole(*asked)
    except ScrapeError as error:
        error.subject = error.subject or response.url
        raise


def whole(body: bytes, content_type: str, url: str, fetched: datetime) -> Sitemap | None:
    """The same for a body, in whichever process this is."""
    document = _decode.document(body, content_type)
    if _discovery.is_page(document):
        return None
    if _DECLARES.search(document.markup):
        raise Unreadable("a DOCTYPE or an entity of its own, which no sitemap needs")
    text = _flat(document.body.decode("utf-8", "replace"))
    root = _ROOT.search(text)
    if root is None:
        return _listed(text, url)
    if root[2] == "urlset":
        return _pages(text, root[1] or "", url, fetched)
    if root[2] == "sitemapindex":
        return Sitemap(children=_children(text, root[1] or "", url, fetched))
    raise Unreadable(f"not a sitemap: it begins with <{root[2][:40]}>")


def newest(*lists: Sequence[_Dated]) -> list[_Dated]:
    """The newest MAX_PAGES of these lists, by date of publication, else of change; those without a date last.

    Of pages with the same date, or none, those nearest to either end of their list: that is where new ones are added.
    """
    pages: list[_Dated] = []
    far: list[int] = []
    for each in lists:
        for _, found in groupby(sorted(each, key=_date, reverse=True), _date):
            alike = list(found)
            pages += alike
            far += (min(at, len(alike) - 1 - at) for at in range(len(alike)))
    best = sorted(range(len(pages)), key=far.__getitem__)
    best.sort(key=lambda at: _date(pages[at]), reverse=True)
    return sorted((pages[at] for at in sorted(best[:MAX_PAGES])), key=_date, reverse=True)


def is_of_news(url: str) -> bool:
    """Whether an address reads like that of a sitemap of news; one of newsletters does, too."""
    return _OF_NEWS.match(url) is not None


def _flat(text: str) -> str:
    """The text without comments, and with CDATA sections as escaped text; one that never ends takes the rest."""
    pieces, at = [], 0
    while start := _ASIDE.search(text, at):
        comment = start[0] == "<!--"
        pieces.append(text[at : start.start()])
        end = text.find("-->" if comment else "]]>", start.end())
        inside = text[start.end() : end if end >= 0 else len(text)]
        pieces.append("" if comment else escape(inside, quote=False))
        at = end + 3 if end >= 0 else len(text)
    return "".join((*pieces, text[at:]))


def _listed(text: str, url: str) -> Sitemap:
    """A sitemap in plain text. Raises Unreadable unless all of its first lines are addresses."""
    lines = list(islice(filter(None, (unescape(line).strip() for line in text.split("\n"))), MAX_ENTRIES))
    if not lines or not all(map(_LINE.fullmatch, lines[:10])):
        raise Unreadable("not a sitemap: neither XML nor a list of addresses")
    found = (_links.absolute(url, line) for line in lines if len(line) <= MAX_ADDRESS and _LINE.fullmatch(line))
    pages = [Page(url=each) for each in dict.fromkeys(filter(None, found))]
    return Sitemap(pages=tuple(newest(pages)), listed=len(pages))


def _pages(text: str, prefix: str, url: str, fetched: datetime) -> Sitemap:
    declared = _NEWS_SPACE.search(text, 0, _HEAD)
    news = declared[1] if declared else "news"
    entries = sorted(_entries(text, "url", prefix, news, url, fetched), key=_date, reverse=True)
    chosen: dict[str, _Entry] = {}
    for entry in entries:
        chosen.setdefault(entry.url, entry)
    pages = tuple(_page(entry, news) for entry in newest(tuple(chosen.values())))
    return Sitemap(pages=pages, listed=len(chosen))


def _children(text: str, prefix: str, url: str, fetched: datetime) -> tuple[Child, ...]:
    """Those of news first, then the newest; those without a date last, in their order."""
    entries = sorted(_entries(text, "sitemap", prefix, "", url, fetched), key=_date, reverse=True)
    entries.sort(key=lambda entry: not is_of_news(entry.url))
    return tuple(Child(url=entry.url, modified=entry.modified) for entry in entries[:MAX_CHILDREN])


def _entries(text: str, name: str, prefix: str, news: str, url: str, fetched: datetime) -> Iterator[_Entry]:
    """The entries with an address, in their order. An entry ends where the next begins."""
    starts = (found for found in _ENTRY.finditer(text) if found[2] == name and (found[1] or "") == prefix)
    bounds = [(found.start(), found.end()) for found in islice(starts, MAX_ENTRIES + 1)]
    if len(bounds) <= MAX_ENTRIES:
        bounds.append((len(text), len(text)))
    for (_, begin), (end, _) in pairwise(bounds):
        fields: dict[tuple[str, str], str] = {}
        for found in _FIELD.finditer(text, begin, end):
            fields.setdefault((found[1] or "", found[2]), found[3])
        said = unescape(fields.get((prefix, "loc"), "")[: 4 * MAX_ADDRESS])
        address = _links.absolute(url, said)
        if address and len(address) <= MAX_ADDRESS:
            published = _moment(fields.get((news, "publication_date"), ""), fetched)
            modified = _moment(fields.get((prefix, "lastmod"), ""), fetched)
            yield _Entry(url=address, fields=fields, published=published, modified=modified)


def _date(dated: Page | _Entry) -> datetime:
    return dated.published or dated.modified or _OLDEST


def _page(entry: _Entry, news: str) -> Page:
    keywords = (" ".join(word.split()) for word in _line(entry.fields, news, "keywords").split(","))
    lang = _line(entry.fields, news, "language").replace("_", "-").lower()
    return Page(
        url=entry.url,
        title=_line(entry.fields, news, "title"),
        published=entry.published,
        modified=entry.modified,
        lang=lang if _LANGUAGE.fullmatch(lang) else "",
        publication=_line(entry.fields, news, "name"),
        keywords=tuple(dict.fromkeys(filter(None, keywords)))[:MAX_KEYWORDS],
    )


def _line(fields: Mapping[tuple[str, str], str], prefix: str, name: str) -> str:
    """A value in one line; publishers escape titles twice and leave markup in them."""
    return _text.to_line(_decode.mend(unescape(fields.get((prefix, name), "")[:MAX_LINE])))


def _moment(said: str, fetched: datetime) -> datetime | None:
    said = said[:100].strip()
    return _dates.parse(said, fetched=fetched) if _MOMENT.fullmatch(said) else None
