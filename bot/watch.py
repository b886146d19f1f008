"""From the network to the archive: looks at each source that is due, and commits all that follows from a look at once.

round     starts a look at every source that is due; a beat calls it, and it never waits for a look
sweep     looks at every source once, due or not: ``vigie run --once``
look      fetch, then in one transaction: posts, hits, stories, what is owed (alerts, articles), the bookmark
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import compress
from typing import NamedTuple

from bot import log, message
from bot.model import Source, SourceState, Standing
from bot.rules import articles, outage, plan, rhythm
from bot.store import Store
from bot.store.archive import Shown
from bot.store.group import GroupCommit
from bot.tell import Orders, tell
from scrapers import Batch, Bookmark, Misuse, Refused, ScrapeError, Unconnected, Unreadable

Fetch = Callable[[Source, Bookmark], Awaitable[Batch]]
Notify = Callable[[str, Callable[[str], str]], None]
"""Owes a notice to operators, within the transaction: what it is about, once for each, and its words in a language."""

CROWD = 256
"""Looks under way at once, over all hosts."""
LONG = 2_000
"""Characters of text that cost as much to match and to store as a post costs besides."""
SETBACK = 10.0
"""Seconds before a source whose look could not be kept (a full disk) is looked at again."""


class Look(NamedTuple):
    """What one look came to: posts shown, new to the archive, (topic, post) pairs, alerts owed; or the failure."""

    source: str
    posts: int = 0
    new: int = 0
    hits: int = 0
    alerts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blame:
    """How a source stood before and after a look that could not connect."""

    source: Source
    before: Standing
    after: Standing


class _Brought(NamedTuple):
    """What a look brought, still to be kept; ``standing`` is how the source stood before."""

    source: Source
    standing: Standing
    batch: Batch


class Watch:
    """Keeps looking. ``fetch`` reads one source, ``wake`` is called when a commit owes something, ``notify`` owes."""

    def __init__(
        self,
        store: Store,
        orders: Orders,
        *,
        fetch: Fetch,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        notify: Notify,
    ) -> None:
        self.orders = orders
        self._store = store
        self._looks = GroupCommit(store, self._keep, weigh=_weight)
        self._failures = GroupCommit(store, _one_by_one)
        self._fetch = fetch
        self._now = now
        self._wake = wake
        self._notify = notify
        self._network = outage.Network()
        self._blamed: dict[str, _Blame] = {}  # of the last minute, oldest first
        self._waiting: deque[str] = deque()
        self._under_way: dict[str, asyncio.Task[Look]] = {}
        self._log = log.get("watch")

    @property
    def offline(self) -> bool:
        """Whether our own network is down, as far as looks can tell: no source is to blame for it."""
        return self._network.since is not None

    def round(self, *, reach: timedelta = timedelta()) -> None:
        """Start a look at each source that is due, or will be within ``reach`` (half a beat: rounding is fair)."""
        self._waiting = deque(self._store.sources.due(self._now() + reach))
        self._fill()

    def _fill(self) -> None:
        """Start what waits, as far as there is room; a look that ends makes room for the next."""
        names: list[str] = []
        while self._waiting and len(self._under_way) + len(names) < CROWD:
            name = self._waiting.popleft()
            if name not in self._under_way and name in self.orders.sources:
                names.append(name)
        for standing in self._store.sources.standing_each(names) if names else ():
            self._start(standing)

    async def sweep(self, progress: Callable[[Look], None]) -> tuple[Look, ...]:
        """Look at every source once, due or not; one whose server asked us to wait is left alone."""
        waiting = deque(one for one in self._store.sources.all(self._now()) if one.name in self.orders.sources)
        looks: list[Look] = []

        async def work() -> None:
            while waiting:
                standing = waiting.popleft()
                looks.append(await self._isolated(self.orders.sources[standing.name], standing))
                progress(looks[-1])

        async with asyncio.TaskGroup() as crowd:
            for _ in range(min(CROWD, len(waiting))):
                crowd.create_task(work())
        return tuple(looks)

    async def stop(self) -> None:
        """Leave the looks that are under way: nothing of them was kept, and they are due again."""
        self._waiting.clear()
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, standing: Standing) -> "asyncio.Task[Look]":
        name = standing.name
        task = asyncio.create_task(self._isolated(self.orders.sources[name], standing), name=f"look {name}")
        self._under_way[name] = task
        task.add_done_callback(partial(self._finished, name))
        return task

    def _finished(self, name: str, _task: asyncio.Task[Look]) -> None:
        self._under_way.pop(name)
        self._fill()

    async def _isolated(self, source: Source, standing: Standing) -> Look:
        """One look; whatever goes wrong in it concerns this source alone."""
        try:
            return await self._look(source, standing)
        except Exception as error:
            self._log.error("look failed", error=error, source=source.name)
            await asyncio.sleep(SETBACK)
            return Look(source=source.name, error=f"{type(error).__name__}: {error}")

    async def look(self, source: Source) -> Look:
        """Look at one source once, and commit everything that follows from it, or its failure."""
        return await self._look(source, self._store.sources.standing(source.name))

    async def _look(self, source: Source, standing: Standing) -> Look:
        try:
            batch = await self._fetch(source, standing.bookmark)
            if rhythm.emptied(source, standing, batch):
                raise Unreadable(f"shows no posts any more, it showed {standing.items}")
        except ScrapeError as error:
            return await self._failed(source, standing, error)
        self._hear(source)
        look = await self._looks.run(_Brought(source, standing, batch))
        if look.alerts or (look.hits and not standing.first):  # of the old posts of a new source nobody is told
            self._log.info(
                "hits", source=look.source, posts=look.posts, new=look.new, hits=look.hits, alerts=look.alerts
            )
        if look.alerts:
            self._wake()
        return look

    async def _failed(self, source: Source, standing: Standing, error: ScrapeError) -> Look:
        """Commit a failure, or forgive it."""
        self._hear(source, error)
        if isinstance(error, Unconnected) and self._network.since:
            await self._forgive(source, self._network.since)
        else:
            await self._blame(source, standing, error)
        return Look(source=source.name, error=error.message)

    def _hear(self, source: Source, error: ScrapeError | None = None) -> None:
        """Learn from a look whether our own network is down, and say so once."""
        if isinstance(error, Misuse | Refused):  # nothing was sent
            return
        before = self.offline
        self._network.tried(outage.host(source), connected=not isinstance(error, Unconnected), now=self._now())
        if self.offline and not before:
            self._log.warning("the network is down, no source is blamed until it is back")
        elif before and not self.offline:
            self._log.info("the network is back")

    async def _forgive(self, source: Source, since: datetime) -> None:
        """Leave the source as it stands, and put those right that were blamed before it was known whose fault it is."""
        blamed, self._blamed = tuple(self._blamed.values()), {}
        await self._failures.run(partial(self._keep_forgiven, source, blamed, since))

    def _keep_forgiven(self, source: Source, blamed: Sequence[_Blame], since: datetime, store: Store) -> None:
        now = self._now()
        for one in blamed:
            if store.sources.standing(one.source.name) == one.after:  # not looked at again, nor with another address
                store.sources.done(rhythm.after_outage(one.source, one.before, since=since, now=now))
        standing = store.sources.standing(source.name)  # of now: it may just have been put right
        store.sources.done(rhythm.after_outage(source, standing, since=since, now=now))

    async def _blame(self, source: Source, standing: Standing, error: ScrapeError) -> None:
        after = rhythm.after_failure(source, standing, error, now=self._now())
        if isinstance(error, Unconnected):
            self._remember(_Blame(source=source, before=standing, after=after), self._now())
        await self._failures.run(partial(self._keep_failure, source, after))
        if after.state is SourceState.GONE:
            self._wake()
        if not (self.offline and isinstance(error, Unconnected)):  # it may have gone down before the commit
            self._log.warning("source failed", source=source.name, reason=error.message, failures=after.failures)

    def _keep_failure(self, source: Source, after: Standing, store: Store) -> None:
        if not store.sources.is_still(source):
            return
        store.sources.done(after)
        if after.state is SourceState.GONE:
            # One notice for each time that it worked before, whatever it answers in between.
            cause = f"gone {source.name} {source.options!r} {after.succeeded}"
            self._notify(cause, partial(message.source_gone, source.name))

    def _remember(self, blame: _Blame, now: datetime) -> None:
        """Keep for a minute what a failure to connect did to a source."""
        name = blame.source.name
        earlier = self._blamed.pop(name, None)
        if earlier and earlier.after == blame.before:
            blame = replace(blame, before=earlier.before)
        self._blamed[name] = blame
        while (self._blamed[oldest := next(iter(self._blamed))].after.looked or now) <= now - outage.WINDOW:
            del self._blamed[oldest]

    def _keep(self, store: Store, brought: Sequence[_Brought]) -> list[Look]:
        """Read, decide, write: within a transaction."""
        now = self._now()
        some: list[_Brought] = []
        for each in brought:
            if each.batch.posts:
                some.append(each)
            else:  # which is how nearly all looks end
                after = rhythm.after_look(each.source, each.standing, each.batch, new=0, now=now)
                store.sources.done_if_still(each.source, after)
        kept = self._keep_posts(store, some, now) if some else {}
        return [kept.get(each.source.name) or Look(source=each.source.name) for each in brought]

    def _keep_posts(self, store: Store, brought: Sequence[_Brought], now: datetime) -> dict[str, Look]:
        """One step for all before the next: that costs less than to go from step to step with each."""
        # What the old address of a source says is not what was asked for.
        brought = list(compress(brought, store.sources.are_still([each.source for each in brought])))
        taken = store.archive.add_each([self._shown(each, now) for each in brought], now=now)
        matches = [
            self.orders.matches_each(each.source, [seen.post for seen in intake.seen])
            for each, intake in zip(brought, taken, strict=True)
        ]
        looks: dict[str, Look] = {}
        for (source, standing, batch), intake, found in zip(brought, taken, matches, strict=True):
            told = tell(store, self.orders, zip(intake.seen, found, strict=True), now=now)
            if pages := articles.wanted(source, batch.posts, intake.seen):
                store.articles.owe(source, pages, now=now)
            store.sources.done(rhythm.after_look(source, standing, batch, new=intake.here, now=now))
            looks[source.name] = Look(
                source=source.name, posts=len(batch.posts), new=intake.new, hits=told.hits, alerts=told.alerts
            )
        return looks

    def _shown(self, brought: _Brought, now: datetime) -> Shown:
        is_fresh = self._is_fresh(brought.standing.first or brought.batch.anew, now)
        return Shown(brought.source, brought.batch.posts, is_fresh)

    def _is_fresh(self, first: bool, now: datetime) -> Callable[..., bool]:
        first_age = self.orders.backfill if first else None
        return plan.freshness(now=now, age=self.orders.fresh, first_age=first_age)


def _weight(brought: _Brought) -> int:
    """What it costs to keep a look, in posts: a long text counts as several."""
    posts = brought.batch.posts
    return len(posts) + sum([len(post.text) for post in posts]) // LONG


def _one_by_one(store: Store, works: Sequence[Callable[[Store], None]]) -> list[None]:
    return [work(store) for work in works]
