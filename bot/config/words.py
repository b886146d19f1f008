"""What the short words of config.toml mean: durations, addresses, networks, zones. Each raises a plain ValueError."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from bot.model import Pace

Network = IPv4Network | IPv6Network

LONGEST = timedelta(days=3650)
_DURATION = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def quoted(text: str, limit: int = 60) -> str:
    """Foreign text as it may stand in a message: in quotes, on one line, no longer than ``limit`` characters."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    written = json.dumps(short, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in written)


def duration(value: object) -> timedelta:
    """``"10m"``, ``"72h"``, ``"90d"``, ``"1h30m"``: days, hours, minutes, seconds, in this order."""
    found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        raise ValueError('a duration is text such as "10m", "72h", "90d" or "1h30m"')
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if total > LONGEST:
        raise ValueError(f"no duration here is longer than ten years ({LONGEST.days}d)")
    return total


def positive(value: object) -> timedelta:
    """A duration above zero."""
    total = duration(value)
    if not total:
        raise ValueError("must be longer than zero")
    return total


def rhythm(value: object) -> timedelta:
    """A duration of one second or more: how often a source is looked at."""
    total = duration(value)
    if total < timedelta(seconds=1):
        raise ValueError('the shortest is "1s"; leave it out, and the source finds its own rhythm')
    return total


def span(value: timedelta) -> str:
    """A duration as config.toml writes it: ``1h30m``."""
    left, parts = int(value.total_seconds()), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def line(value: object) -> str:
    """Text on one line, without control characters."""
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")
    if _UNSEEN.search(value):
        raise ValueError("holds a line break or another control character")
    return value.strip()


def label(value: object) -> str:
    """A line that is not empty."""
    text = line(value)
    if not text:
        raise ValueError("must not be empty")
    return text


def contact(value: object) -> str:
    """How the owner of a site reaches us; it is sent in a header, so ASCII."""
    text = line(value)
    if not text.isascii() or len(text) > 200:
        raise ValueError('must be a short ASCII text, such as "mailto:me@example.org"')
    return text


def address(value: object) -> str:
    """An http or https address with a host; without a slash at its end."""
    text = line(value)
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or " " in text:
        raise ValueError('must be an address such as "https://example.org"')
    return text.rstrip("/")


def link(value: object) -> str:
    """An address of any kind that has the form of one, or nothing."""
    text = line(value)
    try:
        parts = urlsplit(text)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        raise ValueError('must be an address such as "https://example.org/feed"') from None
    return text


def optional_address(value: object) -> str:
    """An address, or nothing."""
    return address(value) if value != "" else ""


def network(value: object) -> Network:
    """``"127.0.0.0/8"``, ``"fd00::/8"``, or one address."""
    text = line(value)
    try:
        loose = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'{quoted(text)} is no network, write it such as "127.0.0.0/8" or "fd00::/8"') from None
    if "/" in text and str(loose.network_address) != str(ip_network(text.split("/")[0]).network_address):
        raise ValueError(f'{quoted(text)} is an address inside a network, did you mean "{loose}"?')
    return loose


def zone(value: object) -> str:
    """The name of a time zone in the IANA database."""
    import zoneinfo

    name = line(value)
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = meant(name, zoneinfo.available_timezones()) or ', write it such as "Europe/Paris" or "UTC"'
        raise ValueError(f"no such time zone{near}") from None
    return name


def pace(value: object) -> Pace:
    """``now``, ``hourly`` or ``daily 08:00``."""
    return Pace.parse(line(value))


def meant(word: str, known: Iterable[str]) -> str:
    """``, did you mean "every"?`` when a known word is near, else nothing."""
    from difflib import get_close_matches

    lower = {each.casefold(): each for each in sorted(known)}
    near = get_close_matches(word[:60].casefold(), lower, n=1, cutoff=0.6)
    return f", did you mean {quoted(lower[near[0]])}?" if near else ""
