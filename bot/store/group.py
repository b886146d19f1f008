"""Group commit: small pieces of work that become ready together are committed together.

A commit costs more than the writes of most looks. What is handed in during one turn of the event loop is done in one
transaction, and who handed a piece in goes on when it is committed. When one fails, all of that transaction is undone,
and each piece is done again in one of its own. Nothing is held back for this: a piece alone is committed at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from bot.store import Store

T = TypeVar("T")

MOST = 64
"""Pieces in one transaction ..."""
LONGEST = 0.05
"""... and the seconds after which no more are begun in it: the loop stands still meanwhile."""


@dataclass(frozen=True, slots=True)
class _Piece:
    work: Callable[[Store], Any]
    done: "asyncio.Future[Any]"


class GroupCommit:
    """Commits work to one store."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._pieces: deque[_Piece] = deque()

    async def run(self, work: Callable[[Store], T]) -> T:
        """What ``work`` returns, once all that it wrote is committed. Raises what it raised, or the commit.

        Work may be undone and done again, so it does nothing but read and write the store. Work whose caller is
        cancelled before its turn is not done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._pieces:
            loop.call_soon(self._commit)
        self._pieces.append(_Piece(work, done))
        return await done

    def _commit(self) -> None:
        turn: list[_Piece] = []
        try:
            with self._store.transaction():
                results = [piece.work(self._store) for piece in self._take(turn)]
        except Exception:
            for piece in turn or tuple(self._take([])):  # none where no transaction could be begun
                self._commit_alone(piece)
        else:
            for piece, result in zip(turn, results, strict=True):
                piece.done.set_result(result)
        if self._pieces:
            asyncio.get_running_loop().call_soon(self._commit)

    def _take(self, turn: list[_Piece]) -> Iterator[_Piece]:
        """The pieces of one transaction, one by one and into ``turn`` as well; one at least, if there is any."""
        until = self._clock() + LONGEST
        while self._pieces and len(turn) < MOST and (not turn or self._clock() < until):
            piece = self._pieces.popleft()
            if not piece.done.done():
                turn.append(piece)
                yield piece

    def _commit_alone(self, piece: _Piece) -> None:
        try:
            with self._store.transaction():
                result = piece.work(self._store)
        except Exception as error:  # of this piece alone
            piece.done.set_exception(error)
        else:
            piece.done.set_result(result)
