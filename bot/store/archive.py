"""Every post that was ever seen, and the hits among them."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
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


class Shown(NamedTuple):
    """What a look at a source brought."""

    source: Source
    posts: Sequence[Post]
    is_fresh: IsFresh


class _Earlier(NamedTuple):
    """How a source last showed a post: under which key, in which words, with what verdict (None: never)."""

    key: int | None = None
    digest: int | None = None
    fresh: bool | None = None

    def is_another(self, key: int, digest: int) -> bool:
        """Whether what this source shows now at the same link is other news: another key, and other words.

        A daily column and a live page keep their address; a feed that renumbers its entries keeps their words.
        """
        return self.key not in (None, key) and self.digest != digest


_NEVER = _Earlier()


@dataclass(frozen=True, slots=True)
class _Kept:
    """The rows of posts that are kept, by their keys and by their canonical links."""

    by_key: dict[str, int]
    by_link: dict[str, int]

    def rows(self, posts: Iterable[Post], links: Iterable[str]) -> list[int]:
        """Those of any of these keys and links."""
        found = {*map(self.by_key.get, [post.key for post in posts]), *map(self.by_link.get, links)}
        return sorted(row for row in found if row is not None)

    def add(self, first: int, posts: Iterable[tuple[Post, str]]) -> None:
        """Posts with their links, in rows from ``first`` on."""
        for row, (post, link) in enumerate(posts, first):
            self.by_key[post.key] = row
            if link:
                self.by_link[link] = row


class _Taken(NamedTuple):
    """Of the posts of a look: those that are new to their source or reworded, those of them that nobody knew, with
    their links, and a note of each of the former: its row, its key's number, its digest, the verdict.
    """

    seen: list[Seen]
    new: list[tuple[Post, str]]
    notes: list[tuple[int, int, int, bool]]


class Archive:
    """Posts, sightings and hits."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def add(self, source: Source, posts: Sequence[Post], *, is_fresh: IsFresh, now: datetime) -> Intake:
        """Keep what one look brought, and return what is new to its source or was reworded."""
        return self.add_each([Shown(source, posts, is_fresh)], now=now)[0]

    def add_each(self, looks: Sequence[Shown], *, now: datetime) -> list[Intake]:
        """Keep what looks brought, as if one by one; each is at another source.

        A post is known by its key, or else by its canonical link, whichever source showed it first; but what one
        source shows at a link under another key and in other words is another post.
        """
        shown = [tuple({post.key: post for post in reversed(look.posts)}.values())[::-1] for look in looks]
        links = [link_keys([post.url for post in posts]) for posts in shown]
        kept, places = self._kept(shown, links), self._places([look.source.name for look in looks])
        (free,) = self._conn.execute("SELECT coalesce(max(id), 0) + 1 FROM posts").fetchone()
        rows: list[tuple[object, ...]] = []
        sightings: list[tuple[object, ...]] = []
        intakes: list[Intake] = []
        for look, posts, near in zip(looks, shown, links, strict=True):
            place, first = places[look.source.name], free + len(rows)
            if known := kept.rows(posts, near):
                earlier = self._earlier(place, known)
                seen, new, notes = _taken(look, posts, near, kept, earlier, first)
                here = sum(each.id not in earlier for each in seen)
            else:
                seen, new, notes = _all_new(look, posts, near, first)
                here = len(seen)
            kept.add(first, new)
            rows += _rows(first, new, look.source.name, now.timestamp())
            sightings += [(place, *note) for note in notes]
            intakes.append(Intake(seen=tuple(seen), new=len(new), here=here))
        self._write(rows, sightings)
        return intakes

    def _kept(self, shown: Sequence[Sequence[Post]], links: Sequence[Sequence[str]]) -> _Kept:
        """Where these posts are kept, under their keys or their links."""
        keys = [post.key for posts in shown for post in posts]
        return _Kept(self._ids("key", keys), self._ids("link", [link for each in links for link in each if link]))

    def _ids(self, column: str, values: Sequence[str]) -> dict[str, int]:
        return dict(
            self._conn.execute(
                f"SELECT p.{column}, p.id FROM json_each(?) AS wanted "
                f"JOIN posts AS p ON p.{column} = wanted.value AND p.{column} <> '' ORDER BY p.id",
                (json.dumps(values),),
            )
        )

    def _places(self, names: Sequence[str]) -> dict[str, int]:
        """The numbers of sources."""
        return dict(
            self._conn.execute(
                "SELECT s.name, s.id FROM json_each(?) AS wanted JOIN sources AS s ON s.name = wanted.value",
                (json.dumps(names),),
            )
        )

    def _earlier(self, place: int, rows: Sequence[int]) -> dict[int, _Earlier]:
        """How a source last showed the posts in these rows, as far as it did."""
        found = self._conn.execute(
            "SELECT s.post, s.key, s.digest, s.fresh FROM json_each(?) AS wanted "
            "JOIN sightings AS s ON s.source = ? AND s.post = wanted.value",
            (json.dumps(rows), place),
        )
        return {row: _Earlier(key, digest, bool(fresh)) for row, key, digest, fresh in found}

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
            if not matches:
                continue
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


def _rows(first: int, posts: Sequence[tuple[Post, str]], source: str, seen: float) -> Iterable[tuple[object, ...]]:
    """The rows of posts with their canonical links, numbered from ``first`` on."""
    if not posts:
        return ()
    numbers, sources, times = range(first, first + len(posts)), [source] * len(posts), [seen] * len(posts)
    keys, urls, titles, texts, authors, dates, langs, points_to, shows = zip(*[post for post, _ in posts], strict=True)
    return zip(
        numbers,
        keys,
        [link for _, link in posts],
        urls,
        titles,
        [text[:MAX_TEXT] for text in texts],
        authors,
        [date and date.timestamp() for date in dates],
        langs,
        _lists(points_to),
        _lists(shows),
        sources,
        times,
        strict=True,
    )


def _lists(values: Sequence[Sequence[str]]) -> list[str]:
    """Each as JSON, at a fifth of what ``dumps`` costs, and less where nothing has to be escaped."""
    whole = "".join(map("".join, values))
    if whole.isascii() and whole.isprintable() and '"' not in whole and "\\" not in whole:
        return ['["' + '", "'.join(each) + '"]' if each else "[]" for each in values]
    return ["[" + ", ".join(map(encode_basestring_ascii, each)) + "]" for each in values]


def _taken(
    look: Shown, posts: Sequence[Post], links: Sequence[str], kept: _Kept, earlier: Mapping[int, _Earlier], free: int
) -> _Taken:
    """What there is to keep of a look; posts that nobody knew get the rows from ``free`` on."""
    taken = _Taken([], [], [])
    for post, link, digest in zip(posts, links, map(_digest, posts), strict=True):
        key, row = OWN, kept.by_key.get(post.key)
        if row is None and (row := kept.by_link.get(link)) is not None:
            key = hashed(post.key)
            if earlier.get(row, _NEVER).is_another(key, digest):
                key, row = OWN, None
        before = _NEVER if row is None else earlier.get(row, _NEVER)
        if row is None:
            row = free + len(taken.new)
            taken.new.append((post, link))
        elif before.digest == digest:
            continue
        fresh = look.is_fresh(post, before.fresh)
        taken.notes.append((row, key, digest, fresh))
        taken.seen.append(Seen(row, post, look.source.name, fresh))
    return taken


def _all_new(look: Shown, posts: Sequence[Post], links: Sequence[str], free: int) -> _Taken:
    """The same where nobody knew any of them, as at nearly all first looks."""
    rows, own = range(free, free + len(posts)), [OWN] * len(posts)
    fresh = [look.is_fresh(post, None) for post in posts]
    return _Taken(
        seen=list(map(Seen, rows, posts, [look.source.name] * len(posts), fresh)),
        new=list(zip(posts, links, strict=True)),
        notes=list(zip(rows, own, map(_digest, posts), fresh, strict=True)),
    )


def _digest(post: Post) -> int:
    """A length and a checksum, for seeing whether words have changed. Cheap, since it is taken of all that is shown."""
    return len(post.text) << 32 | crc32(f"{post.title}\0{post.text}".encode("utf-8", "surrogatepass"))


def hashed(text: str) -> int:
    """63 bits, which SQLite keeps in eight bytes."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1
