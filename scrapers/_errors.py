"""What can go wrong out there, and what the caller must decide about it.

* ScrapeError: base; ``subject`` is the address or name it happened to
    * Misuse: the address or an option is wrong; nothing was sent
    * Refused: an address we never open (an inner network, another scheme, robots.txt)
    * Unreachable: no connection, no answer in time, or the answer broke off; transient
        * Unconnected: the connection itself was never made (name look-up, refused, time-out)
    * Rejected: the server answered with an error (``status``); 5xx is transient
        * Throttled: 429, or 503 with Retry-After; transient, ``retry_after`` says how long
        * Blocked: 401, 403, 451: it does not want us
        * Missing: 404; often passes after days
        * Gone: 410; permanent
    * TooLarge: more bytes, tags or redirects than any honest source needs
    * Unreadable: it answered 200, but not with what it should be; transient where our own parser ran out of time
"""

from datetime import timedelta


class ScrapeError(Exception):
    """Something about one source went wrong; ``str()`` is one line for an operator.

    ``transient`` means that the same look may well succeed later; ``permanent`` that it never will;
    ``retry_after`` is how long the server asked us to wait.
    """

    transient = False
    permanent = False

    def __init__(self, message: str, *, subject: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message


class Misuse(ScrapeError):
    """The address or an option is wrong; nothing was sent."""

    permanent = True


class Refused(ScrapeError):
    """An address that is never opened; no packet was sent to it."""

    permanent = True


class Unreachable(ScrapeError):
    """No connection, no answer in time, or an answer that broke off."""

    transient = True


class Unconnected(Unreachable):
    """The connection itself was never made: it may be our own network that is down."""


class Rejected(ScrapeError):
    """The server answered with an error status."""

    def __init__(self, message: str, *, status: int, subject: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, subject=subject, retry_after=retry_after)
        self.status = status
        self.transient = status >= 500 or status in (408, 425, 429)


class Throttled(Rejected):
    """The server asks for fewer requests."""


class Blocked(Rejected):
    """The server does not want us (401, 403, 451)."""


class Missing(Rejected):
    """404. Some platforms answer so for days and then recover."""


class Gone(Rejected):
    """410: the server says that this will never come back."""

    permanent = True


class TooLarge(ScrapeError):
    """More bytes, tags, headers or redirects than any honest source needs."""


class Unreadable(ScrapeError):
    """The server answered 200, but not with what this source should be."""
