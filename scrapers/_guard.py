"""Which addresses are never opened: all that is not the public internet, unless the operator allows its network.

A source's address comes from a person in a chat or from a redirect, so it may name a machine inside. Three walls, each
enough by itself: the host as written (``check_host``), every answer of one name look-up (``resolve``), and the very
address about to be connected (``check``). Rules: IANA's special-purpose registries and RFC 4291, 6052, 6890.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from scrapers._errors import Refused

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses. Raises OSError when the name does not resolve."""

GLOBAL_UNICAST = ip_network("2000::/3")
"""All of IPv6 that is given out to the public: leaves out NAT64, IPv4-mapped, site-local, unique local, multicast."""
TUNNELS = (ip_network("2002::/16"), ip_network("2001::/32"))
"""6to4 and Teredo carry an IPv4 address inside, which may be an inner one."""
HOME_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "home.arpa", "corp")
MAX_NAMES = 10_000


def is_public(address: str) -> bool:
    """Whether this literal address belongs to the public internet. Raises ValueError when it is none."""
    return _is_public(_unwrap(address))


class Guard:
    """The walls, for one set of networks that the operator allows besides the public internet."""

    def __init__(self, allow: Iterable[Network] = (), *, resolve: Resolve | None = None) -> None:
        self._allow = tuple(allow)
        self._look_up = resolve or look_up
        self._inside: dict[str, None] = {}

    def check(self, address: str, *, host: str = "") -> None:
        """Raises Refused unless this address may be connected. ``host`` is the name that led to it."""
        try:
            found = _unwrap(address)
        except ValueError:
            raise Refused("what it resolves to is no address", subject=host or address) from None
        if not _is_public(found) and not self._allowed(found):
            leads = f"leads to {found}, an" if host and host != address else "is an"
            raise Refused(f"{leads} inner address, which is never opened", subject=host or address)

    def check_host(self, host: str) -> None:
        """Raises Refused for an inner address written out, or any address in an unusual form (``0x7f.1``)."""
        if host in self._inside or not _is_literal(host):
            return
        bare = host.rstrip(".")
        try:
            public = is_public(bare)
        except ValueError:
            raise Refused("an address in an unusual form is never opened", subject=host) from None
        self.check(bare)
        if not public:
            self._remember(host)

    def check_name(self, host: str) -> None:
        """Raises Refused for a name that means a machine of one's own net: all that can be told without a look-up."""
        name = host.rstrip(".").lower()
        if _is_literal(name):
            return
        if "." not in name or name.endswith(tuple(f".{home}" for home in HOME_NAMES)):
            raise Refused("a name of the inner network is never opened", subject=host)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """One look-up, checked: its addresses if all of them may be connected. Raises Refused, or OSError."""
        found = await self._look_up(host, port)
        if not found:
            raise OSError("the name has no address")
        for address in found:
            self.check(address, host=host)
        if not any(is_public(address) for address in found):
            self._remember(host)
        return found

    def inside(self, host: str) -> bool:
        """Whether this host was found in an allowed inner network, by a check or a look-up: no gap is owed to it."""
        return host in self._inside

    def _remember(self, host: str) -> None:
        if len(self._inside) >= MAX_NAMES:
            self._inside.clear()
        self._inside[host] = None

    def _allowed(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._allow)


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, asked of the system in a thread. Raises OSError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no name can be like this") from None
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))


@lru_cache(maxsize=4096)
def _unwrap(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address)
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=4096)
def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in GLOBAL_UNICAST and not any(address in tunnel for tunnel in TUNNELS)


def _is_literal(host: str) -> bool:
    """The WHATWG URL rule: a host whose last part is a number is an address to the system, whatever it looks like."""
    if ":" in host or not host:
        return True
    last = host.rstrip(".").rsplit(".", 1)[-1]
    return last[:1].isdigit() and re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", last) is not None
