import gc
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rules.text import Text, atoms, calm, continues, fold, outside, squeeze, squeeze_all
from tests.spellings import ANY, SPELT


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ｈ１００", "h100"),
        ("𝗛𝟭𝟬𝟬", "h100"),
        ("Ⓝⓥⓘⓓⓘⓐ", "nvidia"),
        ("Éclair", "eclair"),
        ("cœur, Æsir", "coeur, aesir"),
        ("Straße", "strasse"),
        ("NVİDİA nvıdıa", "nvidia nvidia"),
        ("H100™ H100²", "h100  h100 "),
        ("ﾊﾟ", "ハ\u309a"),
        ("パ", "ハ\u309a"),
        ("еще ещё", "еще еще"),
        ("Й", "и\u0306"),
        ("S\u200bu\u00adper", "super"),
        ("إنـفيديا", "انفيديا"),
        ("H1️⃣0️⃣0️⃣", "h100"),
        ("超微，", "超微,"),
    ],
)
def test_spellings_of_one_thing_fold_to_one(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_what_stands_inside_an_exception_is_left_out() -> None:
    assert outside([(0, 2), (4, 6), (8, 10)], [(5, 9), (4, 8)]) == ((0, 2), (8, 10))


@given(SPELT | ANY)
def test_a_text_that_holds_chinese_is_squeezed_as_one_that_does_not(text: str) -> None:
    assert squeeze(f"{text}\n超") == squeeze(text) + "超".encode()


@given(SPELT | ANY)
@example("超〜微")
def test_the_atoms_of_a_text_are_what_the_scan_sees(text: str) -> None:
    assert Text(text).atoms == atoms(Text(text).original)
    assert Text(text).atoms.encode(errors="surrogatepass") == squeeze(text).partition(b"\n")[0]


@given(st.lists(SPELT | ANY | st.sampled_from(["H100", "caf\u00e9", "超微。H100", "\0", "\u0301a", "🔥"]), max_size=6))
def test_texts_are_squeezed_together_as_each_alone(texts: list[str]) -> None:
    assert squeeze_all(texts) == b"\0".join(map(squeeze, texts))


@given(SPELT | ANY)
def test_each_atom_comes_from_its_place(text: str) -> None:
    seen = Text(text)
    assert len(seen.begins) == len(seen.ends) == len(seen.atoms)
    for letter, begin, end in zip(seen.atoms, seen.begins, seen.ends, strict=True):
        assert letter in atoms(seen.original[begin:end])
    assert seen.begins == sorted(seen.begins)


@given(SPELT | ANY)
def test_western_letters_fold_alike_alone_and_beside_others(text: str) -> None:
    for page in ("cp1252", "latin-1"):
        western = text.encode(page, "ignore").decode(page)
        assert squeeze(western) == atoms(western).encode()


def test_signs_that_one_western_code_page_lacks_are_heard_in_none() -> None:
    assert squeeze("H\u0085100 caf\u00e9\u009d") == b"h100cafe"
    assert squeeze("H100\u2019s \u0153uvre \u20ac") == b"h100soeuvre"


def test_a_span_cuts_no_letter_in_two() -> None:
    text = Text("le cœur ﾊﾟ")
    assert (text.atoms, text.span(3, 4), text.span(3, 3)) == ("lecoeurハ\u309a", (4, 5), None)
    assert (text.span(7, 8), text.span(7, 7)) == ((8, 10), None)


@pytest.mark.parametrize(
    ("text", "end", "start", "words"),
    [
        ("H100 one two three shortage", 4, 19, 3),
        ("英伟达显卡大幅降价", 3, 7, 4),
        ("the l’H100 is state-of-the-art, 3.5 times", 0, 40, 6),
        ("H100, shortage", 4, 6, 0),
    ],
)
def test_words_between_two_places_are_counted(text: str, end: int, start: int, words: int) -> None:
    assert Text(text).between(end, start) == words


def test_every_mark_is_known_as_one() -> None:
    marks = [char for char in map(chr, range(sys.maxunicode)) if continues(char)]
    assert len(marks) > 2_000
    assert [char for char in marks if calm("a" + char * 60) == "a" + char * 60] == []


def test_emoji_give_no_atoms() -> None:
    emoji = [char for char in map(chr, range(0x20000)) if squeeze(f"é{char}é") == b"ee"]
    assert {"🔥", "🚀", "\ufe0f", "🇫"} <= set(emoji)
    assert [char for char in emoji if atoms(char)] == []


@pytest.mark.parametrize(
    "crowd", ["\u0315\u0300\u0323", "\uff9e\u0300", "\u093c\u094d\u0300", "\u2de0\u0323", "\u2cef\u0323"]
)
def test_a_crowd_of_accents_hangs_nothing(crowd: str) -> None:
    text = "a" + crowd * 60_000 + " H100"
    assert Text(text).atoms.endswith("h100")
    assert b"h100" in squeeze(text)


@pytest.mark.parametrize(
    "written",
    [
        "HTTP://e.org/H100",
        "ftp://e.org/H100",
        "WWW.e.org/H100",
        "Www.H100.org",
        "H100@e.org",
        "t.me/H100",
        "550e8400-e29b-41d4-a716-446655440000",
        "CAFEBABE-cafe-babe-cafe-babecafebabe",
        "aa:bb:cc:dd:ee:ff",
        "0a-1b-2c-3d-4e-5f",
        "aa:bb-cc:dd-ee:ff",
        "+33 6 12 34 56 78",
        "(415) 555-1234",
        "06 12 34 56 78",
        "138 1234 5678",
        "4111 1111 1111 1111",
    ],
)
def test_nothing_is_found_in_an_address_or_a_number(written: str) -> None:
    for text in (written, f"Racks: {written}, twice"):
        start = text.index(written)
        assert all(Text(text).hides((at, at + 1)) for at in range(start, start + len(written)))
    assert not Text(f"Racks: {written}, twice").hides((0, 5))


@pytest.mark.parametrize("written", ["H100 racks", "H100 机架，现货", "Н100 racks with a masked H"])
def test_a_text_that_was_read_is_freed_at_once(written: str) -> None:
    """Its lists are long: those in a circle would lie about until the garbage collector comes."""
    gc.collect()
    text = Text(written)
    assert text.unmasked.atoms
    assert not text.hides((0, 4))
    del text
    assert gc.collect() == 0
