"""From the network to the archive: looks at each source that is due, and commits all that follows from a look at once.

round     starts a look at every source that is due; a beat calls it, and it never waits for a look
sweep     looks at every source once, due or not: ``vigie run --once``
look      fetch, then in one transaction: posts, hits, stories, what is owed (alerts, articles), the bookmark
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot import log
from bot.model import Source, Standing
from bot.rules import articles, plan, rhythm
from bot.store import Store
from bot.store.group import GroupCommit
from bot.tell import Orders, tell
from scrapers import Batch, Bookmark, ScrapeError, Unreadable

Fetch = Callable[[Source, Bookmark], Awaitable[Batch]]

CROWD = 256
"""Looks under way at once, over all hosts."""
SETBACK = 10.0
"""Seconds before a source whose look could not be kept (a full disk) is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look came to: posts shown, new to the archive, (topic, post) pairs, alerts owed; or the failure."""

    source: str
    posts: int = 0
    new: int = 0
    hits: int = 0
    alerts: int = 0
    error: str = ""


class Watch:
    """Keeps looking. ``fetch`` reads one source, ``wake`` is called when a commit owes something."""

    def __init__(
        self, store: Store, orders: Orders, *, fetch: Fetch, now: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self.orders = orders
        self._store = store
        self._commits = GroupCommit(store)
        self._fetch = fetch
        self._now = now
        self._wake = wake
        self._waiting: deque[str] = deque()
        self._under_way: dict[str, asyncio.Task[Look]] = {}
        self._log = log.get("watch")

    def round(self, *, reach: timedelta = timedelta()) -> None:
        """Start a look at each source that is due, or will be within ``reach`` (half a beat: rounding is fair)."""
        self._waiting = deque(self._store.sources.due(self._now() + reach))
        self._fill()

    def _fill(self) -> None:
        """Start what waits, as far as there is room; a look that ends makes room for the next."""
        while self._waiting and len(self._under_way) < CROWD:
            name = self._waiting.popleft()
            if name not in self._under_way and name in self.orders.sources:
                self._start(name)

    async def sweep(self, progress: Callable[[Look], None]) -> tuple[Look, ...]:
        """Look at every source once, due or not; one whose server asked us to wait is left alone."""
        waiting = [name for name in self._store.sources.all(self._now()) if name in self.orders.sources]
        looks: list[Look] = []
        running: set[asyncio.Task[Look]] = set()
        while waiting or running:
            while waiting and len(running) < CROWD:
                running.add(self._start(waiting.pop(0)))
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                looks.append(task.result())
                progress(looks[-1])
        return tuple(looks)

    async def stop(self) -> None:
        """Leave the looks that are under way: nothing of them was kept, and they are due again."""
        self._waiting.clear()
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, name: str) -> "asyncio.Task[Look]":
        task = asyncio.create_task(self._isolated(self.orders.sources[name]), name=f"look {name}")
        self._under_way[name] = task
        task.add_done_callback(partial(self._finished, name))
        return task

    def _finished(self, name: str, _task: asyncio.Task[Look]) -> None:
        self._under_way.pop(name)
        self._fill()

    async def _isolated(self, source: Source) -> Look:
        """One look; whatever goes wrong in it concerns this source alone."""
        try:
            return await self.look(source)
        except Exception as error:
            self._log.error("look failed", error=error, source=source.name)
            await asyncio.sleep(SETBACK)
            return Look(source=source.name, error=f"{type(error).__name__}: {error}")

    async def look(self, source: Source) -> Look:
        """Look at one source once, and commit everything that follows from it, or its failure."""
        standing = self._store.sources.standing(source.name)
        try:
            batch = await self._fetch(source, standing.bookmark)
            if rhythm.emptied(source, standing, batch):
                raise Unreadable(f"shows no posts any more, it showed {standing.items}")
        except ScrapeError as error:
            await self._commits.run(partial(self._keep_failure, source, standing, error))
            self._log.warning("source failed", source=source.name, reason=error.message, failures=standing.failures + 1)
            return Look(source=source.name, error=error.message)
        look = await self._commits.run(partial(self._keep, source, standing, batch))
        if look.hits:
            self._log.info(
                "hits", source=look.source, posts=look.posts, new=look.new, hits=look.hits, alerts=look.alerts
            )
        if look.alerts:
            self._wake()
        return look

    def _keep_failure(self, source: Source, standing: Standing, error: ScrapeError, store: Store) -> None:
        store.sources.done(rhythm.after_failure(source, standing, error, now=self._now()))

    def _keep(self, source: Source, standing: Standing, batch: Batch, store: Store) -> Look:
        """Read, decide, write: within a transaction."""
        now = self._now()
        shown = store.archive.add(source, batch.posts, is_fresh=self._is_fresh(standing, now), now=now)
        matched = [(seen, self.orders.matches(source, seen.post)) for seen in shown.seen]
        told = tell(store, self.orders, matched, now=now)
        store.articles.owe(source, articles.wanted(source, shown.seen), now=now)
        store.sources.done(rhythm.after_look(source, standing, batch, new=shown.new, now=now))
        return Look(source=source.name, posts=len(batch.posts), new=shown.new, hits=told.hits, alerts=told.alerts)

    def _is_fresh(self, standing: Standing, now: datetime) -> Callable[..., bool]:
        first_age = self.orders.backfill if standing.first else None
        return partial(plan.is_fresh, now=now, age=self.orders.fresh, first_age=first_age)
