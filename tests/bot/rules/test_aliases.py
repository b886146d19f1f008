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
        ("德国海关查获", "Deutschland"),
        ("德国海关查获", "Allemagne"),
        ("超微电脑股价暴跌", "Supermicro"),
    ],
)
def test_a_name_in_chinese_japanese_or_korean_is_known_in_latin_letters(text: str, name: str) -> None:
    found = terms(text)
    assert number(stem(name)) in found.words & found.names
    assert spelt(text, frozenset({number(stem(name))}))


def test_the_longer_name_counts() -> None:
    assert aliases.found("印度尼西亚与超微半导体") == {
        "印度尼西亚": ("indonesia", "indonesien", "indonesie"),
        "超微半导体": ("amd",),
    }


def test_each_name_stands_once_in_simplified_characters_and_has_latin_keys() -> None:
    rows = [line.split() for line in aliases._TABLE.split("\n") if line]
    names = [name for row in rows for name in row]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if variants.simplified(name) != name] == []
    for row in rows:
        latin = [name for name in row if name.isascii()]
        assert latin == row[: len(latin)] != row
        assert all(name.islower() and len(stem(name)) > 2 for name in latin)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_latin_text_names_nobody_twice() -> None:
    assert aliases.found("NVIDIA et l’Allemagne") == {}
