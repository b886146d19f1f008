"""Politeness: one request at once to a host, and a pause between two of them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

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

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncIterator[None]:
        """Wait for this host's turn and for the gap since the last request, and hold the lane meanwhile."""
        lane = self._lanes.get(host)
        if lane is None:
            self._forget()
            lane = self._lanes[host] = _Lane()
        lane.users += 1
        try:
            async with lane.turn:
                wait = lane.free - self._clock()
                if wait > 0:
                    await self._pause(wait)
                try:
                    yield
                finally:
                    lane.free = self._clock() + self._gap(host)
        finally:
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
