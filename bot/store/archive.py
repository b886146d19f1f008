"""Every post that was ever seen, and the hits among them."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, takewhile
from json.encoder import encode_basestring_ascii
from typing import NamedTuple
from zlib import crc32

from bot.model import Field, Hit, Match, Place, Seen, Source, utc
from scrapers import MAX_TEXT, Post, link_keys

OWN = 0
"""In place of a key's number: it is the key of the post's own row. An older Vigie wrote the number there as well."""

IsFresh = Callable[[Post, bool | None], bool]
"""Whether a post is young enough to alert; the second value is the verdict at its first sighting here, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one look added: posts that this source had not shown, or shows with other words.

    ``new`` counts those that no source had shown before, ``here`` those that this one had not.
    """

    seen: tuple[Seen, ...]
    new: int
    here: int = 0


class _Known(NamedTuple):
    """A post's row, and how this source last showed it: under which key, in which words (None: never)."""

    id: int
    key: int | None = None
    digest: int | None = None
    fresh: bool | None = None

    def is_another(self, key: int, digest: int) -> bool:
        """Whether what this source shows now at the same link is other news: another key, and other words.

        A daily column and a live page keep their address; a feed that renumbers its entries keeps their words.
        """
        return self.key not in (None, key) and self.digest != digest


class Archive:
    """Posts, sightings and hits."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def add(self, source: Source, posts: Sequence[Post], *, is_fresh: IsFresh, now: datetime) -> Intake:
        """Keep what a look brought, and return what is new to this source or was reworded.

        A post is known by its key, or else by its canonical link, whichever source showed it first; but what one
        source shows at a link under another key and in other words is another post.
        """
        if not posts:
            return Intake(seen=(), new=0)
        distinct = tuple({post.key: post for post in reversed(posts)}.values())[::-1]
        links = link_keys([post.url for post in distinct])
        (place,) = self._conn.execute("SELECT id FROM sources WHERE name = ?", (source.name,)).fetchone()
        known = self._known(place, distinct, links)
        (free,) = self._conn.execute("SELECT coalesce(max(id), 0) + 1 FROM posts").fetchone()
        unknown: list[tuple[Post, str]] = []
        sightings, seen, here = [], [], 0
        for post, link, digest in zip(distinct, links, map(_digest, distinct), strict=True):
            key, row = OWN, known.get(post.key)
            if row is None and (at_link := known.get(link)) and not at_link.is_another(hashed(post.key), digest):
                key, row = hashed(post.key), at_link
            if row is None:
                number, before = free + len(unknown), None
                unknown.append((post, link))
            elif row.digest != digest:
                number, before = row.id, row.fresh
            else:
                continue
            here += row is None or row.digest is None
            fresh = is_fresh(post, before)
            sightings.append((place, number, key, digest, fresh))
            seen.append(Seen(number, post, source.name, fresh))
        self._write(_rows(free, unknown, source.name, now.timestamp()), sightings)
        return Intake(seen=tuple(seen), new=len(unknown), here=here)

    def _known(self, place: int, posts: Sequence[Post], links: Sequence[str]) -> dict[str, _Known]:
        """The rows of these posts, under their keys and their links."""
        found: dict[str, _Known] = {}
        for column, values in (("link", [link for link in links if link]), ("key", [post.key for post in posts])):
            for name, row, key, digest, fresh in self._conn.execute(
                f"SELECT p.{column}, p.id, s.key, s.digest, s.fresh FROM json_each(?) AS wanted "
                f"JOIN posts AS p ON p.{column} = wanted.value AND p.{column} <> '' "
                "LEFT JOIN sightings AS s ON s.source = ? AND s.post = p.id ORDER BY p.id",
                (json.dumps(values), place),
            ):
                found[name] = _Known(row, key, digest, None if fresh is None else bool(fresh))
        return found

    def _write(self, rows: Sequence[tuple[object, ...]], sightings: Sequence[tuple[object, ...]]) -> None:
        self._conn.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * 13)})", rows)
        self._conn.executemany(
            "INSERT INTO sightings VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET key = excluded.key, digest = excluded.digest",
            sightings,
        )

    def keep_hits(self, found: Iterable[tuple[Seen, Sequence[Match]]], *, now: datetime) -> tuple[Hit, ...]:
        """Keep the matches; return, for posts that are fresh, those that no look had brought before.

        A (topic, post) is told once. One that was too old to tell when a source first showed it, and turns up fresh
        elsewhere, counts as brought now.
        """
        hits = []
        for seen, matches in found:
            fresh = [match for match in matches if self._is_new(seen, match, now)]
            if fresh:
                self._keep_words(seen, matches)
                hits.append(Hit(seen=seen, matches=tuple(fresh)))
        return tuple(hits)

    def _keep_words(self, seen: Seen, matches: Sequence[Match]) -> None:
        """Keep the words in which a topic was found, so that the places of its hit are true of what is kept.

        Of a post that was reworded, or that another source shows in other words, the words at hand come first, and
        those of before, perhaps a whole article, stay behind them: with the places that other topics have there.
        """
        title, text = self._conn.execute("SELECT title, text FROM posts WHERE id = ?", (seen.id,)).fetchone()
        words = seen.post.text[:MAX_TEXT]
        if seen.post.title in ("", title) and text.startswith(words):
            return
        both = words if text in words else f"{words}\n\n{text}"
        self._conn.execute(
            "UPDATE posts SET title = ?, text = ? WHERE id = ?", (seen.post.title or title, both[:MAX_TEXT], seen.id)
        )
        here = {match.topic: match.places for match in matches}
        titled, by = seen.post.title in ("", title), both.index(text)
        for topic, places in self._conn.execute("SELECT topic, places FROM hits WHERE post = ?", (seen.id,)).fetchall():
            now_at = here[topic] if topic in here else _moved(read_places(places), by, titled=titled)
            self._conn.execute(
                "UPDATE hits SET places = ? WHERE post = ? AND topic = ?", (_places(now_at), seen.id, topic)
            )

    def _is_new(self, seen: Seen, match: Match, now: datetime) -> bool:
        changed = self._conn.execute(
            "INSERT INTO hits VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET fresh = 1 WHERE fresh < excluded.fresh",
            (seen.id, match.topic, _places(match.places), seen.fresh, now.timestamp()),
        ).rowcount
        return changed > 0

    def post(self, row: int) -> Post:
        """The post of that row. Raises KeyError."""
        found = self._conn.execute(
            "SELECT key, url, title, text, author, published, lang, links, media FROM posts WHERE id = ?", (row,)
        ).fetchone()
        if found is None:
            raise KeyError(row)
        return read_post(found)

    def complete(self, row: int, post: Post) -> None:
        """Keep more of a post than was shown at first: its text, and what it did not say before."""
        self._conn.execute(
            "UPDATE posts SET title = ?, text = ?, author = ?, published = ?, lang = ?, media = ? WHERE id = ?",
            (
                post.title,
                post.text[:MAX_TEXT],
                post.author,
                None if post.published is None else post.published.timestamp(),
                post.lang,
                json.dumps(post.media),
                row,
            ),
        )

    def prune(self, before: datetime, *, limit: int = 500) -> int:
        """Blank the texts of posts seen before that moment; what topics matched keeps its text.

        Posts are looked at once each, in the order in which they came, at most ``limit``; returns how many were. The
        rows stay, so that an old feed cannot bring a post back as new.
        """
        found = self._conn.execute(
            "SELECT id, seen FROM posts WHERE id > (SELECT post FROM pruned) ORDER BY id LIMIT ?", (limit,)
        ).fetchall()
        old = [row for row, _ in takewhile(lambda each: each[1] < before.timestamp(), found)]
        if old:
            self._conn.execute(
                "UPDATE posts SET text = '', links = '[]', media = '[]' WHERE id BETWEEN ? AND ? "
                "AND text <> '' AND NOT EXISTS (SELECT 1 FROM hits WHERE post = posts.id)",
                (old[0], old[-1]),
            )
            self._conn.execute("UPDATE pruned SET post = ?", (old[-1],))
        return len(old)


def read_post(row: Sequence[object]) -> Post:
    """The Post in the columns key, url, title, text, author, published, lang, links, media."""
    key, url, title, text, author, published, lang, links, media = row
    return Post(
        key=str(key),
        url=str(url),
        title=str(title),
        text=str(text),
        author=str(author),
        published=utc(published) if isinstance(published, float) else None,
        lang=str(lang),
        links=tuple(json.loads(str(links))),
        media=tuple(json.loads(str(media))),
    )


def read_places(text: str) -> tuple[Place, ...]:
    """The places of a hit, as ``keep_hits`` wrote them."""
    # Vigie 0.1 did not write which term it was.
    return tuple(Place(Field(field), start, end, *term) for field, start, end, *term in json.loads(text))


def _places(places: Iterable[Place]) -> str:
    return json.dumps([(place.field, place.start, place.end, place.term) for place in places])


def _moved(places: Iterable[Place], by: int, *, titled: bool) -> list[Place]:
    """The places after something was put before the text; those in a title that is no more are dropped."""
    found = [place for place in places if titled or place.field is Field.TEXT]
    return [
        replace(place, start=place.start + by, end=place.end + by) if place.field is Field.TEXT else place
        for place in found
        if place.field is Field.TITLE or place.end + by <= MAX_TEXT
    ]


def _rows(first: int, posts: Sequence[tuple[Post, str]], source: str, seen: float) -> list[tuple[object, ...]]:
    """The rows of posts with their canonical links, numbered from ``first`` on."""
    links, media = _lists([post.links for post, _ in posts]), _lists([post.media for post, _ in posts])
    return [
        (
            number,
            post.key,
            link,
            post.url,
            post.title,
            post.text[:MAX_TEXT],
            post.author,
            None if post.published is None else post.published.timestamp(),
            post.lang,
            points_to,
            shows,
            source,
            seen,
        )
        for number, (post, link), points_to, shows in zip(count(first), posts, links, media)
    ]


def _lists(values: Sequence[Sequence[str]]) -> list[str]:
    """Each as JSON, at a fifth of what ``dumps`` costs, and less where nothing has to be escaped."""
    whole = "".join(map("".join, values))
    if whole.isascii() and whole.isprintable() and '"' not in whole and "\\" not in whole:
        return ["[" + ", ".join([f'"{text}"' for text in each]) + "]" if each else "[]" for each in values]
    return ["[" + ", ".join(map(encode_basestring_ascii, each)) + "]" for each in values]


def _digest(post: Post) -> int:
    """A length and a checksum, for seeing whether words have changed. Cheap, since it is taken of all that is shown."""
    return len(post.text) << 32 | crc32(f"{post.title}\0{post.text}".encode("utf-8", "surrogatepass"))


def hashed(text: str) -> int:
    """63 bits, which SQLite keeps in eight bytes."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1
