"""A loopback feed farm, started as a child: thousands of distinct feeds that answer 200, or 304 to who knows them.

The folder of its program, ``farm.py``, stands in the environment variable FARM, which ``make bench`` sets.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from tests.bench.spent import Failed, environment

FOLDER = "FARM"
"""The environment variable."""
HOSTS = 64
"""Loopback addresses over which the feeds are spread."""
PATIENCE = 100
"""Times that a new farm is asked whether it answers, ten a second."""

Validators = tuple[str, str]
"""ETag and Last-Modified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the farm counted since the last reset: requests, feeds that were asked, 200s, 304s."""

    requests: int
    feeds: int
    fresh: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Farm:
    """A farm that runs. ``authority`` is the file with the certificate to trust, where it speaks TLS."""

    base: str
    feeds: int
    authority: Path | None = None

    def urls(self) -> list[str]:
        return list(self._ask("urls"))

    def reset(self, *, forget: bool = False) -> None:
        """Zero the counters; ``forget`` also takes back what was published."""
        self._ask("reset?versions=1" if forget else "reset")

    def publish(self, *, share: float, seed: int) -> int:
        """A new post in that share of the feeds, in one at least; how many."""
        return len(self._ask(f"publish_many?share={share}&seed={seed}"))

    def publish_first(self) -> None:
        """A new post in the first feed."""
        self._ask("publish?feed=1")

    def asked(self) -> Asked:
        stats = self._ask("stats")
        total = stats["total"]
        return Asked(
            requests=total["total"],
            feeds=self.feeds - stats["never_asked"],
            fresh=total["ok"],
            unchanged=total["not_modified"],
        )

    def validators(self, url: str) -> Validators:
        """Those of a feed as it is now."""
        with self._open(urllib.request.Request(url, method="HEAD")) as answer:
            return answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")

    def _ask(self, what: str) -> Any:
        with self._open(urllib.request.Request(f"{self.base}/_ctl/{what}")) as answer:
            return json.load(answer)

    def _open(self, request: urllib.request.Request) -> HTTPResponse:
        context = ssl.create_default_context(cafile=self.authority) if self.authority else None
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        answer: HTTPResponse = urllib.request.build_opener(*handlers).open(request, timeout=60)
        return answer


def folder() -> Path | None:
    """Where the farm's program is, if it is there."""
    named = os.environ.get(FOLDER, "")
    return Path(named) if named and (Path(named) / "farm.py").is_file() else None


@contextmanager
def started(feeds: int, *options: str) -> Iterator[Farm]:
    """A farm of that many feeds. Raises Failed."""
    home = folder()
    if home is None:
        raise Failed(f"{FOLDER} names no feed farm")
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as state:
        size = ("--feeds", str(feeds), "--port", str(port), "--hosts", str(HOSTS), "--state", state)
        command = (sys.executable, str(home.absolute() / "farm.py"), *size, *options)
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as child:
            try:
                if not (child.stdout and child.stdout.readline()):
                    raise Failed("the feed farm did not start")
                authority = Path(state, "cert.pem") if "--tls" in options else None
                scheme = "https" if authority else "http"
                yield _listening(Farm(f"{scheme}://127.0.0.1:{port}", feeds, authority))
            finally:
                child.terminate()


def _listening(running: Farm) -> Farm:
    """The farm, once it answers: it says that it is ready a little earlier. Raises Failed."""
    for _ in range(PATIENCE):
        try:
            running.reset()
        except OSError:
            time.sleep(0.1)
        else:
            return running
    raise Failed("the feed farm does not answer")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
