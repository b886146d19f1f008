"""Which pages behind posts are read, when one that failed is tried again, and when its host is left alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.model import Article, Seen, Source
from scrapers import Post, Rejected, ScrapeError, Throttled, Unreachable, Unreadable, is_whole, link_keys

TRIES = 5
"""So many readings of one page at the most ..."""
READINGS = 3
"""... or so many where our own parser failed over it, for want of time or memory ..."""
LONGEST = timedelta(days=1)
"""... within this time of the first that failed: then the page is old news."""
PAUSE = timedelta(minutes=5)
"""The wait after a first failure; it doubles with each try."""
NOT_YET = timedelta(hours=1)
"""The wait after a first 404, since a feed is now and then ahead of its own site, and after a first 403."""


def wanted(source: Source, shown: Sequence[Post], seen: Iterable[Seen]) -> list[int]:
    """The rows of those posts of a look whose pages are to be read.

    They are young enough to alert, not whole already, and have a web address of their own: one that others of the look
    (``shown``) have too, but for its fragment, or that is a bare home page, leads to a page about more than this post.
    """
    if not source.full_text:
        return []
    young = [one for one in seen if one.fresh and one.post.url.lower().startswith(("http://", "https://"))]
    young = [one for one in young if not is_whole(one.post)]
    if not young:
        return []
    distinct = {post.key: post.url.partition("#")[0] for post in reversed(shown)}
    own = dict(zip(distinct, link_keys(list(distinct.values())), strict=True))
    return [one.id for one in young if own[one.post.key]]


def after_failure(article: Article, error: ScrapeError, *, now: datetime) -> datetime | None:
    """When a page whose reading failed is due again, or None: it is given up."""
    if isinstance(error, Rejected) and error.status in (403, 404):
        return None if article.tries else now + NOT_YET
    most = READINGS if isinstance(error, Unreadable) else TRIES
    if not error.transient or (counts(error) and article.tries + 1 >= most):
        return None
    tried = article.tried or now
    wait = PAUSE * 2**article.tries if counts(error) else max(PAUSE, now - tried)
    due = now + max(wait, error.retry_after or PAUSE)
    return due if due - tried <= LONGEST else None


def counts(error: ScrapeError) -> bool:
    """Whether a failure is one of the few tries that a page has: not where the host asks for time, which it gets."""
    return not isinstance(error, Throttled)


def held(error: ScrapeError, *, now: datetime) -> datetime | None:
    """Until when no page of a host is asked for after this failure; None where it is the fault of one page."""
    if not isinstance(error, Throttled | Unreachable):
        return None
    return now + max(PAUSE, error.retry_after or PAUSE)


def host(url: str) -> str:
    """The host of a web address as the network knows it, or ""."""
    try:
        return (urlsplit(url).hostname or "").encode("idna").decode()
    except ValueError:
        return ""
