"""What tests hand in instead of the world: a clock that stands still, a real store in a temporary folder, posts."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.model import Source
from bot.store import Store
from scrapers import Post
from tests.support import START, Clock, MakePost, MakeSource

# A run that decides whether a change lands draws the same examples each time; a developer's draws new ones.
settings.register_profile(
    "vigie", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("vigie")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "vigie.db") as opened:
        yield opened


@pytest.fixture
def make_post() -> MakePost:
    """A post of number n; every field can be given."""

    def make(number: int = 1, **fields: object) -> Post:
        usual: dict[str, object] = {
            "key": f"feed:{number}",
            "url": f"https://news.example.org/{number}",
            "title": f"Post {number}",
            "text": f"Racks with H100 number {number} were seen in a warehouse near the harbour, say three people.",
            "published": START - timedelta(hours=1),
        }
        return Post(**{**usual, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_source() -> MakeSource:
    def make(name: str = "wire", **fields: object) -> Source:
        return Source(**{"name": name, "kind": "feed", "options": f"https://{name}.example.org", **fields})  # type: ignore[arg-type]

    return make
