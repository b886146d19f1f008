"""A feed that has been read: what every format and every parser is brought to.

An entry is made for each post that every changed feed shows, so these values are named tuples, half as dear as frozen
dataclasses.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from scrapers import _dates, _links, _text
from scrapers._decode import mend
from scrapers._post import records

T = TypeVar("T")

_PAIR = re.compile(r"\S+@\S+?[\s,]*\(([^()]+)\)|([^<>()@]+?)\s*[<(]\s*(?:mailto:)?\S+@\S+[>)]")
MAX_ENTRIES = 2_000
"""Of a feed with more, the first and the last are read: new ones come at either end."""
MAX_MEDIA = 50
MAX_WAIT = timedelta(days=1)

_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,8}(?:[-_]\w{1,8})*)", re.A)
_HOURS = MappingProxyType({"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760})


class Entry(NamedTuple):
    """One entry, its title and text plain. ``id`` is "" for none, and for one that is the link; ``link`` absolute."""

    id: str = ""
    link: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    published: datetime | None = None
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. ``wait`` is how long it asks not to be read again; ``lenient`` that only feedparser could read it."""

    title: str = ""
    link: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    wait: timedelta | None = None
    lenient: bool = False


class Head(NamedTuple):
    """What a feed says of itself, as a parser found it. ``base`` is the ``xml:base`` that it states."""

    title: str = ""
    link: str = ""
    base: str = ""
    language: str = ""
    ttl: str = ""
    period: str = ""
    frequency: str = ""


class Raw(NamedTuple):
    """One entry as a parser found it.

    ``markup`` is whether ``body`` may hold HTML; ``base`` what its relative addresses are seen from, if that is said.
    """

    id: str = ""
    link: str = ""
    title: str = ""
    body: str = ""
    markup: bool = True
    author: str = ""
    date: str = ""
    media: tuple[str, ...] = ()
    base: str = ""


def feed(
    head: Head, raws: Iterable[Raw], *, url: str, fetched: datetime, doubtful: bool = True, lenient: bool = False
) -> Feed:
    """The feed in its final form. ``url`` is its own address, and the base of relative ones where it names no other."""
    base = _links.absolute(url, head.base)
    link = _links.absolute(base or url, head.link)
    language = _LANGUAGE.match(head.language)
    return Feed(
        title=_text.to_line(mend(head.title)),
        link=link,
        language=language[1].replace("_", "-").lower() if language else "",
        entries=entries(raws, base=base or link or url, fetched=fetched, doubtful=doubtful),
        wait=_wait(head),
        lenient=lenient,
    )


def _wait(head: Head) -> timedelta | None:
    """How long the feed asks not to be read again: ``ttl`` in minutes, or the period of the syndication module."""
    if minutes := _number(head.ttl, 6):
        return min(timedelta(minutes=minutes), MAX_WAIT)
    hours = _HOURS.get(head.period.strip())
    return min(timedelta(hours=hours) / (_number(head.frequency, 4) or 1), MAX_WAIT) if hours else None


def _number(text: str, digits: int) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else 0


def _line(text: str) -> str:
    plain = _text.plain(text)
    return " ".join(plain.split()) if "\n" in plain else plain


def entries(raws: Iterable[Raw], *, base: str, fetched: datetime, doubtful: bool = True) -> tuple[Entry, ...]:
    """The entries in their final form, relative addresses seen from ``base``, but for those with nothing in them.

    ``doubtful`` is whether their texts may have been encoded twice.
    """
    found = [_mended(raw) for raw in raws] if doubtful else list(raws)
    if not found:
        return ()
    ids, to, titles, bodies, markup, authors, dates, files, bases = zip(*found, strict=True)
    links = _links.absolutes(base, to)
    origins = (
        [_origin(own, link, base) for own, link in zip(bases, links, strict=True)]
        if any(bases)
        else [link or base for link in links]
    )
    said, shown, media = zip(*_extracts(bodies, markup, origins), strict=True)
    made = records(
        Entry,
        _ids(ids, to),
        links,
        _text.to_lines(titles),
        said,
        _authors(authors),
        [_dates.parse(date, fetched=fetched) if date else None for date in dates],
        list(map(_others, shown, links)),
        [_media(named, each, base) if named else each[:MAX_MEDIA] for named, each in zip(files, media, strict=True)],
    )
    return tuple(made if all(links) else [each for each in made if each.id or each.link or each.title or each.text])


def _mended(raw: Raw) -> Raw:
    return raw._replace(body=mend(raw.body), title=mend(raw.title), author=mend(raw.author))


def _origin(own: str, link: str, base: str) -> str:
    """What relative addresses in a body are seen from; ``own`` is what its entry says of that."""
    return (own and _links.absolute(base, own)) or link or base


def _extracts(bodies: Sequence[str], markup: Sequence[bool], origins: Sequence[str]) -> list[_text.Extract]:
    """What the bodies say, in one go where all are markup."""
    if all(markup):
        return _text.extracts(bodies, origins)
    return [
        _text.extract(body, origin) if is_markup else _text.Extract(_text.plain(body))
        for body, is_markup, origin in zip(bodies, markup, origins, strict=True)
    ]


def _ids(ids: Sequence[str], links: Sequence[str]) -> list[str]:
    """In one line; one that is the link says no more than it does."""
    found = ["" if own == link else own for own, link in zip(ids, links, strict=True)]
    return list(map(str.strip, found)) if _text.is_flat("".join(found)) else list(map(_line, found))


def _authors(found: Sequence[str]) -> list[str]:
    whole = "".join(found)
    return list(map(_name, found)) if "@" not in whole and _text.is_flat(whole) else list(map(author, found))


def _others(links: tuple[str, ...], own: str) -> tuple[str, ...]:
    """The links in an entry that lead elsewhere."""
    return tuple([address for address in links if address != own]) if own in links else links


def within(items: Sequence[T]) -> Sequence[T]:
    """Those of a feed's entries that are read: all but for monsters, of which the middle is left out."""
    half = MAX_ENTRIES // 2
    return items if len(items) <= MAX_ENTRIES else [*items[:half], *items[-half:]]


def author(text: str) -> str:
    """A plain name: ``Jo Doe`` from ``jo@example.org (Jo Doe)`` and from ``Jo Doe <jo@example.org>``."""
    if not text:
        return ""
    line = _line(text) if "@" in text else _text.to_line(text)
    if "@" in line and len(line) < 500 and (found := _PAIR.search(line)):
        line = found[1] or found[2]
    return _name(line)


def _name(line: str) -> str:
    return line.strip(" ,;\"'")[:200]


def _media(named: tuple[str, ...], shown: tuple[str, ...], base: str) -> tuple[str, ...]:
    absolute = (_links.absolute(base, address) for address in named)
    return tuple(dict.fromkeys(address for address in (*absolute, *shown) if address))[:MAX_MEDIA]
