"""The tables of config.toml as they stand in the file; what they mean together is ``values``."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from bot.config.shape import (
    Address,
    ChatId,
    Count,
    Every,
    Excepted,
    Flag,
    Labels,
    Line,
    Link,
    OptionalAddress,
    PaceWord,
    Positive,
    Queries,
    SomeLabels,
    Thread,
    Zone,
)
from bot.model import Pace, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The keys above the first table."""

    language: Literal["en", "fr", "zh"] = "en"
    timezone: Zone = "UTC"
    fresh: Positive = timedelta(hours=72)
    backfill: Positive = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTable:
    """[store]."""

    path: Line = "vigie.db"
    keep: Positive = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTable:
    """[story]."""

    window: Positive = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTable:
    """[health]."""

    ping_url: OptionalAddress = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTable:
    """[topic.NAME]."""

    query: Queries
    except_: tuple[Excepted, ...] = ()
    priority: Priority = Priority.NORMAL
    sources: SomeLabels = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """[source.NAME], without the options of its kind. ``full_text`` None leaves it to the kind."""

    url: Link = ""
    kind: Line = ""
    every: Every = None
    tags: Labels = ()
    full_text: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTable:
    """[chat.NAME]."""

    id: ChatId
    topics: SomeLabels
    thread: Thread = 0
    pace: PaceWord = field(default_factory=Pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class RsshubTable:
    """[rsshub]."""

    instances: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class XTable:
    """[x]."""

    monthly_posts: Count | None = None
