"""How the demo looks: an opening, a line for each day, what was rightly left alone, and the sum of it all."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Protocol

from bot.demo.clock import RATE
from bot.demo.news import END, PIECES, START
from bot.demo.press import OUTLETS


class Screen(Protocol):
    """What the show is painted on. Words come as Telegram HTML; foreign text is escaped before."""

    def title(self, html: str) -> None:
        """The first thing on the screen, framed."""

    def say(self, html: str, *, dim: bool = False) -> None:
        """A paragraph; "" leaves a line free."""

    def rule(self, words: str) -> None:
        """A line across, with words in it."""

    def bars(self, rows: Sequence[tuple[str, int, str]]) -> None:
        """A bar for each (name, number, remark), on one scale; the last stands out."""

    def moving(self, words: Callable[[], str]) -> AbstractContextManager[object]:
        """A last line that is redrawn for as long as the context lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """News that was not told again: its title or first words, where it was told first, and where it then turned up."""

    title: str
    first: str
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What really happened, counted.

    ``looks`` are answers of the site, ``unchanged`` those that only said "nothing new" (304). ``posts`` are counted as
    the sources showed them, so that one in two sources counts twice; ``matched`` are those in which a topic's query was
    found: ``old`` ones that were out before the watch began, ``copies`` of news that was told already, and ``told``
    ones, in ``messages`` bubbles (a list tells several). ``topics`` is how many of the told named each topic. ``alone``
    are the addresses of the posts that alerted nobody. ``seconds`` are ours.
    """

    sources: int
    kinds: int
    looks: int
    unchanged: int
    posts: int
    matched: int
    old: int
    copies: tuple[Copy, ...]
    told: int
    messages: int
    topics: tuple[tuple[str, int], ...]
    alone: frozenset[str]
    seconds: float


class Show:
    """The demo's words, on a screen. It remembers only which day it announced last."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._day: date | None = None

    def opening(self) -> None:
        """What Vigie is, and what will be seen."""
        days = (END - START).days
        seconds = round((END - START).total_seconds() / RATE)
        self._screen.title(
            "<b>VIGIE</b>  <i>the lookout on the mast</i>\nIt reads the web and tells you once, early, without noise."
        )
        self._screen.say("")
        self._screen.say(
            f"Watch {days} days of late 2024 in {seconds} seconds, half a day a second. {len(OUTLETS)} invented "
            "outlets publish in English, French and Chinese on a site that Vigie serves to itself: no network, no "
            "token. The program is the real one, and this terminal is the phone."
        )
        self._screen.say("")
        self._screen.say(
            "It listens for <b>H100</b>, <b>H200</b>, <b>B200</b> and <b>SuperMicro</b>: restricted servers are "
            "turning up in markets where nobody may sell them."
        )

    def calendar(self, now: Callable[[], datetime]) -> AbstractContextManager[object]:
        """While this context lasts, the demo's time runs on the last line of the screen."""
        return self._screen.moving(lambda: f"{_day(now().date())}, {now():%H:00}  ·  {len(OUTLETS)} outlets watched")

    def day(self, now: datetime) -> None:
        """Announce the day, once. Call it as often as you like."""
        today = min(now, END).date()
        if today != self._day and now < END:
            self._day = today
            self._screen.rule(_day(today))

    def closing(self, tally: Tally) -> None:
        """What was left alone, what was folded, the figures, and what to try next."""
        self._left_alone(tally.alone)
        self._folded(tally.copies)
        self._summary(tally)
        self._next()

    def _left_alone(self, alone: Collection[str]) -> None:
        spared = [piece for piece in PIECES if piece.spared and piece.url in alone]
        if not spared:
            return
        self._screen.rule("Looked like news, rightly left alone")
        for piece in spared:
            words = piece.title or piece.text
            self._screen.say(f"· {escape(words)}\n  <i>{escape(piece.spared)}</i>", dim=True)

    def _folded(self, copies: Sequence[Copy]) -> None:
        if not copies:
            return
        self._screen.rule("The same news again, not told twice")
        places: dict[tuple[str, str], list[str]] = {}
        for copy in copies:
            places.setdefault((copy.title, copy.first), []).append(copy.again)
        for (title, first), again in places.items():
            where = f"told from {first}, again in {', '.join(again)}"
            self._screen.say(f"· {escape(title)}\n  <i>{escape(where)}</i>", dim=True)

    def _summary(self, tally: Tally) -> None:
        self._screen.rule("Ten days in sum")
        self._screen.bars(
            (
                ("read", tally.posts, f"posts, in {tally.sources} sources of {tally.kinds} kinds"),
                ("left alone", tally.posts - tally.matched, "no topic's query is in them"),
                ("matched", tally.matched, "in English, French or Chinese"),
                ("too old", tally.old, "out before the watch began"),
                ("folded", len(tally.copies), "the same news once more"),
                ("told", tally.told, f"in {tally.messages} messages: a burst is one list"),
            )
        )
        self._screen.say("")
        topics = ", ".join(f"{name} {count}" for name, count in tally.topics)
        self._screen.say(
            f"{escape(topics)}. {tally.looks} looks in {tally.seconds:.0f} seconds; to {tally.unchanged} of them the "
            "site only had to answer “nothing new” (304)."
        )

    def _next(self) -> None:
        self._screen.rule("Next")
        self._screen.say(
            "<code>make run</code>                          the real world, in this terminal\n"
            "<code>TELEGRAM_BOT_TOKEN=... make run</code>   the same, on your phone"
        )


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
