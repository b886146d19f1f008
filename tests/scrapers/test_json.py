import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Unreadable, _json

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"x"',
        b"null",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        _json.load(body)


@given(st.dictionaries(st.sampled_from("abc"), ANY, max_size=3))
def test_a_field_of_any_other_type_is_empty(raw: dict[str, object]) -> None:
    found = _json.load(json.dumps(raw).encode())
    assert isinstance(_json.text(found, "a", "b"), str)
    assert isinstance(_json.part(found, "a", "b"), dict)
    assert all(isinstance(each, dict) for each in _json.parts(found, "a"))
    _json.moment(_json.number(found, "a"))


def test_the_first_text_with_something_in_it_counts() -> None:
    assert _json.text({"a": None, "b": "", "c": "x"}, "a", "b", "c", "d") == "x"
    assert _json.text({"a": 1}, "a") == ""
    assert _json.part({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert _json.number({"a": True, "b": 7}, "a") == 0
    assert _json.number({"a": True, "b": 7}, "b") == 7


def test_half_a_character_is_replaced_and_a_whole_one_kept() -> None:
    found = _json.load(rb'{"a": "x\ud83d", "b": "\ud83d\ude00"}')
    assert _json.text(found, "a") == "x\ufffd"
    assert _json.text(found, "b") == "😀"


@pytest.mark.parametrize("seconds", [0, -1, 10**12, 10**30])
def test_a_time_that_no_clock_shows_is_none(seconds: int) -> None:
    assert _json.moment(seconds) is None
