"""Group commit: small pieces of work that become ready together are done and committed together.

A commit costs more than the writes of most looks. What is handed in during one turn of the event loop is done in one
transaction, and who handed a piece in goes on when it is committed. When one fails, all of that transaction is undone,
and each piece is done again in one of its own. Nothing is held back for this: a piece alone is committed at once.

The event loop stands still for a transaction. So one has room for what the last full one would have done in LONGEST:
how much that is hangs on the machine, on the topics and on the texts.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from bot.store import Store

P = TypeVar("P")
R = TypeVar("R")

MOST = 64
"""Pieces in one transaction."""
LONGEST = 0.04
"""Seconds that a transaction should take at most."""
ROOM = 1_200.0
"""The weight, in ordinary posts, with which the first one is full."""


@dataclass(frozen=True, slots=True)
class _Handed(Generic[P, R]):
    piece: P
    done: "asyncio.Future[R]"


class GroupCommit(Generic[P, R]):
    """Commits work to one store. ``do`` does several pieces, one after the other or all at once; ``weigh`` weighs one.

    Pieces may be undone and done again, so ``do`` does nothing but read and write the store. ``clock`` is in seconds.
    """

    def __init__(
        self,
        store: Store,
        do: Callable[[Store, Sequence[P]], Sequence[R]],
        *,
        weigh: Callable[[P], int] = lambda _: 1,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._do = do
        self._weigh = weigh
        self._clock = clock
        self._room = ROOM
        self._waiting: deque[_Handed[P, R]] = deque()

    async def run(self, piece: P) -> R:
        """What came of this piece, once it is committed. Raises what ``do`` raised for it alone, or the commit.

        A piece whose caller is cancelled before its turn is not done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._commit)
        self._waiting.append(_Handed(piece, done))
        return await done

    def _commit(self) -> None:
        turn, weight = self._take()
        began = self._clock()
        try:
            results = self._done(turn)
        except Exception:
            for each in turn:
                self._commit_alone(each)
        else:
            self._learn(weight, self._clock() - began)
            for each, result in zip(turn, results, strict=True):
                each.done.set_result(result)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._commit)

    def _done(self, turn: Sequence[_Handed[P, R]]) -> Sequence[R]:
        with self._store.transaction():
            return self._do(self._store, [each.piece for each in turn]) if turn else ()

    def _learn(self, weight: int, seconds: float) -> None:
        """How much a transaction has room for; one that was not full says only that it was too much."""
        if weight and seconds and (weight >= self._room or seconds > LONGEST):
            self._room = weight * LONGEST / seconds

    def _take(self) -> tuple[list[_Handed[P, R]], int]:
        """The pieces of one transaction, one at least if there is any, and their weight."""
        turn: list[_Handed[P, R]] = []
        weight = 0
        while self._waiting and len(turn) < MOST and weight < self._room:
            each = self._waiting.popleft()
            if not each.done.done():
                turn.append(each)
                weight += self._weigh(each.piece)
        return turn, weight

    def _commit_alone(self, each: _Handed[P, R]) -> None:
        try:
            (result,) = self._done([each])
        except Exception as error:  # of this piece alone
            each.done.set_exception(error)
        else:
            each.done.set_result(result)
