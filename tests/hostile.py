"""What the web throws at a reader of feeds: answers that fail, lie, stall, swell and bite, and what becomes of each.

``FAULTS`` are told on their source, with the state and the words that an operator reads; of ``READ`` the posts come
out, whatever is wrong with the rest. Nothing here needs more of a network than loopback.
"""

import asyncio
import gzip
import json
import re
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import unescape
from pathlib import Path

import brotli
from backports import zstd

from tests.scrapers.sites import Answer, reply

WAIT = timedelta(minutes=10)
"""What servers here ask for in Retry-After."""
TIMEOUT = 2
"""Seconds that a request may take where these answers are served: all that stalls stalls for longer."""
HARD = 5
"""Seconds in which a parser is done, or killed."""
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Farmed:
    """Where an answer is served: the address of its farm, a file with a secret, a healthy answer of this source."""

    base: str
    secret: Path
    healthy: bytes


Make = Callable[[Farmed], bytes | Answer]
"""Makes the answer, when the farm knows its own address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An answer that is told on its source, with ``words`` at the beginning of the error.

    The source is left alone for the time ``held``; ``least`` are the seconds that pass before it is told.
    ``is_map`` is whether a sitemap should have come instead of a feed.
    """

    make: Make
    words: str
    state: str = "ill"
    held: timedelta = timedelta()
    least: float = 0.0
    is_map: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """An answer that is read whatever is wrong with it: ``titles`` are those of its posts, ``note`` what is said of it.

    Without titles it is the healthy feed itself.
    """

    make: Make
    titles: tuple[str, ...] = ()
    posts: int = 1
    note: str = ""


# How answers are written


def plain(html: str) -> str:
    """A message in Telegram's HTML, as it reads."""
    return unescape(re.sub(r"<[^>]+>", "", html))


def healthy(name: str, base: str, *numbers: int, is_map: bool = False) -> bytes:
    """A feed, or a sitemap of news, with a post for each number. All that it names is on loopback."""
    links = {number: (f"H100 {name} {number}", f"{base}/page/{name}/{number}") for number in numbers}
    if is_map:
        return sitemap(*(news(title, link) for title, link in links.values()))
    return rss(*(item(title, link) for title, link in links.values()))


def item(title: str, link: str, more: str = "") -> str:
    now = format_datetime(datetime.now(UTC))
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{now}</pubDate>{more}</item>"


def rss(*items: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'.encode()


def news(title: str, link: str) -> str:
    said = (
        f"<news:title>{title}</news:title><news:publication_date>{datetime.now(UTC):%Y-%m-%d}</news:publication_date>"
    )
    return f"<url><loc>{link}</loc><news:news>{said}</news:news></url>"


def sitemap(*entries: str, head: str = "") -> bytes:
    space = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"{head}<urlset {space}>{''.join(entries)}</urlset>".encode()


def as_feed(body: bytes, **headers: str) -> bytes:
    return reply(body=body, **{"Content_Type": "application/rss+xml", **headers})


def body(content: bytes, **headers: str) -> Make:
    return lambda farm: as_feed(content, **headers)


def status(line: str, **headers: str) -> Make:
    return lambda farm: reply(line, body=b"<html><body>sorry</body></html>", Content_Type="text/html", **headers)


def endless(head: bytes, piece: Callable[[], bytes], pause: float = 0.0) -> Make:
    """Writes ``head`` and then pieces for as long as anybody reads."""

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece())
            await writer.drain()
            await asyncio.sleep(pause)

    return lambda farm: answer


def cut(answer: bytes, *, reset: bool = False) -> Make:
    """Writes this and hangs up: in order, or with the packet that breaks a connection."""

    async def write(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        if reset:
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        writer.close()

    return lambda farm: write


async def silence(request: bytes, writer: asyncio.StreamWriter) -> None:
    """No answer, for as long as anybody waits for one."""
    await writer.wait_closed()


def drip(farm: Farmed) -> Answer:
    """A healthy feed, 64 bytes a second."""
    whole = memoryview(farm.healthy * 9)

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(whole))
        for at in range(0, len(whole), 64):
            writer.write(whole[at : at + 64])
            await writer.drain()
            await asyncio.sleep(1)

    return answer


# Bombs


@cache
def gzip_bomb() -> bytes:
    """A megabyte of gzip that opens to a gigabyte: one block of spaces, deflated once and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * 1024 + b"\x03\0" + bytes(8)


@cache
def zstd_bomb() -> bytes:
    """The same in zstd: a frame for each megabyte."""
    return zstd.compress(b" " * MIB) * 1024


@cache
def br_bomb() -> bytes:
    """The same in brotli."""
    packer, some = brotli.Compressor(quality=1), b" " * MIB
    return b"".join(packer.process(some) for _ in range(1024)) + packer.finish()


def stacked(times: int) -> bytes:
    packed = rss()
    for _ in range(times):
        packed = gzip.compress(packed)
    return as_feed(packed, Content_Encoding=", ".join(["gzip"] * times))


# Documents

LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
LAUGHS = f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{LAUGHS}]>"
"""A billion laughs: each entity is ten of the one before."""


def no_utf8() -> bytes:
    """A feed in windows-1252 that says UTF-8."""
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return rss(item("H100 in a café", "http://127.0.0.1:9/café"), head=head).decode().encode("cp1252")


def quadratic() -> bytes:
    """One entity of 50 kB, used 8,000 times."""
    head = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'
    return rss(item("&a;" * 8_000, "http://127.0.0.1:9/quadratic"), head=head)


def outer_entity(farm: Farmed) -> bytes:
    """Asks for a file of this machine and for a page, as entities."""
    wanted = f'<!ENTITY f SYSTEM "{farm.secret.as_uri()}"><!ENTITY w SYSTEM "{farm.base}/evil/entity">'
    return as_feed(rss(item("stolen &f; &w;", "http://127.0.0.1:9/xxe"), head=f"<!DOCTYPE rss [{wanted}]>"))


def outer_map(farm: Farmed) -> bytes:
    head = f'<!DOCTYPE urlset [<!ENTITY f SYSTEM "{farm.secret.as_uri()}">]>'
    return as_feed(sitemap(news("stolen &f;", "http://127.0.0.1:9/xxe"), head=head))


def outer_dtd(farm: Farmed) -> bytes:
    """Asks for a document type of elsewhere, and by a parameter entity for more."""
    head = f'<!DOCTYPE rss SYSTEM "{farm.base}/evil/rss.dtd" [<!ENTITY % p SYSTEM "{farm.base}/evil/p">%p;]>'
    return as_feed(rss(item("typed", "http://127.0.0.1:9/dtd"), head=head))


def author() -> bytes:
    """Two hundred kilobytes over which feedparser's pattern of an address thinks for minutes."""
    hard = f"<author>a@{'a.' * 100_000}!</author>"
    # A document type with an entity, so that the lenient parser is asked.
    return rss(item("author", "http://127.0.0.1:9/author", hard), head='<!DOCTYPE rss [<!ENTITY x "y">]>')


def attributes() -> bytes:
    return b"<rss version='2.0'><channel><item " + b" ".join(b"a%d='1'" % n for n in range(200_000)) + b">"


def nested(times: int, tag: bytes = b"<b>") -> bytes:
    return b'<rss version="2.0"><channel><item><title>deep</title><description>' + tag * times


def many() -> bytes:
    """Fifty thousand items."""
    return rss(*(f"<item><title>i{n}</title><pubDate>1 Jan 2024</pubDate></item>" for n in range(50_000)))


def json_feed(items: int) -> bytes:
    """Items as small as can be."""
    return json.dumps({"items": [{"id": str(n), "title": "alike <b>&amp;"} for n in range(items)]}).encode()


def page(inside: str) -> bytes:
    return f"<!doctype html><html><head><title>Please log in</title></head><body>{inside}</body></html>".encode()


HARMFUL = (
    "H100 harmful &lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt; end",
    "javascript:alert(document.cookie)",
    "<description><![CDATA[<script>alert(3)</script><p onclick='alert(4)'>words <a href='javascript:alert(5)'>a</a>"
    "<a href='data:text/html,x'>b</a><iframe src='https://evil.example.org'></iframe></p>]]></description>",
)

# The tables

LARGE = "the page is larger than 5 MB"
STALL = f"no answer within {TIMEOUT} s"
PACKED = "it is compressed in a way we did not ask for (gzip, gzip"
KILLED = f"reading it took longer than {HARD} s"
FLOOD = "its headers are more or longer than any honest server sends"
CHUNK = b"40000\r\n" + (b"<item>x</item>" * 18_725)[: 1 << 18] + b"\r\n"

FAULTS: Mapping[str, Fault] = {
    # The server
    "500": Fault(make=status("500 Internal Server Error"), words="the server answered 500 Internal Server Error"),
    "503": Fault(make=lambda farm: reply("503 Service Unavailable",
                 Retry_After=format_datetime(datetime.now(UTC) + WAIT, usegmt=True)),
                 words="the server answered 503 Service Unavailable", held=WAIT),
    "429": Fault(make=status("429 Too Many Requests", Retry_After=str(WAIT.seconds)),
                 words="the server answered 429 Too Many Requests", held=WAIT),
    "403": Fault(make=status("403 Forbidden"), words="the server answered 403 Forbidden", state="blocked"),
    "404": Fault(make=status("404 Not Found"), words="the server answered 404 Not Found"),
    "410": Fault(make=status("410 Gone"), words="the server answered 410 Gone", state="gone"),
    # The way
    "timeout": Fault(make=lambda farm: silence, words=STALL, least=TIMEOUT),
    "slow-headers": Fault(make=endless(b"HTTP/1.1 200 OK\r\nX-Slow: ", lambda: b"x", 1.0), words=STALL, least=TIMEOUT),
    "drip": Fault(make=drip, words=STALL, least=TIMEOUT),
    "reset": Fault(make=cut(b"", reset=True), words="the connection broke"),
    "hung-up": Fault(make=cut(b""), words="the server hung up without an answer"),
    "truncated": Fault(make=lambda farm: cut(as_feed(farm.healthy * 2)[: -len(farm.healthy)])(farm),
                       words="the answer broke off"),
    "torn-gzip": Fault(make=lambda farm: as_feed(gzip.compress(farm.healthy * 9)[:-20], Content_Encoding="gzip"),
                       words="the answer broke off"),
    "bad-gzip": Fault(make=body(b"\x1f\x8b\x08\0" + b"x" * 500, Content_Encoding="gzip"),
                      words="its compressed body is damaged"),
    "no-http": Fault(make=lambda farm: b"SSH-2.0-OpenSSH_9.2\r\n", words="what it answers is not HTTP"),
    # Where it leads
    "redirect-loop": Fault(make=status("302 Found", Location="/redirect-loop"), words="more than 5 redirects"),
    "redirect-file": Fault(make=lambda farm: reply("302 Found", Location=farm.secret.as_uri()),
                           words="it redirects to "),
    "redirect-inner": Fault(make=status("302 Found", Location="http://169.254.169.254/latest/meta-data/"),
                            words="is an inner address, which is never opened"),
    # Too much
    "huge": Fault(make=endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", lambda: CHUNK), words=LARGE),
    "endless": Fault(make=endless(b"HTTP/1.1 200 OK\r\n\r\n<rss>", lambda: CHUNK), words=LARGE),
    "3-gigabytes": Fault(make=lambda farm: b"HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n<rss>", words=LARGE),
    "bomb-gzip": Fault(make=lambda farm: as_feed(gzip_bomb(), Content_Encoding="gzip"), words=LARGE),
    "bomb-br": Fault(make=lambda farm: as_feed(br_bomb(), Content_Encoding="br"), words=LARGE),
    "bomb-zstd": Fault(make=lambda farm: as_feed(zstd_bomb(), Content_Encoding="zstd"), words=LARGE),
    "bomb-unsaid": Fault(make=lambda farm: as_feed(gzip_bomb()), words="more than 5 MB when inflated"),
    "stacked": Fault(make=lambda farm: stacked(2), words=PACKED),
    "stacked-20": Fault(make=lambda farm: stacked(20), words=PACKED),
    "header-flood": Fault(make=lambda farm: b"HTTP/1.1 200 OK\r\n"
                          + b"".join(b"X-%d: 1\r\n" % n for n in range(400_000)) + b"\r\n", words=FLOOD),
    "header-long": Fault(make=endless(b"HTTP/1.1 200 OK\r\nX: ", lambda: b"x" * 9999), words=FLOOD),
    # Not what it should be
    "html": Fault(make=lambda farm: reply(body=page("<p>hi</p>" * 500), Content_Type="text/html"),
                  words="an HTML page, not a feed"),
    "html-offers": Fault(make=body(page('<link rel="alternate" type="application/rss+xml" href="/rss">')),
                         words="an HTML page, not a feed; the page offers this feed: "),
    "html-deep": Fault(make=body(page("<div>" * 100_000)), words="an HTML page, not a feed"),
    "html-hidden": Fault(make=body(page("<p>hi</p>" * 500)), words="an HTML page, not a feed"),
    "empty": Fault(make=body(b""), words="the answer is empty"),
    "blank": Fault(make=body(b" \r\n\t" * 1000), words="the answer is empty"),
    "no-posts": Fault(make=body(rss()), words="shows no posts any more, it showed 1"),
    "path": Fault(make=lambda farm: as_feed(str(farm.secret).encode()), words="not a feed: it is not XML"),
    "address": Fault(make=lambda farm: as_feed(f"{farm.base}/evil/address".encode()),
                     words="not a feed: it is not XML"),
    "noise": Fault(make=body(bytes(range(1, 256)) * 400), words="not a feed"),
    "json": Fault(make=body(b'{"error": "rate limited"}', Content_Type="application/json"),
                  words="JSON, but not a JSON Feed"),
    "json-deep": Fault(make=body(b'{"items":' + b"[" * 900_000), words="neither a feed nor JSON that can be read"),
    # Documents that bite
    "author": Fault(make=body(author()), words=KILLED, least=HARD),
    "attributes": Fault(make=body(attributes()), words="a start tag of more than 64 kB"),
    "nested": Fault(make=body(nested(1_600_000)), words=KILLED, least=HARD),
    "nested-2m": Fault(make=body(nested(2_000_000)), words=LARGE),
    # Sitemaps
    "map-html": Fault(make=body(page("<p>hi</p>")), words="an HTML page, not a sitemap", is_map=True),
    "map-laughs": Fault(make=body(sitemap(head=LAUGHS)), words="a DOCTYPE or an entity of its own", is_map=True),
    "map-xxe": Fault(make=outer_map, words="a DOCTYPE or an entity of its own", is_map=True),
    "map-bomb": Fault(make=lambda farm: as_feed(gzip_bomb()), words="more than 5 MB when inflated", is_map=True),
}  # fmt: skip
"""By name, in the order of the reasons."""

LENIENT = "the feed is broken and was read leniently"

READ: Mapping[str, Odd] = {
    "301": Odd(make=lambda farm: reply("301 Moved Permanently", Location=f"{farm.base}/moved"), note="moved to http"),
    "no-length": Odd(make=lambda farm: cut(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + farm.healthy)(farm)),
    "bad-encoding": Odd(make=body(no_utf8(), Content_Type="application/rss+xml; charset=utf-8"),
                        titles=("H100 in a café",)),
    "bad-xml": Odd(make=body(rss(*(item(f"H100 &nbsp;& {n}", f"http://127.0.0.1:9/bad/{n}") for n in "abc"))
                             .replace(b"</item>", b"", 1)),
                   titles=("H100 & a", "H100 & b", "H100 & c"), posts=3, note=LENIENT),
    "harmful": Odd(make=body(rss(item(*HARMFUL))), titles=("H100 harmful end",)),
    "laughs": Odd(make=body(rss(item("&l9;", "http://127.0.0.1:9/laughs"), head=LAUGHS)), titles=("&l9;",),
                  note=LENIENT),
    "quadratic": Odd(make=body(quadratic()), titles=("&a;" * 8_000,), note=LENIENT),
    "xxe": Odd(make=outer_entity, titles=("stolen &f; &w;",), note=LENIENT),
    "dtd": Odd(make=outer_dtd, titles=("typed",), note=LENIENT),
    "many": Odd(make=body(many()), titles=("i0", "i49999"),
                posts=2_000),
    "many-json": Odd(make=body(json_feed(10_000)), titles=("alike &",), posts=2_000),
}  # fmt: skip
"""By name."""
