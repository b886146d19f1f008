"""What a measurement gives: figures, each with the bar it must reach, and what was missed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. ``bar`` is the least it must be, or None where it is only told; ``note`` says of how many."""

    name: str
    value: float
    unit: str = "%"
    bar: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The figures of one matter, and a line for each miss."""

    title: str
    figures: tuple[Figure, ...]
    misses: tuple[str, ...] = ()
    reached: bool = True
