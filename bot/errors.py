"""What can go wrong in here.

* VigieError: base; ``str()`` is one line for a person, which says the way out
    * ConfigError: faults of config.toml; ``faults`` are all of them
    * QueryError: a query that cannot be understood; ``at`` is the place in it, in characters
    * Locked: another Vigie works on this database
    * StoreError: the database cannot be opened, is damaged, or was written by a newer Vigie
"""

from collections.abc import Sequence


class VigieError(Exception):
    """Something that a person must know; ``str()`` is one plain line."""


class ConfigError(VigieError):
    """The configuration has faults; each is one line: path, what is wrong, the way out."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class QueryError(VigieError):
    """A query was refused; ``at`` is the position of the fault, in characters from 0."""

    def __init__(self, message: str, *, at: int) -> None:
        super().__init__(message)
        self.at = at


class Locked(VigieError):
    """Another Vigie works on this database."""


class StoreError(VigieError):
    """The database cannot be opened, is damaged, or belongs to a newer Vigie."""
