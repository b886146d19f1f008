from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from scrapers import Bookmark, Post, Response, Unreadable, _page
from scrapers._web import Web, WebSettings
from scrapers.telegram import Found, Options, fetch, parse, recognise

DATA = Path(__file__).parent / "data" / "telegram"
CAPTURES = Path(__file__).parents[2] / ".." / "shared" / "captures" / "telegram"
FETCHED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def found(file: Path) -> Found:
    return parse(_page.parse(Response(url="https://t.me/s/Chip_News", body=file.read_bytes())), fetched=FETCHED)


@pytest.fixture(scope="module")
def posts() -> dict[str, Post]:
    return {post.key.rpartition("/")[2]: post for post in found(DATA / "channel.html").posts}


def test_a_message_has_its_words_links_and_time(posts: dict[str, Post]) -> None:
    post = posts["100"]
    assert (post.key, post.url) == ("telegram:chip_news/100", "https://t.me/Chip_News/100")
    assert post.text == "First line\nSecond: H100 & H200! 🔥 #chips shop there"
    assert (post.title, post.author) == ("", "Chips & Co")
    assert post.published == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert post.links == ("https://shop.example.org/h100?a=1&b=2", "https://t.me/other/5")


def test_an_album_is_one_post_whose_caption_is_taken_once(posts: dict[str, Post]) -> None:
    post = posts["101"]
    assert post.text == "An album: 美超微机架"
    assert post.url == "https://t.me/Chip_News/101"
    assert post.media == ("https://cdn.example.org/1.jpg", "https://cdn.example.org/2.jpg")


def test_what_a_reply_quotes_is_not_its_text(posts: dict[str, Post]) -> None:
    assert posts["104"].text == "My answer"


def test_a_forward_and_its_link_card_are_told(posts: dict[str, Post]) -> None:
    post = posts["105"]
    assert post.text == "Forwarded words\nB200 delayed\nBy a month"
    assert post.author == "Chips & Co"
    assert post.links == ("https://t.me/warehouse/7", "https://paper.example.org/b200")


def test_a_poll_is_its_question_and_answers(posts: dict[str, Post]) -> None:
    assert posts["106"].text == "Which is next?\nRubin\nFeynman"


def test_a_service_message_is_no_post(posts: dict[str, Post]) -> None:
    assert list(posts) == ["100", "101", "104", "105", "106", "108"]


def test_a_file_has_its_name_and_a_videos_length_is_no_date(posts: dict[str, Post]) -> None:
    post = posts["108"]
    assert post.text == "prices-h200.pdf"
    assert post.published == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert post.media == ("https://cdn.example.org/v.jpg",)


def test_the_ids_of_the_page_are_known() -> None:
    page = found(DATA / "channel.html")
    assert (page.oldest, page.newest) == (100, 108)


@pytest.mark.parametrize(
    ("name", "words"),
    [("no_preview", "the channel has no public preview"), ("group", "a group, not a channel"),
     ("bot", "a person or a bot"), ("person", "a person or a bot"), ("nobody", "no channel of this name")],
)  # fmt: skip
def test_pages_without_messages_are_told_apart(name: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        found(DATA / f"{name}.html")


def test_another_site_is_not_telegram() -> None:
    with pytest.raises(Unreadable, match="not a page of Telegram"):
        parse(_page.parse(Response(url="https://example.org", body=b"<p>hello")), fetched=FETCHED)


def page(*numbers: int) -> str:
    messages = "".join(f'<div class="tgme_widget_message" data-post="Chip_News/{number}"></div>' for number in numbers)
    return f'<section class="tgme_channel_history">{messages}</section>'


async def looked(bookmark: Bookmark, pages: dict[str, str]) -> tuple[list[str], list[str], str]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("before", ""))
        return httpx.Response(200, content=pages[asked[-1]].encode())

    async with Web(WebSettings(gap=timedelta()), transport=httpx.MockTransport(answer)) as web:
        batch = await fetch(web, Options(channel="Chip_News"), bookmark)
    return asked, [post.key.rpartition("/")[2] for post in batch.posts], batch.bookmark.newest


async def test_after_a_pause_older_pages_are_read_until_what_is_known() -> None:
    pages = {"": page(8, 9), "8": page(6, 7), "6": page(3, 5), "3": page(1)}
    assert await looked(Bookmark(), pages) == ([""], ["8", "9"], "9")
    assert await looked(Bookmark(newest="7"), pages) == ([""], ["8", "9"], "9")
    assert await looked(Bookmark(newest="4"), pages) == (["", "8", "6"], ["3", "5", "6", "7", "8", "9"], "9")


async def test_an_empty_channel_keeps_the_bookmark() -> None:
    assert await looked(Bookmark(newest="7"), {"": page()}) == ([""], [], "7")


async def test_a_redirect_to_the_landing_page_is_not_taken_for_an_empty_channel() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/s/"):
            return httpx.Response(302, headers={"location": "https://t.me/Chip_News"})
        return httpx.Response(200, content=(DATA / "no_preview.html").read_bytes())

    async with Web(WebSettings(gap=timedelta()), transport=httpx.MockTransport(answer)) as web:
        with pytest.raises(Unreadable, match="no public preview"):
            await fetch(web, Options(channel="Chip_News"), Bookmark())


@pytest.mark.parametrize(
    "url", ["https://t.me/Chip_News", "https://t.me/s/Chip_News", "http://telegram.me/Chip_News/", "https://www.t.me/Chip_News/123",
            "https://t.me/s/Chip_News?before=100"],
)  # fmt: skip
def test_a_channel_is_recognised(url: str) -> None:
    assert recognise(url) == Options(channel="Chip_News")


@pytest.mark.parametrize(
    "url", ["https://t.me/", "https://t.me/s/", "https://t.me/+AbCdEf", "https://t.me/joinchat/AbCdEf", "https://t.me/c/123/4",
            "https://t.me/addstickers/Cats", "https://t.me/share/url?url=x", "https://example.org/Chip_News"],
)  # fmt: skip
def test_what_is_no_channel_is_not_recognised(url: str) -> None:
    assert recognise(url) is None


@pytest.mark.parametrize(
    "channel", ["", "@chip_news", "abc", "a" * 33, "chip news", "chip/news", "1chip", "chip_news\n"]
)
def test_what_is_no_name_is_told_in_a_sentence(channel: str) -> None:
    with pytest.raises(ValueError, match="is no channel: write its public name"):
        Options(channel=channel)


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not beside this checkout")
def test_a_real_channel_and_real_landing_pages_are_read() -> None:
    page = found(CAPTURES / "channel_preview.html")
    assert (len(page.posts), page.oldest, page.newest) == (20, 519, 539)
    assert all(post.published and post.author and (post.text or post.media) for post in page.posts)
    assert not any("Please open Telegram" in post.text or "VIEW IN" in post.text for post in page.posts)
    for name, words in (("channel_landing_no_preview", "no public preview"), ("group_landing", "a group")):
        with pytest.raises(Unreadable, match=words):
            found(CAPTURES / f"{name}.html")
