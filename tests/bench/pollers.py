"""Pollers to compare Vigie with, each run as a child: ``python -m tests.bench.pollers NAME DATABASE URLS.json``.

``reader`` is lemon24/reader as its documentation uses it. ``stock`` is what one writes in an afternoon: httpx,
feedparser, and sqlite-utils.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

AT_ONCE = 64
"""Requests under way: as many as the farm has hosts, of which Vigie asks each for one thing at a time."""
PATIENCE = 60.0
"""Seconds that the stock loop waits: its own parsing stops it for longer than httpx's five on a busy machine."""


def reader_add(database: str, urls: list[str]) -> None:
    """Tell reader its feeds."""
    with _reader(database) as reader:
        for url in urls:
            reader.add_feed(url)


def reader_update(database: str, urls: list[str]) -> None:
    """One round over all its feeds, due or not, in one thread: more of them cost more CPU and bring no speed."""
    with _reader(database) as reader:
        reader.update_feeds(workers=1, scheduled=False)


def _reader(database: str) -> Any:
    # reader's own feedparser wants the sgmllib that Python had; feedparser brings the same one under another name
    import feedparser_sgmllib

    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    from reader import make_reader

    return make_reader(database)


def stock(database: str, urls: list[str]) -> None:
    """One round of the stock loop."""
    from sqlite_utils import Database

    db = Database(database)
    db.enable_wal()
    known = {row["url"]: row for row in db["feeds"].rows} if db["feeds"].exists() else {}
    asyncio.run(_stock(db, urls, known))


async def _stock(db: Any, urls: list[str], known: Mapping[str, Mapping[str, str]]) -> None:
    import httpx

    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(timeout=PATIENCE) as client:

        async def poll(url: str) -> None:
            async with slots:
                answer = await client.get(url, headers=_conditions(known.get(url, {})))
                if answer.status_code != 304:
                    _keep(db, url, answer.raise_for_status())

        await asyncio.gather(*map(poll, urls))


def _conditions(row: Mapping[str, str]) -> dict[str, str]:
    found = {"If-None-Match": row.get("etag"), "If-Modified-Since": row.get("modified")}
    return {name: value for name, value in found.items() if value}


def _keep(db: Any, url: str, answer: Any) -> None:
    import feedparser

    for entry in feedparser.parse(answer.content).entries:
        db["posts"].insert(_post(url, entry), pk="id", ignore=True)
    headers = answer.headers
    db["feeds"].upsert(
        {"url": url, "etag": headers.get("etag", ""), "modified": headers.get("last-modified", "")}, pk="url"
    )


def _post(url: str, entry: Mapping[str, str]) -> dict[str, str]:
    link, title = entry.get("link", ""), entry.get("title", "")
    name = hashlib.sha256(f"{url} {entry.get('id') or link or title}".encode()).hexdigest()
    return {
        "id": name,
        "feed": url,
        "link": link,
        "title": title,
        "text": entry.get("summary", ""),
        "published": entry.get("published", ""),
    }


POLLERS: Mapping[str, Callable[[str, list[str]], None]] = {
    "reader-add": reader_add,
    "reader": reader_update,
    "stock": stock,
}


def main() -> None:
    name, database, urls = sys.argv[1:]
    POLLERS[name](database, json.loads(Path(urls).read_text()))


if __name__ == "__main__":
    main()
