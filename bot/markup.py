"""Foreign text made fit for a phone: cleaned, cut, escaped, its matched places marked (pure).

Whatever a post holds, what comes out is valid Telegram HTML of the tags ``b u i a blockquote tg-time`` alone. Text is
cut before it is escaped, and cleaned in pieces between the places, so that places stay where they were found.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

LIMIT = 4096
"""Telegram's longest message. It counts characters after parsing; counting UTF-16 units is never too generous."""

MAX_LINK = 1500
"""A longer address is left out: no honest page needs it, and it must fit beside the words."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff0-\ufffb"  # bidi, fillers
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"  # noncharacters, lone surrogates
)
_SPACES = re.compile(r"\s+")
_LINE_SPACES = re.compile(r"[^\S\n]+")
_TAG = re.compile(r"<[^<>]*>")
_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_LONGEST = 32  # no emoji has more parts
_MARKS = 4  # no script needs more combining marks on one letter


def escape(text: str) -> str:
    """Text as Telegram HTML, between tags or inside a quoted attribute."""
    return html.escape(text, quote=True).replace("&#x27;", "'")


def clean(text: str) -> str:
    """One line: no controls, direction overrides, half characters or towers of accents; white space as one blank."""
    return _level(_SPACES.sub(" ", _UNSEEN.sub("", text)))


def clean_lines(text: str) -> str:
    """The same for text whose line breaks are meant."""
    lines = _LINE_SPACES.sub(" ", _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _level(re.sub(r"\n{3,}", "\n\n", lines)).strip()


def _level(text: str) -> str:
    if text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if run <= _MARKS:
            kept.append(character)
    return "".join(kept)


def units(text: str) -> int:
    """The length in UTF-16 units, which is how a phone counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def shorten(text: str, limit: int) -> str:
    """One clean line of at most ``limit`` UTF-16 units."""
    line = clean(text[: 40 * limit]).strip()
    if units(line) <= limit:
        return line
    while units(line) > limit - 1:
        line = line[: min(len(line) - 1, limit - 1)]
    return line[: whole(line, len(line))].rstrip() + "…"


def isolate(text: str) -> str:
    """Right-to-left words among others, fenced so that they cannot turn their neighbours around."""
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{text}\u2069"
    return text


def whole(text: str, at: int) -> int:
    """The last place not after ``at`` that cuts no character in two: no accent, emoji or flag is torn apart."""
    back = at
    while 0 < back < len(text) and _joined(text, back):
        if at - back > _LONGEST:
            return at
        back -= 1
    return back


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if before == "\u200d" or after in "\u200d\ufe0e\ufe0f\u20e3" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U0001f1e6" <= after <= "\U0001f1ff":  # flags are pairs of regional letters
        run = re.search("[\U0001f1e6-\U0001f1ff]*$", text[max(0, at - 64) : at])
        return run is not None and len(run[0]) % 2 == 1
    return unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U000e0020" <= after <= "\U000e007f"


def marked(text: str, places: Iterable[tuple[int, int]], *, tag: str, most: int = 20) -> str:
    """Text as HTML with the first ``most`` of these places inside ``tag``; places overlap and overhang as they like."""
    done, end = [], 0
    for start, stop in sorted(places)[:most]:
        start, stop = max(start, end), min(stop, len(text))
        inner = clean(text[start:stop]) if start < stop else ""
        if inner.strip():
            done.append(f"{escape(clean(text[end:start]))}<{tag}>{escape(inner)}</{tag}>")
            end = stop
    done.append(escape(clean(text[end:])))
    return "".join(done).strip()


def window(text: str, places: Sequence[tuple[int, int]], *, before: int, size: int) -> tuple[int, int]:
    """Where an excerpt of at most ``size`` characters around the first place begins and ends, at words if it can."""
    first = min(places, default=(0, 0))
    start = max(0, min(first[0] - before, len(text) - size))
    if start:
        start = whole(text, _word(text, start, min(first[0], start + 20)))
    end = min(len(text), start + size)
    if end < len(text):
        end = whole(text, max(_word(text, end - 20, end, last=True), min(first[1], end)))
    return start, end


def _word(text: str, start: int, end: int, *, last: bool = False) -> int:
    """A place behind a blank between these two, or the outer one where there is none (as in Chinese)."""
    found = [blank.end() for blank in re.finditer(r"\s", text[start:end])]
    if not found:
        return end if last else start
    return start + (found[-1] if last else found[0])


def link(url: str) -> str:
    """The address if a phone may be offered it, else "": http or https, with a host, no blanks or controls."""
    url = url.strip()
    if units(url) > MAX_LINK or _UNSEEN.search(url) or not url.isprintable() or re.search(r"[\s\"<>\\]", url):
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host else ""


def host(url: str) -> str:
    """The host of an address that ``link`` let pass, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def anchor(url: str, label: str) -> str:
    """A link whose ``label`` is HTML already. Telegram links no host without a dot: there the address shows."""
    if not url:
        return label
    if "." not in host(url):
        return f"{label} {escape(url)}"
    return f'<a href="{escape(url)}">{label}</a>'


def length(text: str) -> int:
    """How long our own HTML is once it is parsed, in UTF-16 units."""
    return units(html.unescape(_TAG.sub("", text)))


def plain(text: str) -> str:
    """Our own HTML as plain text, for a message that Telegram refused to read; the addresses of links stay."""
    text = _ANCHOR.sub(lambda found: found[2] if found[1] == found[2] else f"{found[2]} {found[1]}", text)
    return html.unescape(_TAG.sub("", text))
