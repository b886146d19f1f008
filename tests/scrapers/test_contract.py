"""What every platform owes: each file in scrapers/ without an underscore is held to it, and needs a sample below."""

import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scrapers
from scrapers import Batch, Bookmark, Post, Response, ScrapeError
from scrapers._web import Web, WebSettings
from scrapers._worker import Worker

DATA = Path(__file__).parent / "data"
SAMPLES: dict[str, tuple[dict[str, str], str]] = {
    "article": ({"url": "https://news.example.org/news-sitemap.xml"}, "news.xml"),
    "bluesky": ({"actor": "ada.example.org"}, "feed.json"),
    "feed": ({"url": "https://news.example.org/feed"}, "rss.xml"),
    "hackernews": ({"query": "H100"}, "2026.json"),
    "telegram": ({"channel": "Chip_News"}, "channel.html"),
}
KINDS = pytest.mark.parametrize("kind", scrapers.kinds())


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    found = Worker()
    yield found
    await found.aclose()


def sample(kind: str) -> tuple[object, bytes]:
    options, file = SAMPLES[kind]
    return scrapers.options(kind)(**options), (DATA / kind / file).read_bytes()


@KINDS
def test_a_platform_explains_itself(kind: str) -> None:
    document = import_module(f"scrapers.{kind}").__doc__ or ""
    assert document.splitlines()[0].endswith(".")
    assert len(document.splitlines()) > 3
    about = scrapers.about(kind)
    assert about.title
    assert about.needs
    assert about.terms
    assert about.languages
    assert about.floor >= timedelta(minutes=1)
    assert about.pages or not about.thin


@KINDS
def test_options_are_a_frozen_dataclass_with_a_docstring(kind: str) -> None:
    options = scrapers.options(kind)
    assert dataclasses.is_dataclass(options)
    assert options.__doc__
    made, _ = sample(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(options)[0].name, "x")
    with pytest.raises(TypeError):
        options(evry="10m")
    for field in dataclasses.fields(options):
        assert field.kw_only


@KINDS
@given(
    st.text() | st.text().map(lambda rest: f"https://{rest}") | st.text("hn.algolia.com/?q=bsky.app/profile/t.me/s/[:")
)
def test_any_address_is_recognised_or_not_without_an_error(kind: str, url: str) -> None:
    found = import_module(f"scrapers.{kind}").recognise(url)
    assert found is None or isinstance(found, scrapers.options(kind))


@KINDS
async def test_a_second_look_finds_nothing_new(kind: str) -> None:
    options, body = sample(kind)
    recorded = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    async with Web(WebSettings(gap=timedelta()), transport=recorded) as web:
        first = await scrapers.fetch(web, kind, options, Bookmark())
        second = await scrapers.fetch(web, kind, options, Bookmark.from_json(first.bookmark.to_json()))
    assert first.posts
    assert {post.key for post in second.posts} <= {post.key for post in first.posts}
    assert second.bookmark == first.bookmark


@KINDS
async def test_a_saved_answer_reads_like_a_fetched_one(kind: str, worker: Worker) -> None:
    options, body = sample(kind)
    recorded = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    async with Web(WebSettings(gap=timedelta()), transport=recorded) as web:
        fetched = await scrapers.fetch(web, kind, options, Bookmark())
    saved = await scrapers.read(kind, options, Response(url="https://news.example.org/feed", body=body), worker)
    assert [post.key for post in saved.posts] == [post.key for post in fetched.posts]


@KINDS
async def test_posts_are_plain_and_survive_json(kind: str, worker: Worker) -> None:
    options, body = sample(kind)
    batch = await scrapers.read(kind, options, Response(url="https://news.example.org/feed", body=body), worker)
    for post in batch.posts:
        assert post.key.startswith(f"{kind}:")
        assert Post.from_json(post.to_json()) == post
        assert json.loads(post.to_json())["key"] == post.key
        assert post.url.startswith("https://")
        assert all(link.startswith(("https://", "http://")) for link in (*post.links, *post.media))
        assert "&amp;" not in post.title + post.text
        assert post.published is None or post.published.utcoffset() == timedelta()


@KINDS
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(noise=st.binary(max_size=60), at=st.integers(0, 5000), cut=st.integers(0, 200))
async def test_damaged_answers_give_a_batch_or_an_error_of_ours(
    kind: str, worker: Worker, noise: bytes, at: int, cut: int
) -> None:
    options, body = sample(kind)
    at %= len(body)
    for damaged in (noise, body[:at] + noise + body[at + cut :]):
        try:
            response = Response(url="https://news.example.org/feed", body=damaged)
            assert isinstance(await scrapers.read(kind, options, response, worker), Batch)
        except ScrapeError as error:
            assert "\n" not in str(error)  # noqa: PT017
