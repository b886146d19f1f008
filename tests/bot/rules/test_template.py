import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import template
from tests.spellings import ANY, SPELT

WIRE = "the harbour office said that it will sell forty crates of tomatoes to a buyer in the north before the winter"
WORDS = st.lists(st.sampled_from(WIRE.split()), min_size=6, max_size=30)


def differs(one: str, other: str, weight: int = 200) -> tuple[str, ...]:
    return template.differs(one, other, weight=weight)


@pytest.mark.parametrize(
    ("one", "other", "slot"),
    [
        ("The H100 went up by 5 % in May", "The H100 went up by 7 % in May", "5 / 7"),
        ("An H100 price is up 5 %", "An H200 price is up 5 %", "100 / 200"),
        ("Asus wins an order for racks", "Dell wins an order for racks", "Asus / Dell"),
        ("an order was won by Dell", "an order was won by Asus", "Dell / Asus"),
        ("the price went up again today", "the price went down again today", "up / down"),
        ("an order for Acme and a shop", "an order for Acmetech Industries and a shop", "Acme / Acmetech Industries"),
        ("made by gigabyte for a shop", "made by supermicro for a shop", "gigabyte / supermicro"),
        ("戴尔公司获得服务器订单", "华硕公司获得服务器订单", "戴尔 / 华硕"),
        ("今日报价单卡22.5万含税", "今日报价单卡23.8万含税", "225 / 238"),
        ("先週スーパーマイクロは受注した", "先週ギガバイトは受注した", "スーパーマイクロ / ギガバイト"),
        ("삼성은 서버를 수주했다", "하이닉스는 서버를 수주했다", "삼성은 / 하이닉스는"),
        ("вчера днём Гигабайт получил заказ", "вчера днём Асус получил заказ", "Гигабайт / Асус"),
        ("أعلنت شركة جيجابايت عن طلب", "أعلنت شركة أسوس عن طلب", "جيجابايت / اسوس"),
    ],
)
def test_another_figure_or_word_in_a_slot_makes_another_text(one: str, other: str, slot: str) -> None:
    assert differs(one, other) == (slot,)
    assert differs(other, one) == (" / ".join(reversed(slot.split(" / "))),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WIRE, WIRE.upper()),
        (WIRE, f"By Ada Lane, HARBOUR TOWN: {WIRE}"),
        (WIRE, f"{WIRE}. The buyer was not named, and the office did not say what they cost."),
        (WIRE, f"{WIRE[:60]} [...]"),
        (WIRE, f"RT @desk: {WIRE} https://t.example.org/a1"),
        (WIRE, WIRE.replace("tomatoes", "tomatos")),
        ("for 30,000 in cash at noon", "for 30000 in cash at noon"),
        ("香港海關查獲四十箱", "香港海关查获四十箱"),
    ],
)
def test_what_is_added_cut_misspelt_or_written_otherwise_fills_no_slot(one: str, other: str) -> None:
    assert differs(one, other) == ()
    assert differs(other, one) == ()


def test_a_figure_that_both_have_does_not_hide_one_that_they_have_not() -> None:
    listed = "In stock: H100 80GB $28,500, H200 141GB $34,000, all sealed"
    assert differs(listed, listed.replace("28,500", "31,500")) == ("28500 / 31500",)


def test_a_long_text_is_spared_a_word_but_not_at_its_beginning() -> None:
    long = " ".join(f"word{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(100))
    late, early = (long.replace(word, "2 ") for word in ("wordje", "wordcc"))
    assert differs(late.replace("2 ", "17 "), late.replace("2 ", "19 "), weight=700) == ()
    assert differs(late.replace("2 ", "17 "), late.replace("2 ", "19 "), weight=300) == ("17 / 19",)
    assert differs(early.replace("2 ", "17 "), early.replace("2 ", "19 "), weight=700) == ("17 / 19",)


def test_a_column_with_other_words_inside_is_another_column() -> None:
    monday, tuesday = ("racks were seen " * 9, "tomatoes are cheap this year, say farmers")
    assert differs(f"Good morning. Today: {monday} See you soon.", f"Good morning. Today: {tuesday} See you soon.")


@pytest.mark.parametrize(
    ("slot", "named"),
    [
        ("5 / 7", True),
        ("Asus / Dell", True),
        ("戴尔 / 华硕", True),
        ("삼성은 / 하이닉스는", True),
        ("up / down", False),
        ("The man / The Republican", False),
        ("said / Dell", False),
    ],
)
def test_a_slot_names_something_else_if_both_sides_have_a_figure_or_a_name(slot: str, named: bool) -> None:
    assert template.names(slot) is named


@given(SPELT | ANY)
def test_no_text_differs_from_itself(text: str) -> None:
    assert differs(text, text, weight=0) == ()


@given(SPELT | ANY, SPELT | ANY)
def test_two_texts_differ_either_way_round(one: str, other: str) -> None:
    assert len(differs(one, other)) == len(differs(other, one))


@given(WORDS, st.integers(0, 99), st.integers(100, 999), st.data())
def test_a_figure_inside_a_text_is_never_overlooked(
    words: list[str], one: int, other: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(2, len(words) - 2))
    texts = [" ".join([*words[:place], str(number), *words[place:]]) for number in (one, other)]
    assert differs(*texts, weight=0) == (f"{one} / {other}",)


@given(WORDS, WORDS)
def test_what_is_put_before_or_behind_fills_no_slot(words: list[str], more: list[str]) -> None:
    assert differs(" ".join(words), " ".join([*words, *more])) == ()
    assert differs(" ".join(words), " ".join([*more, *words])) == ()


@pytest.mark.parametrize(
    "piece", ["a", "word ", "9,", "汉", "汉字 ", "A1 ", "🔥", "\ud800", "a\u0315\u0300", "https://", "カ"]
)
def test_a_long_text_is_compared_at_once(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    began = time.perf_counter()
    differs(text, f"Zz {text}")
    assert time.perf_counter() - began < 0.5
