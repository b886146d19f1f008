import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import variants


@pytest.mark.parametrize(
    ("char", "others"),
    [("发", "發髮"), ("發", "发髮"), ("乾", "干幹榦"), ("臺", "台"), ("晶", ""), ("H", ""), ("𠀀", "")],
)
def test_a_chinese_character_has_the_forms_of_both_scripts(char: str, others: str) -> None:
    assert variants.siblings(char)[0] == char
    assert set(others) <= set(variants.siblings(char)[1:])
    assert bool(others) == (len(variants.siblings(char)) > 1)


def test_siblings_are_mutual() -> None:
    for char in map(chr, range(0x4E00, 0xA000)):
        assert all(char in variants.siblings(other) for other in variants.siblings(char))


def test_each_character_is_simplified_apart_from_its_neighbours() -> None:
    assert variants.simplified("乾隆的頭髮 H100") == "干隆的头发 H100"


@pytest.mark.parametrize(
    ("masked", "bare"),
    [
        ("НІ00", "HI00"),
        ("Н\u200b100", "H\u200b100"),
        ("a Νvidia card", "a Nvidia card"),
        ("ᏚᏙ1", "SV1"),
        ("ʜ100 and ɴᴠɪᴅɪᴀ", "h100 and nvidia"),
        ("H١٠٠ ۱۲", "H100 12"),
    ],
)
def test_look_alikes_are_unmasked(masked: str, bare: str) -> None:
    assert variants.unmask(masked) == bare


@pytest.mark.parametrize("text", ["НОВО сор", "чип2024", "16ГБ", "α-particle", "H100", "芯片H100", "", "\ud800"])
def test_a_word_of_another_alphabet_is_left_alone(text: str) -> None:
    assert variants.unmask(text) is None


@given(st.text(st.characters(exclude_categories=()), max_size=30) | st.text("НІaé0١ \u200b"))
def test_unmasking_moves_nothing_and_ends(text: str) -> None:
    bare = variants.unmask(text)
    if bare is not None:
        assert len(bare) == len(text)
        assert variants.unmask(bare) is None
