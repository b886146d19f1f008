"""Bluesky: the posts of one account, its reposts and pictures included.

Endpoint: ``GET https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed`` (https://docs.bsky.app), no token. Gives
text, links, pictures, time and language. What it takes care of:

* News stands in pictures, link cards and quoted posts: alternative texts, the card's title and description, and the
  quoted words are all part of the text.
* The text shows shortened addresses: the whole ones are in its facets.
* ``createdAt`` is set by the writer's program and may lie years off; ``indexedAt`` is the server's. The earlier counts,
  so that an archive brought in today is not news, and nothing lies in the future.
* A repost is the original post, with the original's key: two accounts that repost it are one piece of news.
* Replies are left out.
* Pages go back in time and there is no "since": after a pause, older pages are read until one reaches what is known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    title="Bluesky account",
    floor=timedelta(minutes=2),
    needs="nothing",
    terms="a public API, open to programs without an account",
    languages="any",
)
SERVER = "https://public.api.bsky.app"
SITE = "https://bsky.app"
LIMIT = 50
PAGES = 5
"""Pages read after a pause, at most."""
NESTED = 3
"""How deep pictures and cards of quoted posts are followed."""

_HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.I)
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,240}")
_POST = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/app\.bsky\.feed\.post/([A-Za-z0-9._:~-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Whose posts: ``actor`` is a handle or a DID. ``server`` is another address of the same API. Raises ValueError."""

    actor: str
    server: str = SERVER

    def __post_init__(self) -> None:
        if not _HANDLE.fullmatch(self.actor) and not _DID.fullmatch(self.actor):
            raise ValueError(
                f"{self.actor!r} is no account: write its handle without @, such as example.bsky.social, or its DID"
            )
        _address.check_server(self.server)


def recognise(url: str) -> Options | None:
    """The account whose profile on bsky.app this is."""
    host, path, _ = _address.place(url)
    if host != "bsky.app" or len(path) != 2 or path[0] != "profile":
        return None
    actor = path[1].removeprefix("@")
    return Options(actor=actor) if _HANDLE.fullmatch(actor) or _DID.fullmatch(actor) else None


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """The posts of the account since the bookmark; at the first look, the newest page. Raises ScrapeError."""
    posts: dict[str, Post] = {}
    newest, cursor = bookmark.newest, ""
    for _ in range(PAGES if bookmark.newest else 1):
        response = await web.get(address(options, cursor=cursor), accept="application/json")
        found = await _found(response, web.worker)
        posts = {post.key: post for post in found.posts} | posts
        newest, cursor = max(newest, found.newest), found.cursor
        if not cursor or found.oldest <= bookmark.newest:
            break
    return Batch(posts=tuple(posts.values()), bookmark=Bookmark(newest=newest))


async def read(response: "Response", options: Options | None, worker: "Worker") -> Batch:
    """Read an author feed. Raises Unreadable."""
    found = await _found(response, worker)
    return Batch(posts=found.posts, bookmark=Bookmark(newest=found.newest))


def address(options: Options, *, cursor: str = "") -> str:
    """The address that asks for the newest page, or for the one that the cursor of another names."""
    asked = {"actor": options.actor, "limit": str(LIMIT), "filter": "posts_no_replies"}
    if cursor:
        asked["cursor"] = cursor
    return f"{options.server.rstrip('/')}/xrpc/app.bsky.feed.getAuthorFeed?{urlencode(asked)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page: its posts, the times of its newest and oldest as the server wrote them, and the way to older ones."""

    posts: tuple[Post, ...]
    newest: str = ""
    oldest: str = ""
    cursor: str = ""


async def _found(response: "Response", worker: "Worker") -> Found:
    if not _json.is_heavy(response.body):
        return parse(response.body, datetime.now(UTC))
    found: Found = await worker.run("bluesky.parse", response.body, datetime.now(UTC))
    return found


def parse(body: bytes, fetched: datetime) -> Found:
    """The posts of an author feed, each once. Raises Unreadable when it is none."""
    found = _json.load(body)
    if not isinstance(found.get("feed"), list):
        raise Unreadable("JSON without a feed: not an answer of Bluesky")
    items = _json.parts(found, "feed")
    posts: dict[str, Post] = {}
    for item in items:
        view = _json.part(item, "post")
        place = _POST.fullmatch(_json.text(view, "uri"))
        if place and ("reason" in item or "reply" not in item):
            post = _post(view, place[1], place[2], fetched)
            posts.setdefault(post.key, post)
    times = sorted(filter(None, map(_listed, items)))
    return Found(
        posts=tuple(posts.values()),
        newest=times[-1] if times else "",
        oldest=times[0] if times else "",
        cursor=_json.text(found, "cursor"),
    )


def _listed(item: _json.Object) -> str:
    """When it came into the feed: a repost when it was reposted. A pinned post has no place in time."""
    reason = _json.part(item, "reason")
    if reason and not _json.text(reason, "indexedAt"):
        return ""
    return _json.text(reason, "indexedAt") or _json.text(_json.part(item, "post"), "indexedAt")


def _post(view: _json.Object, did: str, name: str, fetched: datetime) -> Post:
    from scrapers import _text

    author, record = _json.part(view, "author"), _json.part(view, "record")
    embed = _json.part(view, "embed")
    handle = _json.text(author, "handle")
    who = handle if _HANDLE.fullmatch(handle) and not handle.endswith(".invalid") else did
    words = (_json.text(record, "text"), *_words(embed))
    return Post(
        key=f"bluesky:{did}/{name}",
        url=f"{SITE}/profile/{who}/post/{name}",
        text=_text.plain("\n".join(dict.fromkeys(filter(None, words)))),
        author=_text.plain(_json.text(author, "displayName", "handle")),
        published=_published(record, view, fetched),
        lang=_lang(record),
        links=tuple(dict.fromkeys(filter(_is_web, (*_facet_links(record), *_card_links(embed))))),
        media=tuple(dict.fromkeys(filter(_is_web, _media(embed)))),
    )


def _words(embed: _json.Object, depth: int = 0) -> Iterator[str]:
    """What pictures, a video, a card and a quoted post say; the media of a quote too."""
    for picture in _json.parts(embed, "images"):
        yield _json.text(picture, "alt")
    yield _json.text(embed, "alt")
    card = _json.part(embed, "external")
    yield _json.text(card, "title")
    yield _json.text(card, "description")
    if depth < NESTED:
        yield from _words(_json.part(embed, "media"), depth + 1)
        quoted = _quoted(embed)
        yield _json.text(_json.part(quoted, "value"), "text")
        for inner in _json.parts(quoted, "embeds"):
            yield from _words(inner, depth + 1)


def _quoted(embed: _json.Object) -> _json.Object:
    """The quoted post: one level deeper when it comes with media of its own."""
    record = _json.part(embed, "record")
    return _json.part(record, "record") or record


def _facet_links(record: _json.Object) -> Iterator[str]:
    for facet in _json.parts(record, "facets"):
        for feature in _json.parts(facet, "features"):
            yield _json.text(feature, "uri")


def _card_links(embed: _json.Object) -> Iterator[str]:
    yield _json.text(_json.part(embed, "external"), "uri")
    yield _json.text(_json.part(embed, "media", "external"), "uri")
    quoted = _quoted(embed)
    if found := _POST.fullmatch(_json.text(quoted, "uri")):
        yield f"{SITE}/profile/{found[1]}/post/{found[2]}"
    yield from _facet_links(_json.part(quoted, "value"))


def _media(embed: _json.Object) -> Iterator[str]:
    for each in (embed, _json.part(embed, "media")):
        for picture in _json.parts(each, "images"):
            yield _json.text(picture, "fullsize", "thumb")
        yield _json.text(each, "playlist")


def _published(record: _json.Object, view: _json.Object, fetched: datetime) -> datetime | None:
    from scrapers import _dates

    times = (_json.text(record, "createdAt"), _json.text(view, "indexedAt"))
    return min(filter(None, (_dates.parse(time, fetched=fetched) for time in times)), default=None)


def _lang(record: _json.Object) -> str:
    """The language, if the post declares one alone."""
    langs = record.get("langs")
    if isinstance(langs, list) and len(langs) == 1 and isinstance(langs[0], str):
        return langs[0].lower() if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", langs[0]) else ""
    return ""


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))
