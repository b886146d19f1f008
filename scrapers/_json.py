"""Reading JSON of strangers: anything may be missing, null, of another type, or a bomb.

The functions that take a field give the empty value where it is not what it should be, so that one odd post does not
lose the others.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from scrapers._errors import Unreadable

Object = Mapping[str, Any]

NOTHING: Object = {}
MAX_HERE = 500_000
"""Bytes of a body that is read in this process; a larger one goes to the worker."""
MAX_OBJECTS = 3_000
"""The same for its number of objects."""
MAX_PARTS = 1_000
"""Of one list so many are read: ten times what is ever asked for."""


def is_heavy(body: bytes) -> bool:
    """Whether reading it could hold up this process."""
    return len(body) > MAX_HERE or body.count(b"{") > MAX_OBJECTS


def load(body: bytes) -> Object:
    """The object in a body. Raises Unreadable when it is no JSON or no object."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply") from None
    except ValueError:
        raise Unreadable("an answer that is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("JSON of another shape than expected")
    return found


def text(found: Object, *names: str) -> str:
    """The first of these fields that holds a string with something in it, else ""."""
    for name in names:
        value = found.get(name)
        if isinstance(value, str) and value:
            return _mended(value)
    return ""


def part(found: Object, *path: str) -> Object:
    """The object at the end of this path, or an empty one."""
    for name in path:
        value = found.get(name)
        if not isinstance(value, dict):
            return NOTHING
        found = value
    return found


def parts(found: Object, name: str) -> Sequence[Object]:
    """The first objects in a list; whatever else is in it is left out."""
    value = found.get(name)
    return [each for each in value[:MAX_PARTS] if isinstance(each, dict)] if isinstance(value, list) else ()


def number(found: Object, name: str) -> int:
    """A whole number, or 0."""
    value = found.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def moment(seconds: int) -> datetime | None:
    """A Unix time, or None for 0 and for what no clock shows."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _mended(value: str) -> str:
    """JSON can spell half a character ("\\ud83d"), which can be neither stored nor sent."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
