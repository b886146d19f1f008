"""Feeds in well-formed XML: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, read in one walk over lxml's tree.

Nothing is guessed here. What is no XML, declares entities or nests its posts gives None, and the parser that takes
anything has its turn. An element counts by its name and by what its namespace stands for, whatever its prefix, its case
and the spelling of the namespace.

Which element says what: https://www.rssboard.org/rss-specification and /media-rss, https://web.resource.org/rss/1.0/,
RFC 4287; what these leave open is as in feedparser.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from itertools import islice
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from scrapers._decode import has_entities
from scrapers._entries import Head, Raw, within

NO_LIMIT = sys.maxsize
MAX_BASE = 1_000
"""Characters of an address that relative ones are seen from."""

# Kinds of elements. One below SPECIAL holds a text, which is kept at that place of a list: the first that is not blank.
(
    OTHER, ID, TITLE, CONTENT, DESCRIPTION, SUMMARY, AUTHOR, CREATOR, PUBLISHED, DATE, UPDATED, CREATED, LANGUAGE, TTL,
    PERIOD, FREQUENCY, GUID, SPECIAL, LINK, ALTERNATE, ALTERNATE_FILE, RELATED, NAME, EMAIL, CHANNEL, ITEM,
    GROUP, ENCLOSURE, MEDIA, THUMBNAIL, SAID, CALLED, PLACES,
) = range(33)  # fmt: skip
_MARKUP = frozenset({TITLE, CONTENT, DESCRIPTION, SUMMARY})
_BASED = _MARKUP | {CHANNEL, ITEM}
FILES = frozenset({ENCLOSURE, MEDIA, THUMBNAIL})

_KINDS = MappingProxyType(
    {
        "id": ID, "guid": GUID, "link": LINK, "title": TITLE, "dc:title": TITLE, "media:title": CALLED,
        "itunes:title": CALLED, "content": CONTENT, "content:encoded": CONTENT, "fullitem": CONTENT, "body": CONTENT,
        "xhtml:body": CONTENT, "xhtml:div": CONTENT, "description": DESCRIPTION, "dc:description": DESCRIPTION,
        "abstract": DESCRIPTION, "summary": SUMMARY, "itunes:summary": SUMMARY, "media:description": SAID,
        "author": AUTHOR, "itunes:author": AUTHOR, "dc:author": AUTHOR, "dc:creator": CREATOR, "name": NAME,
        "email": EMAIL, "pubdate": PUBLISHED, "published": PUBLISHED, "issued": PUBLISHED, "dc:issued": PUBLISHED,
        "date": DATE, "dc:date": DATE, "updated": UPDATED, "modified": UPDATED, "dc:modified": UPDATED,
        "lastbuilddate": UPDATED, "created": CREATED, "dc:created": CREATED, "enclosure": ENCLOSURE,
        "media:group": GROUP, "media:content": MEDIA, "media:thumbnail": THUMBNAIL, "language": LANGUAGE,
        "dc:language": LANGUAGE, "ttl": TTL, "sy:updateperiod": PERIOD, "sy:updatefrequency": FREQUENCY,
        "channel": CHANNEL, "item": ITEM, "entry": ITEM,
    }
)  # fmt: skip
_PREFIXES = MappingProxyType(
    {
        "": "",
        "www.w3.org/2005/atom": "",
        "purl.org/atom/ns": "",
        "purl.org/rss/1.0": "",
        "purl.org/rss/1.0/modules/rss091": "",
        "my.netscape.com/rdf/simple/0.9": "",
        "blogs.law.harvard.edu/tech/rss": "",
        "purl.org/dc/elements/1.1": "dc:",
        "purl.org/dc/terms": "dc:",
        "purl.org/rss/1.0/modules/content": "content:",
        "purl.org/rss/1.0/modules/syndication": "sy:",
        "search.yahoo.com/mrss": "media:",
        "www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
        "www.w3.org/1999/xhtml": "xhtml:",
    }
)
"""What namespaces stand for: in lower case, without their scheme and without a slash or # at their end."""
ATOM_03 = "purl.org/atom/ns#"
_USERLAND = "backend.userland.com/rss"
ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_EDGES = re.compile(r"^https?://|[/#]+$")
_SAYS_BASE = re.compile(rb":(?:base)")  # apart: a sign is found sooner than a word
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_TAG = re.compile(rb"<[A-Za-z][\w:.-]*+\s[^<>]*+>")
_UNQUOTED = re.compile(rb"""(\s[\w:.-]+=)([^\s"'<>]+)(?=[\s>])""")
_PAGE_TYPES = frozenset({"", "text/html", "application/xhtml+xml"})
USUAL_TYPES = frozenset({None, "html", "xhtml", "text", "text/html", "text/plain"})
_TEXT_TYPE = re.compile(r"(?:text|html|xhtml|text/.*|.*[+/]xml)?", re.I | re.S)
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"})


class Unsure(Exception):
    """There is something in the document that this reader does not know how to read."""


class _Kinds(dict[Any, int]):
    """The kind of each element by its name, looked up once in a document. ``own`` is the namespace of its root."""

    def __init__(self, own: str) -> None:
        self._own = own

    def __missing__(self, tag: Any) -> int:
        if not isinstance(tag, str):
            raise Unsure  # an entity
        namespace, _, name = tag.rpartition("}")
        kind = self[tag] = kind_of(namespace[1:], name, self._own)
        return kind


def kind_of(namespace: str, name: str, own: str) -> int:
    """The kind of an element; ``own`` is the namespace of the document's root."""
    plain = _EDGES.sub("", namespace.lower())
    prefix = "" if namespace == own or _USERLAND in plain else _PREFIXES.get(plain)
    # The name itself holds a prefix where that was never declared: only in a broken document.
    return OTHER if prefix is None else _KINDS.get(prefix + name.lower().removeprefix("rss:"), OTHER)


def read(body: bytes, *, most: int = NO_LIMIT, broken: bool = False) -> tuple[Head, list[Raw]] | None:
    """The feed in a body of UTF-8; None where something could be lost, and for one of more than ``most`` entries.

    Of a ``broken`` one, what can still be made out of it.
    """
    if has_entities(body):
        return None
    if broken:
        body = _TAG.sub(lambda tag: _UNQUOTED.sub(rb'\1"\2"', tag[0]), body)
    try:
        root = etree.fromstring(body, _parser(broken=broken))
        return None if root is None else _read(root, most, based=_SAYS_BASE.search(body) is not None)
    except (etree.LxmlError, Unsure):
        return None


@cache
def _parser(*, broken: bool) -> Any:
    """A parser for UTF-8 alone, whatever the declaration calls it, that opens nothing else.

    It is used again and again: to make one takes a twentieth of the time of a feed.
    """
    return etree.XMLParser(
        encoding="utf-8",
        recover=broken,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=True,  # to leave them out sets a flag at which libxml2 2.14 opens the file of the DOCTYPE
    )


def _read(root: Any, most: int, *, based: bool) -> tuple[Head, list[Raw]]:
    own, _, name = root.tag.rpartition("}")
    if name.lower() not in ROOTS:
        raise Unsure
    kinds = _Kinds(own[1:])
    if based:
        _resolve(root, kinds)
    if ATOM_03 in own and any(element.get("mode") == "base64" for element in root.iter()):
        raise Unsure
    channels = [child for child in root if kinds[child.tag] == CHANNEL] or [root]
    if len(channels) > 1:
        raise Unsure
    channel = channels[0]
    children = [*channel, *(child for child in root if channel is not root and child is not channel)]
    items = [child for child in children if kinds[child.tag] == ITEM]
    about = [child for child in children if kinds[child.tag] != ITEM]
    if len(items) > most or any(map(_hides_items, about)):
        raise Unsure
    head = _head(about, kinds, channel, root)
    return head, [_raw(item, kinds, based=based) for item in within(items)]


def _head(children: list[Any], kinds: _Kinds, channel: Any, root: Any) -> Head:
    texts = [""] * PLACES
    _walk(children, kinds, texts, {})
    base, language = (channel.get(name) or root.get(name) or "" for name in (_BASE, _LANG))
    return head(texts, base, language)


def head(texts: Sequence[str], base: str, language: str) -> Head:
    """What a feed says of itself, from the texts at their places; ``language`` is that of its text."""
    return Head(
        title=texts[TITLE],
        link=texts[ALTERNATE] or texts[LINK] or texts[ALTERNATE_FILE],
        base=base,
        language=texts[LANGUAGE] or language,
        ttl=texts[TTL],
        period=texts[PERIOD],
        frequency=texts[FREQUENCY],
    )


def _raw(item: Any, kinds: _Kinds, *, based: bool) -> Raw:
    texts = [""] * PLACES
    shown: dict[int, list[str]] = {}
    _walk(item[:], kinds, texts, shown)
    is_linked = texts[ALTERNATE] or texts[LINK] or texts[ALTERNATE_FILE]
    address = "" if is_linked else permalink(texts[GUID], _attributes(item, kinds))
    return raw(texts, shown, item.get(_ABOUT, ""), address, _body_base(item, kinds) if based else "")


def raw(texts: list[str], shown: Mapping[int, list[str]], about: str, address: str, base: str) -> Raw:
    """An entry from the texts at their places, the files by their kinds, and what else may stand for id and link."""
    files: tuple[str, ...] = ()
    if shown:
        files = (*shown.get(ENCLOSURE, []), *(shown.get(MEDIA) or shown.get(THUMBNAIL, [])))
        texts[TITLE] = texts[TITLE] or next(iter(shown.get(CALLED, [])), "")
        texts[SAID] = "\n".join(dict.fromkeys(shown.get(SAID, [])))
    found = (
        texts[GUID] or texts[ID] or about,
        texts[ALTERNATE] or texts[LINK] or texts[ALTERNATE_FILE] or address or texts[RELATED],
        texts[TITLE],
        texts[CONTENT] or texts[DESCRIPTION] or texts[SUMMARY] or texts[SAID],
        True,
        texts[AUTHOR] or texts[CREATOR],
        texts[PUBLISHED] or texts[DATE] or texts[UPDATED] or texts[CREATED],
        files,
        base,
    )
    return tuple.__new__(Raw, found)  # at two thirds of the cost of calling the class


def _walk(children: list[Any], kinds: _Kinds, texts: list[str], shown: dict[int, list[str]]) -> None:
    """Put what these elements say at its places in ``texts`` and ``shown``. This is run for each element of a feed."""
    for child in children:
        kind = kinds[child.tag]
        if kind < SPECIAL:
            if kind and not texts[kind]:
                odd = len(child) or (kind == CONTENT and child.get("type") not in USUAL_TYPES)
                if text := _inner(child, kind, kinds) if odd else child.text:
                    texts[kind] = text.strip()
        elif kind == LINK:
            link(child.get("href"), child.get("rel"), child.get("type"), child.text, texts, shown)
        elif kind == ITEM:
            raise Unsure
        elif kind >= GROUP:
            _show(child, kinds, shown)


def _inner(element: Any, kind: int, kinds: _Kinds) -> str:
    """The text of an element that holds others, or is of an unusual type."""
    if kind == CONTENT and not _TEXT_TYPE.fullmatch(element.get("type", "")):
        raise Unsure  # RFC 4287, 4.1.3.3: it is base64
    if not len(element):
        return element.text or ""
    if kind in _MARKUP:
        return _markup(element)
    if kind == AUTHOR:
        return _person(element, kinds)
    return "".join(element.itertext())


def _person(element: Any, kinds: _Kinds) -> str:
    """RFC 4287, 3.2: a person has a name; where it is missing, the address stands for it."""
    address = ""
    for child in element:
        kind = kinds[child.tag]
        if kind == NAME and child.text:
            return str(child.text)
        if kind == EMAIL:
            address = address or child.text or ""
    return address


def link(
    href: str | None, rel: str | None, kind: str | None, text: str | None, texts: list[str], shown: dict[int, list[str]]
) -> None:
    """RSS writes its link as text, Atom as an attribute: RFC 4287, 4.2.7; without ``rel`` it is an alternate."""
    if not href:
        if not texts[LINK] and text:
            texts[LINK] = text.strip()
        return
    rel = rel.lower() if rel else "alternate"
    if rel == "alternate":
        place = ALTERNATE if (kind or "").lower() in _PAGE_TYPES else ALTERNATE_FILE
    elif rel == "enclosure":
        shown.setdefault(ENCLOSURE, []).append(href)
        return
    else:
        place = RELATED
    texts[place] = texts[place] or href.strip()


def _attributes(item: Any, kinds: _Kinds) -> Iterable[tuple[str, str]]:
    """Those of its guid."""
    return next((child.items() for child in item if kinds[child.tag] == GUID), ())


def permalink(guid: str, given: Iterable[tuple[str, str]]) -> str:
    """A guid that is an address, and not called impermanent by an attribute that it was given: else "".

    https://www.rssboard.org/rss-specification#ltguidgt
    """
    is_no_link = any(name.lower() == "ispermalink" and value.strip().lower() == "false" for name, value in given)
    return "" if is_no_link or not guid.startswith(("http://", "https://")) else guid


def _show(element: Any, kinds: _Kinds, shown: dict[int, list[str]]) -> None:
    """Add the files in a medium or a group of them, and what is said of them."""
    for each in element.iter():
        kind = kinds[each.tag]
        said = each.get("url") if kind in FILES else each.text if kind in (SAID, CALLED) else ""
        if said and not said.isspace():
            shown.setdefault(kind, []).append(said)


def _markup(element: Any) -> str:
    """The HTML that stands in an element without being escaped: XHTML, or what its server took for a text.

    Of a text, what comes before the first tag is as the server wrote it, and so is a ``div`` round the whole.
    """
    is_text = not (element.get("type") or element.get("mode") or "").lower().endswith(("xhtml", "xml"))
    if is_text and len(element) == 1 and _local(element[0]) == "div" and not len(element[0]):
        return "".join(element.itertext())
    leading = element.text or ""
    pieces = [leading if is_text else escape(leading)]
    for event, inner in islice(etree.iterwalk(element, events=("start", "end")), 1, None):
        if inner is element:
            break
        name = _local(inner)
        if event == "start":
            given = "".join([f' {key}="{escape(value)}"' for key, value in inner.items() if key[:1] != "{"])
            pieces.append(f"<{name}{given}>{escape(inner.text or '')}")
        else:
            pieces.append(f"{'' if name in _VOID else f'</{name}>'}{escape(inner.tail or '')}")
    return "".join(pieces)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _hides_items(element: Any) -> bool:
    return len(element) > 0 and next(element.iter("{*}item", "{*}entry"), None) is not None


def _resolve(root: Any, kinds: _Kinds) -> None:
    """Make the addresses absolute that are seen from an ``xml:base`` (https://www.w3.org/TR/xmlbase/), and say it again
    where a body, an item or the feed inherits one.
    """
    bases = [""]
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            bases.pop()
            continue
        own = element.get(_BASE)
        bases.append(_joined(bases[-1], own) if own else bases[-1])
        if len(bases[-1]) > MAX_BASE:
            raise Unsure
        if bases[-1]:
            _rebase(element, kinds[element.tag], bases[-1])


def _rebase(element: Any, kind: int, base: str) -> None:
    if kind in _BASED:
        element.set(_BASE, base)
    for name in ("href", "src", "url"):
        if given := element.get(name):
            element.set(name, _joined(base, given))
    if kind == LINK and element.text:
        element.text = _joined(base, element.text)


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return address


def _body_base(item: Any, kinds: _Kinds) -> str:
    """What relative addresses in the body of this item are seen from, or "" where nothing says."""
    bodies = [child for child in item if CONTENT <= kinds[child.tag] <= SUMMARY]
    return str(min(bodies, key=lambda child: kinds[child.tag], default=item).get(_BASE, ""))
