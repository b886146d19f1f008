import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import language
from bot.rules.fingerprint import terms

CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
TEXTS = {
    "ar": "ضبطت الجمارك أربعين صندوقا من بطاقات H100 في الميناء يوم الأحد",
    "cs": "Karty byly podle celníků deklarovány jako rajčata, ale nebo také pro továrnu, která jsou v přístavu.",
    "da": "Kasserne blev ikke åbnet før søndag, og det er den sag, som politiet også har efter anmeldelsen.",
    "de": "Der Zoll hat vierzig Kisten mit H100 in einem Hafen beschlagnahmt, und zwei Männer sind nicht mehr frei.",
    "el": "Το τελωνείο κατέσχεσε σαράντα κιβώτια με κάρτες H100 στο λιμάνι",
    "en": "Customs seized forty crates of H100 in the harbour, and two men who came for them have been held.",
    "es": "La aduana incautó cajas de H100 en el puerto, pero los hombres que fueron por ellas no han sido detenidos.",
    "fi": "Laatikot ovat satamassa, mutta niitä ei ole avattu, ja myös poliisi sanoi että se on kuin ennen.",
    "fr": "La douane a saisi quarante caisses de H100 dans le port, et les deux hommes qui sont venus ont été arrêtés.",
    "he": "המכס תפס ארבעים ארגזים של כרטיסי H100 בנמל ביום ראשון",
    "hi": "सीमा शुल्क ने रविवार को बंदरगाह पर चालीस बक्से जब्त किए",
    "hu": "A vám szerint negyven láda H100 volt a kikötőben, és azt mondták, hogy nem egy ember jött, csak kettő.",
    "id": "Bea cukai menyita empat puluh peti H100 yang tiba di pelabuhan dan tidak akan dibuka untuk dua orang itu.",
    "it": "La dogana ha trovato casse di H100 nel porto, e gli uomini che sono venuti per le schede anche.",
    "ja": "税関は日曜日に港でH100を載せた箱を押収したと発表した",
    "ko": "세관은 일요일 항구에서 H100 카드 상자 마흔 개를 압수했다",
    "nl": "De douane heeft kisten met H100 in het havengebied gevonden, en twee mannen zijn door de politie gehoord.",
    "pl": "Celnicy nie otworzyli skrzyń, które są w porcie, jak również tych, które przez miasto jadą dla fabryki.",
    "pt": "A alfândega apreendeu caixas de H100 no porto, mas não foi dito para quem; os homens são dos Açores.",
    "ro": "Vama a găsit patruzeci de lăzi cu H100 care nu sunt din port, iar acest lucru este pentru poliție.",
    "ru": "Таможня изъяла в порту сорок ящиков с ускорителями H100, сообщили в ведомстве",
    "sv": "Tullen har hittat lådor med H100, och det är inte känt för vem, eller att någon hade kommit från staden.",
    "th": "ศุลกากรยึดการ์ด H100 สี่สิบลังที่ท่าเรือเมื่อวันอาทิตย์",
    "tr": "Gümrük limanda kırk sandık H100 buldu, ancak polis bunun için bir açıklama yapmadı ve daha sonra gibi.",
    "uk": "Митниця повідомила, що ящики вже відкрили, але для кого вони, буде відомо також цього року",
    "vi": "Hải quan đã thu giữ các thùng H100 trong cảng và cho biết không một người nào được nhận của những thùng.",
    "zh": "海关周日在码头查获四十箱H100加速卡",
}
SHORT = ("", "H100", "SuperMicro 8x H100 SXM5 80GB, new, sealed", "+++ 12:30 +++", "🔥🔥🔥", "Kun Lun Nest")


def told(text: str) -> str:
    return language.of(text, terms(text).words)


@pytest.mark.parametrize("lang", sorted(TEXTS))
def test_a_sentence_tells_its_language(lang: str) -> None:
    assert told(TEXTS[lang]) == lang


@pytest.mark.parametrize("text", SHORT)
def test_names_and_codes_tell_none(text: str) -> None:
    assert told(text) == ""


def test_two_languages_in_one_text_tell_none_unless_one_prevails() -> None:
    assert told(f"{TEXTS['de']} {TEXTS['en']}") == ""
    assert told(f"{TEXTS['de']} The H100.") == "de"
    assert told(f"{TEXTS['zh']}：The first H100") == "zh"


def test_a_chinese_name_in_a_text_of_another_script_does_not_change_it() -> None:
    assert told(f"{TEXTS['en']} One was 苏菂.") == "en"


@given(CLEAN)
def test_any_text_tells_one_that_is_known_or_none(text: str) -> None:
    assert told(text) in {"", *TEXTS}


def test_every_little_word_is_one_that_texts_have_as_a_key() -> None:
    words = "the der und des que para och etta khong"
    assert len(terms(words).words & language.LITTLE) == len(words.split())


def test_letters_that_tell_no_language_may_be_in_any_that_is_written_in_them() -> None:
    pairs = [("", ""), ("", "en"), ("de", ""), ("fr", "fr"), ("de", "en"), ("zh", ""), ("", "ru"), ("ja", "zh")]
    assert [language.may_be_one(*pair) for pair in pairs] == [True, True, True, True, False, False, False, False]
