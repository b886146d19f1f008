from datetime import timedelta

import pytest

from bot.model import TERMINAL, Alert, AlertKind, Chat, Field, Match, Place, Priority, Source, Subscriber, Told
from bot.store import Store
from tests.support import Clock, MakePost, MakeSource


@pytest.fixture
def ada(store: Store, clock: Clock) -> Subscriber:
    return store.people.welcome(Chat(1), lang="en", timezone="UTC", now=clock())


@pytest.fixture
def bea(store: Store, clock: Clock) -> Subscriber:
    return store.people.welcome(Chat(2), lang="en", timezone="UTC", now=clock())


def alert(who: Subscriber, clock: Clock, *, story: int = 1, cause: str = "first", **more: object) -> Alert:
    usual: dict[str, object] = {"kind": AlertKind.ALERT, "due": clock(), "post": story, "topics": ("H100",)}
    return Alert(subscriber=who.id, story=story, cause=cause, **{**usual, **more})  # type: ignore[arg-type]


def debtors(store: Store, clock: Clock, *, but: tuple[int, ...] = (), terminal: bool = False) -> list[int]:
    found = store.outbox.due(clock(), terminal=terminal, but=but, limit=10)
    return [debt.subscriber.chat.id for debt in found]


def rows(store: Store, clock: Clock, who: Subscriber) -> list[int]:
    return [one.id for one in store.outbox.parcel(who, clock()).owed]


def test_nothing_is_owed_twice(store: Store, clock: Clock, ada: Subscriber, bea: Subscriber) -> None:
    assert store.outbox.owe([alert(ada, clock), alert(bea, clock)], now=clock()) == 2
    assert store.outbox.owe([alert(ada, clock), alert(ada, clock, cause="topic H200")], now=clock()) == 1


def test_what_is_owed_waits_for_its_time(store: Store, clock: Clock, ada: Subscriber) -> None:
    store.outbox.owe([alert(ada, clock, due=clock() + timedelta(hours=1))], now=clock())
    assert debtors(store, clock) == []
    assert store.outbox.next_due(terminal=False) == clock() + timedelta(hours=1)
    clock.forward(hours=1)
    assert debtors(store, clock) == [1]


def test_the_urgent_go_first_and_the_busy_and_unreachable_not_at_all(
    store: Store, clock: Clock, ada: Subscriber, bea: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock), alert(bea, clock, priority=Priority.HIGH)], now=clock())
    assert debtors(store, clock) == [2, 1]
    assert debtors(store, clock, but=(bea.id,)) == [1]
    store.people.gone(Chat(1))
    assert debtors(store, clock) == [2]
    assert store.outbox.forget_old(clock() + timedelta(hours=25), age=timedelta(hours=24)) == 1


def test_the_terminal_and_the_phones_are_served_apart(store: Store, clock: Clock, ada: Subscriber) -> None:
    screen = store.people.welcome(TERMINAL, lang="en", timezone="UTC", now=clock())
    store.outbox.owe([alert(ada, clock), alert(screen, clock)], now=clock())
    assert debtors(store, clock) == [1]
    assert debtors(store, clock, terminal=True) == [0]


def test_a_parcel_brings_all_that_its_words_need(
    store: Store, clock: Clock, ada: Subscriber, make_post: MakePost, make_source: MakeSource
) -> None:
    source: Source = make_source("wire")
    store.sources.sync([source], now=clock())
    post = make_post(1)
    seen = store.archive.add(source, [post], is_fresh=lambda *_: True, now=clock()).seen
    places = (Place(Field.TITLE, 0, 4, "H-100"), Place(Field.TEXT, 11, 15, "H100"))
    matches = [Match(topic="H100", places=places[1:]), Match(topic="SuperMicro", places=places[:1])]
    store.archive.keep_hits([(seen[0], matches)], now=clock())
    store.outbox.owe([alert(ada, clock, topics=("SuperMicro", "H100"), priority=Priority.LOW)], now=clock())
    (owed,) = store.outbox.parcel(ada, clock()).owed
    assert (owed.post, owed.source, owed.topics) == (post, "wire", ("SuperMicro", "H100"))
    assert set(owed.places) == set(places)
    assert (owed.priority, owed.repeat, owed.plain, owed.tries) == (Priority.LOW, False, False, 0)


def test_a_notice_is_words_without_a_post(store: Store, clock: Clock, ada: Subscriber) -> None:
    notice = alert(ada, clock, story=0, kind=AlertKind.NOTICE, post=0, topics=(), text="A topic left.", cause="x")
    store.outbox.owe([notice], now=clock())
    (owed,) = store.outbox.parcel(ada, clock()).owed
    assert (owed.post, owed.text) == (None, "A topic left.")


def test_a_send_that_nobody_answered_for_is_owed_again_as_a_repeat_after_a_restart(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock, story=1), alert(ada, clock, story=2)], now=clock())
    store.outbox.sending([1], clock())
    assert rows(store, clock, ada) == [2]
    assert store.outbox.recover(clock()) == 1
    assert [(one.id, one.repeat, one.tries) for one in store.outbox.parcel(ada, clock()).owed] == [
        (1, True, 1),
        (2, False, 0),
    ]


def test_what_was_sent_or_dropped_is_owed_no_more(store: Store, clock: Clock, ada: Subscriber) -> None:
    store.outbox.owe([alert(ada, clock, story=number) for number in (1, 2, 3)], now=clock())
    store.outbox.sent([1], 99, clock())
    store.outbox.drop([2], "the chat is closed", clock())
    assert rows(store, clock, ada) == [3]
    assert store.outbox.recover(clock()) == 0


def test_later_keeps_the_marks_that_a_row_has(store: Store, clock: Clock, ada: Subscriber) -> None:
    store.outbox.owe([alert(ada, clock)], now=clock())
    store.outbox.later([1], clock(), "no answer", repeat=True)
    store.outbox.later([1], clock() + timedelta(seconds=5), "cannot parse entities", plain=True)
    assert rows(store, clock, ada) == []
    clock.forward(seconds=5)
    (owed,) = store.outbox.parcel(ada, clock()).owed
    assert (owed.repeat, owed.plain) == (True, True)


def test_what_was_told_of_a_story_is_known(store: Store, clock: Clock, ada: Subscriber, bea: Subscriber) -> None:
    store.outbox.owe([alert(ada, clock, story=4), alert(bea, clock, story=5), alert(bea, clock, story=6)], now=clock())
    store.outbox.drop([2], "not wanted", clock())
    assert store.outbox.told([4, 5]) == (Told(subscriber=ada.id, story=4, topics=frozenset({"H100"})),)
