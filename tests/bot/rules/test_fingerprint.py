import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import fingerprint
from bot.rules.fingerprint import (
    LEAD,
    LEAD_HAN,
    LONGEST,
    MIN_WEIGHT,
    MINIMA,
    TOLD,
    TOLD_HAN,
    containment,
    fold,
    number,
    of,
    spelt,
    terms,
    weight,
)
from scrapers import Post
from tests.support import MakePost

WIRE = "Two racks with H100 accelerators were offered for sale in a harbour town this week, according to a price list."
OTHER = "A museum of computing in Lyon opens its doors in spring, and an old board will hang there beside an abacus."
CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def post(text: str, title: str = "") -> Post:
    return Post(key="feed:1", url="", title=title, text=text)


def held(one: str, other: str) -> float:
    return containment(fold(post(one)), fold(post(other)))


def words(text: str) -> set[str]:
    return spelt_in(text, terms(text).words)


def spelt_in(text: str, numbers: frozenset[int]) -> set[str]:
    return set(spelt(text, numbers).values())


@pytest.mark.parametrize(
    "dressed",
    [
        WIRE.upper(),
        WIRE.replace(" ", "\n\n").replace(",", " –"),
        f"{WIRE} https://t.example.org/x?utm_source=a @desk",
        f"🚨 {WIRE.replace('a', 'á')} 🔥",
        "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in WIRE),
    ],
)
def test_the_same_words_have_one_digest_whatever_their_dress(dressed: str) -> None:
    assert of(post(dressed)).digest == of(post(WIRE)).digest != 0


def test_both_chinese_scripts_have_one_digest() -> None:
    traditional = "香港海關週日在碼頭查獲四十箱加速卡，貨物申報為番茄罐頭，兩名男子被捕，貨櫃原定運往北方的倉庫。"
    simplified = "香港海关周日在码头查获四十箱加速卡，货物申报为番茄罐头，两名男子被捕，货柜原定运往北方的仓库。"
    assert fold(post(traditional)) == fold(post(simplified))
    assert of(post(traditional)).digest == of(post(simplified)).digest != 0


def test_another_figure_or_another_title_is_another_text() -> None:
    assert of(post(WIRE.replace("H100", "H200"))).digest != of(post(WIRE)).digest
    assert of(post(WIRE, title="Monday")).digest != of(post(WIRE, title="Tuesday")).digest


def test_short_texts_are_alike_by_chance_and_have_no_digest() -> None:
    for short in (
        "Breaking: H100",
        "H100 price up 5 %",
        "英伟达H100走私案最新进展",
        "🔥" * 500,
        "a" * (MIN_WEIGHT - 1),
    ):
        assert (of(post(short)).digest, of(post(short)).minima) == (0, frozenset())
    assert weight("汉" * (MIN_WEIGHT // 3)) == MIN_WEIGHT


def test_a_part_is_held_whole_and_another_text_is_not() -> None:
    assert held(WIRE, f"{OTHER} {WIRE}") == held(f"{OTHER} {WIRE}", WIRE) == 1.0
    assert held(WIRE, OTHER) < 0.1
    assert held("", WIRE) == 0.0


def test_a_quarter_of_a_text_shares_minima_with_the_whole() -> None:
    whole = " ".join(f"lorry {number * 7919} left by gate {number * 104729}" for number in range(40))
    for part in (whole[: len(whole) // 4], whole[-len(whole) // 4 :]):
        assert len({*of(post(whole)).minima} & {*of(post(part)).minima}) >= 2
    assert len(of(post(whole)).minima) == MINIMA


def test_what_stands_behind_the_beginning_names_nothing() -> None:
    assert "Rotterdam" in words(f"{WIRE} Rotterdam")
    assert "Rotterdam" not in words(WIRE * 10 + " Rotterdam")


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("President Putin spoke", "Президент Путин сказал", "putin"),
        ("a card of Gigabyte", "eine Karte von Gigabyte", "gigabi"),
        ("the RTX4090 ban", "RTX4090禁令", "rtx4090"),
        ("2.5 million dollars", "250万美元", "#2.5e+06"),
        ("in the Harbour", "the harbours", "harbou"),
        ("the infection", "die Infektion", "infect"),
        ("the simbolo", "le symbole", "simbol"),
        ("the Photon", "der Foton", "foton"),
        ("Minister Volkov", "Minister Wolkow", "volcov"),
    ],
)
def test_one_thing_has_one_key_in_two_languages(one: str, other: str, key: str) -> None:
    assert number(key) in terms(one).words & terms(other).words


def test_what_is_shared_is_spelt_as_it_is_written() -> None:
    found = spelt_in("Kun Lun Nest 的苏菂 showed 640 boards", terms("Kun Lun Nest 的苏菂 showed 640 boards").words)
    assert found == {"Kun", "Lun", "Nest", "的苏", "苏菂", "showed", "#640", "boards"}


def test_a_chinese_name_sounds_alike_in_both_scripts_and_both_orders() -> None:
    texts = ("one Su Di was there", "one Di Su was there", "昨天苏菂在北京的一个仓库里")
    assert all("~sudi" in spelt_in(text, terms(text).sounds) for text in texts)
    assert [terms(text).chinese for text in ("Su Di", "昨天苏菂在北京")] == [False, True]


def test_names_are_capitalised_codes_and_numbers() -> None:
    text = "some Gigabyte servers with H100 for 30,000 dollars"
    found = spelt_in(text, terms(text).names)
    assert found >= {"Gigabyte", "H100", "#30000"}
    assert not found & {"some", "servers", "with", "dollars"}


def test_links_and_the_own_page_are_keys_of_addresses(make_post: MakePost) -> None:
    shown = make_post(1, links=("https://www.example.org/a/long-story?utm_source=x", "https://example.org/"))
    assert of(shown).page == "news.example.org/1"
    assert of(shown).links == {"example.org/a/long-story"}


def test_a_list_of_links_tells_none_of_them(make_post: MakePost) -> None:
    links = tuple(f"https://example.org/story-{number}" for number in range(fingerprint.ROUNDUP + 1))
    assert of(make_post(1, links=links[:-1])).links == {f"example.org/story-{n}" for n in range(fingerprint.ROUNDUP)}
    assert of(make_post(1, links=links)).links == frozenset()


@given(CLEAN, CLEAN)
def test_any_post_has_a_fingerprint(title: str, text: str) -> None:
    found = of(post(text, title))
    assert 0 <= found.digest < 2**64
    assert len(found.minima) <= MINIMA
    assert bool(found.digest) == (weight(fold(post(text, title))) >= MIN_WEIGHT)
    assert found.terms.names <= found.terms.words >= found.terms.lead
    assert "" not in words(f"{title}\n{text}")


@pytest.mark.parametrize("edge", [LEAD, LEAD_HAN, TOLD, TOLD_HAN])
@pytest.mark.parametrize(
    "token", ["RTX-4090-24", "Gigabyte", "王小明公司", "カタカナ", "1,234.5 million", "Su Di", "a_b"]
)
def test_what_stands_at_an_edge_is_one_token_and_can_be_spelt(edge: int, token: str) -> None:
    for start in range(edge - len(token) - 1, edge + 2):
        for filler in ("x ", "字 "):
            text = (filler * 400)[:start] + f" {token} " + filler * 400
            found = terms(text)
            assert spelt(text, found.words | found.sounds).keys() == found.words | found.sounds
            assert token != "RTX-4090-24" or edge not in (LEAD, LEAD_HAN) or token in words(text)


@given(CLEAN | st.text("苏菂ABc1-2 カナ한글é 3万"))
def test_every_number_can_be_spelt_again(text: str) -> None:
    found = terms(text)
    numbers = found.words | found.sounds | found.names | found.foreign
    assert spelt(text, numbers).keys() == numbers == found.words | found.sounds


@given(CLEAN, CLEAN)
def test_a_part_is_a_part_either_way_round(one: str, other: str) -> None:
    assert 0 <= held(one, other) == held(other, one) <= 1


def test_a_digest_is_the_same_tomorrow_and_elsewhere() -> None:
    assert of(post(WIRE)).digest == 0xB26A2BD6A0775EBD
    assert of(post(WIRE)._replace(key="feed:2", lang="en")).digest == 0xB26A2BD6A0775EBD


@pytest.mark.parametrize(
    "piece", ["a", "word ", "9", "123 ", "汉", "王小明", "Ab-", "Zhangzhongguo ", "🔥", "https://x ", "@"]
)
def test_a_long_text_is_read_at_once(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    began = time.perf_counter()
    of(post(text))
    assert time.perf_counter() - began < 0.5
    assert len(fold(post(text))) <= LONGEST
