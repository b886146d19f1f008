"""From the outbox to the phone: sends what is owed, once, in order, and as fast as the messenger allows.

    beat      starts a delivery for every subscriber who is owed something and has none under way
    drain     delivers until nothing more is due: ``vigie run --once``
    stop      starts nothing more and lets what is being sent finish

One message goes: a slot of the pacer; what is owed by then; its rows marked "sending" and committed; the request; the
receipt kept. So a process that dies leaves no doubt but in the rows that say "sending". An edit takes the same way.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot import log, message
from bot.model import (
    Chat,
    Debt,
    Later,
    Message,
    Moved,
    Never,
    Owed,
    Priority,
    Receipt,
    Sender,
    Sent,
    Subscriber,
    Uncertain,
    Unreadable,
)
from bot.pacer import Slots
from bot.rules import plan
from bot.store import Store

CROWD = 200
"""Deliveries under way at once; each waits for its slot of the pacer."""
PAUSE = timedelta(seconds=10)
"""The wait after a first failure; it doubles with each try ..."""
LONGEST_PAUSE = timedelta(minutes=2)
"""... up to this when nothing was sent: whoever waits for a network wants to hear as soon as it is back ..."""
LONGEST_DOUBT = timedelta(hours=1)
"""... and up to this when nobody knows: each try may be one more copy on the phone, unless it is an edit."""
LAST_CALL = 31.0
"""Seconds that requests under way may still take when we stop."""
UNREACHED = timedelta(hours=24)
"""What is owed to a chat that blocked us is kept so long."""


class Deliver:
    """Sends what is owed. ``terminal`` says that the sender is this terminal and not a messenger.

    ``alarm`` takes one line that operators must know.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        *,
        pacer: Slots,
        now: Callable[[], datetime],
        alarm: Callable[[str], None],
        terminal: bool = False,
    ) -> None:
        self._store = store
        self._sender = sender
        self._pacer = pacer
        self._now = now
        self._alarm = alarm
        self._terminal = terminal
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._sending: set[int] = set()
        self._stopping = False
        self._log = log.get("deliver")

    def beat(self) -> None:
        """Start a delivery for each subscriber who is owed something now; never waits for one."""
        room = CROWD - len(self._under_way)
        if self._stopping or room <= 0:
            return
        busy = self._under_way.keys()
        for debt in self._store.outbox.due(self._now(), terminal=self._terminal, but=busy, limit=room):
            task = asyncio.create_task(self._isolated(debt), name=f"deliver {debt.subscriber.chat.id}")
            self._under_way[debt.subscriber.id] = task
            task.add_done_callback(partial(self._finished, debt.subscriber.id))

    def _finished(self, subscriber: int, _task: "asyncio.Task[None]") -> None:
        self._under_way.pop(subscriber)
        self.beat()

    async def drain(self, *, patience: timedelta) -> None:
        """Deliver until nothing is due within ``patience``."""
        while True:
            self.beat()
            if self._under_way:
                await asyncio.wait(self._under_way.values())
                continue
            due = self._store.outbox.next_due(terminal=self._terminal)
            if due is None or due > self._now() + patience:
                return
            await asyncio.sleep(max(0.0, (due - self._now()).total_seconds()))

    async def stop(self) -> None:
        """Start nothing more; requests that are under way get their time to finish."""
        self._stopping = True
        waiting = [task for number, task in self._under_way.items() if number not in self._sending]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=LAST_CALL)

    async def _isolated(self, debt: Debt) -> None:
        """One subscriber's deliveries; whatever goes wrong in them concerns this subscriber alone."""
        try:
            while await self._next(debt):
                pass
        except Exception as error:
            self._log.error("delivery failed", error=error, chat=debt.subscriber.chat.id)
            await asyncio.sleep(PAUSE.total_seconds())

    async def _next(self, debt: Debt) -> bool:
        """Send one message to this subscriber. False when no other is due now: looking for it would cost a slot."""
        subscriber = debt.subscriber
        async with self._pacer.slot(subscriber.chat, urgent=debt.priority is Priority.HIGH):
            parcel = self._store.outbox.parcel(subscriber, self._now())
            if not parcel.owed or self._stopping:
                return False
            together = plan.next_message(parcel)
            words, count = message.compose(
                together, lang=subscriber.lang, timezone=subscriber.timezone, now=self._now()
            )
            going = together[:count]
            receipt = await self._send(subscriber, going, words)
        self._settle(subscriber, going, receipt)
        return isinstance(receipt, Sent) and self._store.outbox.owes(subscriber, self._now())

    async def _send(self, subscriber: Subscriber, going: Sequence[Owed], words: Message) -> Receipt:
        with self._store.transaction() as store:
            store.outbox.sending([owed.id for owed in going], self._now())
        self._sending.add(subscriber.id)
        try:
            return await self._sender.send(subscriber.chat, words)
        finally:
            self._sending.discard(subscriber.id)

    def _settle(self, subscriber: Subscriber, going: Sequence[Owed], receipt: Receipt) -> None:
        """Keep what became of a message."""
        rows = [owed.id for owed in going]
        wait, now = PAUSE * 2 ** min(going[0].tries, 10), self._now()
        doubt = LONGEST_PAUSE if going[0].edits else LONGEST_DOUBT
        with self._store.transaction() as store:
            match receipt:
                case Sent(message_id=number):
                    store.outbox.sent(rows, number, now)
                case Later(after=after, reason=reason):
                    store.outbox.later(rows, now + (after or min(wait, LONGEST_PAUSE)), reason)
                case Uncertain(reason=reason):
                    store.outbox.later(rows, now + min(wait, doubt), f"uncertain: {reason}", repeat=True)
                case Unreadable(reason=reason) if not going[0].plain:
                    store.outbox.later(rows, now, reason, plain=True)
                case Never(chat_gone=True, reason=reason):
                    store.people.gone(subscriber.chat)
                    store.outbox.later(rows, now, reason)
                case Moved(chat=new):
                    store.people.migrate(subscriber.chat.id, new)
                    store.outbox.later(rows, now, "the chat has moved")
                case Never(reason=reason) | Unreadable(reason=reason):
                    store.outbox.drop(rows, reason, now)
        self._react(subscriber.chat, receipt, managed=subscriber.managed)

    def _react(self, chat: Chat, receipt: Receipt, *, managed: bool) -> None:
        """What a receipt means beyond its own message."""
        if isinstance(receipt, Sent):
            return
        self._log.warning("not sent", chat=chat.id, receipt=repr(receipt))
        if isinstance(receipt, Later) and receipt.after:
            self._pacer.penalty(chat, receipt.after)
        if isinstance(receipt, Never) and receipt.chat_gone and managed:
            self._alarm(f"the chat {chat.id} of config.toml cannot be written to: {receipt.reason}")
