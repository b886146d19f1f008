"""Telegram: the newest posts of a public channel, as its web preview shows them.

Page: ``https://t.me/s/NAME``, about 20 messages, no token, not the Bot API. Gives text, time, links and pictures (whose
addresses expire). What it takes care of:

* An album is one message under its first id, and its caption may stand in one text block nested in another, equal one.
* A reply shows a piece of what it answers, in a block of another class; that is left out.
* A poll's question and answers, a file's name and a link card's words are part of the text.
* A forwarded message belongs to the channel that forwards it; where it came from is among the links.
* Links of hashtags (``?q=``) lead to a search of the channel and are dropped. Service messages ("pinned") are no posts.
* After a pause, older pages are read until one reaches what is known.
* Channels that restrict saving, or are marked sensitive, have no preview; nor have groups and people. All of these, and
  names that nobody has, are answered with a landing page and status 200: each is told apart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scrapers import _address
from scrapers._about import About
from scrapers._errors import Unreadable
from scrapers._post import Batch, Bookmark, Post

if TYPE_CHECKING:
    from scrapers._page import Node
    from scrapers._response import Response
    from scrapers._web import Web
    from scrapers._worker import Worker

ABOUT = About(
    title="Telegram channel (public web preview)",
    floor=timedelta(minutes=3),
    needs="nothing",
    terms="pages that Telegram shows to everybody, without an account",
    languages="any; much Chinese and Russian trade",
)
SERVER = "https://t.me"
PAGES = 5
"""Pages read after a pause, at most."""
HOSTS = ("t.me", "telegram.me", "telegram.dog")
NOT_CHANNELS = ("joinchat", "addstickers", "addemoji", "addlist", "addtheme", "proxy", "socks", "share", "login", "iv",
                "bg", "setlanguage", "confirmphone", "invoice", "giftcode", "boost", "contact", "c", "s")  # fmt: skip

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_POST = re.compile(r"([A-Za-z][A-Za-z0-9_]{3,31})/([0-9]{1,15})")
_PICTURE = re.compile(r"background-image:\s*url\(['\"]?([^'\")]+)")
_WORDS = (".js-message_text, .tgme_widget_message_poll_question, .tgme_widget_message_poll_option_text, "
          ".tgme_widget_message_document_title, .link_preview_title, .link_preview_description")  # fmt: skip
_LINKS = (".js-message_text a[href], a.tgme_widget_message_link_preview[href], "
          "a.tgme_widget_message_forwarded_from_name[href]")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which channel: ``channel`` is its public name, without @. ``server`` shows the same pages. Raises ValueError."""

    channel: str
    server: str = SERVER

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.channel):
            raise ValueError(
                f"{self.channel!r} is no channel: write its public name without @, 4 to 32 letters, digits and _"
            )
        _address.check_server(self.server)


def recognise(url: str) -> Options | None:
    """The channel that a link to it, to its preview or to one of its posts names."""
    host, path, _ = _address.place(url)
    if host not in HOSTS:
        return None
    names = path[1:] if path[:1] == ("s",) else path
    if not names or not _NAME.fullmatch(names[0]) or names[0].lower() in NOT_CHANNELS:
        return None
    return Options(channel=names[0])


async def fetch(web: "Web", options: Options, bookmark: Bookmark) -> Batch:
    """The messages since the bookmark; at the first look, the newest page. Raises ScrapeError."""
    known = int(bookmark.newest) if re.fullmatch(r"[0-9]{1,15}", bookmark.newest) else 0
    posts: dict[str, Post] = {}
    newest, before = known, 0
    for _ in range(PAGES if known else 1):
        response = await web.get(address(options, before=before), accept="text/html")
        found = await _found(response, web.worker)
        posts = {post.key: post for post in found.posts} | posts
        newest, before = max(newest, found.newest), found.oldest
        if before <= known + 1:
            break
    return Batch(posts=tuple(posts.values()), bookmark=Bookmark(newest=str(newest or "")))


async def read(response: "Response", options: Options | None, worker: "Worker") -> Batch:
    """Read a preview page. Raises Unreadable, in words that tell why there is no preview."""
    found = await _found(response, worker)
    return Batch(posts=found.posts, bookmark=Bookmark(newest=str(found.newest or "")))


def address(options: Options, *, before: int = 0) -> str:
    """The preview page, or the one with the messages before an id."""
    page = f"{options.server.rstrip('/')}/s/{options.channel}"
    return f"{page}?before={before}" if before else page


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page: its posts, oldest first, and the highest and lowest id on it (0 = no message)."""

    posts: tuple[Post, ...]
    newest: int = 0
    oldest: int = 0


async def _found(response: "Response", worker: "Worker") -> Found:
    """A tree takes 40 ms for an honest page, and seconds for another: it is built where it holds up nobody."""
    found: Found = await worker.run("telegram.whole", response, datetime.now(UTC))
    return found


def whole(response: "Response", fetched: datetime) -> Found:
    """The posts of a preview page; runs in the worker. Raises Unreadable or TooLarge."""
    from scrapers import _page

    return parse(_page.parse(response), fetched=fetched)


def parse(page: "Node", *, fetched: datetime) -> Found:
    """The posts of a preview page. Raises Unreadable, in words that tell why there are none."""
    if page.first(".tgme_channel_history") is None:
        raise Unreadable(_why(page))
    messages = [(node, found) for node in page.all(".tgme_widget_message") if (found := _POST.fullmatch(_name(node)))]
    posts = {post.key: post for node, found in messages if (post := _post(node, found[1], found[2], fetched))}
    numbers = [int(found[2]) for _, found in messages]
    return Found(posts=tuple(posts.values()), newest=max(numbers, default=0), oldest=min(numbers, default=0))


def _why(page: "Node") -> str:
    """What a page without messages is. All of them come with status 200."""
    extra = page.first(".tgme_page_extra")
    words = extra.text.lower() if extra else ""
    if "subscriber" in words:
        return "the channel has no public preview (it restricts saving, or is marked sensitive)"
    if "member" in words or "online" in words:
        return "a group, not a channel: groups have no public preview"
    if words.startswith("@") or "monthly user" in words:
        return "a person or a bot, not a channel"
    if page.first(".tgme_page") is not None:
        return "no channel of this name"
    return "not a page of Telegram"


def _name(message: "Node") -> str:
    return message.attribute("data-post")


def _post(message: "Node", channel: str, number: str, fetched: datetime) -> Post | None:
    """One message as a Post; None for a service message."""
    from scrapers import _dates

    if message.has("service_message"):
        return None
    date = message.first("a.tgme_widget_message_date")
    time = message.first(".tgme_widget_message_date time[datetime]")
    owner = message.first(".tgme_widget_message_owner_name")
    return Post(
        key=f"telegram:{channel.lower()}/{number}",
        url=((date.link() if date else "") or f"{SERVER}/{channel}/{number}").removesuffix("?single"),
        text="\n".join(dict.fromkeys(filter(None, _words(message)))),
        author=" ".join(owner.text.split()) if owner else "",
        published=_dates.parse(time.attribute("datetime"), fetched=fetched) if time else None,
        links=tuple(dict.fromkeys(_links(message))),
        media=tuple(dict.fromkeys(_media(message))),
    )


def _words(message: "Node") -> Iterator[str]:
    for block in message.all(_WORDS):
        if not block.within("js-message_text"):
            yield block.text


def _links(message: "Node") -> Iterator[str]:
    for anchor in message.all(_LINKS):
        address = anchor.link()
        if address and not anchor.attribute("href").startswith("?q="):
            yield address


def _media(message: "Node") -> Iterator[str]:
    for node in message.all(".tgme_widget_message_photo_wrap[style], .tgme_widget_message_video_thumb[style]"):
        if found := _PICTURE.search(node.attribute("style")):
            yield found[1]
