"""Through a proxy: it alone is connected, it learns no more than it must, and what it refuses is no answer."""

import asyncio
import ssl
from contextlib import suppress
from datetime import timedelta

import pytest

from scrapers import Unconnected
from scrapers._web import Web, WebSettings
from tests.scrapers.sites import Start, reply
from tests.scrapers.test_web_transport import ours, settle


class Tunnels:
    """A proxy that makes tunnels to one port."""

    def __init__(self, port: int) -> None:
        self.asked: list[bytes] = []
        self._port = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n")
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


def behind(port: int) -> WebSettings:
    """A way out through a proxy on this port, whose name the system must look up."""
    return WebSettings(proxy=f"http://localhost:{port}", gap=timedelta(), timeout=timedelta(seconds=5))


class TestProxy:
    async def test_a_tunnel_is_no_answer_and_is_told_no_secrets(
        self, start: Start, certificate: tuple[str, ssl.SSLContext]
    ) -> None:
        trust, context = certificate
        site = await start(reply(body=b"secure", Connection="close"), tls=context)
        tunnels = Tunnels(site.port)
        async with await asyncio.start_server(tunnels.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with Web(behind(port), trust=trust) as web:
                found = await web.get("https://me:secret@news.example.org/feed")
            await settle(lambda: ours(site) == 0)
        assert found.body == b"secure"
        assert "via" not in found.headers
        assert tunnels.asked[0].startswith(b"CONNECT news.example.org:443 HTTP/1.1\r\n")
        assert b"authorization" not in tunnels.asked[0].lower()
        assert b"authorization: basic" in site.asked[0].lower()

    @pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
    async def test_a_tunnel_that_is_refused_is_no_connection(self, start: Start, status: str) -> None:
        proxy = await start(reply(status))
        async with Web(behind(proxy.port)) as web:
            with pytest.raises(Unconnected, match="the proxy does not answer"):
                await web.get("https://news.example.org/feed")

    @pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "http://a..b:3128"])
    async def test_a_proxy_that_is_away_is_no_connection(self, proxy: str) -> None:
        async with Web(WebSettings(proxy=proxy, timeout=timedelta(seconds=5))) as web:
            for url in ("http://news.example.org/", "https://news.example.org/"):
                with pytest.raises(Unconnected, match="the proxy does not answer"):
                    await web.get(url)

    async def test_the_whole_address_is_asked_of_it_as_it_was_written(self, start: Start) -> None:
        proxy = await start(reply(body=b"x"))
        settings = WebSettings(proxy=f"http://me:pass@127.0.0.1:{proxy.port}", gap=timedelta())
        async with Web(settings) as web:
            await web.get("http://news.example.org:8080/%2fa/b?c=%e9&d")
        assert proxy.asked[0].startswith(b"GET http://news.example.org:8080/%2fa/b?c=%e9&d HTTP/1.1\r\n")
        assert b"\r\nproxy-authorization: basic bwu6cgfzcw==\r\n" in proxy.asked[0].lower()
