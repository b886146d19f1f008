"""Whatever a server sends, and however long: bounded bytes, bounded memory, bounded time, and one plain error."""

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network

import brotli
import pytest
from backports import zstd

from scrapers import Rejected, ScrapeError, TooLarge, Unreachable, Unreadable
from scrapers._web import Web, WebSettings
from tests.scrapers.sites import Answer, Start, reply


def quick(**settings: object) -> WebSettings:
    loopback = ip_network("127.0.0.0/8")
    return WebSettings(**({"allow_private": (loopback,), "gap": timedelta()} | settings))  # type: ignore[arg-type]


def endless(head: bytes, piece: Callable[[int], bytes]) -> Answer:
    """Writes ``head`` and then pieces for as long as anybody reads."""

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        number = 0
        while not writer.is_closing():
            writer.write(piece(number))
            await writer.drain()
            number += 1

    return answer


@contextmanager
def memory(most: int) -> Iterator[None]:
    """Fails when more bytes than this were held at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


class TestBody:
    @pytest.mark.parametrize(
        ("coding", "pack"),
        [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress), ("identity", bytes)],
    )
    async def test_a_body_is_inflated_and_bounded(
        self, web: Web, start: Start, coding: str, pack: Callable[[bytes], bytes]
    ) -> None:
        site = await start(reply(body=pack(b"H100 " * 1000), Content_Encoding=coding))
        assert (await web.get(site.url())).body == b"H100 " * 1000
        with pytest.raises(TooLarge, match=r"larger than 0\.001 MB"):
            await web.get(site.url(), limit=1000)

    async def test_a_body_announced_as_too_large_is_not_read(self, web: Web, start: Start) -> None:
        site = await start(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n")
        with pytest.raises(TooLarge, match="larger than 5 MB"):
            await web.get(site.url())

    @pytest.mark.parametrize(
        ("head", "piece"),
        [(b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + bytes(0x4000) + b"\r\n"), (b"\r\n", bytes(0x4000)),
         (b"Content-Length: 99999\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000)],
    )  # fmt: skip
    async def test_an_endless_body_is_cut(self, web: Web, start: Start, head: bytes, piece: bytes) -> None:
        site = await start(endless(b"HTTP/1.1 200 OK\r\n" + head, lambda number: piece))
        with memory(5_000_000), pytest.raises((TooLarge, Unreachable)):
            await web.get(site.url(), limit=200_000)

    async def test_a_coding_that_was_not_asked_for_is_unreadable(self, web: Web, start: Start) -> None:
        site = await start(reply(body=b"x", Content_Encoding="gzip, gzip"))
        with pytest.raises(Unreadable):
            await web.get(site.url())

    @pytest.mark.parametrize("head", [b"HTTP/1.1 302 Found\r\nLocation: /\r\n", b"HTTP/1.1 404 Not Found\r\n"])
    async def test_the_body_of_what_is_no_page_is_not_read(self, web: Web, start: Start, head: bytes) -> None:
        site = await start(endless(head + b"\r\n", lambda number: bytes(0x4000)))
        with memory(5_000_000), pytest.raises((Rejected, TooLarge)):
            await web.get(site.url())


class TestHeaders:
    async def test_long_headers_of_real_sites_are_read(self, web: Web, start: Start) -> None:
        many = {f"X_{number}": "1" for number in range(100)}
        site = await start(reply(body=b"x", Content_Security_Policy="a" * 20_000, **many))
        assert (await web.get(site.url())).body == b"x"

    @pytest.mark.parametrize(
        "answer",
        [endless(b"HTTP/1.1 200 OK\r\n", lambda number: b"".join(b"X-%d-%d: 1\r\n" % (number, n) for n in range(500))),
         endless(b"HTTP/1.1 ", lambda number: b"2" * 9999), endless(b"HTTP/1.1 200 ", lambda number: b"O" * 9999),
         endless(b"HTTP/1.1 200 OK\r\nX: ", lambda number: b"x" * 9999),
         endless(b"HTTP/1.1 200 OK\r\n", lambda number: b"x" * 9999),
         endless(b"", lambda number: b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)],
        ids=["headers", "digits", "status", "header", "name", "hints"],
    )  # fmt: skip
    async def test_an_endless_head_ends_at_once(self, web: Web, start: Start, answer: Answer) -> None:
        site = await start(answer)
        began = time.monotonic()
        with memory(5_000_000), pytest.raises(ScrapeError, match=r"its headers are more or longer|is not HTTP"):
            await web.get(site.url())
        assert time.monotonic() - began < 4  # not by the time-out

    async def test_400_000_headers_are_told_plainly(self, web: Web, start: Start) -> None:
        flood = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(400_000)) + b"\r\n"
        site = await start(flood)
        with memory(10_000_000), pytest.raises(TooLarge, match="its headers are more or longer than any honest"):
            await web.get(site.url())

    async def test_endless_trailers_are_not_read(self, web: Web, start: Start) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
        site = await start(endless(head, lambda number: b"X-%d: 1\r\n" % number * 100))
        with memory(5_000_000), pytest.raises(ScrapeError):
            await web.get(site.url())


class TestTime:
    @pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"])
    async def test_the_whole_request_has_one_time(self, start: Start, first: bytes) -> None:
        async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(first)
            await writer.drain()
            await asyncio.get_running_loop().create_future()

        site = await start(silent)
        async with Web(quick(timeout=timedelta(milliseconds=100))) as web:
            with pytest.raises(Unreachable, match=r"no answer within 0\.1 s"):
                await web.get(site.url())

    async def test_bytes_that_drip_do_not_stretch_it(self, start: Start) -> None:
        async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)

        site = await start(drip)
        async with Web(quick(timeout=timedelta(milliseconds=200))) as web:
            with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
                await web.get(site.url())

    async def test_hints_that_drip_do_not_stretch_it(self, start: Start) -> None:
        async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
            while not writer.is_closing():
                writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)

        site = await start(drip)
        async with Web(quick(timeout=timedelta(milliseconds=200))) as web:
            with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
                await web.get(site.url())

    async def test_redirects_share_it(self, start: Start) -> None:
        async def slow(request: bytes, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.15)
            writer.write(reply("302 Found", Location="/again"))

        site = await start(slow)
        async with Web(quick(timeout=timedelta(milliseconds=400))) as web:
            with pytest.raises(Unreachable, match=r"no answer within 0\.4 s"):
                await web.get(site.url())
        assert len(site.asked) <= 3
