import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Response, ScrapeError, TooLarge, Unreadable, _page


def page(body: bytes, content_type: str = "text/html") -> _page.Node:
    return _page.parse(Response(url="https://example.org/dir/page", body=body, headers={"content-type": content_type}))


def test_elements_are_found_with_their_text_and_absolute_links() -> None:
    found = page(
        b'<div class="a b"><p>H<b>100</b></p><a href="/x?a=1&amp;b=2">go</a><a href="mailto:x@y">mail</a></div>'
    )
    box = found.first("div.a")
    assert box is not None
    assert box.has("b")
    assert not box.has("c")
    assert [anchor.link() for anchor in box.all("a")] == ["https://example.org/x?a=1&b=2", ""]
    text = box.first("p")
    assert text is not None
    assert (text.text, text.within("a"), text.within("z")) == ("H100", True, False)
    assert found.first("h1") is None
    assert box.attribute("id") == ""


def test_the_servers_charset_is_obeyed_and_a_wrong_one_is_not_fatal() -> None:
    for charset, body in (
        ("gb18030", "美超微".encode("gb18030")),
        ("utf-8", "美超微".encode()),
        ("nonsense", "美超微".encode()),
    ):
        found = page(b"<p>" + body + b"</p>", f"text/html; charset={charset}").first("p")
        assert found is not None
        assert found.text == "美超微"


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 100_000,
        b"<div>" * 2_000,
        b"<p " + b"a=b " * 100_000 + b">x",
        b"<" * 100_000,
        b"<!--" + b"<i>" * 60_000,
    ],
)
def test_a_page_made_to_be_slow_is_refused_quickly(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(TooLarge):
        page(body)
    assert time.process_time() - began < 10  # a hang takes minutes


def test_a_nul_does_not_split_a_word() -> None:
    assert [part.text for part in page(b"<p>a\0b</p><p>c</p>").all("p")] == ["ab", "c"]


@pytest.mark.parametrize("body", [b"<?xml version='1.0'?><rss><p>x</p></rss>", b"index.html", b"http://example.org/"])
def test_what_is_not_html_at_all_is_read_without_a_warning(body: bytes) -> None:
    assert page(body).text


@pytest.mark.parametrize("body", [b"", b" \n "])
def test_an_empty_page_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        page(body)


@given(st.binary(max_size=300) | st.text("<>!/-[]ab =\"'&;").map(str.encode))
def test_any_bytes_give_a_page_or_an_error_of_ours(body: bytes) -> None:
    try:
        assert isinstance(page(body).text, str)
    except ScrapeError:
        return
