from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from scrapers import Bookmark, Unreadable
from scrapers._web import Web, WebSettings
from scrapers.bluesky import Options, fetch, parse, recognise

DATA = Path(__file__).parent / "data" / "bluesky"
CAPTURES = Path(__file__).parents[2] / ".." / "shared" / "captures" / "bluesky"
FETCHED = datetime(2026, 11, 23, 12, tzinfo=UTC)
POSTS = {post.key: post for post in parse((DATA / "feed.json").read_bytes(), fetched=FETCHED).posts}


def test_a_post_has_its_text_its_pictures_words_and_its_whole_links() -> None:
    post = POSTS["bluesky:did:plc:ada/3kaaa"]
    assert post.url == "https://bsky.app/profile/ada.example.org/post/3kaaa"
    assert post.title == ""
    assert post.text == "Voilà: racks! news.example.org/very-lo... #chips\nForty SuperMicro racks"
    assert (post.author, post.lang) == ("Ada", "fr-fr")
    assert post.links == ("https://news.example.org/very-long-address",)
    assert post.media == ("https://cdn.example.org/f1", "https://cdn.example.org/f2")
    assert post.published is not None
    assert post.published.replace(microsecond=0) == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_link_card_is_text_and_a_date_in_the_future_is_not_believed() -> None:
    post = POSTS["bluesky:did:plc:ada/3kbbb"]
    assert post.text == "Worth reading\nH200 prices fall\nA third cheaper"
    assert post.links == ("https://paper.example.org/h200",)
    assert post.published == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert (post.author, post.lang) == ("ada.example.org", "")


def test_a_quoted_post_with_pictures_is_text_and_link() -> None:
    post = POSTS["bluesky:did:plc:ada/3kccc"]
    assert post.text == "This.\nA shelf\nWho sells B200?\nA price list"
    assert post.url == "https://bsky.app/profile/did:plc:ada/post/3kccc"
    assert post.links == ("https://bsky.app/profile/did:plc:bob/post/3kqqq", "https://shop.example.org/b200")
    assert post.media == ("https://cdn.example.org/f3",)


def test_a_repost_is_the_original_post_and_replies_are_left_out() -> None:
    post = POSTS["bluesky:did:plc:bob/3kddd"]
    assert (post.text, post.author) == ("Original words", "Bob")
    assert post.published == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert "bluesky:did:plc:ada/3keee" not in POSTS


def test_half_a_character_and_a_broken_date_do_no_harm() -> None:
    post = POSTS["bluesky:did:plc:ada/3kfff"]
    assert post.text == "Half a character: \ufffd\nA forklift lifts a rack"
    assert post.media == ("https://video.example.org/p.m3u8",)
    assert post.published == datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_the_bookmark_is_the_newest_of_the_feed_not_of_a_pinned_post() -> None:
    found = parse((DATA / "feed.json").read_bytes(), fetched=FETCHED)
    assert (found.newest, found.oldest) == ("2026-11-23T10:00:02.000Z", "2026-11-23T06:00:00Z")
    assert found.cursor == "2026-11-23T06:00:00Z"


def page(number: int, cursor: str) -> bytes:
    return (
        b'{"feed": [{"post": {"uri": "at://did:plc:ada/app.bsky.feed.post/%d", "record": {"text": "x"},'
        b' "indexedAt": "2026-11-23T0%d:00:00Z"}}], "cursor": "%s"}' % (number, number, cursor.encode())
    )


async def looked(bookmark: Bookmark, pages: dict[str, bytes]) -> tuple[list[str], list[str], str]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("cursor", ""))
        return httpx.Response(200, content=pages[asked[-1]])

    async with Web(WebSettings(gap=timedelta()), transport=httpx.MockTransport(answer)) as web:
        batch = await fetch(web, Options(actor="ada.example.org"), bookmark)
    return asked, [post.key.rpartition("/")[2] for post in batch.posts], batch.bookmark.newest


async def test_after_a_pause_older_pages_are_read_until_what_is_known() -> None:
    pages = {"": page(9, "a"), "a": page(8, "b"), "b": page(5, "c"), "c": page(4, "d")}
    assert await looked(Bookmark(), pages) == ([""], ["9"], "2026-11-23T09:00:00Z")
    asked, keys, newest = await looked(Bookmark(newest="2026-11-23T06:00:00Z"), pages)
    assert (asked, sorted(keys), newest) == (["", "a", "b"], ["5", "8", "9"], "2026-11-23T09:00:00Z")


async def test_an_empty_feed_keeps_the_bookmark() -> None:
    known = Bookmark(newest="2026-11-23T06:00:00Z")
    assert await looked(known, {"": b'{"feed": []}'}) == ([""], [], known.newest)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": "x"}', b'{"feed": {}}'])
def test_another_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body, fetched=FETCHED)


def test_profiles_are_recognised() -> None:
    assert recognise("https://bsky.app/profile/ada.example.org") == Options(actor="ada.example.org")
    assert recognise("https://bsky.app/profile/did:plc:abc123/") == Options(actor="did:plc:abc123")
    for other in (
        "https://bsky.app/",
        "https://bsky.app/profile/x",
        "https://bsky.app/profile/a.b/post/1",
        "https://x.org/profile/a.b",
    ):
        assert recognise(other) is None


@pytest.mark.parametrize(
    "actor", ["", "ada", "@ada.example.org", "a b.c", "ada.example.org/x", "did:", "https://bsky.app/x"]
)
def test_what_is_no_account_is_told_in_a_sentence(actor: str) -> None:
    with pytest.raises(ValueError, match="is no account: write its handle"):
        Options(actor=actor)


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not beside this checkout")
def test_a_real_feed_is_read() -> None:
    found = parse((CAPTURES / "get_author_feed.json").read_bytes(), fetched=FETCHED)
    assert len(found.posts) == 30
    assert all(
        post.text and post.author and post.published and post.lang == "en" for post in found.posts if not post.media
    )
    assert sum(bool(post.media) for post in found.posts) == 12
    assert sum(bool(post.links) for post in found.posts) >= 8
