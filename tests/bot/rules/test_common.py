import re

import pytest

from bot.rules import common
from bot.rules.common import everyday, wider

LISTS = (common._ENGLISH, common._FRENCH, common._CHINESE + common._NAMES)


@pytest.mark.parametrize("words", LISTS, ids=("english", "french", "chinese"))
def test_no_word_is_listed_twice_and_all_are_lower_case(words: str) -> None:
    split = words.split()
    assert len(split) == len(set(split))
    assert [word for word in split if word != word.casefold()] == []


def test_the_lists_are_long_enough_to_be_of_use() -> None:
    assert len(common.ENGLISH) >= 600
    assert len(common.FRENCH) >= 600
    assert len(common.CHINESE) >= 1500


def test_chinese_words_have_two_to_eight_han_characters() -> None:
    assert [word for word in common.CHINESE if not re.fullmatch("[\u4e00-\u9fff]{2,8}", word)] == []


@pytest.mark.parametrize("word", ["the", "The", "EXPORT", "AI", "IA", "marché", "lundi", "Données", "中国", "服务器"])
def test_an_everyday_word_is_known_in_any_case(word: str) -> None:
    assert everyday(word)


@pytest.mark.parametrize("word", ["H100", "nvidia", "SuperMicro", "smuggling", "export ban", "超微", "英伟达", ""])
def test_a_keyword_that_is_worth_watching_is_not_everyday(word: str) -> None:
    assert not everyday(word)


def test_the_names_are_chinese_words_too_but_not_everyday_ones() -> None:
    assert common.NAMES < common.CHINESE
    assert not any(map(everyday, common.NAMES))


def test_a_short_chinese_keyword_is_found_inside_longer_words() -> None:
    assert wider("超微") == ("美超微", "超微半导体")
    assert wider("人民")[0] == "人民币"
    assert wider("中芯") == ("中芯国际",)


def test_at_most_three_longer_words_are_told_the_shortest_first() -> None:
    found = wider("中")
    assert len(found) == 3
    assert [len(word) for word in found] == sorted(len(word) for word in found)


@pytest.mark.parametrize("word", ["人民代表大会", "H100", "the", "鑫鑫鑫", ""])
def test_a_word_that_stands_in_no_longer_one_has_none(word: str) -> None:
    assert wider(word) == ()
