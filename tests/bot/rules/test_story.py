from hypothesis import given
from hypothesis import strategies as st

from bot.model import Hit, Match, Seen, Telling
from bot.rules import story
from scrapers import Post

WIRE = "Two racks with H100 accelerators were offered for sale in a harbour town this week, according to a price list."
NOTHING = Telling(posts={}, texts={})


def post(text: str, title: str = "") -> Post:
    return Post(key="feed:1", url="", title=title, text=text)


def hit(number: int) -> Hit:
    return Hit(seen=Seen(id=number, post=post(WIRE), source="wire"), matches=(Match(topic="H100", places=()),))


def test_the_same_words_have_one_digest_whatever_their_dress() -> None:
    shouted = WIRE.upper().replace(" ", "  ").replace(",", " -") + " https://t.example.org/x?utm_source=a @desk"
    assert story.digest(post(shouted)) == story.digest(post(WIRE)) != ""


def test_another_figure_or_another_title_is_another_text() -> None:
    assert story.digest(post(WIRE.replace("H100", "H200"))) != story.digest(post(WIRE))
    assert story.digest(post(WIRE, title="Monday")) != story.digest(post(WIRE, title="Tuesday"))


def test_short_texts_are_alike_by_chance_and_have_no_digest() -> None:
    assert story.digest(post("Breaking: H100")) == ""
    assert story.digest(post("英伟达H100走私案最新进展")) == ""
    assert story.digest(post("香港码头仓库内发现数十台装有H100加速卡的美超微机架据三名知情人士透露")) != ""


@given(st.text())
def test_any_text_has_a_digest_or_none(text: str) -> None:
    assert story.digest(post(text)) == "" or len(story.digest(post(text))) == 32


def test_a_hit_tells_the_story_of_its_post_else_of_its_text_else_its_own() -> None:
    known = Telling(posts={7: 3}, texts={"a": 4})
    told = story.group([hit(7), hit(8), hit(9)], ["a", "a", "b"], known)
    assert [one.id for one in told] == [3, 4, 9]


def test_copies_within_one_look_find_each_other() -> None:
    told = story.group([hit(1), hit(2), hit(3)], ["a", "a", "b"], NOTHING)
    assert [one.id for one in told] == [1, 1, 3]


def test_posts_without_a_digest_never_meet() -> None:
    assert [one.id for one in story.group([hit(1), hit(2)], ["", ""], NOTHING)] == [1, 2]
