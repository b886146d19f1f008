"""The pacer against a server that counts what arrives, in virtual time."""

import asyncio
import random
import selectors
from collections import defaultdict
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Chat
from bot.pacer import Pacer


class SkippingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.seconds += timeout or 0.0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop in which an hour passes at once."""

    def __init__(self) -> None:
        self.skipping = SkippingSelector()
        super().__init__(self.skipping)

    def time(self) -> float:
        return self.skipping.seconds


def in_virtual_time(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(work)


class Server:
    """Counts as strictly as Telegram might: every message at the moment it arrives."""

    def __init__(self, pacer: Pacer, seed: int = 0, answer: float = 0.05) -> None:
        self.pacer, self.random, self.answer = pacer, random.Random(seed), answer
        self.arrivals: list[tuple[float, int]] = []

    async def take(self, chat: Chat, *, urgent: bool = False) -> None:
        async with self.pacer.slot(chat, urgent=urgent):
            there = self.random.uniform(0, self.answer)
            await asyncio.sleep(there)
            self.arrivals.append((now(), chat.id))
            await asyncio.sleep(self.answer - there)

    def worst(self, seconds: float, chat: int | None = None) -> int:
        """The most messages that arrived within any ``seconds``."""
        times = sorted(at for at, to in self.arrivals if chat in (None, to))
        most, first = 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


def now() -> float:
    return asyncio.get_running_loop().time()


def pacer() -> Pacer:
    return Pacer(now, asyncio.sleep)


async def waited(pace: Pacer, chat: Chat) -> float:
    """Seconds until this chat had a slot."""
    started = now()
    async with pace.slot(chat):
        return now() - started


async def send_all(server: Server, chats: list[Chat], each: int) -> float:
    async def one(chat: Chat) -> None:
        for _ in range(each):
            await server.take(chat)

    started = now()
    await asyncio.gather(*(one(chat) for chat in chats))
    return now() - started


def test_a_thousand_chats_are_told_at_nine_tenths_of_the_bound_and_never_faster_than_allowed() -> None:
    async def work() -> None:
        server = Server(pacer())
        took = await send_all(server, [Chat(n) for n in range(1, 1001)], 1)
        assert server.worst(1.0) <= 30
        assert len(server.arrivals) == 1000
        assert (1000 - 1) / 30 / took >= 0.9

    in_virtual_time(work())


def test_fifty_chats_and_ten_groups_reach_their_bound_and_no_group_hears_more_than_twenty_a_minute() -> None:
    async def work() -> None:
        server = Server(pacer())
        groups = [Chat(-n) for n in range(1, 11)]
        took = await send_all(server, [Chat(n) for n in range(1, 51)] + groups, 25)
        assert 60 / took >= 0.9
        assert server.worst(1.0) <= 30
        assert max(server.worst(60.0, group.id) for group in groups) == 20
        assert max(server.worst(1.0, to) for _, to in server.arrivals[:200]) == 1

    in_virtual_time(work())


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_answer_times_the_limits_hold(seed: int) -> None:
    async def work() -> None:
        chance = random.Random(seed)
        server = Server(pacer(), seed, answer=chance.choice([0.0, 0.3, 2.5]))
        chats = [Chat(chance.choice([-1, 1]) * n) for n in range(1, 60)]
        await asyncio.gather(*(server.take(chance.choice(chats), urgent=chance.random() < 0.3) for _ in range(600)))
        counts: dict[int, int] = defaultdict(int)
        for _, to in server.arrivals:
            counts[to] += 1
        assert len(server.arrivals) == 600
        assert server.worst(1.0) <= 30
        assert all(server.worst(1.0, to) == 1 for to in counts)
        assert all(server.worst(60.0, to) <= 20 for to in counts if to < 0)

    in_virtual_time(work())


def test_a_chat_that_must_wait_holds_up_no_other() -> None:
    async def work() -> None:
        server = Server(pacer())
        slow = [asyncio.create_task(server.take(Chat(-1))) for _ in range(40)]
        await asyncio.sleep(5)
        started = now()
        await server.take(Chat(7))
        assert now() - started < 0.1
        for task in slow:
            task.cancel()

    in_virtual_time(work())


def test_the_urgent_go_first() -> None:
    async def work() -> None:
        server = Server(pacer())
        await asyncio.gather(
            *(server.take(Chat(n)) for n in range(1, 91)), *(server.take(Chat(n), urgent=True) for n in range(91, 121))
        )
        order = [to for _, to in sorted(server.arrivals)]
        # The first thirty had their slots before anybody urgent asked.
        assert set(order[30:60]) == set(range(91, 121))

    in_virtual_time(work())


def test_a_refused_chat_waits_and_the_others_do_not() -> None:
    async def work() -> None:
        pace = pacer()
        server = Server(pace)
        pace.penalty(Chat(1), timedelta(seconds=20))
        await asyncio.gather(server.take(Chat(1)), server.take(Chat(2)))
        assert {to: at for at, to in server.arrivals}[1] >= 20
        assert {to: at for at, to in server.arrivals}[2] < 1

    in_virtual_time(work())


def test_three_refused_chats_within_ten_seconds_stop_all() -> None:
    async def work() -> None:
        pace = pacer()
        for chat in (1, 2):
            pace.penalty(Chat(chat), timedelta(seconds=5))
        await asyncio.sleep(11)
        pace.penalty(Chat(3), timedelta(seconds=5))
        assert await waited(pace, Chat(9)) == 0
        pace.penalty(Chat(3), timedelta(seconds=5))  # the same chat again is no storm
        pace.penalty(Chat(4), timedelta(seconds=6))
        assert await waited(pace, Chat(10)) == 0
        pace.penalty(Chat(5), timedelta(seconds=30))
        assert await waited(pace, Chat(11)) >= 30

    in_virtual_time(work())


def test_a_chat_is_free_again_a_second_after_the_answer() -> None:
    async def work() -> None:
        pace = pacer()
        await Server(pace, answer=0.5).take(Chat(1))
        assert 1 <= await waited(pace, Chat(1)) < 1.1

    in_virtual_time(work())


def test_who_stops_waiting_leaves_no_slot_behind() -> None:
    async def work() -> None:
        pace = pacer()
        server = Server(pace)
        await server.take(Chat(1))
        waiting = [asyncio.create_task(server.take(Chat(1))) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert pace.waiting(Chat(1)) == 3
        for task in waiting:
            task.cancel()
        await asyncio.sleep(1.1)
        started = now()
        await asyncio.gather(*(server.take(Chat(n)) for n in range(1, 31)))
        assert now() - started < 0.2

    in_virtual_time(work())


def test_a_send_that_fails_still_counts() -> None:
    async def work() -> None:
        pace = pacer()
        with pytest.raises(RuntimeError):
            async with pace.slot(Chat(1)):
                raise RuntimeError
        assert await waited(pace, Chat(1)) >= 1

    in_virtual_time(work())


def test_memory_stays_bounded_by_what_was_sent_within_the_last_minute() -> None:
    async def work() -> None:
        pace = pacer()
        server = Server(pace)
        await send_all(server, [Chat(n * (-1) ** n) for n in range(1, 3001)], 1)
        await asyncio.sleep(120)
        await server.take(Chat(9999))
        assert len(pace._lanes) <= 2
        assert len(pace._parked) <= 4

    in_virtual_time(work())
