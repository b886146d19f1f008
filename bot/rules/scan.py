"""All terms of all topics in one pass: which of many byte strings occur in a post.

This stage rules posts out; ``matcher`` then looks at what is left exactly. Aho-Corasick by ahocorasick_rs: 1,000 terms
cost 1 µs of a short post, so that folding, not scanning, is what a post costs.
"""

import re
from bisect import bisect
from collections.abc import Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation

_MANY = 3_000
"""With more keys than this the full table takes tens of megabytes; the automaton of states is some 15 % slower."""
_STRETCH = 8_192
"""Bytes that are scanned at once, so that a text made of nothing but keys fills no memory with its places."""
_seam = re.compile(rb"\0")


class Scanner:
    """Finds which keys occur in a stream of bytes, or in each of several."""

    __slots__ = ("_automaton", "_longest")

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Build for these keys, none of them empty or with a NUL; a key's number is its place in the sequence."""
        kind = Implementation.ContiguousNFA if len(keys) > _MANY else Implementation.DFA
        self._automaton = BytesAhoCorasick(keys, implementation=kind)
        self._longest = max(map(len, keys), default=0)

    def scan(self, stream: bytes) -> set[int]:
        """The numbers of the keys that the stream holds, those inside other keys included."""
        return self.scan_each(stream.replace(b"\0", b"")).get(0, set())

    def scan_each(self, streams: bytes) -> dict[int, set[int]]:
        """The same of several streams with a NUL between two: by the place of each stream that holds any."""
        found: dict[int, set[int]] = {}
        seams: list[int] = []
        for at in range(0, len(streams), _STRETCH):
            stretch = streams[at : at + _STRETCH + self._longest]
            for number, start, _ in self._automaton.find_matches_as_indexes(stretch, overlapping=True):
                seams = seams or [*(seam.start() for seam in _seam.finditer(streams)), len(streams)]
                found.setdefault(bisect(seams, at + start), set()).add(number)
        return found
