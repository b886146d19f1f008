"""Figures in a text: its numbers, prices and quantities, each in one spelling whatever the language.

"$30k", "US$ 30,000", "30 000 dollars" and "3万美元" are the price "30000 usd"; "eight H100s", "8x H100" and "八卡" the
quantity "8 card". Only these two are facts of a story; a year, a share or a time of day is a number and no more.
"""

import re
from collections.abc import Iterable
from itertools import takewhile
from types import MappingProxyType

from bot.rules.text import Span

NEAR = 200
"""A price or a quantity belongs to what a topic watches when it stands within so many characters of it."""
ENOUGH = 2_000
"""Characters in which prices and quantities are looked for."""
_YEARS = range(1900, 2100)
SMALL = (*range(100), *_YEARS)
"""Numbers that are in every text: small whole ones, and years."""

_SCALES = MappingProxyType(
    {
        word: scale
        for scale, words in (
            (1e2, "百 hundred"),
            (1e3, "千 thousand thousands mille milliers tausend tys тыс тысяч тысячи mil"),
            (1e4, "万 萬 만"),
            (1e6, "百万 百萬 mn mln mio million millions millionen миллион миллиона миллионов млн millón millones"),
            (1e7, "千万 千萬"),
            (1e8, "亿 億 억"),
            (
                1e9,
                "十亿 bn billion billions md mds milliard milliards milliarde milliarden mrd млрд миллиард миллиардов",
            ),
            (1e12, "万亿 兆 trillion trillions trn billionen триллион триллионов"),
        )
        for word in words.split()
    }
)
_LETTERS = MappingProxyType({"k": 1e3, "m": 1e6})
_CURRENCIES = MappingProxyType(
    {
        word: code
        for code, words in (
            ("usd", "$ us$ usd dollar dollars dólares долларов доллара 美元 美金 美刀 ドル 달러 دولار"),
            ("eur", "€ eur euro euros евро 欧元 歐元 ユーロ 유로 يورو"),
            ("cny", "¥ ￥ cn¥ rmb cny yuan 元 块钱 人民币 人民幣 юаней"),
            ("hkd", "hk$ hkd 港元 港币 港幣"),
            ("twd", "nt$ twd 新台币 新台幣 台币 台幣"),
            ("jpy", "jpy yen 日元 円"),
            ("krw", "krw won ₩ 원"),
            ("gbp", "£ gbp pounds 英镑 英鎊"),
            ("sgd", "s$ sgd 新加坡元 新元"),
        )
        for word in words.split()
    }
)
_GOODS = MappingProxyType(
    {
        word: kind
        for kind, words in (
            (
                "card",
                "card cards gpu gpus pc pcs piece pieces chip chips unit units accelerator accelerators module modules "
                "processor processors carte cartes puce puces unité unités processeur processeurs accélérateur "
                "accélérateurs karte karten stück einheit einheiten beschleuniger prozessoren "
                "шт штук карт видеокарт ускорителей 卡 张 張 枚 块 塊 片 颗 顆 장",
            ),
            (
                "server",
                "server servers node nodes system systems machine machines serveur serveurs systeme servern knoten "
                "серверов сервера 台 套 대",
            ),
            ("rack", "rack racks cabinet cabinets baie baies schrank schränke 柜 櫃 机柜 機櫃 个机柜 個機櫃"),
            ("box", "crate crates box boxes caisse caisses kiste kisten 箱"),
        )
        for word in words.split()
    }
)
_COUNTS = MappingProxyType(
    {
        word.casefold(): value
        for value, words in (
            (2, "two deux zwei"),
            (3, "three trois drei"),
            (4, "four quatre vier"),
            (5, "five cinq fünf"),
            (6, "six sechs"),
            (7, "seven sept sieben"),
            (8, "eight huit acht"),
            (9, "nine neuf neun"),
            (10, "ten dix zehn"),
            (12, "twelve douze zwölf dozen"),
            (16, "sixteen seize sechzehn"),
            (20, "twenty vingt zwanzig"),
            (30, "thirty trente dreißig"),
            (40, "forty quarante vierzig"),
            (50, "fifty cinquante fünfzig"),
            (60, "sixty soixante sechzig"),
        )
        for word in words.split()
    }
)
"""Never one: "one of the cards" counts nothing."""
_HAN_DIGITS = MappingProxyType({char: value for value, char in enumerate("〇一二三四五六七八九")} | {"两": 2, "兩": 2})
_HAN_UNITS = MappingProxyType({"十": 10, "百": 100, "千": 1_000})


def _any(words: Iterable[str]) -> str:
    """Longest first; words of letters, in any case, end where letters end.

    The end stands outside of what ignores case: a class of ten thousand letters that does takes a second to compile.
    """
    lettered = sorted((word for word in words if word[-1].isalpha() and word[-1] < "\u3000"), key=len, reverse=True)
    others = sorted((word for word in words if word not in lettered), key=len, reverse=True)
    return "|".join(
        [f"(?i:{'|'.join(map(re.escape, lettered))}){_END}", *(f"(?i:{re.escape(word)})" for word in others)]
    )


_SPACE = "[ \u00a0\u202f]"
_END = r"(?![^\W\d_\u3040-\u9fff\uac00-\ud7af])"
_AMOUNT = r"(?:\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3}){1,4}(?!\d)|\d{1,15})(?:[.,]\d{1,2}(?!\d))?(?![.,]?\d)"
_LETTER = rf"(?<=\d)[kmKM]{_END}|[kmKM](?=[€$£])"
_SCALE = rf"(?:(?:{_SPACE}|-)?(?P<scale>{_any(_SCALES)}|{_LETTER}))?"
_LOW = rf"(?:(?P<low>{_AMOUNT})(?P<lower>{_any(_SCALES)}|[kmKM])?{_SPACE}?[-–—~～至到]{_SPACE}?)?"
_digits = re.compile(r"\d+")
_number = re.compile(rf"(?<![0-9A-Za-z_.,])(?P<digits>{_AMOUNT}){_SCALE}")
_sum = re.compile(rf"(?<![\d.,]){_LOW}(?P<digits>{_AMOUNT}){_SCALE}")
_word = re.compile(r"(?<![^\W\d_])[^\W\d_\u3040-\u9fff\uac00-\ud7af]+")
_scaled = re.compile(rf"(?:[ -](?P<scale>{_any(_SCALES)}))?")
_chinese_count = re.compile("(?P<han>[一二两兩三四五六七八九十百千]{1,7})(?P<wan>[万萬])?")
_before = re.compile(rf"(?:^|(?<=[^\W\d_])|(?<=\W))(?P<money>{_any(_CURRENCIES)}){_SPACE}?$")
_after = re.compile(rf"\.?{_SPACE}?(?:[dD]e |[dD]['’]|[oO]f )?(?P<money>{_any(_CURRENCIES)})(?!{_SPACE}?\d)")
_plain = re.compile(r"(?=左右|上下|[起一每含不]|\s*(?:[,，。;；、/!！)）\n]|$))")
"""What follows a price in ten thousands whose currency goes without saying: 22.5万，含税."""
_CODE = r"(?:[A-Za-z]{1,4}-?\d{2,5}[A-Za-z]{0,2}|RTX ?\d{4})"
_KIND = (
    r"(?:(?i:new|brand|sealed|used|refurbished|smuggled|banned|restricted|advanced|nvidia|amd|neufs?|neuves?|neuen?|"
    rf"gebrauchten?)|{_CODE})[ -]"
)
_UNITS = r"(?!(?:[KMGTP]?i?[Bb]|[kM]?W|[GM]Hz|[VAU]|T(?:FL)?OPS|USD|EUR|RMB)\b)"
_goods = re.compile(
    rf"\s?(?:[xX×*]\s?)?(?:(?:{_KIND}|{_UNITS}[A-Z][\w.]{{0,20}}[ -]|(?i:ai|graphics|data center)[ -]){{0,3}}"
    rf"(?P<goods>{_any(_GOODS)})(?![币幣湾灣钱錢力刻])|(?:{_KIND}){{0,2}}(?P<code>{_CODE})s?(?![\w-]))"
)
_times = re.compile(rf"(?<!\w){_CODE}(?:{_SPACE}?\d{{2,3}}GB?)?\s?[xX×*]\s?(?P<digits>\d{{1,5}})(?![\w.,:/-])")
_times_any = re.compile(r"[xX×*]\s?\d")
_month = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|rtx|gtx|tesla|quadro)[a-z]{0,6}\.?\s?$", re.I)
"""Before a day, or a number that belongs to a name."""
_DOTS = MappingProxyType({ord("ı"): "i", 0x307: None})
_fraction = re.compile(r"[.,](\d{1,2})$")
_signs = re.compile(r"\D")
_latin = re.compile("[A-Za-z]")
_named = re.compile("[A-WYZa-wyz]")
"""What ends a name before its number. An x multiplies."""
_SIGNS = tuple("_:/+-")
_MODELS = frozenset((3080, 3090, 4080, 4090, 5080, 5090))
_LONGEST = max(map(len, _CURRENCIES)) + 1
_MONEY = tuple(_CURRENCIES)
_TAIL = 40
"""Characters of a figure that begins in a neighbourhood and ends beyond."""


def numbers(text: str) -> frozenset[str]:
    """The numbers that a text gives, scaled and in one spelling."""
    return frozenset(f"{_value(each):.6g}" for each in _figures(_number, text, 0, len(text)))


def facts(text: str, places: Iterable[Span]) -> frozenset[str]:
    """The prices and quantities that stand near one of these places."""
    found: set[str] = set()
    for start, end in _around(places):
        for amount, money in _amounts(text, start, end):
            found.update(_price(text, amount, money))
            if not money and not _begins_no_count(text, amount.start()):
                found.update(_quantity(text, amount.end(), _values(amount)))
        for values, at in _spelt_out(text, start, end):
            found.update(_quantity(text, at, values))
        found.update(_multiplied(text, start, end))
    return frozenset(found)


def _around(places: Iterable[Span]) -> list[Span]:
    """The neighbourhoods of places, those that touch made one; of a very long text the first."""
    merged: list[Span] = []
    left = ENOUGH
    for start, end in sorted((max(0, start - NEAR), end + NEAR) for start, end in places):
        begins = max(start, merged[-1][1]) if merged else start
        ends = min(end, begins + left)
        if ends <= begins:
            continue
        left -= ends - begins
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], ends)
        else:
            merged.append((start, ends))
    return merged


def _amounts(text: str, start: int, end: int) -> Iterable[tuple[re.Match[str], re.Match[str] | None]]:
    """The numbers of a stretch, but those in names like H100, each with the currency that stands before it."""
    place = start
    for run in _within(_digits, text, start, end):
        if run.start() < place:
            continue
        money = _money_before(text, run.start())
        if not money and _named.match(text, run.start() - 1):
            continue
        if found := _sum.match(text, run.start(), end + _TAIL):
            place = found.end()
            yield found, money


def _money_before(text: str, at: int) -> re.Match[str] | None:
    """The currency that ends where a number begins."""
    before = text[max(0, at - _LONGEST) : at]
    return _before.search(before) if _lower(before.rstrip()).endswith(_MONEY) else None


def _price(text: str, amount: re.Match[str], before: re.Match[str] | None) -> Iterable[str]:
    money = before or (None if _latin.match(text, amount.start() - 1) else _after.match(text, amount.end()))
    if money:
        code = _CURRENCIES[_lower(money["money"])]
        yield from (f"{value:.15g} {code}" for value in _values(amount) if value)
    elif amount["scale"] in ("万", "萬") and _plain.match(text, amount.end()):
        yield from (f"{value:.15g} cny" for value in _values(amount) if value)


def _begins_no_count(text: str, at: int) -> bool:
    """Whether a number is part of a date, a time or a name, by what stands before it."""
    before = text[max(0, at - 12) : at]
    return before[-1:] in _SIGNS or bool(_month.search(before))


def _quantity(text: str, at: int, values: Iterable[float]) -> Iterable[str]:
    """What is counted by these values, which end there."""
    if goods := _goods.match(text, at):
        kind = _GOODS[_lower(goods["goods"])] if goods["goods"] else "card"
        yield from (f"{value:.15g} {kind}" for value in values if _counts_goods(value))


def _counts_goods(value: float) -> bool:
    return value > 1 and value == int(value) and value not in _YEARS and value not in _MODELS


def _spelt_out(text: str, start: int, end: int) -> Iterable[tuple[Iterable[float], int]]:
    """The numbers of a stretch that are written in words, and where each ends."""
    for each in _within(_word, text, start, end):
        value = _COUNTS.get(each[0].casefold())
        if value and (scaled := _scaled.match(text, each.end())):
            yield [value * _scale(scaled["scale"])], scaled.end()
    for each in _within(_chinese_count, text, start, end):
        yield [_chinese(each["han"]) * (10_000 if each["wan"] else 1)], each.end()


def _multiplied(text: str, start: int, end: int) -> Iterable[str]:
    """What is counted as H100 x 8."""
    if _times_any.search(text, start, end + _TAIL):
        for each in _within(_times, text, start, end):
            if (value := float(each["digits"])) > 1:
                yield f"{value:.15g} card"


def _figures(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterable[re.Match[str]]:
    """What ``_within`` gives of a pattern that begins with a digit and before no other, much faster."""
    place = start
    for run in _within(_digits, text, start, end):
        if run.start() >= place and (found := pattern.match(text, run.start(), end + _TAIL)):
            place = found.end()
            yield found


def _within(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterable[re.Match[str]]:
    """What begins in a stretch, be it cut by its end."""
    return takewhile(lambda each: each.start() < end, pattern.finditer(text, start, end + _TAIL))


def _chinese(written: str) -> float:
    """三百二十 is 320."""
    total = digit = 0
    for char in written:
        if char in _HAN_UNITS:
            total, digit = total + (digit or 1) * _HAN_UNITS[char], 0
        else:
            digit = _HAN_DIGITS[char]
    return float(total + digit)


def _values(found: re.Match[str]) -> list[float]:
    """The number, or both ends of a range: "$30-40k" is 30,000 and 40,000."""
    high = _value(found)
    if found["low"] is None:
        return [high]
    low, scale = _plain_value(found["low"]), _scale(found["lower"])
    if not found["lower"] and low < _plain_value(found["digits"]):
        scale = _scale(found["scale"])
    return [low * scale, high]


def _value(found: re.Match[str]) -> float:
    """The number that is written so: "1.234,5", "1 234.5", "12,50" and "3 million" alike."""
    return _plain_value(found["digits"]) * _scale(found["scale"])


def _plain_value(digits: str) -> float:
    if digits.isdecimal():
        return float(digits)
    fraction = _fraction.search(digits)
    whole = digits[: fraction.start()] if fraction else digits
    return float(_signs.sub("", whole) + (f".{fraction[1]}" if fraction else ""))


def _scale(written: str | None) -> float:
    return _SCALES.get(_lower(written)) or _LETTERS[_lower(written)] if written else 1.0


def _lower(word: str) -> str:
    """A word as the tables above spell it, whatever a pattern that ignores case takes for it: ı and K are letters."""
    return word.casefold().translate(_DOTS)
