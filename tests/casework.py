"""A newsroom in which posts come, are told and delivered by hand: for what is asked of a post afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import Config, load
from bot.model import Chat, Owed, Pace, Subscriber
from bot.rules import matcher, plan
from bot.store import Store
from bot.tell import Orders, Outcome, tell
from scrapers import Post
from tests.support import START, Clock

CONFIG = """
[topic.H100]
query = "H100"
[topic.SuperMicro]
query = 'SuperMicro'
except = ["SuperMicro Lane"]
[topic.Ban]
query = 'H100 AND ban AND NOT rumour'
[topic.Elsewhere]
query = "H100"
sources = ["daily"]
[source.wire]
url = "https://wire.example.org/feed.xml"
[source.daily]
url = "https://daily.example.org/feed.xml"
[chat.desk]
id = -1001
topics = ["H100"]
"""
TEXTS = (
    "Forty racks with H100 accelerators stood behind the ferry pier on Monday, three dockers told this paper.",
    "A museum of computing in Lyon opens its doors in spring, and an H100 board will hang beside an abacus.",
    "Students in Nairobi trained a weather model overnight on one rented H100 and beat the national office.",
    "The court in Rotterdam adjourned a quarrel about insurance for an H100 that fell off a lorry last winter.",
    "Beekeepers near Graz listen to their hives with microphones and an H100 somewhere in a cellar in Vienna.",
)
"""Nothing ties one of these to another."""


@dataclass
class Desk:
    """A store, a file and a clock; ``show`` brings posts as a look at a source does, ``deliver`` sends what is due."""

    store: Store
    config: Config
    clock: Clock
    messages: int = 100
    _orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        self._orders = Orders(
            sources={source.name: source for source in config.sources},
            topics={topic.name: topic for topic in config.topics},
            matcher=matcher.compile(config.topics),
            fresh=config.fresh,
            backfill=config.backfill,
            window=config.window,
        )
        self.store.sources.sync(config.sources, now=self.clock())

    def show(self, *posts: Post, source: str = "wire", fresh: bool = True) -> Outcome:
        brought = self._orders.sources[source]
        with self.store.transaction() as store:
            seen = store.archive.add(brought, posts, is_fresh=lambda *_: fresh, now=self.clock()).seen
            matched = [(one, self._orders.matches(brought, one.post)) for one in seen]
            return tell(store, self._orders, [pair for pair in matched if pair[1]], now=self.clock())

    def reader(self, chat: int, *topics: str, pace: str = "now") -> Subscriber:
        reader = self.store.people.welcome(Chat(chat), lang="en", timezone="UTC", now=self.clock())
        for topic in topics:
            self.store.people.follow(reader, topic, pace=Pace.parse(pace), now=self.clock())
        return reader

    def owed(self, reader: Subscriber) -> Sequence[Owed]:
        return self.store.outbox.parcel(reader, self.clock()).owed

    def said(self, reader: Subscriber) -> list[str]:
        """What is owed now: "alert 2" or "edit 1", by the post that it tells, and the other posts that it names."""
        found = []
        for one in self.owed(reader):
            assert one.post
            also = "".join(f" +{other.url.rpartition('/')[2]}" for other in one.also)
            answers = " reply" if one.answers else ""
            found.append(f"{'edit' if one.edits else 'alert'} {one.post.url.rpartition('/')[2]}{also}{answers}")
        return found

    def deliver(self, *readers: Subscriber) -> None:
        """Send all that is owed now, each message with the next number."""
        for reader in readers:
            while (parcel := self.store.outbox.parcel(reader, self.clock())).owed:
                going = plan.next_message(parcel)
                rows = [one.id for one in going]
                self.messages += 1
                self.store.outbox.sending(rows, self.clock())
                self.store.outbox.sent(rows, going[0].edits or self.messages, self.clock())


def post(number: int, text: str = "", *links: int, **fields: object) -> Post:
    """A post of that number, whose page links those of these numbers."""
    usual: dict[str, object] = {
        "key": f"feed:{number}",
        "url": f"https://news.example.org/reports/item-{number}",
        "text": text or TEXTS[number - 1],
        "published": START,
        "lang": "en",
        "links": tuple(f"https://news.example.org/reports/item-{other}" for other in links),
    }
    return Post(**{**usual, **fields})  # type: ignore[arg-type]


def desk(folder: Path, store: Store, clock: Clock) -> Desk:
    """A desk whose file stands in that folder, beside the database."""
    path = folder / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return Desk(store, load(path), clock)
