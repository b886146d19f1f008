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

from bot.model import Field, Hit, Match, Place, Seen, Source, utc
from bot.store.schema import crc
from scrapers import MAX_TEXT, Post, crc32, link_keys, records

OWN = 0
"""In place of a key's number: it is the key of the post's own row. An older Vigie wrote the number there as well."""

_AMONG = "FROM json_each(?1) AS wanted JOIN posts AS p ON"

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
    """How a source last showed a post: under which key, in which words, with what verdict (None: never).

    ``first`` is whether it was the first to show it.
    """

    key: int | None = None
    digest: int | None = None
    fresh: bool | None = None
    first: bool = False

    def is_another(self, key: int, digest: int) -> bool:
        """Whether what this source shows now at the same link is other news: another key, and other words.

        A daily column and a live page keep their address; a feed that renumbers its entries keeps their words.
        """
        return self.key not in (None, key) and self.digest != digest


_NEVER = _Earlier()


class _Columns(NamedTuple):
    """Posts of one look, each key once, and what they are known by, column by column."""

    posts: Sequence[Post]
    keys: Sequence[str]
    links: Sequence[str]
    crcs: Sequence[int]
    digests: Sequence[int]

    @classmethod
    def of(cls, posts: Sequence[Post]) -> "_Columns":
        """Of posts with one key the first counts."""
        keys = [post.key for post in posts]
        if len(set(keys)) < len(keys):
            posts = tuple({post.key: post for post in reversed(posts)}.values())[::-1]
            keys = [post.key for post in posts]
        return cls(posts, keys, link_keys([post.url for post in posts]), list(map(crc, keys)), _digests(posts))

    def only(self, numbers: Sequence[int]) -> "_Columns":
        """Those at these places."""
        return _Columns._make([column[number] for number in numbers] for column in self)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The rows of posts that are kept, by their keys and by their canonical links."""

    by_key: dict[str, int]
    by_link: dict[str, int]

    def rows(self, shown: _Columns) -> list[int]:
        """Those of any of these keys and links."""
        if self.by_key.keys().isdisjoint(shown.keys) and self.by_link.keys().isdisjoint(shown.links):
            return []  # as at nearly all first looks
        found = {*map(self.by_key.get, shown.keys), *map(self.by_link.get, shown.links)}
        return sorted(row for row in found if row is not None)

    def add(self, rows: Sequence[int], new: _Columns) -> None:
        """Posts in these rows."""
        self.by_key.update(zip(new.keys, rows, strict=True))
        self.by_link.update(zip(new.links, rows, strict=True))
        self.by_link.pop("", None)


class _Taken(NamedTuple):
    """Of the posts of a look: those that are new to their source or reworded; the places of those that nobody knew, and
    the verdicts on them; digest and row of those that this source was the first to show, in other words; of the rest,
    which another one was the first to show, row, the key's number, digest and verdict.
    """

    seen: list[Seen]
    new: Sequence[int]
    fresh: list[bool]
    reworded: list[tuple[int, int]]
    sighted: list[tuple[int, int, int, bool]]


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
        shown = [_Columns.of(look.posts) for look in looks]
        kept, places = self._kept(shown), self._places([look.source.name for look in looks])
        (free,) = self._conn.execute("SELECT coalesce(max(id), 0) + 1 FROM posts").fetchone()
        rows: list[tuple[object, ...]] = []
        intakes: list[Intake] = []
        for look, columns in zip(looks, shown, strict=True):
            place, first = places[look.source.name], free + len(rows)
            if known := kept.rows(columns):
                earlier = self._earlier(look.source.name, place, known)
                taken = _taken(look, columns, kept, earlier, first)
                here = sum(each.id not in earlier for each in taken.seen)
                self._note(place, taken)
                columns = columns.only(taken.new)
            else:
                taken = _all_new(look, columns.posts, first)
                here = len(taken.seen)
            numbers = range(first, first + len(taken.new))
            kept.add(numbers, columns)
            rows += _rows(numbers, columns, taken.fresh, look.source.name, now.timestamp())
            intakes.append(Intake(seen=tuple(taken.seen), new=len(numbers), here=here))
        self._conn.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * 16)})", rows)
        return intakes

    def _kept(self, shown: Iterable[_Columns]) -> _Kept:
        """Where these posts are kept, under their keys or their links."""
        crcs: list[int] = []
        links: list[str] = []
        for each in shown:
            crcs += each.crcs
            links += filter(None, each.links)
        # Of several posts with one checksum all are found; which is the one, its key says.
        return _Kept(
            dict(self._conn.execute(f"SELECT p.key, p.id {_AMONG} p.crc = wanted.value", (json.dumps(crcs),))),
            dict(
                self._conn.execute(
                    f"SELECT p.link, p.id {_AMONG} p.link = wanted.value AND p.link <> '' ORDER BY p.id",
                    (json.dumps(links),),
                )
            ),
        )

    def _places(self, names: Sequence[str]) -> dict[str, int]:
        """The numbers of sources."""
        return dict(
            self._conn.execute(
                "SELECT s.name, s.id FROM json_each(?) AS wanted JOIN sources AS s ON s.name = wanted.value",
                (json.dumps(names),),
            )
        )

    def _earlier(self, name: str, place: int, rows: Sequence[int]) -> dict[int, _Earlier]:
        """How the source of that name and number last showed the posts in these rows, as far as it did."""
        # CROSS: the rows first, else SQLite would go through all that the source ever showed.
        found = self._conn.execute(
            f"SELECT p.id, {OWN}, p.digest, p.fresh, 1 {_AMONG} p.id = wanted.value AND p.source = ?2 "
            "UNION ALL SELECT s.post, s.key, s.digest, s.fresh, 0 FROM json_each(?1) AS wanted "
            "CROSS JOIN sightings AS s ON s.source = ?3 AND s.post = wanted.value",
            (json.dumps(rows), name, place),
        )
        return {row: _Earlier(key, digest, bool(fresh), bool(first)) for row, key, digest, fresh, first in found}

    def _note(self, place: int, taken: _Taken) -> None:
        """How the source of that number shows posts that were known."""
        self._conn.executemany("UPDATE posts SET digest = ? WHERE id = ?", taken.reworded)
        self._conn.executemany(
            "INSERT INTO sightings VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET key = excluded.key, digest = excluded.digest",
            [(place, *each) for each in taken.sighted],
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
                if not seen.new:
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


def _rows(
    numbers: Sequence[int], new: _Columns, fresh: Sequence[bool], source: str, seen: float
) -> Iterable[tuple[object, ...]]:
    """What is kept of new posts, in rows of these numbers."""
    if not numbers:
        return ()
    keys, urls, titles, texts, authors, dates, langs, points_to, shows = zip(*new.posts, strict=True)
    return zip(
        numbers,
        keys,
        new.links,
        urls,
        titles,
        [text[:MAX_TEXT] for text in texts],
        authors,
        [date and date.timestamp() for date in dates],
        langs,
        _lists(points_to),
        _lists(shows),
        [source] * len(numbers),
        [seen] * len(numbers),
        new.crcs,
        new.digests,
        fresh,
        strict=True,
    )


def _lists(values: Sequence[Sequence[str]]) -> list[str]:
    """Each as JSON, at a fifth of what ``dumps`` costs, and less where nothing has to be escaped."""
    whole = "".join(map("".join, values))
    if whole.isascii() and whole.isprintable() and '"' not in whole and "\\" not in whole:
        return ['["' + '", "'.join(each) + '"]' if each else "[]" for each in values]
    return ["[" + ", ".join(map(encode_basestring_ascii, each)) + "]" for each in values]


def _taken(look: Shown, shown: _Columns, kept: _Kept, earlier: Mapping[int, _Earlier], free: int) -> _Taken:
    """What there is to keep of a look; posts that nobody knew get the rows from ``free`` on."""
    seen: list[Seen] = []
    new: list[int] = []
    verdicts: list[bool] = []
    reworded: list[tuple[int, int]] = []
    sighted: list[tuple[int, int, int, bool]] = []
    for number, (post, link, digest) in enumerate(zip(shown.posts, shown.links, shown.digests, strict=True)):
        key, row = OWN, kept.by_key.get(post.key)
        if row is None and (row := kept.by_link.get(link)) is not None:
            key = hashed(post.key)
            if earlier.get(row, _NEVER).is_another(key, digest):
                key, row = OWN, None
        before = _NEVER if row is None else earlier.get(row, _NEVER)
        if before.digest == digest:
            continue
        fresh, is_new = look.is_fresh(post, before.fresh), row is None
        if row is None:
            row = free + len(new)
            new.append(number)
            verdicts.append(fresh)
        elif before.first:
            reworded.append((digest, row))
        else:
            sighted.append((row, key, digest, fresh))
        seen.append(Seen(row, post, look.source.name, fresh, is_new))
    return _Taken(seen, new, verdicts, reworded, sighted)


def _all_new(look: Shown, posts: Sequence[Post], free: int) -> _Taken:
    """The same where nobody knew any of them, as at nearly all first looks."""
    fresh = [look.is_fresh(post, None) for post in posts]
    number = len(posts)
    seen = records(Seen, range(free, free + number), posts, [look.source.name] * number, fresh, [True] * number)
    return _Taken(seen, range(number), fresh, [], [])


def _digests(posts: Iterable[Post]) -> list[int]:
    """Lengths and checksums, by which other words are told: cheap, since they are taken of all that is shown."""
    return [
        len(post.text) << 32 | crc32(f"{post.title}\0{post.text}".encode("utf-8", "surrogatepass")) for post in posts
    ]


def hashed(text: str) -> int:
    """63 bits, which SQLite keeps in eight bytes."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1
