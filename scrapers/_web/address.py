"""Addresses of the web: read strictly, told apart by origin, and shown to people without their secrets."""

import base64
import re

import httpx

from scrapers._errors import Misuse, Refused

_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")


def parse(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Misuse("this is not a web address") from None
    if target.scheme not in ("http", "https"):
        raise Refused(f"only http and https are opened, not {target.scheme[:20] or 'this'}", subject=target.scheme[:20])
    if not _HOST.fullmatch(target.raw_host):
        raise Misuse("the address names no host")
    if target.port is not None and not 0 < target.port < 65_536:
        raise Misuse("the port must lie between 1 and 65535")
    return target.copy_with(fragment=None) if target.fragment else target


def show(url: httpx.URL) -> str:
    """The address for people and logs: without user, password, query and fragment, which may hold secrets."""
    return str(bare(url).copy_with(query=None)) + ("?..." if url.query else "")


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: what shares one robots.txt."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def bare(url: httpx.URL) -> httpx.URL:
    return url.copy_with(userinfo=b"") if url.userinfo else url


def credentials(first: httpx.URL, url: httpx.URL) -> dict[str, str]:
    """The user and password of the address as written, for its own origin alone."""
    if (first.scheme, first.raw_host, first.port) != (url.scheme, url.raw_host, url.port):
        return {}
    pair = f"{first.username}:{first.password}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
