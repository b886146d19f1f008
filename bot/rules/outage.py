"""Whether our own network is down: then a connection that was never made is nobody's fault.

It counts as down when over half of at least 10 hosts could not be connected to within a minute, and as up again when no
more than half of those that were tried since fail. A host that answers, be it with an error, is connected.

What the network spoilt is tried again after a minute. That may be wrong for long, where most hosts are really dead or
out of reach for good. So the wait grows as it lasts, and when a few hosts could be reached all the while, it ends.
"""

import re
from datetime import datetime, timedelta

from bot.model import Source

WINDOW = timedelta(minutes=1)
"""So long an outcome counts ..."""
LONGER = timedelta(hours=2)
"""... and so long while the network is down: until the host was tried again."""
FEWEST = 10
"""So many hosts must have been tried before the network is called down."""
RETRY = timedelta(minutes=1)
"""The least that a look which the network spoilt waits for the next."""
CREDIBLE = timedelta(hours=1)
"""It is believed to be down no longer than this while ..."""
ALIVE = 3
"""... so many hosts can be reached: fewer may be neighbours on the same desk."""

_HOST = re.compile(r"https?://(?:[^/?#@]*@)?(?:\[([^]]+)\]|([^/?#:]+))", re.I)


class Network:
    """How the last try at each host ended, as long as that counts; ``since`` is when it went down, or None."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._tries: dict[str, tuple[datetime, bool]] = {}  # oldest first
        self._failed = 0

    def tried(self, host: str, *, connected: bool, now: datetime) -> None:
        """A try at this host ended just now. Must be told in the order in which they ended."""
        self._drop(host)
        self._tries[host] = (now, connected)
        self._failed += not connected
        self._forget(now - (LONGER if self.since else WINDOW))
        self.since = (self.since or now) if self._is_down(now) else None

    def _is_down(self, now: datetime) -> bool:
        if self._failed * 2 <= len(self._tries):
            return False
        if self.since is None:
            return len(self._tries) >= FEWEST
        return now - self.since <= CREDIBLE or self._reached(self.since) < ALIVE

    def _reached(self, since: datetime) -> int:
        return sum(connected and at > since for at, connected in self._tries.values())

    def _forget(self, before: datetime) -> None:
        while self._tries[oldest := next(iter(self._tries))][0] <= before:
            self._drop(oldest)

    def _drop(self, host: str) -> None:
        _, connected = self._tries.pop(host, (None, True))
        self._failed -= not connected


def wait(since: datetime, usual: timedelta, *, now: datetime) -> timedelta:
    """How long a look that the network spoilt, down since then, waits for the next: in the end as long as usual."""
    return max(RETRY, min((now - since) / 8, usual))


def host(source: Source) -> str:
    """The host that a source is read from, or its kind where no option says."""
    address = getattr(source.options, "url", "") or getattr(source.options, "server", "")
    name = _HOST.match(address)
    return (name[1] or name[2]).lower() if name else source.kind
