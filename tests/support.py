"""Values that tests share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.model import Source
from scrapers import Post

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]

START = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **units: float) -> None:
        self.time += timedelta(**units)
