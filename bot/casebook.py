"""Two questions of an operator: why a post did or did not alert, and what if it stands in the wrong story.

``inquire`` only reads, and may do so while a bot runs; ``split_off`` writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import markup
from bot.config import Config
from bot.errors import VigieError
from bot.rules import casebook, split, story
from bot.rules.casebook import Apart, Filed, Judged, Line, Member, Reader
from bot.store import Store
from bot.tell import LONGEST_STORY

STORIES = 3
"""Of so many stories it is told why a post was not joined to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that can be said of a post. ``others`` are the rows of older posts at the same address.

    ``story`` is None and ``members`` is empty where it tells none; ``readers`` come each with the verdict.
    """

    filed: Filed
    freshness: str
    others: tuple[int, ...]
    topics: tuple[Judged, ...]
    story: int | None
    members: tuple[Member, ...]
    apart: tuple[Apart, ...]
    readers: tuple[tuple[Reader, str], ...]

    @property
    def member(self) -> Member | None:
        """The post's own part in its story."""
        return next((member for member in self.members if member.id == self.filed.id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """A story after a split: the new one, the posts that went into it, how many alerts and edits are owed for it."""

    story: int
    moved: tuple[Member, ...]
    alerts: int
    edits: int


def inquire(store: Store, config: Config, asked: str, *, now: datetime) -> Case:
    """What is known of a post. Raises VigieError when there is no such post."""
    with store.snapshot():
        row, *others = _find(store, asked)
        filed, number = store.casebook.filed(row), store.stories.of(row)
        members = store.casebook.members(number) if number is not None else ()
        topics = casebook.judged(config.topics, {source.name: source for source in config.sources}, filed)
        own = next((member for member in members if member.id == row), None)
        lines = store.casebook.lines(number) if number is not None else ()
        return Case(
            filed=filed,
            freshness=casebook.freshness(filed, fresh=config.fresh, backfill=config.backfill),
            others=tuple(others),
            topics=topics,
            story=number,
            members=members,
            apart=_apart(store, config, filed, own, number, topics),
            readers=tuple(
                (reader, casebook.verdict(reader, row, own, filed.hits, now=now))
                for reader in _readers(store, filed, lines)
            ),
        )


def _find(store: Store, asked: str) -> tuple[int, ...]:
    found = store.casebook.find(asked.strip())
    if not found:
        raise VigieError(f'"{markup.shorten(asked, 200)}": no such post; name it by its key, its address or its number')
    return found


def _apart(
    store: Store, config: Config, filed: Filed, own: Member | None, number: int | None, topics: Iterable[Judged]
) -> tuple[Apart, ...]:
    """The nearest stories that a post was not joined to, as they stood when it came, with today's frequencies."""
    told = own.topics if own else frozenset(hit.topic for hit in filed.hits)
    told = told or frozenset(one.topic.name for one in topics if one.places is not None)
    if not told:
        return ()
    at, stories, post = own.at if own else filed.seen, store.stories, filed.post
    places = (place for hit in filed.hits for place in hit.places)
    reading = story.read(post, told, places, stories.frequencies)
    near = stories.near(reading.marks, since=at - config.window, born=at - LONGEST_STORY, but=number or 0, least=0.0)
    found: dict[int, Apart] = {}
    for each in near:
        likeness = story.compare(reading, each, store.archive.post)
        before = found.get(each.story)
        if before is None or (likeness.tie and not before.likeness.tie):
            beside = next(one for one in store.casebook.members(each.story) if one.id == each.id)
            found[each.story] = Apart(story=each.story, beside=beside, likeness=likeness)
    return tuple(found.values())[:STORIES]


def _readers(store: Store, filed: Filed, lines: Sequence[Line]) -> list[Reader]:
    """Whoever follows a topic of the post, or has a row of its story."""
    follows = store.casebook.followers(hit.topic for hit in filed.hits)
    concerned = {one.subscription.subscriber.id for one in follows} | {line.subscriber for line in lines}
    return [
        Reader(
            subscriber=one,
            follows=tuple(each for each in follows if each.subscription.subscriber.id == one.id),
            lines=tuple(line for line in lines if line.subscriber == one.id),
        )
        for one in store.casebook.readers(concerned)
    ]


def split_off(store: Store, config: Config, number: int, asked: str, *, now: datetime) -> Divided:
    """Take a post out of a story, with what was joined beside it, and owe what follows. Raises VigieError."""
    with store.transaction():
        post, *_ = _find(store, asked)
        members = store.casebook.members(number)
        _refuse(number, post, members, store.stories.of(post))
        moved = split.branch(members, post)
        lines = store.casebook.lines(number)
        changed = split.recast(lines, moved, post)
        store.casebook.divide(number, post, moved, changed)
        alerts, edits = _owe(store, config, (number, post), lines, changed, now)
    gone = tuple(member for member in members if member.id in moved)
    return Divided(story=post, moved=gone, alerts=alerts, edits=edits)


def _refuse(number: int, post: int, members: Sequence[Member], where: int | None) -> None:
    if not members:
        raise VigieError(f"there is no story {number}; `vigie why {post}` tells that of the post")
    if where is None:
        raise VigieError(f"post {post} is in no story")
    if where != number:
        raise VigieError(f"post {post} is not in story {number}, but in story {where}")
    if post == number:
        raise VigieError(f"post {post} is the first of story {number}: name the post that does not belong to it")


def _owe(
    store: Store,
    config: Config,
    stories: tuple[int, int],
    lines: Sequence[Line],
    changed: Sequence[split.Recast],
    now: datetime,
) -> tuple[int, int]:
    """Owe what the split of a story into the first and the second calls for; returns how many alerts and edits."""
    _, new = stories
    halves = {each: store.casebook.members(each) for each in stories}
    topics = {topic.name: topic for topic in config.topics}
    hits = {hit.topic for half in halves.values() for member in half for hit in member.hits}
    followers = [
        one
        for one in store.casebook.followers(hits)
        if one.subscription.subscriber.alive or one.subscription.subscriber.managed
    ]
    left = {one.id for one in changed if one.story == new}
    losers = {line.subscriber for line in lines if line.told and line.id in left}
    told = store.outbox.told(stories)
    alerts = split.owed(halves, followers, told, losers, topics, new=new, now=now)
    edits = split.edits(lines, changed, halves, followers, now=now)
    return store.outbox.owe((*alerts, *edits), now=now), len(edits)
