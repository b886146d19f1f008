from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Field, Hit, Match, Place, Seen, Story, Tie
from bot.rules import sketch, story
from bot.rules.fingerprint import number
from bot.rules.frequencies import Frequencies
from bot.rules.story import Likeness, Neighbour, Reading
from scrapers import Post

WIRE = (
    "Customs officers in the harbour town seized forty crates of H100 accelerators on Sunday, officials said. "
    "The crates were declared as tomato cans, and two men who came for them will appear before a court."
)
RETOLD = (
    "Forty crates of H100 chips that were declared as tomato cans: customs seized them in the harbour town, and two "
    "men go before a court, officials said of the raid on Sunday."
)
LIST = "In stock today: H100 80GB SXM5 at $28,500, H200 141GB at $34,000, all sealed, from the harbour warehouse."
NOTHING = Frequencies()
H100 = frozenset({"H100"})
CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def post(text: str, title: str = "", url: str = "", lang: str = "", links: Sequence[str] = ()) -> Post:
    return Post(key="", url=url, title=title, text=text, lang=lang, links=tuple(links))


def neighbour(other: Post, number: int = 1, topics: frozenset[str] = H100) -> Neighbour:
    return Neighbour(id=number, story=number, sketch=sketch.of(other), topics=topics)


def read(shown: Post, topics: frozenset[str] = H100, places: Sequence[Place] = ()) -> Reading:
    return story.read(shown, topics, places, NOTHING)


def compare(
    one: Post | str, other: Post | str, topics: frozenset[str] = H100, others: frozenset[str] = H100
) -> Likeness:
    left, right = (each if isinstance(each, Post) else post(each) for each in (one, other))
    return story.compare(read(left, topics), neighbour(right, topics=others), lambda _: right)


def join(shown: Post, *others: tuple[int, Post], facts: frozenset[str] = frozenset()) -> Story:
    """The story that a post tells beside posts in these rows."""
    near = [neighbour(other, row) for row, other in others]
    return story.join(hit(shown), read(shown), near, dict(others).__getitem__, facts)


def hit(shown: Post, number: int = 9, places: Sequence[Place] = (), topics: frozenset[str] = H100) -> Hit:
    matches = tuple(Match(topic=topic, places=tuple(places)) for topic in sorted(topics))
    return Hit(seen=Seen(id=number, post=shown, source="wire"), matches=matches)


# Copies


@pytest.mark.parametrize(
    "copy",
    [
        WIRE.upper(),
        f"HARBOUR TOWN (Wire) - {WIRE} Reporting by Ada Lane",
        f"🚨 BREAKING: {WIRE}",
        f"RT @desk: {WIRE[:120]}… https://t.example.org/a1",
        f"{WIRE} The office put their value at nine million dollars, and said that the lorry was bound for the north.",
    ],
)
def test_a_copy_is_known_with_a_by_line_cut_or_shouted(copy: str) -> None:
    assert compare(copy, WIRE).tie is compare(WIRE, copy).tie is Tie.COPY


def test_a_copy_is_known_in_the_other_chinese_script() -> None:
    one = "香港海關週日在碼頭查獲四十箱H100加速卡，貨物申報為番茄罐頭，兩名男子被捕，貨櫃原定運往北方倉庫。"
    other = "香港海关周日在码头查获四十箱H100加速卡，货物申报为番茄罐头，两名男子被捕，货柜原定运往北方仓库。"
    assert compare(one, other) == Likeness(tie=Tie.COPY, score=1.0, evidence=("the very same text",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("H100 price up 5 %", "H200 price up 5 %"),
        ("H100 price up 5 %", "H100 price up 7 %"),
        ("Breaking: H100", "Breaking: H100"),
        ("🔥" * 200, "🔥" * 200),
        (LIST, LIST.replace("28,500", "31,500")),
        (WIRE, WIRE.replace("H100", "H200")),
        (WIRE, WIRE.replace("forty", "eighty")),
        (
            "Gigabyte wins an order for H100 servers from a data centre in Malaysia, it said on Monday in a filing.",
            "Asus wins an order for H100 servers from a data centre in Malaysia, it said on Monday in a filing.",
        ),
        (
            "今日报价：H100单卡22.5万，H200整机230万，H20整机98万，现货深圳，量大从优，支持含税，联系客服。",
            "今日报价：H100单卡23.8万，H200整机230万，H20整机98万，现货深圳，量大从优，支持含税，联系客服。",
        ),
        (
            "戴尔采购英伟达H20芯片用于云计算业务，预计下季度交付，消息人士称订单规模超出市场预期，双方均拒绝置评。",
            "华硕采购英伟达H20芯片用于云计算业务，预计下季度交付，消息人士称订单规模超出市场预期，双方均拒绝置评。",
        ),
        (
            "Производитель серверов Асус получил заказ на системы H100 от оператора в Малайзии, сообщил он вчера.",
            "Производитель серверов Делл получил заказ на системы H100 от оператора в Малайзии, сообщил он вчера.",
        ),
        (
            "The grey market price of the H100 went up again this week in the harbour town, traders said.",
            "The grey market price of the H100 went down again this week in the harbour town, traders said.",
        ),
    ],
)
def test_a_template_with_another_figure_or_name_and_a_short_headline_are_no_copy(one: str, other: str) -> None:
    assert compare(one, other).tie is not Tie.COPY
    assert compare(other, one).tie is not Tie.COPY


def test_a_template_is_different_news_and_a_rewording_may_be_the_same() -> None:
    assert compare(LIST, LIST.replace("28,500", "31,500")) == Likeness(
        tie=None, score=compare(LIST, LIST.replace("28,500", "31,500")).score, evidence=("a template", "28500 / 31500")
    )
    assert compare(WIRE, WIRE.replace("came for", "wanted")).tie is Tie.NEWS


def test_texts_that_share_a_passage_are_no_copies() -> None:
    about = (
        "The maker has sold servers since 1993, has its seat in a valley, and employs some five thousand people there."
    )
    one = "A court heard two men who had hidden H100 cards among lobsters. They deny it, blame a cousin, and are heard "
    one += f"again in spring in another town. {about}"
    other = (
        "Beekeepers rent an H100 to listen to their hives in winter, with microphones made of cork and wax, and say "
    )
    other += f"that a queen sings before she leaves. {about}"
    assert compare(one, other).tie is compare(other, one).tie is None


def test_the_same_wording_that_other_topics_matched_is_a_template() -> None:
    h200, both = frozenset({"H200"}), frozenset({"H100", "H200"})
    assert compare(WIRE, WIRE, H100, both).tie is compare(WIRE, WIRE, both, H100).tie is Tie.COPY
    assert compare(WIRE, WIRE, H100, h200).tie is None


def test_a_cliche_under_another_title_is_no_copy() -> None:
    cliche = "Read the full story on our site, and subscribe to our letter for all that happens in the chip trade."
    assert (
        compare(post(cliche, "Huawei unveils a chip"), post(cliche, "A reseller of H100 is sued")).tie is not Tie.COPY
    )


def test_a_column_with_another_day_inside_is_no_copy() -> None:
    frame = "Good morning, and welcome to the chip briefing, our daily look at what matters in the trade. Today: {} "
    frame += "As always, send tips to our desk. You can subscribe here and follow us elsewhere. See you tomorrow."
    one = frame.format("Smic raises prices and a plant opens in Dresden.")
    other = frame.format("The H20 faces a new rule and a maker cuts jobs in Oregon.")
    assert compare(one, other).tie is not Tie.COPY


# Links


def test_one_that_links_the_other_and_two_that_link_one_page_are_tied() -> None:
    page = "https://news.example.org/2024/forty-crates-seized"
    one, other = post("Forty crates?", url="https://a.example.org/1", links=[page]), post("Seized", url=page)
    assert compare(one, other).tie is compare(other, one).tie is Tie.LINK
    third = post("Tomatoes!", url="https://b.example.org/2", links=[page])
    assert compare(one, third) == Likeness(
        tie=Tie.LINK, score=1.0, evidence=("news.example.org/2024/forty-crates-seized",)
    )


def test_a_home_page_or_a_shop_that_two_link_ties_nothing() -> None:
    for link in ("https://example.org/", "https://example.org/h100", "https://www.example.org/en"):
        one, other = (
            post(text, url=f"https://a.example.org/{len(text)}", links=[link]) for text in (LIST, "Tomatoes!")
        )
        assert compare(one, other).tie is None


# The same news in other words


def test_the_same_news_in_other_words_is_grouped_if_a_topic_is_of_both() -> None:
    assert compare(RETOLD, WIRE).tie is compare(WIRE, RETOLD).tie is Tie.NEWS
    assert compare(RETOLD, WIRE, frozenset({"Customs"}), H100).tie is None


def test_the_same_news_in_another_language_is_grouped_by_the_names_and_loan_words_of_both() -> None:
    english = post("Su Di of Jinqiao Trading has been held in Rotterdam for 640 H100 cards that cost $19.2 million.")
    german = post("Su Di von Jinqiao Trading ist wegen 640 H100 für 19,2 Millionen von der Polizei gesucht worden.")
    likeness = compare(english, german)
    assert (likeness.tie, likeness.evidence[0].split(", ")[0]) == (Tie.NEWS, "in de and en")
    assert {"Jinqiao", "Trading"} <= set(likeness.evidence[1:])
    assert compare(post("H100, a first look", lang="en"), post("Der H100 im ersten Test", lang="de")).tie is None


def test_the_little_words_and_numbers_of_two_languages_tie_nothing() -> None:
    spanish = post(
        "La tarjeta H100 que los ladrones han robado entre el 5 y el 12 de mayo fue para una empresa con 20 años."
    )
    portuguese = post(
        "A placa H100 que dos 12 carros foi para uma loja com 5 portas e 20 mesas, por mais que seu dono não a quis."
    )
    assert compare(spanish, portuguese).tie is compare(portuguese, spanish).tie is None
    assert "in es and pt" in compare(spanish, portuguese).evidence[1]


def test_two_texts_in_one_language_that_declare_none_or_another_are_not_taken_for_translations() -> None:
    one = "The court in Rotterdam said on Monday that Hendrik Visser of Visser Trading had sold 640 cards to a friend."
    other = (
        "Visser Trading, said the friend of Hendrik Visser, was closed in May and has paid for none of the 640 chairs."
    )
    for left, right in (("", ""), ("", "en"), ("en", "fr"), ("de", "fr")):
        likeness = compare(post(one, lang=left), post(other, lang=right))
        assert (likeness.tie, "two languages" in " ".join(likeness.evidence)) == (None, False)


def test_a_chinese_and_an_unsure_post_are_in_two_languages_and_two_unsure_ones_may_be_in_one() -> None:
    chinese, short = post("苏菂展示了640张H100加速卡和超微机柜"), post("640 H100 cards, says Su Di")
    assert compare(short, chinese).evidence[0].startswith("in zh and another language, sharing")
    assert compare(post("H100 cards: 640 of Su Di's?"), short).tie is None


# Which story


def test_a_post_that_nothing_ties_tells_a_story_of_its_own() -> None:
    told = join(post(WIRE), (1, post(LIST)), facts=frozenset({"8 card"}))
    assert told == Story(id=9, hit=hit(post(WIRE)), tie=Tie.FIRST, facts=frozenset({"8 card"}))


def test_a_copy_goes_before_a_link_and_a_link_before_a_retelling() -> None:
    page = "https://news.example.org/2024/forty-crates-seized"
    shown = post(WIRE, url="https://a.example.org/1", links=[page])
    retold, linked, copied = (3, post(RETOLD)), (4, post("Seized", url=page)), (5, post(WIRE))
    order = [join(shown, *near) for near in ([retold, linked, copied], [retold, linked])]
    assert [(one.id, one.tie, one.beside) for one in order] == [(5, Tie.COPY, 5), (4, Tie.LINK, 4)]
    assert join(post(WIRE), retold).tie is not Tie.FIRST


def test_of_two_that_are_as_like_the_older_is_joined_in_whatever_order_they_come() -> None:
    near = [(number, post(WIRE)) for number in (7, 3, 5)]
    assert {join(post(WIRE), *order).id for order in (near, near[::-1])} == {3}


def test_a_text_is_fetched_only_where_its_wording_is_compared() -> None:
    def fetch(row: int) -> Post:
        fetched.append(row)
        return post(WIRE)

    fetched: list[int] = []
    near = [neighbour(post(LIST), 1), neighbour(post(f"Wire: {WIRE}"), 2)]
    assert story.join(hit(post(WIRE)), read(post(WIRE)), near, fetch, frozenset()).beside == 2
    assert fetched == [2]


def test_the_facts_of_a_post_stand_near_what_matched() -> None:
    text = "H100 at $28,500 for 8 units." + " " * 300 + "A flat costs 2 million euros."
    shown = post(text, title="H100 for $30k")
    found = story.facts(hit(shown, places=[Place(Field.TEXT, 0, 4), Place(Field.TITLE, 0, 4)]))
    assert found == {"28500 usd", "8 card", "30000 usd"}
    assert story.facts(hit(shown)) == frozenset()


# What a post is found by


def test_copies_share_marks_and_so_do_pages_that_are_linked() -> None:
    page = "https://news.example.org/2024/forty-crates-seized"
    marks = [
        set(read(each).marks)
        for each in (post(WIRE, url=page), post(f"Wire: {WIRE}"), post("Figs", links=[page]), post("Racks"))
    ]
    assert len(marks[0] & marks[1]) > 20
    assert len(marks[0] & marks[2]) == 1
    assert not marks[0] & marks[3]


@given(CLEAN, CLEAN)
def test_the_marks_of_any_post_are_few_and_small(title: str, text: str) -> None:
    marks = read(post(text, title)).marks
    assert all(0 <= mark < 2**32 for mark in marks)
    assert len(marks) <= 24 + story.CHOSEN + story.CHOSEN_NAMES + 2


@given(CLEAN, CLEAN)
def test_likeness_has_no_direction(one: str, other: str) -> None:
    assert compare(one, other).tie is compare(other, one).tie


@given(CLEAN.map(lambda text: f"{WIRE} {text}"))
def test_any_text_is_a_copy_of_itself(text: str) -> None:
    assert compare(text, text).tie is Tie.COPY


@given(st.integers(2, 9_999), st.integers(10_000, 99_999))
def test_one_template_with_two_prices_is_never_a_copy(one: int, other: int) -> None:
    assert compare(LIST.replace("28,500", str(one)), LIST.replace("28,500", str(other))).tie is not Tie.COPY


def test_the_most_promising_share_most_and_the_newest_go_first() -> None:
    worth = {1: 1.5, 2: 2.0, 3: 2.0, 4: 1.0, 5: 0.9}
    assert story.promising(worth) == [3, 2, 1, 4]
    assert story.promising(worth, least=1.6) == [3, 2]


def test_a_link_or_two_stretches_of_text_are_enough_to_look_closer_unless_many_have_them() -> None:
    marks = read(post(WIRE, links=("https://example.org/a/long-story",))).marks
    assert marks[number("link example.org/a/long-story")] == 1.0
    assert list(marks.values()).count(None) > 20
    assert story.wording(1) < 1.0 <= 2 * story.wording(1)
    assert 10 * story.wording(1_000) < 1.0


def test_what_a_topic_asks_for_weighs_nothing_since_any_post_on_it_has_that() -> None:
    shown = post("H100 servers by SuperMicro, seen by Su Di")
    reading = read(shown, places=[Place(Field.TEXT, 0, 4, "H100"), Place(Field.TEXT, 16, 26, "SuperMicro")])
    assert {number("h100"), number("superm")} <= reading.asked
    assert [reading.weights[number(key)] for key in ("h100", "superm")] == [0.0, 0.0]
    assert reading.weights[number("~sudi")] > 6
    assert number("superm") not in reading.marks
    assert number("superm") in read(shown).marks
