"""Reading an article's page: its text without what stands around it, and what the page says of it.

A name in a menu, a side bar or a list of other articles would raise a false alert, so the text is left to trafilatura,
the best of twelve extractors measured. All work on the page is done in a child that can be killed: strangers can make
any of it slow. Nothing here opens an address.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any

from scrapers import _dates, _decode, _entries, _links, _text
from scrapers._errors import ScrapeError, TooLarge, Unreadable
from scrapers._response import Response

if TYPE_CHECKING:
    from scrapers._worker import Worker

MAX_TAGS = 50_000
MAX_DEPTH = 256
"""Nested elements: at this depth libxml2 drops the rest of a page without a word."""
MAX_LINE = 1_000
"""Characters of a title, and half of an address, that a page says of itself."""
MAX_MANY = 20
"""Authors, and pictures, of one article."""
MAX_OBJECTS = 1_000
"""Objects of JSON-LD of one page that are looked at."""
MENU = 4
"""Links in a table cell, from which on it may be a menu."""
LITTLE = 500
"""Characters of extracted text below which the page's own ``articleBody`` may serve instead."""

_HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_LOOKS_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|main|article|div|p)[\s>]", re.I)
_FULL = re.compile(r"<(?:!doctype|html)", re.I)
_META_CHARSET = re.compile(rb"""<meta\s[^<>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_ARTICLE = re.compile(r"(?:Article|BlogPosting)$")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_RULE = re.compile(r"[|\s-]+")
_DATES = ("article:published_time", "datepublished", "og:article:published_time", "parsely-pub-date", "pubdate",
          "publishdate", "dc.date.issued", "dc.date", "date")  # fmt: skip
_TIMES = (
    "//time[@pubdate or @itemprop='datePublished'][@datetime]",
    "//article//time[@datetime]",
    "//main//time[@datetime]",
    "//time[@datetime][not(ancestor::aside or ancestor::nav or ancestor::footer)]",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article's page.

    ``url`` is the address that the page calls its own, where that can be believed, else the one that answered.
    ``text`` is plain, a line for each paragraph, and "" where the page holds no article. ``published`` is aware UTC or
    None, ``lang`` a BCP 47 tag in lower case or "", ``media`` the pictures that the page names as its own. ``front`` is
    whether the page calls nothing but a home page its own, which is not believed for ``url``.
    """

    url: str
    title: str = ""
    text: str = ""
    author: str = ""
    published: datetime | None = None
    lang: str = ""
    media: tuple[str, ...] = ()
    front: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one source of a page's own words says: its JSON-LD, or its tags."""

    title: str = ""
    author: str = ""
    published: datetime | None = None
    lang: str = ""
    media: tuple[str, ...] = ()
    body: str = ""


async def read(response: Response, *, worker: "Worker", fetched: datetime) -> Article:
    """The article on a page. Raises Unreadable for what is no page of HTML, TooLarge for one made to be slow.

    ``fetched`` is the time of the answer: no article is dated later.
    """
    try:
        _check_kind(response)
        _check_size(response.body)
        found: Article = await worker.run("_article.whole", response.body, response.url, response.content_type, fetched)
        return found
    except ScrapeError as error:
        error.subject = error.subject or response.url
        raise


def whole(body: bytes, url: str, content_type: str, fetched: datetime) -> Article:
    """The article in a body; runs in the worker. Raises TooLarge, or Unreadable where there is no page."""
    body = _decode.inflate(body)
    _check_size(body)  # once more, since it may have been gzip
    tree = _tree(_decode.document(body, _with_charset(body, content_type)).body.decode("utf-8", "replace"))
    base = next((_links.absolute(url, each.get("href") or "") for each in tree.iter("base")), "") or url
    names = _named(tree, base)
    home = _canonical(names, url)
    told = _from_json(_chosen(tree, home), base, fetched)
    tags = _from_tags(tree, base, fetched)
    return Article(
        url=home,
        title=told.title or tags.title,
        text=_longer(_extracted(tree), told.body),
        author=told.author or tags.author,
        published=told.published or tags.published,
        lang=told.lang or tags.lang,
        media=tuple(dict.fromkeys((*told.media, *tags.media)))[:MAX_MANY],
        front=bool(names) and all(map(_is_front, names)),
    )


def _check_kind(response: Response) -> None:
    if not response.body.strip():
        raise Unreadable("an empty page")
    kind = response.content_type.partition(";")[0].strip().lower()
    if response.body.startswith(b"%PDF-"):
        kind = "application/pdf"
    if kind not in _HTML:
        raise Unreadable(f"not an HTML page but {kind[:60]}")
    zipped = response.body.startswith(b"\x1f\x8b")
    # NULs are taken out since an UTF-16 page has them between its letters.
    if not zipped and not _LOOKS_HTML.search(response.body[:100_000].replace(b"\0", b"")):
        raise Unreadable("not an HTML page")


def _check_size(body: bytes) -> None:
    """Bounds on tags and start tags, linear in the body. Quotes are not looked at here; _decode does that later."""
    pieces = body.split(b"<", MAX_TAGS + 1)
    if len(pieces) > MAX_TAGS + 1:
        raise TooLarge(f"a page of more than {MAX_TAGS:,} tags")
    most = _decode.MAX_START_TAG
    if any(len(each) > most and each[:1].isalpha() and each.find(b">", 0, most) < 0 for each in pieces[1:]):
        raise TooLarge("a start tag of more than 64 kB")


def _with_charset(body: bytes, content_type: str) -> str:
    """The content type, with the charset that the page names where the server names none (as HTML 13.2.3.2 has it)."""
    found = None if "charset" in content_type.lower() else _META_CHARSET.search(body[:4096])
    return f"text/html; charset={found[1].decode('ascii', 'replace')}" if found else content_type


def _tree(html: str) -> Any:
    """The page as a tree of lxml's elements. Raises TooLarge for a deep one, which the builder has cut off."""
    from trafilatura import load_html

    # Without a beginning as it should be, only a part of the page would come out, its head left behind.
    tree = load_html(html if _FULL.match(html) else f"<!doctype html>\n{html}")
    if tree is None:
        raise Unreadable("a page that cannot be read as HTML")
    depths = {tree: 1}
    for each in tree.iterdescendants():
        depths[each] = depths[each.getparent()] + 1
    if max(depths.values()) >= MAX_DEPTH:
        raise TooLarge(f"a page of {MAX_DEPTH} or more nested elements")
    return tree


def _extracted(tree: Any) -> str:
    """The article's text by trafilatura, without the marks that it sets for lists and tables. Changes the tree."""
    from trafilatura import extract
    from trafilatura.settings import use_config

    settings = use_config()
    # Below this many characters it takes all words of the page instead, menus with them: a short notice, or none,
    # is an answer too.
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", "0")
    _drop_menus(tree)
    found = extract(
        tree,
        fast=True,
        include_comments=False,
        include_tables=True,  # without them, old pages that stand in tables are lost
        include_formatting=False,
        config=settings,
    )
    return _text.plain("\n".join(map(_unmarked, (found or "").split("\n"))))


def _drop_menus(tree: Any) -> None:
    """Take out the table cells that hold little but links: trafilatura does so with other elements, not with cells."""
    for cell in list(tree.iter("td")):
        links = list(cell.iter("a"))
        if len(links) >= MENU and 5 * sum(len(each.text_content()) for each in links) > 4 * len(cell.text_content()):
            cell.drop_tree()


def _unmarked(line: str) -> str:
    if not line.startswith("|"):
        return line.removeprefix("- ")
    return "" if _RULE.fullmatch(line) else line.replace("|", " ")


def _longer(extracted: str, declared: str) -> str:
    """The extracted text, or what the page declares as its article's where far more of it is there and it is prose."""
    if len(extracted) >= LITTLE or len(declared) <= 2 * len(extracted):
        return extracted
    letters = sum(map(str.isalpha, declared))
    return declared if 2 * letters > len(declared) else extracted


def _named(tree: Any, base: str) -> tuple[str, ...]:
    """The addresses that the page calls its own: link rel=canonical, og:url."""
    links = (each.get("href") or "" for each in tree.iter("link") if "canonical" in _words(each.get("rel")))
    said = (*islice(links, 1), _metas(tree).get("og:url", ""))
    return tuple(filter(_links.key, (_address(base, each) for each in said)))


def _canonical(names: Iterable[str], url: str) -> str:
    """The page's own address: the first that can be believed, or the one that answered.

    A bare home page is not believed, of any host: careless templates name theirs on every page.
    """
    key = _links.key(url)
    return next((each for each in names if not _is_front(each) or _links.key(each) == key), url)


def _is_front(url: str) -> bool:
    return not {"/", "?"} & set(_links.key(url))


def _from_json(found: Mapping[str, Any], base: str, fetched: datetime) -> _Said:
    """What a JSON-LD object of schema.org's Article says."""
    author = found.get("author")
    if isinstance(author, str) and author.lstrip().startswith("{"):  # as the South China Morning Post has it
        author = _loaded(author)
    return _Said(
        title=_first(map(_line, _strings(found.get("headline")))) or _first(map(_line, _strings(found.get("name")))),
        author=_names(_strings(author, "name")),
        published=_date(_strings(found.get("datePublished")), fetched),
        lang=_first(map(_language, _strings(found.get("inLanguage"), "alternateName", "name"))),
        media=_addresses(_strings(found.get("image"), "url", "contentUrl", "@id"), base),
        body=_text.to_text(_first(_strings(found.get("articleBody")))),
    )


def _from_tags(tree: Any, base: str, fetched: datetime) -> _Said:
    """What Open Graph, other meta tags, ``time``, ``title`` and ``html lang`` say."""
    said = _metas(tree)
    titles = (said.get("og:title", ""), *(each.text_content() for each in islice(tree.iter("title"), 1)))
    authors = (said.get(name, "") for name in ("author", "article:author", "dc.creator", "parsely-author"))
    times = (each.get("datetime") for path in _TIMES for each in islice(tree.xpath(path), MAX_MANY))
    tongues = (*(each.get("lang") or "" for each in tree.iter("html")), said.get("og:locale", ""))
    return _Said(
        title=_first(map(_plain_line, titles)),
        author=_first(_names((each,)) for each in authors),
        published=_date((*(said.get(name, "") for name in _DATES), *times), fetched),
        lang=_first(map(_language, tongues)),
        media=_addresses((said.get(name, "") for name in ("og:image", "og:image:url", "og:video")), base),
    )


def _metas(tree: Any) -> dict[str, str]:
    """The first content of each meta tag by its property, name or itemprop, in lower case."""
    found: dict[str, str] = {}
    for each in tree.iter("meta"):
        content = (each.get("content") or "").strip()
        name = (each.get("property") or each.get("name") or each.get("itemprop") or "").strip().lower()
        if content and name:
            found.setdefault(name, content)
    return found


def _chosen(tree: Any, home: str) -> Mapping[str, Any]:
    """The JSON-LD object of the article: the one that names this page, else the first."""
    found = [each for each in islice(_objects(tree), MAX_OBJECTS) if _is_article(each)]
    key = _links.key(home)
    return max(found, key=lambda each: key in map(_links.key, _own(each)), default={})


def _own(found: Mapping[str, Any]) -> Iterator[str]:
    for name in ("url", "@id", "mainEntityOfPage"):
        yield from _strings(found.get(name), "@id", "url")


def _is_article(found: Mapping[str, Any]) -> bool:
    return any(_ARTICLE.search(each) for each in _strings(found.get("@type")))


def _objects(tree: Any) -> Iterator[Mapping[str, Any]]:
    """The JSON-LD objects of a page that stand at the top, in a list, in ``@graph`` or as the main entity."""
    scripts = (each for each in tree.iter("script") if "ld+json" in (each.get("type") or "").lower())
    waiting = deque(_loaded(each.text or "") for each in scripts)
    while waiting:
        each = waiting.popleft()
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            yield each
            waiting.extend(each[name] for name in ("@graph", "mainEntity") if name in each)


def _loaded(text: str) -> object:
    """JSON as pages have it: inside comments, with raw line breaks, with escaped quotes. None for what is no JSON."""
    text = text.replace("<![CDATA[", "").replace("]]>", "")
    for each in dict.fromkeys((text, unescape(text))):
        start = min((at for at in map(each.find, "{[") if at >= 0), default=0)
        try:
            return json.loads(each[start : max(map(each.rfind, "}]")) + 1], strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _strings(value: object, *names: str) -> Iterator[str]:
    """The strings of a value: itself, or those in its list; for an object, its first field of these names."""
    for each in value[:MAX_MANY] if isinstance(value, list) else (value,):
        if isinstance(each, dict):
            each = _first(_strings([each.get(name) for name in names]))
        if isinstance(each, str) and each.strip():
            yield each


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _line(text: str) -> str:
    """A title in JSON-LD, which may hold markup and be escaped twice."""
    return _plain_line(_text.to_line(text[: 4 * MAX_LINE]))


def _plain_line(text: str) -> str:
    return " ".join(_text.plain(unescape(text[: 4 * MAX_LINE])).split())[:MAX_LINE]


def _names(values: Iterable[str]) -> str:
    """Authors in one line; an address (a profile's, mostly) is no name."""
    names = (_entries.author(_line(each)) for each in values)
    return ", ".join(dict.fromkeys(each for each in names if each and "://" not in each))[:MAX_LINE]


def _date(values: Iterable[str], fetched: datetime) -> datetime | None:
    return next((found for each in values if (found := _dates.parse(each, fetched=fetched))), None)


def _language(text: str) -> str:
    tag = text.strip()[:40].replace("_", "-").lower()
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _address(base: str, said: str) -> str:
    return _links.absolute(base, unescape(said)) if len(said) <= 2 * MAX_LINE else ""


def _addresses(values: Iterable[str], base: str) -> tuple[str, ...]:
    return tuple(filter(None, (_address(base, each) for each in values)))


def _words(text: str | None) -> list[str]:
    return (text or "").lower().split()
