"""Posts and keywords for benchmarks: made up of everyday words, always the same for the same seed.

``posts`` gives news in English, French and Chinese in turn. ``keywords`` gives query terms of which none arises in
them by chance: Latin ones hold no everyday word, Chinese ones hold two neighbouring characters that neither stand in
a word of the posts nor meet where two words join. ``planted`` then decides how many posts are hits.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice, pairwise
from math import exp, log
from random import Random

from bot.rules.common import CHINESE, ENGLISH, FRENCH, everyday
from bot.rules.variants import siblings
from scrapers import Post

SHORTEST, LONGEST = 280, 3_000
"""Characters of a post, title and text together."""
REAL = ("H100", "H200", "B200", "SuperMicro", "SMCI", "美超微", "超微", "英伟达", '"export controls"', "accélérateur")
_BANNED = ("超微", "英伟达", "controls", "accélérateur")
"""No word of a post holds one of these; and no Chinese word ends with the first character of one."""
_OVERSHOOT = 60
"""A last sentence may make a post this much longer than was drawn."""
_SLACK = 3
"""White space that is stripped makes a post at most this much shorter."""

_PARTICLES = "的了在和是与对将为从把也都就不"
_UNITS = ("万", "亿", "亿元", "万台", "年", "月", "%", "％", "倍")
BRANDS = ("Orvane", "Tessmark", "Quillon", "Brandell", "Lumetra", "PortLine", "Kestwell", "Nordwick")
"""Latin names that Chinese posts mention; no keyword is one."""
_RUSSIAN = (
    "Поставки новых серверов начнутся в следующем году.",
    "Представитель завода отказался назвать точную цену.",
    "По словам аналитиков, спрос на микросхемы снова растёт.",
    "Подробности сделки стороны пока не раскрывают.",
)
_EMOJI = ("🚀", "🔥", "📈", "👀", "⚠️", "🤖", "💡", "🇫🇷")
_TAGS = ("#tech", "#news", "#marches", "#科技", "#economie", "#chips", "#財經")
_HANDLES = ("@newsdesk", "@marc_dupont", "@tech_daily", "@redaction75", "@lihua_2020")
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SYLLABLES = tuple(
    onset + vowel + coda
    for onset in ("b", "br", "c", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "qu", "r", "t", "tr", "v", "z")
    for vowel in ("a", "e", "i", "o", "u", "y")
    for coda in ("", "l", "n", "r", "x", "s")
)


@dataclass(frozen=True, slots=True)
class _Tongue:
    """The words of one language in a random order, with the weights by which they are drawn."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    sentence: Callable[[Random, "_Tongue"], str]
    joint: str

    def draw(self, random: Random, count: int) -> list[str]:
        return random.choices(self.words, cum_weights=self.weights, k=count)


def posts(count: int, *, seed: int = 1) -> tuple[Post, ...]:
    """So many posts: English, French, Chinese, English and so on."""
    return tuple(islice(stream(seed=seed), count))


def stream(*, seed: int = 1) -> Iterator[Post]:
    """The same posts one by one, without end."""
    random = Random(seed)
    tongues = (
        _tongue(random, ENGLISH, _english, " "),
        _tongue(random, FRENCH, _french, " "),
        _tongue(random, CHINESE, _chinese, ""),
    )
    number = 0
    while True:
        yield _post(number, random, tongues[number % 3])
        number += 1


def keywords(count: int, *, seed: int = 2) -> tuple[str, ...]:
    """So many different query terms: ten real ones, then product codes, Latin names and Chinese names, mixed."""
    random = Random(seed)
    rest = max(count - len(REAL), 0)
    codes, latin = round(rest * 0.4), round(rest * 0.3)
    made = [
        *_distinct(random, _code, codes),
        *_distinct(random, _name, latin),
        *_distinct(random, _han, rest - codes - latin),
    ]
    random.shuffle(made)
    return (*REAL, *made)[:count]


def planted(posts: Sequence[Post], keywords: Sequence[str], *, share: float, seed: int = 3) -> tuple[Post, ...]:
    """The same posts, of which that share gets one to three of the keywords put into its text."""
    random = Random(seed)
    chosen = frozenset(random.sample(range(len(posts)), round(len(posts) * share)))
    return tuple(_plant(random, post, keywords) if at in chosen else post for at, post in enumerate(posts))


# --- posts ---------------------------------------------------------------------------------------------------------


def _tongue(random: Random, words: frozenset[str], sentence: Callable[[Random, _Tongue], str], joint: str) -> _Tongue:
    order = sorted(word for word in words if _allowed(word))
    random.shuffle(order)
    weights = tuple(accumulate(1 / (rank + 2.7) for rank in range(len(order))))
    return _Tongue(tuple(order), weights, sentence, joint)


def _allowed(word: str) -> bool:
    return not any(banned in word or (word.endswith(banned[0]) and not word.isascii()) for banned in _BANNED)


def _post(number: int, random: Random, tongue: _Tongue) -> Post:
    size = exp(random.uniform(log(SHORTEST + _SLACK), log(LONGEST - _OVERSHOOT)))
    title = _title(tongue.sentence(random, tongue))
    extras = [extra + " " for extra in _extras(random, tongue)]
    pieces: list[str] = []
    left = size - len(title) - sum(map(len, extras))
    while left > 0:
        piece = _fitting(tongue.sentence(random, tongue), left) + _gap(random, tongue.joint)
        pieces.append(piece)
        left -= len(piece)
    for extra in extras:
        pieces.insert(random.randint(0, len(pieces)), extra)
    return Post(key=f"bench:{number}", url="", title=title, text="".join(pieces).strip())


def _gap(random: Random, joint: str) -> str:
    """What follows a sentence: the next one, or a line's end before it."""
    return random.choice(("\n", "\n\n")) if random.random() < 0.25 else joint


def _title(sentence: str) -> str:
    """The beginning of a sentence, without a mark at its end."""
    return _fitting(sentence, 40)[:-1].rstrip(" ，、,「")


def _fitting(sentence: str, left: float) -> str:
    """The sentence, without its end where that would make the post much too long."""
    if len(sentence) <= left + _OVERSHOOT:
        return sentence
    cut = sentence[: int(left) + _OVERSHOOT // 2]
    whole = cut if sentence[0] > "\u2fff" else cut.rpartition(" ")[0]
    return whole.rstrip(" ，、,「“«—") + sentence[-1]


def _extras(random: Random, tongue: _Tongue) -> list[str]:
    """What posts of the networks have and news has not; seldom, a sentence in another script or other quotes."""
    found: list[str] = []
    if random.random() < 0.3:
        makers = (_link, _emoji, _tag, _handle)
        found += [maker(random) for maker in random.sample(makers, random.choice((1, 1, 2, 3)))]
    if random.random() < 0.003:
        found.append(random.choice(_RUSSIAN))
    if tongue.joint and random.random() < 0.01:
        found.append(_quoted(random, tongue))
    return found


def _link(random: Random) -> str:
    host = random.choice(("https://t.example/", "https://lnk.example/", "https://s.example/a/"))
    return host + "".join(random.choices(_BASE62, k=random.randint(6, 10)))


def _emoji(random: Random) -> str:
    return random.choice(_EMOJI) * random.choice((1, 1, 3))


def _tag(random: Random) -> str:
    return random.choice(_TAGS)


def _handle(random: Random) -> str:
    return random.choice(_HANDLES)


def _quoted(random: Random, tongue: _Tongue) -> str:
    first, second = (" ".join(tongue.draw(random, random.randint(4, 9))) for _ in range(2))
    if random.random() < 0.5:
        return f"“{_capital(first)},” {second}."
    return f"{_capital(first)} — {second}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _english(random: Random, tongue: _Tongue) -> str:
    words = tongue.draw(random, random.randint(6, 18))
    if random.random() < 0.15:
        words.insert(random.randint(1, len(words) - 1), _english_number(random))
    return _latin(random, words)


def _english_number(random: Random) -> str:
    return random.choice(
        (
            f"${random.randint(2, 950)}",
            f"${random.randint(2, 950) / 10:.1f} billion",
            f"{random.randint(1, 990) / 10:.1f}%",
            f"{random.randint(1_000, 99_000):,}",
            str(random.randint(2, 2_030)),
        )
    )


def _french(random: Random, tongue: _Tongue) -> str:
    words = [_elided(random, word) for word in tongue.draw(random, random.randint(6, 18))]
    if random.random() < 0.15:
        words.insert(random.randint(1, len(words) - 1), _french_number(random))
    return _latin(random, words)


def _elided(random: Random, word: str) -> str:
    if word[0] not in "aeiouéèêâîô" or random.random() > 0.35:
        return word
    return random.choice(("l", "l", "d", "d", "qu", "n", "s")) + random.choice("'’") + word


def _french_number(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(2, 950)} €",
            f"{random.randint(2, 950)},{random.randint(1, 9)} milliards d'euros",
            f"{random.randint(1, 99)},{random.randint(1, 9)} %",
            f"{random.randint(1, 99)} {random.randint(100, 999)}",
            str(random.randint(2, 2_030)),
        )
    )


def _latin(random: Random, words: Sequence[str]) -> str:
    """Words as a sentence: a capital, commas here and there, a full stop."""
    marks = ("," if random.random() < 0.09 else "" for _ in words[1:])
    inner = "".join(f"{word}{mark} " for word, mark in zip(words, marks, strict=False))
    return _capital(inner + words[-1]) + random.choice("......?")


def _chinese(random: Random, tongue: _Tongue) -> str:
    parts: list[str] = []
    words = tongue.draw(random, random.randint(6, 18))
    for word in words:
        chance = random.random()
        if chance < 0.03:
            word = f"「{word}」"
        elif chance < 0.07:
            word += _chinese_number(random)
        elif chance < 0.09:
            word += random.choice(BRANDS)
        parts.append(word)
        chance = random.random()
        parts.append("，" if chance < 0.12 else "、" if chance < 0.15 else _particle(random) if chance < 0.45 else "")
    return "".join(parts[:-1]) + random.choice("。。。。。？")


def _particle(random: Random) -> str:
    return random.choice(_PARTICLES)


def _chinese_number(random: Random) -> str:
    number = str(random.choice((random.randint(2, 99), random.randint(100, 9_999), random.randint(11, 999) / 10)))
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    return random.choice((number, number, wide)) + random.choice(_UNITS)


# --- keywords ------------------------------------------------------------------------------------------------------


def _distinct(random: Random, make: Callable[[Random], str], count: int) -> Iterator[str]:
    seen = {word.casefold() for word in REAL + BRANDS}
    while count:
        made = make(random)
        if made and made.casefold() not in seen:
            seen.add(made.casefold())
            count -= 1
            yield made


def _code(random: Random) -> str:
    """An invented product code, or "" where its letters are a word: "in 250" stands in many posts."""
    letters = "".join(random.choices("ABCDEFGHKLMNPQRSTVWXZ", k=random.choice((2, 2, 3))))
    digits = str(random.randint(100, 9_999))
    code = letters + random.choice(("-", "")) + digits + random.choice(("", "", "", "B", "X", "S"))
    return "" if everyday(letters) else code


def _name(random: Random) -> str:
    """An invented name of two syllables or more: one word, two in quotes, or with a capital inside."""
    form = random.random()
    words = [_sound(random) for _ in range(2 if form < 0.4 else 1)]
    if any(everyday(word) for word in words):
        return ""
    if form < 0.2:
        return f'"{" ".join(map(str.title, words))}"'
    return "".join(map(str.title, words))


def _sound(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES, k=random.choice((2, 2, 3)))) + random.choice(("", "", "n", "k", "t"))


def _han(random: Random) -> str:
    """An invented Chinese name that no row of words spells, or "" where one might."""
    letters, changed, seams = _letters()
    size = random.choice((2, 3, 3, 3, 4, 4))
    made = [random.choice(changed if random.random() < 0.3 else letters) for _ in range(size)]
    name = "".join(made)
    return name if all(a != b for a, b in pairwise(name)) and any(seams.never(*pair) for pair in pairwise(name)) else ""


@dataclass(frozen=True, slots=True)
class _Seams:
    """Which characters stand next to each other in Chinese posts: inside words, or where one ends and one begins."""

    inner: frozenset[tuple[str, str]]
    first: frozenset[str]
    last: frozenset[str]

    def never(self, left: str, right: str) -> bool:
        return (left, right) not in self.inner and not (left in self.last and right in self.first)


@cache
def _letters() -> tuple[tuple[str, ...], tuple[str, ...], _Seams]:
    """The characters of Chinese words, those among them that have Traditional forms, and where they meet."""
    words = (*CHINESE, *_PARTICLES, *(unit for unit in _UNITS if unit[0] > "\u2fff"))
    letters = tuple(sorted({char for word in CHINESE for char in word}))
    inner = frozenset(pair for word in words for pair in pairwise(word))
    seams = _Seams(inner, frozenset(word[0] for word in words), frozenset(word[-1] for word in words))
    return letters, tuple(char for char in letters if len(siblings(char)) > 1), seams


# --- planting ------------------------------------------------------------------------------------------------------

_HAN = "[\u4e00-\u9fff]"
_between = re.compile(f"(?<={_HAN})(?={_HAN})|(?<=[^\\W\\d_]) (?=[^\\W\\d_])")


def _plant(random: Random, post: Post, keywords: Sequence[str]) -> Post:
    text = post.text
    for keyword in random.sample(keywords, min(random.randint(1, 3), len(keywords))):
        text = put(random, text, keyword.strip('"'))
    return post._replace(text=text)


def put(random: Random, text: str, word: str, *, within: int | None = None) -> str:
    """The text with a word in it: between two Chinese characters, or between two words with a space on both sides."""
    start, end = random.choice([found.span() for found in _between.finditer(text[:within])])
    gap = " " if end > start or (word.isascii() and random.random() < 0.5) else ""
    return f"{text[:start]}{gap}{word}{gap}{text[end:]}"
