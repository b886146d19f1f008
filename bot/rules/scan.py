"""All terms of all topics in one pass: which of many byte strings occur in a post.

This stage rules posts out; ``matcher`` then looks at what is left exactly. Aho-Corasick by ahocorasick_rs: 1,000 terms
cost 1 µs of a short post, so that folding, not scanning, is what a post costs.
"""

from collections.abc import Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation

_MANY = 3_000
"""With more keys than this the full table takes tens of megabytes; the automaton of states is some 15 % slower."""
_STRETCH = 8_192
"""Bytes that are scanned at once, so that a text made of nothing but keys fills no memory with its places."""


class Scanner:
    """Finds which keys occur in a stream of bytes."""

    __slots__ = ("_automaton", "_longest")

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Build for these keys, none of them empty; a key's number is its place in the sequence."""
        kind = Implementation.ContiguousNFA if len(keys) > _MANY else Implementation.DFA
        self._automaton = BytesAhoCorasick(keys, implementation=kind)
        self._longest = max(map(len, keys), default=0)

    def scan(self, stream: bytes) -> set[int]:
        """The numbers of the keys that the stream holds, those inside other keys included."""
        if len(stream) <= _STRETCH:
            return self._scan(stream)
        starts = range(0, len(stream), _STRETCH)
        return set().union(*(self._scan(stream[at : at + _STRETCH + self._longest]) for at in starts))

    def _scan(self, stretch: bytes) -> set[int]:
        return {number for number, _, _ in self._automaton.find_matches_as_indexes(stretch, overlapping=True)}
