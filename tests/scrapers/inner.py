"""Thirteen addresses that lead inside, as an attacker writes them, and a loopback that shows where they lead.

127.0.0.2 stands for the public internet, so that no packet leaves the machine: names of the outside resolve to it, and
it alone may be opened (``ALLOWED``). What must not be reached is 127.0.0.1, where ``Loopback`` counts the connections.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from tests.scrapers.sites import Site, reply

INNER = "127.0.0.1"
OUTER = "127.0.0.2"
ALLOWED = IPv4Network(f"{OUTER}/32")
FRONT = "front.example.org"
"""A site outside. ``/to/HOST/`` redirects to that host, at its own port if none is named; all else gives ``BODY``."""
BODY = b"outside"


@dataclass(frozen=True, slots=True)
class Attack:
    """One host as written, and what its name resolves to: an answer for each look-up, the last one ever after."""

    host: str
    answers: tuple[tuple[str, ...], ...] = ()
    path: str = "/"

    def url(self, port: int) -> str:
        return f"http://{self.host}:{port}{self.path}"

    def redirected(self, port: int) -> str:
        """The address of a page outside that redirects to this one."""
        return f"http://{FRONT}:{port}/to/{self.host}{self.path}"


REBINDING = Attack("rebinding.example.org", ((OUTER,), (INNER,)))
"""Harmless when it is looked up first: the one attack whose first connection may be made, to the outside."""
ATTACKS = (
    Attack("127.0.0.1"),
    Attack("localhost", ((INNER,),)),
    Attack("2130706433"),
    Attack("127.1"),
    Attack("0"),
    Attack("[::ffff:127.0.0.1]"),
    Attack("169.254.169.254"),
    Attack(FRONT, ((OUTER,),), path=f"/to/{INNER}/"),
    Attack("inner.example.org", ((INNER,),)),
    REBINDING,
    Attack("both.example.org", ((OUTER, INNER),)),
    Attack("6to4.example.org", (("2002:7f00:1::",),)),
    Attack("nat64.example.org", (("64:ff9b::7f00:1",),)),
)


@dataclass(slots=True)
class Names:
    """A name server that knows the outside and the attacks, and what it was asked."""

    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        known = {attack.host: attack.answers for attack in ATTACKS if attack.answers} | {FRONT: ((OUTER,),)}
        if host not in known:
            raise OSError("nobody")
        answers = known[host]
        self.asked.append(host)
        return answers[min(self.asked.count(host), len(answers)) - 1]


@dataclass(frozen=True, slots=True)
class Loopback:
    """One port on both sides: ``inner`` must see no connection, ``outer`` is the web."""

    port: int
    inner: Site
    outer: Site


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    async def secret(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(body=b"secret"))

    async def front(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split(b" ")[1].decode()
        if path.startswith("/to/"):
            host, _, rest = path.removeprefix("/to/").partition("/")
            where = host if re.search(r":[0-9]+$", host) else f"{host}:{port}"
            writer.write(reply("302 Found", Location=f"http://{where}/{rest}"))
        else:
            writer.write(reply(body=BODY))

    inner, outer = Site(secret), Site(front)
    server = await asyncio.start_server(inner.serve, INNER, 0)
    port = server.sockets[0].getsockname()[1]
    other = await asyncio.start_server(outer.serve, OUTER, port)
    try:
        yield Loopback(port, inner, outer)
    finally:
        server.close()
        other.close()
