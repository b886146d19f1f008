"""Group commit: small pieces of work that become ready together are committed together.

A commit costs more than the writes of most looks. What is handed in during one turn of the event loop is done in one
transaction, each piece within a savepoint of its own: one that fails is undone alone, and who handed a piece in goes on
when it is committed. Nothing is held back for this: a piece alone is committed at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.store import Store

T = TypeVar("T")

MOST = 16
"""Pieces in one transaction: the loop stands still meanwhile."""


@dataclass(frozen=True, slots=True)
class _Piece:
    work: Callable[[Store], Any]
    done: "asyncio.Future[Any]"


class GroupCommit:
    """Commits work to one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pieces: deque[_Piece] = deque()

    async def run(self, work: Callable[[Store], T]) -> T:
        """What ``work`` returns, once all that it wrote is committed. Raises what it raised, or the commit.

        Work whose caller is cancelled before its turn is not done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._pieces:
            loop.call_soon(self._commit)
        self._pieces.append(_Piece(work, done))
        return await done

    def _commit(self) -> None:
        turn = [self._pieces.popleft() for _ in range(min(MOST, len(self._pieces)))]
        if self._pieces:
            asyncio.get_running_loop().call_soon(self._commit)
        turn = [piece for piece in turn if not piece.done.done()]
        try:
            with self._store.transaction():
                ended = [(piece, self._try(piece)) for piece in turn]
        except Exception as error:  # the commit itself: none of it was kept
            ended = [(piece, (None, error)) for piece in turn]
        for piece, (result, failure) in ended:
            if failure is None:
                piece.done.set_result(result)
            else:
                piece.done.set_exception(failure)

    def _try(self, piece: _Piece) -> tuple[Any, Exception | None]:
        try:
            with self._store.savepoint():
                return piece.work(self._store), None
        except Exception as error:  # of this piece alone
            return None, error
