"""Reading a web page with CSS selectors, safely: the only place that builds a tree of a page.

Pages come from strangers. Before a tree is built the number of tags is bounded, afterwards its depth: a hundred
thousand nested elements are cheap to send and dear to search.
"""

import re
import warnings
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from scrapers import _links, _text
from scrapers._errors import TooLarge, Unreadable
from scrapers._response import Response

MAX_TAGS = 50_000
MAX_DEPTH = 500
MAX_TAG = 64_000
"""Bytes of one start tag: thousands of attributes make parsers slow."""

_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)


class Node:
    """One element: what is in it, as text and links. Addresses come out absolute."""

    __slots__ = ("_base", "_tag")

    def __init__(self, tag: Tag, base: str) -> None:
        self._tag = tag
        self._base = base

    def all(self, selector: str) -> Iterator["Node"]:
        """The elements inside that fit, in order."""
        return (Node(found, self._base) for found in self._tag.select(selector))

    def first(self, selector: str) -> "Node | None":
        """The first element inside that fits, if any."""
        found = self._tag.select_one(selector)
        return None if found is None else Node(found, self._base)

    def attribute(self, name: str) -> str:
        """An attribute as it stands, or ""."""
        value = self._tag.get(name)
        return " ".join(value) if isinstance(value, list) else value or ""

    def link(self, name: str = "href") -> str:
        """The address in an attribute, absolute, or "" when there is no http(s) address."""
        return _links.absolute(self._base, self.attribute(name))

    def has(self, name: str) -> bool:
        """Whether the element is of this class."""
        return name in self.attribute("class").split()

    def within(self, name: str) -> bool:
        """Whether an element around this one is of this class."""
        return any(name in (parent.get("class") or ()) for parent in self._tag.parents)

    @property
    def text(self) -> str:
        """The words inside, a line for each paragraph."""
        return _text.to_text(str(self._tag))


def parse(response: Response) -> Node:
    """The page as one Node. Raises TooLarge for a page made to be slow, Unreadable for what is no page."""
    body = response.body
    if not body.strip():
        raise Unreadable("an empty page")
    _check(body)
    soup = _tree(_decode(body, response.content_type).replace("\0", ""))
    _check_depth(soup)
    return Node(soup, response.url)


def _tree(text: str) -> BeautifulSoup:
    """By lxml's builder, which takes half the time of Python's own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # advice to programmers on what a stranger sent
            return BeautifulSoup(text, "lxml")
    except (ParserRejectedMarkup, AssertionError, ValueError):
        raise Unreadable("a page that cannot be read as HTML") from None


def _check(body: bytes) -> None:
    pieces = body.split(b"<", MAX_TAGS + 1)
    if len(pieces) > MAX_TAGS:
        raise TooLarge(f"a page of more than {MAX_TAGS:,} tags")
    if any(len(piece) > MAX_TAG and piece.find(b">", 0, MAX_TAG) < 0 for piece in pieces[1:]):
        raise TooLarge("a page with a tag of more than 64 kB")


def _check_depth(soup: BeautifulSoup) -> None:
    """Walks the tree once, without recursion."""
    depths = {id(soup): 0}
    for tag in soup.descendants:
        if isinstance(tag, Tag):
            depth = depths[id(tag.parent)] + 1
            if depth > MAX_DEPTH:
                raise TooLarge(f"a page of more than {MAX_DEPTH} nested elements")
            depths[id(tag)] = depth


def _decode(body: bytes, content_type: str) -> str:
    """UTF-8 unless the server names another charset that Python knows."""
    declared = _CHARSET.search(content_type)
    try:
        return body.decode(declared[1] if declared else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
