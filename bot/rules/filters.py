"""What a query may ask of a post beside its words: its language, who wrote it, where it stands, who brought it.

lang:zh       the declared language; zh-TW is zh, and a post without a declaration has none
from:nvidia   the account: the author's name as a whole, or the name that the post's address begins with
author:Ines   a word or phrase in the author's name
site:x.org    the address of the post is on this domain, or below it
source:news   the source's name, or one of its tags
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from bot.errors import QueryError
from bot.rules.terms import Term
from bot.rules.text import Text, fold
from scrapers import Post

NAMES = ("lang", "from", "author", "site", "source")
# x.com/nvidia/status/1, mastodon.example/@nvidia/2, bsky.app/profile/nvidia.com/post/3
_named = re.compile(r"/(?:(?:profile|users?|u|channel|c)/)?@?([^/]+)")
_address = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>[^/?#:]*)(?::\d*)?(?P<path>[^?#]*)", re.I)
_COUNTRIES = {"cn": "zh", "tw": "zh-TW", "hk": "zh-HK", "jp": "ja", "kr": "ko", "ua": "uk", "gb": "en", "us": "en"}
"""Taken for languages by mistake; each is the language of nobody."""
_language = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_domain = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}")


@dataclass(frozen=True, slots=True)
class Filter:
    """One such demand, ready to be put to a post; made by ``read``. ``at`` is its place in the query."""

    name: str
    value: str
    at: int = field(compare=False)

    def accepts(self, post: Post, labels: frozenset[str]) -> bool:
        """Whether a post meets it; ``labels`` are the name and the tags of the source that brought the post."""
        match self.name:
            case "lang":
                lang = _tag(post.lang)
                return lang == self.value or lang.startswith(f"{self.value}-")
            case "from":
                return self.value in (_account(post.author), _account(_first_name(post.url)))
            case "site":
                host = _host(post.url)
                return host == self.value or host.endswith(f".{self.value}")
            case "source":
                return self.value in map(fold, labels)
            case _:
                return bool(_term(self.value).find(Text(post.author)))


def read(name: str, value: str, *, at: int) -> Filter:
    """The filter that a query writes as name:value. Raises QueryError for one that no post could meet."""
    value = value.strip()
    if name == "lang":
        if not _language.fullmatch(_tag(value)):
            raise QueryError("lang: takes the code of a language, such as lang:fr or lang:zh-TW", at=at)
        if _tag(value) in _COUNTRIES:
            raise QueryError(f"lang: {value} is a country: write lang:{_COUNTRIES[_tag(value)]}", at=at)
        return Filter(name, _tag(value), at)
    if name == "site":
        domain = _ascii(value.lower().removeprefix("www."))
        if not _domain.fullmatch(domain):
            raise QueryError("site: takes a domain alone, such as site:reuters.com", at=at)
        return Filter(name, domain, at)
    if not _term(value).keys or "://" in value:
        raise QueryError(f"{name}: takes a name, such as {name}:nvidia", at=at)
    if name == "author":
        return Filter(name, value, at)
    return Filter(name, _account(value) if name == "from" else fold(value), at)


@lru_cache(maxsize=1_024)
def _term(words: str) -> Term:
    return Term(words)


def _tag(lang: str) -> str:
    return lang.lower().replace("_", "-")


def _account(name: str) -> str:
    return fold(name).strip().removeprefix("@")


def _first_name(url: str) -> str:
    """The account that an address begins with, or ""."""
    found = _address.match(url)
    named = _named.match(found["path"]) if found else None
    return unquote(named[1]) if named else ""


def _host(url: str) -> str:
    found = _address.match(url)
    return _ascii(found["host"].lower().rstrip(".")) if found else ""


def _ascii(host: str) -> str:
    """A domain as addresses carry it: bücher.example is xn--bcher-kva.example."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
