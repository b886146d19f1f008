import pickle
import re
import sys
import time
import unicodedata
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.rules.regex import Regex, read
from bot.rules.text import atoms

ANY = st.text(st.characters(exclude_categories=()), max_size=40)
MARKED = st.lists(
    st.sampled_from(["a", "B", "é", "e\u0301", "芯", "片", " ", "_", "1", "\n", "², ", "한", "\ud800", "\ufdd0"])
).map("".join)

LITERALS = ("a", "b", "ab", "c", r"\.", r"\x62", " ", "B")
CLASSES = (
    "[ab]",
    "[^a]",
    ".",
    r"\d",
    r"\w",
    r"\W",
    r"[\w.]",
    r"[^\W\d]",
    r"\s",
    r"\S",
    "[]a]",
    "[^]a]",
    "[a-c-]",
    r"[\n]",
)
POINTS = ("^", r"\A", "(?m:^)", "(?m:$)")
SIGNS = ("*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}", "*?", "+?", "??", "{1,2}?", "{0}")


def several(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.tuples(parts, st.sampled_from(SIGNS)).map(lambda pair: f"(?:{pair[0]}){pair[1]}")
    joined = st.lists(parts, min_size=1, max_size=4).map("".join)
    either = st.lists(joined, min_size=1, max_size=3).map(lambda branches: f"({'|'.join(branches)})")
    return st.one_of(repeated, joined, either, joined.map(lambda part: f"(?i:{part})"))


PATTERNS = st.recursive(st.sampled_from(LITERALS + CLASSES + POINTS), several, max_leaves=10)
WIDE = ("é", "芯", r"\pL", r"\PL")
UNLIMITED = st.recursive(st.sampled_from(LITERALS + CLASSES + WIDE), several)
LIMITED = st.recursive(st.sampled_from(LITERALS + CLASSES + WIDE + (*POINTS, r"\b")), several)
SYNTAX = "a é 0 1 , - : < > = ! ? P i s ^ $ . | ( ) [ ] { } * + \\ \\b \\B \\d \\W \\p {Han} \\Q \\E \\x"
SYNTAX += " (?i) [^ [: alpha:] (?: (?P<n> {2} {0,3} \\x{fdd0} \\pC \0 \ud800 \ufdd0 \ufffd"
SHREDS = st.lists(st.sampled_from(SYNTAX.split(" ")), max_size=14).map("".join)


def found(source: str, text: str, *, ignore_case: bool = False) -> list[str]:
    return [text[start:end] for start, end in read(source, ignore_case=ignore_case).find(text)]


def attempt(source: str, *, ignore_case: bool = False) -> Regex | QueryError:
    try:
        return read(source, ignore_case=ignore_case)
    except QueryError as refusal:
        return refusal


def refused(source: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        read(source)
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("source", "text", "places"),
    [
        (r"\bcaf\b", "café cafe\u0301 caf", ["caf"]),
        (r"caf\b", "café, cafe\u0301", []),
        (r"\bétat\b", "l’état, étatique", ["état"]),
        (r"\bH200\b", "用H200芯片, H200s, H200²", ["H200", "H200"]),
        (r"\b芯片\b", "新芯片价格", ["芯片"]),
        (r"\b芯\b", "芯芯芯", ["芯", "芯", "芯"]),
        (r"\b(?:le )?\bchat\b", "un chat é, le chat", ["chat", "le chat"]),
        (r"\bé\b", "é_é é\n", ["é"]),
        (r"\b\w+\b", "新 état, a_b é", ["新", "état", "a_b", "é"]),
        (r"(?:\b\w+\b ?)+", "un été – là", ["un été ", "là"]),
        (r"\b\b\bé", "é", ["é"]),
        (r"^\bé\b$", "é", ["é"]),
        (r"\Aé\b.\bà\z", "é à", ["é à"]),
        (r"(?m)^\bé\b$", "é\né\nb", ["é", "é"]),
        (r"(^|\s)\bé\b(\s|$)", "é é é", ["é ", " é"]),
        (r"\b.\b", "é–芯", ["é", "–", "芯"]),
        (r"é[^a]b\b", "é–b éab", ["é–b"]),
        (r"é.{3}b\b", "é – b", ["é – b"]),
        (r"é\W+b\b", "é – b", ["é – b"]),
        (r"é[\W1]+b\b", "é – 1b", ["é – 1b"]),
        (r"é\PL+b\b", "é – b", ["é – b"]),
        (r"é[\PL]+b\b", "é – b", ["é – b"]),
        (r"é[^\pL]+b\b", "é – b", ["é – b"]),
        (r"(?s:é.{3}b)\b", "é\n b é\n–\nb", ["é\n–\nb"]),
        (r"\bप\b", "हिन्दी प पि", ["प"]),
        (r"é[[:^alpha:]]+b\b", "é – b", ["é – b"]),
        (r"é[\x00-\x{10ffff}]{3}b\b", "é – b", ["é – b"]),
        (r"é\p{Any}{3}b\b", "é – b", ["é – b"]),
        (r"\bkm?\b", "12 km k é", ["km", "k"]),
        (r"(?i)\bÉTÉ\b", "été", ["été"]),
        (r"\b(?i:É)t\b", "ét éT", ["ét"]),
        (r"\bé(?P<n>t)(?<m>é){1,2}\b", "été étéé étééé", ["été", "étéé"]),
        (r"\ba\x{e9}\n", "aé\n", ["aé\n"]),
    ],
)
def test_word_limits_are_those_of_unicode(source: str, text: str, places: list[str]) -> None:
    assert found(source, text) == places


@pytest.mark.parametrize(
    ("source", "text", "places"),
    [
        (r"\w+", "état cafe\u0301 a_1 芯片", ["état", "cafe\u0301", "a_1", "芯片"]),
        (r"\W+", "é – à²", [" – ", "²"]),
        (r"\d+", "１２ ٣ 4²", ["１２", "٣", "4"]),
        (r"\D", "１x", ["x"]),
        (r"a\sb", "a\u00a0b a\u3000b a b", ["a\u00a0b", "a\u3000b", "a b"]),
        (r"\S+", "é\u2003à", ["é", "à"]),
        (r"[\d年]+", "２０２６年", ["２０２６年"]),
        (r"[^\W\d_]+", "a1é_芯", ["a", "é", "芯"]),
        (r"[^\s,]+", "é,\u00a0à", ["é", "à"]),
        (r"[^\S\n]+", "é\u00a0\n à", ["\u00a0", " "]),
        (r"[^\D1]", "１1２x", ["１", "２"]),
        (r"\p{Han}+|\pN", "芯片 1", ["芯片", "1"]),
        (r"[^\p{Han} ]+", "芯 ab", ["ab"]),
        (r"\P{^Han}+", "ab芯", ["芯"]),
        (r"[]a]+", "b]a]", ["]a]"]),
        (r"[^]a]+", "]ab–", ["b–"]),
        ("[[:alpha:][:digit:]]+", "a1é", ["a1"]),
        (r"a{,3}|b{2,01}|c{", "a{,3} b{2,01} c{", ["a{,3}", "b{2,01}", "c{"]),
        (r"a.b", "a\nb", []),
        (r"(?s)a.b", "a\nb", ["a\nb"]),
        (r"(?s:a.)b.c|d", "a\nb\nc d", ["d"]),
        (r"(?i)É(?-i)T", "ét éT", ["éT"]),
        ("a\0b", "a\0b", ["a\0b"]),
        (r"\x41\101\x{1F525}", "AA🔥", ["AA🔥"]),
        ("é.à", "é\ud800à", ["é\ud800à"]),
    ],
)
def test_classes_are_those_of_unicode_and_the_rest_is_re2(source: str, text: str, places: list[str]) -> None:
    assert found(source, text) == places


def test_case_can_be_ignored() -> None:
    assert found("été", "ÉTÉ", ignore_case=True) == ["ÉTÉ"]
    assert found(r"\bh[12]00\b", "H200 é", ignore_case=True) == ["H200"]
    assert found("été", "ÉTÉ") == []


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        (r"H[12]00\b", {"00"}),
        (r"\d+亿美元", {"亿美元"}),
        ("(?:foo|barb)az", {"foo", "barb"}),
        ("(?:f|barb)az", {"az"}),
        ("ab|cd", {"ab", "cd"}),
        ("ab|c*", set()),
        ("ab|-", set()),
        (r"ab|\d", set()),
        ("abc?", {"ab"}),
        ("abc*d", {"ab"}),
        ("abc+de", {"abc"}),
        ("ab{2,}", {"ab"}),
        ("a{0,2}b", {"b"}),
        ("(?:abc){2}x", {"abc"}),
        ("(?:abc)?x", {"x"}),
        ("a(bc)d", {"abcd"}),
        ("ab.cd", {"ab"}),
        (r"a\.b", {"a.b"}),
        (r"\x41\x{42}\103", {"ABC"}),
        (r"foo\b\bbar", {"foobar"}),
        ("(?i)aB(?-i:c)", {"aBc"}),
        ("a\ufffdbc", {"bc"}),
        (r"[a]b\pLc", {"b"}),
        ("|".join(f"x{number}" for number in range(64)), {f"x{number}" for number in range(64)}),
        ("|".join(f"x{number}" for number in range(65)), set()),
        (r"--\d--", set()),
    ],
)
def test_literals_are_those_that_must_stand_in_a_text(source: str, literals: set[str]) -> None:
    # Whether it can match nothing is another matter.
    assert Regex(source).literals == literals


@pytest.mark.parametrize(
    ("source", "reason", "at"),
    [
        ("", "empty", 0),
        ("ab(c", "never closed", 4),
        ("ab)", r"unexpected \)", 0),
        ("ab[c", "never closed", 2),
        ("a**", r"\*\*", 1),
        ("*", "nothing to repeat", 0),
        ("a|*", "nothing to repeat", 2),
        ("a{101}", "100 times", 1),
        ("a(?=b)", "look-ahead", 1),
        ("a(?!b)", "look-ahead", 1),
        ("(?<=a)b", "look-behind", 0),
        ("(?<!a)b", "look-behind", 0),
        ("(?>a)", r"\(\?>", 0),
        (r"(a)\1", "back", 3),
        (r"a\y", r"\\y", 1),
        ("a\\", "trailing", 0),
        (r"a[\b]", r"\\b", 2),
        ("[z-a]", "z-a", 1),
        (r"\p{Nothing}", "Nothing", 0),
        (r"a\Bb", r"\\B", 1),
        (r"a\C", r"\\C", 1),
        (r"a\Qb\E", r"\\Q", 1),
        ("a*", "empty text", 0),
        (r"\b", "empty text", 0),
        (r"a*\b", "empty text", 0),
        ("a|", "empty text", 0),
        ("(?m)^$", "empty text", 0),
        (r"(?:\w{100}){4}", "too large", 0),
        ("[[:a\nb:]]", "a\ufffdb", 1),
        ("a\ud800", "no character", 1),
        ("a\ufdd0", "no character", 1),
        (r"a\x{fdd0}", "no character", 1),
        (r"a\x{d800}", "no character", 1),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_reason_and_its_place(source: str, reason: str, at: int) -> None:
    refusal = refused(source)
    assert re.search(reason, str(refusal))
    assert refusal.at == at


@pytest.mark.parametrize("source", ["(?:a{1000}){1000}", "((a{100}){100}){100}", "(" * 1_001 + "a" + ")" * 1_001])
def test_bombs_are_refused(source: str) -> None:
    refused(source)


def test_nesting_has_a_limit_of_ours() -> None:
    assert found("(" * 50 + "a" + ")" * 50, "a") == ["a"]
    assert "more than 50 parentheses" in str(refused("(" * 51 + "a" + ")" * 51))
    assert "more than 50 parentheses" in str(refused("(" * 1_000 + "a" + ")" * 1_000))


def test_a_long_expression_is_as_good_as_a_short_one() -> None:
    word = "é1" * 5_000
    assert found(rf"\b{word}\b", f"– {word}") == [word]


@pytest.mark.parametrize(
    ("source", "text", "count"),
    [
        ("(a+)+$", "a" * 200_000 + "b", 0),
        (r"\b(é+)+\b$", "é" * 200_000 + "–", 0),
        (r"(?:.*é)*z", "é" * 200_000, 0),
        (r"\b芯\b", "芯" * 200_000, 1_000),
        ("é", "é" * 200_000, 1_000),
        (r"\bé|é.*z", "é " * 100_000, 1_000),
        (r"\w+\s+\d+\b", "été 1 " * 33_000, 1_000),
    ],
)
def test_no_text_takes_long(source: str, text: str, count: int) -> None:
    regex = read(source)
    began = time.process_time()
    assert len(regex.find(text)) == count
    assert time.process_time() - began < 5  # a hang takes minutes


def test_a_regex_is_a_value() -> None:
    regex = read(r"\bé\b", ignore_case=True)
    assert pickle.loads(pickle.dumps(regex)) == regex
    assert (str(regex), str(read("a b"))) == (r"/\bé\b/i", "/a b/")
    assert len({regex, Regex(r"\bé\b", ignore_case=True), Regex(r"\bé\b")}) == 2


@given(source=PATTERNS, text=st.text("aAbBcC1. \n_-]", max_size=20))
def test_ascii_is_matched_as_python_does(source: str, text: str) -> None:
    assume("empty text" not in str(attempt(source)))
    regex = read(source)
    assert regex.find(text) == [found.span() for found in re.finditer(source, text, re.ASCII)]


def limits(text: str) -> set[int]:
    """Where a word begins or ends, character by character."""
    kinds = [kind(char, at) for at, char in enumerate(text)]
    return {at for at, pair in enumerate(zip(["", *kinds], [*kinds, ""], strict=True)) if pair[0] != pair[1]}


def kind(char: str, at: int) -> str:
    if char in "芯片한":
        return f"alone {at}"
    return "word" if unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd" or char == "_" else ""


@given(
    word=st.text("aéB芯1_", min_size=1, max_size=3),
    left=st.booleans(),
    right=st.booleans(),
    case=st.booleans(),
    text=MARKED,
)
def test_word_limits_stand_where_a_slow_look_finds_them(
    word: str, left: bool, right: bool, case: bool, text: str
) -> None:
    at, expected, ends = 0, [], limits(text)
    while place := re.compile(re.escape(word), re.IGNORECASE if case else 0).search(text, at):
        start, end = place.span()
        good = (not left or start in ends) and (not right or end in ends)
        expected += [(start, end)] if good else []
        at = end if good else start + 1
    source = (r"\b" if left else "") + word + (r"\b" if right else "")
    assert read(source, ignore_case=case).find(text) == expected


@given(parts=st.lists(UNLIMITED, min_size=1, max_size=3), text=st.text("aAbB1. \n_-", max_size=20), case=st.booleans())
def test_marks_find_what_re2_finds_by_itself(parts: list[str], text: str, case: bool) -> None:
    # A part that may be empty would bring two \b to one place, where only one mark stands.
    assume(not any(isinstance(attempt(part), QueryError) for part in parts))
    regex = attempt("".join(rf"\b{part}" for part in parts) + r"\b", ignore_case=case)
    assume("too large" not in str(regex))
    assert isinstance(regex, Regex)
    # One letter that is not ASCII asks for marks; it stands apart, behind a line's end.
    wide = text + "\n, ’"
    assert [span for span in regex.find(wide) if span[1] <= len(text)] == [
        span for span in regex.find(text + "\n, '") if span[1] <= len(text)
    ]


@given(source=st.one_of(LIMITED, SHREDS), text=MARKED, case=st.booleans())
def test_a_text_that_matches_holds_a_promised_literal(source: str, text: str, case: bool) -> None:
    regex = attempt(source, ignore_case=case)
    if isinstance(regex, QueryError):
        return
    spans = regex.find(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    if spans and regex.literals:
        assert any(literal.casefold() in text.casefold() for literal in regex.literals)


@given(source=st.one_of(ANY, SHREDS, LIMITED), text=ANY)
def test_any_text_is_an_expression_or_refused_with_a_place_in_it(source: str, text: str) -> None:
    regex = attempt(source)
    if isinstance(regex, QueryError):
        assert 0 <= regex.at <= len(source)
        assert str(regex).isprintable()
        return
    for start, end in regex.find(text + source):
        assert 0 <= start < end <= len(text + source)
    assert regex.literals is not None


def test_letters_that_re2_takes_for_each_other_fold_alike_but_for_those_that_are_no_literals() -> None:
    families: defaultdict[str, list[str]] = defaultdict(list)
    for char in map(chr, range(sys.maxunicode)):
        families[char.casefold()].append(char)
    pairs = [(char, other) for family in families.values() if len(family) > 1 for char in family for other in family]
    for char, other in pairs:
        regex = Regex(re.escape(char), ignore_case=True)
        if regex.literals and regex.find(other):
            assert atoms(char) == atoms(other), (char, other)
