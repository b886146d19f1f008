"""libcurl as an httpx transport: the one place where a connection is made, to a checked address or not at all.

Both a request over an open connection and a new one with TLS cost less than with Python's own clients. libcurl says
which sockets it waits for and asks us for each one that it opens, so it runs on our event loop and the guard sees the
very address that is about to be connected. Names are looked up by the guard alone.
"""

import asyncio
import math
import os
import re
import socket
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from selectors import DefaultSelector
from time import monotonic
from typing import Any, Self

import certifi
import httpx
import pycurl

from scrapers._errors import Misuse, Refused, ScrapeError, TooLarge, Unconnected, Unreachable
from scrapers._guard import Guard, look_up
from scrapers._lane import KEEP
from scrapers._web.address import Address, of

CONNECT = 5.0
"""Seconds for a name look-up, and for a connection with its TLS."""
MAX_HEADER = 32_768
"""Bytes of one header: policies of real sites reach 10 kB."""
MAX_HEADERS = 131_072
"""Bytes of all headers of an answer, with those of the hints before it and of the trailers after it."""
MAX_WAITING = 1_000_000
"""Bytes of a body that lie here unread before the server is made to wait."""
CONNECTIONS = 256
"""Connections that are kept for a next request, or are under way: files are limited."""
DNS_KEEP = 60.0
"""Seconds for which the addresses of a name are believed."""
MAX_NAMES = 10_000
HOUR = 3600

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_SWITCHED = 101
"""The one status below 200 after which no other comes."""
_FLOOD = "its headers are more or longer than any honest server sends"
_STRANGE_REPLY, _PROXY_HANDSHAKE, _TOO_LARGE = 8, 97, 100  # pycurl has no names for these
_SUPPRESS_CONNECT_HEADERS = 265
_CODES: dict[int, tuple[type[ScrapeError], str]] = {
    pycurl.E_URL_MALFORMAT: (Misuse, "this is not a web address"),
    pycurl.E_UNSUPPORTED_PROTOCOL: (Unreachable, "what it answers is not HTTP"),
    _STRANGE_REPLY: (Unreachable, "what it answers is not HTTP"),
    pycurl.E_BAD_CONTENT_ENCODING: (Unreachable, "what it answers is not HTTP"),
    pycurl.E_COULDNT_RESOLVE_PROXY: (Unconnected, "the proxy does not answer"),
    _PROXY_HANDSHAKE: (Unconnected, "the proxy does not answer"),
    pycurl.E_COULDNT_RESOLVE_HOST: (Unconnected, "the name does not resolve"),
    pycurl.E_ABORTED_BY_CALLBACK: (Unconnected, "the name does not resolve"),  # what _never says to libcurl
    pycurl.E_COULDNT_CONNECT: (Unconnected, "the connection was refused"),
    pycurl.E_OPERATION_TIMEDOUT: (Unconnected, f"no connection within {CONNECT:g} s"),
    pycurl.E_SSL_CONNECT_ERROR: (Unreachable, "no secure connection could be made"),
    pycurl.E_SSL_CIPHER: (Unreachable, "no secure connection could be made"),
    pycurl.E_PEER_FAILED_VERIFICATION: (Unreachable, "its certificate is not valid"),
    pycurl.E_SSL_CERTPROBLEM: (Unreachable, "its certificate is not valid"),
    pycurl.E_SSL_CACERT_BADFILE: (Unreachable, "the file of trusted certificates cannot be read"),
    pycurl.E_GOT_NOTHING: (Unreachable, "the server hung up without an answer"),
    pycurl.E_PARTIAL_FILE: (Unreachable, "the answer broke off"),
    _TOO_LARGE: (TooLarge, _FLOOD),
}
"""What the codes of libcurl mean for a source (https://curl.se/libcurl/c/libcurl-errors.html)."""
_NO_PROXY = (pycurl.E_COULDNT_CONNECT, pycurl.E_OPERATION_TIMEDOUT, pycurl.E_RECV_ERROR)
"""What comes of a proxy that is away, or makes no tunnel."""


def explain(code: int) -> ScrapeError:
    """What an error of libcurl means for a source, in one plain line."""
    meaning, words = _CODES.get(code, (Unreachable, "the connection broke"))
    return meaning(words)


class Transport(httpx.AsyncBaseTransport):
    """libcurl, with httpx's interface and a shorter one: asks (GET) for the address as given; decodes, stores nothing.

    Raises ScrapeError. A proxy resolves names itself, so with one only the address as written is guarded. ``trust`` is
    a file of certificates that are believed, and no others; "": those of certifi and of the system's folder, or of
    the file and the folder that SSL_CERT_FILE and SSL_CERT_DIR name, as everywhere with OpenSSL.
    """

    def __init__(self, guard: Guard, proxy: str, trust: str = "") -> None:
        self._guard = guard
        self._proxy = of(httpx.URL(proxy)) if proxy else None
        self._certificates = _certificates(trust)
        self._names: dict[tuple[str, int], tuple[float, list[str]]] = {}
        self._loop = _Loop()
        self._idle: list[pycurl.Curl] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as soon as its headers are whole; the body comes as it is read."""
        transfer = await self.ask(of(request.url), request.headers)
        return httpx.Response(transfer.status, headers=transfer.headers, stream=transfer)

    async def ask(self, url: Address, headers: Mapping[str, str], *, seconds: float | None = None) -> "Transfer":
        """The same without httpx's objects, of which a request and an answer cost more than a poll by libcurl.

        Raises TimeoutError when the answer, its body included, takes longer than ``seconds``; None: however long.
        """
        began = monotonic()
        known = await self._addresses(self._proxy or url)
        if self._loop.closed:
            raise Unreachable("Vigie is stopping")
        left = 0.0 if seconds is None else max(began + seconds - monotonic(), 0.001)
        transfer = Transfer(None if self._proxy else self._guard, self._loop, self._idle, left)
        try:
            handle = self._idle.pop() if self._idle else self._make()
            handle.setopt(pycurl.URL, f"{url.scheme}://{url.netloc}/")
            handle.setopt(pycurl.REQUEST_TARGET, self._target(url))  # libcurl would write %2f as %2F
            handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
            handle.setopt(pycurl.RESOLVE, known)
            handle.setopt(pycurl.TIMEOUT_MS, math.ceil(left * 1000))
            await transfer.start(handle)
        except pycurl.error as error:
            raise explain(error.args[0]) from error
        return transfer

    async def aclose(self) -> None:
        """Close every connection. Requests that are under way end with an error of their own."""
        self._loop.close()
        while self._idle:
            self._idle.pop().close()

    def _make(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        file, folder = self._certificates
        for option, value in (
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, _whole(self._proxy) if self._proxy else ""),  # "": none, not even the environment's
            (pycurl.NOPROXY, ""),
            (_SUPPRESS_CONNECT_HEADERS, 1),  # what a proxy says of its tunnel is no answer
            (pycurl.CONNECTTIMEOUT_MS, int(CONNECT * 1000)),
            (pycurl.MAXAGE_CONN, int(KEEP)),
            (pycurl.DNS_CACHE_TIMEOUT, HOUR),  # what was told lasts longer than its request
            (pycurl.RESOLVER_START_FUNCTION, _never),
            (pycurl.CAINFO, file),
            (pycurl.CAPATH, folder),
            (pycurl.PROXY_CAINFO, file),
            (pycurl.PROXY_CAPATH, folder),
        ):
            if value is not None:
                handle.setopt(option, value)
        return handle

    def _target(self, url: Address) -> str:
        """What stands behind GET: the path, or for a proxy that makes no tunnel the whole address."""
        tunnel = self._proxy is None or url.scheme == "https"
        return url.target if tunnel else f"{url.scheme}://{url.netloc}{url.target}"

    async def _addresses(self, url: Address) -> list[str]:
        """Where this address leads, checked, as libcurl wants to be told: its own look-up is never used."""
        host, port = url.host, url.door
        until, known = self._names.get((host, port), (0.0, [""]))
        if until < monotonic():
            known = _told(host, port, await self._resolve(host, port))
            if len(self._names) >= MAX_NAMES:
                self._names.clear()
            self._names[host, port] = (monotonic() + DNS_KEEP, known)
        return known

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        bare = host.rstrip(".")
        if ":" in host or bare.rpartition(".")[2].isdigit():
            if self._proxy is None:
                self._guard.check(bare)
            return (bare,)
        try:
            async with asyncio.timeout(CONNECT):
                return await (look_up if self._proxy else self._guard.resolve)(host, port)
        except TimeoutError:
            raise Unconnected("no answer from the name server") from None
        except OSError:
            raise Unconnected("the proxy does not answer" if self._proxy else "the name does not resolve") from None


def _told(host: str, port: int, addresses: Sequence[str]) -> list[str]:
    """What libcurl is told of a host, under each form in which it may write it (CURLOPT_RESOLVE)."""
    forms = {host}
    if ":" in host:
        forms = {f"[{host}]", f"[{socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))}]"}
    elif addresses == (host.rstrip("."),):
        forms = set(addresses)
    places = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
    return [f"+{form}:{port}:{places}" for form in forms]


def _never() -> int:
    """What is asked before libcurl looks a name up, or reads an address, that it was not told of: not to."""
    return 1


def _whole(proxy: Address) -> str:
    """The address of a proxy with its port: libcurl's usual one is 1080."""
    user = f"{proxy.user}@" if proxy.user else ""
    return f"{proxy.scheme}://{user}{f'[{proxy.host}]' if ':' in proxy.host else proxy.host}:{proxy.door}"


def _certificates(trust: str) -> tuple[str, str | None]:
    """The file and the folder of certificates that are believed."""
    if trust:
        return trust, None
    usual = ssl.get_default_verify_paths()
    return os.environ.get(usual.openssl_cafile_env) or certifi.where(), usual.capath


class Transfer(httpx.AsyncByteStream):
    """One request under way, and the body of its answer."""

    def __init__(self, guard: Guard | None, loop: "_Loop", idle: list[pycurl.Curl], seconds: float) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._guard = guard
        self._loop = loop
        self._idle = idle
        self._seconds = seconds
        self._handle: pycurl.Curl | None = None
        self._lines: list[bytes] = []
        self._size = 0
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._error: ScrapeError | TimeoutError | None = None
        self._more: asyncio.Future[None] | None = None

    async def start(self, handle: pycurl.Curl) -> None:
        """Send the request and wait for the headers. Raises ScrapeError."""
        handle.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        handle.setopt(pycurl.HEADERFUNCTION, self._header)
        handle.setopt(pycurl.WRITEFUNCTION, self._piece)
        self._handle = handle
        try:
            self._loop.add(handle, self)
            await self._wait()
            if not self.status:
                raise self._error or explain(_STRANGE_REPLY)
        except BaseException:
            await self.aclose()
            raise

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._handle is None:
                if self._error:
                    raise self._error
                raise StopAsyncIteration
            if self._paused:
                self._paused = False
                self._loop.resume(self._handle)  # which may bring a piece at once
            else:
                await self._wait()
        piece = self._pieces.popleft()
        self._waiting -= len(piece)
        return piece

    async def aclose(self) -> None:
        """Leave the transfer, and its connection if the answer is not whole."""
        self._end()
        self._pieces.clear()

    def ended(self, code: int) -> None:
        """The transfer is over: 0, or an error of libcurl."""
        if not code:
            self._error = None  # of several addresses one was good
        elif self._error is None:
            self._error = self._explain(code)
        self._end()
        self._wake()

    def stop(self) -> None:
        """End the transfer because Vigie ends."""
        self._error = Unreachable("Vigie is stopping")
        self.ended(pycurl.E_ABORTED_BY_CALLBACK)

    def _explain(self, code: int) -> ScrapeError | TimeoutError:
        if code == pycurl.E_OPERATION_TIMEDOUT and self._is_late():
            return TimeoutError()
        if self.status:
            return Unreachable("the answer broke off")
        if self._guard is None and code in _NO_PROXY:
            return Unconnected("the proxy does not answer")
        return explain(code)

    def _is_late(self) -> bool:
        """Whether all the time is up, and not only that for a connection."""
        spent: float = self._handle.getinfo(pycurl.TOTAL_TIME) if self._handle else 0.0
        return 0 < self._seconds < spent + 0.01

    def _end(self) -> None:
        if self._handle is not None:
            self._loop.remove(self._handle)
            self._idle.append(self._handle)
            self._handle = None

    async def _wait(self) -> None:
        """Until something comes, or the transfer is over."""
        if self._handle is not None:
            self._more = asyncio.get_running_loop().create_future()
            await self._more

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _open(self, purpose: int, place: Any) -> socket.socket | int:
        """A socket for this address, or none: the last wall."""
        try:
            if self._guard is not None:
                self._guard.check(str(place.addr[0]))
            return self._loop.socket(place)
        except Refused as error:
            self._error = error
        except OSError as error:
            self._error = Unconnected(f"no socket could be opened: {error.strerror}")
        return int(pycurl.SOCKET_BAD)

    def _header(self, line: bytes) -> int | None:
        self._size += len(line)
        if len(line) > MAX_HEADER or self._size > MAX_HEADERS:
            self._error = TooLarge(_FLOOD)
            return -1
        self._lines.append(line)
        if line in (b"\r\n", b"\n"):
            self._head(self._lines)
            self._lines = []
        return None

    def _head(self, lines: list[bytes]) -> None:
        """Take the headers if they are those of the answer: not of a hint before it (103), nor trailers after it."""
        found = _STATUS.match(lines[0])
        status = int(found[1]) if found else 0
        if status >= 200 or status == _SWITCHED:
            named = (line.partition(b":") for line in lines[1:-1])
            self.headers = [(name.strip(), value.strip()) for name, _, value in named]
            self.status = status
            self._wake()

    def _piece(self, piece: bytes) -> int | None:
        if self._waiting > MAX_WAITING:
            self._paused = True
            return int(pycurl.WRITEFUNC_PAUSE)
        self._pieces.append(piece)
        self._waiting += len(piece)
        self._wake()
        return None


class _Loop:
    """libcurl's transfers on asyncio's event loop (https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket").

    Its sockets have a selector of their own, for which our loop waits as for one of them: so many that become ready
    together cost one call, and the many times that libcurl turns to a socket and away from it cost little.
    """

    def __init__(self) -> None:
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._transfers: dict[pycurl.Curl, Transfer] = {}
        self._sockets = DefaultSelector()
        self._watched: set[int] = set()
        self._loop.add_reader(self._sockets.fileno(), self._ready)
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._lent: list[socket.socket] = []
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_due)
        self._multi.setopt(pycurl.M_MAXCONNECTS, CONNECTIONS)

    def add(self, handle: pycurl.Curl, transfer: Transfer) -> None:
        """Begin a transfer: here and now, which is cheaper than in the loop's next round. Raises pycurl.error."""
        self._multi.add_handle(handle)
        self._transfers[handle] = transfer
        self._step(pycurl.SOCKET_TIMEOUT, 0)
        self._set_timer()

    def remove(self, handle: pycurl.Curl) -> None:
        if self._transfers.pop(handle, None) is not None:
            self._multi.remove_handle(handle)
            self._set_timer()

    def resume(self, handle: pycurl.Curl) -> None:
        """Let a transfer that was paused go on."""
        try:
            handle.pause(pycurl.PAUSE_CONT)
        except pycurl.error as error:
            self._transfers[handle].ended(error.args[0])
        self._set_timer()

    def socket(self, place: Any) -> socket.socket:
        """A socket for libcurl, which works with a copy of it: ours is closed when the step is done."""
        made = socket.socket(place.family, place.socktype, place.protocol)
        self._lent.append(made)
        return made

    def close(self) -> None:
        """End every transfer and close every connection."""
        if self.closed:
            return
        self.closed = True
        for transfer in tuple(self._transfers.values()):
            transfer.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._multi.close()
        self._loop.remove_reader(self._sockets.fileno())
        self._sockets.close()

    def _watch(self, what: int, number: int, multi: pycurl.CurlMulti, data: object) -> None:
        """libcurl wants to know when this socket can be read or written: its words for it are a selector's."""
        if number in self._watched:
            self._sockets.unregister(number)
            self._watched.remove(number)
        if what in (pycurl.POLL_IN, pycurl.POLL_OUT, pycurl.POLL_INOUT):
            self._sockets.register(number, what)
            self._watched.add(number)

    def _set_due(self, milliseconds: int) -> None:
        """libcurl wants to be called after that time; -1: no more."""
        self._due = math.inf if milliseconds < 0 else self._loop.time() + milliseconds / 1000

    def _set_timer(self) -> None:
        """One timer for all: what is put off is looked at when the earlier time comes, which is mostly never."""
        if self._timer is not None and self._timer.when() > self._due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and self._due < math.inf:
            self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due <= self._loop.time():
            self._step(pycurl.SOCKET_TIMEOUT, 0)
        self._set_timer()

    def _ready(self) -> None:
        """Some sockets can be read or written."""
        for key, events in self._sockets.select(0):
            self._step(key.fd, events)
        self._set_timer()

    def _step(self, number: int, what: int) -> None:
        """Something can be read or written, or it is time; then tell those whose transfer is over."""
        _, running = self._multi.socket_action(number, what)
        while self._lent:
            self._lent.pop().close()
        if running < len(self._transfers):
            self._tell()

    def _tell(self) -> None:
        waiting = 1
        while waiting:
            waiting, done, failed = self._multi.info_read()
            for handle in done:
                self._transfers[handle].ended(0)
            for handle, code, _ in failed:
                self._transfers[handle].ended(code)
