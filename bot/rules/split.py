"""Undoing a wrong merge: which posts leave a story, what of the outbox goes with them, who is owed what for it.

A subscriber may know either half only by a line in the alert of the other. Whoever should have had an alert of a half
gets it now, and what no longer belongs to a message that can still be changed is taken out of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import Alert, AlertKind, Hit, Match, Seen, Story, Told, Topic
from bot.rules import plan
from bot.rules.casebook import Follower, Line, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Recast:
    """A row of the outbox as it is after a split: its story, its cause, and the row that it is about."""

    id: int
    story: int
    cause: str
    about: int


def branch(members: Iterable[Member], post: int) -> frozenset[int]:
    """A post and those that were joined beside it, beside these, and so on."""
    beside: dict[int, list[int]] = defaultdict(list)
    for member in members:
        beside[member.beside].append(member.id)
    taken: set[int] = set()
    waiting = [post]
    while waiting:
        one = waiting.pop()
        if one not in taken:
            taken.add(one)
            waiting += beside[one]
    return frozenset(taken)


def recast(lines: Sequence[Line], moved: Collection[int], new: int) -> tuple[Recast, ...]:
    """The rows of a story that change when these posts leave it for the story ``new``, those that leave first.

    An alert goes with its post, an edit with the alert that it changes. The first alert that a subscriber has of
    either half is a first alert from now on, whatever it answered.
    """
    story = {line.id: new if line.post in moved else line.story for line in lines if line.kind is AlertKind.ALERT}
    halves: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        if line.kind is AlertKind.ALERT:
            halves[line.subscriber, story[line.id]].append(line)
    first = {subject: _first(alerts) for subject, alerts in halves.items()}
    found = [_recast(line, story, first) for line in lines]
    was = {line.id: Recast(id=line.id, story=line.story, cause=line.cause, about=line.about) for line in lines}
    return tuple(sorted((one for one in found if one != was[one.id]), key=lambda one: (one.story != new, one.id)))


def _first(alerts: Sequence[Line]) -> int:
    """The row that is the first alert of a half: the one that was, or else the oldest that was not dropped."""
    return min(alerts, key=lambda line: (line.cause != "first", not line.told, line.id)).id


def _recast(line: Line, stories: Mapping[int, int], first: Mapping[tuple[int, int], int]) -> Recast:
    """A row after the split, when ``stories`` are those of the alerts and ``first`` leads a subscriber's half."""
    if line.kind is not AlertKind.ALERT:
        return Recast(id=line.id, story=stories.get(line.about, line.story), cause=line.cause, about=line.about)
    story = stories[line.id]
    leads = first[line.subscriber, story]
    if leads == line.id:
        return Recast(id=line.id, story=story, cause="first", about=0)
    return Recast(
        id=line.id, story=story, cause=line.cause, about=line.about if stories.get(line.about) == story else leads
    )


def owed(
    halves: Mapping[int, Sequence[Member]],
    followers: Iterable[Follower],
    told: Iterable[Told],
    losers: Collection[int],
    topics: Mapping[str, Topic],
    *,
    new: int,
    now: datetime,
) -> tuple[Alert, ...]:
    """The alerts of either half that somebody should have had and has not. Its posts are in order of joining.

    Of the story ``new`` that is everybody who followed a topic of one of its posts when that was found; of what
    remains only the ``losers``, whose alert went with the other half. Who has an alert of a half is owed nothing.
    """
    known = {(one.subscriber, one.story) for one in told}
    readers: dict[int, list[Follower]] = defaultdict(list)
    for follower in followers:
        readers[follower.subscription.subscriber.id].append(follower)
    alerts: list[Alert] = []
    for story, members in halves.items():
        for reader, follows in readers.items():
            if (reader, story) not in known and (story == new or reader in losers):
                parts = [part for member in members if (part := _part(story, member, follows, topics))]
                alerts += plan.alerts(parts, [one.subscription for one in follows], (), topics, now=now)
    return tuple(alerts)


def _part(story: int, member: Member, follows: Sequence[Follower], topics: Mapping[str, Topic]) -> Story | None:
    """A post's part in its story for one who follows these: the topics of which they should have been told."""
    since = {one.subscription.topic: one.since for one in follows}
    matches = tuple(
        Match(topic=hit.topic, places=hit.places)
        for hit in member.hits
        if hit.fresh and hit.topic in topics and hit.topic in since and since[hit.topic] <= hit.at
    )
    seen = Seen(id=member.id, post=member.post, source=member.source)
    hit = Hit(seen=seen, matches=matches)
    return Story(id=story, hit=hit, tie=member.tie, facts=member.facts) if matches else None


def edits(
    lines: Sequence[Line],
    changed: Iterable[Recast],
    halves: Mapping[int, Sequence[Member]],
    followers: Iterable[Follower],
    *,
    now: datetime,
) -> tuple[Alert, ...]:
    """The messages that can still be changed and may name a post of the other half, or lack one of their own.

    ``lines`` are the rows as they were. To change a message into what it says already does no harm.
    """
    after = {one.id: one.story for one in changed}
    apart: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        if line.told:
            apart[line.subscriber].add(line.post)
    topics: dict[int, set[str]] = defaultdict(set)
    for follower in followers:
        topics[follower.subscription.subscriber.id].add(follower.subscription.topic)
    found = []
    for line in lines:
        story = after.get(line.id, line.story)
        others = (each for half in halves if half != story or line.id in after for each in halves[half])
        named = (each for each in others if not topics[line.subscriber].isdisjoint(hit.topic for hit in each.hits))
        if _is_editable(line, now) and any(each.id not in apart[line.subscriber] for each in named):
            found.append(_edit(line, story, now))
    return tuple(found)


def _is_editable(line: Line, now: datetime) -> bool:
    if line.kind is not AlertKind.ALERT or line.state != "sent" or not line.alone or line.settled is None:
        return False
    return now - line.settled <= plan.EDITABLE


def _edit(line: Line, story: int, now: datetime) -> Alert:
    return Alert(
        subscriber=line.subscriber,
        kind=AlertKind.EDIT,
        story=story,
        cause=f"edit {line.id}",
        post=line.post,
        about=line.id,
        topics=line.topics,
        priority=line.priority,
        due=now,
    )
