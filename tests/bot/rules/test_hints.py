import pytest

from bot.model import Topic
from bot.rules.hints import hints


def said(*queries: str, exceptions: tuple[str, ...] = ()) -> list[str]:
    topics = [Topic(name=str(number), query=query, exceptions=exceptions) for number, query in enumerate(queries)]
    return [f"{hint.topic} {hint.text}" for hint in hints(topics)]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("H100 OR ban", '"ban" is an everyday word'),
        ("Prix", '"Prix" is an everyday word'),
        ("芯片 -rental", '"芯片" is an everyday word'),
        ("晶片 OR 價格", '"價格" is an everyday word'),
        ('H100 | "AI"', '"AI" is an everyday word'),
        ("title:the", '"the" is an everyday word'),
        ("=ban", '"=ban" is an everyday word'),
        ("H", '"H" is too short'),
        ("100", '"100" is too short'),
    ],
)
def test_a_word_that_everybody_uses_may_not_alert_by_itself(query: str, word: str) -> None:
    assert any(f"0 {word}" in line and "alerts by itself" in line for line in said(query))


@pytest.mark.parametrize(
    "query",
    ["H100 ban", "ban NEAR/3 H100", '"export ban"', "lang:fr puce", "H100 -ban", "(H100 | H200) (ban | export)"],
)
def test_a_common_word_beside_another_is_fine(query: str) -> None:
    assert said(query) == []


def test_an_expression_that_no_scan_can_look_for_is_told() -> None:
    (line,) = said(r"H100 OR /\d+ k?W/i")
    assert line.startswith(r"0 /\d+ k?W/i is tried on every post: give it three letters")
    assert said(r"H100 /\d+ k?W/", "/H100.?/") == []


def test_a_chinese_word_inside_longer_ones_is_told_until_they_are_named() -> None:
    (line,) = said("超微")
    assert line.startswith('0 "超微" also counts inside 美超微, 超微半导体: what is something else belongs under')
    assert said("超微 OR 美超微", exceptions=("超微半導體",)) == []


def test_a_term_among_its_own_exceptions_is_told() -> None:
    (line,) = said("H100 OR 超微半导体", exceptions=("超微半導體",))
    assert line.startswith('0 "超微半导体" is among the exceptions of this topic, so it never counts')


def test_a_term_that_another_topic_does_not_count_everywhere_is_told() -> None:
    topics = [
        Topic(name="A", query='"Super Micro"'),
        Topic(name="B", query="SuperMicro", exceptions=("Super Micro Center",)),
        Topic(name="C", query='"Super Micro Center"'),
        Topic(name="D", query='"Super Micro Center"', exceptions=("Super Micro Center x",)),
    ]
    (first, *_) = hints(topics)
    assert first.topic == "A"
    assert first.text == (
        '"Super Micro" counts inside "Super Micro Center", which topic B excepts; '
        '"Super Micro Center x", which topic D excepts: except it here too?'
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("H100 or H200", '"or" is looked for as a word: was OR meant?'),
        ("H100 OU x1", '"OU" is looked for as a word: was OR meant?'),
        ("H100 或 x1", '"或" is looked for as a word: was OR meant?'),
        ('"export contr*"', 'in "export contr*" the * is a character'),
        ("H100 -source:blog source:news", "source:blog is the name or tag of no source"),
    ],
)
def test_what_looks_like_an_operator_and_is_none_is_told(query: str, text: str) -> None:
    found = hints([Topic(name="X", query=query)], labels=("News", "wire"))
    assert [hint for hint in found if hint.text.startswith(text)]


def test_letters_of_another_alphabet_in_a_term_are_told() -> None:
    assert said("Н100") == ['0 "Н100" holds letters of another alphabet that look like Latin ones: is "H100" meant?']


def test_a_doubt_is_told_once() -> None:
    assert len(said("ban OR (ban -x1) OR title:ban")) == 1
