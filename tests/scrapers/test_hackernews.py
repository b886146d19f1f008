from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from scrapers import Bookmark, Unreadable
from scrapers._web import Web, WebSettings
from scrapers.hackernews import OVERLAP, Options, fetch, parse, recognise

DATA = Path(__file__).parent / "data" / "hackernews"
CAPTURES = Path(__file__).parents[2] / ".." / "shared" / "captures" / "hackernews"


@pytest.mark.parametrize("name", ["2026", "old"])
def test_both_shapes_of_answers_give_the_same_posts(name: str) -> None:
    batch, pages = parse((DATA / f"{name}.json").read_bytes())
    story, comment, ask = batch.posts
    assert (batch.bookmark.newest, pages) == ("1795428300", 1)
    assert story.key == "hackernews:900003"
    assert story.url == "https://news.ycombinator.com/item?id=900003"
    assert (story.title, story.text, story.author) == ("Racks of H100 seen at a harbour", "", "ada")
    assert story.published == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert story.links == ("https://news.example.org/harbour?id=7",)
    assert comment.title == ""
    assert comment.text == "I counted 40 of them.\nSee photos & more"
    assert comment.links == ("https://news.example.org/harbour?id=7", "https://photos.example.org/a?b=1&c=2")
    assert (ask.title, ask.text, ask.links) == ("Ask HN: Who buys H200 boards?", "We need ten.\nIs 美超微 cheaper?", ())


def recorded(pages: list[bytes], asked: list[dict[str, list[str]]]) -> Web:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(parse_qs(urlsplit(str(request.url)).query))
        return httpx.Response(200, content=pages[len(asked) - 1])

    return Web(WebSettings(gap=timedelta()), transport=httpx.MockTransport(answer))


async def test_the_first_look_takes_the_newest_and_the_next_goes_back_a_little() -> None:
    asked: list[dict[str, list[str]]] = []
    body = (DATA / "2026.json").read_bytes()
    options = Options(query='"H100" rack')
    async with recorded([body, body], asked) as web:
        first = await fetch(web, options, Bookmark())
        second = await fetch(web, options, first.bookmark)
    assert asked[0] == {
        "query": ['"H100" rack'], "tags": ["(story,comment)"], "typoTolerance": ["false"], "hitsPerPage": ["100"],
    }  # fmt: skip
    assert asked[1]["numericFilters"] == [f"created_at_i>{1795428300 - OVERLAP}"]
    assert second == first


async def test_all_pages_since_the_last_look_are_read() -> None:
    asked: list[dict[str, list[str]]] = []
    pages = [
        b'{"nbPages": 3, "hits": [{"objectID": "%d", "created_at_i": %d}]}' % (n, 1795428300 - n) for n in range(3)
    ]
    async with recorded(pages, asked) as web:
        batch = await fetch(web, Options(query="H100"), Bookmark(newest="1795420000"))
    assert [post.key for post in batch.posts] == ["hackernews:0", "hackernews:1", "hackernews:2"]
    assert [query.get("page") for query in asked] == [None, ["1"], ["2"]]
    assert batch.bookmark.newest == "1795428300"


async def test_an_empty_answer_keeps_the_bookmark() -> None:
    async with recorded([b'{"hits": [], "nbPages": 0}'], []) as web:
        batch = await fetch(web, Options(query="H100"), Bookmark(newest="1795428300"))
    assert (batch.posts, batch.bookmark.newest) == ((), "1795428300")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"hits": 1}', b'{"message": "too many requests"}'])
def test_another_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


def test_a_hit_of_an_odd_shape_does_not_lose_the_others() -> None:
    batch, _ = parse(b'{"hits": [7, {}, {"objectID": 5}, {"objectID": "1", "title": [], "created_at_i": 1e99}]}')
    assert [(post.key, post.title, post.published) for post in batch.posts] == [("hackernews:1", "", None)]


def test_a_search_page_is_recognised() -> None:
    assert recognise("https://hn.algolia.com/?q=H100") == Options(query="H100")
    shown = "https://hn.algolia.com/?dateRange=all&page=0&query=%22HGX+H100%22&sort=byDate&type=story"
    assert recognise(shown) == Options(query='"HGX H100"', items="story")
    for other in ("https://hn.algolia.com/", "https://hn.algolia.com/?q=", "https://news.ycombinator.com/?q=x"):
        assert recognise(other) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [({"query": " "}, "the query is empty"), ({"query": "x", "items": "a&b"}, "items are names"),
     ({"query": "x", "server": "hn"}, "the server must be")],
)  # fmt: skip
def test_faults_of_options_are_sentences(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(**options)


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not beside this checkout")
def test_real_answers_are_read() -> None:
    for file in sorted(CAPTURES.glob("*.json")):
        batch, _ = parse(file.read_bytes())
        assert len(batch.posts) >= 3
        for post in batch.posts:
            assert post.title
            assert post.author
            assert post.links[0].startswith("https://")
            assert post.published is not None
            assert "&#x2F;" not in post.text
