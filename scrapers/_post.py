"""What a scraper returns: Posts, in a Batch, with a Bookmark of where it left off."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

MAX_TEXT = 200_000
"""A post's text is cut here, in characters."""

_ODD = re.compile("[\x00\ud800-\udfff]")


class Post(NamedTuple):
    """One thing published somewhere, as plain text: a named tuple, since every look makes dozens.

    ``key`` identifies it for ever and everywhere ("hackernews:123"); ``url`` is the address as published, or "";
    ``title`` is empty for an untitled post; ``text`` is the content where there is one, else the summary, without
    markup; ``published`` is aware UTC, or None when the source does not say; ``lang`` is the declared BCP 47 tag in
    lower case, or ""; ``links`` are other addresses the post points to, ``media`` its pictures and videos.
    """

    key: str
    url: str
    title: str = ""
    text: str = ""
    author: str = ""
    published: datetime | None = None
    lang: str = ""
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of JSON: the contract of ``vigie scrape --json``."""
        return json.dumps(self._asdict(), ensure_ascii=False, default=_rfc3339)

    @classmethod
    def from_json(cls, line: str) -> "Post":
        """The Post that ``to_json`` wrote. Raises ValueError or TypeError when it is not one."""
        raw: dict[str, Any] = json.loads(line)
        published = raw.pop("published", None)
        links, media = tuple(raw.pop("links", ())), tuple(raw.pop("media", ()))
        when = None if published is None else datetime.fromisoformat(published).astimezone(UTC)
        return cls(**raw, published=when, links=links, media=media)


class Bookmark(NamedTuple):
    """Where a scraper left off. Its scraper alone reads it; an empty one means "never looked".

    ``etag`` and ``modified`` are the server's validators, ``digest`` a hash of the last body for servers that have
    none, ``newest`` the high-water mark of an API, ``moved`` the address a permanent redirect led to, ``found`` the one
    that was found behind the given one: the feed of a page, the sitemap of a site.
    """

    etag: str = ""
    modified: str = ""
    digest: str = ""
    newest: str = ""
    moved: str = ""
    found: str = ""

    def to_json(self) -> str:
        """A small JSON object of the fields that are set."""
        kept = [
            f'"{name}": {encode_basestring(value)}' for name, value in zip(self._fields, self, strict=True) if value
        ]
        return "{" + ", ".join(kept) + "}"

    @classmethod
    def from_json(cls, text: str) -> "Bookmark":
        """The Bookmark in ``text``; fields of another version of Vigie are ignored."""
        raw: Mapping[str, Any] = json.loads(text) if text else {}
        return cls(**{name: str(raw[name]) for name in cls._fields if name in raw})


class Batch(NamedTuple):
    """What one look at a source brought.

    ``unchanged`` means that the server said (304), or the body's hash shows, that nothing is new; ``posts`` is then
    empty. ``anew`` means that the posts come from another place than before (a page offers another feed): it counts as
    a first look. ``wait`` is how long the server asks us not to come back (Cache-Control max-age, ttl,
    sy:updatePeriod): a hint, bent into the source's rhythm. ``notes`` say what an operator may want to know ("moved to
    ...").
    """

    posts: tuple[Post, ...] = ()
    bookmark: Bookmark = Bookmark()
    unchanged: bool = False
    anew: bool = False
    wait: timedelta | None = None
    notes: tuple[str, ...] = ()


def records(kind: type[T], *columns: Iterable[object]) -> list[T]:
    """Named tuples of a kind, one for each row of these columns, at three fifths of the cost of calling their class."""
    return list(map(tuple.__new__, repeat(kind), zip(*columns, strict=True)))  # type: ignore[arg-type]


def tidy(batch: Batch) -> Batch:
    """The Batch with texts cut at MAX_TEXT and without what no database or phone takes: NUL and lone surrogates."""
    if not batch.posts:
        return batch
    whole = "".join(_words(batch.posts))
    if _is_tidy(whole) and (len(whole) <= MAX_TEXT or all(len(post.text) <= MAX_TEXT for post in batch.posts)):
        return batch
    return batch._replace(posts=tuple(map(_tidy_post, batch.posts)))


def _words(posts: Sequence[Post]) -> Iterator[str]:
    """All that these posts say."""
    keys, urls, titles, texts, authors, _, _, links, media = zip(*posts, strict=True)
    return chain(keys, urls, titles, texts, authors, chain.from_iterable(links), chain.from_iterable(media))


def _tidy_post(post: Post) -> Post:
    if _is_tidy("".join(_words([post]))):
        return post if len(post.text) <= MAX_TEXT else post._replace(text=post.text[:MAX_TEXT])
    return post._replace(
        key=_tidy(post.key),
        url=_tidy(post.url),
        title=_tidy(post.title),
        text=_tidy(post.text)[:MAX_TEXT],
        author=_tidy(post.author),
        links=tuple(map(_tidy, post.links)),
        media=tuple(map(_tidy, post.media)),
    )


def _is_tidy(text: str) -> bool:
    try:
        text.encode()  # four times as fast as looking for surrogates
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _tidy(text: str) -> str:
    return _ODD.sub("\ufffd", text)


def _rfc3339(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
