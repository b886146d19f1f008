from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Refused
from scrapers._guard import Guard, is_public, look_up

INNER = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "fc00::1",
    "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "100::1",
]  # fmt: skip
ODD = ["2130706433", "0x7f000001", "127.1", "0", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.01", "1.2.3.256", "8.8.2056", ""]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Refused):
        Guard().check(address)
    with pytest.raises(Refused):
        Guard().check_host(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1"])
def test_a_public_address_is_opened(address: str) -> None:
    Guard().check(address)
    Guard().check_host(address)


@pytest.mark.parametrize("host", ODD)
def test_an_address_in_an_unusual_form_is_refused_even_if_its_network_is_allowed(host: str) -> None:
    with pytest.raises(Refused, match="unusual form"):
        Guard([ip_network("0.0.0.0/0")]).check_host(host)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_global))
def test_an_inner_address_inside_ipv6_stays_inner(address: object) -> None:
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")
    assert not is_public(f"::{address}")


def test_an_allowed_network_is_opened_and_known_as_inner() -> None:
    guard = Guard([ip_network("127.0.0.0/8")])
    guard.check_host("127.0.0.1")
    guard.check("::ffff:127.0.0.1")
    assert guard.inside("127.0.0.1")
    assert not guard.inside("8.8.8.8")
    with pytest.raises(Refused):
        guard.check("10.0.0.1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "router", "nas.local", "git.corp", "a.home.arpa"])
def test_names_of_the_inner_network_are_told_without_a_look_up(host: str) -> None:
    with pytest.raises(Refused):
        Guard().check_name(host)
    Guard().check_name("example.org")


async def test_one_inner_answer_among_public_ones_refuses_the_name() -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(Refused, match=r"example\.org: leads to 10\.0\.0\.1, an inner address"):
        await Guard(resolve=both).resolve("example.org", 80)


async def test_a_name_in_an_allowed_network_is_remembered_as_inner() -> None:
    async def inner(host: str, port: int) -> list[str]:
        return ["10.0.0.1"]

    guard = Guard([ip_network("10.0.0.0/8")], resolve=inner)
    assert await guard.resolve("wiki.example.org", 80) == ["10.0.0.1"]
    assert guard.inside("wiki.example.org")


@pytest.mark.parametrize("answer", [[], ["not an address"]])
async def test_an_answer_without_an_address_opens_nothing(answer: list[str]) -> None:
    async def nothing(host: str, port: int) -> list[str]:
        return answer

    with pytest.raises((Refused, OSError)):
        await Guard(resolve=nothing).resolve("example.org", 80)


async def test_the_system_resolves_localhost_to_loopback() -> None:
    found = await look_up("localhost", 80)
    assert found
    assert not any(is_public(address) for address in found)


async def test_a_label_too_long_for_a_name_does_not_resolve() -> None:
    with pytest.raises(OSError, match="no name"):
        await look_up("a" * 70 + ".example", 80)
