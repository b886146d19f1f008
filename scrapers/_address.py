"""Checks that the Options of several platforms share, in sentences for whoever wrote the configuration."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit


def check_url(url: str) -> None:
    """Raises ValueError unless this is an http(s) address with a host."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise ValueError(f'"{url}" is not an address that begins with http:// or https://')


def is_home(url: str) -> bool:
    """Whether a web address is that of a whole site: no path, no query."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query


def spaceless(url: str) -> str:
    """The address with its blanks as they are sent: percent-encoded."""
    return url.replace(" ", "%20")


def check_server(url: str) -> None:
    """Raises ValueError unless this is the address of a server: http(s), a host, no query."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        fine = False
    if not fine or any(char.isspace() for char in url):
        raise ValueError(f"the server must be a web address such as https://example.org, not {url!r}")


@lru_cache(maxsize=16)  # every platform asks for the same address in turn
def place(url: str) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """Host without ``www.``, parts of the path, and query of a web address; empty for anything else."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return "", (), MappingProxyType({})
    if parts.scheme not in ("http", "https"):
        return "", (), MappingProxyType({})
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return host.removeprefix("www."), tuple(filter(None, parts.path.split("/"))), MappingProxyType(query)
