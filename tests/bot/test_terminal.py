import io
import re
from datetime import UTC, datetime
from unicodedata import category
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bot.model import Chat, Message, Sent
from bot.terminal import Screen, Terminal, clean, console

NOW = datetime(2024, 11, 24, 5, 7, tzinfo=UTC)
ALERT = (
    "🔴 <b>H200</b> · <b>SuperMicro</b>\n<b>美超微机柜里有<u>H200</u> &amp; 别的</b>\n\n"
    "<blockquote expandable>{quote}</blockquote>\n📰 Harbour Wire\n"
    '🕒 <tg-time unix="1732424700" format="wDt">24 Nov 2024, 05:05 UTC</tg-time>\n🔗 https://example.org/a'
)
LONG = "Crates of <b>H200</b> servers stood in the yard. " * 12
SEQUENCE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def phone(width: int = 80) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system="standard", markup=False, emoji=False
    )


def pipe() -> Console:
    return console(io.StringIO(), width=80)


async def shown(screen: Console, *messages: Message) -> str:
    terminal = Terminal(screen, now=lambda: NOW)
    for message in messages:
        await terminal.send(Chat(1), message)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def unstyled(text: str) -> str:
    return SEQUENCE.sub("", text)


async def test_each_message_gets_the_next_number() -> None:
    terminal = Terminal(pipe(), now=lambda: NOW)
    receipts = [await terminal.send(Chat(1), Message(text=text)) for text in ("a", "b")]
    assert receipts == [Sent(message_id=1), Sent(message_id=2)]


async def test_the_edge_of_a_bubble_names_vigie_and_the_hour_in_the_readers_zone() -> None:
    screen = phone()
    await Terminal(screen, now=lambda: NOW, timezone=ZoneInfo("Europe/Paris")).send(Chat(1), Message(text="x"))
    assert isinstance(screen.file, io.StringIO)
    edge = unstyled(screen.file.getvalue()).splitlines()[0]
    assert "🔔 Vigie" in edge
    assert "Sun 24 Nov 06:07" in edge


async def test_a_silent_message_looks_silent() -> None:
    assert "🔕" in await shown(phone(), Message(text="x", silent=True))
    assert "(silent)" in await shown(pipe(), Message(text="x", silent=True))


async def test_an_edit_is_a_pale_bubble_without_the_quote_and_keeps_its_number() -> None:
    terminal = Terminal(pipe(), now=lambda: NOW)
    assert await terminal.send(Chat(1), Message(text="x", edits=7)) == Sent(message_id=7)
    assert await terminal.send(Chat(1), Message(text="x")) == Sent(message_id=1)
    grown = Message(text=ALERT.format(quote=LONG) + "\n➕ also: wire", edits=7, silent=True)
    bubble = unstyled(await shown(phone(), grown))
    assert "✎ Vigie" in bubble
    assert "🔕" not in bubble
    assert "Crates" not in bubble
    assert "➕ also: wire" in bubble
    colours = await shown(phone(), Message(text="word", edits=7))
    assert "\x1b[90mword" in colours
    assert "\x1b[90mword" not in await shown(phone(), Message(text="word"))
    plain = await shown(pipe(), grown)
    assert plain.startswith("[Sun 24 Nov 05:07] Vigie (edited)\n")
    assert "Crates" not in plain


async def test_a_reply_is_headed_by_its_arrow() -> None:
    assert "🔔 Vigie ↩" in unstyled(await shown(phone(), Message(text="x", answers=7)))
    assert "Vigie (reply)" in await shown(pipe(), Message(text="x", answers=7))
    assert "Vigie (reply, silent)" in await shown(pipe(), Message(text="x", answers=7, silent=True))


@pytest.mark.parametrize("width", [24, 40, 80, 200])
async def test_the_frame_is_straight_whatever_the_script(width: int) -> None:
    quote = "八卡H200整机，木箱还没拆📦 🇺🇸 → 🇸🇬 → 🇨🇳 👨‍👩‍👧 ⚙️ e\u0301te\u0301 " * 4
    lines = unstyled(await shown(phone(width), Message(text=ALERT.format(quote=quote)))).splitlines()
    assert len({cell_len(line.rstrip()) for line in lines}) == 1
    assert cell_len(lines[0]) <= width


async def test_an_expandable_quote_is_folded_on_the_phone_and_whole_in_a_pipe() -> None:
    message = Message(text=ALERT.format(quote=LONG))
    bubble = unstyled(await shown(phone(), message))
    assert bubble.count("▎") == 3
    assert " …" in bubble
    assert (await shown(pipe(), message)).count("Crates of H200 servers") == 12


async def test_chinese_breaks_between_characters_but_not_before_its_punctuation() -> None:
    text = "八卡H200整机，木箱还没拆，一共十二箱，叉车师傅说比冰箱还沉，要看开箱的请举手，" * 4
    lines = unstyled(await shown(phone(40), Message(text=text, html=False))).splitlines()[1:-1]
    words = [line.strip("│ ") for line in lines]
    assert not [line for line in words if line.startswith("，")]
    assert all(cell_len(line) >= 28 for line in words[:-1])


async def test_a_long_address_begins_beside_its_mark_and_leads_where_it_says() -> None:
    address = "https://example.org/" + "a" * 200
    screen = await shown(phone(), Message(text=f"🔗 {address}"))
    assert "🔗 https://example.org/aaa" in unstyled(screen)
    assert f";{address}\x1b" in screen


async def test_in_a_pipe_there_is_no_frame_no_escape_and_every_address() -> None:
    text = '• <a href="https://example.org/a?b=1&amp;c=2"><b>H100</b> found</a>'
    screen = await shown(pipe(), Message(text=text, link="https://example.org/z"))
    assert "\x1b" not in screen
    assert "│" not in screen
    assert "• H100 found https://example.org/a?b=1&c=2" in screen
    assert "🔗 https://example.org/z" in screen


async def test_a_button_is_shown_only_where_the_words_lack_its_link() -> None:
    message = Message(text=ALERT.format(quote="q"), link="https://example.org/a")
    assert (await shown(pipe(), message)).count("https://example.org/a") == 1


async def test_only_web_addresses_become_links() -> None:
    screen = await shown(phone(), Message(text='<a href="javascript:alert(1)">x</a>', link="tg://resolve"))
    assert "\x1b]8;" not in screen


async def test_a_plain_message_shows_its_tags_as_they_are() -> None:
    assert "<b>H100</b> &amp;" in await shown(pipe(), Message(text="<b>H100</b> &amp;", html=False))


@pytest.mark.parametrize("screen", [phone(), pipe()], ids=["phone", "pipe"])
async def test_a_hostile_title_does_nothing_to_the_terminal(screen: Console) -> None:
    hostile = "[red]x[/red] :smile: \x1b[2J\x1b]0;owned\x07 \u202eabc\u2066 \x00\x9b31m \ud800 a\rb"
    text = unstyled(await shown(screen, Message(text=hostile, html=False)))
    assert "[red]x[/red] :smile:" in text
    assert not [letter for letter in text if category(letter) in ("Cc", "Cs") and letter != "\n"]
    assert not set("\u202e\u2066") & set(text)


@given(st.text(st.characters(codec=None)))
def test_clean_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    cleaned = clean(text)
    assert not [letter for letter in cleaned if category(letter) in ("Cc", "Cs") and letter != "\n"]
    assert clean(cleaned) == cleaned


@given(st.text(), st.integers(20, 120), st.booleans(), st.booleans())
@example("<![0", 20, False, False)
@example("<?x", 20, True, True)
async def test_whatever_a_message_holds_its_bubble_fits_the_screen(
    text: str, width: int, edits: bool, answers: bool
) -> None:
    lines = unstyled(await shown(phone(width), Message(text=text, edits=edits, answers=answers))).split("\n")
    assert max(cell_len(line) for line in lines) <= width


def test_a_letter_that_stdout_cannot_write_is_replaced() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="latin-1") as stream:
        console(stream).print("été 美超微")
        stream.flush()
        assert raw.getvalue().strip() == b"\xe9t\xe9 ???"


def test_a_screen_shows_words_rules_bars_and_tables_in_both_shapes() -> None:
    for screen in (phone(), pipe()):
        stage = Screen(screen)
        stage.title("<b>VIGIE</b>")
        stage.say("a &lt;b&gt; <i>c</i>", dim=True)
        stage.rule("Sunday\x1b[2J")
        stage.bars((("read", 50, "posts"), ("told", 25, "once"), ("none", 0, "")))
        stage.table(("name", "n"), (("[red]x", "1"),), right=(1,))
        assert isinstance(screen.file, io.StringIO)
        text = unstyled(screen.file.getvalue())
        assert all(words in text for words in ("VIGIE", "a <b> c", "Sunday[2J", "[red]x"))
        lengths = {line.split()[0]: line.count("━") for line in text.splitlines() if re.search("read|told|none", line)}
        assert lengths["read"] == 2 * lengths["told"] > lengths["none"] == 0


def test_the_moving_line_is_gone_when_it_is_over_and_never_was_in_a_pipe() -> None:
    quiet = pipe()
    with Screen(quiet).moving(lambda: "Monday"):
        pass
    assert isinstance(quiet.file, io.StringIO)
    assert quiet.file.getvalue() == ""
    lively = phone()
    with Screen(lively).moving(lambda: "Monday"):
        pass
    assert isinstance(lively.file, io.StringIO)
    assert "Monday" in lively.file.getvalue()
    assert lively.file.getvalue().rstrip().endswith("\x1b[2K")
