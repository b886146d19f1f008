"""Who is told of what, and when: from stories and subscriptions to alerts with due times."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
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
    Tie,
    Told,
    Topic,
)
from scrapers import Post

SINGLES = 3
"""More alerts than this that are due at once become one list."""
EDITABLE = timedelta(hours=12)
"""So long after an alert was sent, what follows is written into it."""
DAY = timedelta(hours=24)
"""Between two replies that bring nothing but another account of the story."""


def freshness(*, now: datetime, age: timedelta, first_age: timedelta | None) -> Callable[[Post, bool | None], bool]:
    """What tells of a post whether it is young enough to alert.

    ``age`` is the limit for a dated post. At the first look at a source ``first_age`` is the limit instead and undated
    posts are too old; at later looks it is None. What is returned also takes the verdict when this source first showed
    the post, or None: an undated post that was reworded keeps it, since nobody knows its age better now.
    """
    since, first_since, undated = now - age, now - (age if first_age is None else first_age), first_age is None

    def is_fresh(post: Post, before: bool | None) -> bool:
        if post.published is None:
            return undated if before is None else before
        return post.published >= (first_since if before is None else since)

    return is_fresh


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
    """What is owed because of these parts of stories, decided for each subscriber by what they were told.

    Who was told nothing of a story is owed an alert. Topics, prices and quantities that they were not told of are owed
    at once, as a reply. All else goes with an alert that is still owed, or into one that was sent lately; later it is
    a reply again, at most once a day. A muted subscription is owed nothing.
    """
    followers = _followers(following, now)
    known = {(one.subscriber, one.story): one for one in told}
    owed = []
    for story in stories:
        for subscriptions in _by_subscriber(story, followers):
            subject = (subscriptions[0].subscriber.id, story.id)
            alert = _alert(story, subscriptions, known.get(subject), topics, now)
            if alert:
                owed.append(alert)
            if alert and alert.kind is AlertKind.ALERT:
                known[subject] = _told(alert, story, known.get(subject))
    return tuple(owed)


def _followers(following: Iterable[Subscription], now: datetime) -> Mapping[str, Sequence[Subscription]]:
    found: dict[str, list[Subscription]] = defaultdict(list)
    for subscription in following:
        if subscription.muted is None or subscription.muted <= now:
            found[subscription.topic].append(subscription)
    return found


def _by_subscriber(story: Story, followers: Mapping[str, Sequence[Subscription]]) -> Iterable[list[Subscription]]:
    found: dict[int, list[Subscription]] = defaultdict(list)
    for match in story.hit.matches:
        for subscription in followers.get(match.topic, ()):
            found[subscription.subscriber.id].append(subscription)
    return found.values()


def _told(alert: Alert, story: Story, before: Told | None) -> Told:
    """What a subscriber will have been told once this alert goes, for the next post of the same look.

    Its row is not known yet; the outbox finds it.
    """
    return Told(
        subscriber=alert.subscriber,
        story=alert.story,
        topics=frozenset(alert.topics) | (before.topics if before else frozenset()),
        facts=story.facts | (before.facts if before else frozenset()),
    )


def _alert(
    story: Story, follows: Sequence[Subscription], told: Told | None, topics: Mapping[str, Topic], now: datetime
) -> Alert | None:
    """What one subscriber, who follows these topics of the post, is owed for it."""
    post = story.hit.seen.id
    if told is None:
        return _news(story, follows, topics, cause="first", since=now)
    unnamed = [one for one in follows if one.topic not in told.topics]
    if unnamed:
        news = _news(story, unnamed, topics, cause="topic", since=now)
        return replace(news, cause=f"topic {' '.join(news.topics)}", about=told.row)
    facts = sorted(story.facts - told.facts)
    if facts:
        return replace(_news(story, follows, topics, cause=f"fact {' '.join(facts)} {post}", since=now), about=told.row)
    if told.at is None:
        return None  # its words are made when it goes, and will name this post
    if not told.listed and now - told.at <= EDITABLE:
        return _edit(story, follows, told, topics, now)
    if story.tie is Tie.COPY:
        return None
    quiet = told.at + (DAY if told.reply else EDITABLE)
    return replace(_news(story, follows, topics, cause=f"again {post}", since=max(now, quiet)), about=told.row)


def _news(
    story: Story, follows: Sequence[Subscription], topics: Mapping[str, Topic], *, cause: str, since: datetime
) -> Alert:
    """An alert of these topics, at the earliest of their paces."""
    names = _loudest_first(follows, topics)
    paces = [(due(one.pace, one.subscriber.timezone, since), one.pace) for one in follows]
    when, pace = min(paces, key=lambda one: one[0])
    return Alert(
        subscriber=follows[0].subscriber.id,
        kind=AlertKind.ALERT,
        story=story.id,
        cause=cause,
        post=story.hit.seen.id,
        topics=names,
        priority=topics[names[0]].priority,
        due=when,
        digest=pace.rhythm is not Rhythm.NOW,
    )


def _edit(
    story: Story, follows: Sequence[Subscription], told: Told, topics: Mapping[str, Topic], now: datetime
) -> Alert:
    names = _loudest_first(follows, topics)
    return Alert(
        subscriber=told.subscriber,
        kind=AlertKind.EDIT,
        story=story.id,
        cause=f"edit {told.row}",
        post=story.hit.seen.id,
        about=told.row,
        topics=names,
        priority=topics[names[0]].priority,
        due=now,
    )


def _loudest_first(follows: Sequence[Subscription], topics: Mapping[str, Topic]) -> tuple[str, ...]:
    return tuple(sorted({one.topic for one in follows}, key=lambda name: (_urgency(topics[name].priority), name)))


def _urgency(priority: Priority) -> int:
    return list(Priority).index(priority)


def next_message(parcel: Parcel) -> tuple[Owed, ...]:
    """What goes into the next message of this parcel: one alert, or several as a list.

    A list is made of what waited for an hourly or daily pace, and of more than 3 alerts that are due at once; those of
    one story stand side by side in it. What goes out for the second time, or as plain text, goes alone, and so does an
    edit or a notice.
    """
    head = parcel.owed[0]
    together = [owed for owed in parcel.owed if owed.post and not (owed.repeat or owed.plain or owed.edits)]
    if head not in together:
        return (head,)
    if head.digest:
        return _side_by_side(owed for owed in together if owed.digest)
    return _side_by_side(together) if len(together) > SINGLES else (head,)


def _side_by_side(together: Iterable[Owed]) -> tuple[Owed, ...]:
    """The same, each story's alerts after its first."""
    stories: dict[tuple[int, int], list[Owed]] = defaultdict(list)
    for owed in together:
        stories[owed.story, 0 if owed.story else owed.id].append(owed)
    return tuple(chain.from_iterable(stories.values()))
