"""Addresses of the web: read strictly, told apart by origin, and shown to people without their secrets."""

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote

import httpx

from scrapers._errors import Misuse, Refused

LONG = 250
"""Characters of a longer address are all looked at by httpx: the host alone may have so many."""
MAX_PORT = 65_535

_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PLAIN = re.compile(
    rf"(https?)://((?:(?:[a-z0-9]+[.-])*[a-z]+|(?:{_OCTET}\.){{3}}{_OCTET})(?::(?!80\b|443\b)([1-9]\d{{0,4}}))?)"
    r"((?:/(?!\.)[A-Za-z0-9_.~-]*)*(?:\?[A-Za-z0-9_.~=&-]+)?)",
    re.ASCII,
)
"""What httpx would leave as it is, which most addresses are; it takes ten times as long to say so."""


class Address(NamedTuple):
    """One address, all of it ASCII. ``port`` is 0 for the scheme's usual one; ``rest`` is path and query.

    ``netloc`` is host and port as they stand in a Host header, ``user`` the user and the password as written.
    """

    scheme: str
    host: str
    port: int
    netloc: str
    rest: str
    user: str = ""

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{self.netloc}{self.rest}"

    @property
    def target(self) -> str:
        """What stands behind GET."""
        return self.rest if self.rest.startswith("/") else f"/{self.rest}"

    @property
    def door(self) -> int:
        """The port that is connected to."""
        return self.port or (443 if self.scheme == "https" else 80)


def parse(url: str) -> Address:
    """Raises Misuse for what is no address of the web, Refused for one of another scheme."""
    plain = _PLAIN.fullmatch(url) if len(url) <= LONG else None
    if plain is None:
        return carefully(url)
    scheme, netloc, port, rest = plain.groups("")
    if len(port) > 4 and int(port) > MAX_PORT:
        return carefully(url)
    return Address(scheme, netloc.partition(":")[0], int(port or 0), netloc, rest)


def carefully(url: str) -> Address:
    """The same for any address, by httpx's rules."""
    try:
        found = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Misuse("this is not a web address") from None
    if found.scheme not in ("http", "https"):
        raise Refused(f"only http and https are opened, not {found.scheme[:20] or 'this'}", subject=found.scheme[:20])
    if not _HOST.fullmatch(found.raw_host):
        raise Misuse("the address names no host")
    if found.port is not None and not 0 < found.port <= MAX_PORT:
        raise Misuse("the port must lie between 1 and 65535")
    return of(found)


def of(url: httpx.URL) -> Address:
    """The same as one of ours, without its fragment."""
    netloc = url.netloc.decode("ascii")
    text = str(url.copy_with(userinfo=b"", fragment=None))
    return Address(
        scheme=url.scheme,
        host=url.raw_host.decode("ascii"),
        port=url.port or 0,
        netloc=netloc,
        rest=text.removeprefix(f"{url.scheme}://{netloc}"),
        user=url.userinfo.decode("ascii"),
    )


def show(url: Address) -> str:
    """The address for people and logs: without user, password, query and fragment, which may hold secrets."""
    path, _, query = url.rest.partition("?")
    return origin(url) + path + ("?..." if query else "")


def origin(url: Address) -> str:
    """Scheme, host and port: what shares one robots.txt."""
    return f"{url.scheme}://{url.netloc}"


def bare(url: Address) -> str:
    """The address without user and password."""
    return origin(url) + url.rest


def join(url: Address, location: str) -> Address:
    """Where a link at this address leads. Raises as ``parse`` does, or httpx.InvalidURL, or ValueError."""
    return parse(str(httpx.URL(str(url)).join(location)))


def credentials(first: Address, url: Address) -> dict[str, str]:
    """The user and password of the address as written, for its own origin alone."""
    if not first.user or (first.scheme, first.host, first.port) != (url.scheme, url.host, url.port):
        return {}
    user, _, password = first.user.partition(":")
    pair = f"{unquote(user)}:{unquote(password)}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
