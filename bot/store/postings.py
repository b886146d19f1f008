"""Which posts have which mark: an index in memory, since it is written and read many times for each post.

It holds what may be forgotten and made anew: marks of which a post of the same story has some, too. A chain leads from
each slot of a table through all that was added there, the newest first, at twelve bytes each. Marks that many posts
have get lists of their own, for a long chain leads all over the memory.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable

CROWD = 24
"""Of the posts that have a mark, so many are remembered, the newest: what more have it tells little."""
_SLOTS = 1 << 16
"""With which the table begins. It is made four times as wide whenever more than one mark a slot has been added."""
_LISTED = 8
"""Posts with which a mark gets a list of its own, when it is next asked for."""


class Postings:
    """Posts by their marks, both numbers of 32 bits. Whoever is added has a greater number than those before."""

    __slots__ = ("_chains", "_lists", "_newest", "_start")

    def __init__(self) -> None:
        self._newest = array("I", bytes(4 * _SLOTS))  # where each slot's chain begins
        self._chains = array("I")  # mark, post, and where the chain goes on: three numbers each, side by side
        self._start = 3  # where the first that is left would stand, had none been forgotten; 0 ends a chain
        self._lists: dict[int, array[int]] = {}

    def add(self, post: int, marks: Iterable[int]) -> None:
        """Let a post be found by these marks."""
        if len(self._chains) > 3 * len(self._newest):
            self._widen()
        newest, lists, chains, slots = self._newest, self._lists, self._chains, len(self._newest)
        place = self._start + len(chains)
        for mark in marks:
            if mark in lists:
                lists[mark].append(post)
                continue
            slot = mark % slots
            chains.extend((mark, post, newest[slot]))
            newest[slot] = place
            place += 3

    def _widen(self) -> None:
        slots, chains = 4 * len(self._newest), self._chains
        self._newest = newest = array("I", bytes(4 * slots))
        for place in range(0, len(chains), 3):
            slot = chains[place] % slots
            chains[place + 2] = newest[slot]
            newest[slot] = self._start + place

    def having(self, mark: int) -> "array[int]":
        """The newest posts that have a mark, the newest last. Not to be kept, nor changed."""
        listed = self._lists.get(mark)
        if listed is None:
            listed = self._chained(mark)
            if len(listed) >= _LISTED:
                self._lists[mark] = listed
        elif len(listed) > 2 * CROWD:
            del listed[:-CROWD]
        return listed if len(listed) <= CROWD else listed[-CROWD:]

    def _chained(self, mark: int) -> "array[int]":
        start, chains, found = self._start, self._chains, array("I")
        place = self._newest[mark % len(self._newest)] - start
        while place >= 0 and len(found) < CROWD:
            if chains[place] == mark:
                found.append(chains[place + 1])
            place = chains[place + 2] - start
        found.reverse()
        return found

    def forget(self, last: int) -> None:
        """Forget all posts up to this one."""
        gone = 3 * bisect_right(range(len(self._chains) // 3), last, key=lambda each: self._chains[3 * each + 1])
        self._start += gone
        del self._chains[:gone]
        for mark, listed in list(self._lists.items()):
            del listed[: bisect_right(listed, last)]
            if not listed:
                del self._lists[mark]
