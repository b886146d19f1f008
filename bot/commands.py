"""What a person may ask of Vigie, whichever door they come through; the answers are values, and the doors word them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from bot import words
from bot.config import Config
from bot.model import Chat, Pace, Subscriber, Subscription, Topic
from bot.store import Store

MUTED_FOR = timedelta(hours=8)
"""How long a mute lasts when nobody says."""

DEEP_LINK = "t_"
"""``t.me/<bot>?start=t_<topic id>`` follows that topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Vigie knows this chat now. ``followed`` is the topic of the link that led here."""

    subscriber: Subscriber
    followed: Topic | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One topic as one chat has it."""

    topic: Topic
    followed: bool
    muted: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The chat follows this topic; ``new`` is False if it did before."""

    topic: Topic
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed:
    """The chat does not follow this topic; ``was`` is False if it never did."""

    name: str
    was: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Nothing is told of these topics until then; ``until`` None: they are told again. No topics: none is followed."""

    names: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no such topic; ``near`` are those that may have been meant."""

    name: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """What this chat follows is written in config.toml and is changed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An alert is to be shown as it would look for this topic."""

    topic: str
    now: datetime


class Commands:
    """Every change is in the database when its method returns. ``config`` gives the configuration of the moment."""

    def __init__(self, store: Store, config: Callable[[], Config], *, now: Callable[[], datetime]) -> None:
        self._store, self._config, self._now = store, config, now

    def operator(self, person: int) -> bool:
        """Whether that person tunes this Vigie."""
        return person in self._config().telegram.operators

    def unowned(self) -> bool:
        """Whether config.toml names no operator yet."""
        return not self._config().telegram.operators

    def admits(self, chat: Chat, person: int) -> bool:
        """Whether that person may use Vigie there: anyone where access is open, else operators and managed chats."""
        config = self._config()
        managed = any(one.chat.id == chat.id for one in config.chats)
        return config.telegram.access == "open" or self.operator(person) or managed

    def reader(self, chat: Chat, tag: str | None) -> Subscriber:
        """Who reads there. A chat that is not known yet gets the language of its client and the zone of config.toml."""
        known = self._store.people.subscriber(chat)
        lang, timezone = words.closest(tag, self._config().language), self._config().timezone
        return known or Subscriber(id=0, chat=chat, lang=lang, timezone=timezone)

    def start(self, chat: Chat, tag: str | None, payload: str = "") -> Welcome:
        """Get to know a chat, and follow the topic that a deep link names."""
        topic = self._by_id(payload.removeprefix(DEEP_LINK)) if payload.startswith(DEEP_LINK) else None
        with self._store.transaction():
            subscriber = self._welcome(chat, tag)
            if topic and not subscriber.managed:
                self._follow(subscriber, topic)
        followed = topic if not subscriber.managed else None
        return Welcome(subscriber=subscriber, followed=followed)

    def topics(self, chat: Chat) -> tuple[Choice, ...]:
        """All topics, in the order of config.toml, and which of them this chat follows."""
        mine = self._subscriptions(chat)
        return tuple(
            Choice(topic=topic, followed=topic.name in mine, muted=self._muted(mine.get(topic.name)))
            for topic in self._config().topics
        )

    def topic(self, asked: str) -> Topic | Unknown:
        """The topic of that id or name; letter case and blanks at the ends do not matter."""
        names = {topic.name.casefold(): topic for topic in self._config().topics}
        found = self._by_id(asked) or names.get(asked.strip().casefold())
        if found:
            return found
        near = get_close_matches(asked.strip().casefold(), names, n=3, cutoff=0.5)
        return Unknown(name=asked.strip(), near=tuple(names[name].name for name in near))

    def follow(self, chat: Chat, tag: str | None, asked: str) -> Followed | Unknown | Managed:
        """Tell this chat of a topic, at once, from now on."""
        topic = self.topic(asked)
        if isinstance(topic, Unknown):
            return topic
        with self._store.transaction():
            subscriber = self._welcome(chat, tag)
            if subscriber.managed:
                return Managed()
            return Followed(topic=topic, new=self._follow(subscriber, topic))

    def unfollow(self, chat: Chat, asked: str) -> Unfollowed | Unknown | Managed:
        """Tell this chat no more of a topic; one that config.toml dropped can still be unfollowed."""
        subscriber = self._store.people.subscriber(chat)
        if subscriber and subscriber.managed:
            return Managed()
        found = self._own(chat, asked)
        if isinstance(found, Unknown):
            return found
        if not subscriber:
            return Unfollowed(name=found, was=False)
        with self._store.transaction() as store:
            return Unfollowed(name=found, was=store.people.unfollow(subscriber, found))

    def mute(self, chat: Chat, asked: str | None, span: timedelta | None) -> Muted | Unknown:
        """Say nothing of a topic (None: of all) for a while; ``span`` of zero ends it, None is the usual while."""
        name = None if asked is None else self._own(chat, asked)
        if isinstance(name, Unknown):
            return name
        until = self._now() + (MUTED_FOR if span is None else span) if span != timedelta() else None
        names = tuple(one for one in self._subscriptions(chat) if name in (None, one))
        subscriber = self._store.people.subscriber(chat)
        if subscriber and names:
            with self._store.transaction() as store:
                store.people.mute(subscriber, name, until)
        return Muted(names=names, until=until)

    def speak(self, chat: Chat, lang: str) -> Subscriber:
        """Talk to this chat in this language from now on."""
        with self._store.transaction() as store:
            self._welcome(chat, lang)
            store.people.speak(chat, lang)
            return self._welcome(chat, lang)

    def forget(self, chat: Chat) -> bool:
        """Erase all that is known of this chat. False if nothing was."""
        with self._store.transaction() as store:
            return store.people.forget(chat)

    def sample(self, chat: Chat) -> Sample:
        """What a sample alert is to show: a topic of this chat, or of the first that comes."""
        choices = self.topics(chat)
        name = next((one.topic.name for one in choices if one.followed), choices[0].topic.name if choices else "H100")
        return Sample(topic=name, now=self._now())

    def gone(self, chat: Chat) -> None:
        """This chat blocked or removed us: its settings stay, nothing is sent."""
        with self._store.transaction() as store:
            store.people.gone(chat)

    def revive(self, chat: Chat) -> None:
        """This chat let us in again."""
        with self._store.transaction() as store:
            store.people.revive(chat)

    def migrate(self, old: int, new: int) -> None:
        """A group became a supergroup with another number. Telegram says so more than once: only the first counts."""
        with self._store.transaction() as store:
            if store.people.subscriber(Chat(old)):
                store.people.migrate(old, new)

    def _welcome(self, chat: Chat, tag: str | None) -> Subscriber:
        config = self._config()
        lang = words.closest(tag, config.language)
        return self._store.people.welcome(chat, lang=lang, timezone=config.timezone, now=self._now())

    def _follow(self, subscriber: Subscriber, topic: Topic) -> bool:
        pace = self._subscriptions(subscriber.chat).get(topic.name)
        chosen = pace.pace if pace else Pace()
        return self._store.people.follow(subscriber, topic.name, pace=chosen, now=self._now())

    def _subscriptions(self, chat: Chat) -> dict[str, Subscription]:
        subscriber = self._store.people.subscriber(chat)
        return {one.topic: one for one in self._store.people.subscriptions(subscriber)} if subscriber else {}

    def _muted(self, subscription: Subscription | None) -> datetime | None:
        until = subscription.muted if subscription else None
        return until if until and until > self._now() else None

    def _own(self, chat: Chat, asked: str) -> str | Unknown:
        """The name of a topic of today, or of one that this chat still follows."""
        topic = self.topic(asked)
        if isinstance(topic, Topic):
            return topic.name
        mine = {name.casefold(): name for name in self._subscriptions(chat)}
        return mine.get(asked.strip().casefold(), topic)

    def _by_id(self, asked: str) -> Topic | None:
        return next((topic for topic in self._config().topics if topic.id == asked), None)
