"""How good Vigie is on labelled data: ``python -m tests.quality DIR [--json]``, or ``make quality DATA=DIR``.

Each matter is one module here with ``FOLDER``, the subfolder of DIR that it reads, and ``measure(folder) -> Section``.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.quality import articles, feeds, matching, neardup
from tests.quality.section import Section

MATTERS = (articles, feeds, matching, neardup)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.quality", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("dir", type=Path, help="labelled data, in the formats of the shared captures")
    asked.add_argument("--json", action="store_true", help="one line of JSON for each matter")
    chosen = asked.parse_args()
    sections = [each.measure(chosen.dir / each.FOLDER) for each in MATTERS if (chosen.dir / each.FOLDER).is_dir()]
    if not sections:
        print(f"{chosen.dir} holds none of: {', '.join(each.FOLDER for each in MATTERS)}", file=sys.stderr)
        return 2
    for section in sections:
        print(json.dumps(asdict(section), ensure_ascii=False)) if chosen.json else show(section)
    return 0 if all(section.reached for section in sections) else 1


def show(section: Section) -> None:
    console = Console()
    table = Table(title=section.title)
    for heading in ("measure", "value", "bar", "of"):
        table.add_column(heading, justify="left" if heading == "measure" else "right")
    for figure in section.figures:
        bar = "" if figure.bar is None else f"{figure.bar:g}"
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}", bar, figure.note)
    console.print(table)
    for miss in section.misses:
        console.print(miss, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
