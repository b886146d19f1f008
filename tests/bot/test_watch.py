import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest

import scrapers
from bot.model import Chat, Pace, Source, SourceState, Standing, Topic
from bot.rules import matcher
from bot.store import Store
from bot.store.group import ROOM
from bot.tell import Orders
from bot.watch import CROWD, LONG, Look, Watch
from scrapers import (
    Batch,
    Blocked,
    Bookmark,
    Gone,
    Missing,
    Misuse,
    Post,
    Throttled,
    Unconnected,
    Unreachable,
    Unreadable,
)
from tests.support import START, Clock, MakePost, MakeSource

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
    return Watch(store, orders, fetch=web.fetch, now=clock, wake=lambda: woken.append("up"), notify=print)


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


def test_what_the_old_posts_of_a_new_source_match_is_not_logged(
    look: Callable[[str], Look], web: Web, clock: Clock, make_post: MakePost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    old = clock() - timedelta(days=40)
    web.says("wire", make_post(1, published=old))
    assert look("wire") == Look(source="wire", posts=1, new=1, hits=1)
    assert caplog.messages == []
    web.says("wire", make_post(2, published=old))
    assert look("wire") == Look(source="wire", posts=1, new=1, hits=1)
    web.says("daily", make_post(3))
    assert look("daily").alerts == 1
    assert caplog.messages == ["hits", "hits"]


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


def test_a_source_that_always_comes_second_is_not_idle(
    look: Callable[[str], Look], web: Web, store: Store, make_post: MakePost
) -> None:
    for name in ("wire", "daily"):
        web.says(name, make_post(1))
        look(name)
    assert store.sources.standing("daily").renewed == store.sources.standing("wire").renewed
    assert store.sources.standing("daily").gap == store.sources.standing("wire").gap


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


@pytest.mark.parametrize("failing", [False, True])
def test_what_the_old_address_answers_is_nothing_to_the_new_one(
    failing: bool, watch: Watch, web: Web, orders: Orders, store: Store, clock: Clock, make_post: MakePost
) -> None:
    web.fails("wire", Gone("gone", status=410)) if failing else web.says("wire", make_post(1), etag="old")
    old = orders.sources["wire"]

    async def fetch(source: Source, bookmark: Bookmark) -> Batch:
        store.sources.sync([replace(old, options="https://moved.example.org")], now=clock())  # the file was changed
        return await web.fetch(source, bookmark)

    watch = Watch(store, orders, fetch=fetch, now=clock, wake=lambda: None, notify=print)
    look = asyncio.run(watch.look(old))
    assert (look.posts, look.alerts, store.report().shown) == (0, 0, 0)
    standing = store.sources.standing("wire")
    assert (standing.bookmark, standing.state, standing.first) == (Bookmark(), SourceState.UNPROVEN, True)


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
    watch = Watch(store, replace(orders, sources=many), fetch=web.fetch, now=clock, wake=lambda: None, notify=print)
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


@pytest.mark.parametrize(("characters", "transactions"), [(100, 1), (int(ROOM) * LONG, 2)])
async def test_looks_that_end_together_are_kept_together_unless_their_texts_are_long(
    characters: int, transactions: int, watch: Watch, web: Web, store: Store, make_post: MakePost
) -> None:
    began: list[str] = []
    store.db.conn.set_trace_callback(lambda line: began.append(line) if line.startswith("BEGIN") else None)
    for number, name in enumerate(("wire", "daily")):
        web.says(name, make_post(number, text="x" * characters))
    await watch.sweep(lambda _look: None)
    assert len(began) == transactions


async def test_a_sweep_counts_each_source_once_however_many_end_together(
    store: Store, web: Web, orders: Orders, clock: Clock, make_source: MakeSource
) -> None:
    many = {f"s{number}": make_source(f"s{number}") for number in range(600)}
    store.sources.sync(many.values(), now=clock())
    watch = Watch(store, replace(orders, sources=many), fetch=web.fetch, now=clock, wake=lambda: None, notify=print)
    looks = await watch.sweep(lambda look: None)
    assert sorted(look.source for look in looks) == sorted(many)


async def test_looks_that_are_stopped_leave_their_sources_due(store: Store, orders: Orders, clock: Clock) -> None:
    store.sources.sync(orders.sources.values(), now=clock())
    started = asyncio.Event()

    async def never(source: Source, bookmark: Bookmark) -> Batch:
        started.set()
        return await asyncio.Future()

    watch = Watch(store, orders, fetch=never, now=clock, wake=lambda: None, notify=print)
    watch.round()
    await started.wait()
    await watch.stop()
    assert set(store.sources.due(clock())) == {"wire", "daily"}


# What is gone, and what comes back


@pytest.fixture
def notices() -> dict[str, str]:
    """What operators are owed, by its cause, in French."""
    return {}


@pytest.fixture
def telling(
    store: Store, web: Web, orders: Orders, clock: Clock, woken: list[str], notices: dict[str, str]
) -> Callable[[str], Look]:
    """A look by a watch that tells operators."""

    def notify(cause: str, words: Callable[[str], str]) -> None:
        assert store.db.conn.in_transaction
        notices.setdefault(cause, words("fr"))

    store.sources.sync(orders.sources.values(), now=clock())
    wake = partial(woken.append, "up")
    watch = Watch(store, orders, fetch=web.fetch, now=clock, wake=wake, notify=notify)
    return lambda name: asyncio.run(watch.look(orders.sources[name]))


GONE = Gone("the server answered 410 Gone", status=410)


def test_operators_are_told_once_of_what_is_gone_for_good_however_it_answers_in_between(
    telling: Callable[[str], Look], web: Web, store: Store, notices: dict[str, str], woken: list[str], clock: Clock
) -> None:
    for error in (GONE, GONE, Unreachable("no answer"), GONE):
        web.fails("wire", error)
        telling("wire")
        clock.forward(days=1)
    assert [text for text in notices.values() if "wire" in text and "(410)" in text] == list(notices.values())
    assert len(notices) == 1
    assert woken
    assert store.sources.standing("wire").state is SourceState.GONE


def test_operators_are_told_again_when_what_came_back_is_gone_again_or_another_is(
    telling: Callable[[str], Look], web: Web, notices: dict[str, str], clock: Clock, make_post: MakePost
) -> None:
    for _ in range(2):
        web.fails("wire", GONE)
        telling("wire")
        web.says("wire", make_post(1))
        telling("wire")
        clock.forward(days=1)
    web.fails("daily", GONE)
    telling("daily")
    assert len(notices) == 3


def test_operators_are_not_told_of_what_may_pass(
    telling: Callable[[str], Look], web: Web, notices: dict[str, str], woken: list[str]
) -> None:
    for error in (Blocked("no", status=403), Missing("not found", status=404), Unreadable("a page"), Unconnected("no")):
        web.fails("wire", error)
        telling("wire")
    assert (notices, woken) == ({}, [])


def test_a_404_that_lasts_for_days_costs_at_most_a_day_and_no_fresh_post(
    look: Callable[[str], Look], web: Web, store: Store, clock: Clock, make_post: MakePost
) -> None:
    web.says("wire", make_post(1), etag="v1")
    look("wire")
    since, looks = clock(), 0
    while clock() - since < timedelta(days=9):
        web.fails("wire", Missing("the server answered 404 Not Found", status=404))
        look("wire")
        looks += 1
        standing = store.sources.standing("wire")
        assert (standing.state, standing.failures, standing.bookmark.etag) == (SourceState.ILL, looks, "v1")
        assert standing.due <= clock() + timedelta(days=1)
        clock.time = standing.due
    assert looks < 20
    young, old = clock() - timedelta(hours=70), clock() - timedelta(days=5)
    web.says("wire", make_post(1), make_post(2, published=old), make_post(3, published=young))
    assert look("wire") == Look(source="wire", posts=3, new=2, hits=2, alerts=1)
    assert store.sources.standing("wire").state is SourceState.WELL


# The network


@dataclass
class Press:
    """Many sources, each on a host of its own, and what became of them."""

    store: Store
    web: Web
    watch: Watch
    clock: Clock

    def dark(self, *numbers: int, error: Exception | None = None) -> None:
        """These sources cannot be reached at their next look, or fail so."""
        for number in numbers:
            self.web.fails(f"s{number}", error or Unconnected("the name does not resolve"))

    async def look(self, *numbers: int) -> None:
        for number in numbers:
            await self.watch.look(self.watch.orders.sources[f"s{number}"])

    def standing(self, number: int) -> Standing:
        return self.store.sources.standing(f"s{number}")

    def blamed(self) -> set[int]:
        return {number for number in range(20) if self.standing(number).failures}


@pytest.fixture
def press(store: Store, web: Web, orders: Orders, clock: Clock, make_source: MakeSource) -> Press:
    sources = {f"s{number}": _on(make_source, number) for number in range(20)}
    store.sources.sync(sources.values(), now=clock())
    many = replace(orders, sources=sources)
    watch = Watch(store, many, fetch=web.fetch, now=clock, wake=lambda: None, notify=print)
    return Press(store=store, web=web, watch=watch, clock=clock)


def _on(make_source: MakeSource, number: int) -> Source:
    options = scrapers.options("feed")(url=f"https://s{number}.example.org/feed")
    return make_source(f"s{number}", options=options, every=timedelta(minutes=10))


async def test_when_the_network_is_down_no_source_is_blamed_and_all_are_soon_due_again(
    press: Press, make_post: MakePost
) -> None:
    for number in range(20):
        press.web.says(f"s{number}", make_post(number), etag="v1")
    await press.look(*range(20))
    press.clock.forward(minutes=10)
    press.dark(*range(20))
    before = [press.standing(number) for number in range(20)]
    await press.look(*range(20))
    assert press.watch.offline
    for number in range(20):
        after = press.standing(number)
        assert after._replace(due=before[number].due) == before[number]
        assert timedelta(seconds=45) <= after.due - press.clock() < timedelta(seconds=75)
    assert len({press.standing(number).due.replace(microsecond=0) for number in range(20)}) > 10


async def test_some_hosts_that_are_down_are_blamed_as_ever(press: Press) -> None:
    press.dark(*range(8))
    await press.look(*range(8, 20), *range(8))
    assert press.blamed() == set(range(8))
    assert press.standing(0).due == press.clock() + timedelta(minutes=20)


async def test_errors_of_servers_are_no_outage(press: Press) -> None:
    press.dark(*range(20), error=Unreachable("no answer within 20 s"))
    await press.look(*range(20))
    assert press.blamed() == set(range(20))


async def test_what_was_never_sent_says_nothing(press: Press) -> None:
    press.dark(*range(11), error=Misuse("no such option"))
    press.dark(*range(11, 20))
    await press.look(*range(20))
    assert not press.watch.offline
    assert press.blamed() == set(range(20))


async def test_what_was_never_sent_does_not_speak_for_the_network(press: Press) -> None:
    press.dark(*range(10), error=Misuse("no such option"))
    press.dark(*range(10, 20))
    await press.look(*range(20))
    assert press.blamed() == set(range(10))


async def test_an_error_of_a_server_is_blamed_while_the_network_is_down(press: Press) -> None:
    press.dark(*range(19))
    press.dark(19, error=Unreachable("the answer broke off"))
    await press.look(*range(20))
    assert press.watch.offline
    assert press.blamed() == {19}


async def test_those_who_failed_longer_before_are_not_pardoned(press: Press) -> None:
    press.dark(*range(3))
    await press.look(*range(3))
    press.clock.forward(seconds=61)
    press.dark(*range(3, 20))
    await press.look(*range(3, 20))
    assert press.blamed() == {0, 1, 2}


async def test_a_source_that_was_looked_at_since_is_not_set_back(press: Press, make_post: MakePost) -> None:
    press.dark(0, 1, 1)
    await press.look(0, 1, 1)
    press.web.says("s0", make_post(1), etag="v1")
    await press.look(0)
    well = press.standing(0)
    press.dark(*range(2, 20))
    await press.look(*range(2, 20))
    assert press.standing(0) == well
    assert press.blamed() == set()


async def test_looks_that_end_together_are_all_pardoned(press: Press) -> None:
    press.dark(*range(20))
    looks = await press.watch.sweep(lambda look: None)
    assert sum(bool(look.error) for look in looks) == 20
    assert press.blamed() == set()
    assert {press.standing(number).state for number in range(20)} == {SourceState.UNPROVEN}


async def test_what_a_server_asked_for_is_kept_through_an_outage(press: Press) -> None:
    throttled = Throttled("too many requests", status=429, retry_after=timedelta(hours=1))
    press.dark(0, error=throttled)
    press.dark(*range(20))
    await press.look(0, *range(20))
    assert press.standing(0).failures == 1
    assert press.standing(0).due == press.clock() + timedelta(hours=1)


async def test_an_outage_is_two_lines_in_the_log(press: Press, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for _ in range(5):
        press.dark(*range(20))
        await press.watch.sweep(lambda look: None)
        press.clock.forward(minutes=1)
    for _ in range(2):
        await press.watch.sweep(lambda look: None)
    lines = [record.message for record in caplog.records if record.name == "vigie.watch"]
    assert lines == ["the network is down, no source is blamed until it is back", "the network is back"]


async def test_after_ten_minutes_without_a_network_everything_is_told_within_two_minutes(
    press: Press, make_post: MakePost
) -> None:
    for number in range(20):
        press.web.says(f"s{number}", make_post(number))
    for _ in range(12 * 60):
        if press.clock() - START < timedelta(minutes=10):
            press.web.answers = {f"s{number}": [Unconnected("no route")] for number in range(20)}
        elif press.clock() - START == timedelta(minutes=10):
            press.web.answers = {f"s{number}": [Batch(posts=(make_post(number),))] for number in range(20)}
        for name in press.store.sources.due(press.clock()):
            await press.look(int(name[1:]))
        press.clock.forward(seconds=1)
    assert all(not waiting for waiting in press.web.answers.values())
    assert press.blamed() == set()
    assert not press.watch.offline
