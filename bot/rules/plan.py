"""Who is told of what, and when: from stories and subscriptions to alerts with due times."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import (
    Alert,
    AlertKind,
    Owed,
    Pace,
    Parcel,
    Priority,
    Rhythm,
    Story,
    Subscription,
    Told,
    Topic,
)
from scrapers import Post

SINGLES = 3
"""More alerts than this that are due at once become one list."""


def is_fresh(post: Post, before: bool | None, *, now: datetime, age: timedelta, first_age: timedelta | None) -> bool:
    """Whether a post is young enough to alert.

    ``age`` is the limit for a dated post. At the first look at a source ``first_age`` is the limit instead and undated
    posts are too old; at later looks it is None. ``before`` is the verdict when this source first showed the post, if
    it had: an undated post that was reworded keeps it, since nobody knows its age better now.
    """
    if post.published is None:
        return before if before is not None else first_age is None
    limit = first_age if first_age is not None and before is None else age
    return post.published >= now - limit


def due(pace: Pace, timezone: str, now: datetime) -> datetime:
    """When an alert that arises now is due at that pace: now, at the next full hour, at the next such time of day."""
    if pace.rhythm is Rhythm.NOW:
        return now
    if pace.rhythm is Rhythm.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    local = now.astimezone(ZoneInfo(timezone))
    today = local.replace(hour=pace.at.hour, minute=pace.at.minute, second=0, microsecond=0)
    if today.timestamp() <= now.timestamp():
        today += timedelta(days=1)
    return today.astimezone(now.tzinfo)


def alerts(
    stories: Sequence[Story],
    following: Iterable[Subscription],
    told: Iterable[Told],
    topics: Mapping[str, Topic],
    *,
    now: datetime,
) -> tuple[Alert, ...]:
    """What is owed because of these stories: one alert for each subscriber and story.

    A subscriber who has one of this story already is owed another only for topics that it did not name (its cause is
    then those topics); a muted subscription is owed nothing.
    """
    followers: dict[str, list[Subscription]] = defaultdict(list)
    for subscription in following:
        if subscription.muted is None or subscription.muted <= now:
            followers[subscription.topic].append(subscription)
    known: dict[tuple[int, int], set[str]] = defaultdict(set)
    for earlier in told:
        known[earlier.subscriber, earlier.story] |= earlier.topics
    owed = []
    for story in stories:
        for subscriptions in _by_subscriber(story, followers):
            subject = (subscriptions[0].subscriber.id, story.id)
            news = [one for one in subscriptions if one.topic not in known[subject]]
            if news:
                owed.append(_alert(story, news, topics, first=not known[subject], now=now))
                known[subject] |= {one.topic for one in news}
    return tuple(owed)


def _by_subscriber(story: Story, followers: Mapping[str, Sequence[Subscription]]) -> Iterable[list[Subscription]]:
    found: dict[int, list[Subscription]] = defaultdict(list)
    for match in story.hit.matches:
        for subscription in followers.get(match.topic, ()):
            found[subscription.subscriber.id].append(subscription)
    return found.values()


def _alert(
    story: Story, news: Sequence[Subscription], topics: Mapping[str, Topic], *, first: bool, now: datetime
) -> Alert:
    names = tuple(sorted({one.topic for one in news}, key=lambda name: (_urgency(topics[name].priority), name)))
    when, pace = min(((due(one.pace, one.subscriber.timezone, now), one.pace) for one in news), key=lambda one: one[0])
    return Alert(
        subscriber=news[0].subscriber.id,
        kind=AlertKind.ALERT,
        story=story.id,
        cause="first" if first else f"topic {' '.join(names)}",
        post=story.hit.seen.id,
        topics=names,
        priority=topics[names[0]].priority,
        due=when,
        digest=pace.rhythm is not Rhythm.NOW,
    )


def _urgency(priority: Priority) -> int:
    return list(Priority).index(priority)


def next_message(parcel: Parcel) -> tuple[Owed, ...]:
    """What goes into the next message of this parcel: one alert, or several as a list.

    A list is made of what waited for an hourly or daily pace, and of more than 3 alerts that are due at once. What goes
    out for the second time, or as plain text, goes alone, and so does a notice.
    """
    head = parcel.owed[0]
    together = [owed for owed in parcel.owed if owed.post and not owed.repeat and not owed.plain]
    if head not in together:
        return (head,)
    if head.digest:
        return tuple(owed for owed in together if owed.digest)
    return tuple(together) if len(together) > SINGLES else (head,)
