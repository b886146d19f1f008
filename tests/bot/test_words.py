"""The three languages: complete, compiled, and with the same gaps to fill."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from bot import words

BOT = Path(__file__).parents[2] / "bot"
NOW = datetime(2024, 11, 28, 12, 0, tzinfo=UTC)


def catalog(lang: str) -> Catalog:
    with (BOT / "locale" / lang / "LC_MESSAGES" / "vigie.po").open("rb") as file:
        return read_po(file, locale=lang)


def both(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_message_of_the_code_is_translated_and_no_other(lang: str) -> None:
    wanted = {both(found[2]) for found in extract_from_dir(BOT)}
    have = {both(message.id) for message in catalog(lang) if message.id and all(both(message.string))}
    assert have == wanted


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_translations_have_the_gaps_and_the_markup_of_the_original(lang: str) -> None:
    for message in catalog(lang):
        for said in both(message.string) if message.id else ():
            assert gaps(said) == gaps(both(message.id)[0])
            assert said.count("<b>") == said.count("</b>") == both(message.id)[0].count("<b>")


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_what_is_compiled_is_what_is_written(lang: str) -> None:
    with (BOT / "locale" / lang / "LC_MESSAGES" / "vigie.mo").open("rb") as file:
        compiled = {both(message.id): both(message.string) for message in read_mo(file) if message.id}
    assert compiled == {both(message.id): both(message.string) for message in catalog(lang) if message.id}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_week_has_seven_days_and_a_year_twelve_months(lang: str) -> None:
    t = words.of(lang)
    assert len(t.gettext("Mon Tue Wed Thu Fri Sat Sun").split()) == 7
    assert len(t.gettext("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()) == 12


@pytest.mark.parametrize(
    ("tag", "lang"), [("zh-hans", "zh"), ("fr_CA", "fr"), ("FR", "fr"), ("de", "zh"), (None, "zh"), ("", "zh")]
)
def test_the_language_is_that_of_the_client_or_the_default(tag: str | None, lang: str) -> None:
    assert words.closest(tag, "zh") == lang


@pytest.mark.parametrize(
    ("timezone", "shown"),
    [("UTC", "UTC"), ("Europe/Paris", "UTC+1"), ("Asia/Kolkata", "UTC+5:30"), ("America/St_Johns", "UTC-3:30")],
)
def test_a_zone_is_its_distance_from_utc(timezone: str, shown: str) -> None:
    assert words.zone(NOW, timezone) == shown


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(-1, ""), (0, "just now"), (59, "59 min ago"), (61, "1 h ago"), (47 * 60, "47 h ago"), (48 * 60, "2 days ago")],
)
def test_ages_are_told_in_the_unit_that_fits(minutes: int, said: str) -> None:
    assert words.ago(NOW - timedelta(minutes=minutes), NOW, "en") == said


def test_a_language_without_words_falls_back_to_english() -> None:
    assert words.of("xx").gettext("just now") == "just now"
    assert words.language_name("tlh") == "tlh"


@pytest.mark.parametrize(
    ("tag", "mark"),
    [
        ("fr", "🇫🇷"),
        ("uk", "🇺🇦"),
        ("ja-JP", "🇯🇵"),
        ("zh-Hant-TW", "🇹🇼"),
        ("PT_br", "🇧🇷"),
        ("en-UK", "🇬🇧"),
        ("en", "English"),
        ("zh-Hans", "中文"),
        ("es-419", "Español"),
        ("tlh", "tlh"),
        ("", ""),
    ],
)
def test_a_language_is_marked_by_the_flag_of_its_region_or_one_home_or_by_its_name(tag: str, mark: str) -> None:
    assert words.language_mark(tag) == mark
