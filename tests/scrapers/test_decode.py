import gzip
import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import TooLarge, Unreadable, _decode, _xmlfeed


def text(body: bytes, content_type: str = "") -> str:
    return _decode.document(body, content_type).body.decode()


FRENCH, RUSSIAN, CHINESE, JAPANESE = (
    "<t>Été à la forêt</t>",
    "<t>Россия и мир</t>",
    "<t>英伟达芯片走私</t>",
    "<t>半導体の密輸</t>",
)


@pytest.mark.parametrize(
    ("said", "charset"),
    [
        (FRENCH, "iso-8859-1"), (FRENCH, "windows-1252"), (FRENCH, "iso-8859-15"), (RUSSIAN, "koi8-r"),
        (RUSSIAN, "windows-1251"), (CHINESE, "gb2312"), (CHINESE, "gbk"), (CHINESE, "big5"), (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"), (JAPANESE, "iso-2022-jp"), (CHINESE, "utf-16"), (CHINESE, "utf-8"),
    ],
)  # fmt: skip
def test_the_declared_charset_is_obeyed_in_the_document_and_in_the_header(said: str, charset: str) -> None:
    if charset == "big5":
        said = "<t>輝達晶片走私</t>"
    declared = f'<?xml version="1.0" encoding="{charset}"?>\n{said}'.encode(charset)
    assert text(declared) == said
    assert text(said.encode(charset), f'text/xml; charset="{charset}"') == said


def test_the_header_goes_before_the_declaration_and_a_mark_before_both() -> None:
    declared = '<?xml version="1.0" encoding="koi8-r"?>'
    assert text((declared + RUSSIAN).encode("windows-1251"), "text/xml; charset=windows-1251") == RUSSIAN
    assert text(b"\xef\xbb\xbf" + (declared + RUSSIAN).encode(), "text/xml; charset=koi8-r") == RUSSIAN


def test_windows_characters_in_what_is_called_latin_1_survive() -> None:
    assert text("<?xml version='1.0' encoding='iso-8859-1'?><t>“Prix” 5 €</t>".encode("cp1252")) == "<t>“Prix” 5 €</t>"


def test_characters_beyond_gb2312_in_what_is_called_gb2312_survive() -> None:
    assert text("<?xml version='1.0' encoding='gb2312'?><t>輝達 €</t>".encode("gb18030")) == "<t>輝達 €</t>"


@pytest.mark.parametrize("declared", ["utf-16", "iso-8859-1", "gb2312", "no-such", "utf-7", "rot13", "punycode"])
def test_utf8_that_is_called_something_else_is_read_as_utf8(declared: str) -> None:
    said = "<t>超微服务器和英伟达芯片走私案</t>"
    assert text(f'<?xml version="1.0" encoding="{declared}"?>{said}'.encode()) == said


def test_without_a_declaration_it_is_utf8_or_else_windows_1252() -> None:
    assert text(CHINESE.encode()) == CHINESE
    assert text(FRENCH.encode("cp1252")) == FRENCH
    assert text(RUSSIAN.encode() * 9 + b"\xff") == RUSSIAN * 9 + "\ufffd"


def test_a_gzip_body_that_nobody_announced_is_inflated_within_bounds() -> None:
    assert text(gzip.compress(FRENCH.encode())) == FRENCH
    with pytest.raises(TooLarge):
        _decode.inflate(gzip.compress(bytes(_decode.MAX_BODY + 1)))
    with pytest.raises(TooLarge):
        _decode.inflate(bytes(_decode.MAX_BODY + 1))
    with pytest.raises(Unreadable):
        _decode.inflate(b"\x1f\x8b" + b"nonsense" * 9)


def test_members_after_one_another_are_inflated_and_a_flood_of_them_costs_nothing() -> None:
    parts = [FRENCH.encode()[:9], b"", b"x" * 40_000, FRENCH.encode()[9:]]
    assert _decode.inflate(b"".join(map(gzip.compress, parts)) + b"\0\0") == b"".join(parts)
    empty = gzip.compress(b"")
    assert _decode.inflate(empty * 1_000) == b""
    started = time.process_time()
    with pytest.raises(TooLarge, match="more than 1,000 parts"):
        _decode.inflate(empty * 100_000)
    with pytest.raises(TooLarge, match="more than 1,000 parts"):
        _decode.inflate(empty * 1_001 + b"x" * 5_000_000)
    assert time.process_time() - started < 0.2


def test_blank_space_marks_declarations_and_forbidden_characters_are_dropped() -> None:
    body = b"\n \xef\xbb\xbf<?xml?xml version='1.0' ??>\n<t>a\x00\x0b\xef\xbf\xbfb</t>"
    assert text(body).lstrip("\ufeff").lstrip() == "<t>ab</t>"


def test_references_that_xml_does_not_know_become_characters_but_not_inside_cdata() -> None:
    body = b"<t>a&nbsp;b &eacute; AT&T &lt;b&gt; &#38; &#x3C; &#150; &#0; &#038; &bogus; &amp;</t><![CDATA[&nbsp;&T]]>"
    wanted = "<t>a\xa0b é AT&amp;T &lt;b&gt; &#38; &#x3C; –  &#038; &amp;bogus; &amp;</t><![CDATA[&nbsp;&T]]>"
    assert text(body) == wanted
    assert b"CDATA" not in _decode.document(body, "").markup


def test_a_start_tag_without_end_is_refused_and_a_long_text_is_not() -> None:
    with pytest.raises(TooLarge, match="start tag"):
        text(b"<t " + b" ".join(b"a%d='>'" % number for number in range(20_000)) + b">")
    assert len(text(b"<t>" + b"long > text " * 20_000 + b"</t>")) > 200_000


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf", b"<?xml version='1.0'?>\n"])
def test_an_empty_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="empty"):
        text(body)


@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
@pytest.mark.parametrize("said", ["L’été à Paris", "Россия", "英伟达", "président’s", "مصر"])
def test_text_that_was_encoded_twice_is_mended(said: str, charset: str) -> None:
    twice = "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in said.encode())
    assert _decode.mend(twice) == said


@pytest.mark.parametrize("said", ["CAFÉ»", "« ÉTÉ »", "Ãlvaro", "naïve façade", "英伟达 Â©", "São Paulo", "„Ä“"])
def test_text_that_was_encoded_once_is_left_alone(said: str) -> None:
    assert _decode.mend(said) == said


@given(st.text())
def test_text_without_mojibake_survives_a_round_of_any_kind(said: str) -> None:
    assert isinstance(_decode.mend(said), str)


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "text/xml; charset=gb2312", "text/xml; charset=utf-16", "x; charset=é"]),
)
def test_any_bytes_become_utf8_or_an_error_of_ours(body: bytes, content_type: str) -> None:
    try:
        found = _decode.document(body, content_type)
    except (Unreadable, TooLarge):
        return
    assert found.body.decode()


@pytest.mark.parametrize("piece", [b"<![CDATA[", b"]]><![CDATA[", b"&", b"<a x='", b'<a "', b"<?xml "])
def test_hostile_bytes_take_little_time(piece: bytes) -> None:
    start = time.process_time()
    _decode.document(b"<t>" + piece * (1_000_000 // len(piece)), "")
    assert time.process_time() - start < 10  # a hang takes minutes


SPOILT = st.lists(
    st.sampled_from(["Ã©", "â€™", "Â»", "é", "É»", "ç", "超微", "H100 ", "à…", "Å“", "Ð¿", "&#195;&#169;", "&#xE9;"])
)


@given(SPOILT.map("".join), st.booleans())
def test_a_document_without_doubt_holds_nothing_to_mend(text: str, cdata: bool) -> None:
    inner = f"<![CDATA[{text}]]>" if cdata else text
    found = _decode.document(f"<rss><title>{inner}</title></rss>".encode(), "text/xml; charset=utf-8")
    read = text if cdata else html.unescape(text)
    assert found.doubtful or _decode.mend(read) == read


def test_a_plain_document_is_without_doubt() -> None:
    assert not _decode.document("<rss><title>Cafés 超微 H100 &amp; more</title></rss>".encode(), "").doubtful


# Without repairs


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (CHINESE.encode(), ""),
        (b"<?xml version='1.0' encoding='gb2312'?>" + CHINESE.encode("gb2312"), ""),
        (CHINESE.encode("gbk"), "text/xml; charset=gbk"),
        (b"\xef\xbb\xbf" + CHINESE.encode(), "text/xml; charset=koi8-r"),
        (CHINESE.encode("utf-16"), "text/xml; charset=utf-8"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?>" + CHINESE.encode(), ""),
    ],
)
def test_what_needs_no_repair_is_decoded_alone(body: bytes, content_type: str) -> None:
    found = _decode.plain(body, content_type)
    assert found is not None
    assert (found[0].decode().endswith(CHINESE), found[1]) == (True, False)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"text", b"<t>&#150;</t>", b"<t>&#x96;</t>", b"<!-- a --><?b?> <!DOCTYPE t SYSTEM 'x'><t/>"]
)
def test_what_needs_more_than_decoding_is_told(body: bytes) -> None:
    assert _decode.plain(body, "") is None


def test_a_start_tag_without_end_is_refused_before_anything_is_parsed() -> None:
    with pytest.raises(TooLarge, match="start tag"):
        _decode.plain(b"<t " + b" ".join(b"a%d='>'" % number for number in range(20_000)) + b">", "")


WRITTEN = st.lists(
    st.sampled_from(
        [
            "é",
            "H100 ",
            "&#195;&#169;",
            "Ã©",
            "&#150;",
            "&#x9A;",
            "&nbsp;",
            "&amp;#150;",
            "&",
            "&#xD83D;&#xDE00;",
            "&#0;",
        ]
    )
).map("".join)


@given(WRITTEN, st.sampled_from(["utf-8", "cp1252", "gb18030", "utf-16"]), st.booleans())
def test_decoded_alone_a_document_reads_as_it_does_repaired(text: str, charset: str, cdata: bool) -> None:
    inner = f"<![CDATA[{text}]]>" if cdata else text
    body = f"<rss><item><title>x{inner}</title></item></rss>".encode(charset, "ignore")
    content_type = f"text/xml; charset={charset}"
    plain, repaired = _decode.plain(body, content_type), _decode.document(body, content_type)
    found = plain and _xmlfeed.read(plain[0])
    if plain and found:
        wanted = _xmlfeed.read(repaired.body)
        assert wanted is not None
        assert found[1][0].title == wanted[1][0].title
        assert plain[1] or _decode.mend(found[1][0].title) == found[1][0].title


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=gb2312", "text/xml; charset=utf-16"]))
def test_any_bytes_decode_or_are_told_or_an_error_of_ours(body: bytes, content_type: str) -> None:
    try:
        found = _decode.plain(body, content_type)
    except TooLarge:
        return
    assert found is None or found[0].startswith(b"<")
