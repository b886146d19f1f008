"""Which posts have which mark: an index in memory, since it is written and read many times for each post.

It holds what may be forgotten and made anew: marks of which a post of the same story has some, too. A chain leads from
each slot of a table through all that was added there, the newest first, at twelve bytes each. Marks that many posts
have get lists of their own, for a long chain leads all over the memory.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable

CROWD = 64
"""Of the posts that have a mark, so many are remembered, the newest: what more have it tells little."""
_SLOTS = 1 << 20
_LISTED = 8
"""Posts with which a mark gets a list of its own, when it is next asked for."""


class Postings:
    """Posts by their marks, both numbers of 32 bits. Whoever is added has a greater number than those before."""

    __slots__ = ("_before", "_lists", "_marks", "_newest", "_posts", "_start")

    def __init__(self) -> None:
        self._newest = array("I", bytes(4 * _SLOTS))
        self._marks, self._posts, self._before = array("I"), array("I"), array("I")
        self._start = 1  # the number of the first that is left; 0 ends a chain
        self._lists: dict[int, array[int]] = {}

    def add(self, post: int, marks: Iterable[int]) -> None:
        """Let a post be found by these marks."""
        newest, lists, place = self._newest, self._lists, self._start + len(self._posts)
        for mark in marks:
            if mark in lists:
                lists[mark].append(post)
                continue
            slot = mark % _SLOTS
            self._before.append(newest[slot])
            newest[slot] = place
            self._marks.append(mark)
            self._posts.append(post)
            place += 1

    def having(self, mark: int) -> "array[int]":
        """The newest posts that have a mark, the newest last."""
        listed = self._lists.get(mark)
        if listed is not None:
            if len(listed) > 2 * CROWD:
                del listed[:-CROWD]
            return listed[-CROWD:]
        found = self._chained(mark)
        if len(found) >= _LISTED:
            self._lists[mark] = found
        return found

    def _chained(self, mark: int) -> "array[int]":
        start, marks, posts, before = self._start, self._marks, self._posts, self._before
        found = array("I")
        place = self._newest[mark % _SLOTS] - start
        while place >= 0 and len(found) < CROWD:
            if marks[place] == mark:
                found.append(posts[place])
            place = before[place] - start
        found.reverse()
        return found

    def forget(self, last: int) -> None:
        """Forget all posts up to this one."""
        gone = bisect_right(self._posts, last)
        self._start += gone
        for each in (self._marks, self._posts, self._before):
            del each[:gone]
        for mark, listed in list(self._lists.items()):
            del listed[: bisect_right(listed, last)]
            if not listed:
                del self._lists[mark]
