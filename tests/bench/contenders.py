"""The pollers that take part, and how each is set up in a folder of its own and run once."""

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.spent import Spent, run

DATABASE = "posts.db"
VIGIE = "Vigie"
CHECKS = 3
"""Rounds of ``vigie check``; the best one counts."""
TOPICS = {
    "H100": "H100 OR GH100",
    "H200": "H200 OR GH200",
    "SuperMicro": "SuperMicro OR SMCI OR 美超微 OR 超微",
    "Export controls": '(NVIDIA OR 英伟达) AND ("export control" OR "export ban" OR 出口管制 OR 禁运)',
    "Contrôles": '"contrôle des exportations" OR "restrictions à l\'exportation"',
    "Cartes": 'accélérateur OR "carte graphique" OR "centre de données"',
    "算力": "算力租赁 OR 智算中心 OR 液冷服务器",
    "Chip plants": '"chip factory" OR "battery union" OR "chip tax" OR "network security patch"',
    "Usines": '"usine puce" OR "grève usine" OR "budget énergie" OR "impôt banque"',
    "芯片": "芯片工厂 OR 芯片税收 OR 电池工会 OR 网络安全",
}
"""In three languages; the last three are such as the farm's news do hold, here and there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A poller. ``set_up`` is not counted; ``table`` holds what it stored, a row a post."""

    name: str
    set_up: Callable[[Path, Sequence[str]], None]
    command: Callable[[Path], tuple[str, ...]]
    table: str

    def posts(self, folder: Path) -> int:
        """How many posts are in its database."""
        if not (folder / DATABASE).exists():
            return 0
        db = sqlite3.connect(folder / DATABASE)
        try:
            (count,) = db.execute(f"SELECT count(*) FROM {self.table}").fetchone()
        finally:
            db.close()
        return int(count)


def _peer(name: str) -> Callable[[Path], tuple[str, ...]]:
    def command(folder: Path) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.bench.pollers", name, str(folder / DATABASE), str(folder / "urls.json"))

    return command


def _list(folder: Path, urls: Sequence[str]) -> None:
    (folder / "urls.json").write_text(json.dumps(list(urls)))


def _add(folder: Path, urls: Sequence[str]) -> None:
    _list(folder, urls)
    run(_peer("reader-add")(folder))


def _configure(folder: Path, urls: Sequence[str]) -> None:
    (folder / "config.toml").write_text(configuration(urls))


def configuration(urls: Sequence[str]) -> str:
    """A configuration of ten topics in three languages with these feeds; JSON's strings are TOML's as well."""
    head = f'[store]\npath = "{DATABASE}"\n[http]\nallow_private = ["127.0.0.0/8"]\n'
    topics = [f"[topic.{_quoted(name)}]\nquery = {_quoted(query)}\n" for name, query in TOPICS.items()]
    sources = [f'[source.feed-{at}]\nkind = "feed"\nurl = {_quoted(url)}\n' for at, url in enumerate(urls, start=1)]
    return head + "".join(topics) + "".join(sources)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _vigie(folder: Path, *words: str) -> tuple[str, ...]:
    words = words or ("run", "--once")
    return (str(Path(sys.executable).with_name("vigie")), *words, "--config", str(folder / "config.toml"))


def check(urls: Sequence[str]) -> Spent:
    """What Vigie spends to start and to read the configuration with these feeds, without a look at any."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as name:
        folder = Path(name)
        _configure(folder, urls)
        return min((run(_vigie(folder, "check")) for _ in range(CHECKS)), key=lambda spent: spent.cpu)


READER = Contender(name="reader", set_up=_add, command=_peer("reader"), table="entries")
STOCK = Contender(name="stock loop", set_up=_list, command=_peer("stock"), table="posts")
OURS = Contender(name=VIGIE, set_up=_configure, command=_vigie, table="posts")
CONTENDERS = (OURS, STOCK, READER)
