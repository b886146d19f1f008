"""The demo's clock: it starts on a November night of 2024 and lets ten days pass in twenty seconds."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

RATE = 43_200
"""Seconds of the demo in one second of ours: half a day."""


class Clock:
    """Call it for the time. It stands at ``start`` when it is made, and runs ``rate`` times as fast as ``tick``."""

    def __init__(self, start: datetime, *, rate: float = RATE, tick: Callable[[], float] = monotonic) -> None:
        self._start = start
        self._rate = rate
        self._tick = tick
        self._zero = tick()

    def __call__(self) -> datetime:
        """The time of the demo, aware UTC."""
        return self._start + timedelta(seconds=(self._tick() - self._zero) * self._rate)
