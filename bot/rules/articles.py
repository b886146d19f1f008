"""Which pages behind posts are read, and when one that failed is tried again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.model import Article, Seen, Source
from scrapers import Missing, ScrapeError

TRIES = 5
"""So many readings of one page at the most ..."""
LONGEST = timedelta(days=1)
"""... within this time of the first that failed: then the page is old news."""
PAUSE = timedelta(minutes=5)
"""The wait after a first failure; it doubles with each try."""
NOT_YET = timedelta(hours=1)
"""The wait after a first 404: a feed is now and then ahead of its own site."""


def wanted(source: Source, seen: Iterable[Seen]) -> list[int]:
    """The rows of those posts of a look whose pages are to be read: young enough to alert, with a web address."""
    if not source.full_text:
        return []
    return [one.id for one in seen if one.fresh and one.post.url.lower().startswith(("http://", "https://"))]


def after_failure(article: Article, error: ScrapeError, *, now: datetime) -> datetime | None:
    """When a page whose reading failed is due again, or None: it is given up."""
    if isinstance(error, Missing):
        return None if article.tries else now + NOT_YET
    if not error.transient or article.tries + 1 >= TRIES:
        return None
    wait = max(PAUSE * 2**article.tries, error.retry_after or PAUSE)
    due = now + wait
    return due if due - (article.tried or now) <= LONGEST else None
