from collections import Counter

import pytest

from bot.rules import aliases, variants
from bot.rules.fingerprint import number, spelt, stem, terms


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("英伟达H100在深圳的灰市价格下跌", "NVIDIA"),
        ("輝達與台積電擴產", "TSMC"),
        ("エヌビディアの半導体を密輸", "Nvidia"),
        ("엔비디아 칩 밀수", "Nvidia"),
        ("德国海关查获", "Germany"),
        ("La douane de l’Allemagne", "Germany"),
        ("Der Zoll von Deutschland", "Germany"),
        ("超微电脑股价暴跌", "Supermicro"),
        ("엔비디아가 서울에서", "Nvidia"),
        ("ジェンスン・フアン氏が訪れた", "Huang"),
    ],
)
def test_a_name_has_one_key_in_all_languages(text: str, name: str) -> None:
    found, key = terms(text), number(stem(name))
    assert key in found.words & found.names
    assert spelt(text, frozenset({key}))


def test_the_longer_name_counts_and_a_text_that_holds_none_is_left_alone() -> None:
    assert aliases.latinised("印度尼西亚与超微半导体").split() == ["Indonesia", "与", "Amd"]
    for text in ("NVIDIA and H100", "l’été à l’ombre", "一个苹果"):
        assert aliases.latinised(text) == text


@pytest.mark.parametrize(
    "text",
    ["アドバイスを受けた", "ウインドウズの更新", "기대만큼 좋다", "인권이란 무엇인가", "让人联想到去年", "超微财报"],
)
def test_a_part_of_a_longer_word_and_a_word_of_two_meanings_name_nobody(text: str) -> None:
    assert aliases.latinised(text) == text


def test_a_name_that_begins_with_a_number_counts_nothing() -> None:
    assert spelt("三星与海力士", terms("三星与海力士").names).keys() == {number("samsun"), number("hinix")}


def test_each_name_stands_once_in_simplified_characters_under_a_latin_one() -> None:
    names = [name for row in aliases._ROWS for name in row]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if variants.simplified(name) != name] == []
    for first, *_ in aliases._ROWS:
        assert aliases.LATIN[first] == first
    assert all(name.islower() and len(stem(name)) > 2 for name in aliases.LATIN)
    assert [row[0] for row in aliases._ROWS] == sorted(row[0] for row in aliases._ROWS)
