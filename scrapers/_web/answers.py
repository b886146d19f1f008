"""What came back: reading an answer within its bounds, and what each status and each failure means for a source."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

import httpx

from scrapers._errors import (
    Blocked,
    Gone,
    Missing,
    Misuse,
    Refused,
    Rejected,
    ScrapeError,
    Throttled,
    TooLarge,
    Unconnected,
    Unreachable,
    Unreadable,
)
from scrapers._inflate import Inflater, too_large
from scrapers._response import Response
from scrapers._web.address import Address, bare, join, show
from scrapers._web.transport import CONNECT

MAX_REDIRECTS = 5
MAX_WAIT = timedelta(days=1)
"""No server's Retry-After is taken for longer."""

_ERRORS: dict[int, type[Rejected]] = {
    401: Blocked,
    403: Blocked,
    404: Missing,
    410: Gone,
    429: Throttled,
    451: Blocked,
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Incoming(Protocol):
    """An answer whose body is still to come. Reading it raises ScrapeError."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


async def read(answer: Incoming, limit: int, *, cut: bool = False) -> Answer:
    """The whole answer; the body is read of a 200 alone. With ``cut`` only the first ``limit`` bytes are wanted."""
    try:
        headers, body = _fold(answer.headers), b""
        if answer.status in (200, 203):
            body = await _body(answer, headers, limit, cut=cut)
        return Answer(answer.status, headers, body)
    finally:
        await answer.aclose()


async def _body(answer: Incoming, headers: dict[str, str], limit: int, *, cut: bool) -> bytes:
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced[:15]) > limit and not cut:
        raise too_large(limit)
    opener = Inflater(headers.get("content-encoding", ""), limit, cut=cut)
    async for piece in answer:
        opener.feed(piece)
        if opener.full:
            break
    return opener.body()


def respond(answer: Answer, first: Address, last: Address, *, lasting: bool) -> Response:
    if answer.status in (200, 203, 304):
        url = bare(last)
        return Response(
            url=url,
            body=answer.body,
            status=304 if answer.status == 304 else 200,
            headers=answer.headers,
            moved=url if lasting and last != first else "",
        )
    raise rejected(answer, last)


def rejected(answer: Answer, url: Address) -> Rejected:
    wait = retry_after(answer.headers.get("retry-after", ""), now=_server_time(answer.headers))
    kind = _ERRORS.get(answer.status, Rejected)
    if answer.status == 503 and wait is not None:
        kind = Throttled
    try:
        phrase = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    return kind(
        f"the server answered {answer.status}{phrase}", status=answer.status, subject=show(url), retry_after=wait
    )


def _server_time(headers: dict[str, str]) -> datetime:
    """The server's own clock where it tells: a date in Retry-After was written by that one."""
    try:
        when = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, OverflowError):
        return datetime.now(UTC)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def follow(url: Address, answer: Answer) -> Address:
    """Where a redirect leads. Raises Rejected when it leads nowhere, Refused when away from the web."""
    location = answer.headers.get("location", "").strip()
    if not location:
        raise rejected(answer, url)
    try:
        return join(url, location)
    except Misuse:
        raise rejected(answer, url) from None
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise rejected(answer, url) from None
    except Refused as error:
        error.message, error.subject = f"it redirects to {error.message}", show(url)
        raise


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110, 10.2.3); None when it says neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), MAX_WAIT)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta()), MAX_WAIT)


def explain(error: Exception) -> ScrapeError:
    """What an error of httpx, or of the system, means for a source, in one plain line."""
    for kinds, meaning, words in _MEANINGS:
        if isinstance(error, kinds):
            return meaning(words)
    return Unreachable("the connection broke")


_MEANINGS: tuple[tuple[tuple[type[Exception], ...], type[ScrapeError], str], ...] = (
    ((httpx.ProxyError,), Unconnected, "the proxy does not answer"),
    ((httpx.ConnectError,), Unconnected, "the connection was refused"),
    ((httpx.ConnectTimeout,), Unconnected, f"no connection within {CONNECT:g} s"),
    ((httpx.TimeoutException,), Unreachable, "no answer in time"),
    ((httpx.UnsupportedProtocol, httpx.InvalidURL), Misuse, "this is not a web address"),
    ((httpx.RemoteProtocolError,), Unreachable, "what it answers is not HTTP"),
    ((httpx.DecodingError,), Unreadable, "its compressed body is damaged"),
    ((httpx.TooManyRedirects,), TooLarge, f"more than {MAX_REDIRECTS} redirects"),
)
"""First fit wins: subclasses stand before their bases. All else is a connection that broke."""


def _fold(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Lower-case names; a header that came twice is joined by commas, as RFC 9110 allows."""
    folded: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded
