import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import figures
from tests.spellings import ANY, SPELT


def told(text: str) -> set[str]:
    """The facts of a text, of which every place counts."""
    return set(figures.facts(text, [(0, len(text))]))


@pytest.mark.parametrize(
    "written",
    [
        "$30k",
        "US$30,000",
        "$ 30 000",
        "30.000 $",
        "30,000.00 USD",
        "USD 30k",
        "30 thousand dollars",
        "30 mille dollars",
        "30 тыс. долларов",
        "3万美元",
        "30千美元",
        "3만 달러",
        "3万ドル",
        "٣٠٠٠٠ دولار",
    ],
)
def test_one_price_has_one_spelling(written: str) -> None:
    assert told(f"H100 {written}, ") == {"30000 usd"}


@pytest.mark.parametrize(
    ("written", "fact"),
    [
        ("3 000 €", "3000 eur"),
        ("2,75 mds d'euros", "2750000000 eur"),
        ("3 Md€", "3000000000 eur"),
        ("10 M€", "10000000 eur"),
        ("1,5 million euros", "1500000 eur"),
        ("12 Mrd. Euro", "12000000000 eur"),
        ("2.5 milliards de dollars", "2500000000 usd"),
        ("HK$ 230,000", "230000 hkd"),
        ("120万台币", "1200000 twd"),
        ("25万元一台", "250000 cny"),
        ("450万円", "4500000 jpy"),
        ("单卡 22.5万，含税", "225000 cny"),
    ],
)
def test_prices_of_many_currencies(written: str, fact: str) -> None:
    assert told(written) == {fact}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("$30k-$40k", {"30000 usd", "40000 usd"}),
        ("$30,000-40,000", {"30000 usd", "40000 usd"}),
        ("€25–30k", {"25000 eur", "30000 eur"}),
        ("$2-3 million", {"2000000 usd", "3000000 usd"}),
        ("22万-25万元", {"220000 cny", "250000 cny"}),
        ("30-40 cards", {"30 card", "40 card"}),
    ],
)
def test_both_ends_of_a_range_are_facts(written: str, found: set[str]) -> None:
    assert told(written) == found


@pytest.mark.parametrize(
    "written",
    [
        "8 GPUs",
        "eight H100s",
        "8x H100",
        "H100 × 8",
        "H100*8",
        "8 x NVIDIA H100 80GB",
        "八卡",
        "8卡H100",
        "8 sealed H100",
    ],
)
def test_one_number_of_cards_has_one_spelling(written: str) -> None:
    assert told(written) == {"8 card"}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("两台8卡服务器", {"2 server", "8 card"}),
        ("三百二十台", {"320 server"}),
        ("五百张", {"500 card"}),
        ("10万张H100", {"100000 card"}),
        ("two hundred servers", {"200 server"}),
        ("a dozen crates", {"12 box"}),
        ("1,024 H100", {"1024 card"}),
        ("20 servers with 8 H100 each", {"20 server", "8 card"}),
        ("8 видеокарт", {"8 card"}),
        ("dreißig Karten, DREISSIG Karten", {"30 card"}),
        ("Zwölf Server, three thousand chips", {"12 server", "3000 card"}),
        ("20箱八卡", {"20 box", "8 card"}),
    ],
)
def test_quantities_in_many_languages(written: str, found: set[str]) -> None:
    assert told(written) == found


@pytest.mark.parametrize(
    "written",
    [
        "H100 80GB SXM5, DDR5, 8U",
        "80 GB GPUs, 700 W cards, 5 nm chips",
        "RTX 4090 cards, 4090 cards",
        "24 November 2024, 2024 servers",
        "Dec 3 H100, 2024-05-06 H100, 10:30 H100, 1.2.2024 H100",
        "1st card, 2nd unit, one of the cards, 一台, 一块钱",
        "1/2 price cards, 1.5 cards, 5% cards, 0 cards",
        "3 people who sell cards",
        "5 m of cable, 10 days",
    ],
)
def test_what_counts_no_goods_is_no_fact(written: str) -> None:
    assert told(written) == set()


def test_the_number_of_a_model_is_no_price() -> None:
    assert told("H100 $28,500 H200 USD 34k RTX 4090 €1950") == {"28500 usd", "34000 usd", "1950 eur"}
    assert told("H100 元") == set()


def test_only_what_stands_near_is_a_fact() -> None:
    text = "H100" + " " * figures.NEAR + " for $30,000"
    assert figures.facts(text, [(0, 4)]) == frozenset()
    assert figures.facts(text[20:], [(0, 0)]) == {"30000 usd"}
    assert figures.facts(text, []) == frozenset()


def test_a_figure_at_the_edge_is_read_to_its_end() -> None:
    text = "H100".ljust(figures.NEAR) + "  $30,000"
    assert figures.facts(text, [(0, 4)]) == {"30000 usd"}


def test_numbers_are_scaled_and_dates_are_none() -> None:
    assert figures.numbers("1,234.5 and 2.5 million, 3万, 8GB") == {"1234.5", "2.5e+06", "30000", "8"}
    assert figures.numbers("on 1.2.2024, version 1.2.3, H100") == frozenset()


@given(SPELT | ANY | st.text("0123456789.,-$€kmM万台 "))
def test_any_text_has_numbers_that_can_be_read_again(text: str) -> None:
    assert all(float(number) >= 0 for number in figures.numbers(text))
    assert all(float(fact.split()[0]) > 0 for fact in told(text))


@pytest.mark.parametrize("spelt", ["5 mıllıon dollars", "5 MİLLİON dollars", "$5 miLLion", "5 Mſ euro", "5\u212a $"])
def test_letters_that_only_look_like_others_do_not_break_a_look(spelt: str) -> None:
    assert all(float(fact.split()[0]) > 0 for fact in told(spelt))


@given(st.integers(2, 10**9), st.sampled_from(["{:,} USD", "{} usd", "US${:,}", "${}"]))
def test_a_price_is_found_however_it_is_grouped(price: int, form: str) -> None:
    assert told(f"now {form.format(price)} each") == {f"{price:.15g} usd"}


@given(st.integers(2, 1_800), st.sampled_from(["{} servers", "{} nodes", "{}台", "{} HGX servers"]))
def test_a_quantity_is_found_in_any_of_its_words(count: int, form: str) -> None:
    assert told(form.format(count)) == {f"{count} server"}


@pytest.mark.parametrize(
    "piece", ["9", "123 ", "123,", "8 x H100 ", "1$", "8卡", "1-", "two-", "eight ", "8 A1 B22 ", "十"]
)
def test_a_long_text_of_figures_is_read_at_once(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    places = [(start, start + 4) for start in range(0, len(text), 200)]
    began = time.perf_counter()
    figures.facts(text, places)
    assert all(float(number) >= 0 for number in figures.numbers(text[:700]))
    assert time.perf_counter() - began < 0.5
