import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import MAX_TEXT, _text

PIECES = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<b",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "&amp;",
            "&#0;",
            "&lt;b&gt;",
            "H100 ",
            "\x00",
            "\ud800",
            "<a href='x'>",
            "'",
            '"',
            "<TD>",
            "超微",
            "\n",
        ]
    )
).map("".join)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>H100</p><p>H200</p>", "H100\nH200"),
        ("H<b>100</b> and <EM>H</EM>200", "H100 and H200"),
        ("20<sup>th</sup> of May", "20 th of May"),
        ("<table><tr><td>H100</td><td>30,000</td></tr></table>", "H100 30,000"),
        ("one<BR/>two<br>three", "one\ntwo\nthree"),
        ("wrapped\nin the <i>source</i>\r\nonly", "wrapped in the source only"),
        ("<script>var H100 = 1 < 2</script><style>p{}</style><p>seen", "seen"),
        ("before<script/>after <b>that</b>", "before after that"),
        ("<p>a<!-- H100 <p> -->b</p>", "a b"),
        ("<iframe src='x'>frame</iframe><p>text</p>", "text"),
        ("<p>&eacute;t&eacute; &amp; hiver &#8211; caf&#233;</p>", "été & hiver – café"),
        ("<p>英伟达<strong>H100</strong>走私</p>", "英伟达H100走私"),
        ("<P>CAPITALS</P><DIV>too</DIV>", "CAPITALS\ntoo"),
    ],
)
def test_words_and_paragraphs_come_out_as_a_reader_sees_them(html: str, text: str) -> None:
    assert _text.to_text(html) == text


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("if a <b then c", "if a <b then c"),
        ("List<String> of racks", "List<String> of racks"),
        ("AT&amp;T", "AT&T"),
        ("see ?a=1&para=2&copy=3", "see ?a=1&para=2&copy=3"),
        ("How to use &lt;b&gt;", "How to use <b>"),
        ("one\r\n\r\n  two\rthree ", "one\ntwo\nthree"),
        ("超微\u3000H100", "超微 H100"),
        ("", ""),
    ],
)
def test_plain_text_passes_through(plain: str, text: str) -> None:
    assert _text.to_text(plain) == text


def test_a_title_is_one_line() -> None:
    assert _text.to_line("AT&amp;T <b>x</b><br>y") == "AT&T x y"


def test_a_body_that_was_escaped_twice_is_read_as_html() -> None:
    assert _text.extract("&lt;p&gt;H100&lt;/p&gt; &lt;p&gt;H200&lt;/p&gt;", "").text == "H100\nH200"


def test_links_and_pictures_are_absolute_and_come_once() -> None:
    html = """<a class="x" href="/a?x=1&amp;y=2">1</a> <A HREF='/a?x=1&y=2'>2</A> <a href=http://b.example/>3</a>
    <a href="mailto:x@example.org">4</a> <a href="#top">5</a> <img alt="" src="/p.png">"""
    found = _text.extract(html, "https://example.org/dir/page")
    assert found.links == ("https://example.org/a?x=1&y=2", "http://b.example/")
    assert found.media == ("https://example.org/p.png",)
    assert _text.links(html, "https://example.org/dir/page") == found.links


@given(st.one_of(st.text(), PIECES))
def test_nothing_unfit_comes_out_and_nothing_breaks(html: str) -> None:
    text = _text.extract(html, "https://example.org").text
    text.encode()  # no lone surrogate
    assert not set(text) & {chr(code) for code in range(32) if code != 10}
    assert text == text.strip()
    assert "\n\n" not in text


@given(PIECES)
def test_text_that_has_been_read_is_read_again_unchanged_where_no_markup_is_left(html: str) -> None:
    once = _text.to_text(html)
    if "<" not in once and "&" not in once:
        assert _text.to_text(once) == once


@pytest.mark.parametrize(
    "html",
    [
        "<p>H100" + "<div>" * 200_000,
        "<p>H100" + "<div>" * 2_400 + "<p>x</p>" * 2_400,
        "<p>H100" + "".join(f"<b id={n}>" for n in range(2_000)) + "<p>x" * 2_000,
        "<p>H100</p><script>" + "</script" * 100_000,
        "<p>H100</p>" + "<!--" * 200_000,
        "<p>H100</p>" + '<a href="' * 100_000,
    ],
)
def test_hostile_html_is_read_in_little_time(html: str) -> None:
    start = time.process_time()
    assert "H100" in _text.extract(html, "https://example.org").text
    assert time.process_time() - start < 10  # a hang takes minutes


def test_text_is_cut_at_its_limit() -> None:
    assert len(_text.to_text("<p>" + "H100 " * MAX_TEXT + "</p>")) <= MAX_TEXT
