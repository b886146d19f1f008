import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.model import Field, Match, Place, Topic
from bot.rules import query
from scrapers import Post

CASES = Path(__file__).parents[3] / ".." / "shared" / "captures" / "matching" / "cases.jsonl"
PARTS = (
    "H100",
    "H-",
    "100",
    "H200",
    "Super",
    "Micro",
    "超微",
    "半导体",
    " ",
    " ",
    "s",
    "x",
    "é",
    "🔥",
    "\n",
    "https://e.org/",
    "™",
    "km",
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
WORDS = st.sampled_from(("H100", "H200", '"Super Micro"', "超微", "超微半导体", "100", "s", "é"))
QUERIES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]} OR {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} AND {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} NOT {0[1]})".format),
        st.tuples(WORDS, inner).map("({0[0]} ({0[1]} OR -{0[0]}))".format),
    ),
    max_leaves=6,
)


def topic(words: str, *exceptions: str, name: str = "T") -> Topic:
    return Topic(name=name, query=words, exceptions=exceptions)


def post(text: str, title: str = "") -> Post:
    return Post(key="test:1", url="", title=title, text=text)


def found(words: str, text: str) -> list[str] | None:
    spans = query.find(query.parse(words), text)
    return None if spans is None else [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        ("H100", "the H-100", ["H-100"]),
        ("H100 OR H200", "the H200", ["H200"]),
        ("H100 H200", "H200 replaces H100", ["H200", "H100"]),
        ("H100 AND H200", "the H100", None),
        ("H100 OR H200 ban", "the H200", None),
        ("H100 OR H200 ban", "the H100", ["H100"]),
        ("(H100 OR H200) ban", "the H100", None),
        ("（H100 OR H200） ban", "a ban on the H200", ["ban", "H200"]),
        ("H100 NOT rental", "H100 rental", None),
        ("H100 -rental", "H100 offers", ["H100"]),
        ('H100 -"for rent"', "H100 for rent", None),
        ("H100 NOT (rumor NOT confirmed)", "H100 rumor confirmed", ["H100"]),
        ("H100 -(H200 OR ban)", "H100 ban", None),
        ("H100 (H200 OR NOT ban)", "H100 alone", ["H100"]),
        ("-rental H100", "H100", ["H100"]),
        ("H100 or H200", "the H100", None),
        ("“export controls”", "new export controls", ["export controls"]),
        ('"AND"', "this and that", ["and"]),
        ('"what?" NASDAQ:SMCI', "what? NASDAQ:SMCI up", ["what?", "NASDAQ:SMCI"]),
        ("super-micro", "Super Micro", ["Super Micro"]),
        ("#H100 OR $SMCI", "H100 and $SMCI", ["$SMCI"]),
        ("超微 OR 美超微", "美超微", ["美超微", "超微"]),
        ("(H100 H200) OR ban", "H100 ban", ["ban"]),
    ],
)
def test_a_query_finds_what_it_says(words: str, text: str, places: list[str] | None) -> None:
    assert found(words, text) == places


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
        ("H100 | H200", 5, "letter or a digit"),
        ("H100, H200", 0, "comma"),
        ("超微、英伟达", 0, "comma"),
        ("H100 !rental", 5, "-word"),
        ("H100 —rental", 5, "the plain -"),
        ("NOT H100", 0, "nearly every post"),
        ("H100 OR NOT H200", 8, "nearly every post"),
        ("H100 OR (-a -b)", 9, "nearly every post"),
        ("NOT NOT H100", 0, "nearly every post"),
        ('"Super Micro"~3', 13, "space is missing after"),
        ('a"b"', 0, "space is missing before"),
        ("🔥", 0, "letter or a digit"),
        ("❶", 0, "letter or a digit"),
        ("H100 NEAR/3 ban", 5, "not yet: NEAR"),
        ("H100 ONEAR ban", 5, "not yet: NEAR"),
        ("puce lang:fr", 5, "not yet: fields such as lang:fr"),
        ('title:"H100"', 0, "not yet: fields"),
        ("-from:bot H100", 1, "not yet: fields"),
        ("/H[12]00/i", 0, "not yet: regular"),
        ("super*", 0, "not yet: *"),
        ("H?00", 0, "not yet: *"),
        ('="Super Micro"', 0, "not yet: ="),
        ("=SMCI", 0, "not yet: ="),
        ("a " * 5_000, 4_000, "at most 4000 characters"),
        ("(" * 1_000 + "a" + ")" * 1_000, 50, "inside each other"),
        ("NOT " * 900 + "a", 200, "inside each other"),
        ("-" * 1_000 + "a", 50, "inside each other"),
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
    assert found(("a " * 2_000).strip(), "a")
    assert found("(" * 50 + "a" + ")" * 50, "a") == ["a"]


def test_a_post_is_matched_in_title_and_text_with_the_places() -> None:
    matcher = query.compile([topic("H100 SuperMicro", name="both"), topic("H200", name="none")])
    assert matcher.match(post("racks with Ｈ１００", title="Super Micro ships")) == (
        Match(topic="both", places=(Place(Field.TEXT, 11, 15), Place(Field.TITLE, 0, 11))),
    )


def test_a_word_does_not_reach_from_the_title_into_the_text() -> None:
    assert query.compile([topic("SuperMicro")]).match(post("Micro", title="Super")) == ()


def test_not_looks_at_the_whole_post() -> None:
    assert query.compile([topic("H100 -rental")]).match(post("rental offers", title="H100")) == ()


def test_topics_come_in_their_order() -> None:
    matcher = query.compile([topic("H100", name="b"), topic("H200", name="c"), topic("the", name="a")])
    assert [match.topic for match in matcher.match(post("the H200 and the H100"))] == ["b", "c", "a"]


def test_a_place_inside_an_exception_is_none() -> None:
    matcher = query.compile([topic("超微", "超微半导体", "超微半導體")])
    assert matcher.match(post("超微半导体发布财报", title="超微半導體")) == ()
    assert matcher.match(post("超微半导体和美超微")) == (Match(topic="T", places=(Place(Field.TEXT, 7, 9),)),)


def test_an_exception_is_of_its_topic_alone() -> None:
    matcher = query.compile([topic("超微", "超微半导体", name="rack"), topic("超微", name="any")])
    assert [match.topic for match in matcher.match(post("超微半导体"))] == ["any"]


def test_an_exception_hides_from_not_as_well() -> None:
    assert query.compile([topic("财报 -超微", "超微半导体")]).match(post("超微半导体财报"))


def test_a_bad_topic_is_named() -> None:
    with pytest.raises(QueryError, match="Racks: this parenthesis is never closed"):
        query.compile([topic("H100", name="GPU"), topic("(H100", name="Racks")])
    with pytest.raises(QueryError, match="Racks: a word needs a letter"):
        query.compile([topic("H100", "!!", name="Racks")])


def test_no_topics_match_nothing() -> None:
    assert query.compile([]).match(post("H100")) == ()


@given(QUERIES, TEXTS)
def test_the_scan_loses_nothing_that_stands_there(words: str, text: str) -> None:
    spans = query.find(query.parse(words), text)
    places = tuple(Place(Field.TEXT, *span) for span in spans or ())
    matches = query.compile([topic(words)]).match(post(text))
    assert matches == ((Match(topic="T", places=places),) if spans is not None else ())


@given(st.lists(st.tuples(QUERIES, st.sampled_from(((), ("超微半导体",), ("H100 s",)))), max_size=5), TEXTS, TEXTS)
def test_a_topic_matches_the_same_whatever_stands_beside_it(
    pairs: list[tuple[str, tuple[str, ...]]], title: str, text: str
) -> None:
    topics = [topic(words, *exceptions, name=str(number)) for number, (words, exceptions) in enumerate(pairs)]
    alone = [match for each in topics for match in query.compile([each]).match(post(text, title))]
    assert list(query.compile(topics).match(post(text, title))) == alone


SIGNS = st.sampled_from('aH1 ()"“-+,/=*?:!ANDORT超、\ud800\0') | st.characters(exclude_categories=())


@given(st.text(SIGNS, max_size=40))
def test_any_text_is_a_query_or_refused_with_a_place_in_it(words: str) -> None:
    at, places = 0, None
    try:
        places = query.find(query.parse(words), words)
    except QueryError as refused:
        at = refused.at
    assert 0 <= at <= len(words)
    assert all(0 <= start < end <= len(words) for start, end in places or ())


@pytest.mark.skipif(not CASES.exists(), reason="the labelled cases stand beside the project, not in it")
def test_the_labelled_cases_of_this_language_are_right() -> None:
    later = {"t2s", "evasion"}
    wrong = []
    for case in map(json.loads, CASES.read_text().splitlines()):
        if case["level"] != "core" or case["group"] in later:
            continue
        try:
            spans = query.find(query.parse(case["query"]), case["text"])
        except QueryError as refused:
            right = case.get("error") or "not yet" in str(refused)
        else:
            right = not case.get("error") and spans == (tuple(map(tuple, case["spans"])) if case["match"] else None)
        wrong += [] if right else [case["id"]]
    assert wrong == []
