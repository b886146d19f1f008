"""All terms of all topics in one pass: which of many byte strings occur in a post.

This stage rules posts out; ``query`` then looks at what is left exactly. Aho-Corasick by ahocorasick_rs: 1,000 terms
cost 1 µs of a short post, so that folding, not scanning, is what a post costs.
"""

from collections.abc import Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation

_MANY = 3_000
"""From so many keys on the automaton of states is the faster one: the full table no longer fits the cache."""


class Scanner:
    """Finds which keys occur in a stream of bytes."""

    __slots__ = ("_automaton",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Build for these keys, none of them empty; a key's number is its place in the sequence."""
        kind = Implementation.ContiguousNFA if len(keys) > _MANY else Implementation.DFA
        self._automaton = BytesAhoCorasick(keys, implementation=kind)

    def scan(self, stream: bytes) -> set[int]:
        """The numbers of the keys that the stream holds, those inside other keys included."""
        return {number for number, _, _ in self._automaton.find_matches_as_indexes(stream, overlapping=True)}
