from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Post, Unreadable, is_whole
from scrapers._article import Article
from scrapers._full import check, complete

WHEN = datetime(2024, 11, 24, 9, 0, tzinfo=UTC)
BARE = Post(key="feed:1", url="https://news.example.org/1")
ARTICLE = Article(
    url="https://news.example.org/1?from=feed",
    title="Racks at the quay",
    text="Racks were seen at the quay. They hold H100.",
    author="Ada",
    published=WHEN,
    lang="fr",
    media=("https://news.example.org/1.jpg",),
)
BLANKS = st.text(" \n\t\u3000\xa0", min_size=1, max_size=3)


def whole(summary: str, text: str) -> str:
    return complete(BARE._replace(text=summary), replace(ARTICLE, text=text)).text


@pytest.mark.parametrize(
    ("summary", "text", "result"),
    [
        ("In short: racks.", "Racks were seen.", "In short: racks.\n\nRacks were seen."),
        ("Racks were", "Racks were seen.", "Racks were seen."),
        ("Racks\n were ", " Racks were  seen.", "Racks\n were   seen."),
        ("Racks were seen.", "Racks were seen.", "Racks were seen."),
        ("Racks were s", "Racks were seen.", "Racks were seen."),
        ("Racks were", "Rackswere seen.", "Racks were\n\nRackswere seen."),
        ("Racks were …", "Racks were seen.", "Racks were …\n\nRacks were seen."),
        ("Racks were seen. More", "Racks were seen.", "Racks were seen. More\n\nRacks were seen."),
        ("", "Racks.", "Racks."),
        ("Racks.", " \n", "Racks."),
        ("", "", ""),
    ],
)
def test_the_article_follows_the_summary_and_does_not_say_it_twice(summary: str, text: str, result: str) -> None:
    assert whole(summary, text) == result


@pytest.mark.parametrize("title", ["Racks at  the quay", "", "Quay: racks"])
def test_a_headline_above_the_article_is_no_part_of_its_text(title: str) -> None:
    post = BARE._replace(title=title, text="Racks were")
    article = replace(ARTICLE, title="Racks at the quay", text="Racks at the quay\nRacks were seen.")
    assert complete(post, article).text == "Racks were seen."
    assert complete(post, replace(article, text="Racks at the quay were seen.")).text.endswith("the quay were seen.")


@pytest.mark.parametrize(
    ("key", "text", "whole"), [("article:1", "Racks.", True), ("article:1", "", False), ("feed:1", "Racks.", False)]
)
def test_only_a_post_that_was_read_from_its_page_is_whole(key: str, text: str, *, whole: bool) -> None:
    assert is_whole(BARE._replace(key=key, text=text)) is whole


@given(st.text(), st.text())
def test_what_the_post_said_stays_where_it_stood(summary: str, text: str) -> None:
    assert whole(summary, text).startswith(summary)


@given(st.lists(st.text("abc超.", min_size=1), min_size=1), st.data())
def test_white_space_does_not_tell_a_summary_from_the_beginning_of_its_article(
    words: list[str], data: st.DataObject
) -> None:
    def spread() -> str:
        return "".join(word + data.draw(BLANKS) for word in words).rstrip()

    assert whole(spread(), spread() + " End.").split() == [*words, "End."]


@given(st.text("ab \n"), st.text("ab \n"))
def test_every_word_of_the_article_is_there(summary: str, text: str) -> None:
    assert "".join(text.split()) in "".join(whole(summary, text).split())


def test_what_the_post_did_not_say_is_filled_in_and_what_it_said_stays() -> None:
    filled = complete(BARE, ARTICLE)
    said = ("Racks at the quay", "Ada", WHEN, "fr", ARTICLE.media)
    assert (filled.title, filled.author, filled.published, filled.lang, filled.media) == said
    assert (filled.key, filled.url) == (BARE.key, BARE.url)
    full = Post(
        key="feed:1",
        url="https://news.example.org/1",
        title="Racks",
        text="Racks",
        author="Bob",
        published=WHEN.replace(year=2023),
        lang="en",
        media=("https://news.example.org/2.jpg",),
    )
    assert complete(full, ARTICLE) == full._replace(text=f"Racks{ARTICLE.text.removeprefix('Racks')}")


@pytest.mark.parametrize(
    ("said", "found", "kept"),
    [
        (WHEN, None, WHEN),
        (None, WHEN, WHEN),
        (WHEN, WHEN.replace(year=2016), WHEN.replace(year=2016)),
        (WHEN.replace(year=2016), WHEN, WHEN.replace(year=2016)),
        (WHEN, WHEN.replace(hour=0), WHEN),  # the day alone
        (WHEN, WHEN - timedelta(days=1, seconds=1), WHEN - timedelta(days=1, seconds=1)),
    ],
)
def test_the_earlier_date_is_kept(said: datetime | None, found: datetime | None, kept: datetime) -> None:
    assert complete(BARE._replace(published=said), replace(ARTICLE, published=found)).published == kept


@pytest.mark.parametrize(
    ("asked", "answered", "front", "leads"),
    [
        ("/1", "/", False, "home page"),
        ("/1", "/?utm_source=feed", False, "home page"),
        ("/1", "/start", True, "home page"),
        ("/1", "/login", False, "sign in"),
        ("/1", "/account/sign-in?to=/1", False, "sign in"),
        ("/1", "/racks", False, ""),
        ("/1", "/racks?from=/login", False, ""),
        ("/1", "/1/?utm_source=feed", True, ""),
        ("/", "/start", True, ""),
        ("/login", "/login", False, ""),
    ],
)
def test_an_address_that_leads_to_another_page_is_seen(asked: str, answered: str, front: bool, leads: str) -> None:
    site = "https://news.example.org"
    with pytest.raises(Unreadable, match=leads) if leads else nullcontext():
        check(BARE._replace(url=site + asked), site + answered, front=front)


def test_a_long_summary_is_compared_in_no_time() -> None:
    summary = ("ab " * 60_000).strip()
    assert whole(summary, summary + "End.") == summary + "End."
