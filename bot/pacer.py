"""Who may send now: 30 messages a second overall, one a second a chat, 20 a minute a group or channel.

A slot is free again one second (for a group's twenty: one minute) after the message that used it was *answered*. It
had arrived before it was answered, so Telegram can never count more than its limit in any second, whatever the
network's jitter. The price is the round trip: 0.95 of the bound at 50 ms. Alerts, edits and answers share one Pacer.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from itertools import count
from typing import Protocol

from bot.model import Chat, ChatKind

OVERALL = 30
"""Messages a second, all chats together (Bot API FAQ)."""

GROUP = 20
"""Messages a minute in one group or channel (Bot API FAQ)."""

SECOND, MINUTE = 1.0, 60.0
_HEAD_START = 2.0  # seconds: a group's twenty slots come back a minute after use, so using them early pays
_STORM, _STORM_CHATS = 10.0, 3  # so many chats refused within so many seconds: it is the bot, not a chat


class _Lane:
    """One chat: who waits for it, and when it may be written to again."""

    __slots__ = ("flying", "group", "opens", "recent", "waiting")

    def __init__(self, *, group: bool) -> None:
        self.group = group
        self.flying = False
        self.opens = float("-inf")
        self.recent: deque[float] = deque(maxlen=GROUP)  # when each of a group's last slots is free again
        self.waiting: list[tuple[bool, float, int, asyncio.Future[None]]] = []

    def free_at(self) -> float:
        """When the chat's own limits allow the next message."""
        return max(self.opens, self.recent[0]) if len(self.recent) == GROUP else self.opens

    def forgettable_at(self) -> float:
        """When nothing of it matters any more."""
        return max(self.opens, self.recent[-1]) if self.recent else self.opens


class Slots(Protocol):
    """Whatever hands out the right to send."""

    def slot(self, chat: Chat, *, urgent: bool = False) -> AbstractAsyncContextManager[None]:
        """Wait until this chat may be written to, and hold the slot until the answer is there."""

    def penalty(self, chat: Chat, after: timedelta) -> None:
        """The messenger refused a message to this chat for so long."""


class Unpaced:
    """The slots of a terminal, which has no limits: everything may go now."""

    def slot(self, chat: Chat, *, urgent: bool = False) -> AbstractAsyncContextManager[None]:
        """Never waits."""
        return nullcontext()

    def penalty(self, chat: Chat, after: timedelta) -> None:
        """Does not happen."""


class Pacer:
    """Hands out the right to send. ``now`` counts seconds (as ``time.monotonic``); ``sleep`` waits for some."""

    def __init__(self, now: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._now, self._sleep = now, sleep
        self._lanes: dict[int, _Lane] = {}
        self._turn = count()
        self._parked: list[tuple[float, int, int]] = []  # (when to look at it again, turn, chat)
        self._ready: list[tuple[bool, float, int, int]] = []  # (not urgent, since, turn, chat); may be out of date
        self._flying = 0
        self._resting: deque[float] = deque()  # when each slot that was used is free again
        self._stopped = float("-inf")
        self._refused: dict[int, float] = {}
        self._waiting = 0
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = float("inf")

    @asynccontextmanager
    async def slot(self, chat: Chat, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait until this chat may be written to, and hold the slot until the answer is there.

        An urgent one goes before all others that may go. A chat that must wait holds up no other.
        """
        lane = self._lane(chat)
        await self._turn_of(chat, lane, urgent=urgent)
        try:
            yield
        finally:
            self._answered(chat.id, lane)

    def waiting(self, chat: Chat) -> int:
        """How many wait for this chat."""
        lane = self._lanes.get(chat.id)
        return 0 if lane is None else len(lane.waiting)

    def penalty(self, chat: Chat, after: timedelta) -> None:
        """Telegram refused a message to this chat (429): write to it only when ``after`` has passed.

        Three different chats refused within 10 s mean that the limit is the bot's: then nothing goes to anyone.
        """
        t = self._now()
        until = t + after.total_seconds()
        lane = self._lane(chat)
        lane.opens = max(lane.opens, until)
        self._park(chat.id, lane.opens)
        self._refused[chat.id] = t
        self._refused = {one: at for one, at in self._refused.items() if at > t - _STORM}
        if len(self._refused) >= _STORM_CHATS:
            self._stopped = max(self._stopped, until)

    def _lane(self, chat: Chat) -> _Lane:
        lane = self._lanes.get(chat.id)
        if lane is None:
            lane = self._lanes[chat.id] = _Lane(group=chat.kind is not ChatKind.PRIVATE)
        return lane

    async def _turn_of(self, chat: Chat, lane: _Lane, *, urgent: bool) -> None:
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        since = self._now() - (_HEAD_START if lane.group else 0.0)
        heapq.heappush(lane.waiting, (not urgent, since, next(self._turn), given))
        self._waiting += 1
        self._park(chat.id, lane.free_at())
        self._pump()
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():  # the slot was given in the same moment: nothing was sent with it
                self._give_back(chat.id, lane)
            raise

    def _pump(self) -> None:
        """Let go all that may go now, and set the alarm for the next."""
        t = self._now()
        while self._parked and self._parked[0][0] <= t:
            self._look_at(heapq.heappop(self._parked)[2], t)
        while self._ready and self._room(t):
            self._let_go(heapq.heappop(self._ready)[3], t)
        self._set_alarm(t)

    def _look_at(self, chat: int, t: float) -> None:
        """A lane whose time has come: it is ready, or forgotten if nobody needs it."""
        lane = self._lanes.get(chat)
        if lane is None or lane.flying:
            return
        self._drop_cancelled(lane)
        if not lane.waiting:
            if lane.forgettable_at() <= t:
                del self._lanes[chat]
            else:
                self._park(chat, lane.forgettable_at())
        elif lane.free_at() > t:
            self._park(chat, lane.free_at())
        else:
            heapq.heappush(self._ready, (*lane.waiting[0][:3], chat))

    def _let_go(self, chat: int, t: float) -> None:
        lane = self._lanes.get(chat)
        if lane is None or lane.flying:
            return
        self._drop_cancelled(lane)
        if not lane.waiting or lane.free_at() > t:
            self._park(chat, max(t, lane.free_at()))
            return
        given = heapq.heappop(lane.waiting)[3]
        self._waiting -= 1
        lane.flying = True
        self._flying += 1
        given.set_result(None)

    def _drop_cancelled(self, lane: _Lane) -> None:
        while lane.waiting and lane.waiting[0][3].done():
            heapq.heappop(lane.waiting)
            self._waiting -= 1

    def _room(self, t: float) -> bool:
        while self._resting and self._resting[0] <= t:
            self._resting.popleft()
        return t >= self._stopped and self._flying + len(self._resting) < OVERALL

    def _answered(self, chat: int, lane: _Lane) -> None:
        t = self._now()
        self._resting.append(t + SECOND)
        lane.opens = max(lane.opens, t + SECOND)
        if lane.group:
            lane.recent.append(t + MINUTE)
        self._give_back(chat, lane)

    def _give_back(self, chat: int, lane: _Lane) -> None:
        lane.flying = False
        self._flying -= 1
        self._park(chat, lane.free_at())
        self._pump()

    def _park(self, chat: int, until: float) -> None:
        heapq.heappush(self._parked, (until, next(self._turn), chat))

    def _set_alarm(self, t: float) -> None:
        """Wake up when the next thing may change; without waiters there is nothing to wake for."""
        at = self._next_change(t) if self._waiting else float("inf")
        if at < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = at
            self._alarm = asyncio.get_running_loop().create_task(self._ring(at - t))

    def _next_change(self, t: float) -> float:
        soonest = self._parked[0][0] if self._parked else float("inf")
        if not self._ready:
            return soonest
        full = self._flying + len(self._resting) >= OVERALL
        room = t if not full else self._resting[0] if self._resting else float("inf")  # an answer will pump, too
        return min(soonest, max(room, self._stopped))

    async def _ring(self, seconds: float) -> None:
        await self._sleep(max(0.0, seconds))
        self._alarm, self._alarm_at = None, float("inf")
        self._pump()
