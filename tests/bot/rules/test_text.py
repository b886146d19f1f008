import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text import Term, Text, fold, outside, squeeze

ANY = st.text(st.characters(exclude_categories=()), max_size=40)
PARTS = (
    "H",
    "100",
    "H100",
    "super",
    "Micro",
    "超微",
    "半导体",
    " ",
    "-",
    ".",
    "\n",
    "🔥",
    "\u200b",
    "\u0301",
    "é",
    "œ",
    "й",
    "ß",
)
PARTS += ("ﾊﾟ", "™", "²", "’s", "x", "8", "@", "https://", "Ｈ", "𝟏", "İ", "한", "(", "，", "km", "\ud800", "\0", "ŉ")
SPELT = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
TERMS = ("H100", "SuperMicro", "Super Micro", "超微", "é", "œ", "ß", "パ", "и", "하", "100", "H-100 km", "U.S.", "8x")


def found(words: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Text(text).find(Term(words))]


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


@pytest.mark.parametrize(
    "text", ["H-100", "H 100", "H‑100", "H–100", "H_100", "H.100", "H\n100", "H\u00a0100", "H🔥100", "h100", "Ｈ１００"]
)
def test_a_product_name_holds_one_separator_or_none(text: str) -> None:
    assert found("H100", f"the {text} board") == [text]
    assert found("H-100", f"the {text} board") == [text]


@pytest.mark.parametrize("text", ["H. 100", "H, 100", "H10 0", "H - 100", "H\n\n100", "H—100", "H/100", "H½100"])
def test_a_product_name_does_not_cross_a_sentence_or_a_number(text: str) -> None:
    assert found("H100", f"the {text} board") == []


@pytest.mark.parametrize(
    "text", ["SuperMicro", "Super Micro", "super-micro", "SUPERMICRO", "Super\u200bMicro", "Super🔥Micro"]
)
def test_a_capital_inside_a_name_is_a_joint(text: str) -> None:
    assert found("SuperMicro", f"new {text}’s racks") == [text]
    assert found("Super Micro", f"new {text}’s racks") == [text]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("英伟达H100走私到深圳", ["H100"]),
        ("an H100/H200 pair", ["H100"]),
        ("rent an 8xH100 or 16xH100 node", ["H100", "H100"]),
        ("8×H100, #H100, (H100) and l'H100.", ["H100"] * 4),
        ("h100s and the H100’s price", ["h100", "H100"]),
        ("the H100-SXM5 in a DGX-H100", ["H100", "H100"]),
        ("the H100™ and the H100² too", ["H100", "H100"]),
        ("エンH100を", ["H100"]),
        ("H100을", ["H100"]),
    ],
)
def test_chinese_and_signs_are_limits(text: str, places: list[str]) -> None:
    assert found("H100", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "H1000",
        "CH100",
        "PH100",
        "编号H1000万",
        "H100-km",
        "H 100 km",
        "H 100 %",
        "H100.5",
        "H100,000",
        "H100x",
        "0xH100",
        "éH100",
    ],
)
def test_more_of_a_word_or_number_is_no_limit(text: str) -> None:
    assert found("H100", f"the {text} thing") == []


@pytest.mark.parametrize(
    "text",
    [
        "see https://example.org/gpu/H100-review",
        "see www.example.org/H100",
        "write to h100@example.org",
        "thanks @h100_fans",
        "at 00:1b:44:11:3a:b7 and https://shop.example.org/?q=H100&x=1",
    ],
)
def test_nothing_is_found_in_addresses(text: str) -> None:
    assert found("H100", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "id 3f2b77aa-4090-4c1d-9e0f-1b2c3d4e5f60",
        "call 415-555-4090 today",
        "Tel: +86 10 4090 1234",
        "电话 138 4090 5678",
        "appelez le 01 40 90 40 90",
        "card 4090 1234 5678 9012",
        "0.4090 and 4,090 and 14090 and 4090 km",
    ],
)
def test_no_number_is_found_in_another(text: str) -> None:
    assert found("4090", text) == []


def test_what_stands_beside_an_address_is_found() -> None:
    assert Text("详情见https://example.org/H100。H100已售罄").find(Term("H100")) == [(28, 32)]
    assert found("H100", "t.me: https://t.example/x🔥H100") == ["H100"]
    assert found("4090", "RTX 3090,4090,5090") == ["4090"]


def test_a_handle_that_is_the_word_is_found() -> None:
    assert found("SuperMicro", "@Supermicro unveiled it, thanks @supermicro_fans") == ["Supermicro"]


def test_chinese_words_stand_anywhere_and_hold_emoji_or_nothing_visible() -> None:
    assert found("超微", "美超微电脑") == ["超微"]
    assert found("英伟达", "英🔥伟🔥达降价, 英\u200b伟达") == ["英🔥伟🔥达", "英\u200b伟达"]
    assert found("英伟达", "英国伟达公关") == []


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("café", "un cafe\u0301 noir", ["cafe\u0301"]),
        ("スーパーマイクロ", "ｽｰﾊﾟｰﾏｲｸﾛが", ["ｽｰﾊﾟｰﾏｲｸﾛ"]),
        ("ハ", "パ", []),
        ("мой", "мои чипы", []),
        ("чип", "чипсы", []),
        ("하", "한", []),
        ("株式会社", "㍿", ["㍿"]),
        ("会社", "㍿", []),
        ("strasse", "neue Straße", ["Straße"]),
        ("coeur", "au cœur", ["cœur"]),
        ("3.5", "35 and 3 5 and 3.5 here", ["3.5"]),
        ("U.S.", "tell us of the U.S. and the US", ["U.S"]),
        ("C++", "C and C++ and c++", ["C++", "c++"]),
        (".NET", "done. net income of ASP.NET", [".NET"]),
        ("$SMCI", "SMCI and $SMCI", ["$SMCI"]),
        ("l'H100", "l’H100", ["l’H100"]),
        ("RTX 4090", "GeForce RTX™ 4090", ["RTX™ 4090"]),
        (
            "export controls",
            "new export\ncontrols, Export-Controls; export. Controls",
            ["export\ncontrols", "Export-Controls"],
        ),
    ],
)
def test_words_of_other_scripts_and_signs(words: str, text: str, places: list[str]) -> None:
    assert found(words, text) == places


def test_what_stands_inside_an_exception_is_left_out() -> None:
    assert outside([(0, 2), (4, 6), (8, 10)], [(5, 9), (4, 8)]) == ((0, 2), (8, 10))


@given(st.sampled_from(TERMS), SPELT | ANY)
def test_a_place_lies_in_the_text_and_folds_to_the_term(words: str, text: str) -> None:
    end = 0
    for span in Text(text).find(Term(words)):
        assert end <= span[0] < span[1] <= len(text)
        assert squeeze(text[slice(*span)]) == Term(words).key
        end = span[1]


@given(SPELT | ANY)
def test_a_text_that_holds_chinese_is_squeezed_as_one_that_does_not(text: str) -> None:
    assert squeeze(f"{text}\n超") == squeeze(text) + "超".encode()


@given(st.sampled_from(TERMS), SPELT | ANY, SPELT | ANY)
def test_the_scan_holds_whatever_is_found(words: str, title: str, text: str) -> None:
    if Text(title).find(Term(words)) or Text(text).find(Term(words)):
        assert Term(words).key in squeeze(f"{title}\n{text}")


@pytest.mark.parametrize("crowd", ["\u0315\u0300\u0323", "\uff9e\u0300", "\u093c\u094d\u0300"])
def test_a_crowd_of_accents_hides_nothing_and_hangs_nothing(crowd: str) -> None:
    text = "a" + crowd * 60_000 + " H100"
    assert Text(text).find(Term("H100")) == [(len(text) - 4, len(text))]
    assert Term("H100").key in squeeze(text)
