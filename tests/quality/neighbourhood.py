"""What a real store gives to compare with a new post: pairs of texts go through it as posts of stories would."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model import Hit, Seen, Source, Story
from bot.rules import story
from bot.store import Store
from scrapers import Post

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = Source(name="set", kind="feed", options=None)


def found(pairs: Sequence[tuple[Post, Post]]) -> list[bool | None]:
    """For each pair whether its first text was among the posts looked at when the second came.

    All first texts come before all second ones. None: the second text was known before it came.
    """
    rows: dict[str, int] = {}
    with (
        tempfile.TemporaryDirectory(prefix="vigie-quality-") as folder,
        Store(Path(folder) / "set.db") as store,
        store.transaction(),
    ):
        store.sources.sync([SOURCE], now=NOW)
        _keep(store, rows, (first for first, _ in pairs))
        return [_is_near(store, rows, first, second) for first, second in pairs]


def _keep(store: Store, rows: dict[str, int], posts: Iterable[Post]) -> None:
    """Keep each text that is new, as a story of its own."""
    for post in posts:
        if post.text not in rows:
            seen = _added(store, post)
            rows[post.text] = seen.id
            reading = story.read(seen.post, (), (), store.stories.frequencies)
            part = Story(id=seen.id, hit=Hit(seen=seen, matches=()))
            store.stories.keep(part, reading.sketch, reading.marks, now=NOW)


def _added(store: Store, post: Post) -> Seen:
    """The text in the archive, under a key of its own."""
    (count,) = store.db.execute("SELECT count(*) FROM posts").fetchone()
    keyed = post._replace(key=f"set:{count}")
    (seen,) = store.archive.add(SOURCE, [keyed], is_fresh=lambda *_: True, now=NOW).seen
    return seen


def _is_near(store: Store, rows: dict[str, int], first: Post, second: Post) -> bool | None:
    if second.text in rows:
        return None
    marks = story.read(second, (), (), store.stories.frequencies).marks
    near = store.stories.near(marks, since=NOW - DAY, born=NOW - DAY)
    _keep(store, rows, [second])
    return rows[first.text] in {each.id for each in near}
