import gzip
import random
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from scrapers import TooLarge, Unreachable, Unreadable
from scrapers._inflate import MAX_MEMBERS, Inflater

ROOT = Path(__file__).parents[2]
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def opened(coding: str, wire: bytes, *, step: int = 7, limit: int = 100_000, cut: bool = False) -> bytes:
    opener = Inflater(coding, limit, cut=cut)
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
    for coding, pack in PACK.items():
        assert opened(coding, pack(body), step=step) == body
    assert opened("X-GZIP", gzip.compress(body[:half]) + gzip.compress(body[half:]), step=step) == body
    assert opened("zstd", zstd.compress(body[:half]) + zstd.compress(body[half:]), step=step) == body
    assert opened("gzip", gzip.compress(body) + b"\0\0padding", step=step) == body


def test_a_body_in_hundreds_of_thousands_of_pieces_takes_no_more_room_than_it_has_bytes() -> None:
    opener = Inflater("", 1_000_000)
    tracemalloc.start()
    try:
        for at in range(300_000):
            opener.feed(bytes((at % 251,)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(opener.body()), most < 1_000_000) == (300_000, True)


@given(st.binary(max_size=60), st.sampled_from(sorted(PACK)), st.data())
def test_a_body_may_be_split_anywhere(body: bytes, coding: str, data: st.DataObject) -> None:
    wire = PACK[coding](body) + (PACK[coding](body) if coding in ("gzip", "zstd") else b"")
    for at in range(len(wire) + 1):
        opener = Inflater(coding, 1000)
        opener.feed(wire[:at])
        opener.feed(wire[at:])
        assert opener.body() == (body * 2 if coding in ("gzip", "zstd") else body)
    end = data.draw(st.integers(1, max(1, len(PACK[coding](body)) - 1)))
    if len(PACK[coding](body)) == 1:
        return
    with pytest.raises(Unreachable, match="broke off"):
        opened(coding, wire[:end])


def test_deflate_without_its_header_is_read() -> None:
    assert opened("deflate", raw(b"H100 " * 100)) == b"H100 " * 100


def test_a_frame_of_zstd_that_is_to_be_skipped_is_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    assert opened("zstd", skipped + zstd.compress(b"H100") + skipped) == b"H100"


@pytest.mark.parametrize("coding", sorted(PACK))
@given(body=st.binary(min_size=1, max_size=300), at=st.integers(0, 400), by=st.integers(1, 255))
def test_damaged_bodies_give_plain_errors(coding: str, body: bytes, at: int, by: int) -> None:
    damaged = bytearray(PACK[coding](body))
    damaged[at % len(damaged)] ^= by
    for wire in (body, bytes(damaged)):
        try:
            found = opened(coding, wire)
        except (Unreadable, Unreachable, TooLarge):
            continue
        assert isinstance(found, bytes)  # it happened to be sound, and no other error came


@pytest.mark.parametrize("coding", sorted(PACK))
def test_noise_is_damage(coding: str) -> None:
    with pytest.raises(Unreadable, match="its compressed body is damaged"):
        opened(coding, b"\x07not compressed at all, whatever its header says")


def test_what_follows_the_end_of_brotli_is_damage() -> None:
    with pytest.raises(Unreadable, match="damaged"):
        opened("br", brotli.compress(b"H100") + b"more")


def stretched(wbits: int) -> bytes:
    """A gigabyte of zeros: one block after a full flush is like the other."""
    packer = zlib.compressobj(9, wbits=wbits)
    first, other = (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + other * 999 + packer.flush()


def brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=5, lgwin=24)
    return b"".join(packer.process(bytes(1_000_000)) for _ in range(1000)) + packer.finish()


def zstd_bomb() -> bytes:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 23})
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(1000)) + packer.flush()


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: stretched(31),
    "deflate": lambda: stretched(15),
    "br": brotli_bomb,
    "zstd": zstd_bomb,
}
OPEN = """
import sys
from scrapers import TooLarge
from scrapers._inflate import Inflater

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

bomb = sys.stdin.buffer.read()
before = peak()
opener = Inflater(sys.argv[1], 5_000_000)
try:
    for at in range(0, len(bomb), 65_536):
        opener.feed(bomb[at:at + 65_536])
except TooLarge:
    print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("coding", sorted(BOMBS))
def test_a_gigabyte_in_a_small_body_costs_little_memory(coding: str) -> None:
    """Measured in a process of its own, where nothing else has set the peak."""
    bomb = BOMBS[coding]()
    assert len(bomb) < (760 if coding == "br" else 1_000_000)
    done = subprocess.run([sys.executable, "-c", OPEN, coding], cwd=ROOT, input=bomb, capture_output=True, check=True)
    assert float(done.stdout) < 60


def test_a_window_that_no_server_may_ask_for_is_not_made() -> None:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    wide = packer.compress(random.Random(1).randbytes(50_000)) + packer.flush()
    with pytest.raises(Unreadable):
        opened("zstd", wide)


@pytest.mark.parametrize("empty", [gzip.compress(b""), zstd.compress(b"")], ids=["gzip", "zstd"])
def test_thousands_of_empty_streams_are_not_opened_one_by_one(empty: bytes) -> None:
    coding = "gzip" if empty.startswith(b"\x1f") else "zstd"
    assert opened(coding, empty * MAX_MEMBERS, step=4096) == b""
    with pytest.raises(TooLarge, match="more than 1,000 parts"):
        opened(coding, empty * (MAX_MEMBERS + 1), step=4096)


def test_the_wire_is_bounded_too() -> None:
    with pytest.raises(TooLarge):
        opened("", b"x" * 101, limit=100)
    assert opened("", b"x" * 100, limit=100) == b"x" * 100
    with pytest.raises(TooLarge):
        opened("gzip", gzip.compress(b"x") + b"y" * 1000, limit=100)


@pytest.mark.parametrize("coding", ["", *sorted(PACK)])
@pytest.mark.parametrize("step", [7, 1000])
def test_the_beginning_alone_may_be_wanted(coding: str, step: int) -> None:
    body = random.Random(1).randbytes(300)
    wire = PACK[coding](body) if coding else body
    assert opened(coding, wire, step=step, limit=200, cut=True)[:180] == body[:180] or coding
    assert len(opened(coding, wire, step=step, limit=200, cut=True)) <= 200
    packed = PACK[coding](bytes(5000)) if coding else bytes(5000)
    assert opened(coding, packed, step=step, limit=200, cut=True) == bytes(200)
    assert opened(coding, packed, step=step, limit=5000, cut=True) == bytes(5000)


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,deflate", "br, zstd", "identity, gzip, br", "compress", "exi"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(Unreadable, match="did not ask for"):
        Inflater(coding, 100)


@pytest.mark.parametrize("coding", ["identity, gzip", "GZip", " gzip ,identity", "gzip,"])
def test_what_a_list_of_codings_says_of_none_is_left_out(coding: str) -> None:
    assert opened(coding, gzip.compress(b"H100")) == b"H100"


@pytest.mark.parametrize("coding", sorted(PACK))
def test_a_compressed_body_that_ends_early_is_told_from_a_whole_one(coding: str) -> None:
    with pytest.raises(Unreachable, match="broke off"):
        opened(coding, PACK[coding](random.Random(1).randbytes(500))[:-9])
    assert opened(coding, b"") == b""
