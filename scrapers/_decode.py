"""Bytes of a feed, whatever their charset and whatever is wrong with them, to clean UTF-8 that any XML parser takes.

In this order: inflate a gzip body that no header announced; find the charset (byte order mark, HTTP header, XML
declaration, UTF-8, windows-1252); drop the mark, leading blank space, the declaration and what XML forbids; replace
HTML's entities, which XML does not know, and bare ampersands. No fast parser does any of this.
"""

import codecs
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.entities import html5
from types import MappingProxyType

from scrapers._errors import TooLarge, Unreadable
from scrapers._inflate import MAX_MEMBERS

MAX_BODY = 5 * 1024 * 1024
"""Bytes of a body, inflated."""
MAX_START_TAG = 64 * 1024
"""Bytes of one start tag. One of 2.4 MB with 200,000 attributes held both parsers for over 19 s."""

_PIECE = 16 * 1024
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso8859-1": "cp1252"}
_LATIN = frozenset({"cp1252", "iso8859-15"})
_NEVER = frozenset({"utf-7", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "ascii"})
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"),
)  # fmt: skip
_ANY_MARK = tuple(mark for mark, _ in _MARKS)
_HTTP_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.I)
_XML_CHARSET = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']?([\w.:-]+)""", re.I)
_DECLARATION = re.compile(rb"<\?xml(?:\?xml)?\s[^>]{0,500}\?>\s*", re.I)
_FORBIDDEN = bytes(code for code in range(32) if code not in b"\t\n\r")
_NON_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")
_ILL_REFERENCE = re.compile(
    rb"&(?!(?:lt|gt|amp|quot|apos);|#0*(?:9|10|13|3[2-9]|[4-9]\d|1[01]\d|12[0-6]|1[6-9]\d|[2-9]\d\d|[1-9]\d{3,5});"
    rb"|#x0*(?:[9aAdD]|[2-7a-fA-F][\da-fA-F]|[1-9a-fA-F][\da-fA-F]{2,4});)(?:([A-Za-z][A-Za-z0-9]{1,31};)|#(?:(\d{1,7})|x([\da-fA-F]{1,6}));)?"
)
_UNUSUAL = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)")
_HALF = rb"&#(?:0{0,8}5[5-7]\d{3}|[xX]0{0,8}[dD][89a-fA-F][\da-fA-F]{2});"
_HALVES = re.compile(_HALF + rb"(?:" + _HALF + rb")*")  # begins with letters, which are found 40 times sooner
# Possessive: what could be tried again is kept in mind, a hundred bytes for one of the tag.
_LONG_TAG = re.compile(rb"<[A-Za-z][^\s<>]*+(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+")
_UPPER = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore") + "".join(map(chr, range(0x80, 0xC0)))
_MOJIBAKE = re.compile(f"[\u00c2-\u00c5\u00ce-\u00d1\u00d7-\u00db][{_UPPER}]|[\u00e0-\u00f4][{_UPPER}]{{2}}")
# What _MOJIBAKE looks for, as UTF-8 and as a reference: quick to rule out for a whole document.
_TWICE = re.compile(rb"\xc3[\x82-\xb4][\xc2\xc5\xc6\xcb\xe2]")
_TWICE_REFERRED = re.compile(rb"#(?<=&#)(?:0*(?:19[2-9]|2[0-4]\d)|[xX]0*[c-fC-F][\da-fA-F]);")
# References that lead a windows-1252 character, or one of two that were encoded twice.
_C1_REFERRED = re.compile(rb"#(?<=&#)(?:0*1[2-5]\d|[xX]0*[89][\da-fA-F]);")
_DOCTYPE = re.compile(rb"(?:\s++|<\?(?:[^?]++|\?(?!>))*+\?>|<!--(?:[^-]++|-(?!->))*+-->)*+<!DOCTYPE")
_BYTES = MappingProxyType(
    {ord(bytes([code]).decode("cp1252")): code for code in range(0x80, 0xA0) if code not in b"\x81\x8d\x8f\x90\x9d"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as clean UTF-8. ``markup`` is the same without the CDATA sections: what is there is really markup.

    ``doubtful`` is whether some of its text may have been encoded twice, so that ``mend`` must look at each.
    """

    body: bytes
    markup: bytes
    doubtful: bool = True


def plain(body: bytes, content_type: str) -> tuple[bytes, bool] | None:
    """An inflated body in UTF-8, merely decoded, and whether its text may have been encoded twice.

    None where more is to be done for any XML parser to read it rightly; what is not well-formed is not found here.
    Raises TooLarge.
    """
    text = (body if _is_called_utf8(body, content_type) else _utf8(body, content_type)).lstrip()
    # A lone byte is found twenty times sooner than a pattern that begins with it.
    numbered, accented = b"#" in text, b"\xc3" in text
    if not text.startswith(b"<") or _DOCTYPE.match(text) or (numbered and _C1_REFERRED.search(text)):
        return None
    _check_start_tags(text)
    return text, bool((accented and _TWICE.search(text)) or (numbered and _TWICE_REFERRED.search(text)))


def has_entities(body: bytes) -> bool:
    """Whether an XML document may declare entities of its own."""
    return _DOCTYPE.match(body) is not None and b"<!ENTITY" in body


def document(body: bytes, content_type: str) -> Document:
    """The clean form of a body. Raises TooLarge, or Unreadable for an empty one."""
    text = _utf8(inflate(body), content_type)
    head = _DECLARATION.sub(b"", text[:2048])
    clean = (text if head == text[:2048] else head + text[2048:]).lstrip().translate(None, _FORBIDDEN)
    if _NON_CHARACTERS.search(clean):
        clean = _NON_CHARACTERS.sub(b"", clean)
    if not clean:
        raise Unreadable("the answer is empty")
    _check_start_tags(clean)
    return _repaired(clean)


def inflate(body: bytes) -> bytes:
    """The body, inflated where it is gzip that nobody announced; what a cut-off one still holds is used."""
    if not body.startswith(b"\x1f\x8b"):
        if len(body) > MAX_BODY:
            raise TooLarge(f"more than {MAX_BODY // 2**20} MB")
        return body
    whole, at, members = bytearray(), 0, 0
    while body.startswith(b"\x1f\x8b", at):
        members += 1
        if members > MAX_MEMBERS:
            raise TooLarge(f"its compressed body has more than {MAX_MEMBERS:,} parts")
        try:
            at = _inflate_member(body, at, whole)
        except zlib.error as error:
            raise Unreadable("a damaged gzip body") from error
    return bytes(whole)


def _inflate_member(body: bytes, at: int, whole: bytearray) -> int:
    """Add what the gzip member that begins there holds to ``whole``; returns where it ends."""
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    while at < len(body) and not stream.eof:
        piece = body[at : at + _PIECE]  # zlib copies what follows a member: all of it each time would be quadratic
        whole += stream.decompress(piece, MAX_BODY + 1 - len(whole))
        if len(whole) > MAX_BODY:
            raise TooLarge(f"more than {MAX_BODY // 2**20} MB when inflated")
        at += len(piece) - len(stream.unused_data)
    return at


def mend(text: str) -> str:
    """Text that was encoded twice, by way of Latin-1 or windows-1252, decoded once more; any other text as it is.

    Only where a lead character with its continuation occurs and the whole text decodes. ``CAFÉ»`` in guillemets is
    left alone, though its bytes would decode: no script that is written has its letters there.
    """
    if text.isascii() or not _MOJIBAKE.search(text):
        return text
    try:
        return text.translate(_BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _utf8(body: bytes, content_type: str) -> bytes:
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return _recode(body, charset).removeprefix(codecs.BOM_UTF8)
    for charset in (_charset(_HTTP_CHARSET.search(content_type)), _charset(_XML_CHARSET.search(body[:2048]))):
        if charset and (text := _declared(body, charset)) is not None:
            return text
    return _undeclared(body)


def _is_called_utf8(body: bytes, content_type: str) -> bool:
    """Whether a body says that it is UTF-8, or says nothing; the parser will see whether that is true."""
    if body.startswith(_ANY_MARK):
        return False
    called = _charset(_HTTP_CHARSET.search(content_type)) or _charset(_XML_CHARSET.search(body[:2048]))
    return called in ("", "utf-8")


def _charset(found: re.Match[str] | re.Match[bytes] | None) -> str:
    """The name of Python's codec for a declared charset, or "" for none and for one that is no charset."""
    if found is None:
        return ""
    label = found[1] if isinstance(found[1], str) else found[1].decode("ascii", "replace")
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NEVER else _WIDER.get(name, name)


def _declared(body: bytes, charset: str) -> bytes | None:
    """The body in UTF-8 if it can be what it says it is, else None."""
    if charset.startswith(("utf-16", "utf-32")) and b"\0" not in body[:200]:
        return None
    if charset in ("utf-8", "utf-8-sig") or _is_utf8_after_all(body, charset):
        return _undeclared(body)
    try:
        return body.decode(charset).encode()
    except LookupError:
        return None
    except (UnicodeError, ValueError):
        return _recode(body, charset) if charset in ("cp1252", "gb18030", "cp932", "euc_jp", "euc_kr", "big5") else None


def _recode(body: bytes, charset: str) -> bytes:
    return body.decode(charset, "replace").encode("utf-8", "replace")


def _is_utf8_after_all(body: bytes, charset: str) -> bool:
    """Whether a body that claims another charset is UTF-8: a dozen characters above ASCII do not fit by chance.

    In Latin charsets one is enough: its bytes would read as a capital with a tilde and a sign.
    """
    if body.isascii():
        return False
    try:
        return len(body) - len(body.decode()) >= (1 if charset in _LATIN else 12)
    except UnicodeDecodeError:
        return False


def _undeclared(body: bytes) -> bytes:
    """UTF-8, also with a few bytes spoilt; else windows-1252."""
    if body.isascii():
        return body
    text = body.decode("utf-8", "replace")
    spoilt = text.count("\ufffd")
    if not spoilt or spoilt * 10 < len(text) - len(text.encode("ascii", "ignore")):
        return body if not spoilt else text.encode()
    return _recode(body, "cp1252")


def _check_start_tags(body: bytes) -> None:
    if has_long_tag(body, MAX_START_TAG):
        raise TooLarge("a start tag of more than 64 kB")


def has_long_tag(body: bytes, most: int) -> bool:
    """Whether a start tag has more than so many bytes."""
    return any((tag := _LONG_TAG.match(body, at)) and len(tag[0]) > most for at in _far_apart(body, most))


def _far_apart(body: bytes, most: int) -> Iterator[int]:
    """Where no other "<" follows on one for so long: none stands inside a start tag, so only these can be long."""
    at = body.find(b"<")
    while at >= 0:
        near = body.rfind(b"<", at + 1, at + 1 + most)
        if near < 0 and len(body) - at > most:
            yield at
        at = near if near >= 0 else body.find(b"<", at + 1)


def _repaired(body: bytes) -> Document:
    pieces = list(_sections(body))
    if not _UNUSUAL.search(body):
        twice = body.startswith(b"{") or (not body.isascii() and _TWICE.search(body) is not None)
        return Document(body=body, markup=body if len(pieces) == 1 else b"".join(pieces[::2]), doubtful=twice)
    pieces[::2] = map(_references, pieces[::2])
    whole = b"".join(pieces)
    twice = body.startswith(b"{") or bool(_TWICE_REFERRED.search(whole) or _TWICE.search(whole))
    return Document(body=whole, markup=whole if len(pieces) == 1 else b"".join(pieces[::2]), doubtful=twice)


def _sections(body: bytes) -> Iterator[bytes]:
    """Markup, CDATA section, markup, ...: by find, since a pattern is quadratic in sections that never end."""
    at = 0
    while (start := body.find(b"<![CDATA[", at)) >= 0 and (end := body.find(b"]]>", start)) >= 0:
        yield body[at:start]
        yield body[start : (at := end + 3)]
    yield body[at:]


def _references(markup: bytes) -> bytes:
    if not _UNUSUAL.search(markup):
        return markup
    if _HALVES.search(markup):
        markup = _HALVES.sub(_joined, markup)
    return _ILL_REFERENCE.sub(_reference, markup) if _ILL_REFERENCE.search(markup) else markup


def _joined(found: re.Match[bytes]) -> bytes:
    """References to UTF-16 units: a pair is an emoji that some servers write so; a lone half is nothing at all.

    Both break every XML parser, and one such post would hide its whole feed.
    """
    units = (int(each[1:], 16) if each[0] in "xX" else int(each) for each in found[0][2:-1].decode().split(";&#"))
    return "".join(map(chr, units)).encode("utf-16", "surrogatepass").decode("utf-16", "ignore").encode()


def _reference(found: re.Match[bytes]) -> bytes:
    """What stands for a reference that XML does not know: its character, nothing, or an honest ampersand."""
    if found[1]:
        char = html5.get(found[1].decode())
        return char.encode() if char and char not in "<>&" else b"&amp;" + found[0][1:]
    if found[2] or found[3]:
        char = unescape(found[0].decode())  # as HTML does: 128 to 159 are windows-1252
        return b"" if len(char) != 1 or not char.isprintable() or char == "\ufffd" else char.encode()
    return b"&amp;"
