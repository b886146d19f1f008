"""Bodies made small again before they are made large: bounded reading of what a server sends compressed.

A few kilobytes of gzip can open to gigabytes. Here no step ever makes more than the limit allows, whatever comes in.
"""

import zlib

from scrapers._errors import TooLarge, Unreachable, Unreadable

ASKED = "gzip, deflate"
"""What may be asked of a server: the codings that the standard library opens step by step."""

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class Inflater:
    """Takes a body piece by piece, compressed or not, and holds at most ``limit`` bytes of it."""

    def __init__(self, coding: str, limit: int) -> None:
        coding = coding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Unreadable(f"it is compressed in a way we did not ask for ({coding[:40]})")
        self._plain = coding in ("", "identity")
        self._gzip = coding.endswith("gzip")
        self._opener = zlib.decompressobj(_GZIP) if self._gzip else None
        self._limit = limit
        self._wire = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._held = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge beyond the limit, on the wire or opened, and Unreadable."""
        self._wire += len(piece)
        if self._wire > self._limit:
            raise too_large(self._limit)
        if self._plain:
            self._keep(piece)
            return
        try:
            self._open(piece)
        except zlib.error:
            raise Unreadable("its compressed body is damaged") from None

    def body(self) -> bytes:
        """All of it. Raises Unreachable when a compressed body ended early."""
        if self._wire and self._opener is not None and not self._opener.eof:
            raise Unreachable("the answer broke off")
        return b"".join(self._parts)

    def _open(self, piece: bytes) -> None:
        while piece:
            if self._opener is None:
                self._opener = zlib.decompressobj(_ZLIB if _looks_like_zlib(piece) else _RAW)
            if self._opener.eof:
                # A second gzip member carries on; whatever else follows the end is padding.
                piece, self._held = self._held + piece, b""
                if self._gzip and piece == b"\x1f":
                    self._held = piece
                    return
                if not self._gzip or piece[:2] != b"\x1f\x8b":
                    return
                self._opener = zlib.decompressobj(_GZIP)
            self._keep(self._opener.decompress(piece, self._limit - self._size + 1))
            piece = self._opener.unconsumed_tail or self._opener.unused_data

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise too_large(self._limit)
        self._parts.append(part)


def too_large(limit: int) -> TooLarge:
    """The one way to say it."""
    return TooLarge(f"the page is larger than {limit / 1_000_000:g} MB")


def _looks_like_zlib(piece: bytes) -> bool:
    """Some servers send "deflate" without the zlib header that RFC 9110 asks for."""
    return piece[0] & 0x0F == 8 and (len(piece) < 2 or (piece[0] * 256 + piece[1]) % 31 == 0)
