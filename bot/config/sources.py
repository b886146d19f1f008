"""One [source.NAME]: which platform reads it, with which options, how often."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import scrapers
from bot.config import shape, words
from bot.config.faults import Faults, join
from bot.config.tables import SourceTable
from bot.config.values import Http
from bot.model import Source


def source(name: str, raw: object, http: Http, faults: Faults, warnings: list[str]) -> Source | None:
    """The Source of one table, or None and its faults."""
    path = join("source", name)
    if not isinstance(raw, Mapping):
        faults.add(path, f"must be a table: [{path}] with a url, or with a kind and its options")
        return None
    ours = shape.keys(SourceTable)
    table = shape.build(SourceTable, {key: raw[key] for key in raw if key in ours}, path, faults)
    rest = {key: raw[key] for key in raw if key not in ours}
    # Other faults of the table must not hide those of its address and of its options.
    place = table or shape.build(SourceTable, {key: raw[key] for key in ("url", "kind") if key in raw}, path, Faults())
    chosen = place and _choose(place, rest, path, faults)
    if not table or not chosen:
        return None
    kind, options = chosen
    about = scrapers.about(kind)
    floor = timedelta() if _inner(options, http) else about.floor
    if table.every and table.every < floor:
        least = words.span(floor)
        warnings.append(
            f"{path}.every: {words.span(table.every)} is too often for {kind} on a public host, {least} binds"
        )
    if table.full_text and not about.pages:
        warnings.append(f"{path}.full_text: the posts of {kind} are whole already, there is no more to read")
    return Source(
        name=name,
        kind=kind,
        options=options,
        every=table.every,
        tags=frozenset(table.tags),
        floor=floor,
        lists=about.lists,
        full_text=about.pages and (about.thin if table.full_text is None else table.full_text),
    )


def _choose(table: SourceTable, rest: Mapping[str, Any], path: str, faults: Faults) -> tuple[str, Any] | None:
    """The kind, named or recognised, and the instance of its Options."""
    if table.kind and table.kind not in scrapers.kinds():
        faults.unknown(join(path, "kind"), table.kind, scrapers.kinds(), "no such kind")
        return None
    if not table.url and not table.kind:
        faults.add(path, 'needs a url, or a kind and its options (kind = "hackernews", query = "H100")')
        return None
    kind, given = _addressed(table, path, faults) if table.url else (table.kind, {})
    if given is None:
        _strangers(kind, rest, path, faults)
        return None
    options = shape.build(scrapers.options(kind), {**given, **rest}, path, faults, also=shape.keys(SourceTable))
    return None if options is None else (kind, options)


def _addressed(table: SourceTable, path: str, faults: Faults) -> tuple[str, dict[str, Any] | None]:
    """The kind that reads an address, and the options that are in it; None with a fault when there is none."""
    if table.kind and "url" in shape.keys(scrapers.options(table.kind)):
        return table.kind, {"url": table.url}
    try:
        kind, found = scrapers.recognise(table.url)
    except (ValueError, scrapers.ScrapeError) as error:
        faults.add(join(path, "url"), str(error))
        return table.kind, None
    if table.kind and kind != table.kind:
        needs = ", ".join(shape.required(scrapers.options(table.kind)))
        way = f"leave kind out and it is read as {kind}, or leave url out and give {needs}"
        faults.add(join(path, "url"), f"{table.kind} does not know this address, {way}")
        return table.kind, None
    return kind, {each.name: getattr(found, each.name) for each in fields(found) if each.init}


def _strangers(kind: str, rest: Mapping[str, Any], path: str, faults: Faults) -> None:
    """Faults for keys that no platform knows, where the address does not say which one it is."""
    known = {name for each in ((kind,) if kind else scrapers.kinds()) for name in shape.keys(scrapers.options(each))}
    for key in rest:
        if key not in known:
            faults.unknown(join(path, key), key, {*known, *shape.keys(SourceTable)}, "unknown key")


def _inner(options: object, http: Http) -> bool:
    """Whether the host of a source is written as an address that the operator has allowed as their own."""
    try:
        host = urlsplit(getattr(options, "server", "") or getattr(options, "url", "")).hostname or ""
        if host[-1:].isalpha() and ":" not in host and host != "localhost":  # a name, as nearly always
            return False
        found = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return any(found in network for network in http.allow_private)
