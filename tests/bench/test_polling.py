import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.config import load
from tests.bench import __main__ as bench
from tests.bench import farm, polling
from tests.bench.contenders import READER, STOCK, TOPICS, Contender, configuration
from tests.bench.farm import Asked
from tests.bench.polling import CHANGED, FIRST, PHASES, SAME, Result, Round
from tests.bench.spent import Failed, Spent, environment, net, run

FEED = b"""<rss version="2.0"><channel><title>News</title>
<item><guid>1</guid><title>Servers</title><link>http://news.example/1</link></item>
<item><guid>2</guid><title>Chips</title><link>http://news.example/2</link></item>
</channel></rss>"""


class Server(ThreadingHTTPServer):
    """One feed with a validator, and what it answered so far."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == '"a"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"a"')
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", "0" if known else str(len(FEED)))
        self.end_headers()
        self.wfile.write(b"" if known else FEED)
        self.server.statuses.append(304 if known else 200)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def twice(contender: Contender, server: Server, folder: Path) -> tuple[int, list[int]]:
    contender.set_up(folder, [f"http://127.0.0.1:{server.server_port}/feed.xml"])
    run(contender.command(folder))
    run(contender.command(folder))
    return contender.posts(folder), server.statuses


def round_(cpu: float, *, peak: float = 60.0, posts: int = 0) -> Round:
    spent = Spent(cpu=cpu, wall=1.0, peak=peak)
    return Round(spent=spent, asked=Asked(requests=0, feeds=0, fresh=0, unchanged=0), posts=posts)


def result(name: str, first: float, same: float, *, feeds: int = 5_001, peak: float = 60.0) -> Result:
    whole = {FIRST: round_(first, peak=peak, posts=1_010), SAME: round_(same), CHANGED: round_(same)}
    return Result(name=name, feeds=feeds, whole=whole, single=dict.fromkeys(PHASES, round_(1.0, posts=10)))


def test_a_single_feed_is_the_start_up_and_is_subtracted() -> None:
    assert net(whole=11.0, single=1.0, feeds=1_001) == 10.0
    assert result("Vigie", first=6.0, same=2.0).per_thousand(FIRST) == 1.0
    assert result("Vigie", first=6.0, same=2.0).posts_per_second() == 200.0


def test_what_is_lost_in_the_noise_is_not_less_than_nothing() -> None:
    assert 0 < net(whole=0.9, single=1.0, feeds=1_001) < 0.01


def asked(fresh: int, unchanged: int, *, posts: int) -> Round:
    counts = Asked(requests=fresh + unchanged, feeds=fresh + unchanged, fresh=fresh, unchanged=unchanged)
    return Round(spent=Spent(cpu=1.0, wall=1.0, peak=60.0), asked=counts, posts=posts)


def test_a_round_that_did_not_ask_every_feed_as_it_should_counts_for_nothing() -> None:
    assert polling.sound(asked(100, 0, posts=3_000), FIRST, 100)
    assert polling.sound(asked(0, 100, posts=0), SAME, 100)
    assert polling.sound(asked(2, 98, posts=2), CHANGED, 100)
    assert polling.sound(asked(1, 0, posts=1), CHANGED, 1)
    assert not polling.sound(asked(0, 0, posts=0), SAME, 100)
    assert not polling.sound(asked(99, 0, posts=3_000), FIRST, 100)
    assert not polling.sound(asked(100, 0, posts=0), FIRST, 100)
    assert not polling.sound(asked(100, 0, posts=0), SAME, 100)
    assert not polling.sound(asked(100, 0, posts=100), CHANGED, 100)


def test_the_goals_are_ratios_to_reader_and_the_memory_of_many_feeds() -> None:
    results = [result("Vigie", first=6.0, same=2.0, peak=151.0), result("reader", first=101.0, same=6.0)]
    goals = {goal.name: goal for goal in polling._goals(results)}
    assert [(goal.value, goal.reached) for goal in goals.values()] == [(5.0, False), (20.0, True), (151.0, False)]
    fewer = [result("Vigie", 2.0, 2.0, feeds=1_000), result("reader", 40.0, 40.0, feeds=1_000)]
    assert [goal.unit for goal in polling._goals(fewer)] == ["x", "x"]


def test_without_a_farm_it_says_so_and_measures_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(farm.FOLDER, str(tmp_path))
    section = polling.measure(quick=True)
    assert (section.grids, section.goals) == ((), ())
    said = StringIO()
    bench.show(section, Console(width=132, file=said))
    assert said.getvalue().endswith("\nSkipped: FARM names no folder with a feed farm.\n")


def test_a_child_has_no_numpy_though_a_peer_of_another_section_brings_it() -> None:
    with pytest.raises(Failed, match="hidden from this process"):
        run((sys.executable, "-c", "import numpy"))


def test_a_child_is_watched_and_its_failure_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert "HTTP_PROXY" not in environment()
    spent = run((sys.executable, "-c", "import time; x = b'x' * 100_000_000; time.sleep(0.2); print('some\\nlast')"))
    assert spent.cpu > 0 < spent.wall
    assert spent.peak > 100
    assert spent.last == "last"
    with pytest.raises(Failed, match="ended with 1: oh no"):
        run((sys.executable, "-c", "import sys; sys.exit('oh no')"))


def test_the_stock_loop_stores_posts_and_asks_conditionally(server: Server, tmp_path: Path) -> None:
    assert twice(STOCK, server, tmp_path) == (2, [200, 304])


def test_reader_starts_stores_posts_and_asks_conditionally(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("reader")
    assert twice(READER, server, tmp_path) == (2, [200, 304])


def test_vigie_s_configuration_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configuration([f"http://127.0.0.{host}:8100/feed.xml" for host in (1, 2, 3)]))
    config = load(path)
    assert (len(config.sources), {topic.name for topic in config.topics}, config.warnings) == (3, set(TOPICS), ())


def test_a_database_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert STOCK.posts(tmp_path) == 0
