"""Hacker News: stories and comments that a search finds, newest first.

Endpoint: ``GET https://hn.algolia.com/api/v1/search_by_date`` (https://hn.algolia.com/api), no token. Gives title,
text, link, author and time. What it takes care of:

* Typing errors are forgiven unless ``typoTolerance=false``: "H100" would also find "H10".
* Posts appear minutes late and not in order: each look goes back 20 minutes before the newest post known.
* Old answers hold unused fields as null, those of 2026 leave them out.
* A comment has no title of its own: that of its story would match for every one of a hundred comments.
* At most 1,000 hits a query, in pages of 100.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scrapers import _address, _json
from scrapers._about import About
from scrapers._errors import Unreadable
from scrapers._post import Batch, Bookmark, Post

if TYPE_CHECKING:
    from scrapers._response import Response
    from scrapers._web import Web
    from scrapers._worker import Worker

ABOUT = About(
    title="Hacker News search (Algolia)",
    floor=timedelta(minutes=5),
    needs="nothing",
    terms="a public API, made for programs",
    languages="English",
    lists=False,
)
SERVER = "https://hn.algolia.com"
ITEM = "https://news.ycombinator.com/item?id="
OVERLAP = 20 * 60
"""Seconds before the newest known post that each look goes back to."""
PAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to search. ``server`` is another address that speaks the same API. Raises ValueError.

    ``query`` is Algolia's: words, and phrases in double quotes; ``items`` narrows it ("story", "comment", "author_pg";
    in brackets: any of them).
    """

    query: str
    items: str = "(story,comment)"
    server: str = SERVER

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise ValueError('the query is empty: write the words to search for, such as "H100"')
        if not re.fullmatch(r"[\w(),-]*", self.items, re.ASCII):
            raise ValueError('items are names with commas, such as "story" or "(story,comment)"')
        _address.check_server(self.server)


def recognise(url: str) -> Options | None:
    """The search that a page of hn.algolia.com shows."""
    host, _, query = _address.place(url)
    if host != "hn.algolia.com" or not query.get("query", query.get("q", "")).strip():
        return None
    kinds = {"story": "story", "comment": "comment"}
    words = query.get("query", query.get("q", ""))
    return Options(query=words, items=kinds.get(query.get("type", ""), "(story,comment)"))


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """Search what is newer than the bookmark less the overlap; the newest 100 at the first look. Raises ScrapeError."""
    since = max(_newest(bookmark) - OVERLAP, 0)
    posts: list[Post] = []
    newest = _newest(bookmark)
    for page in range(PAGES if since else 1):
        response = await web.get(address(options, since=since, page=page), accept="application/json")
        batch, pages = await _found(response, web.worker)
        posts += batch.posts
        newest = max(newest, _newest(batch.bookmark))
        if page + 1 >= pages:
            break
    return Batch(posts=tuple(posts), bookmark=Bookmark(newest=str(newest or "")))


async def read(response: "Response", options: Options | None, worker: "Worker") -> Batch:
    """Read one answer of the search. Raises Unreadable."""
    return (await _found(response, worker))[0]


def address(options: Options, *, since: int, page: int = 0) -> str:
    """The address that asks for posts made after ``since`` (Unix seconds; 0 = any time)."""
    asked = {"query": options.query, "tags": options.items, "typoTolerance": "false", "hitsPerPage": "100"}
    if since:
        asked["numericFilters"] = f"created_at_i>{since}"
    if page:
        asked["page"] = str(page)
    return f"{options.server.rstrip('/')}/api/v1/search_by_date?{urlencode(asked)}"


async def _found(response: "Response", worker: "Worker") -> tuple[Batch, int]:
    if not _json.is_heavy(response.body):
        return parse(response.body)
    found: tuple[Batch, int] = await worker.run("hackernews.parse", response.body)
    return found


def parse(body: bytes) -> tuple[Batch, int]:
    """The posts of one answer with its newest time, and how many pages there are. Raises Unreadable."""
    found = _json.load(body)
    if not isinstance(found.get("hits"), list):
        raise Unreadable("JSON without hits: not an answer of the Hacker News search")
    hits = _json.parts(found, "hits")
    newest = max((_json.number(hit, "created_at_i") for hit in hits), default=0)
    posts = tuple(_post(hit) for hit in hits if _json.text(hit, "objectID"))
    return Batch(posts=posts, bookmark=Bookmark(newest=str(newest or ""))), _json.number(found, "nbPages")


def _post(hit: _json.Object) -> Post:
    from scrapers import _text

    name = _json.text(hit, "objectID")
    html = _json.text(hit, "story_text", "comment_text")
    linked = (_json.text(hit, "url", "story_url"), *_text.links(html, ITEM))
    return Post(
        key=f"hackernews:{name}",
        url=f"{ITEM}{name}",
        title=_text.plain(_json.text(hit, "title")),
        text=_text.to_text(html),
        author=_text.plain(_json.text(hit, "author")),
        published=_json.moment(_json.number(hit, "created_at_i")),
        links=tuple(dict.fromkeys(filter(None, linked))),
    )


def _newest(bookmark: Bookmark) -> int:
    return int(bookmark.newest) if re.fullmatch(r"[0-9]{1,12}", bookmark.newest) else 0
