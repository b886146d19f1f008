from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Post
from scrapers._article import Article
from scrapers._full import complete

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
    return complete(replace(BARE, text=summary), replace(ARTICLE, text=text)).text


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
    post = replace(BARE, title=title, text="Racks were")
    article = replace(ARTICLE, title="Racks at the quay", text="Racks at the quay\nRacks were seen.")
    assert complete(post, article).text == "Racks were seen."
    assert complete(post, replace(article, text="Racks at the quay were seen.")).text.endswith("the quay were seen.")


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
    assert complete(full, ARTICLE) == replace(full, text=f"Racks{ARTICLE.text.removeprefix('Racks')}")


def test_a_long_summary_is_compared_in_no_time() -> None:
    summary = ("ab " * 60_000).strip()
    assert whole(summary, summary + "End.") == summary + "End."
