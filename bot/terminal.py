"""The terminal as a phone: prints each message as the bubble that would stand in the chat, and what the commands show.

Foreign text never reaches rich as markup, and never reaches the terminal with control characters: a title cannot move
the cursor, recolour the screen or turn the line around. Where stdout is no terminal, everything is plain text, one
paragraph a line.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, tzinfo
from html import escape
from html.parser import HTMLParser
from itertools import count
from typing import TextIO

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.model import Chat, Message, Receipt, Sent

PHONE = 66
"""The widest bubble, in columns: longer lines are hard to read."""

FOLDED = 3
"""Lines of an expandable quote that a phone shows before it is tapped."""

_ACCENT = "cyan"
_QUIET = "bright_black"
_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strike",
    "code": "cyan",
    "tg-time": "",
}
_DECLARATION = re.compile(r"<(?=[!?])")  # Telegram's HTML has none, and the parser may fail on one
_ADDRESS = re.compile(r"https?://[!-~]+")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_PICTURES = re.compile(r"\ufe0f|(?<=[\u2600-\u27bf\U0001f000-\U0001faff])\u200d")
_IDEOGRAPH = r"[\u2e80-\u2fff\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_OPENING = r"[（「『《〈【［“‘]*"
_CLOSING = r"[，。、！？；：）」』》〉】］”’…·%]*"
_WORD = re.compile(rf"\s+|{_OPENING}{_IDEOGRAPH}{_CLOSING}|(?:(?!{_IDEOGRAPH})\S)+")


def console(stream: TextIO | None = None, *, width: int | None = None) -> Console:
    """A console on stdout (or ``stream``) that takes text literally and never fails on a letter it cannot show."""
    out = stream or sys.stdout
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return Console(file=out, width=width, markup=False, highlight=False, emoji=False)


def clean(text: str) -> str:
    """Foreign text that is safe to print: no control or bidirectional characters, no lone surrogates.

    Joined and variant emoji are taken apart, because terminals disagree about their width and would break the frame.
    """
    lines = _BREAKS.sub("\n", text).replace("\t", " ")
    return _PICTURES.sub("", _SURROGATES.sub("\ufffd", _CONTROLS.sub("", lines)))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """A table of foreign text. The columns numbered in ``right`` are set flush right."""
    made = Table(box=SIMPLE_HEAD, header_style="bold", border_style=_QUIET, pad_edge=False)
    for number, header in enumerate(headers):
        made.add_column(header, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) for cell in row))
    return made


class Terminal:
    """The Sender that prints. ``now`` and ``timezone`` give the hour above each bubble."""

    def __init__(self, screen: Console, *, now: Callable[[], datetime], timezone: tzinfo = UTC) -> None:
        self._console = screen
        self._now = now
        self._timezone = timezone
        self._numbers = count(1)

    async def send(self, chat: Chat, message: Message) -> Receipt:
        """Print the message. All chats share the one terminal, and what is printed stays: an edit is printed below."""
        when = self._now().astimezone(self._timezone)
        show = _bubble if self._console.is_terminal else _plain
        show(self._console, message, f"{when:%a} {when.day} {when:%b %H:%M}")
        return Sent(message_id=message.edits or next(self._numbers))


class Screen:
    """What a show needs of a terminal: paragraphs, a rule, a table, bars, a line that moves.

    Words come as Telegram HTML (``b i u s code a blockquote``), as messages do; whoever quotes foreign text escapes it.
    """

    def __init__(self, screen: Console) -> None:
        self._console = screen

    def say(self, html: str, *, dim: bool = False) -> None:
        """One paragraph, or several; "" leaves a line free."""
        text = Text("\n").join(paragraph for paragraph, _ in _paragraphs(html))
        if not self._console.is_terminal:
            self._console.print(text.plain, soft_wrap=True)
            return
        text.stylize_before(_QUIET if dim else "")
        self._console.print(Padding(_Flow(text), (0, 1, 0, 2)), width=min(PHONE + 4, self._console.width))

    def title(self, html: str) -> None:
        """The first thing on the screen, framed."""
        if self._console.is_terminal:
            text = Text("\n").join(paragraph for paragraph, _ in _paragraphs(html))
            _frame(self._console, _Flow(text), Text(), Text(), _ACCENT)
        else:
            self.say(html)

    def rule(self, words: str) -> None:
        """A line across, with words in it."""
        if self._console.is_terminal:
            line = Rule(Text(clean(words), style="bold"), style=_QUIET, align="left")
            self._console.print(Padding(line, (1, 0, 0, 2)), width=min(PHONE + 4, self._console.width))
        else:
            self._console.print(f"\n-- {clean(words)} --", soft_wrap=True)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """A table of plain text."""
        self._console.print(Padding(table(headers, rows, right=right), (0, 0, 0, 2)))

    def bars(self, rows: Sequence[tuple[str, int, str]]) -> None:
        """A bar for each (name, number, remark), all on one scale. The last is what it comes to, and stands out."""
        largest = max((number for _, number, _ in rows), default=0) or 1
        room = max(8, min(self._console.width - 56, 30))
        grid = Table.grid(padding=(0, 1))
        for column in ("left", "right", "left"):
            grid.add_column(justify=column, no_wrap=True)
        grid.add_column(overflow="fold")
        for place, (name, number, remark) in enumerate(rows, 1):
            bar = Text("━" * max(round(number / largest * room), number > 0), _ACCENT if place == len(rows) else _QUIET)
            grid.add_row(Text(clean(name), "bold"), Text(str(number), "bold"), bar, Text(clean(remark)))
        self._console.print(Padding(grid, (0, 1, 0, 2)))

    def moving(self, words: Callable[[], str]) -> AbstractContextManager[object]:
        """A last line, redrawn some times a second for as long as the context lasts; nothing without a terminal."""
        if not self._console.is_terminal:
            return nullcontext()
        spinner = Spinner("dots", style=_ACCENT)

        def draw() -> RenderableType:
            spinner.update(text=Text(clean(words()), style=_QUIET, overflow="ellipsis", no_wrap=True))
            return Padding(spinner, (1, 0, 0, 2))

        return Live(
            get_renderable=draw,
            console=self._console,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )


def _bubble(screen: Console, message: Message, when: str) -> None:
    """One message as a phone shows it: the sender and the hour on top, the words, the button.

    An edit makes no sound on a phone, and is a pale bubble here.
    """
    quiet = message.silent or message.edits > 0
    parts: list[RenderableType] = []
    for text, quoted in _content(message):
        bar = Text("▎", style=_ACCENT) + Text(" ") if quoted else Text()
        if message.edits:
            text.stylize_before(_QUIET)
        parts.append(_Flow(text, prefix=bar, limit=FOLDED if quoted else None))
    bell = "✎ " if message.edits else "🔕 " if message.silent else "🔔 "
    heading = Text.assemble(bell, ("Vigie", "bold"), " ↩" if message.answers else "")
    _frame(screen, Group(*parts), heading, Text(when, style=_QUIET), _QUIET if quiet else _ACCENT)


def _frame(screen: Console, body: RenderableType, heading: Text, corner: Text, border: str) -> None:
    width = min(PHONE + 2, max(screen.width - 2, 20))
    panel = Panel(
        body,
        box=ROUNDED,
        title=_headline(heading, corner, width - 6, border) if heading else None,
        title_align="left",
        border_style=border,
        padding=(0, 1),
        width=width,
    )
    screen.print(Padding(panel, (0, 0, 0, 2)) if screen.width >= width + 2 else panel)


def _headline(heading: Text, corner: Text, width: int, border: str) -> Text:
    """The words on the upper edge: the name on the left, the hour on the right, the edge between them."""
    gap = width - heading.cell_len - corner.cell_len - 2
    if gap < 1:
        return heading
    return Text.assemble(heading, " ", ("─" * gap, border), " ", corner)


def _plain(screen: Console, message: Message, when: str) -> None:
    marks = [("edited", message.edits), ("reply", message.answers), ("silent", message.silent and not message.edits)]
    said = ", ".join(name for name, holds in marks if holds)
    lines = [f"[{when}] Vigie" + (f" ({said})" if said else "")]
    for text, quoted in _content(message, addresses=True):
        lines += [("  > " if quoted else "  ") + line for line in text.plain.split("\n") if line]
    screen.print("\n".join(lines) + "\n", soft_wrap=True)


def _content(message: Message, *, addresses: bool = False) -> list[tuple[Text, bool]]:
    """The paragraphs of a message, and its link where the words do not show it (on a phone it is a button).

    An edit is shown without its quote, which was read already.
    """
    html = message.text if message.html else escape(message.text, quote=False)
    paragraphs = _paragraphs(html, addresses=addresses)
    if message.edits:
        paragraphs = [(text, quoted) for text, quoted in paragraphs if not quoted]
    link = clean(message.link)
    if link and not any(link in text.plain for text, _ in paragraphs):
        paragraphs.append((Text.assemble("🔗 ", (link, _link_style(link))), False))
    return paragraphs


def _paragraphs(html: str, *, addresses: bool = False) -> list[tuple[Text, bool]]:
    """The words of Telegram HTML in order; True marks a quote. ``addresses`` writes out where links lead."""
    reader = _Reader(addresses=addresses)
    reader.feed(_DECLARATION.sub("&lt;", html))
    reader.close()
    return reader.finish()


def _link_style(address: str) -> Style:
    safe = re.fullmatch(r"https?://[!-~\u00a0-\U0010ffff]+", clean(address))
    return Style(underline=True, color="blue", link=safe.group() if safe else None)


class _Reader(HTMLParser):
    """Telegram HTML to paragraphs of styled text; a tag that it does not know leaves its words."""

    def __init__(self, *, addresses: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._addresses = addresses
        self._done: list[tuple[Text, bool]] = []
        self._text = Text()
        self._open: list[tuple[str, Style]] = []
        self._quoted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._turn(quoted=True)
        elif tag == "a":
            self._open.append((tag, _link_style(dict(attrs).get("href") or "")))
        elif tag in _STYLES:
            self._open.append((tag, Style.parse(_STYLES[tag])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self._turn(quoted=False)
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                style = self._open.pop(place)[1]
                if self._addresses and style.link:
                    self._text.append(f" {style.link}")
                break

    def handle_data(self, data: str) -> None:
        self._text.append(clean(data), Style.combine([Style.null(), *(style for _, style in self._open)]))

    def finish(self) -> list[tuple[Text, bool]]:
        self._turn(quoted=False)
        return self._done

    def _turn(self, *, quoted: bool) -> None:
        """End a paragraph. The line ends around a quote belong to its frame."""
        text = self._text
        body = text.plain.strip("\n")
        if body:
            for address in _ADDRESS.finditer(text.plain):
                text.stylize(_link_style(address.group()), *address.span())
            start = text.plain.index(body)
            self._done.append((text[start : start + len(body)], self._quoted))
        self._text, self._quoted = Text(), quoted


class _Flow:
    """Text set in lines that fit, breaking between Chinese characters but not before their punctuation.

    (rich breaks at spaces alone, which leaves ragged gaps in a Chinese text with a product name in it.)
    """

    def __init__(self, text: Text, *, prefix: Text | None = None, limit: int | None = None) -> None:
        self._text = text
        self._prefix = prefix or Text()
        self._limit = limit

    def __rich_console__(self, screen: Console, options: ConsoleOptions) -> RenderResult:
        lines = _lines(self._text, max(options.max_width - self._prefix.cell_len, 2))
        if self._limit and len(lines) > self._limit:
            lines = lines[: self._limit]
            lines[-1].truncate(max(options.max_width - self._prefix.cell_len - 2, 1))
            lines[-1].append(" …", _QUIET)
        for line in lines:
            yield Text.assemble(self._prefix, line, no_wrap=True, overflow="ignore")


def _lines(text: Text, width: int) -> list[Text]:
    """The text in lines of at most ``width`` columns; what belongs to a bullet hangs beside it."""
    lines = []
    for paragraph in text.split("\n", allow_blank=True):
        hang = Text("  " if paragraph.plain.startswith(("• ", "· ", "  ")) else "")
        for place, line in enumerate(paragraph.divide(_breaks(paragraph.plain, width - len(hang)))):
            line.rstrip()
            lines.append(hang + line if place else line)
    return lines


def _breaks(text: str, width: int) -> list[int]:
    """Where to end a line: at blanks and ideographs, and within an address or what is wider than a line."""
    breaks: list[int] = []
    used = 0
    for word in _WORD.finditer(text):
        size = cell_len(word.group())
        if word.group().isspace():
            used += size
            continue
        torn = used + size > width and (size > width or word.group().startswith("http"))
        if used and used + size > width and not torn:
            breaks.append(word.start())
            used = 0
        for place, letter in enumerate(word.group() if torn else "", word.start()):
            if used + cell_len(letter) > width:
                breaks.append(place)
                used = 0
            used += cell_len(letter)
        used += 0 if torn else size
    return breaks
