"""From an HTML page to its feed: the one that it offers in its head, or a usual address of its site.

Pages name their feeds by autodiscovery (https://www.rssboard.org/rss-autodiscovery, JSON Feed 1.1 in the same way):
``<link rel="alternate" type="application/rss+xml" href=...>``. Looked for in bytes, without a tree: a page can be
anything.
"""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from scrapers import _address, _links, _text
from scrapers._decode import Document
from scrapers._errors import Unreadable

HEAD = 200_000
"""Bytes of a page in which feeds are looked for."""
MAX_OFFERED = 20
USUAL = ("/feed", "/rss", "/atom.xml", "/index.xml", "/feed.xml", "/rss.xml")
"""Where sites keep a feed that their pages do not name."""

_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_TAG = re.compile(rb"""<(?:link|base)\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""", re.I)
_HREF = re.compile(rb"""(?<![\w-])href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^"'\s<>]+))""", re.I)
_XML_TYPE = re.compile(rb"""type\s*=\s*["']?\s*application/(?:rss\+xml|atom\+xml|feed\+json)""", re.I)
_JSON_TYPE = re.compile(rb"""type\s*=\s*["']?\s*application/json""", re.I)
_NO_FEED = re.compile(rb"wp-json|oembed", re.I)
_COMMENTS = re.compile("(?:comments?|commentaires?|comentarios?|kommentare?)(?![a-z])|评论|評論", re.I)


class HtmlPage(Unreadable):
    """An HTML page where a feed was to be. ``url`` is its address, ``feeds`` those that it offers, best first."""

    def __init__(self, page: Document, url: str) -> None:
        self.url = url
        self.feeds = offered(page, url)
        said = "an HTML page, not a feed"
        super().__init__(f"{said}; the page offers this feed: {self.feeds[0]}" if self.feeds else said, subject=url)


def is_page(document: Document) -> bool:
    """Whether it is an HTML page, whatever its server calls it."""
    if document.body.startswith(b"{"):
        return False
    if document.body[:20].lower().startswith(b"<!doctype html"):
        return True
    root = _ROOT.search(document.markup)
    return root is not None and root[1].lower() in (b"html", b"head", b"body", b"script")


def offered(page: Document, url: str) -> tuple[str, ...]:
    """The absolute addresses of the feeds that a page offers, best first; feeds of comments are left out.

    ``url`` is the page's own address. Feeds of type application/json, as JSON Feed 1.0 had it, come last.
    """
    tags = [found[0] for found in _TAG.finditer(page.body[:HEAD])]
    base = next((_href(url, tag) for tag in tags if tag[1:5].lower() == b"base" and _HREF.search(tag)), "") or url
    links = [tag for tag in tags if tag[1:5].lower() == b"link" and b"alternate" in tag.lower()]
    wanted = [tag for tag in links if _XML_TYPE.search(tag)]
    wanted += [tag for tag in links if _JSON_TYPE.search(tag) and not _NO_FEED.search(tag)]
    found = (_href(base, tag) for tag in wanted if not _COMMENTS.search(tag.decode("utf-8", "ignore")))
    return tuple(dict.fromkeys(filter(None, found)))[:MAX_OFFERED]


def usual(url: str) -> Iterator[str]:
    """The addresses where the site of ``url`` may have a feed."""
    return (urljoin(url, path) for path in USUAL)


def _href(base: str, tag: bytes) -> str:
    found = _HREF.search(tag)
    href = (found[1] or found[2] or found[3] or b"") if found else b""
    return _address.spaceless(_links.absolute(base, _text.to_line(href.decode("utf-8", "ignore"))))
