"""The small site that the demo serves to itself on loopback: what its press has published by the demo's clock."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from bot.demo.news import out
from bot.demo.pages import page
from bot.demo.press import ACTOR, CHANNEL, OUTLETS, Form, Outlet

PATHS = {
    "/wire/rss.xml": OUTLETS["Harbour Wire"],
    "/delta/rss.xml": OUTLETS["Delta Times"],
    "/bench/rss.xml": OUTLETS["Bench Notes"],
    "/lephare/atom.xml": OUTLETS["Le Phare"],
    "/taihe/feed.json": OUTLETS["泰和科技報"],
    "/rsshub/video/user/70000": OUTLETS["短视频·仓库老周"],
    f"/s/{CHANNEL}": OUTLETS["服务器集市"],
    "/xrpc/app.bsky.feed.getAuthorFeed": OUTLETS["Dockside"],
    "/api/v1/search_by_date": OUTLETS["Forum"],
}
"""Where each outlet stands on the site."""


class DemoSite:
    """A context manager: inside it, the site answers at ``url``.

    A piece appears when ``now`` passes its date. ``looks`` counts the answers given, ``unchanged`` those among them
    that were a bare 304.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="demo site", daemon=True)
        self.looks = 0
        self.unchanged = 0

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, address: str, known: str) -> tuple[HTTPStatus, dict[str, str], bytes]:
        """Status, headers and body for an address; ``known`` is the ETag that the asker has."""
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        outlet = PATHS.get(parts.path)
        if outlet is None or (outlet.form is Form.BLUESKY and query.get("actor") != ACTOR):
            return HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"}, b"There is nothing here.\n"
        content_type, body = self._page(outlet, query)
        tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        same = known == tag
        with self._lock:
            self.looks += 1
            self.unchanged += same
        headers = {"Content-Type": content_type, "ETag": tag, "Cache-Control": "no-cache"}
        return (HTTPStatus.NOT_MODIFIED, headers, b"") if same else (HTTPStatus.OK, headers, body)

    def _page(self, outlet: Outlet, query: dict[str, str]) -> tuple[str, bytes]:
        return page(outlet, out(outlet, self._now()), query)


class _Server(ThreadingTCPServer):
    """On a free port of loopback. (http.server's own class would look up the machine's name, which can take long.)"""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, site: DemoSite) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        status, headers, body = self.server.site.answer(self.path, self.headers.get("If-None-Match", ""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the screen for the show."""
