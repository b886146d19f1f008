"""The whole program: builds the parts from the configuration, starts them, swaps them on a change, stops them in order.

async with App(config, screen=..., now=...) as app:
    await app.serve(stop)          until ``stop`` is set: beats, the messenger, changes of the file
    await app.once(progress)       one look at every source, the articles it found, and what it owes delivered
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

import scrapers
from bot import log, message
from bot.articles import Reader
from bot.commands import Commands
from bot.config import Config, changed, load
from bot.deliver import UNREACHED, Deliver
from bot.errors import ConfigError
from bot.model import TERMINAL, Alert, AlertKind, Chat, Pace, Sender, Source, Subscriber
from bot.pacer import Pacer, Unpaced
from bot.rules import matcher
from bot.schedule import Metronome
from bot.store import Store
from bot.tell import LONGEST_STORY, Orders, index_old
from bot.watch import Look, Watch
from scrapers import Batch, Bookmark, Post, ScrapeError, Web

BEAT = timedelta(seconds=1)
FILE_BEAT = timedelta(seconds=2)
CHORE_BEAT = timedelta(minutes=10)
PING_BEAT = timedelta(minutes=1)
AWAY = (0, 0)
"""The fingerprint of a file that is not there, as for a moment while an editor replaces it."""
PATIENCE = timedelta(seconds=60)
"""``run --once`` waits so long for what is due later (flood control, a second try)."""
READING = timedelta(minutes=2)
"""``run --once`` reads articles so long: a site may ask for a minute between two pages. The rest is due next time."""


class Messenger(Sender, Protocol):
    """A Sender that also listens: Telegram."""

    async def start(self) -> None:
        """Begin to listen and to send. Raises VigieError when it never will (a wrong token)."""

    async def close(self) -> None:
        """Listen and send no more, and close the connections."""


Alarm = Callable[[str], None]
"""Takes one line that operators must know."""

Phone = Callable[[Config, Commands, Pacer, Alarm], Messenger]
"""Makes the messenger from what it needs; None in its place means that the terminal is the phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What ``run --once`` came to; its ``str()`` is the last line of stdout."""

    sources: int
    posts: int
    new: int
    hits: int
    alerts: int
    failed: int

    def __str__(self) -> str:
        return (
            f"{self.sources} sources, {self.posts} posts, {self.new} new, {self.hits} hits, "
            f"{self.alerts} alerts, {self.failed} failed"
        )


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


class App:
    """A Vigie at work. Raises Locked or StoreError when its database cannot be had.

    ``beat`` is the time between two glances at what is due: real time, whatever the clock ``now`` says.
    """

    def __init__(
        self,
        config: Config,
        *,
        screen: Sender,
        phone: Phone | None = None,
        now: Callable[[], datetime] = utc_now,
        beat: timedelta = BEAT,
    ) -> None:
        self.config = config
        self.store = Store(config.store_path)
        self._now, self._beat = now, beat
        self._log = log.get("app")
        self._web = Web(config.http.settings())
        self._pacer = Pacer(monotonic)
        self._commands = Commands(self.store, lambda: self.config, now=now)
        self._messenger = phone(config, self._commands, self._pacer, self._alarm) if phone else None
        self._deliver = Deliver(
            self.store,
            self._messenger or screen,
            pacer=self._pacer if phone else Unpaced(),
            now=now,
            alarm=self._alarm,
            terminal=phone is None,
        )
        orders = _orders(config)
        self._watch = Watch(
            self.store,
            orders,
            fetch=self._fetch,
            now=now,
            wake=self._deliver.beat,
            notify=self._tell_operators,
        )
        self._reader = Reader(
            self.store,
            orders,
            full_text=self._full_text,
            now=now,
            wake=self._deliver.beat,
            offline=lambda: self._watch.offline,
        )
        self._file = _fingerprint(config)
        self._errands: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        with self.store.transaction() as store:
            again = store.outbox.recover(self._now())
            index_old(store, now=self._now())
            self._arrange(store)
        if again:
            self._log.warning("stopped while sending: these alerts are sent again, marked as repeats", alerts=again)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._watch.stop()
        await self._reader.stop()
        await self._deliver.stop()
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._messenger:
            await self._messenger.close()
        await self._web.aclose()
        self.store.close()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        if self._messenger:
            await self._messenger.start()
        self.store.stories.load()
        metronome = Metronome()
        for name, interval, beat in (
            ("watch", self._beat, self._look_round),
            ("articles", self._beat, self._article_round),
            ("deliver", self._beat, self._deliver_round),
            ("file", FILE_BEAT, self._file_round),
            ("chores", CHORE_BEAT, self._do_chores),
            ("ping", PING_BEAT, self._ping),
        ):
            metronome.every(interval, beat, name=name)
        metronome.start()
        await self._look_round()
        await self._deliver_round()
        self._log.info("watching", sources=len(self.config.sources), topics=len(self.config.topics))
        await stop.wait()
        self._log.info("stopping")
        metronome.stop()

    async def once(self, progress: Callable[[Look], None] = lambda look: None) -> Tally:
        """Look at every source once, read the articles behind it, deliver what is owed, and listen to nobody."""
        if self._messenger:
            await self._messenger.start()
        looks = await self._watch.sweep(progress)
        read = await self._reader.sweep(patience=READING)
        await self._deliver.drain(patience=PATIENCE)
        return Tally(
            sources=len(looks),
            posts=sum(look.posts for look in looks),
            new=sum(look.new for look in looks),
            hits=sum(look.hits for look in looks) + read.hits,
            alerts=sum(look.alerts for look in looks) + read.alerts,
            failed=sum(bool(look.error) for look in looks),
        )

    async def _fetch(self, source: Source, bookmark: Bookmark) -> Batch:
        return await scrapers.fetch(self._web, source.kind, source.options, bookmark)

    async def _full_text(self, post: Post) -> Post:
        return await scrapers.full_text(self._web, post)

    async def _look_round(self) -> None:
        self._watch.round(reach=self._beat / 2)

    async def _article_round(self) -> None:
        self._reader.beat()

    async def _deliver_round(self) -> None:
        self._deliver.beat()

    async def _file_round(self) -> None:
        if not self._reading.locked():
            self._run(self.reread())

    async def _do_chores(self) -> None:
        self._run(self._prune())

    async def _ping(self) -> None:
        if self.config.ping_url:
            self._run(self._tell_the_switch(self.config.ping_url))

    def _run(self, errand: Coroutine[object, object, None]) -> None:
        """Start work that a beat must not wait for."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._ran)

    def _ran(self, errand: asyncio.Task[None]) -> None:
        self._errands.discard(errand)
        if not errand.cancelled() and (error := errand.exception()):
            self._log.error("an errand failed", error=error)

    async def _prune(self) -> None:
        """Blank old texts a few hundred at a time, so that nobody waits for it."""
        done = 1
        while done:
            with self.store.transaction() as store:
                done = store.archive.prune(self._now() - self.config.keep)
                done += store.stories.forget(self._now() - LONGEST_STORY)
                store.outbox.forget_old(self._now(), age=UNREACHED)
            await asyncio.sleep(0)

    async def _tell_the_switch(self, url: str) -> None:
        """A dead man's switch elsewhere raises the alarm when these calls stop."""
        try:
            await self._web.get(url)
        except ScrapeError as error:
            self._log.warning("ping failed", reason=error.message)

    async def reread(self) -> None:
        """Swap the configuration whole when its file has changed; one that is faulty, or away, changes nothing.

        Thousands of topics take seconds to compile: that is done beside everything else.
        """
        async with self._reading:
            await self._reread()

    async def _reread(self) -> None:
        fingerprint = _fingerprint(self.config)
        if fingerprint in (self._file, AWAY):
            return
        try:
            config, orders = await asyncio.to_thread(_read, self.config.path)
        except ConfigError as error:
            self._file = fingerprint
            self._log.error("the changed file has faults, nothing was changed", faults=list(error.faults))
            faults, cause = error.faults, hashlib.blake2b(str(error).encode(), digest_size=8).hexdigest()
            with self.store.transaction():
                self._tell_operators(
                    f"config {self._now():%Y-%m-%d} {cause}", lambda lang: message.file_faulty(faults, lang)
                )
            return
        await self._swap(config, orders)
        self._file = fingerprint  # at last: what goes wrong on the way is tried again

    async def _swap(self, config: Config, orders: Orders) -> None:
        lines = changed(self.config, config)
        if config.http != self.config.http:
            old, self._web = self._web, Web(config.http.settings())  # at first: a beat may start something meanwhile
            await self._watch.stop()
            await self._reader.stop()
            await old.aclose()
        if (config.store_path, config.telegram.api_url) != (self.config.store_path, self.config.telegram.api_url):
            self._log.warning("another database or Bot API is used from the next start on")
        self.config, self._watch.orders, self._reader.orders = config, orders, orders
        with self.store.transaction() as store:
            self._arrange(store)
        self._log.info("the file was read again", changes=list(lines))
        self._deliver.beat()

    def _arrange(self, store: Store) -> None:
        """Make the database agree with the configuration: sources, managed chats, topics that left."""
        config, now = self.config, self._now()
        store.sources.sync(config.sources, now=now)
        store.articles.sync(config.sources)
        chats = [(chat.chat, chat.topics, chat.pace) for chat in config.chats]
        if self._messenger is None:
            chats.append((TERMINAL, tuple(topic.name for topic in config.topics), Pace()))
        store.people.manage(chats, lang=config.language, timezone=config.timezone, now=now)
        for topic in store.people.know_topics(topic.name for topic in config.topics):
            for subscription in store.people.following([topic]):
                words = message.topic_left(topic, subscription.subscriber.lang)
                self._owe_notice(subscription.subscriber, f"topic {topic} left {now:%Y-%m-%d %H:%M:%S}", words)

    def _alarm(self, line: str) -> None:
        self._log.error(line)
        with self.store.transaction():
            self._tell_operators(f"alarm {self._now():%Y-%m-%d} {line}", lambda lang: line)

    def _tell_operators(self, cause: str, words: Callable[[str], str]) -> None:
        """Once for each cause, in their language, to those operators who have written to the bot."""
        for person in self.config.telegram.operators:
            operator = self.store.people.subscriber(Chat(person))
            if operator:
                self._owe_notice(operator, cause, words(operator.lang))

    def _owe_notice(self, subscriber: Subscriber, cause: str, words: str) -> None:
        notice = Alert(
            subscriber=subscriber.id, kind=AlertKind.NOTICE, story=0, cause=cause, due=self._now(), text=words
        )
        self.store.outbox.owe([notice], now=self._now())


def _read(path: Path) -> tuple[Config, Orders]:
    """What a file says, ready for work. Raises ConfigError."""
    config = load(path)
    return config, _orders(config)


def _orders(config: Config) -> Orders:
    return Orders(
        sources={source.name: source for source in config.sources},
        topics={topic.name: topic for topic in config.topics},
        matcher=matcher.compile(config.topics),
        fresh=config.fresh,
        backfill=config.backfill,
        window=config.window,
    )


def _fingerprint(config: Config) -> tuple[int, int]:
    """Changes when the file does."""
    try:
        found = config.path.stat()
    except OSError:
        return AWAY
    return found.st_mtime_ns, found.st_size
