"""When to look at a source again: as asked, or as often as it brings something new."""

from datetime import datetime, timedelta
from hashlib import blake2b

from bot.model import Source, SourceState, Standing
from bot.rules import outage
from scrapers import Batch, Blocked, Gone, ScrapeError

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
FURTHEST = timedelta(days=1)
PATIENCE = timedelta(days=14)
"""A source that answers, but has shown nothing new for so long, is called silent."""
GROWTH = 1.4
"""An idle look makes the adaptive interval this much longer; one that brought something halves it."""
_MOST_DOUBLINGS = 17  # of a second, the shortest interval: more than a day


def after_look(source: Source, before: Standing, batch: Batch, *, new: int, now: datetime) -> Standing:
    """How the source stands after a look that worked and brought ``new`` posts that it had not shown before."""
    gap = _adapt(before.gap, new=new, hint=batch.wait)
    renewed = now if new else before.renewed
    state = SourceState.SILENT if renewed is not None and renewed < now - PATIENCE else SourceState.WELL
    return before._replace(
        bookmark=batch.bookmark,
        due=_due(source, gap, state, failures=0, held=now, now=now),
        held=now,
        looked=now,
        succeeded=now,
        renewed=renewed,
        gap=gap,
        items=before.items if batch.unchanged else len(batch.posts),
        failures=0,
        state=state,
        error="",
        note=_note(before.note, batch),
    )


def after_failure(source: Source, before: Standing, error: ScrapeError, *, now: datetime) -> Standing:
    """How the source stands after a look that failed; its bookmark stays, so that nothing is missed."""
    match error:
        case Gone():
            state = SourceState.GONE
        case Blocked():
            state = SourceState.BLOCKED
        case _:
            state = SourceState.ILL
    held, failures = now + (error.retry_after or timedelta()), before.failures + 1
    return before._replace(
        due=_due(source, before.gap, state, failures=failures, held=held, now=now),
        held=held,
        looked=now,
        failures=failures,
        state=state,
        error=error.message,
    )


def after_outage(source: Source, before: Standing, *, since: datetime, now: datetime) -> Standing:
    """How the source stands after a look that our own network spoilt, down since then: as it did, and due soon again.

    At first that is in about a minute, not all in the same second.
    """
    wait = outage.wait(since, _base(source, before.gap), now=now) * (0.75 + _spread(source.name, now) / 2)
    return before._replace(due=max(now + wait, before.held))


def emptied(source: Source, before: Standing, batch: Batch) -> bool:
    """Whether a source that always lists its newest posts lists none any more: a fault, not "nothing new"."""
    return source.lists and before.items > 0 and not batch.unchanged and not batch.posts


def _adapt(gap: timedelta, *, new: int, hint: timedelta | None) -> timedelta:
    """The next adaptive interval: 5 to 60 minutes, within them no shorter than the server's hint (max-age, ttl)."""
    gap = gap or SHORTEST * 2
    gap = gap / 2 if new else gap * GROWTH
    return min(max(gap, SHORTEST, hint or SHORTEST), LONGEST)


def _note(before: str, batch: Batch) -> str:
    """An unchanged answer was not read again: what was found when it was read holds, and a move is told at once."""
    known = batch.unchanged and all(note in before for note in batch.notes)
    return before if known else "; ".join(batch.notes)


def _due(
    source: Source, gap: timedelta, state: SourceState, *, failures: int, held: datetime, now: datetime
) -> datetime:
    """An explicit ``every`` is kept; each failure doubles the interval, up to a day; the server's wait is a floor.

    Where the server says that the source is gone for good, it is a day at once.
    """
    base = _base(source, gap)
    wait = base * (1 << (_MOST_DOUBLINGS if state is SourceState.GONE else min(failures, _MOST_DOUBLINGS)))
    if source.every is None:
        wait = max(wait * (0.95 + _spread(source.name, now) / 10), SHORTEST, source.floor)
    longest = FURTHEST if source.every or failures else LONGEST
    return max(now + min(wait, max(longest, base)), held)


def _base(source: Source, gap: timedelta) -> timedelta:
    """The interval while all is well."""
    return max(source.every or gap or SHORTEST, source.floor)


def _spread(name: str, now: datetime) -> float:
    """A number in [0, 1), the same for the same source and moment, so that adaptive sources do not march in step."""
    found = blake2b(f"{name} {now.timestamp()}".encode(), digest_size=4).digest()
    return int.from_bytes(found) / 2**32
