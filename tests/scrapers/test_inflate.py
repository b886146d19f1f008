import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import TooLarge, Unreachable, Unreadable
from scrapers._inflate import Inflater


def opened(coding: str, wire: bytes, *, step: int = 7, limit: int = 100_000) -> bytes:
    opener = Inflater(coding, limit)
    for at in range(0, len(wire), step):
        opener.feed(wire[at : at + step])
    return opener.body()


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_whatever_was_packed_comes_out_in_pieces_of_any_size(body: bytes, step: int) -> None:
    half = len(body) // 2
    assert opened("", body, step=step) == body
    assert opened("identity", body, step=step) == body
    assert opened("gzip", gzip.compress(body), step=step) == body
    assert opened("X-GZIP", gzip.compress(body[:half]) + gzip.compress(body[half:]), step=step) == body
    assert opened("deflate", zlib.compress(body), step=step) == body
    assert opened("gzip", gzip.compress(body) + b"\0\0padding", step=step) == body


def test_deflate_without_its_header_is_read() -> None:
    assert opened("deflate", raw(b"H100 " * 100)) == b"H100 " * 100


@given(st.binary(min_size=1, max_size=300))
def test_damaged_bodies_give_plain_errors(body: bytes) -> None:
    for coding in ("gzip", "deflate"):
        try:
            found = opened(coding, body)
        except (Unreadable, Unreachable, TooLarge):
            continue
        assert isinstance(found, bytes)  # it happened to be sound, and no other error came


def test_a_bomb_is_stopped_before_it_opens() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(TooLarge, match="larger than 2 MB"):
        opened("gzip", bomb, step=16_384, limit=2_000_000)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_the_wire_is_bounded_too() -> None:
    with pytest.raises(TooLarge):
        opened("", b"x" * 101, limit=100)
    assert opened("", b"x" * 100, limit=100) == b"x" * 100
    with pytest.raises(TooLarge):
        opened("gzip", gzip.compress(b"x") + b"y" * 1000, limit=100)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip,deflate", "compress"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(Unreadable, match="did not ask for"):
        Inflater(coding, 100)


def test_a_compressed_body_that_ends_early_is_told_from_a_whole_one() -> None:
    with pytest.raises(Unreachable, match="broke off"):
        opened("gzip", gzip.compress(b"H100 " * 100)[:-9])
    assert opened("gzip", b"") == b""
