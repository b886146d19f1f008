"""The Config and its parts, as the rest of Vigie reads them: frozen, checked, complete."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.config.shape import Address, Contact, Duration, Networks, OptionalAddress, PersonId, Positive
from bot.model import Chat, Pace, Source, Topic

if TYPE_CHECKING:
    from scrapers import WebSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """``api_url`` is the Bot API, ``operators`` are user ids, ``access`` is who may subscribe, ``proxy`` may be ""."""

    api_url: Address = "https://api.telegram.org"
    operators: tuple[PersonId, ...] = ()
    access: Literal["open", "invite", "approve"] = "open"
    proxy: OptionalAddress = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """How sources are asked: the names are those of the Web's own settings.

    ``contact`` goes into the User-Agent; ``allow_private`` are the inner networks that a source may be in; ``gap`` is
    the time between two requests to one public host; ``timeout`` is for one request, redirects included.
    """

    contact: Contact = ""
    allow_private: Networks = ()
    gap: Duration = timedelta(seconds=1)
    timeout: Positive = timedelta(seconds=20)
    proxy: OptionalAddress = ""

    def settings(self) -> "WebSettings":
        """The same for the Web, which is loaded only by a command that goes out."""
        from scrapers import WebSettings

        return WebSettings(
            contact=self.contact,
            allow_private=self.allow_private,
            gap=self.gap,
            timeout=self.timeout,
            proxy=self.proxy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedChat:
    """A chat that operators manage in the file: it follows ``topics`` at ``pace`` without asking for it."""

    name: str
    chat: Chat
    topics: tuple[str, ...]
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that config.toml says. Two of them are equal when they mean the same.

    Posts older than ``fresh`` are archived without an alert, at the first look at a source than ``backfill``; after
    ``keep`` a post that alerted nobody loses its text; a story stays open for ``window`` after its latest post.
    ``store_path`` is absolute. ``warnings`` are lines for the operator: the file is valid, but part of it is idle.
    """

    path: Path
    language: str
    timezone: str
    fresh: timedelta
    backfill: timedelta
    telegram: Telegram
    store_path: Path
    keep: timedelta
    http: Http
    window: timedelta
    ping_url: str
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    chats: tuple[ManagedChat, ...]
    warnings: tuple[str, ...] = ()
