"""HTML to plain text, fit for matching and for showing: words as a reader sees them, paragraphs as lines.

A space or a line stands where a block, a table cell or a superscript begins or ends, nothing stands at inline tags, so
that ``H<b>100</b>`` stays one word and ``<p>H100</p><p>H200</p>`` stays two. Text that holds no tag of HTML passes
through, with its entities decoded: ``a < b`` and ``List<String>`` survive.

HTML of strangers can make a tree builder work for minutes (200,000 nested ``div``: 219 s measured in lexbor). So
no tree is built of a text with more than MAX_TAGS tags; a linear stripper reads it. Nor is one built where the order of
the words does not hang on it, which is nearly always: plain tags in lower case, taken out in one pass.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import compress
from types import MappingProxyType
from typing import NamedTuple

from scrapers import _links
from scrapers._post import MAX_TEXT, records

MAX_HTML = 5 * MAX_TEXT
"""Characters of one entry's HTML that are looked at."""
MAX_TAGS = 5_000
"""With more tags than this the linear stripper is used."""
MANY_TAGS = 400
"""With more than this, formatting elements lose their names before a tree is built."""
MAX_LINKS = 200
"""Links, and pictures, kept of one entry."""

_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike|strong"
    "|time|tt|u|var|wbr"
)
_FORMATTING = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_BLOCK = (
    "address|article|aside|blockquote|body|br|center|caption|dd|details|dir|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|head|header|hr|html|li|main|menu|nav|ol|option|p|pre|section|summary|table|tbody|tfoot|thead|title"
    "|tr|ul"
)
_SPACED = "audio|button|embed|img|input|noscript|object|picture|select|sub|sup|svg|td|textarea|th|video"
_UNSEEN = "iframe|noembed|noframes|script|style|template"

_TAG = re.compile(rf"</?(?:{_INLINE}|{_BLOCK}|{_SPACED}|{_UNSEEN})(?:\s[^<>]*)?/?>|<!--", re.I)
# Without re.I, which makes them five times slower: names of tags are brought to lower case first.
_CAPITAL = re.compile(r"</?[A-Z][A-Za-z0-9]*|</?[a-z]+[A-Z][A-Za-z0-9]*")
_AT_BLOCK = re.compile(rf"<(?=/?(?:{_BLOCK})[\s/>])")
_AT_SPACED = re.compile(rf"<(?=/?(?:{_SPACED})[\s/>])")
_AT_FORMATTING = re.compile(rf"<(/?)(?:{_FORMATTING})(?=[\s/>])")
_AT_UNSEEN = re.compile(rf"<(?:({_UNSEEN})(?:\s[^<>]*)?(/?)>|!--)", re.I)
_ANY_TAG = re.compile(r"<[a-z/!?][^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_PRINTABLE = bytes(range(0x20, 0x7F))
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VALUE = r"""\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))"""
_GAPS = MappingProxyType(
    {
        f"{slash}{name}": gap
        for names, gap in (
            (set(_INLINE.split("|")), ""),
            ({*_BLOCK.split("|"), "h1", "h2", "h3", "h4", "h5", "h6"} - {"h[1-6]", "body", "frameset", "head", "html",
              "option", "title"}, "\n"),
            ({"img", "sub", "sup", "td", "th", "audio", "video", "picture"}, " "),
        )
        for name in names
        for slash in ("", "/")
    }
)  # fmt: skip
"""What stands in the text for a tag that may be taken out by itself: in these elements a tree changes no word."""
_TAGS = re.compile(r"""<(/?[a-z][a-z0-9]*+)((?:[ /][^<>"']*+(?:"[^"<>]*+"[^<>"']*+)*+)?+)>""")
"""A tag whose end is beyond doubt: no ``>`` and no quote inside of quotes."""
_BARE_ONE = r"</?+(?:p|div|li|ul|br ?+/?|h[1-6])>"
_BARE = re.compile(f"{_BARE_ONE}(?:{_BARE_ONE})*+")
"""The most frequent tags, which leave a line behind. One that stood inside another tag is given away by that."""
_END = "http://\0"
_ENDS = f' href="{_END}" src="{_END}"'
_SEAM = f"\n\0\n<i{_ENDS}>"
"""Stands between pieces of HTML that are read as one, which hold no NUL: it leaves one in the text, and an ``_END``
among the values of each attribute."""
_GIVEN = MappingProxyType(
    {
        name: (
            re.compile(rf'{name}(?<=[ /]{name})="(https?://[\0!$%\'-.0->@-Z\\^-~][!#-%\'-Z\\^-~]*)"'),
            re.compile(rf'{name}(?<=[ /]{name})="([^"]*)"'),
            re.compile(rf"(?:^|[ /]){name}{_VALUE}", re.I),
        )
        for name in ("href", "src")
    }
)
"""How an attribute is nearly always written: an absolute address as it is, or an end; a quoted value; all ways."""
_HREF = re.compile(rf"<a\s(?:[^<>]*?\s)??href{_VALUE}", re.I)
_SRC = re.compile(rf"<(?:img|video|audio|source)\s(?:[^<>]*?\s)??src{_VALUE}", re.I)


class Extract(NamedTuple):
    """What a piece of HTML says (``text``), points to (``links``) and shows (``media``)."""

    text: str
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


def to_text(html: str) -> str:
    """The words of a piece of HTML, a line for each paragraph; plain text passes through. Cut at MAX_TEXT."""
    if "<" not in html and "&" not in html:
        return plain(html)
    return _words(html[:MAX_HTML]) if _TAG.search(html, 0, MAX_HTML) else plain(_decode(html[:MAX_HTML]))


def to_line(html: str) -> str:
    """The words of a title, in one line."""
    if "<" not in html and "&" not in html and len(html) <= MAX_TEXT and html.isprintable():
        return " ".join(html.split())
    return " ".join(to_text(html).split())


def to_lines(htmls: Sequence[str]) -> list[str]:
    """``to_line`` of each: of titles, which seldom need any of it."""
    return list(map(str.strip, htmls)) if is_flat("".join(htmls)) else list(map(to_line, htmls))


def is_flat(text: str) -> bool:
    """Whether there is nothing to do but to strip it, or pieces of it: no markup and no white space but lone spaces."""
    return "<" not in text and "&" not in text and "  " not in text and len(text) <= MAX_TEXT and text.isprintable()


def plain(text: str) -> str:
    """Text that is known to hold no markup: white space folded within its lines, empty lines and controls dropped."""
    if text.isprintable():
        return (" ".join(text.split()) if " " in text else text)[:MAX_TEXT].rstrip()
    return _lines(_UNFIT.sub("", text).replace("\r", "\n"))


def _lines(text: str, *, even: bool = False) -> str:
    """``even`` text has no white space but lines and plain spaces."""
    folded = str.strip if even and "  " not in text else _folded
    return "\n".join(filter(None, map(folded, text.split("\n"))))[:MAX_TEXT].rstrip()


def _folded(line: str) -> str:
    return " ".join(line.split())


def links(html: str, base: str) -> tuple[str, ...]:
    """The http(s) addresses that anchors point to, absolute, each once, in order."""
    return _addresses(_HREF, html[:MAX_HTML], base)


def extract(html: str, base: str) -> Extract:
    """Text, links and media of a piece of HTML whose relative addresses are relative to ``base``."""
    if "<" not in html:
        html = _once_more(html)
    if simple := _simple([html], [base]):
        return simple[0]
    return Extract(text=to_text(html), links=links(html, base), media=_addresses(_SRC, html[:MAX_HTML], base))


def extracts(htmls: Sequence[str], bases: Sequence[str]) -> list[Extract]:
    """``extract`` of each. Where all that have tags have plain ones alone, they are read as one, a third cheaper."""
    tagged = ["<" in html for html in htmls]
    simple = _simple(list(compress(htmls, tagged)), list(compress(bases, tagged))) if any(tagged) else None
    if simple is None:
        return list(map(extract, htmls, bases))
    read = iter(simple)
    return [next(read) if has else extract(html, base) for has, html, base in zip(tagged, htmls, bases, strict=True)]


def _simple(htmls: Sequence[str], bases: Sequence[str]) -> list[Extract] | None:
    """The same without a tree, for HTML of plain tags alone; None where one of them is of others, or of none."""
    even = _is_even("".join(htmls))
    whole = _BARE.sub("\n", _SEAM.join(htmls if even else map(_flat, htmls)))
    pieces = _TAGS.split(whole)
    gaps, attributes = list(map(_GAPS.get, pieces[1::3])), " ".join(pieces[2::3])
    if None in gaps or len(gaps) != whole.count("<") or len(whole) > MAX_HTML:
        return None
    if "\n" in attributes or not all("<" in html for html in htmls):
        return None
    pieces[1::3] = gaps
    del pieces[2::3]
    words = _paragraphs("".join(pieces), even=even)
    # Of the tags taken out, <a> alone has an href that counts, and none but pictures and films a src.
    lower = attributes.lower()
    return records(Extract, words, _given("href", attributes, lower, bases), _given("src", attributes, lower, bases))


def _is_even(text: str) -> bool:
    """``isprintable``: of ASCII, that is told in half of the time."""
    return not text.encode().translate(None, _PRINTABLE) if text.isascii() else text.isprintable()


def _paragraphs(text: str, *, even: bool) -> list[str]:
    """The lines of each of the pieces that a seam parts."""
    if even and "&" not in text and "  " not in text and len(text) <= MAX_TEXT:
        lines = "\n".join(filter(None, map(str.strip, text.split("\n"))))
        return [piece.strip("\n") for piece in lines.split("\0")]
    return [plain(unescape(piece)) if "&" in piece else _lines(piece, even=even) for piece in text.split("\0")]


def _flat(html: str) -> str:
    """In one line, without tabs and what is fit for no text."""
    html = html.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return html if html.isprintable() else _UNFIT.sub("", html)


def _given(name: str, attributes: str, lower: str, bases: Sequence[str]) -> list[tuple[str, ...]]:
    """Where the values of one attribute lead, for each of several pieces of HTML."""
    written = lower.count(name)
    if written < len(bases):  # that many seams and one
        return [()] * len(bases)
    found = [*_GIVEN[name][0].findall(attributes), _END]
    if len(found) > written:
        return _between_ends(found)
    return [_distinct(_values(piece, name), base) for piece, base in zip(attributes.split(_ENDS), bases, strict=True)]


def _between_ends(found: Sequence[str]) -> list[tuple[str, ...]]:
    """The addresses before each end, each address once."""
    pieces, start = [], 0
    while start < len(found):
        end = found.index(_END, start)
        few = found[start:end]
        pieces.append(tuple(few if len(few) < 2 else dict.fromkeys(few))[:MAX_LINKS])
        start = end + 1
    return pieces


def _values(attributes: str, name: str) -> list[str]:
    """The values of one attribute in those of many tags."""
    _, usual, every = _GIVEN[name]
    found = usual.findall(attributes)
    if len(found) == attributes.lower().count(name):
        return found
    return [match[1] or match[2] or match[3] or "" for match in every.finditer(attributes)]


def _once_more(html: str) -> str:
    """HTML that some servers escape twice: no tag in it, but when decoded it begins with one and closes one."""
    if not html.lstrip().startswith("&lt;"):
        return html
    inner = _decode(html[:MAX_HTML]).strip()
    return inner if _TAG.match(inner) and "</" in inner else html


def _words(html: str) -> str:
    html = html.encode("utf-8", "ignore").decode()  # without lone surrogates
    html = _CAPITAL.sub(lambda found: found[0].lower(), _seen(html).replace("\n", " ").replace("\r", " "))
    html = _AT_SPACED.sub(" <", _AT_BLOCK.sub("\n<", html))
    if html.count("<") > MAX_TAGS:
        return plain(_decode(_ANY_TAG.sub("", html)))
    return plain(_tree_text(html))


def _tree_text(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    if html.count("<") > MANY_TAGS:
        # Unclosed formatting elements are opened again in each paragraph: n * m nodes. Other names have no such rule.
        html = _AT_FORMATTING.sub(r"<\1x", html)
    body = LexborHTMLParser(html).body
    return "" if body is None else body.text(separator="")


def _seen(html: str) -> str:
    """``html`` without scripts, styles and comments; one that is never closed takes the rest with it."""
    return "".join(_between(html)) if _AT_UNSEEN.search(html) else html


def _between(html: str) -> Iterator[str]:
    at = 0
    while start := _AT_UNSEEN.search(html, at):
        yield html[at : start.start()]
        yield " "
        close = rf"</{start[1]}[^<>]*>?" if start[1] else "--!?>"
        end = start if start[2] else re.compile(close, re.I).search(html, start.end())
        if end is None:
            return
        at = end.end()
    yield html[at:]


def _decode(text: str) -> str:
    # Only with the semicolon: html.unescape alone turns "?a=1&para=2" into "?a=1¶=2".
    return _ENTITY.sub(lambda found: unescape(found[0]), text) if "&" in text else text


def _addresses(pattern: re.Pattern[str], html: str, base: str) -> tuple[str, ...]:
    return _distinct((match[1] or match[2] or match[3] or "" for match in pattern.finditer(html)), base)


def _distinct(values: Iterable[str], base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in values:
        if address := _links.absolute(base, _decode(value) if "&" in value else value):
            found[address] = None
            if len(found) >= MAX_LINKS:
                break
    return tuple(found)
