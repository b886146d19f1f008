import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from bot.deliver import Deliver
from bot.model import (
    Alert,
    AlertKind,
    Chat,
    Field,
    Later,
    Match,
    Message,
    Moved,
    Never,
    Pace,
    Place,
    Receipt,
    Seen,
    Sent,
    Source,
    Subscriber,
    Uncertain,
    Unreadable,
)
from bot.pacer import Pacer, Unpaced
from bot.store import Store
from tests.support import Clock, MakePost, MakeSource


class Phone:
    """Keeps what is sent, and answers as planned (else: it stands in the chat)."""

    def __init__(self) -> None:
        self.messages: list[tuple[int, str]] = []
        self.whole: list[Message] = []
        self.plan: list[Receipt] = []
        self.open = asyncio.Event()
        self.open.set()
        self.reached = asyncio.Event()

    async def send(self, chat: Chat, message: Message) -> Receipt:
        self.reached.set()
        await self.open.wait()
        self.messages.append((chat.id, message.text))
        self.whole.append(message)
        return self.plan.pop(0) if self.plan else Sent(message_id=message.edits or len(self.messages))


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def alarms() -> list[str]:
    return []


@pytest.fixture
def deliver(store: Store, phone: Phone, clock: Clock, alarms: list[str]) -> Deliver:
    """On a clock of its own: a wait for the pacer takes no time, and moves it."""

    async def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)
        await asyncio.sleep(0)

    pacer = Pacer(lambda: clock().timestamp(), sleep)
    return Deliver(store, phone, pacer=pacer, now=clock, alarm=alarms.append)


@pytest.fixture
def owe(store: Store, clock: Clock, make_post: MakePost, make_source: MakeSource) -> Callable[..., Subscriber]:
    source: Source = make_source("wire")

    def owed(chat: int, *numbers: int, **more: object) -> Subscriber:
        store.sources.sync([source], now=clock())
        who = store.people.welcome(Chat(chat), lang="en", timezone="UTC", now=clock())
        store.people.follow(who, "H100", pace=Pace(), now=clock())
        posts = [make_post(number) for number in numbers]
        store.archive.add(source, posts, is_fresh=lambda *_: True, now=clock())
        for number in numbers:
            seen = store.db.conn.execute("SELECT id FROM posts WHERE key = ?", (f"feed:{number}",)).fetchone()[0]
            alert = Alert(
                subscriber=who.id,
                kind=AlertKind.ALERT,
                story=seen,
                cause="first",
                post=seen,
                topics=("H100",),
                **{"due": clock(), **more},  # type: ignore[arg-type]
            )
            store.outbox.owe([alert], now=clock())
        return who

    return owed


Owe = Callable[..., Subscriber]


async def drain(deliver: Deliver) -> None:
    await deliver.drain(patience=timedelta())


def states(store: Store) -> list[str]:
    return [state for (state,) in store.db.conn.execute("SELECT state FROM outbox ORDER BY id")]


async def test_alerts_go_once_each_in_order_to_each_chat(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    owe(1, 1, 2)
    owe(2, 1)
    await drain(deliver)
    await drain(deliver)
    to_ada = [text for chat, text in phone.messages if chat == 1]
    assert ["Post 1" in to_ada[0], "Post 2" in to_ada[1]] == [True, True]
    assert sorted(chat for chat, _ in phone.messages) == [1, 1, 2]
    assert states(store) == ["sent"] * 3


async def test_a_message_takes_one_slot_of_the_pacer_and_no_more(
    store: Store, phone: Phone, clock: Clock, owe: Owe
) -> None:
    taken: list[int] = []

    class Counting(Unpaced):
        def slot(self, chat: Chat, *, urgent: bool = False) -> AbstractAsyncContextManager[None]:
            taken.append(chat.id)
            return super().slot(chat, urgent=urgent)

    owe(1, 1, 2)
    await drain(Deliver(store, phone, pacer=Counting(), now=clock, alarm=print))
    assert (len(phone.messages), taken) == (2, [1, 1])


async def test_a_burst_becomes_one_list(deliver: Deliver, phone: Phone, store: Store, owe: Owe) -> None:
    owe(1, 1, 2, 3, 4, 5)
    await drain(deliver)
    (message,) = phone.messages
    assert all(f"https://news.example.org/{number}" in message[1] for number in range(1, 6))
    assert states(store) == ["sent"] * 5


async def test_what_was_not_sent_is_tried_again_when_flood_control_says_so(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe
) -> None:
    phone.plan = [Later(reason="429", after=timedelta(seconds=30))]
    owe(1, 1)
    before = clock()
    await drain(deliver)
    assert store.outbox.next_due(terminal=False) is not None
    assert (store.outbox.next_due(terminal=False) or before) - before >= timedelta(seconds=30)
    clock.forward(seconds=31)
    await drain(deliver)
    assert [text.startswith("↻") for _, text in phone.messages] == [False, False]
    assert states(store) == ["sent"]


async def test_a_send_with_an_unknown_outcome_is_repeated_once_it_may_and_says_so(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe
) -> None:
    phone.plan = [Uncertain(reason="ReadTimeout")]
    owe(1, 1)
    await drain(deliver)
    assert states(store) == ["owed"]
    clock.forward(seconds=11)
    await drain(deliver)
    assert [text.startswith("↻") for _, text in phone.messages] == [False, True]


@pytest.mark.parametrize(
    ("receipt", "longest"), [(Later(reason="ConnectError"), 120), (Uncertain(reason="ReadTimeout"), 3600)]
)
async def test_waits_grow_with_each_try_and_longer_when_each_may_be_a_copy(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe, receipt: Receipt, longest: int
) -> None:
    phone.plan = [receipt] * 14
    owe(1, 1)
    waits = []
    for _ in range(14):
        await drain(deliver)
        due = store.outbox.next_due(terminal=False)
        assert due is not None
        waits.append((due - clock()).total_seconds())
        clock.forward(seconds=waits[-1])
    assert waits[:3] == [10, 20, 40]
    assert waits[-1] == longest


async def test_markup_that_telegram_cannot_read_goes_as_plain_text(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    phone.plan = [Unreadable(reason="can't parse entities")]
    owe(1, 1)
    await drain(deliver)
    assert ["<b>" in text for _, text in phone.messages] == [True, False]
    assert states(store) == ["sent"]
    phone.plan = [Unreadable(reason="no"), Unreadable(reason="no again")]
    owe(2, 1)
    await drain(deliver)
    assert states(store) == ["sent", "dropped"]


async def test_a_chat_that_is_gone_keeps_its_settings_and_hears_nothing_until_it_is_back(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    phone.plan = [Never(reason="blocked by the user", chat_gone=True)]
    who = owe(1, 1, 2)
    await drain(deliver)
    assert len(phone.messages) == 1
    assert store.people.following(["H100"]) == ()
    store.people.revive(who.chat)
    await drain(deliver)
    assert len(phone.messages) == 3


async def test_operators_hear_of_a_chat_of_the_file_that_cannot_be_reached_and_it_is_owed_its_alerts(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe, alarms: list[str]
) -> None:
    owe(1, 1)
    store.people.manage([(Chat(1), ["H100"], Pace())], lang="en", timezone="UTC", now=clock())
    phone.plan = [Never(reason="Forbidden: kicked", chat_gone=True)]
    await drain(deliver)
    assert alarms == ["the chat 1 of config.toml cannot be written to: Forbidden: kicked"]
    assert [one.subscriber.chat for one in store.people.following(["H100"])] == [Chat(1)]


async def test_a_message_that_will_never_be_sent_holds_up_no_other(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    phone.plan = [Never(reason="message is too long")]
    owe(1, 1, 2)
    await drain(deliver)
    assert states(store) == ["dropped", "sent"]


async def test_a_chat_that_moved_gets_its_alert_under_its_new_number(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    phone.plan = [Moved(chat=-1005)]
    owe(-5, 1)
    await drain(deliver)
    assert [chat for chat, _ in phone.messages] == [-5, -1005]
    assert states(store) == ["sent"]


async def test_what_is_unfollowed_while_it_waits_is_not_sent(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    who = owe(1, 1)
    deliver.beat()
    store.people.unfollow(who, "H100")
    await drain(deliver)
    assert phone.messages == []


async def test_a_stop_lets_the_running_request_finish_and_starts_no_other(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    phone.open.clear()
    owe(1, 1, 2)
    deliver.beat()
    await phone.reached.wait()
    assert states(store) == ["sending", "owed"]
    stopping = asyncio.create_task(deliver.stop())
    await asyncio.sleep(0)
    phone.open.set()
    await stopping
    assert states(store) == ["sent", "owed"]
    deliver.beat()
    assert states(store) == ["sent", "owed"]


async def test_one_chat_whose_delivery_breaks_stops_no_other(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe
) -> None:
    owe(1, 1)
    owe(2, 1)
    store.db.conn.execute("UPDATE outbox SET topics = 'not json' WHERE id = 1")
    deliver.beat()
    await phone.reached.wait()
    await asyncio.sleep(0)
    assert [chat for chat, _ in phone.messages] == [2]
    await deliver.stop()


async def test_the_places_of_a_match_are_marked(
    deliver: Deliver, phone: Phone, store: Store, owe: Owe, clock: Clock
) -> None:
    owe(1, 1)
    post = store.archive.post(1)
    start = post.text.index("H100")
    match = Match(topic="H100", places=(Place(Field.TEXT, start, start + 4),))
    store.archive.keep_hits([(Seen(id=1, post=post, source="wire"), [match])], now=clock())
    await drain(deliver)
    assert "<b>H100</b> number 1" in phone.messages[0][1]


def join(store: Store, clock: Clock, make_post: MakePost, make_source: MakeSource, *numbers: int) -> int:
    """These posts tell story 1. Returns the row of the last."""
    store.db.conn.execute("INSERT OR IGNORE INTO stories VALUES (1, 0, 0)")
    for number in numbers:
        source = make_source(f"wire {number}")
        store.sources.sync([source], now=clock())
        (seen,) = store.archive.add(source, [make_post(number)], is_fresh=lambda *_: True, now=clock()).seen
        store.archive.keep_hits([(seen, [Match(topic="H100", places=())])], now=clock())
        store.db.conn.execute(
            "INSERT OR IGNORE INTO members (post, story, at) VALUES (?, 1, ?)",
            (seen.id, clock().timestamp()),
        )
    return seen.id


def more(who: Subscriber, clock: Clock, post: int, **fields: object) -> Alert:
    usual: dict[str, object] = {"kind": AlertKind.EDIT, "cause": "edit 1", "due": clock(), "topics": ("H100",)}
    return Alert(subscriber=who.id, story=1, post=post, about=1, **{**usual, **fields})  # type: ignore[arg-type]


@pytest.fixture
def told(
    store: Store, clock: Clock, deliver: Deliver, owe: Owe, make_post: MakePost, make_source: MakeSource
) -> Callable[..., None]:
    """Ada was told of story 1 some time ago; more posts joined it, and an alert of this sort is owed for the last."""
    who = owe(1, 1)
    join(store, clock, make_post, make_source, 1)

    def joined(*numbers: int, **fields: object) -> None:
        last = join(store, clock, make_post, make_source, *numbers)
        store.outbox.owe([more(who, clock, last, **fields)], now=clock())

    return joined


async def test_an_alert_that_was_sent_grows_by_one_edit_for_a_burst(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None]
) -> None:
    await drain(deliver)
    told(2)
    told(3)
    await drain(deliver)
    assert len(phone.messages) == 1
    clock.forward(seconds=30)
    await drain(deliver)
    (_, text) = phone.messages[1]
    assert "Post 1" in text
    assert "wire 2</a>, " in text
    assert text.endswith("wire 3</a>")
    assert [message.edits for message in phone.whole] == [0, 1]
    assert states(store) == ["sent", "sent"]
    assert store.db.conn.execute("SELECT message FROM outbox").fetchall() == [(1,), (1,)]


async def test_a_post_that_joins_before_the_alert_goes_is_in_it(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, make_post: MakePost, make_source: MakeSource, owe: Owe
) -> None:
    owe(1, 1)
    join(store, clock, make_post, make_source, 1, 2)
    await drain(deliver)
    assert phone.messages[0][1].endswith("wire 2</a>")


async def test_what_joins_while_an_edit_is_on_its_way_is_written_half_a_minute_later(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None]
) -> None:
    await drain(deliver)
    clock.forward(minutes=1)
    told(2)
    phone.open.clear()
    phone.reached.clear()
    deliver.beat()
    await phone.reached.wait()
    told(3)
    phone.open.set()
    await drain(deliver)
    assert states(store) == ["sent", "owed"]
    clock.forward(seconds=30)
    await drain(deliver)
    assert ["wire 3" in text for _, text in phone.messages] == [False, False, True]
    assert states(store) == ["sent", "sent"]


async def test_an_edit_whose_outcome_is_unknown_is_made_again_soon_and_is_no_repeat(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None]
) -> None:
    await drain(deliver)
    clock.forward(minutes=1)
    told(2)
    phone.plan = [Uncertain(reason="ReadTimeout")] * 9
    waits = []
    for _ in range(10):
        await drain(deliver)
        (due,) = store.db.conn.execute("SELECT min(due) FROM outbox WHERE state = 'owed'").fetchone()
        waits.append(due - clock().timestamp() if due else 0)
        clock.forward(seconds=waits[-1])
    assert waits == [10, 20, 40, 80, 120, 120, 120, 120, 120, 0]
    assert not any("↻" in text for _, text in phone.messages)


async def test_an_edit_of_a_message_that_was_deleted_is_dropped_and_all_else_goes_on(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None], owe: Owe
) -> None:
    await drain(deliver)
    clock.forward(minutes=1)
    told(2)
    phone.plan = [Never(reason="message to edit not found")]
    owe(1, 9)
    await drain(deliver)
    assert states(store) == ["sent", "dropped", "sent"]
    assert len(store.people.following(["H100"])) == 1


async def test_an_edit_waits_for_no_alert_and_spoils_no_list(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None], owe: Owe
) -> None:
    await drain(deliver)
    clock.forward(minutes=1)
    told(2)
    owe(1, 11, 12, 13, 14)
    await drain(deliver)
    assert [message.edits for message in phone.whole] == [0, 1, 0]
    assert "4 new posts" in phone.whole[2].text


async def test_a_reply_stands_under_the_alert_it_follows_up(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None]
) -> None:
    await drain(deliver)
    told(2, kind=AlertKind.ALERT, cause="fact 8 server 2")
    await drain(deliver)
    assert [message.answers for message in phone.whole] == [0, 1]
    assert "Post 2" in phone.messages[1][1]
    assert "↩ follow-up" in phone.messages[1][1]


async def test_a_list_of_one_story_tells_all_that_is_owed_of_it_in_one_alert(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe, told: Callable[..., None]
) -> None:
    store.db.conn.execute("UPDATE outbox SET digest = 1")
    told(2, kind=AlertKind.ALERT, cause="fact 8 server 2", digest=True)
    await drain(deliver)
    ((_, text),) = phone.messages
    assert "Post 1" in text
    assert text.endswith("wire 2</a>")
    assert states(store) == ["sent", "sent"]
    assert [one.listed for one in store.outbox.told([1])] == [True]


async def test_alerts_of_one_story_are_one_line_of_a_list_and_none_is_left_or_told_twice(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, owe: Owe, told: Callable[..., None]
) -> None:
    owe(1, 11, 12)
    told(2, kind=AlertKind.ALERT, cause="fact 8 server 2")
    await drain(deliver)
    ((_, text),) = phone.messages
    assert "3 new posts" in text
    assert text.count("\n• ") == 3
    assert "wire +1" in text
    assert states(store) == ["sent"] * 4


async def test_who_waits_for_the_outbox_to_empty_waits_for_no_edit(
    deliver: Deliver, phone: Phone, store: Store, clock: Clock, told: Callable[..., None]
) -> None:
    await drain(deliver)
    told(2)
    before = clock()
    await deliver.drain(patience=timedelta(seconds=60))
    assert (len(phone.messages), clock()) == (1, before)
    assert store.outbox.next_due(terminal=False) is None
