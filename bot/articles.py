"""Reads the articles behind posts whose source wants their full text, once each, and commits all that follows.

beat      starts to read on every host where a page is due; never waits for one
sweep     reads what is due, as far as it gets within a time: ``vigie run --once``
stop      leaves what is under way: nothing of it was kept, and it is due again

On one host pages are read one after the other, the longest due first, each taken out of the store when its turn comes.
A page that cannot be read concerns its post alone: the source stays as it is, and the summary was matched at the look.
A host that asks for time, or cannot be reached, is left alone for a while with all its pages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from bot import log
from bot.model import Article, Match, Seen, Source
from bot.rules import articles, outage, plan
from bot.store import Store
from bot.tell import Orders, Outcome, tell
from scrapers import Post, ScrapeError, Unconnected

FullText = Callable[[Post], Awaitable[Post]]

CROWD = 64
"""Articles that are read at once, over all hosts; on one host they are read one after the other."""
SETBACK = 60.0
"""Seconds before a host is asked again when an article of it could not be kept (a full disk)."""


class Reader:
    """Keeps reading. ``full_text`` completes one post, ``wake`` is called when a commit owes something.

    ``offline`` says whether our own network is down.
    """

    def __init__(
        self,
        store: Store,
        orders: Orders,
        *,
        full_text: FullText,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        offline: Callable[[], bool],
    ) -> None:
        self.orders = orders
        self._store = store
        self._full_text = full_text
        self._now = now
        self._wake = wake
        self._offline = offline
        self._room = asyncio.Semaphore(CROWD)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._log = log.get("articles")

    def beat(self) -> None:
        """Start to read on each host where a page is due and none is being read."""
        self._start(lambda outcome: None)

    async def sweep(self, *, patience: timedelta) -> Outcome:
        """Read what is due, as far as that goes within ``patience``, and say what it came to; the rest stays due."""
        outcomes: list[Outcome] = []
        tasks = self._start(outcomes.append)
        if tasks:
            await asyncio.wait(tasks, timeout=patience.total_seconds())
            await _leave(tasks)
        return Outcome(hits=sum(one.hits for one in outcomes), alerts=sum(one.alerts for one in outcomes))

    async def stop(self) -> None:
        """Leave the articles that are being read."""
        await _leave(tuple(self._under_way.values()))

    def _start(self, done: Callable[[Outcome], None]) -> "list[asyncio.Task[None]]":
        tasks = []
        for host in self._store.articles.hosts(self._now()):
            if host not in self._under_way:
                task = asyncio.create_task(self._read_all(host, done), name=f"read {host}")
                self._under_way[host] = task
                task.add_done_callback(partial(self._finished, host))
                tasks.append(task)
        return tasks

    def _finished(self, host: str, _task: "asyncio.Task[None]") -> None:
        self._under_way.pop(host)

    async def _read_all(self, host: str, done: Callable[[Outcome], None]) -> None:
        """What is due on one host, one after the other; whatever goes wrong concerns this host alone."""
        try:
            while await self._read_next(host, done):
                pass
        except Exception as error:
            self._log.error("article failed", error=error, host=host)
            await asyncio.sleep(SETBACK)

    async def _read_next(self, host: str, done: Callable[[Outcome], None]) -> bool:
        """False when nothing is due on this host."""
        async with self._room:
            article = self._store.articles.next(host, self._now())
            if article is not None:
                done(await self.read(article))
        return article is not None

    async def read(self, article: Article) -> Outcome:
        """Read one article, and commit everything that follows from it, or its failure."""
        if not self._wanting(article):  # the configuration changed while it waited, or while its post was looked at
            with self._store.transaction() as store:
                store.articles.drop(article)
            return Outcome()
        try:
            post = self._store.archive.post(article.post)
            outcome = self._commit(article, post, post if article.read else await self._full_text(post))
        except ScrapeError as error:
            self._fail(article, error)
            return Outcome()
        except Exception:
            # A try like any other: a post that breaks us must not be asked for without end.
            failure = ScrapeError("it could not be kept")
            failure.transient = True
            self._fail(article, failure)
            raise
        if outcome.alerts:
            self._wake()
        return outcome

    def _wanting(self, article: Article) -> list[Source]:
        """The sources that want this article, of those of today."""
        known = [self.orders.sources[name] for name in article.sources if name in self.orders.sources]
        return [source for source in known if source.full_text]

    def _commit(self, article: Article, before: Post, post: Post) -> Outcome:
        """Read, decide, write; no await until the commit.

        Only fresh posts are owed a reading, but the archive may know an older date, and the page tell one. What counts
        is the age when it was first owed: a page that could not be read for days is still told.
        """
        now = self._now()
        with self._store.transaction() as store:
            if store.archive.post(article.post) != before:  # reworded in the meantime: it is still due, and read again
                return Outcome()
            store.archive.complete(article.post, post)
            fresh = plan.freshness(now=article.owed, age=self.orders.fresh, first_age=None)(post, True)
            outcome = tell(store, self.orders, [self._matched(article, post, fresh=fresh)], now=now)
            store.articles.read(article)
        if outcome.hits:
            self._log.info("hits in an article", post=article.post, hits=outcome.hits, alerts=outcome.alerts)
        return outcome

    def _matched(self, article: Article, post: Post, *, fresh: bool) -> tuple[Seen, tuple[Match, ...]]:
        """What the post matches, of the topics that watch any source that wants it."""
        found = {match.topic: match for one in self._wanting(article) for match in self.orders.matches(one, post)}
        return Seen(id=article.post, post=post, source=article.sources[0], fresh=fresh), tuple(found.values())

    def _fail(self, article: Article, error: ScrapeError) -> None:
        now = self._now()
        if isinstance(error, Unconnected) and self._offline():  # nobody's fault: it is owed as before
            with self._store.transaction() as store:
                store.articles.hold(article.host, now + outage.RETRY, now=now)
            return
        due, until = articles.after_failure(article, error, now=now), articles.held(error, now=now)
        with self._store.transaction() as store:
            if due is None:
                store.articles.give_up(article, error.message, now=now)
            else:
                store.articles.later(article, due, error.message, counts=articles.counts(error), now=now)
            if until is not None:  # that host which failed: a redirect may have led to another
                store.articles.hold(articles.host(error.subject) or article.host, until, now=now)
        again = str(due or "no")
        self._log.info("article not read", post=article.post, page=error.subject, reason=error.message, again=again)


async def _leave(tasks: "Iterable[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
