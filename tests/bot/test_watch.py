import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model import Chat, Pace, Source, SourceState, Topic
from bot.rules import matcher
from bot.store import Store
from bot.tell import Orders
from bot.watch import CROWD, Look, Watch
from scrapers import Batch, Bookmark, Post, Throttled, Unreachable
from tests.support import Clock, MakePost, MakeSource

H100 = Topic(name="H100", query="H100")
SMCI = Topic(name="SuperMicro", query="SuperMicro", sources=("daily",))


class Web:
    """What each source answers next: posts or an error, and "nothing new" when nothing was planned."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Batch | Exception]] = {}
        self.asked: list[tuple[str, Bookmark]] = []
        self.called = asyncio.Event()

    def says(self, name: str, *posts: Post, etag: str = "") -> None:
        self.answers.setdefault(name, []).append(Batch(posts=posts, bookmark=Bookmark(etag=etag)))

    def fails(self, name: str, error: Exception) -> None:
        self.answers.setdefault(name, []).append(error)

    async def asked_for(self, times: int) -> None:
        while len(self.asked) < times:
            self.called.clear()
            await self.called.wait()

    async def fetch(self, source: Source, bookmark: Bookmark) -> Batch:
        self.asked.append((source.name, bookmark))
        self.called.set()
        waiting = self.answers.get(source.name)
        answer = waiting.pop(0) if waiting else Batch(unchanged=True, bookmark=bookmark)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def orders(make_source: MakeSource) -> Orders:
    every = timedelta(minutes=10)
    sources = (make_source("wire", every=every), make_source("daily", every=every))
    return Orders(
        sources={source.name: source for source in sources},
        topics={topic.name: topic for topic in (H100, SMCI)},
        matcher=matcher.compile([H100, SMCI]),
        fresh=timedelta(hours=72),
        backfill=timedelta(hours=24),
        window=timedelta(hours=72),
    )


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def watch(store: Store, web: Web, orders: Orders, clock: Clock, woken: list[str]) -> Watch:
    store.sources.sync(orders.sources.values(), now=clock())
    reader = store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())
    for topic in (H100, SMCI):
        store.people.follow(reader, topic.name, pace=Pace(), now=clock())
    return Watch(store, orders, fetch=web.fetch, now=clock, wake=lambda: woken.append("up"))


@pytest.fixture
def look(watch: Watch, orders: Orders) -> Callable[[str], Look]:
    return lambda name: asyncio.run(watch.look(orders.sources[name]))


def owed(store: Store, clock: Clock) -> list[tuple[str, tuple[str, ...]]]:
    reader = store.people.subscriber(Chat(1))
    assert reader is not None
    return [(one.post.key, one.topics) for one in store.outbox.parcel(reader, clock()).owed if one.post]


def test_a_look_keeps_posts_hits_alerts_and_the_bookmark_together(
    look: Callable[[str], Look], web: Web, store: Store, clock: Clock, make_post: MakePost, woken: list[str]
) -> None:
    web.says("wire", make_post(1), make_post(2, title="Weather", text="Rain", url="https://x.example.org/r"), etag="v1")
    assert look("wire") == Look(source="wire", posts=2, new=2, hits=1, alerts=1)
    assert owed(store, clock) == [("feed:1", ("H100",))]
    assert woken == ["up"]
    standing = store.sources.standing("wire")
    assert (standing.bookmark.etag, standing.state) == ("v1", SourceState.WELL)
    assert look("wire") == Look(source="wire")
    assert web.asked[1] == ("wire", Bookmark(etag="v1"))


def test_nothing_of_a_look_is_kept_when_any_part_of_it_cannot_be(
    web: Web, store: Store, orders: Orders, clock: Clock, make_post: MakePost, watch: Watch
) -> None:
    broken = replace(orders, topics={})  # a match of a topic that nobody knows
    web.says("wire", make_post(1), etag="v1")
    watch.orders = broken
    with pytest.raises(KeyError):
        asyncio.run(watch.look(orders.sources["wire"]))
    assert store.report().shown == 0
    assert store.sources.standing("wire").bookmark == Bookmark()
    watch.orders = orders
    web.says("wire", make_post(1), etag="v1")
    assert asyncio.run(watch.look(orders.sources["wire"])).alerts == 1


def test_a_topic_sees_only_its_sources_and_a_post_seen_elsewhere_is_still_new_there(
    look: Callable[[str], Look], web: Web, store: Store, clock: Clock, make_post: MakePost
) -> None:
    post = make_post(1, text="SuperMicro racks, forty of them, were offered by a broker in a chat group on Sunday.")
    web.says("wire", post)
    web.says("daily", post)
    assert look("wire").hits == 0
    assert look("daily") == Look(source="daily", posts=1, new=0, hits=1, alerts=1)
    assert owed(store, clock) == [("feed:1", ("SuperMicro",))]


def test_a_query_may_name_the_source_of_a_post(
    watch: Watch, web: Web, orders: Orders, store: Store, clock: Clock, make_post: MakePost
) -> None:
    daily = replace(H100, query="H100 source:daily")
    watch.orders = replace(orders, topics={"H100": daily}, matcher=matcher.compile([daily]))
    for name in ("wire", "daily"):
        web.says(name, make_post(1))
        asyncio.run(watch.look(orders.sources[name]))
        assert len(owed(store, clock)) == (name == "daily")


def test_the_same_text_elsewhere_is_the_same_story_and_alerts_once(
    look: Callable[[str], Look], web: Web, store: Store, clock: Clock, make_post: MakePost
) -> None:
    text = make_post(1).text
    web.says("wire", make_post(1, title="Racks", text=text))
    web.says("daily", make_post(9, title="RACKS", text=text + " https://t.example.org/9"))
    assert look("wire").alerts == 1
    assert look("daily") == Look(source="daily", posts=1, new=1, hits=1, alerts=0)
    assert [fold.again for fold in store.report().folds] == ["daily"]


def test_the_first_look_tells_only_of_the_last_day(
    look: Callable[[str], Look], web: Web, clock: Clock, make_post: MakePost
) -> None:
    day = timedelta(days=1)
    old, undated = make_post(1, published=clock() - 2 * day), make_post(2, published=None, text="An H100 of no date")
    web.says("wire", old, undated, make_post(3, text="A new H100"))
    assert look("wire") == Look(source="wire", posts=3, new=3, hits=3, alerts=1)
    later_undated = make_post(4, published=None, text="Another H100 of no date, but new since the last look")
    web.says(
        "wire", later_undated, make_post(5, published=clock() - 2 * day, text="Two days old, late to the feed: H100")
    )
    assert look("wire").alerts == 2
    web.says("wire", make_post(6, published=clock() - 4 * day, text="H100, four days ago"))
    assert look("wire").alerts == 0


def test_a_failure_is_written_on_its_source_and_loses_nothing(
    look: Callable[[str], Look], web: Web, store: Store, clock: Clock, make_post: MakePost
) -> None:
    web.says("wire", make_post(1), etag="v1")
    look("wire")
    web.fails("wire", Unreachable("no answer within 20 s", subject="https://wire.example.org"))
    assert look("wire").error == "no answer within 20 s"
    standing = store.sources.standing("wire")
    assert (standing.state, standing.failures, standing.bookmark.etag) == (SourceState.ILL, 1, "v1")
    assert standing.due == clock() + timedelta(minutes=20)


def test_a_source_that_suddenly_shows_nothing_is_ill(
    look: Callable[[str], Look], web: Web, store: Store, make_post: MakePost
) -> None:
    web.says("wire", make_post(1), etag="v1")
    look("wire")
    web.says("wire", etag="v2")
    assert "no posts any more" in look("wire").error
    assert store.sources.standing("wire").bookmark.etag == "v1"


async def test_a_round_starts_what_is_due_and_waits_for_nothing(
    watch: Watch, web: Web, store: Store, clock: Clock, make_post: MakePost
) -> None:
    web.says("wire", make_post(1))
    watch.round()
    watch.round()
    assert web.asked == []
    await web.asked_for(2)
    assert sorted(name for name, _ in web.asked) == ["daily", "wire"]
    watch.round()
    await watch.stop()
    assert len(web.asked) == 2


async def test_one_round_gets_through_more_sources_than_are_looked_at_at_once(
    store: Store, web: Web, orders: Orders, clock: Clock, make_source: MakeSource
) -> None:
    many = {f"s{number}": make_source(f"s{number}") for number in range(3 * CROWD)}
    store.sources.sync(many.values(), now=clock())
    watch = Watch(store, replace(orders, sources=many), fetch=web.fetch, now=clock, wake=lambda: None)
    watch.round()
    await web.asked_for(3 * CROWD)
    assert {name for name, _ in web.asked} == set(many)
    await watch.stop()


async def test_a_sweep_looks_at_all_but_those_who_asked_us_to_wait(watch: Watch, web: Web, store: Store) -> None:
    web.fails("wire", Throttled("too many requests", status=429, retry_after=timedelta(hours=1)))
    done: list[str] = []
    looks = await watch.sweep(lambda look: done.append(look.source))
    assert sorted(done) == sorted(look.source for look in looks) == ["daily", "wire"]
    assert [look.source for look in await watch.sweep(lambda look: None)] == ["daily"]


async def test_a_sweep_counts_each_source_once_however_many_end_together(
    store: Store, web: Web, orders: Orders, clock: Clock, make_source: MakeSource
) -> None:
    many = {f"s{number}": make_source(f"s{number}") for number in range(600)}
    store.sources.sync(many.values(), now=clock())
    watch = Watch(store, replace(orders, sources=many), fetch=web.fetch, now=clock, wake=lambda: None)
    looks = await watch.sweep(lambda look: None)
    assert sorted(look.source for look in looks) == sorted(many)


async def test_looks_that_are_stopped_leave_their_sources_due(store: Store, orders: Orders, clock: Clock) -> None:
    store.sources.sync(orders.sources.values(), now=clock())
    started = asyncio.Event()

    async def never(source: Source, bookmark: Bookmark) -> Batch:
        started.set()
        return await asyncio.Future()

    watch = Watch(store, orders, fetch=never, now=clock, wake=lambda: None)
    watch.round()
    await started.wait()
    await watch.stop()
    assert set(store.sources.due(clock())) == {"wire", "daily"}
