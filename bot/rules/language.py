"""The language of a text, by its script and by the little words that each language uses in every sentence.

What a source declares is often the default of its software, and most posts declare nothing. Texts in two languages are
compared in another way than texts in one, so nothing is said where it is not sure.
"""

import re
from collections.abc import Set
from types import MappingProxyType

from bot.rules.fingerprint import number, stem

_WORDS = MappingProxyType(
    {
        lang: frozenset(number(stem(word)) for word in words.split())
        for lang, words in {
            "cs": "jsou byl byla bylo pro ktere ktera ktery jako pri nebo take jeho podle jen uz aby",
            "da": "det som til med for den har ikke fra var ved kan blev ble efter etter "
            "ogsaa ogsa denne hvor nar jeg eller",
            "de": "der die und das den von mit ist dem nicht auf fur eine einen einer sich auch als aus nach wird bei "
            "zum zur wurde haben sind uber dass oder",
            "en": "the and for that with was from this has have are not will its which were been would their they "
            "but who his you after about",
            "es": "los las del que por con una para como mas fue sus este esta entre desde pero sobre sin tiene "
            "han hasta segun tras donde muy ser son",
            "fi": "etta mutta ovat myos kun joka ollut sita han tai jos mukaan ole kuin",
            "fr": "les des une dans pour que qui sur par est pas avec plus sont aux mais ont cette ses leur nous vous "
            "ete aussi etre comme",
            "hu": "hogy nem egy volt meg azt csak mint ezt majd szerint mar vagy amely",
            "id": "yang dan dari dengan untuk ini itu pada dalam tidak akan oleh juga sebagai telah bisa",
            "it": "che per con una della del dei delle nel sono gli alla dal piu come anche questo alle nella stato",
            "nl": "het een van dat voor met zijn niet ook door aan naar bij werd heeft maar uit deze worden over",
            "pl": "nie sie jest oraz dla przez jak tym ktory ktore ktora jego tego ale czy zostal byl moze",
            "pt": "que dos das com para uma nao por mais como pela pelo foi seu sua entre tem sao mas ela quando",
            "ro": "care pentru din este sau mai fost prin sunt dupa cele acest fiind catre nu",
            "ru": "chto kak dlya eto pri ili byl byla ego goda takzhe posle uzhe kotorye kotoryy bolee",
            "sv": "och att det som for med den till har inte fran var ett kan ocksa efter eller nar denna",
            "tr": "bir icin ile olarak daha olan gibi kadar ancak sonra oldugu tarafindan cok ise veya",
            "uk": "shcho yak dlya tse abo vid buv pislya takozh vzhe bude yogo yoho roku",
            "vi": "khong cua nhung duoc trong cho cac mot nguoi nay voi tai theo",
        }.items()
    }
)
"""Danish stands for Norwegian, too, whose little words are the same."""
LITTLE = frozenset[int]().union(*_WORDS.values())
"""The keys of the little words of all languages."""
_LEAD, _AHEAD = 2, 1.5
"""The little words of one language must be so many more, and so many times as many, as those of any other."""

_BLOCKS = (
    ("el", "\u0370-\u03ff", 1),
    ("ru", "\u0400-\u052f", 1),
    ("he", "\u0590-\u05ff", 1),
    ("ar", "\u0600-\u06ff", 1),
    ("hi", "\u0900-\u097f", 1),
    ("th", "\u0e00-\u0e7f", 1),
    ("ja", "\u3041-\u30ff", 3),
    ("zh", "\u3400-\u9fff", 3),
    ("ko", "\uac00-\ud7af", 2),
)
"""Scripts: the language that is written in each most, and how many Latin letters a character of it is worth."""
_of_none = re.compile(f"[^{''.join(block for _, block, _ in _BLOCKS)}]+")
_of_script = MappingProxyType({lang: re.compile(f"[^{block}]+") for lang, block, _ in _BLOCKS})
_CYRILLIC = frozenset({"ru", "uk"})
_SCRIPTED = _CYRILLIC.union(_of_script)
_KANA = 8
"""A text in Chinese characters with more than one kana to so many of them is Japanese."""


def of(text: str, words: Set[int]) -> str:
    """The language of a text whose words have these keys, in ISO 639-1; "" of Latin letters that do not tell it."""
    script = _script(text)
    if script not in ("latin", "ru"):
        return script
    found, is_cyrillic = words & LITTLE, script == "ru"
    counts = [(len(found & each), lang) for lang, each in _WORDS.items() if (lang in _CYRILLIC) == is_cyrillic]
    (next_most, _), (most, lang) = sorted(counts)[-2:]
    is_clear = most >= max(next_most + _LEAD, next_most * _AHEAD)
    return lang if is_clear else "ru" if is_cyrillic else ""


def _script(text: str) -> str:
    """The script that prevails."""
    foreign = "" if text.isascii() else _of_none.sub("", text)
    if not foreign:
        return "latin"
    letters = {lang: dense * len(_of_script[lang].sub("", foreign)) for lang, _, dense in _BLOCKS}
    han = letters["ja"] + letters["zh"]
    letters |= {"zh": 0, "ja": han} if _KANA * letters["ja"] > letters["zh"] else {"zh": han, "ja": 0}
    letters["latin"] = len(text) - len(foreign)
    return max(letters, key=letters.__getitem__)


def may_be_one(lang: str, other: str) -> bool:
    """Whether texts in these languages may be in one: "" stands for any that is written in Latin letters."""
    if lang and other:
        return lang == other
    return (lang or other) not in _SCRIPTED
