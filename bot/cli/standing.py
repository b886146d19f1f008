"""``vigie sources`` and ``vigie kinds``: how each source fares, and what can be a source."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import scrapers
from bot import terminal
from bot.config import Config, load
from bot.model import Source, SourceState, Standing, Unread
from bot.store import Store

LATELY = timedelta(days=7)
"""Pages of a source that were given up so long ago are no trouble any more."""

_MARKS = {
    SourceState.WELL: "🟢",
    SourceState.UNPROVEN: "⚪",
    SourceState.SILENT: "🟡",
    SourceState.ILL: "🔴",
    SourceState.BLOCKED: "🔴",
    SourceState.GONE: "🔴",
    SourceState.PAUSED: "⚪",
}


def sources(path: Path, *, as_json: bool) -> None:
    """Print how each source of the configuration fares. Raises ConfigError, StoreError."""
    config, now = load(path), datetime.now(UTC)
    standings, unread = _found(config, now)
    if as_json:
        for source in config.sources:
            record = _record(source, standings.get(source.name)) | _pages(unread.get(source.name))
            print(json.dumps(record, ensure_ascii=False))
        return
    rows = [_row(source, standings.get(source.name), unread.get(source.name), now) for source in config.sources]
    headers = ("", "source", "kind", "looked", "last new", "due", "trouble")
    terminal.Screen(terminal.console()).table(headers, rows)


def _found(config: Config, now: datetime) -> tuple[Mapping[str, Standing], Mapping[str, Unread]]:
    """How the sources fare, and what of their pages could not be read lately, each by the source's name."""
    if not config.store_path.exists():
        return {}, {}
    with Store(config.store_path, read_only=True) as store:
        standings, unread = store.sources.standings(), store.articles.unread(now - LATELY)
    return {one.name: one for one in standings}, {one.source: one for one in unread}


def _record(source: Source, standing: Standing | None) -> dict[str, object]:
    if standing is None:
        state: dict[str, object] = {"state": SourceState.UNPROVEN, "last_look": None, "last_new": None, "failures": 0}
        return {"name": source.name, "kind": source.kind, **state, "error": None, "due": None, "note": None}
    return {
        "name": source.name,
        "kind": source.kind,
        "state": standing.state,
        "last_look": _rfc3339(standing.looked),
        "last_new": _rfc3339(standing.renewed),
        "failures": standing.failures,
        "error": standing.error or None,
        "due": _rfc3339(standing.due),
        "note": standing.note or None,
    }


def _pages(unread: Unread | None) -> dict[str, object]:
    return {"pages_unread": unread.pages if unread else 0, "page_error": unread.error if unread else None}


def _rfc3339(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="seconds").replace("+00:00", "Z")


def _row(source: Source, standing: Standing | None, unread: Unread | None, now: datetime) -> tuple[str, ...]:
    if standing is None:
        return _MARKS[SourceState.UNPROVEN], source.name, source.kind, "never", "", "", ""
    often = f" ({standing.failures} in a row)" if standing.failures > 1 else ""
    pages = f"{unread.pages} page{'s' * (unread.pages > 1)} not read: {unread.error}" if unread else ""
    trouble = "; ".join(filter(None, (standing.error + often if standing.error else standing.note, pages)))
    return (
        _MARKS[standing.state],
        source.name,
        source.kind,
        _away(standing.looked, now),
        _away(standing.renewed, now),
        _away(standing.due, now),
        trouble,
    )


def _away(when: datetime | None, now: datetime) -> str:
    """How far away in time: "5 min ago", "in 2 h"."""
    if when is None:
        return "never"
    minutes = round(abs((when - now).total_seconds()) / 60)
    if minutes < 1:
        return "now"
    span = f"{minutes} min" if minutes < 90 else f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
    return f"{span} ago" if when < now else f"in {span}"


def kinds(*, as_json: bool) -> None:
    """Print the platforms."""
    found = [(kind, scrapers.about(kind)) for kind in scrapers.kinds()]
    if as_json:
        for kind, about in found:
            floor = int(about.floor.total_seconds())
            record = {"kind": kind, "title": about.title, "needs": about.needs, "floor_seconds": floor}
            print(json.dumps({**record, "terms": about.terms, "languages": about.languages}, ensure_ascii=False))
        return
    screen = terminal.Screen(terminal.console())
    for kind, about in found:
        gently = f"at most every {about.floor.total_seconds() / 60:g} min"
        screen.say(f"<b>{kind}</b>  {escape(about.title)}")
        screen.say(escape(f"needs {about.needs} · {gently} · {about.languages}\n{about.terms}"), dim=True)
        screen.say("")
