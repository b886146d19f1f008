"""When to look at a source again: as asked, or as often as it brings something new."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from bot.model import Source, SourceState, Standing
from scrapers import Batch, Blocked, Gone, ScrapeError

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
FURTHEST = timedelta(days=1)
PATIENCE = timedelta(days=14)
"""A source that answers, but has shown nothing new for so long, is called silent."""
GROWTH = 1.4
"""An idle look makes the adaptive interval this much longer; one that brought something halves it."""


def after_look(source: Source, before: Standing, batch: Batch, *, new: int, now: datetime) -> Standing:
    """How the source stands after a look that worked and brought ``new`` posts that it had not shown before."""
    gap = _adapt(before.gap, new=new, hint=batch.wait)
    renewed = now if new else before.renewed
    silent = renewed is not None and renewed < now - PATIENCE
    after = replace(
        before,
        bookmark=batch.bookmark,
        held=now,
        looked=now,
        succeeded=now,
        renewed=renewed,
        gap=gap,
        items=before.items if batch.unchanged else len(batch.posts),
        failures=0,
        state=SourceState.SILENT if silent else SourceState.WELL,
        error="",
        note=before.note if batch.unchanged else "; ".join(batch.notes),
    )
    return replace(after, due=_due(source, after, now))


def after_failure(source: Source, before: Standing, error: ScrapeError, *, now: datetime) -> Standing:
    """How the source stands after a look that failed; its bookmark stays, so that nothing is missed."""
    match error:
        case Gone():
            state = SourceState.GONE
        case Blocked():
            state = SourceState.BLOCKED
        case _:
            state = SourceState.ILL
    after = replace(
        before,
        held=now + (error.retry_after or timedelta()),
        looked=now,
        failures=before.failures + 1,
        state=state,
        error=error.message,
    )
    return replace(after, due=_due(source, after, now))


def emptied(source: Source, before: Standing, batch: Batch) -> bool:
    """Whether a source that always lists its newest posts lists none any more: a fault, not "nothing new"."""
    return source.lists and before.items > 0 and not batch.unchanged and not batch.posts


def _adapt(gap: timedelta, *, new: int, hint: timedelta | None) -> timedelta:
    """The next adaptive interval: 5 to 60 minutes, within them no shorter than the server's hint (max-age, ttl)."""
    gap = gap or SHORTEST * 2
    gap = gap / 2 if new else gap * GROWTH
    return min(max(gap, SHORTEST, hint or SHORTEST), LONGEST)


def _due(source: Source, standing: Standing, now: datetime) -> datetime:
    """An explicit ``every`` is kept; each failure doubles the interval, up to a day; the server's wait is a floor."""
    base = max(source.every or standing.gap or SHORTEST, source.floor)
    wait = min(base * 2 ** min(standing.failures, 20), max(FURTHEST, base))
    if source.every is None:
        wait *= 0.95 + _spread(source.name, now) / 10
    due: datetime = max(now + wait, standing.held)
    return due


def _spread(name: str, now: datetime) -> float:
    """A number in [0, 1), the same for the same source and moment, so that adaptive sources do not march in step."""
    found = blake2b(f"{name} {now.timestamp()}".encode(), digest_size=4).digest()
    return int.from_bytes(found) / 2**32
