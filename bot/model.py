"""The nouns of Vigie: frozen values that cross the walls between its rooms. Times are aware UTC."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from scrapers import Bookmark, Post


class Priority(StrEnum):
    """How loudly a topic's alerts arrive: high rings and goes first, low is silent."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Rhythm(StrEnum):
    """The three ways in which a subscription may be told."""

    NOW = "now"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Pace:
    """When a subscriber is told of a topic: at once, every hour, or daily at a time of their own day."""

    rhythm: Rhythm = Rhythm.NOW
    at: time = time(8, 0)

    @classmethod
    def parse(cls, text: str) -> "Pace":
        """``now``, ``hourly`` or ``daily 08:00``. Raises ValueError."""
        found = re.fullmatch(r"(now|hourly|daily)(?: (\d{1,2}):(\d{2}))?", text.strip().lower())
        if not found or (found[2] and found[1] != "daily"):
            raise ValueError('a pace is "now", "hourly" or "daily 08:00"')
        if not found[2]:
            return cls(Rhythm(found[1]))
        return cls(Rhythm(found[1]), time(int(found[2]), int(found[3])))

    def __str__(self) -> str:
        return f"daily {self.at:%H:%M}" if self.rhythm is Rhythm.DAILY else self.rhythm.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to watch. ``options`` is an instance of its platform's Options; ``every`` None means adaptive.

    ``floor`` is the shortest interval that its platform allows, ``lists`` whether every look shows its newest posts,
    new or not, so that an empty answer after a full one is a fault; ``full_text`` whether the page behind each new post
    is read as well.
    """

    name: str
    kind: str
    options: Any
    every: timedelta | None = None
    tags: frozenset[str] = frozenset()
    floor: timedelta = timedelta()
    lists: bool = True
    full_text: bool = False

    @property
    def labels(self) -> frozenset[str]:
        """What a topic or a query may call it: its name and its tags."""
        return self.tags | {self.name}


class SourceState(StrEnum):
    """How a source fares, in a word; ``vigie sources`` shows it."""

    UNPROVEN = "unproven"
    WELL = "well"
    ILL = "ill"
    SILENT = "silent"
    BLOCKED = "blocked"
    GONE = "gone"
    PAUSED = "paused"


class Standing(NamedTuple):
    """How a source fares. ``looked``, ``succeeded`` and ``renewed`` (last new post) are None until they happen.

    ``due`` is when it is looked at next, ``held`` until when its server asked us to stay away, ``gap`` the adaptive
    interval so far, ``failures`` how many looks failed in a row, ``items`` how many posts the last full look showed.
    """

    name: str
    bookmark: Bookmark
    due: datetime
    held: datetime
    looked: datetime | None = None
    succeeded: datetime | None = None
    renewed: datetime | None = None
    gap: timedelta = timedelta()
    items: int = 0
    failures: int = 0
    state: SourceState = SourceState.UNPROVEN
    error: str = ""
    note: str = ""

    @property
    def first(self) -> bool:
        """Whether no look at this source has succeeded yet."""
        return self.succeeded is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A named query.

    ``sources`` are names or tags ("*" = all); ``exceptions`` are texts inside which nothing counts.
    """

    name: str
    query: str
    exceptions: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    sources: tuple[str, ...] = ("*",)

    @property
    def id(self) -> str:
        """Short, stable, made of the name alone: for links, buttons and tables."""
        return hashlib.blake2b(self.name.encode(), digest_size=5).hexdigest()

    def watches(self, source: Source) -> bool:
        """Whether posts of this source are matched against this topic."""
        return "*" in self.sources or not source.labels.isdisjoint(self.sources)


class Field(StrEnum):
    """The part of a post in which a term was found."""

    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a term stands: characters ``start`` to ``end`` of the field as published.

    ``term`` is the word, phrase or expression as the query has it, without quotes and ``title:``.
    """

    field: Field
    start: int
    end: int
    term: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A topic's query found in a post. Which term stands where is in ``places``, in order."""

    topic: str
    places: tuple[Place, ...]


class Seen(NamedTuple):
    """A post as the archive knows it. ``fresh`` is whether its age still allows an alert.

    ``new`` is whether it was kept just now, in these words.
    """

    id: int
    post: Post
    source: str
    fresh: bool = True
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The page behind a post, owed a reading. ``post`` is the row of that post, ``host`` that of its address.

    ``sources`` are those that showed the post and want its full text, ``owed`` is since when; ``tries`` counts the
    readings that failed, and ``tried`` is when the first of them did. ``read`` means that the archive has the text
    already, and one more source wants it matched.
    """

    post: int
    host: str
    sources: tuple[str, ...]
    owed: datetime
    tries: int = 0
    tried: datetime | None = None
    read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """How many pages of a source were given up lately, and why the last of them was."""

    source: str
    pages: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A post that topics matched, each topic for the first time."""

    seen: Seen
    matches: tuple[Match, ...]


class Tie(StrEnum):
    """How a post came to its story: it began it; it has the same text; one links the other, or both one page; it tells
    the same news in other words; or an operator took it out of another story.
    """

    FIRST = "first"
    COPY = "copy"
    LINK = "link"
    NEWS = "news"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One post's part in the news it tells. ``id`` is the row of the post that told it first.

    ``beside`` is the row of the post that it was joined with (0: none), ``evidence`` what the two share, in words.
    ``facts`` are the prices and quantities in it, each in one spelling ("30000 usd", "8 server").
    """

    id: int
    hit: Hit
    tie: Tie = Tie.FIRST
    beside: int = 0
    evidence: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one subscriber was told, or is owed, of one story.

    ``topics`` were named, ``facts`` stand in the posts that were told or shown since. ``row`` is the latest alert of
    the story in the outbox, ``at`` when it was sent (None: it is still owed), ``reply`` whether it answers an earlier
    one, ``listed`` whether it went out in a list, which is never edited.
    """

    subscriber: int
    story: int
    topics: frozenset[str]
    facts: frozenset[str] = frozenset()
    row: int = 0
    at: datetime | None = None
    reply: bool = False
    listed: bool = False


class ChatKind(StrEnum):
    """A private chat may be written to once a second; a group, and a channel counts as one, 20 times a minute."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True, order=True)
class Chat:
    """Where a message goes: a Telegram chat and, in a forum, its thread (0 = none)."""

    id: int
    thread: int = 0

    @property
    def kind(self) -> ChatKind:
        """Telegram numbers people from 1 up; groups and channels are negative. The terminal is nobody's but ours."""
        return ChatKind.PRIVATE if self.id >= 0 else ChatKind.GROUP


TERMINAL = Chat(0)
"""The terminal in which Vigie runs, when it has no phone to talk to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A chat that may be told things, in its language and time zone. ``managed`` = named in config.toml."""

    id: int
    chat: Chat
    lang: str = "en"
    timezone: str = "UTC"
    alive: bool = True
    managed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscriber follows a topic at a pace; until ``muted`` they are not told."""

    subscriber: Subscriber
    topic: str
    pace: Pace = field(default_factory=Pace)
    muted: datetime | None = None


class AlertKind(StrEnum):
    """What is owed: news of a story, more in a message that was sent, or a word about Vigie itself."""

    ALERT = "alert"
    EDIT = "edit"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something owed to one subscriber at a time. Unique by (subscriber, kind, story, cause).

    ``about`` is the row in the outbox that an edit changes, or that a reply answers (0: none). ``digest`` marks one
    that waits for an hourly or daily list.
    """

    subscriber: int
    kind: AlertKind
    story: int
    cause: str
    due: datetime
    post: int = 0
    about: int = 0
    topics: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    digest: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """Another post of a story, as an alert names it."""

    source: str
    url: str
    lang: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert taken out of the outbox with all that its words need.

    ``also`` are the other posts of its story that its reader has not been told apart. ``edits`` is the message that
    these words replace, ``answers`` the one that they reply to (0: none).
    ``post`` is None for a notice, whose words are ``text``. ``repeat`` marks a second try of a send whose outcome
    Telegram did not tell; ``plain`` one that Telegram refused to read as HTML.
    """

    id: int
    due: datetime
    priority: Priority = Priority.NORMAL
    topics: tuple[str, ...] = ()
    post: Post | None = None
    source: str = ""
    places: tuple[Place, ...] = ()
    text: str = ""
    repeat: bool = False
    plain: bool = False
    digest: bool = False
    tries: int = 0
    story: int = 0
    also: tuple[Also, ...] = ()
    edits: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A subscriber who is owed something now; ``priority`` is that of the most urgent."""

    subscriber: Subscriber
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """All that one subscriber is owed now, in order."""

    subscriber: Subscriber
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it will stand on the phone: ``text`` is Telegram HTML, or plain text if ``html`` is False.

    ``edits`` is the message whose words it replaces, ``answers`` the one that it replies to (0: none).
    """

    text: str
    html: bool = True
    silent: bool = False
    link: str = ""
    edits: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """It stands in the chat, as this message."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """It was certainly not sent and may be tried again; ``after`` is what flood control asked for, if it did."""

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Nobody told us whether it was sent."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The messenger could not read our HTML: the same words may go as plain text."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """This message will never be sent; ``chat_gone`` when no message to this chat will."""

    reason: str
    chat_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The chat has another number now; the message was not sent."""

    chat: int


Receipt = Sent | Later | Uncertain | Unreadable | Never | Moved
"""What became of a send."""


class Sender(Protocol):
    """Whatever can put a message before a person: Telegram, or the terminal."""

    async def send(self, chat: Chat, message: Message) -> Receipt:
        """Try once, and say what became of it. Never raises for what the messenger or the network does."""


def utc(seconds: float) -> datetime:
    """The moment that many seconds after 1970, aware."""
    return datetime.fromtimestamp(seconds, UTC)
