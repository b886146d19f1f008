"""``vigie demo``: the real program against a small site of its own, on a clock that runs fast."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from time import monotonic

from bot import terminal
from bot.app import App
from bot.config import load
from bot.demo import END, START, Clock, Copy, DemoSite, Show, Tally, config_text

STEP = 0.05
"""Seconds between two glances at the calendar."""
BEAT = timedelta(seconds=0.2)
"""Two and a half hours of the demo's clock: nobody should have to wait longer for news."""
AFTERMATH = 1.5
"""Seconds for what the last day still owes."""


def play() -> None:
    """Play it once."""
    screen = terminal.console()
    show = Show(terminal.Screen(screen))
    show.opening()
    clock = Clock(START)  # it runs from here on
    with tempfile.TemporaryDirectory(prefix="vigie-demo-") as folder, DemoSite(clock) as site:
        path = Path(folder) / "config.toml"
        path.write_text(config_text(site.url, Path(folder) / "vigie.db"), encoding="utf-8")
        show.closing(asyncio.run(_watch(path, terminal.Terminal(screen, now=clock), show, clock, site)))


async def _watch(path: Path, phone: terminal.Terminal, show: Show, clock: Clock, site: DemoSite) -> Tally:
    config, began = load(path), monotonic()
    stop = asyncio.Event()
    async with App(config, screen=phone, now=clock, beat=BEAT) as app:
        work = asyncio.create_task(app.serve(stop))
        with show.calendar(clock):
            while clock() < END and not work.done():
                show.day(clock())
                await asyncio.sleep(STEP)
            await asyncio.sleep(AFTERMATH)
        stop.set()
        await work
        report = app.store.report()
    return Tally(
        sources=len(config.sources),
        kinds=len({source.kind for source in config.sources}),
        looks=site.looks,
        unchanged=site.unchanged,
        posts=report.shown,
        matched=report.matched,
        old=report.old,
        copies=tuple(Copy(title=fold.title, first=fold.first, again=fold.again) for fold in report.folds),
        told=report.told,
        messages=report.messages,
        topics=report.topics,
        alone=report.alone,
        seconds=monotonic() - began,
    )
