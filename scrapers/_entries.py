"""A feed that has been read: what every format and every parser is brought to.

An entry is made for each post that every changed feed shows, so these values are named tuples, half as dear as frozen
dataclasses.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from scrapers import _dates, _links, _text
from scrapers._decode import mend

_PAIR = re.compile(r"\S+@\S+?[\s,]*\(([^()]+)\)|([^<>()@]+?)\s*[<(]\s*(?:mailto:)?\S+@\S+[>)]")
MAX_ENTRIES = 10_000
MAX_MEDIA = 50


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


class Raw(NamedTuple):
    """One entry as a parser found it. ``markup`` is whether ``body`` may hold HTML."""

    id: str = ""
    link: str = ""
    title: str = ""
    body: str = ""
    markup: bool = True
    author: str = ""
    date: str = ""
    media: tuple[str, ...] = ()


def entry(raw: Raw, *, base: str, fetched: datetime, doubtful: bool = True) -> Entry | None:
    """The entry in its final form, relative addresses seen from ``base``; None when nothing at all is in it.

    ``doubtful`` is whether its texts may have been encoded twice.
    """
    link = _links.absolute(base, raw.link)
    body, title, name = raw.body, raw.title, raw.author
    if doubtful:
        body, title, name = mend(body), mend(title), mend(name)
    found = _text.extract(body, link or base) if raw.markup else _text.Extract(text=_text.plain(body))
    links = found.links
    made = Entry(
        # An id that is the link says no more than it does: the fast parser fills one in where there was none.
        id="" if raw.id == raw.link else " ".join(_text.plain(raw.id).split()),
        link=link,
        title=_text.to_line(title),
        text=found.text,
        author=author(name),
        published=_dates.parse(raw.date, fetched=fetched) if raw.date else None,
        links=tuple([address for address in links if address != link]) if link in links else links,
        media=_media(raw.media, found.media, base) if raw.media else found.media[:MAX_MEDIA],
    )
    return made if made.id or made.link or made.title or made.text else None


def entries(raws: Iterable[Raw], *, base: str, fetched: datetime, doubtful: bool = True) -> tuple[Entry, ...]:
    """All entries that hold something."""
    made = (entry(raw, base=base, fetched=fetched, doubtful=doubtful) for raw in islice(raws, MAX_ENTRIES))
    return tuple(each for each in made if each is not None)


def author(text: str) -> str:
    """A plain name: ``Jo Doe`` from ``jo@example.org (Jo Doe)`` and from ``Jo Doe <jo@example.org>``."""
    line = " ".join(_text.plain(text).split()) if "@" in text else _text.to_line(text)
    if "@" in line and len(line) < 500 and (found := _PAIR.search(line)):
        line = found[1] or found[2]
    return line.strip(" ,;\"'")[:200]


def _media(named: tuple[str, ...], shown: tuple[str, ...], base: str) -> tuple[str, ...]:
    absolute = (_links.absolute(base, address) for address in named)
    return tuple(dict.fromkeys(address for address in (*absolute, *shown) if address))[:MAX_MEDIA]
