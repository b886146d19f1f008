"""What stands on the phone: always valid Telegram HTML within the limits, and what a reader needs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import markup
from bot.message import compose, fits
from bot.model import Also, Field, Message, Owed, Place, Priority
from scrapers import Post
from tests.botapi import parse_html

NOW = datetime(2024, 11, 28, 12, 0, tzinfo=UTC)
OVERRIDE = "\u202e"


def post(**fields: object) -> Post:
    usual: dict[str, object] = {
        "key": "feed:1",
        "url": "https://news.example.org/racks",
        "title": "H200 racks seen",
        "text": "Three people saw H200 racks near the harbour.",
        "author": "Ada Example",
        "published": NOW - timedelta(minutes=3),
        "lang": "en",
    }
    return Post(**{**usual, **fields})  # type: ignore[arg-type]


def owed(number: int = 1, **fields: object) -> Owed:
    usual: dict[str, object] = {"id": number, "due": NOW, "topics": ("H200",), "post": post(), "source": "wire"}
    return Owed(**{**usual, **fields})  # type: ignore[arg-type]


def told(*all_owed: Owed, lang: str = "en", timezone: str = "Europe/Paris") -> tuple[Message, int]:
    return compose(all_owed, lang=lang, timezone=timezone, now=NOW)


def only(one: Owed, lang: str = "en") -> Message:
    return told(one, lang=lang)[0]


def seen(message: Message) -> str:
    return parse_html(message.text)[0] if message.html else message.text


def test_the_first_line_tells_priority_and_topics() -> None:
    message = only(owed(priority=Priority.HIGH, topics=("H200", "SuperMicro")))
    assert message.text.splitlines()[0] == "🔴 <b>H200</b> · <b>SuperMicro</b>"


def test_what_matched_is_underlined_in_the_title_and_bold_in_the_text() -> None:
    places = (Place(Field.TITLE, 0, 4), Place(Field.TEXT, 17, 21))
    text = only(owed(places=places)).text
    assert "<b><u>H200</u> racks seen</b>" in text
    assert "Three people saw <b>H200</b> racks" in text


def test_source_author_language_time_and_link_are_told() -> None:
    message = only(owed())
    assert "📰 wire · Ada Example · English" in message.text
    assert "Thu 28 Nov 2024, 12:57 UTC+1" in seen(message)
    assert "(3 min ago)" in seen(message)
    assert message.text.endswith("🔗 https://news.example.org/racks")
    assert message.link == "https://news.example.org/racks"


@pytest.mark.parametrize(
    ("lang", "when"),
    [
        ("en", "Thu 28 Nov 2024, 12:57 UTC+1 (3 min ago)"),
        ("fr", "jeu. 28 nov. 2024 à 12:57 UTC+1 (il y a 3 min)"),
        ("zh", "2024年11月28日 周四 12:57 UTC+1 (3 分钟前)"),
    ],
)
def test_time_is_written_as_the_reader_writes_it(lang: str, when: str) -> None:
    assert f"🕒 {when}" in seen(only(owed(), lang=lang))


def test_a_post_from_the_future_or_without_date_has_no_false_age() -> None:
    assert "ago" not in seen(only(owed(post=post(published=NOW + timedelta(days=2)))))
    assert "date not given" in seen(only(owed(post=post(published=None))))


def test_a_date_that_telegram_refuses_is_told_as_plain_words() -> None:
    text = only(owed(post=post(published=datetime(1901, 1, 1, tzinfo=UTC)))).text
    assert "tg-time" not in text
    assert "1901" in text


def test_an_excerpt_stands_around_the_first_match_and_cuts_no_word_of_it() -> None:
    body = "x" * 50 + " many words stand here first. " * 40 + "Then the H200 came. " + "and more " * 100
    at = body.index("H200")
    text = only(owed(post=post(text=body), places=(Place(Field.TEXT, at, at + 4),))).text
    excerpt = text[text.index("<blockquote") : text.index("</blockquote>")]
    assert "Then the <b>H200</b> came." in excerpt
    assert excerpt.startswith("<blockquote expandable>… ")
    assert excerpt.endswith(" …")


def test_places_stay_right_when_what_stands_before_them_is_cleaned_away() -> None:
    body = f"a\x00b{OVERRIDE}  \n\n c\ufeff the H200"
    at = body.index("H200")
    assert "ab c the <b>H200</b>" in only(owed(post=post(text=body), places=(Place(Field.TEXT, at, at + 4),))).text


def test_a_text_that_only_repeats_the_title_is_not_told_twice() -> None:
    assert seen(only(owed(post=post(text="H200  racks seen")))).count("racks seen") == 1


def test_markup_in_a_post_is_shown_and_not_obeyed() -> None:
    message = only(owed(post=post(title="<b>a</b> & </a> &lt;", author="<i>x</i>"), source="A&B", topics=("<u>T",)))
    shown = seen(message)
    for words in ("<b>a</b> & </a> &lt;", "<i>x</i>", "A&B", "<u>T"):
        assert words in shown


def test_direction_overrides_controls_and_half_characters_are_left_out() -> None:
    message = only(owed(post=post(title=f"{OVERRIDE}evil\x00\x1b[31m \ud800 H200\u2066")))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2067\ud800-\udfff]", message.text)
    assert "evil" in message.text


def test_right_to_left_names_do_not_turn_their_neighbours_around() -> None:
    assert "wire · \u2068عمر\u2069 · English" in only(owed(post=post(author="عمر"))).text


def test_a_tower_of_accents_is_levelled_and_a_name_with_accents_is_not() -> None:
    text = only(owed(post=post(title="e\u0301te\u0301 Z" + "\u0301" * 10_000))).text
    assert "e\u0301te\u0301 Z" + "\u0301" * 4 in text
    assert "\u0301" * 5 not in text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "tg://user?id=5",
        "data:text/html,x",
        "//example.org/x",
        "https:///nothing",
        "https://example.org/\u202egpj.exe",
        "https://example.org/\x00",
        "https://[::1",
        "https://example.org:99999/",
        "https://example.org/" + "x" * 2000,
        "",
    ],
)
def test_a_link_that_no_phone_should_open_is_dropped(url: str) -> None:
    message = only(owed(post=post(url=url)))
    assert message.link == ""
    assert "🔗" not in message.text
    listed, _ = told(owed(post=post(url=url)), owed(2, post=post(url=url)))
    assert "<a" not in listed.text


def test_a_link_is_escaped_and_a_long_one_is_shortened_but_whole_behind_the_tap() -> None:
    long = "https://news.example.org/a?b=1&c=" + "d" * 200
    message = only(owed(post=post(url=long)))
    assert f'<a href="{long.replace("&", "&amp;")}">news.example.org/a' in message.text
    assert message.link == long


def test_a_repeat_begins_with_its_mark() -> None:
    assert only(owed(repeat=True)).text.startswith("↻ 🔵")
    assert only(owed(post=None, text="Hello", repeat=True)).text == "↻ Hello"


def test_plain_text_says_the_same_without_markup() -> None:
    message = only(owed(plain=True, post=post(title="a < b & c")))
    assert not message.html
    assert "a < b & c" in message.text
    assert "<b>" not in message.text
    assert "https://news.example.org/racks" in message.text


def test_plain_lists_keep_their_links() -> None:
    message, _ = told(owed(1, plain=True), owed(2, plain=True))
    assert message.text.count("https://news.example.org/racks") == 2


def test_a_notice_is_its_words() -> None:
    message = only(owed(post=None, text="Two lines:\n<b> & more", priority=Priority.LOW))
    assert (message.text, message.html, message.silent) == ("Two lines:\n<b> & more", False, True)


def test_only_what_is_all_low_is_silent() -> None:
    low = owed(1, priority=Priority.LOW)
    assert told(low, owed(2, priority=Priority.LOW))[0].silent
    assert not told(low, owed(2))[0].silent


def test_several_make_one_list_under_their_topics_the_urgent_first() -> None:
    message, count = told(
        owed(1, topics=("B200",), priority=Priority.LOW),
        owed(2, topics=("H200",), priority=Priority.HIGH, post=post(title="Second")),
        owed(3, topics=("B200",), priority=Priority.LOW, post=post(title="", text="No title here but words")),
    )
    lines = seen(message).splitlines()
    assert count == 3
    assert lines[0] == "🔴 3 new posts · H200 · B200"
    assert lines[2:4] == ["H200", "• Second · wire · 28 Nov, 12:57 UTC+1"]
    assert lines[5] == "B200"
    assert lines[7].startswith("• No title here but words · wire")
    assert message.text.count('<a href="https://news.example.org/racks">') == 3
    assert message.link == ""


def test_a_list_holds_fifteen_and_says_how_many_it_tells() -> None:
    message, count = told(*(owed(n, post=post(title=f"Post {n}")) for n in range(40)))
    assert count == 15
    assert "Post 14" in message.text
    assert "Post 15" not in message.text


def test_lists_that_grow_too_long_tell_fewer() -> None:
    message, count = told(
        *(owed(n, plain=True, post=post(url=f"https://e.example.org/{'x' * 1400}")) for n in range(15))
    )
    assert 0 < count < 15
    assert fits(message)


def test_notices_repeats_and_plain_ones_never_share_a_message() -> None:
    assert told(owed(1), owed(2, repeat=True), owed(3))[1] == 1
    assert told(owed(1), owed(2), owed(3, plain=True))[1] == 2
    assert told(owed(1, post=None, text="x"), owed(2, post=None, text="y"))[1] == 1


def test_flags_and_emoji_are_never_cut_in_two() -> None:
    flags = "🇫🇷" * 300
    shown = seen(only(owed(post=post(title=flags))))
    line = next(line for line in shown.splitlines() if "🇫🇷" in line)
    assert line.replace("🇫🇷", "").strip(" …") == ""
    assert markup.shorten("👩‍🚀" * 30, 21).strip("…") in "👩‍🚀" * 30
    assert markup.shorten("👩‍🚀" * 30, 21).removesuffix("…").endswith("🚀")


def also(*names: str, lang: str = "en") -> tuple[Also, ...]:
    return tuple(Also(source=name, url=f"https://{name}.example.org/{n}", lang=lang) for n, name in enumerate(names))


def last_line(lang: str = "en", **fields: object) -> str:
    return seen(only(owed(**fields), lang=lang)).splitlines()[-1]


def test_the_last_line_names_and_links_who_else_has_the_story() -> None:
    text = only(owed(also=also("lemonde", "a&b"))).text
    assert text.splitlines()[-1] == (
        '➕ also: <a href="https://lemonde.example.org/0">lemonde</a>, '
        '<a href="https://a&amp;b.example.org/1">a&amp;b</a>'
    )


@pytest.mark.parametrize(
    ("lang", "names", "said"),
    [
        ("en", "abcd", "➕ also: a, b, c, d"),
        ("en", "abcdef", "➕ also: a, b, c, d, 2 more"),
        ("fr", "abcde", "➕ aussi : a, b, c, d et 1 autre"),
        ("fr", "abcdef", "➕ aussi : a, b, c, d et 2 autres"),
        ("zh", "ab", "➕ 其他报道：a、b"),
        ("zh", "abcdef", "➕ 其他报道：a、b、c、d，另有 2 条"),
    ],
)
def test_four_are_named_and_the_rest_is_counted(lang: str, names: str, said: str) -> None:
    assert last_line(lang, also=also(*names)) == said


def test_a_source_is_named_once_and_its_other_posts_are_counted() -> None:
    assert last_line(also=also("a", "b", "a", "a")) == "➕ also: a, b, 2 more"
    assert last_line(also=also("wire")) == "➕ also: wire"


@pytest.mark.parametrize(
    ("lang", "mark"),
    [
        ("en", ""),
        ("en-GB", ""),
        ("", ""),
        ("fr", " 🇫🇷"),
        ("zh-TW", " 🇹🇼"),
        ("pt_BR", " 🇧🇷"),
        ("zh", " 中文"),
        ("xx", " xx"),
        ("<b>&", " <b>&"),
    ],
)
def test_only_another_language_is_marked(lang: str, mark: str) -> None:
    assert last_line(also=also("a", "b", lang=lang)) == f"➕ also: a{mark}, b{mark}"


def test_a_right_to_left_name_does_not_turn_the_others_around() -> None:
    assert last_line(also=(Also(source="عمر", url=""), *also("b"))) == "➕ also: \u2068عمر\u2069, b"


def test_an_address_that_is_bad_or_too_long_is_left_out_and_the_name_stays() -> None:
    bad = (Also(source="a", url="javascript:x"), Also(source="b", url="https://example.org/" + "x" * 400))
    assert only(owed(also=bad)).text.endswith("\n➕ also: a, b")


def test_a_message_with_no_room_for_the_addresses_keeps_the_names() -> None:
    wide = tuple(Also(source=name, url=f"https://{name}.example.org/{'&' * 270}") for name in "abcd")
    longest = post(url="https://example.org/" + "&" * 1450, title="&" * 300, text='"' * 900)
    message = only(owed(post=longest, also=wide))
    assert fits(message)
    assert message.text.endswith("\n➕ also: a, b, c, d")


def test_a_reply_says_on_its_first_line_that_it_follows_up() -> None:
    message = only(owed(answers=41, priority=Priority.HIGH))
    assert message.text.splitlines()[0] == "🔴 <b>H200</b> · ↩ follow-up"
    assert (message.answers, message.edits) == (41, 0)
    assert seen(only(owed(answers=41), lang="fr")).startswith("🔵 H200 · ↩ suite\n")
    assert seen(only(owed(answers=41), lang="zh")).startswith("🔵 H200 · ↩ 后续\n")


def test_an_edit_is_the_whole_alert_anew_and_goes_alone() -> None:
    message, count = told(owed(1, edits=41, also=also("a")), owed(2, edits=42), owed(3))
    assert count == 1
    assert (message.edits, message.answers) == (41, 0)
    assert message.text == only(owed(1, also=also("a"))).text
    assert told(owed(1), owed(2), owed(3, edits=41))[1] == 2


def test_alerts_of_one_story_are_told_together() -> None:
    first = owed(1, story=7, topics=("H200",), also=also("a"), answers=5)
    second = owed(2, story=7, topics=("B200", "H200"), source="b", priority=Priority.HIGH, also=also("a"))
    message, count = told(first, second)
    assert count == 2
    assert message.answers == 5
    assert seen(message).splitlines()[0] == "🔴 H200 · B200 · ↩ follow-up"
    assert seen(message).splitlines()[-1] == "➕ also: b, a"
    assert not told(owed(1, story=7, priority=Priority.LOW), owed(2, story=7))[0].silent


def test_in_a_list_a_story_is_one_line_that_counts_the_others() -> None:
    other = post(title="Other")
    message, count = told(
        owed(1, story=7, also=also("a", "b")), owed(2, story=7, source="c"), owed(3, story=8, post=other), owed(4)
    )
    lines = seen(message).splitlines()
    assert count == 4
    assert lines[0] == "🔵 3 new posts · H200"
    assert lines[2:] == [
        "• H200 racks seen · wire +3 · 28 Nov, 12:57 UTC+1",
        "• Other · wire · 28 Nov, 12:57 UTC+1",
        "• H200 racks seen · wire · 28 Nov, 12:57 UTC+1",
    ]
    assert (message.edits, message.answers) == (0, 0)
    assert "• H200 racks seen · +1 · 28 Nov" in seen(told(owed(1, source="", also=also("a")), owed(2))[0])


def test_a_list_that_is_full_leaves_whole_stories_for_the_next() -> None:
    message, count = told(*(owed(n, story=n // 2 + 1) for n in range(40)))
    assert count == 30
    assert "15 new posts" in seen(message)


HOSTILE = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from("<>&\"'/ab \n\x00\u202e\u0301\u200d\ud83d\U0001f1eb\U0001f680h2中"),
    ),
    max_size=60,
).flatmap(lambda text: st.sampled_from([text, text * 5, text * 300]))
PLACES = st.lists(
    st.builds(
        lambda where, start, size: Place(where, start, start + size),
        st.sampled_from(Field),
        st.integers(0, 20_000),
        st.integers(0, 300),
    ),
    max_size=30,
)
ADDRESS = st.one_of(HOSTILE, HOSTILE.map(lambda tail: "https://example.org/" + tail))
OWED = st.builds(
    Owed,
    id=st.just(1),
    due=st.just(NOW),
    priority=st.sampled_from(Priority),
    topics=st.lists(HOSTILE, max_size=12).map(tuple),
    post=st.one_of(
        st.none(),
        st.builds(
            Post,
            key=st.just("x:1"),
            url=ADDRESS,
            title=HOSTILE,
            text=HOSTILE,
            author=HOSTILE,
            lang=HOSTILE,
            published=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC), min_value=datetime(1700, 1, 1))),  # noqa: DTZ001
        ),
    ),
    source=HOSTILE,
    places=PLACES.map(tuple),
    text=HOSTILE,
    repeat=st.booleans(),
    plain=st.booleans(),
    story=st.integers(0, 2),
    also=st.lists(st.builds(Also, source=HOSTILE, url=ADDRESS, lang=HOSTILE), max_size=8).map(tuple),
    edits=st.sampled_from([0, 0, 0, 5]),
    answers=st.sampled_from([0, 0, 5]),
)
LONG_LINK = "https://example.org/" + "&" * 275


@settings(max_examples=150, deadline=None)
@given(st.lists(OWED, min_size=1, max_size=17), st.sampled_from(["en", "fr", "zh", "xx"]))
@example([owed(post=post(title="<b>" * 4000, text="&" * 10_000, url=""))], "en")
@example([owed(post=post(url=LONG_LINK * 5), also=tuple(Also(source=n * 99, url=LONG_LINK) for n in '"&<>'))], "fr")
@example([owed(plain=True, also=tuple(Also(source=n * 99, url=LONG_LINK, lang="&" * 999) for n in "abcd"))], "zh")
def test_whatever_a_post_holds_the_message_is_valid_and_within_the_limits(all_owed: list[Owed], lang: str) -> None:
    message, count = told(*all_owed, lang=lang)
    assert 1 <= count <= len(all_owed)
    assert fits(message)
    text = seen(message)  # raises when Telegram would refuse it
    assert text.strip()
    assert len(text.encode("utf-16-le")) <= 2 * 4096
    tags = parse_html(message.text)[1] if message.html else []
    assert len(tags) <= 100
    assert set(tags) <= {"b", "u", "i", "a", "blockquote", "tg-time"}
