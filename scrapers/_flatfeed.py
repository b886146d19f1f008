"""Feeds whose elements hold text alone, as most do: read into dictionaries, which cost less than a tree of objects.

Dictionaries do not tell in which order unlike elements stood, nor text beside elements. What hangs on that, and what
else is unusual, gives None: then ``_xmlfeed`` reads it. What an element means is said there, and both read alike.

The parser does not mind how long it works: it takes seconds for a large DOCTYPE, and compares each attribute of a tag
with all before. So it is given no document with either.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from xml.parsers.expat import ExpatError

from xmltodict_rs import parse

from scrapers import _decode, _xmlfeed
from scrapers._entries import Head, Raw, within
from scrapers._xmlfeed import (
    ALTERNATE,
    ALTERNATE_FILE,
    AUTHOR,
    CALLED,
    CHANNEL,
    CONTENT,
    EMAIL,
    ENCLOSURE,
    FILES,
    GROUP,
    GUID,
    ITEM,
    LINK,
    NAME,
    OTHER,
    PLACES,
    SAID,
    SPECIAL,
    USUAL_TYPES,
    Unsure,
)

MAX_BODY = 256 * 1024
"""Bytes of a document."""
MAX_START_TAG = 4 * 1024
"""Bytes of one start tag: so many attributes are compared with each other in half a millisecond."""
MAX_SIGNS = 5_000
"""Exclamation marks that are looked at: each may begin a DOCTYPE."""
DEEPEST = 8
"""Media within groups within media: no deeper."""

NO_ELEMENT = -1
"""The kind of an attribute, and of text."""
_TEXT = "#text"
_LANG = "@xml:lang"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


_kind_of = lru_cache(maxsize=512)(_xmlfeed.kind_of)


class _Kinds(dict[str, int]):
    """The kind of each element by its name as it is written, looked up once in a document.

    Raises Unsure for the name of an attribute by which names or addresses mean something else from there on, and for a
    prefix that the document's root does not declare.
    """

    def __init__(self, root: str, attributes: Mapping[str, Any]) -> None:
        self.spaces = {key[7:]: _string(attributes, key) for key in attributes if key.startswith("@xmlns")}
        self.attributes: set[str] = set()
        self.own = self.spaces.get(root.rpartition(":")[0], "")
        self.about = next((f"@{prefix}:about" for prefix, space in self.spaces.items() if space == _RDF), "")

    def __missing__(self, name: str) -> int:
        if name.startswith(("@xmlns", "@xml:base")):
            raise Unsure
        if name.startswith(("@", "#")):
            if ":" in name and name[1:].partition(":")[0] not in (*self.spaces, "xml"):
                raise Unsure
            self.attributes.add(name)
            kind = NO_ELEMENT
        else:
            kind = self._kind(name)
        self[name] = kind
        return kind

    def _kind(self, name: str) -> int:
        prefix, _, local = name.rpartition(":")
        if prefix and prefix not in self.spaces:
            raise Unsure
        return _kind_of(self.spaces.get(prefix, ""), local, self.own)


def read(body: bytes, *, most: int) -> tuple[Head, list[Raw]] | None:
    """The feed in a body of UTF-8; None for one of more than ``most`` entries, and where ``_xmlfeed`` has to say."""
    if len(body) > MAX_BODY or _decode.has_long_tag(body, MAX_START_TAG) or _may_declare(body):
        return None
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # https://www.w3.org/TR/xml/#sec-line-ends
    try:
        return _read(parse(body, strip_whitespace=False), most)
    except (ExpatError, ValueError, Unsure):  # ValueError: it is no UTF-8
        return None


def _may_declare(body: bytes) -> bool:
    """Whether a DOCTYPE may stand anywhere in it."""
    at = body.find(b"!")  # one sign is found sooner than two
    for _ in range(MAX_SIGNS):
        if at < 0 or body[at + 1 : at + 8].upper() == b"DOCTYPE":
            return at >= 0
        at = body.find(b"!", at + 1)
    return True


def _read(document: Mapping[str, Any], most: int) -> tuple[Head, list[Raw]]:
    if len(document) != 1:
        raise Unsure
    ((name, root),) = document.items()
    if not isinstance(root, dict) or name.rpartition(":")[2].lower() not in _xmlfeed.ROOTS or "@xml:base" in root:
        raise Unsure
    kinds = _Kinds(name, root)
    if _xmlfeed.ATOM_03 in kinds.own:
        raise Unsure
    channel, beside = _channel(root, kinds)
    about = [pair for part in (channel, beside) for pair in part.items() if kinds[pair[0]] != ITEM]
    items = _items(channel, kinds) + _items(beside, kinds)
    if len(items) > most or any(map(_hides_items, about)):
        raise Unsure
    texts = [""] * PLACES
    _walk(about, kinds, texts, {})
    language = _string(channel, _LANG) or _string(root, _LANG)
    return _xmlfeed.head(texts, "", language), [_raw(item, kinds) for item in within(items)]


def _channel(root: Mapping[str, Any], kinds: _Kinds) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What holds the feed, and what the root holds beside it."""
    children = {name: value for name, value in root.items() if not name.startswith(("@", "#"))}
    channels = [name for name in children if kinds[name] == CHANNEL]
    if not channels:
        return children, {}
    channel = children.pop(channels[0])
    if len(channels) > 1 or not isinstance(channel, dict):
        raise Unsure
    return channel, children


def _items(parent: Mapping[str, Any], kinds: _Kinds) -> list[Any]:
    """Its posts. Raises Unsure if they have two names: which was first?"""
    found = [value for name, value in parent.items() if kinds[name] == ITEM]
    if len(found) > 1:
        raise Unsure
    return [each for value in found for each in _all(value)]


def _hides_items(pair: tuple[str, Any]) -> bool:
    """Whether there is a post within what is none."""
    waiting = [{pair[0]: pair[1]}] if isinstance(pair[1], dict | list) else []
    while waiting:
        for name, value in waiting.pop().items():
            if name.rpartition(":")[2] in ("item", "entry"):
                return True
            waiting.extend(each for each in _all(value) if isinstance(each, dict))
    return False


def _raw(item: Any, kinds: _Kinds) -> Raw:
    texts = [""] * PLACES
    shown: dict[int, list[str]] = {}
    if not isinstance(item, dict):  # it is empty
        return _xmlfeed.raw(texts, shown, "", "", "")
    _walk(item.items(), kinds, texts, shown)
    is_linked = texts[LINK] or texts[ALTERNATE] or texts[ALTERNATE_FILE]
    address = "" if is_linked else _xmlfeed.permalink(texts[GUID], _attributes(item, kinds))
    about = _string(item, kinds.about) if kinds.about else ""
    return _xmlfeed.raw(texts, shown, about, address, "")


def _attributes(item: Mapping[str, Any], kinds: _Kinds) -> list[tuple[str, str]]:
    """Those of its guid."""
    guid = next((value for name, value in item.items() if kinds[name] == GUID), None)
    return [(name[1:], _string(guid, name)) for name in guid if name[0] == "@"] if isinstance(guid, dict) else []


def _walk(children: Iterable[tuple[str, Any]], kinds: _Kinds, texts: list[str], shown: dict[int, list[str]]) -> None:
    """Put what these elements say at its places in ``texts`` and ``shown``. This is run for each element of a feed."""
    linked, files = 0, None
    for name, value in children:
        kind = kinds[name]
        if kind < SPECIAL:
            if type(value) is str:
                if kind > OTHER and not texts[kind]:
                    texts[kind] = value.strip()
            elif value and (text := _inner(value, kind, kinds)) and not texts[kind]:
                texts[kind] = text.strip()
        elif kind == LINK:
            if type(value) is str:
                texts[LINK] = texts[LINK] or value.strip()
            elif value:
                linked += 1
                _link(value, kinds, texts, shown)
        elif kind == ITEM:
            raise Unsure
        elif kind >= GROUP:
            files = [*(files or ()), (kind, value)]
    if files:
        _show_all(files, kinds, shown)
    if linked > 1:
        raise Unsure  # they have two names


def _inner(value: Any, kind: int, kinds: _Kinds) -> str:
    """The text of an element with attributes, or of the first of several."""
    if isinstance(value, list):
        return _first(value, kind, kinds)
    has_elements = _has_elements(value, kinds)
    if kind == OTHER:
        return ""
    if kind == CONTENT and value.get("@type") not in USUAL_TYPES:
        raise Unsure
    if not has_elements:
        return _string(value, _TEXT)
    if kind != AUTHOR:
        raise Unsure
    return _person(value, kinds)


def _first(values: Sequence[Any], kind: int, kinds: _Kinds) -> str:
    """The text of the first. Raises Unsure if it is blank: an element of another name may stand before the second."""
    texts = [each if type(each) is str else _inner(each, kind, kinds) if each else "" for each in values]
    if kind != OTHER and not texts[0].strip():
        raise Unsure
    return texts[0]


def _person(author: Mapping[str, Any], kinds: _Kinds) -> str:
    """RFC 4287, 3.2: a person has a name; where it is missing, the address stands for it."""
    names = [name for name in author if kinds[name] in (NAME, EMAIL)]
    said = {kinds[name]: _string(author, name) for name in names}
    if len(said) < len(names):
        raise Unsure  # which was first?
    return said.get(NAME) or said.get(EMAIL, "")


def _link(value: Any, kinds: _Kinds, texts: list[str], shown: dict[int, list[str]]) -> None:
    for each in value if type(value) is list else (value,):
        if isinstance(each, dict):
            if _has_elements(each, kinds):
                raise Unsure
            href, rel, kind = _string(each, "@href"), _string(each, "@rel"), _string(each, "@type")
            _xmlfeed.link(href, rel, kind, _string(each, _TEXT), texts, shown)
        elif each and not texts[LINK]:
            texts[LINK] = each.strip()


def _show_all(files: list[tuple[int, Any]], kinds: _Kinds, shown: dict[int, list[str]]) -> None:
    if ENCLOSURE in shown or (len(files) > 1 and any(isinstance(value, list) for _, value in files)):
        raise Unsure  # some are of two names, perhaps in turns
    for kind, value in files:
        _show(kind, value, kinds, shown, DEEPEST)


def _show(kind: int, value: Any, kinds: _Kinds, shown: dict[int, list[str]], deepest: int) -> None:
    """Add the files in a medium or a group of them, and what is said of them."""
    if not deepest:
        raise Unsure
    for each in _all(value):
        medium = each if isinstance(each, dict) else {_TEXT: each or ""}
        inner = [(name, inner) for name, inner in medium.items() if name[0] not in "@#"]
        if _has_elements(medium, kinds) and kind in (SAID, CALLED):
            raise Unsure
        said = _string(medium, "@url") if kind in FILES else _string(medium, _TEXT) if kind in (SAID, CALLED) else ""
        if said and not said.isspace():
            shown.setdefault(kind, []).append(said)
        for name, below in inner:
            _show(kinds[name], below, kinds, shown, deepest - 1)


def _has_elements(value: Mapping[str, Any], kinds: _Kinds) -> bool:
    """Whether an element holds others. Raises Unsure if it says what names or addresses mean in it."""
    return not value.keys() <= kinds.attributes and max(map(kinds.__getitem__, value)) > NO_ELEMENT


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _string(value: Mapping[str, Any], name: str) -> str:
    """An attribute, or a text; "" for none. Raises Unsure for an attribute in lines, and for what is no attribute: an
    element of such a name, which XML forbids.
    """
    found = value.get(name)
    if type(found) is str and (name == _TEXT or found.isprintable()):
        return found
    if found is None:
        return ""
    raise Unsure
