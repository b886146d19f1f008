"""Feeds: field by field against feedparser, and the time that both take.

Feedparser is the yardstick, not the truth. A field counts where feedparser found something. Texts are equal after
tags, entities, white space and double encoding are taken out of both; an id that is missing counts as the link.
JSON Feeds are left out, since feedparser does not know them.
"""

import asyncio
import re
import time
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser

from scrapers import Response, ScrapeError, _decode, _entries, _feed, _links
from scrapers._worker import Worker
from tests.quality.section import Figure, Section

FOLDER = "feeds"
FIELDS = ("id", "link", "title", "body", "date", "author")
BAR = 99.5
URL = "https://feeds.example.org/feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One field of one entry, where feedparser has it."""

    field: str
    equal: bool
    line: str


def measure(folder: Path) -> Section:
    files = [file for file in sorted(folder.iterdir()) if file.suffix != ".md"]
    read = asyncio.run(_read_all(files))
    verdicts = [verdict for file in read for verdict in _judge(file.name, read[file], file)]
    figures = [_share(field, [each for each in verdicts if each.field == field]) for field in FIELDS]
    figures.append(_share("all fields", verdicts))
    misses = tuple(each.line for each in verdicts if not each.equal)
    unread = tuple(f"not read: {file.name}" for file in files if file not in read)
    reached = figures[-1].value >= BAR
    title = f"Feeds: {len(read)} of {len(files)} read, against feedparser"
    return Section(title=title, figures=(*figures, *_times(read)), misses=misses + unread, reached=reached)


async def _read_all(files: list[Path]) -> dict[Path, _feed.Feed]:
    worker = Worker()
    found: dict[Path, _feed.Feed] = {}
    for file in files:
        try:
            response = Response(url=URL, body=file.read_bytes())
            found[file] = await _feed.read(response, worker=worker, fetched=datetime.now(UTC))
        except ScrapeError:
            continue
    await worker.aclose()
    return found


def _yardstick(file: Path) -> Any:
    body = _decode.inflate(file.read_bytes())
    return feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)


def _judge(name: str, ours: _feed.Feed, file: Path) -> Iterator[Verdict]:
    theirs = [
        each for each in _yardstick(file)["entries"] if each.get("title") or each.get("link") or each.get("summary")
    ]
    if len(theirs) != len(ours.entries) and theirs:
        yield Verdict(
            field="entries", equal=False, line=f"{name}: {len(ours.entries)} entries, feedparser {len(theirs)}"
        )
    for number, (entry, other) in enumerate(zip(ours.entries, theirs, strict=False)):
        mine, wanted = _mine(entry), _wanted(other, ours.link or URL)
        for field in FIELDS:
            if wanted[field]:
                line = f"{name}[{number}].{field}: {mine[field][:150]!r} | feedparser {wanted[field][:150]!r}"
                yield Verdict(field=field, equal=_equal(mine[field], wanted[field]), line=line)


def _mine(entry: _entries.Entry) -> dict[str, str]:
    return {
        "id": entry.id or entry.link,
        "link": entry.link,
        "title": entry.title,
        "body": entry.text,
        "date": entry.published.strftime("%Y-%m-%d %H:%M:%S") if entry.published else "",
        "author": entry.author,
    }


def _wanted(found: Mapping[str, Any], base: str) -> dict[str, str]:
    contents = [each.get("value") or "" for each in found.get("content", ())]
    link = _links.absolute(base, found.get("link") or "")
    when = next((found[name] for name in ("published_parsed", "updated_parsed") if found.get(name)), None)
    return {
        "id": " ".join((found.get("id") or link).split()),
        "link": link,
        "title": found.get("title") or "",
        "body": next(filter(None, contents), "") or found.get("summary") or "",
        "date": datetime.fromtimestamp(timegm(when), UTC).strftime("%Y-%m-%d %H:%M:%S") if when else "",
        "author": _entries.author(_decode.mend(found.get("author") or "")),
    }


def _equal(mine: str, wanted: str) -> bool:
    """Whether a plain text is what is left of another when its markup is taken out, once, or twice on both sides."""
    once = _bare(wanted)
    return _letters(mine) == _letters(once) or _letters(_bare(mine)) == _letters(_bare(once))


def _bare(text: str) -> str:
    seen = re.sub(r"(?is)<(script|style|iframe)\b.*?</\1\s*>|<!--.*?-->", "", _decode.mend(text))
    return unescape(re.sub(r"(?s)</?[a-zA-Z][^<>]*>", "", seen))


def _letters(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", "", text)


def _share(name: str, verdicts: list[Verdict]) -> Figure:
    equal = sum(each.equal for each in verdicts)
    share = 100 * equal / len(verdicts) if verdicts else 0.0
    return Figure(name=name, value=share, bar=BAR, note=f"{equal} of {len(verdicts)}")


def _times(read: Mapping[Path, _feed.Feed]) -> tuple[Figure, ...]:
    """CPU time of one thread, best of 3, nothing in another process: reading and cleaning; feedparser only parses."""
    bodies = [file.read_bytes() for file in read]
    now = datetime.now(UTC)
    ours = _best(lambda: [_feed.whole(_decode.document(body, ""), URL, now) for body in bodies])
    theirs = _best(lambda: [feedparser.parse(BytesIO(_decode.inflate(body))) for body in bodies])
    size = f"{sum(map(len, bodies)) / 1e6:.1f} MB"
    return (
        Figure(name="Vigie, a feed", value=1000 * ours / len(bodies), unit="ms", note=size),
        Figure(name="feedparser, a feed", value=1000 * theirs / len(bodies), unit="ms", note=size),
        Figure(name="times as fast", value=theirs / ours, unit="x"),
    )


def _best(job: Any) -> float:
    def once() -> float:
        start = time.process_time()
        job()
        return time.process_time() - start

    return min(once() for _ in range(3))
