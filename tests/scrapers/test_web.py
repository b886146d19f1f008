import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import httpx
import pycurl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers import (
    Blocked,
    Bookmark,
    Gone,
    Missing,
    Misuse,
    Refused,
    Rejected,
    ScrapeError,
    Throttled,
    TooLarge,
    Unconnected,
    Unreachable,
)
from scrapers._guard import Guard
from scrapers._web import Web, WebSettings, transport, user_agent
from scrapers._web.address import parse, show
from scrapers._web.answers import explain, retry_after
from scrapers._web.transport import Transport
from tests.scrapers.sites import Start, reply

LOOPBACK = ip_network("127.0.0.0/8")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Resolve = Callable[[str, int], Awaitable[list[str]]]


def names(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


def quick(**settings: object) -> WebSettings:
    return WebSettings(**({"allow_private": (LOOPBACK,), "gap": timedelta()} | settings))  # type: ignore[arg-type]


class TestAsking:
    async def test_a_page_comes_back_with_its_address_headers_and_body(self, web: Web, start: Start) -> None:
        site = await start(reply(body=b"hello", Content_Type="text/plain", ETag='"1"'))
        found = await web.get(site.url("/a?b=1#part"))
        assert (found.status, found.body, found.url, found.moved) == (200, b"hello", site.url("/a?b=1"), "")
        assert found.content_type == "text/plain"
        assert found.headers["etag"] == '"1"'

    async def test_the_request_is_honest_and_plain(self, web: Web, start: Start) -> None:
        site = await start(reply())
        await web.get(site.url(), accept="text/html")
        asked = site.asked[0].decode().lower()
        assert f"user-agent: {user_agent('mailto:me@example.org').lower()}\r\n" in asked
        assert "accept-encoding: gzip, deflate, br, zstd\r\n" in asked
        assert "accept: text/html\r\n" in asked
        for absent in ("cookie", "referer", "if-none-match", "if-modified-since", "authorization"):
            assert f"\r\n{absent}:" not in asked

    async def test_the_address_is_sent_as_it_was_written(self, web: Web, start: Start) -> None:
        site = await start(reply())
        path = "/%28x%29%2Fy?sign=a%2Bb%2F%3D&q=%22H100%22+OR+%E7%BE%8E"
        await web.get(site.url(path))
        assert site.asked[0].startswith(f"GET {path} HTTP/1.1\r\n".encode())

    async def test_a_second_look_is_conditional_and_a_304_has_no_body(self, web: Web, start: Start) -> None:
        site = await start(reply("304 Not Modified", ETag='"1"'))
        found = await web.get(site.url(), bookmark=Bookmark(etag='"1"', modified="Mon, 23 Nov 2026 10:00:00 GMT"))
        assert (found.status, found.body) == (304, b"")
        asked = site.asked[0].lower()
        assert b'if-none-match: "1"\r\n' in asked
        assert b"if-modified-since: mon, 23 nov 2026 10:00:00 gmt\r\n" in asked

    @pytest.mark.parametrize("odd", ["é", "a\r\nX-Injected: 1", "a\0b"])
    async def test_a_validator_that_is_no_header_is_not_sent(self, web: Web, start: Start, odd: str) -> None:
        site = await start(reply())
        await web.get(site.url(), bookmark=Bookmark(etag=odd))
        assert b"if-none-match" not in site.asked[0].lower()
        assert b"X-Injected" not in site.asked[0]

    async def test_cookies_are_not_kept(self, web: Web, start: Start) -> None:
        site = await start(reply(Set_Cookie="id=1; Path=/"))
        await web.get(site.url())
        await web.get(site.url())
        assert b"cookie" not in site.asked[1].lower()

    async def test_user_and_password_go_to_their_own_server_alone(self, web: Web, start: Start) -> None:
        other = await start(reply())
        site = await start(reply("302 Found", Location=other.url("/there")))
        await web.get(f"http://user:secret@127.0.0.1:{site.port}/")
        assert b"authorization: basic dxnlcjpzzwnyzxq=" in site.asked[0].lower()
        assert b"authorization" not in other.asked[0].lower()

    async def test_a_connection_is_used_again(self, web: Web, start: Start) -> None:
        site = await start(reply(body=b"x"))
        for _ in range(3):
            await web.get(site.url())
        assert site.connections == 1

    async def test_a_host_is_asked_one_thing_at_once(self, web: Web, start: Start) -> None:
        site = await start(reply(body=b"x"))
        await asyncio.gather(*(web.get(site.url(f"/{n}")) for n in range(20)))
        assert site.connections == 1


class TestGuard:
    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0", "[::1]",
         "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.", "LOCALHOST", "１２７.0.0.1", "127。0。0。1"],
    )  # fmt: skip
    async def test_inner_addresses_in_every_form_get_no_connection(self, start: Start, host: str) -> None:
        site = await start(reply(body=b"secret"))
        async with Web(WebSettings()) as web:
            with pytest.raises((Refused, Misuse)):
                await web.get(f"http://{host}:{site.port}/")
        assert site.connections == 0

    @pytest.mark.parametrize(
        "answers",
        [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"],
         ["2002:7f00:1::"], ["::1"], ["169.254.169.254"], ["0.0.0.0"]],
    )  # fmt: skip
    async def test_names_that_lead_inside_get_no_connection(self, start: Start, answers: list[str]) -> None:
        site = await start(reply(body=b"secret"))
        async with Web(WebSettings(), resolve=names(*answers)) as web:
            with pytest.raises(Refused, match="inner address"):
                await web.get(site.url(host="innocent.example.org"))
        assert site.connections == 0

    @pytest.mark.parametrize(
        "inner", ["http://127.0.0.2:{port}/", "http://[::ffff:127.0.0.2]:{port}/", "//127.0.0.2:{port}/"]
    )
    async def test_a_redirect_inside_gets_no_connection(self, start: Start, inner: str) -> None:
        hidden = await start(reply(body=b"secret"), host="127.0.0.2")
        site = await start(reply("302 Found", Location=inner.format(port=hidden.port)))
        async with Web(quick(allow_private=(ip_network("127.0.0.1/32"),))) as web:
            with pytest.raises(Refused):
                await web.get(site.url())
        assert (site.connections, hidden.connections) == (1, 0)

    async def test_a_name_is_looked_up_once_a_connection_so_that_it_cannot_change(self, start: Start) -> None:
        site = await start(reply(body=b"x"))
        asked: list[str] = []

        async def changing(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

        async with Web(quick(allow_private=(ip_network("127.0.0.1/32"),)), resolve=changing) as web:
            assert (await web.get(site.url(host="a.example.org"))).body == b"x"
        assert asked == ["a.example.org"]

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "[0:0:0:0:0:0:0:1]"]
    )
    async def test_the_last_wall_sees_the_address_itself(self, start: Start, host: str) -> None:
        """A literal address is asked of no name server: the maker of sockets must refuse, and the refusal arrive."""
        site, behind = await start(reply(body=b"secret")), Transport(Guard(), "")
        with pytest.raises(Refused, match="inner address"):
            await behind.handle_async_request(httpx.Request("GET", f"http://{host}:{site.port}/"))
        await behind.aclose()
        assert site.connections == 0

    @pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "017700000001", "0"])
    async def test_an_odd_address_is_not_even_read_behind_the_first_wall(self, start: Start, host: str) -> None:
        site, behind = await start(reply(body=b"secret")), Transport(Guard(), "")
        with pytest.raises((Refused, Unconnected)):
            await behind.handle_async_request(httpx.Request("GET", f"http://{host}:{site.port}/"))
        await behind.aclose()
        assert site.connections == 0

    @pytest.mark.parametrize(
        "url", ["file:///etc/passwd", "FTP://example.org/", "gopher://example.org", "data:text/html,x", "view-source:http://x",
                "jar:http://x!/", "source:file:///etc/passwd", "example.org", "//example.org/", "", "http://", "http:///path",
                "http://exa mple.org/", "http://[::1", "http://a:99999/", "\0http://example.org", "http://xn--/"],
    )  # fmt: skip
    async def test_what_is_no_web_address_is_not_asked_for(self, url: str) -> None:
        async with Web(WebSettings(), resolve=names()) as web:
            with pytest.raises((Misuse, Refused, Unconnected)):
                await web.get(url)

    async def test_a_proxy_is_used_if_named_and_the_guard_stays(self, start: Start) -> None:
        proxy = await start(reply(body=b"by proxy"))
        async with Web(WebSettings(proxy=proxy.url(""), gap=timedelta())) as web:
            assert (await web.get("http://news.example.org/feed")).body == b"by proxy"
            assert proxy.asked[0].startswith(b"GET http://news.example.org/feed HTTP/1.1\r\n")
            for inner in ("http://127.0.0.1/", "http://localhost/", "http://nas.local/", "http://0x7f.1/"):
                with pytest.raises(Refused):
                    await web.get(inner)
        assert proxy.connections == 1


class TestRedirects:
    async def test_a_chain_is_followed_and_told_where_it_is_lasting(self, web: Web, start: Start) -> None:
        end = await start(reply(body=b"end"))
        middle = await start(reply("308 Permanent Redirect", Location=end.url("/feed#top")))
        first = await start(reply("301 Moved Permanently", Location=middle.url("/m")))
        found = await web.get(first.url())
        assert (found.body, found.url, found.moved) == (b"end", end.url("/feed"), end.url("/feed"))

    async def test_one_passing_redirect_makes_the_chain_passing(self, web: Web, start: Start) -> None:
        end = await start(reply(body=b"end"))
        middle = await start(reply("302 Found", Location=end.url()))
        first = await start(reply("301 Moved Permanently", Location=middle.url()))
        found = await web.get(first.url())
        assert (found.body, found.moved) == (b"end", "")

    async def test_a_relative_redirect_on_the_same_host_does_not_wait_for_itself(self, web: Web, start: Start) -> None:
        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            there = request.startswith(b"GET /there ")
            writer.write(reply(body=b"end") if there else reply("303 See Other", Location="there"))

        site = await start(answer)
        assert (await web.get(site.url("/here"))).url == site.url("/there")

    async def test_a_loop_ends(self, web: Web, start: Start) -> None:
        site = await start(reply("302 Found", Location="/again"))
        with pytest.raises(TooLarge, match="more than 5 redirects"):
            await web.get(site.url())
        assert len(site.asked) == 6

    @pytest.mark.parametrize("location", ["", "http://[", "http://a:b:c/"])
    async def test_a_redirect_to_nowhere_is_the_servers_error(self, web: Web, start: Start, location: str) -> None:
        site = await start(reply("302 Found", Location=location))
        with pytest.raises(Rejected, match="302 Found"):
            await web.get(site.url())

    @pytest.mark.parametrize(
        "location",
        ["file:///etc/passwd", "data:text/html,x", "ftp://example.org/", "javascript:alert(1)", "mailto:a@b"],
    )
    async def test_a_redirect_away_from_the_web_is_refused(self, web: Web, start: Start, location: str) -> None:
        site = await start(reply("302 Found", Location=location))
        with pytest.raises(Refused, match="it redirects to only http"):
            await web.get(site.url())
        assert len(site.asked) == 1

    @pytest.mark.parametrize(
        ("location", "asked"),
        [("/a\r\nX-Injected: 1", b"GET /a HTTP/1.1"), ("/a%0d%0aX-Injected:1", b"GET /a%0d%0aX-Injected:1 HTTP/1.1"),
         ("/a b", b"GET /a%20b HTTP/1.1"), ("?q#f", b"GET /x/y?q HTTP/1.1"), ("../z", b"GET /z HTTP/1.1"),
         ("/\xe9", b"GET /%EF%BF%BD HTTP/1.1"), ("\\\\127.0.0.9\\z", b"GET /x/\\\\127.0.0.9\\z HTTP/1.1")],
    )  # fmt: skip
    async def test_what_a_redirect_says_oddly_stays_one_path_of_one_request(
        self, web: Web, start: Start, location: str, asked: bytes
    ) -> None:
        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            first = request.startswith(b"GET /x/y HTTP")
            head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
            writer.write(head.encode("latin-1") if first else reply(body=b"end"))

        site = await start(answer)
        assert (await web.get(site.url("/x/y"))).body == b"end"
        assert [request.split(b"\r\n")[0] for request in site.asked] == [b"GET /x/y HTTP/1.1", asked]
        assert b"\r\nX-Injected" not in site.asked[1]


class TestStatuses:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [("401 Unauthorized", Blocked), ("403 Forbidden", Blocked), ("451 Unavailable For Legal Reasons", Blocked),
         ("404 Not Found", Missing), ("410 Gone", Gone), ("429 Too Many Requests", Throttled),
         ("400 Bad Request", Rejected), ("418 I'm a teapot", Rejected), ("500 Internal Server Error", Rejected),
         ("503 Service Unavailable", Rejected), ("599 Odd", Rejected), ("202 Accepted", Rejected),
         ("204 No Content", Rejected), ("206 Partial Content", Rejected), ("300 Multiple Choices", Rejected),
         ("101 Switching Protocols", Rejected), ("999 Odd", Rejected)],
    )  # fmt: skip
    async def test_each_status_is_an_error_of_its_kind(self, web: Web, start: Start, status: str, kind: type) -> None:
        site = await start(reply(status))
        with pytest.raises(Rejected) as caught:
            await web.get(site.url("/feed?key=secret"))
        assert type(caught.value) is kind
        assert caught.value.status == int(status[:3])
        assert caught.value.transient is (caught.value.status >= 500 or caught.value.status == 429)
        assert str(caught.value).startswith(f"http://127.0.0.1:{site.port}/feed?...: the server answered {status[:3]}")

    async def test_hints_before_the_answer_are_passed_over(self, web: Web, start: Start) -> None:
        site = await start(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply(body=b"x"))
        assert (await web.get(site.url())).body == b"x"

    async def test_an_empty_page_is_a_page(self, web: Web, start: Start) -> None:
        site = await start(reply())
        assert (await web.get(site.url())).body == b""

    async def test_a_503_that_says_when_to_come_back_is_throttling(self, web: Web, start: Start) -> None:
        site = await start(reply("503 Service Unavailable", Retry_After="120"))
        with pytest.raises(Throttled) as caught:
            await web.get(site.url())
        assert caught.value.retry_after == timedelta(minutes=2)

    async def test_a_date_to_come_back_is_counted_from_the_servers_own_clock(self, web: Web, start: Start) -> None:
        dates = {"Retry_After": "Thu, 01 Jan 2015 00:05:00 GMT", "Date": "Thu, 01 Jan 2015 00:00:00 GMT"}
        site = await start(reply("429 Too Many Requests", **dates))
        with pytest.raises(Throttled) as caught:
            await web.get(site.url())
        assert caught.value.retry_after == timedelta(minutes=5)

    @pytest.mark.parametrize(
        ("value", "wait"),
        [("0", 0), ("7", 7), (" 30 ", 30), ("999999999999999999999", 86_400), ("Mon, 23 Nov 2026 12:01:00 GMT", 60),
         ("Mon, 23 Nov 2026 11:00:00 GMT", 0), ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400), ("", None), ("soon", None),
         ("-5", None), ("1.5", None), ("٣", None), ("Mon, 99 Nov 2026 12:01:00 GMT", None)],
    )  # fmt: skip
    def test_retry_after_is_seconds_or_a_date(self, value: str, wait: int | None) -> None:
        assert retry_after(value, now=NOW) == (None if wait is None else timedelta(seconds=wait))

    @given(st.text())
    def test_any_retry_after_is_read_or_left(self, value: str) -> None:
        wait = retry_after(value, now=NOW)
        assert wait is None or timedelta() <= wait <= timedelta(days=1)


class TestFaults:
    async def test_a_closed_port_is_no_connection(self, web: Web, start: Start) -> None:
        site = await start(reply())
        async with Web(quick()) as other:
            with pytest.raises(Unconnected, match="connection was refused"):
                await other.get(f"http://127.0.0.9:{site.port}/")

    async def test_a_name_that_does_not_resolve_is_no_connection(self) -> None:
        async def nobody(host: str, port: int) -> list[str]:
            raise OSError("nobody")

        async with Web(WebSettings(), resolve=nobody) as web:
            with pytest.raises(Unconnected, match=r"^http://no\.example\.org/: the name does not resolve$"):
                await web.get("http://no.example.org/")

    @pytest.mark.parametrize(
        ("answer", "words"),
        [(b"", "hung up"), (b"HTTP/1.1 200 OK\r\nContent-Le", "hung up|not HTTP|broke"),
         (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "broke off"),
         (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "broke off"),
         (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off"),
         (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", "not HTTP"),
         (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxy", "not HTTP"),
         (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not HTTP"), (b"<html>HTTP/0.9</html>\n", "not HTTP"),
         (b"\x15\x03\x01\0\x02\x02\x46\r\n\r\n", "not HTTP")],
    )  # fmt: skip
    async def test_an_answer_that_breaks_off_is_transient(
        self, web: Web, start: Start, answer: bytes, words: str
    ) -> None:
        async def cut(request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            await writer.drain()
            writer.close()

        site = await start(cut)
        with pytest.raises(Unreachable, match=words) as caught:
            await web.get(site.url())
        assert not isinstance(caught.value, Unconnected)
        assert caught.value.transient

    @settings(max_examples=30)
    @given(st.binary(max_size=200))
    async def test_any_bytes_as_an_answer_give_a_response_or_an_error_of_ours(self, noise: bytes) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n" + noise)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server, Web(quick(timeout=timedelta(seconds=2))) as web:
            try:
                await web.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            except ScrapeError as error:
                assert "\n" not in str(error)  # noqa: PT017

    async def test_a_connection_that_takes_too_long_is_none(self) -> None:
        def late(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectTimeout("late")

        async with Web(WebSettings(), transport=httpx.MockTransport(late)) as web:
            with pytest.raises(Unconnected, match="no connection within 5 s"):
                await web.get("http://example.org/")

    def test_every_error_of_httpx_has_a_meaning(self) -> None:
        for kind in {*family(httpx.HTTPError), *family(httpx.InvalidURL)}:
            error = kind.__new__(kind)
            assert isinstance(explain(error), ScrapeError)
            assert explain(error).transient or not issubclass(kind, httpx.TimeoutException | httpx.NetworkError), kind

    def test_every_code_of_libcurl_has_a_meaning(self) -> None:
        others = {pycurl.E_URL_MALFORMAT: Misuse, 100: TooLarge}
        for code in range(1, 120):
            assert isinstance(transport.explain(code), others.get(code, Unreachable)), code

    @pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError])
    def test_what_never_connected_may_be_our_own_network(self, kind: type[Exception]) -> None:
        assert type(explain(kind.__new__(kind))) is Unconnected

    @pytest.mark.parametrize(
        "kind", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, ConnectionResetError]
    )
    def test_what_broke_later_is_the_servers_matter(self, kind: type[Exception]) -> None:
        assert type(explain(kind.__new__(kind))) is Unreachable

    @pytest.mark.parametrize(
        "code",
        [pycurl.E_COULDNT_CONNECT, pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY,
         pycurl.E_OPERATION_TIMEDOUT, pycurl.E_ABORTED_BY_CALLBACK],
    )  # fmt: skip
    def test_a_code_of_libcurl_for_no_connection_may_be_our_own_network(self, code: int) -> None:
        assert type(transport.explain(code)) is Unconnected

    @pytest.mark.parametrize(
        "code",
        [pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR, pycurl.E_GOT_NOTHING, pycurl.E_PARTIAL_FILE,
         pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION],
    )  # fmt: skip
    def test_a_code_of_libcurl_for_what_broke_later_is_the_servers_matter(self, code: int) -> None:
        assert type(transport.explain(code)) is Unreachable


class TestSettings:
    def test_an_address_is_shown_without_its_secrets(self) -> None:
        assert show(parse("https://user:pass@example.org/a?key=secret")) == "https://example.org/a?..."

    def test_the_name_is_ours_and_says_whom_to_write_to(self) -> None:
        assert user_agent("").startswith("Vigie/")
        assert user_agent("mailto:me@example.org").endswith(" (+mailto:me@example.org)")

    @pytest.mark.parametrize("fault", [{"contact": "a\r\nX: 1"}, {"contact": "é"}, {"timeout": timedelta()}])
    def test_settings_that_cannot_be_sent_are_faults(self, fault: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="must be"):
            WebSettings(**fault)  # type: ignore[arg-type]

    async def test_a_recorded_web_can_stand_in_for_the_network(self) -> None:
        recorded = httpx.MockTransport(lambda request: httpx.Response(200, content=request.url.path.encode()))
        async with Web(WebSettings(), transport=recorded) as web:
            assert (await web.get("https://news.example.org/feed")).body == b"/feed"
            with pytest.raises(Refused):
                await web.get("https://10.0.0.1/feed")


def family(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)
