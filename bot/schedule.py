"""The metronome: a name, a rhythm, and what to start at each beat."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Beat = Callable[[], Awaitable[None]]


class Metronome:
    """A few beats. A beat starts work and never waits for it; one that comes late comes once, and is never dropped."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def every(self, interval: timedelta, beat: Beat, *, name: str) -> None:
        """Call ``beat`` at this interval, from one interval after the start on."""
        self._scheduler.add_job(beat, "interval", seconds=interval.total_seconds(), id=name, name=name)

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """No more beats."""
        self._scheduler.shutdown(wait=False)
