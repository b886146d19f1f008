import pytest

from bot.errors import QueryError
from bot.rules import filters
from scrapers import Post


def accepts(name: str, value: str, *, labels: frozenset[str] = frozenset(), **said: str) -> bool:
    post = Post(**{"key": "test:1", "url": "", **said})
    return filters.read(name, value, at=0).accepts(post, labels)


@pytest.mark.parametrize(
    ("value", "lang", "accepted"),
    [
        ("zh", "zh-TW", True),
        ("zh", "zh_cn", True),
        ("zh-TW", "zh-tw", True),
        ("zh-TW", "zh", False),
        ("FR", "fr", True),
        ("fr", "frr", False),
        ("fr", "", False),
    ],
)
def test_a_language_takes_its_regions(value: str, lang: str, accepted: bool) -> None:
    assert accepts("lang", value, lang=lang) == accepted


@pytest.mark.parametrize(
    ("value", "author", "url", "accepted"),
    [
        ("nvidia", "@NVIDIA", "", True),
        ("@nvidia", "Nvidia", "", True),
        ("nvidia", "Nvidia Corp", "", False),
        ("nvidia", "Somebody", "https://x.com/nvidia/status/1", True),
        ("nvidia", "Somebody", "https://mastodon.example/@Nvidia/2", True),
        ("nvidia.com", "Nvidia", "https://bsky.app/profile/nvidia.com/post/3", True),
        ("nvidia", "Somebody", "https://e.org/news/nvidia", False),
        ("profile", "Somebody", "https://bsky.app/profile/nvidia.com", False),
        ("nvidia", "", "https://e.org/?a=/nvidia", False),
    ],
)
def test_an_account_is_the_author_or_stands_in_the_address(value: str, author: str, url: str, accepted: bool) -> None:
    assert accepts("from", value, author=author, url=url) == accepted


def test_an_author_is_found_by_a_part_of_the_name() -> None:
    assert accepts("author", "calloway", author="Inès Calloway")
    assert accepts("author", "ines calloway", author="Inès Calloway")
    assert not accepts("author", "call", author="Inès Calloway")
    assert accepts("author", "SuperMicro", author="Super Micro News")


@pytest.mark.parametrize(
    ("value", "url", "accepted"),
    [
        ("reuters.com", "https://www.reuters.com/technology/x", True),
        ("www.Reuters.com", "http://reuters.com:80", True),
        ("reuters.com", "https://notreuters.com/x", False),
        ("reuters.com", "https://reuters.com.evil.example/x", False),
        ("reuters.com", "https://evil.example/reuters.com", False),
        ("reuters.com", "https://reuters.com@evil.example/", False),
        ("reuters.com", "", False),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
        ("xn--bcher-kva.example", "https://BÜCHER.example/", True),
    ],
)
def test_a_site_is_a_domain_and_all_below_it(value: str, url: str, accepted: bool) -> None:
    assert accepts("site", value, url=url) == accepted


def test_a_source_is_known_by_its_name_or_a_tag_in_any_case() -> None:
    labels = frozenset(("Harbour Wire", "news"))
    assert accepts("source", "harbour wire", labels=labels)
    assert accepts("source", "NEWS", labels=labels)
    assert not accepts("source", "wire", labels=labels)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lang", "french"),
        ("lang", "f"),
        ("site", "reuters"),
        ("site", "a.b/c"),
        ("site", ""),
        ("from", "@"),
        ("author", ""),
    ],
)
def test_a_value_that_no_post_could_have_is_refused(name: str, value: str) -> None:
    with pytest.raises(QueryError) as refused:
        filters.read(name, value, at=7)
    assert str(refused.value).startswith(f"{name}: takes")
    assert refused.value.at == 7
