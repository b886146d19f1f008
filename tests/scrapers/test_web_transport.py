"""What lies between libcurl and our loop: transfers that are left at any moment, sockets, pauses, names, proxies."""

import asyncio
import gzip
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import httpx
import pytest

from scrapers import Bookmark, ScrapeError, Unconnected, Unreachable
from scrapers._guard import Guard
from scrapers._web import Web, WebSettings
from scrapers._web.transport import CONNECTIONS, MAX_WAITING, Transport
from tests.scrapers.sites import Answer, Site, Start, reply

ALLOWED = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SETTINGS = WebSettings(allow_private=ALLOWED, gap=timedelta(), timeout=timedelta(seconds=10))


def ours(*sites: Site) -> int:
    """How many sockets of this process are clients: no listeners, nor the servers' ends of these sites."""
    return sum(_is_client(int(name), {site.port for site in sites}) for name in os.listdir("/dev/fd"))


def _is_client(number: int, servers: set[int]) -> bool:
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return False
    except OSError:  # it was the list of /dev/fd itself
        return False
    with socket.socket(fileno=os.dup(number)) as found:
        if found.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        return not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and found.getsockname()[1] not in servers


def names(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def request(url: str) -> httpx.Request:
    return httpx.Request("GET", url)


@asynccontextmanager
async def transport() -> AsyncIterator[Transport]:
    made = Transport(Guard(ALLOWED), "")
    try:
        yield made
    finally:
        await made.aclose()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port on loopback that takes no connection and refuses none: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for filler in fillers:
                filler.close()


async def forever(request: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def half(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    await forever(request, writer)


class Flood:
    """Writes a body of this many bytes as fast as they are taken, and counts those that went out."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.sent = 0

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.size)
        while self.sent < self.size:
            writer.write(bytes(min(50_000, self.size - self.sent)))
            await writer.drain()
            self.sent += 50_000


async def settle(done: Callable[[], bool]) -> None:
    """Let the loop run until this holds, or two seconds have gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            while not done():  # noqa: ASYNC110
                await asyncio.sleep(0.005)


class TestLeaving:
    @pytest.mark.parametrize("answer", [forever, half], ids=["headers", "body"])
    async def test_a_transfer_is_left_while_it_waits_and_the_next_one_is_whole(
        self, start: Start, answer: Answer
    ) -> None:
        site, other = await start(answer), await start(reply(body=b"x"))
        async with Web(SETTINGS) as web:
            for _ in range(20):
                task = asyncio.create_task(web.get(site.url()))
                asked = len(site.asked)
                await settle(lambda: len(site.asked) > asked)  # noqa: B023
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert (await web.get(other.url())).body == b"x"
                assert ours(site, other) == 1
        assert ours(site, other) == 0

    async def test_it_is_left_while_the_name_is_looked_up(self, start: Start) -> None:
        asked: list[str] = []

        async def never(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            await asyncio.get_running_loop().create_future()
            return ()

        async with Web(SETTINGS, resolve=never) as web:
            task = asyncio.create_task(web.get("http://slow.example.org/"))
            await settle(lambda: bool(asked))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert ours() == 0

    async def test_it_is_left_while_it_connects(self, start: Start) -> None:
        site = await start(reply(body=b"x"))
        with black_hole() as port:
            async with Web(SETTINGS) as web:
                before = ours(site)
                for _ in range(3):
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.05):
                            await web.get(f"http://127.0.0.1:{port}/")
                assert ours(site) == before
                assert (await web.get(site.url())).body == b"x"

    async def test_its_time_may_be_up_while_it_connects(self) -> None:
        with black_hole() as port:
            async with Web(replace(SETTINGS, timeout=timedelta(seconds=0.1))) as web:
                with pytest.raises(Unreachable, match=r"no answer within 0\.1 s") as caught:
                    await web.get(f"http://127.0.0.1:{port}/")
                assert not isinstance(caught.value, Unconnected)

    async def test_it_is_left_while_it_is_paused(self, start: Start) -> None:
        flood, other = Flood(20_000_000), await start(reply(body=b"x"))
        site = await start(flood)
        async with transport() as out:
            for _ in range(3):
                flood.sent = 0
                response = await out.handle_async_request(request(site.url()))
                await settle(lambda: flood.sent > MAX_WAITING)
                await response.aclose()
                response = await out.handle_async_request(request(other.url()))  # by the same handle
                assert await response.aread() == b"x"
        assert site.connections == 3

    async def test_many_are_left_at_once_and_some_by_themselves(self, start: Start) -> None:
        """Ends of transfers, refusals and cancellations fall into the same rounds of the loop."""
        silent, good, gone = await start(forever), await start(reply(body=b"x")), await start(b"")
        answers: list[str] = []

        async def ask(number: int, web: Web) -> None:
            port = (silent.port, good.port, gone.port, 1)[number % 4]
            try:
                async with asyncio.timeout(0.2 if number % 2 == 0 else None):
                    found = await web.get(f"http://n{number}.example.org:{port}/")
                answers.append(found.body.decode())
            except TimeoutError:
                answers.append("late")
            except ScrapeError as error:
                answers.append(type(error).__name__)

        async with Web(SETTINGS, resolve=names("127.0.0.1")) as web:
            for _ in range(3):
                await asyncio.gather(*(ask(number, web) for number in range(80)))
        assert (answers.count("late"), answers.count("x"), answers.count("Unconnected")) == (120, 60, 60)
        assert ours(silent, good, gone) == 0


class TestClosing:
    async def test_what_is_under_way_ends_and_nothing_stays_open(self, start: Start) -> None:
        sites = [await start(answer) for answer in (forever, half, Flood(50_000_000))]
        web = Web(SETTINGS, resolve=names("127.0.0.1"))
        urls = [site.url(host=f"n{number}.example.org") for number, site in enumerate(sites)]
        tasks = [asyncio.create_task(web.get(url, limit=10**9)) for url in urls]
        await settle(lambda: all(site.asked for site in sites))
        await web.aclose()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, Unreachable)
            assert "Vigie is stopping" in str(ended)
        assert ours(*sites) == 0

    async def test_a_request_that_comes_later_is_told_plainly(self, start: Start) -> None:
        site = await start(reply(body=b"x"))
        web = Web(SETTINGS)
        await web.get(site.url())
        await web.aclose()
        await web.aclose()
        with pytest.raises(Unreachable, match="Vigie is stopping"):
            await web.get(site.url())


class TestSockets:
    async def test_numbers_of_sockets_that_come_again_are_watched_anew(self, start: Start) -> None:
        """Each round closes a socket and opens another, which the system gives the same number."""
        sites = [
            await start(reply(body=b"close", Connection="close")),
            await start(b"HTTP/1.0 200 OK\r\n\r\n" + b"old"),
            await start(reply(body=b"kept")),
        ]

        async def old(data: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.0 200 OK\r\n\r\nold")
            writer.close()

        sites[1] = await start(old)
        async with Web(SETTINGS, resolve=names("127.0.0.9", "127.0.0.1")) as web:  # the first refuses
            for number in range(60):
                found = await web.get(sites[number % 3].url(host=f"n{number}.example.org"))
                assert found.body == (b"close", b"old", b"kept")[number % 3]
        assert ours(*sites) == 0

    async def test_no_more_connections_are_kept_than_may_be(self, start: Start) -> None:
        site = await start(reply(body=b"x"))
        async with Web(SETTINGS, resolve=names("127.0.0.1")) as web:
            for number in range(CONNECTIONS + 40):
                await web.get(site.url(host=f"n{number}.example.org"))
            assert ours(site) == CONNECTIONS

    async def test_a_child_inherits_none(self, start: Start) -> None:
        site = await start(reply(body=b"x"))
        ask = (
            "import os, stat; places = [f'/dev/fd/{name}' for name in os.listdir('/dev/fd')]\n"
            "print(sum(stat.S_ISSOCK(os.stat(place).st_mode) for place in places if os.path.exists(place)))"
        )
        async with Web(SETTINGS) as web:
            await web.get(site.url())
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", ask, stdout=subprocess.PIPE)
            said, _ = await child.communicate()
        assert said == b"0\n"

    async def test_a_connection_that_was_closed_meanwhile_is_made_anew(self, start: Start) -> None:
        async def answer(data: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(reply(body=b"x"))
            await writer.drain()
            writer.close()  # without a word

        site = await start(answer)
        async with Web(SETTINGS) as web:
            for _ in range(3):
                assert (await web.get(site.url())).body == b"x"
        assert site.connections == 3

    async def test_a_connection_that_is_closed_on_the_second_request_is_made_anew(self, start: Start) -> None:
        seen: list[asyncio.StreamWriter] = []

        async def answer(data: bytes, writer: asyncio.StreamWriter) -> None:
            if writer in seen:
                writer.close()
            else:
                seen.append(writer)
                writer.write(reply(body=b"x"))

        site = await start(answer)
        async with Web(SETTINGS) as web:
            for _ in range(2):
                assert (await web.get(site.url())).body == b"x"
        assert site.connections == 2

    async def test_an_answer_that_says_so_ends_its_connection(self, start: Start) -> None:
        site = await start(reply(body=b"x", Connection="close"))
        async with Web(SETTINGS) as web:
            for _ in range(2):
                assert (await web.get(site.url())).body == b"x"
        assert site.connections == 2


class TestPausing:
    async def test_a_slow_reader_makes_the_server_wait_and_loses_nothing(self, start: Start) -> None:
        flood = Flood(30_000_000)
        site = await start(flood)
        async with transport() as out:
            response = await out.handle_async_request(request(site.url()))
            await asyncio.sleep(0.2)  # for as much as the server gets rid of
            assert flood.sent < flood.size
            taken = 0
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for piece in response.stream:
                taken += len(piece)
                await asyncio.sleep(0)
        assert taken == flood.size

    async def test_the_loop_is_not_held_up(self, start: Start) -> None:
        """Other work goes on while a server sends as fast as it can."""
        site = await start(Flood(20_000_000))
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with Web(SETTINGS) as web:
            task = asyncio.create_task(turn())
            await web.get(site.url(), limit=30_000_000)
            task.cancel()
        assert turns > 10


class TestNothingStays:
    async def test_nothing_of_a_request_is_in_the_next(self, start: Start) -> None:
        site = await start(reply("404 Not Found"))
        async with Web(SETTINGS) as web:
            with suppress(ScrapeError):
                await web.get(f"http://me:secret@127.0.0.1:{site.port}/", bookmark=Bookmark(etag='"1"'))
            with suppress(ScrapeError):
                await web.get(site.url())
        assert b"authorization" in site.asked[0].lower()
        assert b"if-none-match" in site.asked[0].lower()
        for name in (b"authorization", b"if-none-match", b"cookie", b"referer"):
            assert name not in site.asked[1].lower()

    async def test_a_failure_is_not_in_the_next_answer(self, start: Start) -> None:
        good = await start(reply(body=b"x", ETag='"1"'))
        broken = await start(b"HTTP/1.1 200 OK\r\nContent-Length: no\r\n\r\n")
        strange = await start(b"SSH-2.0\r\nX: 1\r\n\r\n")
        async with transport() as out:
            for bad in (broken.url(), strange.url(), "http://127.0.0.1:1/", "http://10.0.0.1/"):
                with pytest.raises(ScrapeError):
                    await out.handle_async_request(request(bad))
                response = await out.handle_async_request(request(good.url()))
                assert await response.aread() == b"x"
                assert response.headers.raw == [(b"Content-Length", b"1"), (b"ETag", b'"1"')]

    async def test_a_site_cannot_move_us_to_another_protocol(self, start: Start) -> None:
        site = await start(reply(body=b"x", Alt_Svc='h2=":443"; ma=3600', Strict_Transport_Security="max-age=9999"))
        async with Web(SETTINGS, resolve=names("127.0.0.1")) as web:
            for _ in range(2):
                assert (await web.get(site.url(host="news.example.org"))).body == b"x"
        assert all(b"upgrade" not in asked.lower() and b" HTTP/1.1\r\n" in asked for asked in site.asked)

    async def test_a_body_arrives_as_it_was_sent(self, start: Start) -> None:
        packed = gzip.compress(b"x" * 1000)
        site = await start(reply(body=packed, Content_Encoding="gzip"))
        async with transport() as out:
            response = await out.handle_async_request(request(site.url()))
            assert isinstance(response.stream, httpx.AsyncByteStream)
            assert b"".join([piece async for piece in response.stream]) == packed


class TestHeaders:
    async def test_a_header_on_two_lines_is_one(self, start: Start) -> None:
        site = await start(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: a\r\n  b: c\r\nETag: 1\r\n\r\n")
        async with transport() as out:
            response = await out.handle_async_request(request(site.url()))
        assert response.headers["x-long"].split() == ["a", "b:", "c"]
        assert "b" not in response.headers

    async def test_hints_and_trailers_are_no_headers(self, start: Start) -> None:
        hints = b"HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n"
        body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Head: 1\r\n\r\n1\r\nx\r\n0\r\nX-Trailer: 1\r\n\r\n"
        site = await start(hints + body)
        async with transport() as out:
            response = await out.handle_async_request(request(site.url()))
            assert await response.aread() == b"x"
        assert "x-head" in response.headers
        assert not {"x-hint", "x-trailer"} & set(response.headers)

    @pytest.mark.parametrize(
        "line",
        [b"HTTP/2 200 OK", b"HTTP/1.2 200 OK", b"HTTP/1.1 20", b"HTTP/1.1 2000 OK", b"ICY 200 OK", b"HTTP/1.1  200"],
    )
    async def test_a_strange_first_line_is_no_answer(self, web: Web, start: Start, line: bytes) -> None:
        async def answer(data: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(line + b"\r\nContent-Length: 1\r\n\r\nx")
            await writer.drain()
            writer.close()

        site = await start(answer)
        with pytest.raises(Unreachable, match="not HTTP"):
            await web.get(site.url())

    async def test_a_reset_before_any_answer_is_a_broken_connection(self, web: Web, start: Start) -> None:
        async def answer(data: bytes, writer: asyncio.StreamWriter) -> None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()

        site = await start(answer)
        with pytest.raises(Unreachable, match="the connection broke") as caught:
            await web.get(site.url())
        assert not isinstance(caught.value, Unconnected)


class TestNames:
    async def test_only_our_own_look_up_is_believed(self, start: Start) -> None:
        """The system knows "localhost" and libcurl has it built in."""

        async def nobody(host: str, port: int) -> Sequence[str]:
            raise OSError("nobody")

        site = await start(reply(body=b"x"))
        async with Web(SETTINGS, resolve=nobody) as web:
            for host in ("localhost", "a.localhost", "localhost."):
                with pytest.raises(Unconnected, match="the name does not resolve"):
                    await web.get(site.url(host=host))
        assert site.connections == 0

    async def test_libcurl_looks_up_nothing_by_itself(self, start: Start) -> None:
        """It reads this name as an address, of which it was not told."""
        site = await start(reply(body=b"x"))
        out = Transport(Guard(ALLOWED, resolve=names("127.0.0.1")), "")
        with pytest.raises(Unconnected, match="the name does not resolve"):
            await out.handle_async_request(request(site.url(host="0x7f000001")))
        await out.aclose()
        assert site.connections == 0

    @pytest.mark.parametrize(
        "host",
        ["news.example.org.", "NEWS.example.org", "a_b.example.org", "münchen.example.org",
         "xn--mnchen-3ya.example.org", "a..b", "-a-.example.org", "a" * 63 + ".org"],
    )  # fmt: skip
    async def test_a_name_in_any_form_leads_where_it_was_found_to_lead(self, start: Start, host: str) -> None:
        site = await start(reply(body=b"x"))
        async with Web(SETTINGS, resolve=names("127.0.0.1")) as web:
            assert (await web.get(site.url(host=host))).body == b"x"

    @pytest.mark.parametrize("host", ["127.0.0.1.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]"])
    async def test_a_literal_address_needs_no_look_up(self, start: Start, host: str) -> None:
        site = await start(reply(body=b"x"), host="::1" if ":" in host else "127.0.0.1")
        async with Web(SETTINGS, resolve=names()) as web:
            assert (await web.get(site.url(host=host))).body == b"x"

    @pytest.mark.parametrize(
        "addresses", [("127.0.0.9", "127.0.0.1"), ("::1", "127.0.0.1"), ("::1", "127.0.0.9", "127.0.0.1")]
    )
    async def test_the_next_address_is_tried_when_one_refuses(self, start: Start, addresses: Sequence[str]) -> None:
        site = await start(reply(body=b"x"))
        async with Web(SETTINGS, resolve=names(*addresses)) as web:
            assert (await web.get(site.url(host="news.example.org"))).body == b"x"
