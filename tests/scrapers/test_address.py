import pytest

from scrapers import _address


@pytest.mark.parametrize("url", ["https://example.org", "http://127.0.0.1:8080/mirror", "https://[::1]/"])
def test_the_address_of_a_server_is_fine(url: str) -> None:
    _address.check_server(url)


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "https://", "https://a b", "https://x?q=1", "https://x:y", "https://[",
     "https://x#y"],
)  # fmt: skip
def test_what_is_no_server_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="the server must be a web address such as"):
        _address.check_server(url)


def test_a_web_address_is_taken_apart() -> None:
    assert _address.place(" https://www.Example.org/a//b/?q=1&q=2&r=%22 ") == (
        "example.org", ("a", "b"), {"q": "1", "r": '"'},
    )  # fmt: skip
    for other in ("mailto:a@example.org", "", "https://[", "javascript:alert(1)"):
        assert _address.place(other) == ("", (), {})
