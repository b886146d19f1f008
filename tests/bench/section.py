"""What a benchmark gives: tables of figures, and the goals that some of them have."""

from dataclasses import dataclass

Cell = str | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table: a row holds a cell for each heading, None where there is nothing to tell.

    ``drawn`` is the heading of the column that is also shown as bars.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawn: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure with its bar: the least that it should be or, where ``most``, the most."""

    name: str
    value: float
    unit: str
    bar: float
    most: bool = False

    @property
    def reached(self) -> bool:
        return self.value <= self.bar if self.most else self.value >= self.bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The tables and the goals of one matter; ``skipped`` tells why there are none, or no more."""

    title: str
    grids: tuple[Grid, ...] = ()
    goals: tuple[Goal, ...] = ()
    skipped: str = ""

    @property
    def short(self) -> tuple[Goal, ...]:
        """The goals that are not reached."""
        return tuple(goal for goal in self.goals if not goal.reached)
