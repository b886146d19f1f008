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
        self.plan: list[Receipt] = []
        self.open = asyncio.Event()
        self.open.set()
        self.reached = asyncio.Event()

    async def send(self, chat: Chat, message: Message) -> Receipt:
        self.reached.set()
        await self.open.wait()
        self.messages.append((chat.id, message.text))
        return self.plan.pop(0) if self.plan else Sent(message_id=len(self.messages))


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
