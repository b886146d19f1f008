"""From posts to what is owed: which topics they match, which stories they tell, who is told.

It runs inside the transaction of whoever brought the posts, a look at a source or the reading of an article, so that
hits, stories and alerts are one commit with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Hit, Match, Seen, Source, Story, Subscription, Tie, Topic
from bot.rules import plan, story
from bot.rules.matcher import Matcher
from bot.rules.story import Reading
from bot.store import Store
from scrapers import Post

LONGEST_STORY = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What to watch for: replaced whole when the configuration changes."""

    sources: Mapping[str, Source]
    topics: Mapping[str, Topic]
    matcher: Matcher
    fresh: timedelta
    backfill: timedelta
    window: timedelta

    def matches(self, source: Source, post: Post) -> list[Match]:
        """What a post of this source matches, of the topics that watch the source."""
        return self.matches_each(source, [post])[0]

    def matches_each(self, source: Source, posts: Sequence[Post]) -> list[list[Match]]:
        """The same for each of the posts of one look."""
        found = self.matcher.match_each(posts, labels=source.labels)
        return [[match for match in each if self.topics[match.topic].watches(source)] if each else [] for each in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What some posts came to: (topic, post) pairs matched for the first time, and alerts owed."""

    hits: int = 0
    alerts: int = 0


def tell(store: Store, orders: Orders, matched: Iterable[tuple[Seen, Sequence[Match]]], *, now: datetime) -> Outcome:
    """Keep these matches and their stories, and owe what follows. Belongs into the transaction of the posts."""
    hits = store.archive.keep_hits(matched, now=now)
    pairs = sum(len(hit.matches) for hit in hits)
    return Outcome(hits=pairs, alerts=_owe(store, orders, hits, now) if hits else 0)


def _owe(store: Store, orders: Orders, hits: Iterable[Hit], now: datetime) -> int:
    """Keep the stories of these hits and owe what follows; returns how many alerts that is."""
    fresh = [hit for hit in hits if hit.seen.fresh]
    if not fresh:
        return 0
    following = store.people.following({match.topic for hit in fresh for match in hit.matches})
    return sum(_owe_for(store, orders, hit, following, now) for hit in fresh)


def _owe_for(store: Store, orders: Orders, hit: Hit, following: Sequence[Subscription], now: datetime) -> int:
    row, facts = hit.seen.id, story.facts(hit)
    known = store.stories.of(row)
    if known is None:
        reading, part = place(store, hit, facts, window=orders.window, now=now)
    else:
        reading, part = None, Story(id=known, hit=hit, tie=Tie.COPY, beside=row, facts=facts)
    told = store.outbox.told({part.id})  # before the post is a member, or its own facts would count as told
    if reading is None:
        store.stories.learn(row, facts)
    else:
        store.stories.keep(part, reading.sketch, reading.marks, now=now)
    return store.outbox.owe(plan.alerts([part], following, told, orders.topics, now=now), now=now)


def place(store: Store, hit: Hit, facts: frozenset[str], *, window: timedelta, now: datetime) -> tuple[Reading, Story]:
    """How a hit reads, and the story that it tells, which is still to be kept."""
    topics = [match.topic for match in hit.matches]
    places = (place for match in hit.matches for place in match.places)
    reading = story.read(hit.seen.post, topics, places, store.stories.frequencies)
    near = store.stories.near(reading.marks, since=now - window, born=now - LONGEST_STORY)
    return reading, story.join(hit, reading, near, store.archive.post, facts)


def index_old(store: Store, *, now: datetime) -> int:
    """Index the posts of stories that a Vigie without the index left behind; returns how many. Once in a lifetime."""
    rows = store.stories.unindexed(now - LONGEST_STORY)
    for row in rows:
        reading = story.read(store.archive.post(row), (), (), store.stories.frequencies)
        store.stories.index(row, reading.sketch, reading.marks, now=now)
    return len(rows)
