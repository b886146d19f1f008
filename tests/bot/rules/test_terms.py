import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.terms import Exact, Term
from bot.rules.text import Text, squeeze
from tests.spellings import ANY, PARTS, SPELT

TERMS = ("H100", "SuperMicro", "Super Micro", "超微", "é", "œ", "ß", "パ", "и", "하", "100", "H-100 km", "U.S.", "8x")


def found(words: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Term(words).find(Text(text))]


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
        ("128xH100 and H100x8, not 0xH100 or H100x", ["H100", "H100"]),
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
    ("words", "text", "places"),
    [
        ("A100", "vendu à 100 euros, a 100 GPU cluster, il y a 100 ans", []),
        ("H20", "le train de 14 h 20 part", []),
        ("A100", "un A 100, un a100, un a-100", ["A 100", "a100", "a-100"]),
        ("H100", "H 100 €, H 100 000, H 100 millions, H 100 元, H 100 h", []),
        ("4090", "4090,50 and 4090 euros and 4090 000", []),
        ("1080", "1080x1920", []),
        ("RTX 4090", "RTX 4090 $1,599, RTX 4090 450 W and RTX 4090，8卡", ["RTX 4090"] * 3),
        ("H100", "采购H100，100台", ["H100"]),
        ("4090", "4090 $1,599, 4090，8卡, 4090 $", ["4090", "4090"]),
        ("GB200", "the gb 200 racks", ["gb 200"]),
    ],
)
def test_a_number_in_plain_words_is_no_product(words: str, text: str, places: list[str]) -> None:
    assert found(words, text) == places


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
        "t.me/H100 or github.com/H100/H100, shop.example.org/H100.",
        "https://zh.example.org/wiki/英伟达/H100?q=芯片&x=H100",
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
    assert found("H100", "H100/H200, t.me/x (H100) and H100.Buy/sell") == ["H100", "H100", "H100"]
    assert found("4090", "a 2x4090 rig") == ["4090"]
    assert found("1080", "at 1920x1080") == []
    assert Term("H100").find(Text("详情见https://example.org/H100。H100已售罄")) == [(28, 32)]
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
        ("orsted", "Ørsted in Łódź", ["Ørsted"]),
        ("3.5", "35 and 3 5 and 3.5 here", ["3.5"]),
        ("U.S.", "tell us of the U.S. and the US", ["U.S"]),
        ("C++", "C and C++ and c++", ["C++", "c++"]),
        (".NET", "done. net income of ASP.NET or .NET/Java", [".NET", ".NET"]),
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


@given(st.sampled_from(TERMS), SPELT | ANY)
def test_a_place_lies_in_the_text_and_folds_to_the_term(words: str, text: str) -> None:
    end = 0
    for span in Term(words).find(Text(text)):
        assert end <= span[0] < span[1] <= len(text)
        assert squeeze(text[slice(*span)]) in Term(words).keys
        end = span[1]


@given(st.sampled_from(TERMS), SPELT | ANY, SPELT | ANY)
def test_the_scan_holds_whatever_is_found(words: str, title: str, text: str) -> None:
    if Term(words).find(Text(title)) or Term(words).find(Text(text)):
        assert any(key in squeeze(f"{title}\n{text}") for key in Term(words).keys)


@pytest.mark.parametrize("crowd", ["\u0315\u0300\u0323", "\uff9e\u0300", "\u093c\u094d\u0300"])
def test_a_crowd_of_accents_hides_nothing_and_hangs_nothing(crowd: str) -> None:
    text = "a" + crowd * 60_000 + " H100"
    assert Term("H100").find(Text(text)) == [(len(text) - 4, len(text))]
    assert b"h100" in squeeze(text)


def wild(words: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Term(words, wild=True).find(Text(text))]


def exact(words: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Exact(words).find(Text(text))]


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("英伟达", "美國晶片大廠英偉達", ["英偉達"]),
        ("英偉達", "英伟达发布新品", ["英伟达"]),
        ("发展", "產業發展", ["發展"]),
        ("發展", "产业发展", ["发展"]),
        ("半导体", "半導体の輸出", ["半導体"]),
        ("服务器", "新款伺服器上市", []),
        ("乾隆", "乾隆年间", ["乾隆"]),
        ("中华人民共和国国务院发展研究中心", "中華人民共和國國務院發展研究中心", ["中華人民共和國國務院發展研究中心"]),
        ("中华人民共和国国务院发展研究中心", "中華人民共和國國務院發展研究所", []),
    ],
)
def test_chinese_is_found_in_either_script(words: str, text: str, places: list[str]) -> None:
    assert found(words, text) == places


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("H100", "selling НІ00, Н-100 and Н\u200b100", ["НІ00", "Н\u200b100"]),
        ("H100", "现货Н100芯片，Н1OO整机", ["Н100", "Н1OO"]),
        ("H100", "H1OO, Hl00, Hi0o and HIOO", ["H1OO", "Hl00", "Hi0o"]),
        ("RTX 4090", "RTX 4O9O", ["RTX 4O9O"]),
        ("4090", "4O9O", []),
        ("H20", "drink H2O, buy H20", ["H20"]),
        ("SuperMicro", "Ѕuper Мicro boards", ["Ѕuper Мicro"]),
        ("Nvidia", "Νvidia, Nvіdіa, ɴᴠɪᴅɪᴀ and 🅝🅥🅘🅓🅘🅐", ["Νvidia", "Nvіdіa", "ɴᴠɪᴅɪᴀ", "🅝🅥🅘🅓🅘🅐"]),
        ("H100", "معالج H١٠٠", ["H١٠٠"]),
        ("HOBO", "НОВО издание", []),
        ("Т-72", "танк Т72 и Т-72", ["Т72", "Т-72"]),
        ("T-72", "танк Т72", ["Т72"]),
    ],
)
def test_letters_that_only_look_alike_are_seen_through(words: str, text: str, places: list[str]) -> None:
    assert found(words, text) == places


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("H100", "#NvidiaH100 #nvidiah100 NvidiaH100", ["H100"]),
        ("Nvidia", "#NvidiaH100", ["Nvidia"]),
        ("AI", "#AIChips #AIchips", ["AI"]),
        ("#H100", "more #H100 news, ＃h100s, H100, #H1000 and #H100芯片", ["#H100", "＃h100"]),
        ("#英伟达", "#英伟达# 和 #英伟达降价", ["#英伟达"]),
        ("إنفيديا", "أعلنت وإنفيديا ذلك", ["إنفيديا"]),
    ],
)
def test_a_tag_and_arabic_have_limits_of_their_own(words: str, text: str, places: list[str]) -> None:
    assert found(words, text) == places


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("SuperMicro*", "ein Supermicroserver, super-micros", ["Supermicroserver", "super-micros"]),
        ("accél*", "une accélération nette", ["accélération"]),
        ("H10*", "the H100 ships, not H1", ["H100"]),
        ("чип*", "новые чипы", ["чипы"]),
        ("超微*", "超微电脑", ["超微"]),
        ("H?00", "the H200, H1200 and hx00", ["H200", "hx00"]),
        ("?100", "H100 and 1100", ["H100", "1100"]),
    ],
)
def test_a_star_is_the_rest_of_a_word_and_a_question_mark_one_letter(words: str, text: str, places: list[str]) -> None:
    assert wild(words, text) == places


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("SMCI", "buy SMCI, smci or $SMCI", ["SMCI", "SMCI"]),
        ("Apple", "Apple’s pie, Apples, an apple", ["Apple"]),
        ("Super Micro", "SuperMicro, Super  Micro, Super Micro", ["Super Micro"]),
        ("H100", "the H-100 in https://e.org/H100", []),
        ("café", "un cafe\u0301 noir, un café", ["cafe\u0301", "café"]),
        ("超微", "美超微", ["超微"]),
        ("C++", "C++17 and c++", ["C++"]),
    ],
)
def test_an_exact_word_is_found_in_that_spelling_alone(words: str, text: str, places: list[str]) -> None:
    assert exact(words, text) == places


@pytest.mark.parametrize(
    ("words", "text"),
    [("resume", "resume\u0301"), ("й", "й\u0e48"), ("ก\u0e48", "ก\u0e48\u0e38"), ("\u0301", "e\u0301")],
)
def test_an_exact_word_cuts_no_letter_from_its_accent(words: str, text: str) -> None:
    assert exact(words, text) == []


@given((SPELT | ANY).filter(bool), st.data())
def test_the_scan_holds_whatever_is_found_exactly(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    words = text[start : data.draw(st.integers(start + 1, len(text)))]
    keys = Exact(words).keys
    if keys and Exact(words).find(Text(text)):
        assert any(key in squeeze(text) for key in keys)


MASKS = {
    "H": "HНｈʜ🅷",
    "1": "1lI１١",
    "0": "0oOОо０٠",
    "S": "SsЅ𝐒",
    "M": "MМｍ",
    "英": "英",
    "伟": "伟偉",
    "达": "达達",
}


@given(
    st.sampled_from(("H100", "SM100", "英伟达", "H?00", "H1*")),
    st.lists(st.sampled_from(PARTS), max_size=4).map("".join),
    st.data(),
)
def test_the_scan_holds_what_is_found_behind_masks(words: str, around: str, data: st.DataObject) -> None:
    spelt = words.replace("?", "1").replace("*", "00")
    masked = "".join(data.draw(st.sampled_from(MASKS[char])) for char in spelt)
    text, term = f"{around} {masked} {around}", Term(words, wild=True)
    found = term.find(Text(text))
    assert not found or any(key in squeeze(text) for key in term.keys)
    assert all(0 <= start < end <= len(text) for start, end in found)


def test_a_text_full_of_almosts_hangs_nothing() -> None:
    text = "H100H" * 40_000
    assert found("H100", text) == []
    assert len(found("H100", "H100 " * 40_000)) == 1_000
