import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.model import (
    TERMINAL,
    Alert,
    AlertKind,
    Also,
    Chat,
    Field,
    Match,
    Owed,
    Pace,
    Place,
    Priority,
    Source,
    Subscriber,
    Told,
    utc,
)
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


Joins = Callable[..., int]


@pytest.fixture
def joins(store: Store, clock: Clock, make_post: MakePost, make_source: MakeSource) -> Joins:
    """A post of a story, on its topics; its row is its number."""

    def join(number: int, *topics: str, story: int = 1, facts: tuple[str, ...] = (), **fields: object) -> int:
        source = make_source("wire" if number == 1 else f"wire {number}")
        store.sources.sync([source], now=clock())
        post = make_post(number, **fields)
        (seen,) = store.archive.add(source, [post], is_fresh=lambda *_: True, now=clock()).seen
        store.archive.keep_hits([(seen, [Match(topic=topic, places=()) for topic in topics or ("H100",)])], now=clock())
        execute = store.db.conn.execute
        execute("INSERT OR IGNORE INTO stories VALUES (?, ?, ?)", (story, clock().timestamp(), clock().timestamp()))
        execute(
            "INSERT INTO members (post, story, facts, at) VALUES (?, ?, ?, ?)",
            (seen.id, story, json.dumps(facts), clock().timestamp()),
        )
        assert seen.id == number
        return seen.id

    return join


def edit(who: Subscriber, clock: Clock, post: int, *, about: int = 1, story: int = 1) -> Alert:
    return alert(who, clock, story=story, cause=f"edit {about}", kind=AlertKind.EDIT, post=post, about=about)


def send(store: Store, clock: Clock, *numbers: int, message: int = 99) -> None:
    store.outbox.sending(numbers, clock())
    store.outbox.sent(numbers, message, clock())


def told(store: Store, story: int = 1) -> Told:
    (found,) = store.outbox.told([story])
    return found


def parcel(store: Store, clock: Clock, who: Subscriber) -> tuple[Owed, ...]:
    return store.outbox.parcel(who, clock()).owed


def row(store: Store, number: int) -> dict[str, Any]:
    found: dict[str, Any] = next(store.db.query("SELECT * FROM outbox WHERE id = ?", (number,)))
    return found


def pending(store: Store) -> datetime | None:
    """When the next row falls due, edits included."""
    (due,) = store.db.conn.execute("SELECT min(due) FROM outbox WHERE state = 'owed'").fetchone()
    return None if due is None else utc(due)


def names(owed: Owed) -> list[str]:
    return [also.source for also in owed.also]


# What was told


def test_what_was_told_of_a_story_is_known(store: Store, clock: Clock, ada: Subscriber, bea: Subscriber) -> None:
    store.outbox.owe([alert(ada, clock, story=4), alert(bea, clock, story=5), alert(bea, clock, story=6)], now=clock())
    store.outbox.drop([2], "not wanted", clock())
    assert store.outbox.told([4, 5, 4]) == (Told(subscriber=ada.id, story=4, topics=frozenset({"H100"}), row=1),)


def test_told_is_at_the_time_of_the_request_and_then_of_the_receipt(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock)], now=clock())
    assert told(store).at is None
    store.outbox.sending([1], clock())
    assert told(store).at == clock()
    clock.forward(seconds=3)
    store.outbox.sent([1], 99, clock())
    assert told(store).at == clock()
    store.outbox.later([1], clock(), "once more")
    assert told(store).at is None


def test_the_latest_alert_speaks_for_all_but_one_that_is_owed_holds_the_rest_back(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock)], now=clock())
    send(store, clock, 1)
    assert (told(store).row, told(store).reply) == (1, False)
    clock.forward(hours=13)
    store.outbox.owe([alert(ada, clock, cause="again 5", topics=("SuperMicro",), about=1)], now=clock())
    assert (told(store).row, told(store).reply, told(store).at) == (2, True, None)
    assert told(store).topics == {"H100", "SuperMicro"}
    store.outbox.owe([alert(ada, clock, cause="fact x 6", about=2)], now=clock())
    send(store, clock, 3)
    assert (told(store).row, told(store).at) == (3, None)
    send(store, clock, 2)
    assert (told(store).row, told(store).at) == (3, clock())


def test_several_rows_in_one_message_are_a_list_from_the_request_on(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock), alert(ada, clock, story=2)], now=clock())
    store.outbox.sending([1, 2], clock())
    assert told(store).listed
    store.outbox.later([1, 2], clock(), "no network")
    send(store, clock, 1)
    assert not told(store).listed


def test_facts_count_as_told_from_a_subscribers_first_alert_on_and_on_their_topics(
    store: Store, clock: Clock, ada: Subscriber, bea: Subscriber, joins: Joins
) -> None:
    joins(1, facts=("8 server",))
    clock.forward(hours=1)
    joins(2, facts=("9 server", "30000 usd"))
    clock.forward(hours=1)
    joins(3, "B200", facts=("7 server",))
    joins(4, "H100", "B200", facts=("6 server",))
    joins(5, story=5, facts=("5 server",))
    store.outbox.owe([alert(ada, clock), alert(bea, clock, post=2)], now=clock())
    facts = {one.subscriber: one.facts for one in store.outbox.told([1])}
    assert facts[bea.id] == {"9 server", "30000 usd", "6 server"}
    assert facts[ada.id] == facts[bea.id] | {"8 server"}


# Replies


def test_a_reply_whose_row_was_not_known_yet_is_tied_to_the_alert_before_it(
    store: Store, clock: Clock, ada: Subscriber, bea: Subscriber
) -> None:
    store.outbox.owe([alert(bea, clock), alert(ada, clock), alert(ada, clock, cause="topic B200")], now=clock())
    assert [row(store, number)["about"] for number in (1, 2, 3)] == [0, 0, 2]
    store.outbox.drop([3], "no", clock())
    store.outbox.owe([alert(ada, clock, cause="fact x 1")], now=clock())
    assert row(store, 4)["about"] == 2


def test_a_reply_answers_the_alert_it_was_planned_for_or_the_latest_that_was_sent(
    store: Store, clock: Clock, ada: Subscriber, joins: Joins
) -> None:
    joins(1)
    store.outbox.owe([alert(ada, clock)], now=clock())
    store.outbox.owe([alert(ada, clock, cause="again 1", due=clock() + timedelta(hours=20), about=1)], now=clock())
    store.outbox.owe([alert(ada, clock, cause="fact x 1", about=2)], now=clock())
    assert [one.answers for one in parcel(store, clock, ada)] == [0, 0]
    send(store, clock, 1, message=41)
    assert [one.answers for one in parcel(store, clock, ada)] == [41]
    send(store, clock, 3, message=43)
    clock.forward(hours=20)
    assert [one.answers for one in parcel(store, clock, ada)] == [41]
    store.db.conn.execute("UPDATE outbox SET about = 0")
    assert [one.answers for one in parcel(store, clock, ada)] == [43]


def test_an_alert_that_was_dropped_is_owed_again_with_the_next_post(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock)], now=clock())
    store.outbox.later([1], clock(), "?", repeat=True, plain=True)
    store.outbox.drop([1], "not wanted any more", clock())
    clock.forward(hours=1)
    assert store.outbox.owe([alert(ada, clock, post=2, topics=("B200",))], now=clock()) == 1
    found = row(store, 1)
    assert (found["state"], found["post"], found["topics"], found["due"]) == (
        "owed",
        2,
        '["B200"]',
        clock().timestamp(),
    )
    assert (found["tries"], found["repeat"], found["plain"], found["reason"]) == (0, 0, 0, "")


def test_a_notice_that_was_dropped_stays_so(store: Store, clock: Clock, ada: Subscriber) -> None:
    notice = alert(ada, clock, kind=AlertKind.NOTICE, cause="x")
    store.outbox.owe([notice], now=clock())
    store.outbox.drop([1], "no", clock())
    assert store.outbox.owe([notice], now=clock()) == 0


# Also


def test_an_alert_names_the_other_posts_on_topics_that_its_reader_follows_in_the_order_they_joined(
    store: Store, clock: Clock, ada: Subscriber, joins: Joins
) -> None:
    for topic in ("H100", "B200"):
        store.people.follow(ada, topic, pace=Pace(), now=clock())
    joins(1)
    joins(2, "SuperMicro")
    joins(3, "B200", url="https://x.example.org/3", lang="fr", title="Trois")
    joins(4, story=4)
    joins(5)
    store.db.conn.execute("UPDATE members SET at = at - 60 WHERE post = 5")
    store.outbox.owe([alert(ada, clock, post=3)], now=clock())
    (owed,) = parcel(store, clock, ada)
    assert names(owed) == ["wire 5", "wire"]
    assert (owed.story, owed.edits, owed.answers) == (1, 0, 0)
    store.outbox.owe([alert(ada, clock, story=4, post=4)], now=clock())
    assert [names(one) for one in parcel(store, clock, ada)] == [["wire 5", "wire"], []]
    store.outbox.drop([1], "no", clock())
    store.outbox.owe([alert(ada, clock, post=1)], now=clock())
    also = parcel(store, clock, ada)[0].also
    assert also[1] == Also(source="wire 3", url="https://x.example.org/3", lang="fr", title="Trois")


def test_a_reply_names_what_came_after_its_post_and_no_alert_names_what_another_tells(
    store: Store, clock: Clock, ada: Subscriber, joins: Joins
) -> None:
    store.people.follow(ada, "H100", pace=Pace(), now=clock())
    for number in range(1, 6):
        joins(number)
    store.outbox.owe([alert(ada, clock, post=2), alert(ada, clock, post=3, cause="fact x 3")], now=clock())
    store.outbox.owe([alert(ada, clock, post=5, cause="fact y 5", due=clock() + timedelta(days=1))], now=clock())
    assert [names(one) for one in parcel(store, clock, ada)] == [["wire", "wire 4"], ["wire 4"]]


# Edits


@pytest.fixture
def grown(store: Store, clock: Clock, ada: Subscriber, joins: Joins) -> Subscriber:
    """Ada was told of a story a minute ago, and a post joined it now."""
    store.people.follow(ada, "H100", pace=Pace(), now=clock())
    joins(1)
    store.outbox.owe([alert(ada, clock)], now=clock())
    send(store, clock, 1)
    clock.forward(minutes=1)
    joins(2)
    return ada


def test_an_edit_has_the_words_of_its_alert_and_the_message_it_changes(
    store: Store, clock: Clock, ada: Subscriber, joins: Joins, make_post: MakePost
) -> None:
    for topic in ("H100", "B200"):
        store.people.follow(ada, topic, pace=Pace(), now=clock())
    joins(1, "H100", "B200")
    first = alert(ada, clock, topics=("H100", "B200"), priority=Priority.HIGH)
    assert store.outbox.owe([first], now=clock()) == 1
    store.outbox.later([1], clock(), "?", repeat=True, plain=True)
    send(store, clock, 1)
    clock.forward(minutes=1)
    joins(2)
    assert store.outbox.owe([edit(ada, clock, 2)], now=clock()) == 0
    (owed,) = parcel(store, clock, ada)
    assert (owed.id, owed.edits, owed.answers, names(owed)) == (2, 99, 0, ["wire 2"])
    assert (owed.post, owed.source, owed.topics) == (make_post(1), "wire", ("H100", "B200"))
    assert (owed.priority, owed.repeat, owed.plain) == (Priority.HIGH, True, True)


def test_an_edit_names_what_its_alert_would_name(store: Store, clock: Clock, ada: Subscriber, joins: Joins) -> None:
    store.people.follow(ada, "H100", pace=Pace(), now=clock())
    for number in range(1, 5):
        joins(number)
    store.outbox.owe([alert(ada, clock, post=2)], now=clock())
    store.outbox.owe([alert(ada, clock, post=3, cause="again 3", about=1)], now=clock())
    send(store, clock, 1, message=41)
    send(store, clock, 2, message=42)
    clock.forward(minutes=1)
    store.outbox.owe([edit(ada, clock, 4), edit(ada, clock, 4, about=2)], now=clock())
    assert [(one.edits, names(one)) for one in parcel(store, clock, ada)] == [
        (41, ["wire", "wire 4"]),
        (42, ["wire 4"]),
    ]


def test_an_edit_is_no_alert_that_was_told(store: Store, clock: Clock, grown: Subscriber) -> None:
    before = told(store)
    store.outbox.owe([edit(grown, clock, 2)], now=clock())
    assert told(store) == before


def test_a_message_is_first_changed_half_a_minute_after_it_was_sent(
    store: Store, clock: Clock, ada: Subscriber
) -> None:
    store.outbox.owe([alert(ada, clock)], now=clock())
    send(store, clock, 1)
    at = clock()
    clock.forward(seconds=5)
    store.outbox.owe([edit(ada, clock, 2)], now=clock())
    assert pending(store) == at + timedelta(seconds=30)
    clock.forward(seconds=10)
    store.outbox.owe([edit(ada, clock, 3)], now=clock())
    assert pending(store) == at + timedelta(seconds=30)
    assert (row(store, 2)["post"], row(store, 2)["state"]) == (3, "owed")


def test_a_message_is_changed_once_in_half_a_minute(store: Store, clock: Clock, grown: Subscriber) -> None:
    store.outbox.owe([edit(grown, clock, 2)], now=clock())
    assert pending(store) == clock()
    store.outbox.later([2], clock(), "cannot parse", plain=True)
    send(store, clock, 2)
    at = clock()
    clock.forward(seconds=10)
    assert store.outbox.owe([edit(grown, clock, 3), edit(grown, clock, 4)], now=clock()) == 0
    assert pending(store) == at + timedelta(seconds=30)
    found = row(store, 2)
    assert (found["state"], found["post"], found["tries"], found["plain"]) == ("owed", 4, 0, 0)
    send(store, clock, 2)
    clock.forward(minutes=1)
    store.outbox.owe([edit(grown, clock, 5)], now=clock())
    assert pending(store) == clock()


def test_what_joins_while_a_message_is_changed_is_owed_after_it(store: Store, clock: Clock, grown: Subscriber) -> None:
    store.outbox.owe([edit(grown, clock, 2)], now=clock())
    store.outbox.sending([2], clock())
    store.outbox.owe([edit(grown, clock, 3)], now=clock())
    assert pending(store) is None
    store.outbox.sent([2], 99, clock())
    assert pending(store) == clock() + timedelta(seconds=30)
    assert (row(store, 2)["message"], row(store, 2)["tries"]) == (99, 0)
    clock.forward(seconds=30)
    send(store, clock, 2)
    assert pending(store) is None


def test_an_edit_is_never_a_repeat(store: Store, clock: Clock, grown: Subscriber) -> None:
    store.outbox.owe([edit(grown, clock, 2)], now=clock())
    store.outbox.sending([2], clock())
    assert store.outbox.recover(clock()) == 1
    assert row(store, 2)["repeat"] == 0
    assert [one.repeat for one in parcel(store, clock, grown)] == [False]
    store.outbox.sending([2], clock())
    store.outbox.later([2], clock(), "uncertain: ReadTimeout", repeat=True)
    assert [(one.repeat, one.tries) for one in parcel(store, clock, grown)] == [(False, 2)]
    assert row(store, 2)["repeat"] == 0


@pytest.mark.parametrize("happens", ["owed again", "dropped", "listed", "moved"])
def test_an_edit_without_a_message_to_change_is_dropped(
    store: Store, clock: Clock, grown: Subscriber, happens: str
) -> None:
    store.outbox.owe([edit(grown, clock, 2), alert(grown, clock, story=7)], now=clock())
    match happens:
        case "owed again":
            store.outbox.later([1], clock() + timedelta(minutes=1), "?")
        case "dropped":
            store.outbox.drop([1], "no", clock())
        case "listed":
            send(store, clock, 1, 7)
        case "moved":
            store.people.migrate(1, -1005)
    assert [one.story for one in parcel(store, clock, grown)] == [7]
    kept = row(store, 2) if row(store, 2)["kind"] == "edit" else row(store, 3)
    assert (kept["state"], kept["reason"]) == ("dropped", "there is no message to change")


def test_who_unfollows_a_topic_sees_no_message_change_for_it(store: Store, clock: Clock, grown: Subscriber) -> None:
    store.outbox.owe([edit(grown, clock, 2)], now=clock())
    store.people.unfollow(grown, "H100")
    assert pending(store) is None
    store.people.follow(grown, "H100", pace=Pace(), now=clock())
    store.outbox.owe([edit(grown, clock, 3)], now=clock())
    assert [one.edits for one in parcel(store, clock, grown)] == [99]
