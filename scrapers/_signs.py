"""Cheap signs in the bytes of a feed: may it be read in this process, and does the fast parser lose nothing of it?

Each sign was found by a disagreement of the two parsers over real documents. They are looked for at every changed
feed, so one pass counts the tags, and an expression that must look at each tag is only run where those ask for it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scrapers import _json
from scrapers._decode import Document

MAX_TAGS = 50_000
"""With more tags than this a body goes to the worker."""
MAX_ITEMS = 1_000
"""The same for its number of entries: each may hold a date that takes 0.2 ms to refuse."""
HEAD = 20_000
"""Bytes in which the first entry is looked for."""

FIRST_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.I)

_NAME = re.compile(rb"<(/?[A-Za-z_][\w:.-]*+)")
# Each begins with a letter that text seldom holds, or is found sooner than by looking for the whole word.
_BASE_OR_XHTML = re.compile(rb"x(?:ml:base|html)")
_BASE64 = re.compile(rb"""64["'](?<=base64.)""")
_INLINE = re.compile(rb"<(?:description|title|content:encoded|author|pubDate)(?:\s[^<>]*)?(?<!/)>[^<]*<[A-Za-z]")
_XHTML_TITLE = re.compile(rb"<(?:\w+:)?(?:title|summary)\s[^<>]*xhtml")
_XHTML_BODY = re.compile(rb"<(?:\w+:)?(?:body|div)[\s>]")
_BASE_INSIDE = re.compile(rb"<(?:\w+:)?(?:item|entry|link|id|guid|title|summary|channel)\s[^<>]*xml:base\s*=")
_ITEMS = frozenset({b"item", b"entry"})
_DATES = frozenset({b"pubdate", b"date", b"published", b"issued", b"updated", b"modified", b"lastbuilddate"})
_TOLD = frozenset({b"pubdate", b"date", b"published", b"issued", b"updated"})
_RSS = frozenset(
    b"rss channel item title link description language pubDate lastBuildDate guid category comments enclosure source "
    b"image url width height generator docs ttl managingEditor webMaster copyright cloud rating textInput textinput "
    b"skipHours skipDays hour day author".split()
)
"""The elements of RSS that hold no others of them where text belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What one pass over a document tells. ``head`` is what stands before the first entry."""

    document: Document
    head: bytes
    names: Counter[bytes]

    @property
    def heavy(self) -> bool:
        """Whether it could hold up this process: all else stands still while a feed is read here."""
        body, markup = self.document.body, self.document.markup
        tags = self.names.total() if body is markup else body.count(b"<")
        return tags > MAX_TAGS or self._count(_ITEMS) > MAX_ITEMS or (body[:1] == b"{" and _json.is_heavy(body))

    @property
    def needs_lenient(self) -> bool:
        """Whether the fast parser is known to lose something of such a document."""
        markup, atom = self.document.markup, b"<feed" in self.head
        if b"purl.org/atom/ns#" in self.head or (b"<!DOCTYPE" in self.head and b"<!ENTITY" in markup):
            return True
        if _BASE64.search(markup):
            return True
        if b"RDF" in self.head and b"content:encoded" in self.names:  # it knows that element in RSS alone
            return True
        if _BASE_OR_XHTML.search(markup) and self._has_base_or_xhtml(atom=atom):
            return True
        return self._has_half_days() or (not atom and self._has_strangers() and _INLINE.search(markup) is not None)

    def loses(self, items: Sequence[Mapping[str, Any]]) -> bool:
        """Whether these entries are fewer than there are, or dated where they are not.

        A date may have been read out of a guid ("12" becomes the 12th of this month), which is no date.
        """
        if len(items) < sum(count for name, count in self.names.items() if name[:1] == b"/" and _local(name) in _ITEMS):
            return True
        dated = [item for item in items if item.get("published")]
        dates = self._count(_DATES) - sum(_local(name) in _DATES for name in _NAME.findall(self.head))
        return dates < len(dated) and not all(str(item.get("id", "")).startswith("http") for item in dated)

    def _count(self, names: frozenset[bytes]) -> int:
        return sum(count for name, count in self.names.items() if name[:1] != b"/" and _local(name) in names)

    def _has_base_or_xhtml(self, *, atom: bool) -> bool:
        markup = self.document.markup
        if b"xml:base" in markup and _BASE_INSIDE.search(markup):
            return True
        if b"xhtml" not in markup:
            return False
        return bool(_XHTML_TITLE.search(markup) or (not atom and _XHTML_BODY.search(markup)))

    def _has_half_days(self) -> bool:
        """Whether a date says 02:02 PM, which the fast parser reads as 2 a.m."""
        dates = [name for name in self.names if name[:1] != b"/" and _local(name) in _TOLD]
        return any(_half_day(name).search(self.document.markup) for name in dates)

    def _has_strangers(self) -> bool:
        """Whether there are elements that are none of RSS: HTML, perhaps, that should have been escaped."""
        return any(name[:1] != b"/" and b":" not in name and name not in _RSS for name in self.names)


def signs(document: Document) -> Signs:
    """The signs in one document."""
    first = FIRST_ITEM.search(document.body, 0, HEAD)
    head = document.body[: first.start() if first else HEAD]
    return Signs(document=document, head=head, names=Counter(_NAME.findall(document.markup)))


def _local(name: bytes) -> bytes:
    return name.lstrip(b"/").rpartition(b":")[2].lower()


@lru_cache(maxsize=64)
def _half_day(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<" + re.escape(name) + rb">[^<]{0,60}\d ?(?:[AaPp]\.?[Mm])\b", re.A)
