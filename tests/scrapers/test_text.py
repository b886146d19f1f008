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


ORDINARY = st.recursive(
    st.sampled_from(
        ["H100 ", "racks", " at  the quay", "超微", "é", "&amp;", "&eacute;", "&nbsp;", "a &lt; b", "\n",
         "\t", "\u200b",
         "<br>", "<br/>", "<hr />", '<img src="/p.jpg" alt="a b">', "<img alt=\"it's\" src=\"q.png\"/>",
         '<a href="/one">', "</a>", '<a class="x" href="https://other.example.org/a?b=1&amp;c=2">', "<a name=top>",
         "<a href=two>", '<a data-href="no" href="yes">', '<a\thref="/tab">', '<a class="x"\n\t\thref="/tabs">',
         '<a HREF="/capital">', '<img SRC="c.png">',
         '<a title="<p>H200</p>" href="/t">', "<a title='a<br>b'>", "<a <p>", "<b title=<p> x>", ">"]
    ),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "div", "b", "em", "span", "li", "ul", "h2", "blockquote", "strong", "sup", "code", "i"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)  # fmt: skip
ODD = st.sampled_from(
    ["", "no tags", "a < b", "<p>", "\0", "<p>\0</p>", '<a href="', '">', "<!--", "&lt;p&gt;x&lt;/p&gt;", "<p> </p>"]
)
BASE = "https://news.example.org/posts/1"


@given(st.lists(ORDINARY, max_size=6).map("".join))
def test_plain_tags_are_read_without_a_tree_as_they_are_with_one(html: str) -> None:
    for simple in _text._simple([html], [BASE]) or ():
        assert simple.text == _text.to_text(html)
        assert simple.links == _text.links(html, BASE)
        assert simple.media == _text._addresses(_text._SRC, html, BASE)


@given(st.lists(st.one_of(st.lists(ORDINARY, max_size=4).map("".join), ODD), max_size=5))
def test_pieces_that_are_read_as_one_are_read_as_each_alone(htmls: list[str]) -> None:
    bases = [f"https://news{number}.example.org/" for number in range(len(htmls))]
    assert _text.extracts(htmls, bases) == list(map(_text.extract, htmls, bases))
    assert _text.to_lines(htmls) == list(map(_text.to_line, htmls))


@given(st.text(st.characters(max_codepoint=0x2FFF)) | st.text(st.characters(max_codepoint=0x7F)))
def test_a_text_is_even_that_python_calls_printable(text: str) -> None:
    assert _text._is_even(text) == text.isprintable()


@pytest.mark.parametrize(
    "html",
    [
        "<p>Racks with <b>H100</b></p>",
        '<p><a href="https://example.org/a">H100</a> and <img src="x.jpg" alt="a picture"></p>',
        "<ul><li>H100<li>H200</ul>",
    ],
)
def test_ordinary_html_needs_no_tree(html: str) -> None:
    assert _text._simple([html], [BASE]) is not None


@pytest.mark.parametrize(
    "html",
    [
        "<p>a < b</p>",
        "<p>H100<!-- H200 --></p>",
        "<script>H200</script><p>H100</p>",
        "<P>H100</P>",
        '<img alt="a > b" src="x.jpg">H100',
        "<img alt='a > \"b' src='x.jpg'>H100",
        "<textarea><p>H100</textarea>",
        "<select><option>H100</select>",
        "<b:x>H100</b:x>",
        "no tags",
    ],
)
def test_what_a_tree_could_read_otherwise_is_left_to_it(html: str) -> None:
    assert _text._simple([html], [BASE]) is None
