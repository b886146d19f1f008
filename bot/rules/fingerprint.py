"""What of a post can be recognised in another: its wording, its links, its names, numbers and rare words.

fold        the words without case, accents, signs and Traditional characters: two copies fold to the same
shingles    every run of 5 characters of that (3 where Chinese, Japanese or Korean prevails)
minima      some of these, those with the smallest hashes: a MinHash sketch. Two texts of which one holds the other
            share some of them, however long the longer one is, so that a few in common are enough to look closer
terms       names, numbers and words as keys that are alike in several languages: 苏菂 and Su Di, Путин and Putin,
            英伟达 and NVIDIA, Infektion and infection
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from unicodedata import normalize
from zlib import crc32

from anyascii import anyascii

from bot.rules import aliases, figures, variants
from bot.rules.text import atoms, bare, calm
from scrapers import Post, link_keys

MIN_WEIGHT = 60
"""Shorter texts, in letters (a Chinese character counts as three), are alike by chance: "Breaking", "H100 in stock"."""
MINIMA = 24
"""Of a text of which a quarter was copied, 6 of these are among those of the copy."""
LONGEST = 8_000
"""Characters of a text whose wording is compared."""
TOLD, TOLD_HAN = 700, 300
"""Characters in which a text, and a Chinese one, says what it is about: title and beginning. Names and words further on
do not count."""
LEAD, LEAD_HAN = 160, 70
"""Characters of a headline with a first sentence."""
STEM = 6
"""Letters of a word that are compared: endings differ, and so do the ends of names from one alphabet to another."""
_ONE_SPELLING = str.maketrans("kyw", "civ")
ROUNDUP = 5
"""A post with more links than this is a list of news, and tells none of them."""

_HAN = "\u3400-\u9fff"
_CJK = f"\u3040-\u30ff{_HAN}\uac00-\ud7af"
_address = re.compile(r"https?://\S+|www\.\S+|@\w+")
_han = re.compile(f"[{_HAN}]")
_code = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+-?\d[A-Za-z0-9]*(?:-\d+)*")
_token = re.compile(f"{_code.pattern}|[{_HAN}]+|[\u30a1-\u30fa\u30fc]+|[\uac00-\ud7af]+|[^\\W_{_CJK}]+")
_gap = re.compile(r"[^\w-]|_")
"""What stands in no token."""
_dashed = re.compile(r"-\d")
"""In a code with a dash stand digits that are no number."""
_SAMPLED = ("d5", "aehs0")
_LEADS = bytes(range(0xE3, 0xEE))
"""With what UTF-8 begins a Chinese, Japanese or Korean character."""
_capitals = re.compile(r"\b[A-Z][a-z]+(?:[ -]?[A-Z][a-z]+|-[a-z]+)*\b")
_letters = re.compile("[a-z]+")
_syllable = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|ue|ui|uo|er|a|e|i|o|u|v)"
)
_chinese_name = re.compile(rf"(?:{_syllable}){{2,3}}")
_chinese_run = re.compile(rf"(?:(?<= )(?:{_syllable}){{1,3}} )+")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范"
    "汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱严洪习温"
)
"""The hundred commonest, which nine of ten people bear."""
_PARTICLES = frozenset("的了在是我有和不这中大来上个国到说们为子时要就出会可也对生能而那得于着下自之年过发后作里")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The keys of what a post is about, as numbers: ``spelt`` tells which is which.

    ``words`` are all, those of ``lead`` stand in its headline or first sentence. ``names`` are proper names, codes and
    numbers, ``sounds`` what may be a Chinese name, in Latin letters, from a ``chinese`` text or from another, and
    ``foreign`` Chinese words quoted in a text of another script.
    """

    words: frozenset[int]
    lead: frozenset[int]
    names: frozenset[int]
    sounds: frozenset[int] = frozenset()
    chinese: bool = False
    foreign: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What of a post can be recognised. ``digest`` is of the very text, 0 if it is too short to tell it from another.

    ``minima`` are hashes; ``page`` is the key of its own address, ``links`` are those that it links.
    """

    digest: int
    minima: frozenset[int]
    terms: Terms
    page: str
    links: frozenset[str]


@lru_cache(maxsize=64)
def of(post: Post) -> Fingerprint:
    """The fingerprint of a post."""
    folded = fold(post)
    long = weight(folded) >= MIN_WEIGHT
    (page,) = link_keys([post.url])
    links = link_keys(list(dict.fromkeys(post.links))[: ROUNDUP + 1]) if post.links else ()
    return Fingerprint(
        digest=_digest(folded) if long else 0,
        minima=_minima(folded) if long else frozenset(),
        terms=terms(f"{post.title}\n{post.text}"),
        page=page,
        links=frozenset(links) - {"", page} if len(links) <= ROUNDUP else frozenset(),
    )


def _digest(folded: str) -> int:
    return int.from_bytes(hashlib.blake2b(folded.encode(errors="replace"), digest_size=8).digest())


@lru_cache(maxsize=64)
def fold(post: Post) -> str:
    """The letters and digits of a post's title and text. The title belongs to it: a template may differ there alone."""
    return variants.simplified(atoms(calm(_without_addresses(f"{post.title}\n{post.text}"[:LONGEST]))))


def _without_addresses(text: str) -> str:
    return _address.sub(" ", text) if "@" in text or "://" in text or "www." in text else text


def weight(folded: str) -> int:
    """How much a folded text says, in letters."""
    return len(folded) + 2 * _ideographs(folded)


def _ideographs(folded: str) -> int:
    """How many of its characters are Chinese, Japanese or Korean, by their first bytes."""
    raw = b"" if folded.isascii() else folded.encode(errors="replace")
    return len(raw) - len(raw.translate(None, _LEADS))


def containment(one: str, other: str) -> float:
    """Which part of the shorter of two folded texts is in the longer one, 0 to 1."""
    left, right = _runs(one), _runs(other)
    small, large = sorted((left, right), key=len)
    return len(small & large) / len(small) if small else 0.0


@lru_cache(maxsize=64)
def _runs(folded: str) -> frozenset[str]:
    size = _size(folded)
    return frozenset([folded[place : place + size] for place in range(len(folded) - size + 1)])


def _size(folded: str) -> int:
    return 3 if 3 * _ideographs(folded) > len(folded) else 5


def _minima(folded: str) -> frozenset[int]:
    """The first of all shingles: by whether they begin with one of few letters, then one of more, then by hash.

    Of most texts so only one shingle of twenty is hashed. Any hash that knows no run of a process will do; this is the
    quickest. It begins with 1, so that a shingle is not taken for the word that it is.
    """
    size, minima = _size(folded), list[int]()
    for rank in (0, 1):
        shingles = {shingle.encode(errors="replace") for shingle in _sampled(size, rank).findall(folded)}
        hashes = sorted([crc32(shingle, 1) >> 1 for shingle in shingles])[: MINIMA - len(minima)]
        minima += [rank << 31 | each for each in hashes]
        if len(minima) == MINIMA:
            break
    return frozenset(minima)


def shared(one: frozenset[int], other: frozenset[int]) -> tuple[int, int]:
    """How many minima two texts share, and how many they would share if one held all of the other.

    Of two texts, the longer one leaves off at a smaller hash; up to there the minima of both are all that there is.
    """
    both = len(one & other)
    if not both:
        return 0, 0
    end = min(max(one), max(other))
    return both, min(len([each for each in minima if each <= end]) for minima in (one, other))


@cache
def _sampled(size: int, rank: int) -> re.Pattern[str]:
    """Matches where a shingle begins that counts: at a letter that texts of its script hold about as often."""
    few = (chr(code) for code in range(0x80, 0xD7B0) if code % 5 == 0 and (code % 20 == 0) == (rank == 0))
    return re.compile(f"(?=([{_SAMPLED[rank]}{re.escape(''.join(few))}].{{{size - 1}}}))", re.DOTALL)


def number(key: str) -> int:
    """A key as a number of 32 bits, the same tomorrow and elsewhere."""
    return crc32(key.encode(errors="replace"))


def terms(text: str) -> Terms:
    """What a text is about, judged by its beginning."""
    told, first = _beginning(text)
    words, names, quoted, leading, chinese = list[int](), list[int](), list[int](), 0, 0
    gap = _gap.search(told, first)
    for part in (told[: gap.start()], told[gap.start() :]) if gap else (told,):
        for token in _token.findall(part):
            if "\u3400" <= token[0] <= "\u9fff":
                keys, proper = _numbered_pairs(token), False
                quoted += keys
                chinese += len(token)
            else:
                keys, proper = _numbered(token)
            words += keys
            if proper:
                names += keys
        leading = leading or len(words)
    numbers = list(map(number, _numbers(told)))
    is_chinese = 4 * chinese > len(told)
    return Terms(
        words=frozenset(words).union(numbers),
        lead=frozenset(words[:leading]),
        names=frozenset(names).union(numbers),
        sounds=frozenset(map(number, _sounds(told, chinese=is_chinese))),
        chinese=is_chinese,
        foreign=frozenset() if is_chinese else frozenset(quoted),
    )


def spelt(text: str, wanted: Set[int]) -> Mapping[int, str]:
    """What stands in a text under the keys that have these numbers: words as they are written, once names are Latin."""
    told, _ = _beginning(text)
    tokens = sorted(token for token in set(_token.findall(told)) if not wanted.isdisjoint(_key_numbers(token)))
    sounds = [*_sounds(told, chinese=True), *_sounds(told, chinese=False)]
    found = {number(key): key for key in (*_numbers(told), *sounds)}
    for token in tokens:
        keys, _ = _keys(token)
        found |= {number(key): token if len(keys) == 1 else key for key in keys}
    return {each: found[each] for each in wanted & found.keys()}


def stem(word: str) -> str:
    """The key of a word of Latin letters: it begins like that, and sounds like that, in several languages.

    Infektion is infection, symbole is simbolo; Allemagne and deutsch are Germany, which has other names.
    """
    key = _sound(word)
    return _ONE_NAME.get(key, key)


def _sound(word: str) -> str:
    return word.lower().translate(_ONE_SPELLING).replace("ph", "f")[:STEM]


_ONE_NAME = MappingProxyType({_sound(name): _sound(one) for name, one in aliases.LATIN.items()})


def _key_numbers(token: str) -> Sequence[int]:
    return _numbered_pairs(token) if _han.match(token) else _numbered(token)[0]


def _beginning(text: str) -> tuple[str, int]:
    """What of a text is read, and how much of that is its headline."""
    told = _told(text)
    told, lead = (told[:TOLD_HAN], LEAD_HAN) if _han.search(told[:40]) else (told, LEAD)
    return aliases.latinised(told), lead


def _numbers(told: str) -> list[str]:
    coded = _dashed.search(told)
    return [f"#{number}" for number in figures.numbers(_code.sub(" ", told) if coded else told)]


def _sounds(told: str, *, chinese: bool) -> list[str]:
    return [f"~{name}" for name in (_spoken(told) if chinese else _spelt(told))]


def _told(text: str) -> str:
    """The beginning of a text without accents, addresses and Traditional characters."""
    told = _without_addresses(text[: 2 * TOLD])[:TOLD]
    return told if told.isascii() else variants.simplified(normalize("NFC", bare(calm(told))))


def _numbered_pairs(run: str) -> Sequence[int]:
    """``number`` of each two characters of a Chinese run, which take three bytes each."""
    raw = run.encode()
    return [crc32(raw[place : place + 6]) for place in range(0, len(raw) - 3, 3)]


@lru_cache(maxsize=1 << 14)
def _numbered(token: str) -> tuple[Sequence[int], bool]:
    """``_keys`` as numbers, remembered: most tokens are in many texts."""
    keys, proper = _keys(token)
    return tuple(map(number, keys)), proper


def _keys(token: str) -> tuple[Sequence[str], bool]:
    """The keys of a token, and whether it is a name or a code."""
    if token.isascii() and token.isalpha():
        return ((stem(token),), token[0].isupper()) if len(token) > 2 else ((), False)
    if "\u3400" <= token[0] <= "\u9fff" or "\uac00" <= token[0] <= "\ud7af":
        return [token[place : place + 2] for place in range(len(token) - 1)], False
    if "\u30a1" <= token[0] <= "\u30fc":
        return ((_plain(anyascii(token)),), True) if len(token) > 2 else ((), False)
    if any(map(str.isdigit, token)):
        return ((), False) if token.isdigit() else ((token.casefold().replace("-", ""),), True)
    key = _plain(anyascii(token))
    return ((key,), token[0].isupper()) if len(key) > 2 else ((), False)


def _plain(word: str) -> str:
    return stem(word if word.isalpha() else re.sub("[^A-Za-z0-9]", "", word))


def _spelt(text: str) -> Iterable[str]:
    for found in _capitals.finditer(text):
        for run in _chinese_run.findall(f" {' '.join(_letters.findall(found[0].lower()))} "):
            parts = run.split()
            for first in range(len(parts)):
                for name in (parts[first : first + 1], parts[first : first + 2], parts[first : first + 3]):
                    for spelt in {"".join(name), "".join(name[1:] + name[:1])}:
                        if 3 < len(spelt) < 20 and _chinese_name.fullmatch(spelt):
                            yield spelt


def _spoken(text: str) -> Iterable[str]:
    for place, char in enumerate(text):
        if char in _SURNAMES:
            for end in (place + 2, place + 3):
                given = text[place + 1 : end]
                if len(given) == end - place - 1 and _names(given):
                    yield anyascii(text[place:end]).lower()


def _names(given: str) -> bool:
    return all("\u3400" <= char <= "\u9fff" and char not in _PARTICLES for char in given)
