"""Bodies made small again before they are made large: bounded reading of what a server sends compressed.

A few hundred bytes can open to gigabytes. Here no step ever makes more than the limit allows, whatever comes in; what
an opener keeps besides is its window: 8 MB at most for zstd (RFC 9659), 16 MB for brotli (RFC 7932), 32 kB else.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from zlib_ng import zlib_ng as zlib

from scrapers._errors import TooLarge, Unreachable, Unreadable

if TYPE_CHECKING:
    import brotli

ASKED = "gzip, deflate, br, zstd"
"""What is asked of a server. The libraries for the last two are loaded when such an answer first comes."""
MAX_MEMBERS = 1_000
"""Streams one after another in one body. Honest ones are few, and an empty one costs more to open than to send."""

crc32 = zlib.crc32
"""The checksum, in a sixteenth of the time that the standard library takes."""

_FAULT: type[Exception] = zlib.error  # type: ignore[assignment]  # its stub takes the class for an instance
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_ZSTD_WINDOW = 23
"""As a power of two: 8 MB, all that RFC 9659 lets a server use."""


class _Stream(Protocol):
    """One compressed stream that is being opened: what zlib and zstd have in common."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Coding:
    """How one coding is opened: ``start`` by its first piece; another stream follows if it begins with ``again``."""

    start: Callable[[bytes], _Stream]
    fault: type[Exception]
    again: bytes | None = None


class Inflater:
    """Takes a body piece by piece, compressed or not, and holds at most ``limit`` bytes of it.

    Beyond the limit it raises TooLarge, or, with ``cut``, is ``full`` and leaves the rest. Raises Unreadable for a
    coding that it does not open, and for two on top of each other: no honest server stacks them.
    """

    def __init__(self, coding: str, limit: int, *, cut: bool = False) -> None:
        self._coding = _coding(coding)
        self._limit = limit
        self._cut = cut
        self._stream: _Stream | None = None
        self._members = 0
        self._wire = 0
        self._held = b""
        self._opened: bytes | bytearray = b""
        self.full = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge beyond the limit, on the wire or opened, and Unreadable."""
        self._wire += len(piece)
        if self._coding is None:
            self._keep(piece)
            return
        if self._wire > self._limit:
            self._stop()
        try:
            self._open(self._coding, piece)
        except self._coding.fault:
            raise Unreadable("its compressed body is damaged") from None

    def body(self) -> bytes:
        """All of it. Raises Unreachable when a compressed body ended early."""
        if self._stream is not None and not self._stream.eof and not self.full:
            raise Unreachable("the answer broke off")
        return bytes(self._opened)

    def _open(self, coding: _Coding, piece: bytes) -> None:
        while piece and not self.full:
            if self._stream is None or self._stream.eof:
                piece, self._held = self._held + piece, b""
                if self._stream is not None and not self._follows(coding, piece):
                    return
                self._count()
                self._stream = coding.start(piece)
            # One byte more than may be is how too much is told; so a stream never holds anything back from us.
            self._keep(self._stream.decompress(piece, self._limit - len(self._opened) + 1))
            piece = self._stream.unused_data

    def _follows(self, coding: _Coding, piece: bytes) -> bool:
        """Whether another stream begins here. What else may follow the end of one is padding."""
        if coding.again is None:
            return False
        if len(piece) < len(coding.again) and coding.again.startswith(piece):
            self._held = piece
            return False
        return piece.startswith(coding.again)

    def _count(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise TooLarge(f"its compressed body has more than {MAX_MEMBERS:,} parts")

    def _keep(self, part: bytes) -> None:
        room = self._limit - len(self._opened)
        if len(part) > room:
            self._stop()
            part = part[:room]
        if not self._opened:
            self._opened = part  # mostly all of it, which is never copied then
            return
        if isinstance(self._opened, bytes):
            self._opened = bytearray(self._opened)
        self._opened += part

    def _stop(self) -> None:
        if not self._cut:
            raise too_large(self._limit)
        self.full = True


def too_large(limit: int) -> TooLarge:
    """The one way to say it."""
    return TooLarge(f"the page is larger than {limit / 1_000_000:g} MB")


@lru_cache(maxsize=16)
def _coding(names: str) -> _Coding | None:
    """The one coding of a Content-Encoding header; "identity" in it says nothing (RFC 9110, 12.5.3)."""
    if not names:
        return None
    found = [name for name in (part.strip().lower() for part in names.split(",")) if name not in ("", "identity")]
    if not found:
        return None
    ways = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _br, "zstd": _zstd}
    if len(found) > 1 or found[0] not in ways:
        raise Unreadable(f"it is compressed in a way we did not ask for ({names.strip()[:40]})")
    return ways[found[0]]()


def _gzip() -> _Coding:
    return _Coding(lambda piece: zlib.decompressobj(_GZIP), _FAULT, again=b"\x1f\x8b")


def _deflate() -> _Coding:
    return _Coding(lambda piece: zlib.decompressobj(_ZLIB if _looks_like_zlib(piece) else _RAW), _FAULT)


def _looks_like_zlib(piece: bytes) -> bool:
    """Some servers send "deflate" without the zlib header that RFC 9110 asks for."""
    return piece[0] & 0x0F == 8 and (len(piece) < 2 or (piece[0] * 256 + piece[1]) % 31 == 0)


def _br() -> _Coding:
    import brotli

    return _Coding(lambda piece: _Brotli(brotli.Decompressor()), brotli.error)


class _Brotli:
    """brotli's own interface in the words of the others. It takes bytes after the end for damage."""

    unused_data = b""

    def __init__(self, opener: "brotli.Decompressor") -> None:
        self._opener = opener

    @property
    def eof(self) -> bool:
        return bool(self._opener.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """May give up to 32 kB more than asked for: it fills whole blocks."""
        return bytes(self._opener.process(data, output_buffer_limit=max_length))


def _zstd() -> _Coding:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    bounded = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW}
    return _Coding(lambda piece: zstd.ZstdDecompressor(options=bounded), zstd.ZstdError, again=b"")
