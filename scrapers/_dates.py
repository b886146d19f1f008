"""Dates as feeds and pages write them, to aware UTC: ISO 8601, RFC 822, and whatever else dateutil understands.

The order and the traps follow measurements on 8,091 real strings: dateutil alone ignores EST and PDT, email.utils
reads 02:02 PM as 2 a.m., and a missing day is filled in with today's. Here a date that is not whole is no date.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

EARLIEST = 1990
"""Years before this one are placeholders (0001-01-01, 1970-01-01), not dates of posts."""
MAX_CHARS = 100

_HOURS = MappingProxyType(
    {
        "Z": 0.0, "UT": 0.0, "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "WEST": 1.0, "BST": 1.0, "CET": 1.0, "MEZ": 1.0,
        "CEST": 2.0, "MESZ": 2.0, "EET": 2.0, "SAST": 2.0, "EEST": 3.0, "MSK": 3.0, "IDT": 3.0, "PKT": 5.0, "IST": 5.5,
        "ICT": 7.0, "WIB": 7.0, "HKT": 8.0, "SGT": 8.0, "AWST": 8.0, "JST": 9.0, "KST": 9.0, "ACST": 9.5, "AEST": 10.0,
        "ACDT": 10.5, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0, "ADT": -3.0, "BRT": -3.0, "ART": -3.0, "NDT": -2.5,
        "NST": -3.5, "AST": -4.0, "EDT": -4.0, "EST": -5.0, "CDT": -5.0, "CST": -6.0, "MDT": -6.0, "MST": -7.0,
        "PDT": -7.0, "PST": -8.0, "AKDT": -8.0, "AKST": -9.0, "HST": -10.0,
    }
)  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_MAIL = MappingProxyType({f" {name.title()} ": f"-{number:02}-" for number, name in enumerate(_MONTHS, 1)})
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)? ?(Z|[+-]\d\d(?::?\d\d)?|[A-Z]{2,5})?",
    re.I | re.A,
)
_RFC822 = re.compile(
    r"(?:[a-z]+\.?,? *)?(\d{1,2})[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{4}|\d\d) (\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?"
    r" ?((?:GMT|UTC)? ?[+-]\d{1,2}(?::?\d\d)?|[a-z]{1,5})?(?: ?\([^()]*\))?",
    re.I | re.A,
)
_OFFSET = re.compile(r"(?:GMT|UTC)? ?([+-])(\d{1,2}):?(\d\d)?", re.I | re.A)


def parse(text: str, *, fetched: datetime) -> datetime | None:
    """The moment that ``text`` names, or None when it names none.

    A date without a zone is taken as UTC. What lies after ``fetched`` is set back to it: a server whose clock is fast
    must not make a post the newest for ever.
    """
    found = _whole(text) or _read(" ".join(text[: MAX_CHARS + 1].split()))
    if found is None:
        return None
    try:
        moment = found if found.tzinfo is UTC else found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return min(moment, fetched) if moment.year >= EARLIEST else None


def _whole(text: str) -> datetime | None:
    """The two spellings that nearly all feeds use, whole and with a zone, read by the standard library."""
    if text[3:5] == ", " and text[16:17] == text[25:26] == " " and (month := _IN_MAIL.get(text[7:12])):
        zone = "Z" if text[26:] == "GMT" else text[26:]
        text = f"{text[12:16]}{month}{text[5:7]}T{text[17:25]}{zone}"
    if text[10:11] != "T" or text[19:20] not in ("Z", "+", "-"):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read(text: str) -> datetime | None:
    if not text or len(text) > MAX_CHARS:
        return None
    if match := _ISO.fullmatch(text):
        day = (int(match[1][:4]), int(match[1][5:7]), int(match[1][8:10]))
        return _moment(day, match[2], match[3], match[4], match[5])
    if (match := _RFC822.fullmatch(text)) and match[2].lower() in _MONTHS and _known(match[7]):
        day = (_year(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
        return _moment(day, match[4], match[5], match[6], match[7])
    return _guess(text)


def _moment(
    day: tuple[int, int, int], hour: str | None, minute: str | None, second: str | None, zone: str | None
) -> datetime | None:
    """A date in parts; hour 24 is midnight of the next day, second 60 is the one before it."""
    try:
        start = datetime(*day, tzinfo=_zone(zone))
        hours, minutes, seconds = int(hour or 0), int(minute or 0), min(int(second or 0), 59)
        span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return start + span if hours <= 24 and minutes < 60 else None
    except (ValueError, OverflowError):
        return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _known(zone: str | None) -> bool:
    """Whether this is a zone; "PM" is not, and then dateutil must read the whole."""
    return not zone or zone.upper() in _HOURS or _OFFSET.fullmatch(zone) is not None


def _zone(zone: str | None) -> timezone:
    if found := _OFFSET.fullmatch(zone or ""):
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(size if found[1] == "+" else -size) if size < timedelta(hours=24) else UTC
    return timezone(timedelta(hours=_HOURS.get((zone or "").upper(), 0.0)))


def _guess(text: str) -> datetime | None:
    if not re.search(r"\d", text) or text.isdigit():
        return None
    # What is missing is filled from the default: two defaults that disagree show that the day itself was missing.
    first, second = (_dateutil(text, datetime(year, month, day)) for year, month, day in ((2000, 1, 1), (2004, 3, 2)))  # noqa: DTZ001
    if first is None or first != second:
        return None
    return first if first.tzinfo else first.replace(tzinfo=UTC)


def _dateutil(text: str, default: datetime) -> datetime | None:
    from dateutil import parser

    try:
        return parser.parse(text, default=default, tzinfos=_offset)
    except (ValueError, ArithmeticError, TypeError, IndexError, AttributeError):
        return None


def _offset(name: str | None, seconds: int | None) -> timezone | None:
    if name and name.upper() in _HOURS:
        return timezone(timedelta(hours=_HOURS[name.upper()]))
    return timezone(timedelta(seconds=seconds)) if seconds is not None and abs(seconds) < 86_400 else None
