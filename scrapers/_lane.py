"""Politeness: one request at once to a host, and a pause between two of them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType

KEEP = 15.0
"""Seconds for which an idle lane is remembered: no shorter than a connection is kept alive."""


@dataclass(slots=True)
class _Lane:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free: float = 0.0
    users: int = 0


class Lanes:
    """A lane for each host. ``gap`` tells the seconds owed to a host after a request to it.

    Lanes that nobody uses are forgotten, so their number is that of the hosts of the last ``KEEP`` seconds.
    """

    def __init__(
        self,
        gap: Callable[[str], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap = gap
        self._clock = clock
        self._pause = pause
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lanes)

    def enter(self, host: str) -> "_Visit":
        """Wait for this host's turn and for the gap since the last request, and hold the lane meanwhile."""
        return _Visit(self, host)

    async def begin(self, host: str) -> None:
        """The same, until ``end``. Who is sent away while waiting holds nothing."""
        lane = self._lanes.get(host)
        if lane is None:
            self._forget()
            lane = self._lanes[host] = _Lane()
        lane.users += 1
        try:
            await lane.turn.acquire()
        except BaseException:
            self._leave(host, lane)
            raise
        wait = lane.free - self._clock()
        if wait > 0:
            await self._wait(wait, host, lane)

    async def _wait(self, seconds: float, host: str, lane: _Lane) -> None:
        try:
            await self._pause(seconds)
        except BaseException:
            lane.turn.release()
            self._leave(host, lane)
            raise

    def end(self, host: str) -> None:
        """The request is over: the next may begin after the gap."""
        lane = self._lanes[host]
        lane.free = self._clock() + self._gap(host)
        lane.turn.release()
        self._leave(host, lane)

    def _leave(self, host: str, lane: _Lane) -> None:
        lane.users -= 1
        self._lanes.move_to_end(host)

    def _forget(self) -> None:
        """Drop idle lanes, the longest unused first; the order of the dictionary is the order of last use."""
        before = self._clock() - KEEP
        while self._lanes:
            host, lane = next(iter(self._lanes.items()))
            if lane.users or lane.free > before:
                return
            del self._lanes[host]


class _Visit:
    """A turn on a lane, as a context manager: one made of a generator would cost twice as much."""

    __slots__ = ("_host", "_lanes")

    def __init__(self, lanes: Lanes, host: str) -> None:
        self._lanes = lanes
        self._host = host

    async def __aenter__(self) -> None:
        await self._lanes.begin(self._host)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lanes.end(self._host)
