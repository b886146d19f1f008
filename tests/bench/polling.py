"""Polling: the CPU time that Vigie takes for a thousand feeds beside two peers', on one loopback feed farm in one run.

Every poller gets a database of its own and runs as a command, so that the whole of it is counted: ``first poll`` into
the empty database, ``nothing new``, and ``1 % changed``; they take turns, and the best round counts. What the same
command takes for a single feed in the same phase, and to read a configuration of all of them (``vigie check``), is its
start-up and is subtracted. What the farm counted stands beside it: it proves that all feeds were asked, and
conditionally.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bot.cli.bar import Bar
from tests.bench import farm, handshakes
from tests.bench.contenders import CONTENDERS, OURS, READER, Contender, check
from tests.bench.farm import Asked, Farm
from tests.bench.section import Cell, Goal, Grid, Section
from tests.bench.spent import Failed, Spent, net, run

FIRST, SAME, CHANGED = PHASES = ("first poll", "nothing new", "1 % changed")
SHARE = 0.01
"""Of the feeds, those that have a new post in the last phase."""
SAME_BAR, FIRST_BAR = 8.0, 15.0
"""How many times Vigie's CPU time reader should take."""
PEAK_BAR, MANY = 150.0, 5_000
"""Megabytes of Vigie's main process, and at how many feeds."""
HEADINGS = (
    *("poller", "CPU s/1,000", "x Vigie", "start-up", "wall s", "MB"),
    *("asked", "200", "304", "posts", "posts/s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many feeds, and how often each phase is run; the best round counts."""

    feeds: int
    firsts: int
    rounds: int


QUICK = (Size(feeds=200, firsts=2, rounds=5),)
WHOLE = (Size(feeds=1_000, firsts=2, rounds=3), Size(feeds=MANY, firsts=2, rounds=3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of a poller: what it spent, what it asked the farm for, and how many posts it stored."""

    spent: Spent
    asked: Asked
    posts: int


Rounds = Mapping[str, Round]
"""The best one of each phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a poller took for all the feeds, and for a single one.

    ``reading`` is what it takes to read a configuration of a thousand feeds; the peers have none.
    """

    name: str
    feeds: int
    whole: Rounds
    single: Rounds
    reading: float = 0.0

    def per_thousand(self, phase: str) -> float:
        """CPU seconds for a thousand polls, net of start-up."""
        whole = net(self.whole[phase].spent.cpu, self.single[phase].spent.cpu, self.feeds)
        return max(whole - self.reading, 1e-3)

    def posts_per_second(self) -> float:
        """Posts that are fetched, read and stored in a CPU second of the first poll."""
        posts = self.whole[FIRST].posts - self.single[FIRST].posts
        return posts / max(self.whole[FIRST].spent.cpu - self.single[FIRST].spent.cpu, 1e-3)


def measure(quick: bool) -> Section:
    """All pollers at every number of feeds; then new TLS connections."""
    title = "Polling a loopback feed farm: CPU time (user and system) net of start-up, posts per CPU second"
    if farm.folder() is None:
        return Section(title=title, skipped=f"Skipped: {farm.FOLDER} names no folder with a feed farm.")
    grids: list[Grid] = []
    goals: list[Goal] = []
    broken = ""
    sizes = QUICK if quick else WHOLE
    with Bar("polling", sum(map(_steps, sizes)) + handshakes.steps()) as bar:
        try:
            for size in sizes:
                results = _results(size, bar)
                grids += [_grid(phase, results) for phase in PHASES]
                goals += _goals(results)
            grids.append(handshakes.grid(quick, bar))
        except (Failed, OSError) as error:
            broken = f"Broken off: {error}"
    return Section(title=title, grids=tuple(grids), goals=tuple(goals), skipped=broken)


# --- measuring -----------------------------------------------------------------------------------------------------


def _contenders() -> tuple[Contender, ...]:
    return tuple(each for each in CONTENDERS if each is not READER or find_spec("reader"))


def _steps(size: Size) -> int:
    return len(_contenders()) * 2 * (size.firsts + 2 * size.rounds)


def _results(size: Size, bar: Bar) -> list[Result]:
    """What each poller took."""
    with farm.started(size.feeds) as feeds:
        urls = feeds.urls()
        single = _Trial(feeds, urls[:1], size, bar).best()
        whole = _Trial(feeds, urls, size, bar).best()
        reading = net(check(urls).cpu, check(urls[:1]).cpu, len(urls))
    return [
        Result(
            name=each.name,
            feeds=len(urls),
            whole=whole[each.name],
            single=single[each.name],
            reading=reading if each is OURS else 0.0,
        )
        for each in _contenders()
    ]


@dataclass(frozen=True, slots=True)
class _Trial:
    """All pollers with these feeds: they take turns in every round, so that all meet the same farm and load."""

    feeds: Farm
    urls: Sequence[str]
    size: Size
    bar: Bar

    def best(self) -> Mapping[str, Rounds]:
        """The best round of each phase, by poller. Raises Failed."""
        self.feeds.reset(forget=True)
        with tempfile.TemporaryDirectory(prefix="vigie-bench-") as home:
            done = {phase: list(self._rounds(phase, Path(home))) for phase in PHASES}
        return {
            each.name: {phase: _best([round_[each.name] for round_ in done[phase]]) for phase in PHASES}
            for each in _contenders()
        }

    def _rounds(self, phase: str, home: Path) -> Iterator[Mapping[str, Round]]:
        """A first poll always goes into a new folder, whose database is then that of the later phases."""
        for number in range(self.size.firsts if phase == FIRST else self.size.rounds):
            if phase == CHANGED:
                self.feeds.publish(share=SHARE, seed=number)
                self.feeds.publish_first()
            yield {each.name: self._round(each, phase, home / each.name) for each in _contenders()}

    def _round(self, contender: Contender, phase: str, folder: Path) -> Round:
        if phase == FIRST:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            contender.set_up(folder, self.urls)
        before = contender.posts(folder)
        self.feeds.reset()
        spent = run(contender.command(folder))
        what = f"{contender.name}, {len(self.urls):,} feeds, {phase}"
        self.bar.advance(what)
        done = Round(spent=spent, asked=self.feeds.asked(), posts=contender.posts(folder) - before)
        if not sound(done, phase, len(self.urls)):
            raise Failed(f"{what}: {done.asked}, {done.posts} posts stored; it said: {spent.last}")
        return done


def sound(done: Round, phase: str, feeds: int) -> bool:
    """Whether every feed was asked and answered as the phase wants it, and new posts were stored where there were any.

    A round in which a poller failed would else be its cheapest.
    """
    asked = done.asked
    new = {FIRST: asked.fresh == feeds, SAME: asked.fresh == 0, CHANGED: 0 < asked.fresh < max(feeds, 2)}[phase]
    return asked.feeds == feeds == asked.fresh + asked.unchanged and new and (done.posts > 0) == (asked.fresh > 0)


def _best(rounds: Sequence[Round]) -> Round:
    """The round of the least CPU time, with the highest peak of all."""
    best = min(rounds, key=lambda each: each.spent.cpu)
    return replace(best, spent=replace(best.spent, peak=max(each.spent.peak for each in rounds)))


# --- telling -------------------------------------------------------------------------------------------------------


def _grid(phase: str, results: Sequence[Result]) -> Grid:
    ours = _of(results, OURS)
    return Grid(
        title=f"{results[0].feeds:,} feeds, {phase}",
        headings=HEADINGS,
        rows=tuple(_row(result, phase, ours) for result in results),
        drawn="CPU s/1,000",
        note=_note(phase, ours),
    )


def _note(phase: str, ours: Result | None) -> str:
    peer = f"reader {version('reader')}, workers=1" if find_spec("reader") else "reader is not installed"
    if ours is None:
        return peer
    said = f"Vigie: {ours.whole[phase].spent.last}"
    return f"{said}\n{ours.reading:.3g} CPU s/1,000 for reading Vigie's configuration are start-up too; {peer}"


def _row(result: Result, phase: str, ours: Result | None) -> tuple[Cell, ...]:
    round_ = result.whole[phase]
    spent, asked = round_.spent, round_.asked
    cost = result.per_thousand(phase)
    ratio = cost / ours.per_thousand(phase) if ours else None
    speed = result.posts_per_second() if phase == FIRST else None
    return (
        *(result.name, cost, ratio, result.single[phase].spent.cpu, spent.wall, spent.peak),
        *(asked.requests, asked.fresh, asked.unchanged, round_.posts, speed),
    )


def _of(results: Sequence[Result], contender: Contender) -> Result | None:
    return next((result for result in results if result.name == contender.name), None)


def _goals(results: Sequence[Result]) -> Iterator[Goal]:
    ours, reader = _of(results, OURS), _of(results, READER)
    if ours is None:
        return
    for phase, bar in ((SAME, SAME_BAR), (FIRST, FIRST_BAR)):
        if reader is not None:
            ratio = reader.per_thousand(phase) / ours.per_thousand(phase)
            yield Goal(name=f"reader / Vigie, {phase}, {ours.feeds:,} feeds", value=ratio, unit="x", bar=bar)
    if ours.feeds >= MANY:
        peak = max(each.spent.peak for each in ours.whole.values())
        yield Goal(name=f"Vigie's main process, {ours.feeds:,} feeds", value=peak, unit="MB", bar=PEAK_BAR, most=True)
