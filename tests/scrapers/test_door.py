import subprocess
import sys
from pathlib import Path

import pytest

import scrapers
from scrapers import Misuse
from scrapers.article import Options as Article
from scrapers.bluesky import Options as Bluesky
from scrapers.feed import Options as Feed
from scrapers.hackernews import Options as HackerNews
from scrapers.telegram import Options as Telegram

HEAVY = {
    "httpx",
    "pycurl",
    "bs4",
    "lxml",
    "feedparser",
    "selectolax",
    "ada_url",
    "dateutil",
    "telegram",
}


def test_the_kinds_are_the_files_without_an_underscore() -> None:
    kinds = scrapers.kinds()
    assert list(kinds) == sorted(kinds)
    assert {"article", "bluesky", "feed", "hackernews", "telegram"} <= set(kinds)
    assert not any(kind.startswith("_") for kind in kinds)


@pytest.mark.parametrize(
    ("url", "kind", "options"),
    [
        ("https://e.org/news-sitemap.xml", "article", Article(url="https://e.org/news-sitemap.xml")),
        ("https://hn.algolia.com/?q=H100", "hackernews", HackerNews(query="H100")),
        ("https://t.me/s/chip_news", "telegram", Telegram(channel="chip_news")),
        ("https://bsky.app/profile/ada.example.org", "bluesky", Bluesky(actor="ada.example.org")),
        ("https://news.example.org/feed", "feed", Feed(url="https://news.example.org/feed")),
        ("https://t.me/", "feed", Feed(url="https://t.me/")),
    ],
)
def test_an_address_finds_its_platform_and_all_others_are_feeds(url: str, kind: str, options: object) -> None:
    assert scrapers.recognise(url) == (kind, options)


@pytest.mark.parametrize("kind", ["", "fed", "_web", "__main__", "../bot/cli", "feed.py"])
def test_an_unknown_kind_is_misuse_that_names_the_known_ones(kind: str) -> None:
    for ask in (scrapers.about, scrapers.options):
        with pytest.raises(Misuse, match="there are article, bluesky, feed"):
            ask(kind)


def test_asking_for_kinds_options_and_platforms_loads_no_heavy_library() -> None:
    ask = (
        "import scrapers, sys\n"
        "[(scrapers.options(kind), scrapers.about(kind)) for kind in scrapers.kinds()]\n"
        "scrapers.recognise('https://news.example.org/feed')\n"
        "print(*sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", ask], cwd=root, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
