"""Stories: how many hits a second find their story and are kept, among 1,000, 10,000 and 100,000 stories of the window.

Each number of stories is a child of its own (``desk``): it fills a database in a temporary folder, the last through
``bot.tell``, commits every 50 posts as a busy Vigie does, and takes the time of further hits in rounds; the best round
counts for the speed, the hits of all rounds for p50 and p99. ``grouped/s`` is what the bar is for: a hit is read,
compared with its neighbours and kept in its story. ``told/s`` is all of ``tell``: besides, the hit is kept, its prices
and quantities are read, and what is owed is decided and kept. Both with their part of the commits; that posts are
matched and archived before is in neither. The peers find copies alone, in memory, among the same posts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from bot.cli.bar import Bar
from tests.bench import desk, sketches
from tests.bench.section import Cell, Goal, Grid, Section
from tests.bench.spent import Failed, environment

SIZES, SIZES_QUICK = (1_000, 10_000, 100_000), (1_000, 5_000)
SPEED_BAR = 1_000
"""Hits grouped a second among the most stories."""
PEERS_UP_TO = 10_000
"""Stories among which the peers are timed: the slowest takes a minute to fill its index with more."""
OURS = "Vigie"
HEADINGS = (
    *("who", "stories", "hits", "grouped/s", "told/s", "p50 ms", "p99 ms", "x Vigie", "MB", "disk MB", "index MB"),
    *("copies %", "retold %", "wrong %"),
)


def measure(quick: bool, *, sizes: Sequence[int] = ()) -> Section:
    """Vigie among each number of stories, the peers among the smaller ones."""
    sizes = sizes or (SIZES_QUICK if quick else SIZES)
    peers = [name for name in sketches.PEERS if find_spec(name)]
    title = f"Stories, one core, CPU time, best of {desk.ROUNDS} rounds"
    rows: list[tuple[Cell, ...]] = []
    steps: list[tuple[Cell, ...]] = []
    broken = ""
    with Bar("stories", sum(sizes) // desk.COMMIT + len(sizes) * len(peers)) as bar:
        try:
            for size in sizes:
                ours = _child("desk", str(size), bar=bar)
                rows.append(_row(OURS, ours, _speed(ours)))
                steps += [(f"{size:,}", name, 100 * share) for name, share in _largest(ours["steps"])]
                rows += [_peer(name, size, _speed(ours), bar) for name in peers if size <= PEERS_UP_TO]
        except Failed as error:
            broken = f"Broken off: {error}"
    grids = (_grid(rows), _steps(steps)) if rows else ()
    return Section(title=title, grids=grids, goals=tuple(_goals(rows)), skipped=broken)


def _child(*command: str, bar: Bar) -> dict[str, Any]:
    """What a child says in its last line; the lines before tell how far it is. Raises Failed."""
    module, *arguments = command
    whole = (sys.executable, "-m", f"tests.bench.{module}", *arguments)
    last, filled = "", 0
    with subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment()) as run:
        try:
            for last in run.stdout or ():
                if last.startswith("filled "):
                    filled = int(last.split()[1])
                    bar.advance(f"{' '.join(arguments)}: {filled:,} stories")
        except BaseException:
            run.kill()
            raise
    if run.returncode:
        raise Failed(f"{' '.join(command)} ended with {run.returncode}: {last.strip()}")
    found: dict[str, Any] = json.loads(last)
    return found


def _peer(name: str, size: int, ours: float, bar: Bar) -> tuple[Cell, ...]:
    theirs = _child("sketches", name, str(size), bar=bar)
    bar.advance(f"{name}: {size:,} stories")
    return _row(name, theirs, ours)


def _speed(result: dict[str, Any]) -> float:
    """Hits a second: grouped, or found by a peer."""
    return float(result["hits"] / min(result.get("grouped", result["rounds"])))


def _row(name: str, result: dict[str, Any], ours: float) -> tuple[Cell, ...]:
    each = sorted(result["each"])
    speed = _speed(result)
    disk = [result[key] or None for key in ("disk", "index")]
    shares = [100 * result[key] if key in result else None for key in ("copies", "retellings", "strangers")]
    times = (1_000 * each[len(each) // 2], 1_000 * each[len(each) * 99 // 100])
    told = result["hits"] / min(result["rounds"]) if "grouped" in result else None
    return (name, result["stories"], result["hits"], speed, told, *times, speed / ours, result["peak"], *disk, *shares)


def _largest(steps: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(steps.items(), key=lambda step: -step[1])


def _grid(rows: Sequence[tuple[Cell, ...]]) -> Grid:
    note = (
        "MB is the peak of the process. Of the copies and retellings of the wire: those that joined the right story, "
        "and hits that joined a wrong one. A peer looks for copies alone, and keeps nothing."
    )
    return Grid(title="Hits among stories of the window", headings=HEADINGS, rows=tuple(rows), note=note)


def _steps(rows: Sequence[tuple[Cell, ...]]) -> Grid:
    note = "As a profiler sees it: Python looks slower in it than SQLite."
    headings = ("stories", "step", "% of a hit")
    return Grid(
        title="Where the time of a hit goes", headings=headings, rows=tuple(rows), drawn="% of a hit", note=note
    )


def _goals(rows: Sequence[tuple[Cell, ...]]) -> Iterator[Goal]:
    ours = [dict(zip(HEADINGS, row, strict=True)) for row in rows if row[0] == OURS]
    for row in ours[-1:]:
        name = f"Vigie: hits grouped among {row['stories']:,} stories"
        yield Goal(name=name, value=float(row["grouped/s"] or 0), unit="hits/s", bar=SPEED_BAR)
