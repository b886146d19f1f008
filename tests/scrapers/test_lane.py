import asyncio

import pytest

from scrapers._lane import KEEP, Lanes


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_the_gap_runs_from_the_end_of_a_request(clock: Clock) -> None:
    lanes = Lanes(lambda host: 1.0, clock=clock, pause=clock.pause)
    async with lanes.enter("example.org"):
        clock.now += 5
    clock.now += 0.25
    async with lanes.enter("example.org"):
        pass
    assert clock.pauses == [0.75]


async def test_another_host_waits_for_nothing(clock: Clock) -> None:
    lanes = Lanes(lambda host: 1.0, clock=clock, pause=clock.pause)
    async with lanes.enter("example.org"), lanes.enter("example.com"):
        pass
    assert clock.pauses == []


async def test_a_host_without_a_gap_is_still_asked_one_at_a_time(clock: Clock) -> None:
    lanes = Lanes(lambda host: 0.0, clock=clock, pause=clock.pause)
    under_way = most = 0

    async def visit() -> None:
        nonlocal under_way, most
        async with lanes.enter("127.0.0.1"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(visit() for _ in range(20)))
    assert most == 1
    assert clock.pauses == []


async def test_the_gap_is_owed_after_a_request_that_failed(clock: Clock) -> None:
    lanes = Lanes(lambda host: 1.0, clock=clock, pause=clock.pause)
    with pytest.raises(ZeroDivisionError):
        async with lanes.enter("example.org"):
            _ = 1 / 0
    async with lanes.enter("example.org"):
        pass
    assert clock.pauses == [1.0]


async def test_lanes_that_nobody_uses_are_forgotten(clock: Clock) -> None:
    lanes = Lanes(lambda host: 1.0, clock=clock, pause=clock.pause)
    for number in range(1000):
        async with lanes.enter(f"{number}.example.org"):
            clock.now += 1
    assert len(lanes) <= KEEP + 3
