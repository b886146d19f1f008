from datetime import timedelta

import pytest

from bot.model import Alert, AlertKind, Chat, Pace, Rhythm, Subscriber
from bot.store import Store
from tests.support import Clock

DESK = Chat(-1001, 5)


@pytest.fixture
def ada(store: Store, clock: Clock) -> Subscriber:
    return store.people.welcome(Chat(1), lang="en", timezone="Europe/Paris", now=clock())


def owe(store: Store, clock: Clock, who: Subscriber, *topics: str, story: int = 1) -> None:
    alert = Alert(
        subscriber=who.id, kind=AlertKind.ALERT, story=story, cause="first", due=clock(), post=story, topics=topics
    )
    store.outbox.owe([alert], now=clock())


def topics(store: Store, who: Subscriber) -> list[str]:
    return [one.topic for one in store.people.subscriptions(who)]


def owed(store: Store, clock: Clock, who: Subscriber) -> list[tuple[str, ...]]:
    return [one.topics for one in store.outbox.parcel(who, clock()).owed]


def test_a_chat_and_its_thread_are_one_subscriber(store: Store, ada: Subscriber, clock: Clock) -> None:
    assert store.people.subscriber(Chat(1)) == ada
    assert store.people.subscriber(Chat(1, 5)) is None
    assert store.people.welcome(Chat(1), lang="fr", timezone="UTC", now=clock()) == ada


def test_following_again_changes_the_pace_and_ends_a_mute(store: Store, ada: Subscriber, clock: Clock) -> None:
    assert store.people.follow(ada, "H100", pace=Pace(), now=clock()) is True
    store.people.mute(ada, "H100", clock() + timedelta(hours=1))
    assert store.people.follow(ada, "H100", pace=Pace(Rhythm.HOURLY), now=clock()) is False
    (one,) = store.people.subscriptions(ada)
    assert (one.pace, one.muted, one.subscriber) == (Pace(Rhythm.HOURLY), None, ada)


def test_unfollowing_drops_what_is_owed_for_that_topic_alone(store: Store, ada: Subscriber, clock: Clock) -> None:
    for topic in ("H100", "超微"):
        store.people.follow(ada, topic, pace=Pace(), now=clock())
    owe(store, clock, ada, "超微", story=1)
    owe(store, clock, ada, "H100", "超微", story=2)
    assert store.people.unfollow(ada, "超微") is True
    assert store.people.unfollow(ada, "超微") is False
    assert topics(store, ada) == ["H100"]
    assert owed(store, clock, ada) == [("H100", "超微")]


def test_muting_one_or_all_drops_what_is_owed_and_can_be_undone(store: Store, ada: Subscriber, clock: Clock) -> None:
    for topic in ("H100", "H200"):
        store.people.follow(ada, topic, pace=Pace(), now=clock())
    owe(store, clock, ada, "H100")
    until = clock() + timedelta(hours=8)
    assert store.people.mute(ada, "H100", until) == 1
    assert owed(store, clock, ada) == []
    assert store.people.mute(ada, None, until) == 2
    assert [one.muted for one in store.people.subscriptions(ada)] == [until, until]
    assert store.people.mute(ada, None, None) == 2
    assert store.people.mute(ada, "B200", until) == 0


def test_only_those_who_can_be_reached_are_followers(store: Store, ada: Subscriber, clock: Clock) -> None:
    bea = store.people.welcome(Chat(2), lang="zh", timezone="UTC", now=clock())
    for who in (ada, bea):
        store.people.follow(who, "H100", pace=Pace(), now=clock())
    store.people.gone(Chat(2))
    assert [one.subscriber.id for one in store.people.following(["H100", "H200"])] == [ada.id]
    store.people.revive(Chat(2))
    assert len(store.people.following(["H100"])) == 2


def test_forgetting_erases_every_row_of_a_person(store: Store, ada: Subscriber, clock: Clock) -> None:
    store.people.follow(ada, "H100", pace=Pace(), now=clock())
    owe(store, clock, ada, "H100")
    assert store.people.forget(Chat(1)) is True
    assert store.people.forget(Chat(1)) is False
    for table in ("subscribers", "subscriptions", "outbox"):
        assert store.db.conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_migrated_chat_keeps_its_settings_and_what_it_is_owed(store: Store, clock: Clock) -> None:
    group = store.people.welcome(Chat(-5), lang="fr", timezone="UTC", now=clock())
    store.people.follow(group, "H100", pace=Pace(), now=clock())
    owe(store, clock, group, "H100")
    store.people.migrate(-5, -1005)
    store.people.migrate(-5, -1005)
    moved = store.people.subscriber(Chat(-1005))
    assert moved is not None
    assert topics(store, moved) == ["H100"]
    assert owed(store, clock, moved) == [("H100",)]


def test_a_migrated_chat_numbers_its_messages_anew_so_none_of_before_is_changed_or_answered(
    store: Store, clock: Clock
) -> None:
    for chat in (-5, -6):
        who = store.people.welcome(Chat(chat), lang="fr", timezone="UTC", now=clock())
        owe(store, clock, who, "H100")
        store.outbox.sent([who.id], 99, clock())
    store.people.migrate(-5, -1005)
    assert store.db.conn.execute("SELECT message FROM outbox ORDER BY id").fetchall() == [(None,), (99,)]


def test_the_chats_of_the_file_follow_just_what_it_says(store: Store, ada: Subscriber, clock: Clock) -> None:
    def manage(*chats: tuple[Chat, list[str], Pace]) -> None:
        store.people.manage(chats, lang="en", timezone="UTC", now=clock())

    store.people.follow(ada, "H100", pace=Pace(), now=clock())
    manage((DESK, ["H100", "H200"], Pace()))
    manage((DESK, ["H200", "SuperMicro"], Pace(Rhythm.HOURLY)))
    desk = store.people.subscriber(DESK)
    assert desk is not None
    assert desk.managed
    assert topics(store, desk) == ["H200", "SuperMicro"]
    assert {one.pace.rhythm for one in store.people.subscriptions(desk)} == {Rhythm.HOURLY}
    manage()
    assert store.people.subscriber(DESK) is None
    assert topics(store, ada) == ["H100"]


def test_topics_that_left_are_named_once(store: Store) -> None:
    assert store.people.know_topics(["H100", "H200"]) == ()
    assert store.people.know_topics(["H100"]) == ("H200",)
    assert store.people.know_topics(["H100"]) == ()
