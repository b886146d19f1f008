"""The languages that Vigie speaks: the right words (gettext), times as each language writes them."""

import gettext
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LANGUAGES = {"en": "English", "fr": "Français", "zh": "中文"}
"""What Vigie speaks, each under its own name."""

_NAMES = LANGUAGES | {
    "ar": "العربية",
    "de": "Deutsch",
    "es": "Español",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pt": "Português",
    "ru": "Русский",
    "uk": "Українська",
    "vi": "Tiếng Việt",
}

_HOMES = {
    "bg": "BG",
    "cs": "CZ",
    "da": "DK",
    "de": "DE",
    "el": "GR",
    "et": "EE",
    "fa": "IR",
    "fi": "FI",
    "fr": "FR",
    "he": "IL",
    "hi": "IN",
    "hr": "HR",
    "hu": "HU",
    "id": "ID",
    "is": "IS",
    "it": "IT",
    "ja": "JP",
    "ka": "GE",
    "ko": "KR",
    "lt": "LT",
    "lv": "LV",
    "nb": "NO",
    "nl": "NL",
    "nn": "NO",
    "no": "NO",
    "pl": "PL",
    "ro": "RO",
    "ru": "RU",
    "sk": "SK",
    "sl": "SI",
    "sr": "RS",
    "sv": "SE",
    "th": "TH",
    "tr": "TR",
    "uk": "UA",
    "vi": "VN",
}
"""Languages that one country's flag stands for; English, Chinese, Spanish, Arabic and Portuguese are not among them."""


@cache
def of(lang: str) -> gettext.NullTranslations:
    """The words of one language; English for one that Vigie does not speak."""
    folder = Path(__file__).parent / "locale"
    return gettext.translation("vigie", folder, languages=[lang], fallback=True)


def closest(tag: str | None, default: str) -> str:
    """The language of Vigie for what a Telegram client calls its own ("zh-hans", "fr-CA"), or ``default``."""
    base = (tag or "").lower().replace("_", "-").split("-")[0]
    return base if base in LANGUAGES else default


def language_name(tag: str) -> str:
    """A language under its own name, or the tag itself when Vigie has no name for it."""
    return _NAMES.get(language(tag), tag)


def language(tag: str) -> str:
    """The language of a tag without its script and region: "zh" of "zh-Hant-TW"."""
    return _subtags(tag)[0].lower()


def language_mark(tag: str) -> str:
    """A language in the shortest way: the flag of its region or of its one home, or else its own name."""
    region = next((part.upper() for part in _subtags(tag)[1:] if re.fullmatch("[A-Za-z]{2}", part)), "")
    country = {"UK": "GB"}.get(region, region) or _HOMES.get(language(tag), "")
    return "".join(chr(ord(letter) - ord("A") + ord("🇦")) for letter in country) or language_name(tag)


def _subtags(tag: str) -> list[str]:
    return tag.replace("_", "-").split("-")


def moment(when: datetime, lang: str, timezone: str) -> str:
    """A full date and time with its zone, as text that is right wherever it is read: "Sun 23 Nov 2025, 12:05 UTC+1"."""
    return f"{_date(when, lang, timezone, full=True)} {zone(when, timezone)}"


def short_moment(when: datetime, lang: str, timezone: str) -> str:
    """Day and time with their zone: "23 Nov, 12:05 UTC+1"."""
    return f"{_date(when, lang, timezone, full=False)} {zone(when, timezone)}"


def zone(when: datetime, timezone: str) -> str:
    """The distance from UTC at that moment: "UTC+1", "UTC-3:30". Abbreviations such as CST mean several zones."""
    offset = when.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()
    minutes = round(abs(offset).total_seconds() / 60)
    sign = "-" if offset < timedelta() else "+"
    if not minutes:
        return "UTC"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def ago(when: datetime, now: datetime, lang: str) -> str:
    """How long ago, in words; "" for what lies in the future."""
    words, minutes = of(lang), int((now - when).total_seconds() // 60)
    if minutes < 0:
        return ""
    if minutes < 1:
        return words.gettext("just now")
    if minutes < 60:
        return words.gettext("{n} min ago").format(n=minutes)
    if minutes < 48 * 60:
        return words.gettext("{n} h ago").format(n=minutes // 60)
    return words.gettext("{n} days ago").format(n=minutes // (24 * 60))


def _date(when: datetime, lang: str, timezone: str, *, full: bool) -> str:
    words, local = of(lang), when.astimezone(ZoneInfo(timezone))
    # The names stand in one message each, so that a translator sees the whole row.
    days = words.gettext("Mon Tue Wed Thu Fri Sat Sun").split()
    months = words.gettext("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()
    # Translators: order the parts as your language does.
    long, short = words.gettext("{weekday} {day} {month} {year}, {time}"), words.gettext("{day} {month}, {time}")
    return (long if full else short).format(
        weekday=days[local.weekday()],
        day=local.day,
        month=months[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
    )
