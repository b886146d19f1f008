"""Reads the articles behind posts whose source wants their full text, once each, and commits all that follows.

beat      starts to read on every host where a page is due; never waits for one
sweep     reads every page that is due, once: ``vigie run --once``
stop      leaves what is under way: nothing of it was kept, and it is due again

A page that cannot be read concerns its post alone: the source stays as it is, and the summary was matched at the look.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from bot import log
from bot.model import Article, Match, Seen, Source
from bot.rules import articles, outage, plan
from bot.store import Store
from bot.tell import Orders, Outcome, tell
from scrapers import Post, ScrapeError, Unconnected, Unreachable

FullText = Callable[[Post], Awaitable[Post]]

CROWD = 64
"""Articles that are read at once, over all hosts; on one host they are read one after the other."""
MOST = 1000
"""So many are taken out at a beat, however many are due."""
EVERY = -1
"""All that are due."""
SETBACK = 60.0
"""Seconds before an article that could not be kept (a full disk) is asked for again."""


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
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self._log = log.get("articles")

    def beat(self) -> None:
        """Start to read on each host where a page is due and none is being read."""
        self._start(MOST)

    async def sweep(self) -> Outcome:
        """Read every page that is due, once, and say what that came to."""
        done = await asyncio.gather(*self._start(EVERY))
        return _sum(done)

    async def stop(self) -> None:
        """Leave the articles that are being read."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, most: int) -> "list[asyncio.Task[Outcome]]":
        tasks = []
        for host, waiting in _by_host(self._store.articles.due(self._now(), limit=most)).items():
            if host not in self._under_way:
                task = asyncio.create_task(self._read_all(waiting), name=f"read {host}")
                self._under_way[host] = task
                task.add_done_callback(partial(self._finished, host))
                tasks.append(task)
        return tasks

    def _finished(self, host: str, _task: "asyncio.Task[Outcome]") -> None:
        self._under_way.pop(host)

    async def _read_all(self, waiting: Sequence[Article]) -> Outcome:
        """The articles of one host, one after the other."""
        return _sum([await self._isolated(article) for article in waiting])

    async def _isolated(self, article: Article) -> Outcome:
        """One article; whatever goes wrong in it concerns its post alone."""
        try:
            async with self._room:
                return await self.read(article)
        except Exception as error:
            self._log.error("article failed", error=error, post=article.post)
            await asyncio.sleep(SETBACK)
            return Outcome()

    async def read(self, article: Article) -> Outcome:
        """Read one article, and commit everything that follows from it, or its failure."""
        if not self._wanting(article):  # the configuration changed while it waited
            return Outcome()
        post = self._store.archive.post(article.post)
        try:
            dated = post.published is not None and not article.read
            outcome = self._commit(article, post if article.read else await self._full_text(post), dated=dated)
        except ScrapeError as error:
            self._fail(article, error)
            return Outcome()
        except Exception:
            # A try like any other: a post that breaks us must not be asked for without end.
            self._fail(article, Unreachable("it could not be kept"))
            raise
        if outcome.alerts:
            self._wake()
        return outcome

    def _wanting(self, article: Article) -> list[Source]:
        """The sources that want this article, of those of today."""
        known = [self.orders.sources[name] for name in article.sources if name in self.orders.sources]
        return [source for source in known if source.full_text]

    def _commit(self, article: Article, post: Post, *, dated: bool) -> Outcome:
        """Read, decide, write; no await until the commit.

        Only fresh posts are owed a reading; one that its source had not ``dated`` may turn out to be old.
        """
        now = self._now()
        with self._store.transaction() as store:
            store.archive.complete(article.post, post)
            fresh = dated or plan.is_fresh(post, True, now=now, age=self.orders.fresh, first_age=None)
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
        if isinstance(error, Unconnected) and self._offline():
            with self._store.transaction() as store:
                store.articles.put_off(article, now + outage.RETRY)
            return
        due = articles.after_failure(article, error, now=now)
        with self._store.transaction() as store:
            if due is None:
                store.articles.give_up(article, error.message)
            else:
                store.articles.later(article, due, error.message, now=now)
        self._log.info("article not read", page=error.subject, reason=error.message, again=str(due or "no"))


def _by_host(waiting: Iterable[Article]) -> Mapping[str, Sequence[Article]]:
    hosts: dict[str, list[Article]] = defaultdict(list)
    for article in waiting:
        hosts[_host(article.url)].append(article)
    return hosts


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _sum(outcomes: Iterable[Outcome]) -> Outcome:
    done = tuple(outcomes)
    return Outcome(hits=sum(one.hits for one in done), alerts=sum(one.alerts for one in done))
