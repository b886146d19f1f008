from hypothesis import given
from hypothesis import strategies as st

from bot.rules.scan import Scanner

STREAMS = st.text("abc", max_size=60).map(str.encode)
KEYS = st.lists(st.text("abc", min_size=1, max_size=4).map(str.encode), max_size=20, unique=True)


@given(KEYS, STREAMS)
def test_exactly_the_keys_in_the_stream_are_found(keys: list[bytes], stream: bytes) -> None:
    assert Scanner(keys).scan(stream) == {number for number, key in enumerate(keys) if key in stream}


@given(KEYS, st.lists(STREAMS, max_size=6))
def test_of_several_streams_each_is_told_what_it_holds(keys: list[bytes], streams: list[bytes]) -> None:
    scanner = Scanner(keys)
    alone = {place: scanner.scan(stream) for place, stream in enumerate(streams)}
    assert scanner.scan_each(b"\0".join(streams)) == {place: found for place, found in alone.items() if found}


def test_a_great_many_keys_are_found_like_a_few() -> None:
    keys = [f"k{number}".encode() for number in range(5_000)]
    assert Scanner(keys).scan(b"xk4999") == {4, 49, 499, 4999}


def test_keys_are_found_on_the_seams_of_a_long_stream() -> None:
    keys = [b"abcdef", b"f", b"x"]
    for length in range(8_180, 8_200):
        stream = b"." * length + b"abcdef" + b"." * 9_000
        assert Scanner(keys).scan(stream) == {0, 1}
        assert Scanner(keys).scan_each(b"x\0" + stream) == {0: {2}, 1: {0, 1}}


def test_no_key_is_found_where_there_is_none() -> None:
    assert Scanner([]).scan(b"h100") == set()
