from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import _dates

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(text: str) -> str:
    found = _dates.parse(text, fetched=NOW)
    return found.strftime("%Y-%m-%d %H:%M:%S") if found else ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-11-24T09:30:00Z", "2024-11-24 09:30:00"),
        ("2024-11-24t09:30:00.123456789+08:00", "2024-11-24 01:30:00"),
        ("2024-11-24 09:30:00 +0800", "2024-11-24 01:30:00"),
        ("2024-11-24 09:30:00 UTC", "2024-11-24 09:30:00"),
        ("2024-11-24T09:30+01", "2024-11-24 08:30:00"),
        ("2024-11-24", "2024-11-24 00:00:00"),
        ("2024-11-24T24:00:00Z", "2024-11-25 00:00:00"),
        ("2024-11-24T09:30:00.5", "2024-11-24 09:30:00"),
        ("Sun, 24 Nov 2024 24:00:00 GMT", "2024-11-25 00:00:00"),
        ("Sun, 24 Nov 2024 09:30:00 -0530", "2024-11-24 15:00:00"),
        ("Sun, 24 Nov 2024 09:30:00 GMT", "2024-11-24 09:30:00"),
        ("Sun, 24 Nov 2024 09:30:00 EST", "2024-11-24 14:30:00"),
        ("Sun, 24 Nov 2024 09:30:00 PDT", "2024-11-24 16:30:00"),
        ("Sun, 24 Nov 2024 09:30:00 +0800 (CST)", "2024-11-24 01:30:00"),
        ("Sun, 24 Nov 2024 09:30:00 GMT+0800", "2024-11-24 01:30:00"),
        ("24 Nov 24 9:30 CET", "2024-11-24 08:30:00"),
        ("Sunday, 24 November 2024 09:30:60 +0000", "2024-11-24 09:30:59"),
        ("  Sun,\n 24 Nov 2024   09:30:00 +0000 ", "2024-11-24 09:30:00"),
        ("Sun, 24 Nov 2024 02:02:33 PM", "2024-11-24 14:02:33"),
        ("November 24, 2024 9:30 AM EST", "2024-11-24 14:30:00"),
        ("Nov 24, 2024", "2024-11-24 00:00:00"),
        ("24.11.2024 09:30", "2024-11-24 09:30:00"),
    ],
)
def test_dates_of_every_form_become_utc(text: str, moment: str) -> None:
    assert read(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "0001-01-01T00:00:00Z", "0001-01-01", "1970-01-01T00:00:00Z", "12", "1732440600", "09:30",
        "November 2024", "Sunday", "2024-13-45", "2024-02-30T10:00:00Z", "Sun, 32 Nov 2024 09:30:00 GMT", "9" * 500,
        "Sun, 24 Nov 2024 25:30:00 +0000",
    ],
)  # fmt: skip
def test_what_is_no_whole_date_is_none(text: str) -> None:
    assert read(text) == ""


def test_the_future_is_set_back_to_the_time_of_fetching() -> None:
    assert _dates.parse("2031-05-05T00:00:00Z", fetched=NOW) == NOW


@given(st.text(max_size=120) | st.from_regex(r"[0-9a-zA-Z:+., /()-]{0,40}", fullmatch=True))
def test_no_text_breaks_it(text: str) -> None:
    found = _dates.parse(text, fetched=NOW)
    assert found is None or (found.tzinfo is not None and found.year >= _dates.EARLIEST and found <= NOW)


@given(st.integers(7 * 10**8, 17 * 10**8).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_both_standard_forms_are_read_exactly(moment: datetime) -> None:
    assert _dates.parse(moment.isoformat(), fetched=NOW) == moment
    for zone in ("+0000", "GMT", "UTC", "+00:00", "-0000"):
        assert _dates.parse(moment.strftime(f"%a, %d %b %Y %H:%M:%S {zone}"), fetched=NOW) == moment
    assert _dates.parse(moment.strftime("%Y-%m-%dT%H:%M:%SZ"), fetched=NOW) == moment


@given(
    st.sampled_from(["Sun, 24 Nov 2024 09:30:00 GMT", "2024-11-24T09:30:00+01:00"]), st.integers(0, 29), st.characters()
)
def test_the_short_way_reads_as_the_long_way_does(text: str, at: int, char: str) -> None:
    changed = text[:at] + char + text[at + 1 :]
    short = _dates._whole(changed)
    assert short is None or short.tzinfo is not None
    if short and short.year >= _dates.EARLIEST:
        assert _dates.parse(f" {changed}", fetched=NOW) in (min(short, NOW), None)
