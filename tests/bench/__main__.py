"""How fast Vigie is: ``python -m tests.bench [--quick] [--json] [--only MATTER]``, or ``make bench``.

Each matter is one module here with ``measure(quick) -> Section``. A benchmark is no test: the exit code is always 0.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import ModuleType

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench import matching, polling, stories
from tests.bench.section import Cell, Goal, Grid, Section

MATTERS = (matching, polling, stories)
BAR = 20
"""Characters of the longest bar."""
WIDTH = 132
"""Characters of a line where the output is no terminal."""


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--quick", action="store_true", help="fewer posts, keywords and rounds: for a first look")
    asked.add_argument("--json", action="store_true", help="one line of JSON for each matter")
    asked.add_argument("--only", choices=[_name(matter) for matter in MATTERS], help="one matter alone")
    chosen = asked.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for matter in MATTERS:
        if chosen.only not in (None, _name(matter)):
            continue
        print(f"measuring {_name(matter)} ...", file=sys.stderr)
        section = matter.measure(chosen.quick)
        print(json.dumps(_plain(section), ensure_ascii=False)) if chosen.json else show(section, console)


def _name(matter: ModuleType) -> str:
    return matter.__name__.rpartition(".")[2]


def _plain(section: Section) -> dict[str, object]:
    goals = [{**asdict(goal), "reached": goal.reached} for goal in section.goals]
    return {**asdict(section), "goals": goals}


# --- tables --------------------------------------------------------------------------------------------------------


def show(section: Section, console: Console) -> None:
    console.print(f"\n[bold]{section.title}[/]\n")
    for grid in section.grids:
        console.print(_table(grid), "")
    if section.goals:
        console.print(_goals(section.goals))
    if section.skipped:
        console.print(section.skipped, highlight=False, markup=False)
        return
    short = "; ".join(f"{goal.name}: {_cell(goal.value)} {goal.unit}" for goal in section.short)
    console.print(f"Fell short: {short}" if short else "Every bar is reached.", highlight=False)


def _table(grid: Grid) -> Table:
    table = Table(
        title=grid.title, caption=grid.note, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left"
    )
    for number, heading in enumerate(grid.headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    if not grid.drawn:
        for row in grid.rows:
            table.add_row(*map(_cell, row))
        return table
    table.add_column(no_wrap=True)
    lengths = _lengths([row[grid.headings.index(grid.drawn)] for row in grid.rows])
    for row, length in zip(grid.rows, lengths, strict=True):
        table.add_row(*map(_cell, row), "━" * length)
    return table


def _lengths(values: Sequence[Cell]) -> list[int]:
    numbers = [value if isinstance(value, int | float) else 0 for value in values]
    largest = max(numbers, default=0) or 1
    return [round(BAR * number / largest) for number in numbers]


def _goals(goals: Sequence[Goal]) -> Table:
    table = Table(title="Goals", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("figure", "value", "bar", "reached"):
        table.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
    for goal in goals:
        bar = f"{'at most' if goal.most else 'at least'} {_cell(goal.bar)} {goal.unit}"
        table.add_row(goal.name, f"{_cell(goal.value)} {goal.unit}", bar, "yes" if goal.reached else "NO")
    return table


def _cell(value: Cell) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
