"""Looking at one address again and again: what a bookmark keeps of an answer, and what an answer says of time.

Validators (ETag, Last-Modified) make the next request a conditional one; servers without them are recognised by a
hash of the body. ``pair`` and ``behind`` keep one more address beside the given one: where it moved, what it led to.
"""

import re
from datetime import UTC, datetime, timedelta

from scrapers import _address, _dates
from scrapers._inflate import crc32
from scrapers._post import Bookmark
from scrapers._response import Response

MAX_AGE = timedelta(days=1)
"""No server's max-age is taken for longer."""

_CACHE_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


def left_off(response: Response, known: Bookmark, *, moved: str = "", found: str = "") -> Bookmark:
    """Validators and digest of an answer; those of ``known`` where the server said 304."""
    same = response.status == 304
    return Bookmark(
        etag=response.headers.get("etag", known.etag if same else ""),
        modified=response.headers.get("last-modified", known.modified if same else ""),
        digest=known.digest if same else digest(response.body),
        moved=moved,
        found=found,
    )


def digest(body: bytes) -> str:
    """A checksum of a body, for comparing with the one before it alone.

    Two bodies of one length are taken for each other once in four billion times; a strong hash takes many times longer.
    """
    return f"{len(body):x}-{crc32(body):08x}"


def fetched(response: Response) -> datetime:
    """When the answer was sent, by the server's word if that is not in the future."""
    now = datetime.now(UTC)
    return _dates.parse(response.headers.get("date", ""), fetched=now) or now


def max_age(response: Response) -> timedelta | None:
    """How long Cache-Control says that the answer stays good, at most a day."""
    control = response.headers.get("cache-control", "")
    found = _CACHE_AGE.search(control.lower()) if control else None
    return min(timedelta(seconds=int(found[1])), MAX_AGE) or None if found else None


def pair(given: str, address: str) -> str:
    """For a bookmark: an address, and the given one that led to it."""
    return f"{given} {_address.spaceless(address)}" if address else ""


def behind(given: str, noted: str) -> str:
    """The address that ``pair`` noted for the given one, or "": an operator may have changed that since."""
    origin, _, address = noted.rpartition(" ")
    return address if origin == given else ""
