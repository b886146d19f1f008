from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.rules import matcher, query
from scrapers import Post


def places(words: str, text: str) -> list[tuple[int, int]]:
    found = matcher.find(query.parse(words), Post(key="test:1", url="", text=text))
    return [(place.start, place.end) for place in found or ()]


@pytest.mark.parametrize(
    ("words", "at", "reason"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("H100 AND", 8, "missing at the end"),
        ("OR H100", 0, "missing before OR"),
        ("H100 OR OR H200", 8, "missing before OR"),
        ("H100 NOT", 8, "missing at the end"),
        ("H100 - H200", 5, "lone -"),
        ("(H100 OR H200", 0, "never closed"),
        ("H100)", 4, "nothing was opened"),
        ("()", 1, "missing here"),
        ('H100 "H200', 5, "never closed"),
        ('""', 0, "letter or a digit"),
        ("H100 +++", 5, "+ means nothing"),
        ("H100 && H200", 5, "a & means nothing"),
        ("H100, H200", 0, "comma"),
        ("超微、英伟达", 0, "comma"),
        ("H100,H200", 0, "comma"),
        ("4,090,H100", 0, "comma"),
        ("H100 language:fr", 5, "no such field: there are lang:"),
        ("H100 since:2024-01-01", 5, "no such field"),
        ("H100 ‑rental", 5, "the plain -"),
        ("H100 near/3 ban", 5, "how near?"),
        ("H100 AROUND(3) ban", 5, "how near?"),
        ("'export controls'", 0, "double quotes"),
        ("《出口管制》", 0, "double quotes"),
        ("[H100]", 0, "double quotes"),
        ("H100!", 0, "double quotes"),
        ("H100 lang:fr|en", 12, "on both sides of |"),
        ("H100 lang:cn", 5, "write lang:zh"),
        ("H100 from:https://x.com/nvidia", 5, "takes a name"),
        ("H100 !rental", 5, "-word"),
        ("H100 —rental", 5, "the plain -"),
        ("NOT H100", 0, "nearly every post"),
        ("H100 OR NOT H200", 8, "nearly every post"),
        ("H100 OR (-a -b)", 9, "nearly every post"),
        ("NOT NOT H100", 0, "nearly every post"),
        ('"Super Micro"~3', 13, "super NEAR/3 micro"),
        ('"Super Micro"x', 13, "space is missing after"),
        ('a"b"', 0, "space is missing before"),
        ("🔥", 0, "letter or a digit"),
        ("❶", 0, "letter or a digit"),
        ("H100 NEAR ban", 5, "how near? Write NEAR/5"),
        ("H100 ONEAR/x ban", 5, "how near?"),
        ("H100 NEAR/101 ban", 5, "at most 100 words"),
        ("H100 NEAR/3", 11, "missing at the end"),
        ("a NEAR/1 b NEAR/1 c NEAR/1 d", 20, "NEAR joins 3 at most"),
        ("(a NEAR/1 b) NEAR/1 (x | c NEAR/1 d)", 13, "NEAR joins 3 at most"),
        ("NEAR/3 H100", 0, "missing before NEAR/3"),
        ("H100 NEAR/3 -ban", 12, "missing here"),
        ("H100 NEAR/3 (ban price)", 13, "NEAR stands between"),
        ("(H100 OR -ban) NEAR/3 price", 9, "NEAR stands between"),
        ("H100 NEAR/3 lang:fr", 12, "NEAR stands between"),
        ("H100 | ", 7, "missing at the end"),
        ("| H100", 0, "missing before |"),
        ("lang:fr", 0, "nearly every post"),
        ("H100 OR site:x.org", 8, "nearly every post"),
        ("H100 lang: fr", 10, "a value is missing behind lang:"),
        ("H100 lang:français", 5, "the code of a language"),
        ("H100 site:https://x.org/a", 5, "a domain alone"),
        ("H100 site:x", 5, "a domain alone"),
        ('H100 from:"@"', 5, "takes a name"),
        ("H100 author:(a b)", 12, "takes a word"),
        ("title:lang:fr", 6, "title: takes one word"),
        ("title:(a)", 6, "title:H100 | title:H200"),
        ("/[/", 0, "never closed"),
        ("/H100", 0, "never closed"),
        ("/H100/x", 6, "only i may stand"),
        ("/r/hardware", 3, "only i may stand"),
        ("/a*/", 1, "empty"),
        ("su*er", 0, "at the end of a word"),
        ("*micro", 0, "at the end of a word"),
        ("a*", 0, "two letters"),
        ("?", 0, "of its own"),
        ("= H100", 0, "a lone ="),
        ("=(H100)", 0, "a lone ="),
        ('=""', 1, "letter or a digit"),
        ("=🔥", 1, "letter or a digit"),
        ("ab " * 5_000, 10_000, "at most 10,000 characters"),
        ("(" * 1_000 + "a" + ")" * 1_000, 50, "inside each other"),
        ("NOT " * 900 + "a", 200, "inside each other"),
        ("--a", 0, "one - before the word"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(words: str, at: int, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        query.parse(words)
    assert reason in str(caught.value)
    assert caught.value.at == at


def test_equal_queries_are_equal_values() -> None:
    assert query.parse("H100 OR (a b)") == query.parse("H100  OR  (a AND b)")
    assert query.parse("H100 OR a") != query.parse("H100 a")
    assert len({query.parse("a"), query.parse(" a")}) == 1


def test_a_query_may_be_as_long_and_as_deep_as_the_limits() -> None:
    assert places(("a " * 5_000).strip(), "a")
    assert places("(" * 50 + "a" + ")" * 50, "a") == [(0, 1)]


def test_queries_of_a_list_are_alternatives() -> None:
    assert query.any_of(["H100 ban"]) == "H100 ban"
    assert query.parse(query.any_of(["H100 ban ", "a | b"])) == query.parse("(H100 ban) OR (a OR b)")


@pytest.mark.parametrize(
    "words",
    [
        "(" * 10_000,
        "-" * 10_000,
        "/" + "[" * 9_999,
        "/" + "(a+" * 3_000 + "/",
        "/(((a{100}){100}){100})/",
        "/(a|b|ab)*c/ " * 700,
        "超微电脑" * 2_500,
        '"' + "H1" * 4_900 + '"',
        "H?" * 5_000,
        "a NEAR/9 " * 1_000 + "a",
        "a|" * 4_999 + "a",
    ],
)
def test_a_hostile_query_is_answered_or_refused_in_time(words: str) -> None:
    start = process_time()
    with suppress(QueryError):
        matcher.find(query.parse(words), Post(key="test:1", url="", text="a b c 超微 H100 " * 100))
    assert process_time() - start < 10  # under 1 s on an ordinary machine


SIGNS = st.sampled_from('aH1 ()"“-+,/=*?:!ANDORT超、\ud800\0|#$') | st.characters(exclude_categories=())
PIECES = st.sampled_from(
    ("H100", " ", "(", ")", '"', "/", "=", "|", "NEAR/2", "OR", "NOT", "-", "lang:", "site:", "title:", "*", "?", "超")
)


@given(st.text(SIGNS, max_size=40) | st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_a_query_or_refused_with_a_place_in_it(words: str) -> None:
    at = 0
    found: list[tuple[int, int]] = []
    try:
        found = places(words, words)
    except QueryError as refused:
        at = refused.at
    assert 0 <= at <= len(words)
    assert all(0 <= start < end <= len(words) for start, end in found)
