import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import scrapers
from bot import config, demo
from bot.demo import news
from bot.demo.site import PATHS
from bot.rules import matcher
from scrapers import Bookmark, Post
from scrapers._web import Web, WebSettings


class Hands:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Paper:
    """A screen that keeps what is put on it."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.rows: dict[str, int] = {}

    def title(self, html: str) -> None:
        self.words.append(html)

    def say(self, html: str, *, dim: bool = False) -> None:
        self.words.append(html)

    def rule(self, words: str) -> None:
        self.words.append(f"-- {words}")

    def bars(self, rows: Sequence[tuple[str, int, str]]) -> None:
        self.rows = {name: number for name, number, _ in rows}

    def moving(self, words: Callable[[], str]) -> AbstractContextManager[object]:
        self.words.append(words())
        return nullcontext()


@pytest.fixture
def hands() -> Hands:
    return Hands(demo.START)


@pytest.fixture
def site(hands: Hands) -> Iterator[demo.DemoSite]:
    with demo.DemoSite(hands) as open_site:
        yield open_site


@pytest.fixture
def settings(site: demo.DemoSite, tmp_path: Path) -> config.Config:
    path = tmp_path / "config.toml"
    path.write_text(demo.config_text(site.url, tmp_path / "demo.db"), encoding="utf-8")
    return config.load(path)


def get(site: demo.DemoSite, path: str, tag: str = "") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=5)
    connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_clock_lets_half_a_day_pass_in_a_second() -> None:
    ticks = iter((100.0, 100.0, 101.0, 120.0))
    clock = demo.Clock(demo.START, tick=lambda: next(ticks))
    assert clock() == demo.START
    assert clock() == demo.START + timedelta(hours=12)
    assert clock() == demo.END


def test_every_outlet_has_published_before_the_show_and_all_is_out_before_its_end() -> None:
    before = {piece.outlet for piece in demo.PIECES if piece.at < demo.START}
    assert before == set(demo.OUTLETS)
    assert max(piece.at for piece in demo.PIECES) < demo.END - timedelta(hours=12)
    assert all(piece.at < demo.START - timedelta(hours=24) for piece in news.BEFORE), "older than the backfill"


def test_no_two_pieces_of_an_outlet_share_a_number_or_an_address() -> None:
    for name in demo.OUTLETS:
        pieces = [piece for piece in demo.PIECES if piece.outlet == name]
        assert len({piece.id for piece in pieces}) == len({piece.url for piece in pieces}) == len(pieces)


def test_a_piece_appears_when_its_hour_has_come(site: demo.DemoSite, hands: Hands) -> None:
    piece = next(piece for piece in news.TOLD if piece.outlet == "Harbour Wire")
    hands.now = piece.at - timedelta(minutes=1)
    assert piece.title.encode() not in get(site, "/wire/rss.xml")[1]
    hands.now = piece.at
    assert piece.title.encode() in get(site, "/wire/rss.xml")[1]


@pytest.mark.parametrize("path", PATHS)
def test_an_unchanged_page_is_answered_with_304(site: demo.DemoSite, hands: Hands, path: str) -> None:
    address = f"{path}?actor=quay.example.org"
    first, body = get(site, address)
    assert first.status == 200
    assert body
    tag = first.headers["ETag"]
    again, nothing = get(site, address, tag)
    assert (again.status, nothing) == (304, b"")
    hands.now = demo.END
    changed, _ = get(site, address, tag)
    assert changed.status == 200
    assert (site.looks, site.unchanged) == (3, 1)


def test_the_site_has_nothing_else(site: demo.DemoSite) -> None:
    assert get(site, "/s/somebody_else")[0].status == 404
    assert get(site, "/xrpc/app.bsky.feed.getAuthorFeed?actor=nobody")[0].status == 404


def test_the_forum_finds_words_by_their_beginning_and_only_newer_ones(site: demo.DemoSite, hands: Hands) -> None:
    hands.now = demo.END
    search = "/api/v1/search_by_date?query=h100"
    hits = json.loads(get(site, search)[1])["hits"]
    assert any("H1000" in hit["title"] for hit in hits)
    newest = max(hit["created_at_i"] for hit in hits)
    assert len(json.loads(get(site, f"{search}&numericFilters=created_at_i%3E{newest - 1}")[1])["hits"]) == 1


def test_the_configuration_is_a_real_one(settings: config.Config) -> None:
    assert not settings.warnings
    assert len(settings.sources) >= 8
    assert {source.kind for source in settings.sources} == {"feed", "hackernews", "telegram", "bluesky"}
    assert not settings.chats, "the terminal follows everything of itself; a chat would be told twice"


def test_the_topics_find_what_must_be_told_and_nothing_else(settings: config.Config) -> None:
    compiled = matcher.compile(settings.topics)
    found = {piece for piece in demo.PIECES if compiled.match(_post(piece))}
    old = {piece for piece in news.BEFORE if piece.spared}
    assert found == {*news.TOLD, *news.COPIES, *news.RETOLD, *old}
    assert all(piece.spared for piece in news.SPARED)
    named = {match.topic for piece in found for match in compiled.match(_post(piece))}
    assert named == {topic.name for topic in settings.topics}


async def test_the_real_scrapers_read_every_piece_as_it_was_written(settings: config.Config, hands: Hands) -> None:
    hands.now = demo.END
    posts: dict[str, Post] = {}
    async with Web(WebSettings(allow_private=settings.http.allow_private)) as web:
        for source in settings.sources:
            batch = await scrapers.fetch(web, source.kind, source.options, Bookmark())
            posts |= {f"{source.name.partition(':')[0]} {post.url}": post for post in batch.posts}
    for piece in demo.PIECES:
        post = posts.pop(f"{piece.outlet} {piece.url}")
        assert (post.text, post.published) == (piece.text, piece.at)
        assert post.title in (piece.title, piece.text)
    assert not posts


def test_a_day_is_announced_once_and_none_after_the_end() -> None:
    paper = Paper()
    show = demo.Show(paper)
    for hours in (0, 1, 23, 24, 240, 300):
        show.day(demo.START + timedelta(hours=hours))
    assert paper.words == ["-- Sunday 24 November 2024", "-- Monday 25 November 2024"]


def test_the_opening_says_what_is_watched_and_the_calendar_runs() -> None:
    paper = Paper()
    show = demo.Show(paper)
    show.opening()
    with show.calendar(lambda: demo.START):
        assert paper.words[-1].startswith("Sunday 24 November 2024, 00:00")
    assert "10 days of late 2024 in 20 seconds" in " ".join(paper.words)


def test_the_closing_shows_what_was_counted_and_no_more() -> None:
    paper = Paper()
    spared, unseen = news.SPARED[:2]
    copy = demo.Copy(title="<b>Racks", first="Harbour Wire", again="Delta Times")
    tally = demo.Tally(
        kinds=4,
        sources=10, looks=400, unchanged=350, posts=50, matched=30, old=2, copies=(copy,), told=27, messages=24,
        topics=(("H100", 12),), alone=frozenset({spared.url}), seconds=20.6,
    )  # fmt: skip
    demo.Show(paper).closing(tally)
    words = "\n".join(paper.words)
    assert spared.spared in words
    assert unseen.title not in words
    assert "&lt;b&gt;Racks" in words
    assert "400 looks in 21 seconds" in words
    assert paper.rows == {"read": 50, "left alone": 20, "matched": 30, "too old": 2, "folded": 1, "told": 27}


def _post(piece: demo.Piece) -> Post:
    return Post(key=piece.id, url=piece.url, title=piece.title, text=piece.text)
