"""What became of a post, and why: the values of a case, and the judgements that make sense of them.

judged      topic by topic of today: whether it is true of the post, whether it is a hit, and what is missing
freshness   why its age allowed an alert, or did not
verdict     why one subscriber was told of it, or was not
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import AlertKind, Place, Priority, Source, Subscriber, Subscription, Tie, Topic
from bot.rules import matcher, query
from bot.rules.query import And, Near, Node, Not, Or, Word
from bot.rules.story import Likeness
from scrapers import Post

NAMED = 6
"""Of the words that stand in a post without making a query true, so many are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A hit as the archive keeps it: the topic, where its words stand, when it was found, whether it was fresh."""

    topic: str
    places: tuple[Place, ...]
    fresh: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A source that showed the post, and whether its age allowed an alert there and then."""

    source: str
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A post as the archive has it. ``page`` is what became of the page behind it, "" where none is read."""

    id: int
    post: Post
    source: str
    seen: datetime
    shown: tuple[Showing, ...]
    hits: tuple[Kept, ...]
    page: str = ""

    @property
    def fresh(self) -> bool:
        """Whether any source showed it while its age allowed an alert."""
        return any(showing.fresh for showing in self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A post's part in its story, as the archive keeps it. ``at`` is when it joined."""

    id: int
    post: Post
    source: str
    tie: Tie
    beside: int
    evidence: tuple[str, ...]
    facts: frozenset[str]
    at: datetime
    hits: tuple[Kept, ...]

    @property
    def topics(self) -> frozenset[str]:
        """The topics that it was told for: those of its hits that were fresh."""
        return frozenset(hit.topic for hit in self.hits if hit.fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A story that a post was not joined to: the nearest of its members, and what the two have in common."""

    story: int
    beside: Member
    likeness: Likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the outbox: what one subscriber was told of a story, or is owed.

    ``settled`` is when its state was reached, ``alone`` whether it stands in a message of its own.
    """

    id: int
    subscriber: int
    kind: AlertKind
    story: int
    cause: str
    post: int
    about: int
    topics: tuple[str, ...]
    priority: Priority
    state: str
    due: datetime
    settled: datetime | None = None
    reason: str = ""
    alone: bool = False

    @property
    def told(self) -> bool:
        """Whether it is an alert that was sent or will be."""
        return self.kind is AlertKind.ALERT and self.state != "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A subscription, and since when it is one."""

    subscription: Subscription
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A subscriber whom a post concerns: what they follow of its topics, and their rows of its story."""

    subscriber: Subscriber
    follows: tuple[Follower, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One topic of today and a post: the places where it is true now, its hit of then, and a word on both."""

    topic: Topic
    places: tuple[Place, ...] | None
    hit: Kept | None
    note: str = ""

    @property
    def concerns(self) -> bool:
        """Whether there is more to say than that none of its words stand in the post."""
        return self.places is not None or self.hit is not None or bool(self.note)


def judged(topics: Sequence[Topic], sources: Mapping[str, Source], filed: Filed) -> tuple[Judged, ...]:
    """What each topic of today says to a post, in their order."""
    compiled = matcher.compile(topics)
    shown = [sources[showing.source] for showing in filed.shown if showing.source in sources]
    found: dict[str, tuple[Place, ...]] = {}
    for source in shown:
        for match in compiled.match(filed.post, labels=source.labels):
            found.setdefault(match.topic, match.places)
    near = set(compiled.candidates(filed.post))
    hits = {hit.topic: hit for hit in filed.hits}
    return tuple(
        _judged(topic, shown, filed.post, found.get(topic.name), hits.get(topic.name), near=number in near)
        for number, topic in enumerate(topics)
    )


def _judged(
    topic: Topic, shown: Sequence[Source], post: Post, places: tuple[Place, ...] | None, hit: Kept | None, *, near: bool
) -> Judged:
    if places is not None and not any(topic.watches(source) for source in shown):
        note = f"its words are there, but it looks at {', '.join(topic.sources)} alone"
        return Judged(topic=topic, places=None, hit=hit, note=note)
    if places is not None:
        changed = "" if hit else "no hit was kept: the topic, or the source, was changed since"
        return Judged(topic=topic, places=places, hit=hit, note=changed)
    note = _missing(topic, shown, post) if near else ""
    return Judged(topic=topic, places=None, hit=hit, note=note or ("its query was changed since" if hit else ""))


def _missing(topic: Topic, shown: Sequence[Source], post: Post) -> str:
    """Why a query is not true of a post although some of its words stand there; "" where none do."""
    if not shown:
        return "no source of today has shown this post"
    bare = matcher.compile([replace(topic, exceptions=())])
    if topic.exceptions and any(bare.match(post, labels=source.labels) for source in shown):
        return f"only inside what is excepted: {', '.join(topic.exceptions)}"
    words = list(_words(query.parse(topic.query)))
    there = [(str(word.leaf), wanted) for word, wanted in words if matcher.find(word, post) is not None]
    barred = [word for word, wanted in there if not wanted]
    if barred:
        return f"it must not hold {_some(barred)}"
    return f"the query is not true, of its words it holds {_some(word for word, _ in there)}" if there else ""


def _words(node: Node, *, wanted: bool = True) -> Iterator[tuple[Word, bool]]:
    """The words of a query, each with whether it is wanted or barred."""
    match node:
        case Word():
            yield node, wanted
        case Near():
            yield from _words(node.left, wanted=wanted)
            yield from _words(node.right, wanted=wanted)
        case Not():
            yield from _words(node.part, wanted=not wanted)
        case And() | Or():
            for part in node.parts:
                yield from _words(part, wanted=wanted)


def _some(words: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(words))
    more = len(distinct) - NAMED
    return ", ".join(distinct[:NAMED]) + (f" and {more} more" if more > 0 else "")


def freshness(filed: Filed, *, fresh: timedelta, backfill: timedelta) -> str:
    """Why the age of a post allowed an alert, or did not. The limits are those of today."""
    published = filed.post.published
    if published is None:
        return "undated, so taken as new" if filed.fresh else "undated, and there at the first look at its source"
    age = filed.seen - published
    said = f"published {span(age)} before it was seen" if age > timedelta(0) else "published just now when it was seen"
    if filed.fresh:
        return f"{said}; the limit is {span(fresh)}"
    if age > fresh:
        return f"{said}, which is more than {span(fresh)}"
    if age > backfill:
        return f"{said}; {span(backfill)} is the limit at the first look at a source"
    return f"{said}; its source showed it later, or the limits were changed since"


def span(length: timedelta) -> str:
    """A length of time in one unit: "40 min", "72 h", "9 d"."""
    minutes = max(1, round(length.total_seconds() / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 96 * 60 else f"{minutes // 1440} d"


def reason(apart: Apart, member: Member | None) -> str:
    """Why a post was not joined to a story that is near it. ``member`` is its part in its own, if it has one."""
    said = ", ".join(apart.likeness.evidence)
    if apart.likeness.tie is None:
        return said
    alike = f"would be {'' if apart.likeness.tie is Tie.NEWS else 'a '}{apart.likeness.tie} ({said})"
    if member is None:
        return f"{alike}, but this post tells no story"
    if Tie.SPLIT in (member.tie, apart.beside.tie):
        return f"{alike}, but an operator split them"
    if (apart.beside.at, apart.beside.id) > (member.at, member.id):
        return f"{alike}, but came later, and joined what was nearer to it"
    return f"{alike}, but another story was nearer" if member.tie is not Tie.FIRST else f"{alike} as things stand today"


def verdict(reader: Reader, post: int, member: Member | None, hits: Sequence[Kept], *, now: datetime) -> str:
    """Why a subscriber was told of a post, or was not. ``member`` is its part in the story, if it has one."""
    own = [line for line in reader.lines if line.kind is AlertKind.ALERT and line.post == post]
    if own:
        return _own(own[-1])
    told = [line for line in reader.lines if line.told]
    topics = {one.subscription.topic for one in reader.follows}
    concerned = [hit for hit in hits if hit.fresh and hit.topic in topics]
    if not concerned or member is None:
        return _unconcerned(reader, hits)
    return _shown(reader, told, member) if told else _untold(reader, concerned, now)


def _own(line: Line) -> str:
    """What became of an alert whose very post it is."""
    match line.state:
        case "sent":
            return "told: this post is their alert"
        case "owed":
            return "owed an alert of this post"
        case "sending":
            return "an alert of this post is going out"
        case _:
            return f"the alert of this post was dropped: {line.reason or 'no reason was kept'}"


def _unconcerned(reader: Reader, hits: Sequence[Kept]) -> str:
    if not hits:
        return "not told: no topic matched this post"
    if not any(hit.fresh for hit in hits):
        return "not told: the post was too old"
    return "not told: follows none of its topics" if not reader.follows else "not told: too old for what they follow"


def _shown(reader: Reader, told: Sequence[Line], member: Member) -> str:
    """How a post shows in the alerts of its story, to one who got some for its other posts."""
    if any(line.state == "owed" for line in told):
        return "will be named in the alert of its story, which is owed"
    edits = [line for line in reader.lines if line.kind is AlertKind.EDIT]
    if any(line.state == "owed" for line in edits):
        return "will be written into the alert of its story"
    if any(line.settled and line.settled >= member.at and line.state == "sent" for line in edits):
        return "shown: the alert of its story was changed to name it"
    if any(line.settled and line.settled >= member.at for line in told):
        return "shown: the alert of its story names it"
    if member.tie is Tie.COPY:
        return "not told: a copy of what their alert said, too late to be written into it"
    return "not told: they had their alert of the story"


def _untold(reader: Reader, concerned: Sequence[Kept], now: datetime) -> str:
    """Why somebody who follows a topic of the post has no alert of its story at all."""
    subscriptions = [one.subscription for one in reader.follows]
    since = {one.subscription.topic: one.since for one in reader.follows}
    if all(since[hit.topic] > hit.at for hit in concerned):
        return "not told: followed its topic only later"
    if all(one.muted is not None and one.muted > now for one in subscriptions):
        return "not told: muted"
    if any(one.muted is not None and one.muted > concerned[0].at for one in subscriptions):
        return "not told: was muted"
    if not (reader.subscriber.alive or reader.subscriber.managed):
        return "not told: the chat cannot be reached"
    return "not told: nothing was owed when it came; unmuted, or followed anew, since"
