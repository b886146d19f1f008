"""What a query may ask of a post beside its words: its language, who wrote it, where it stands, who brought it.

lang:zh       the declared language; zh-TW is zh, and a post without a declaration has none
from:nvidia   the account: the author's name as a whole, or the name in the address of the post
author:Ines   a word or phrase in the author's name
site:x.org    the address of the post is on this domain, or below it
source:news   the source's name, or one of its tags
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from bot.errors import QueryError
from bot.rules.terms import Term
from bot.rules.text import Text, fold
from scrapers import Post

NAMES = ("lang", "from", "author", "site", "source")
_DEEP = 2
"""An account is named in the first parts of an address: x.com/nvidia, bsky.app/profile/nvidia.com."""

_address = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>[^/?#:]*)(?::\d*)?(?P<path>[^?#]*)", re.I)
_language = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_domain = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}")


@dataclass(frozen=True, slots=True)
class Filter:
    """One such demand; made by ``read``. ``at`` is its place in the query."""

    name: str
    value: str
    at: int = field(compare=False)

    def accepts(self, post: Post, labels: frozenset[str]) -> bool:
        """Whether a post meets it; ``labels`` are the name and the tags of the source that brought the post."""
        return _TESTS[self.name](self.value, post, labels)


def read(name: str, value: str, *, at: int) -> Filter:
    """The filter that a query writes as name:value. Raises QueryError for one that no post could meet."""
    wanted = value.strip()
    if name == "lang":
        wanted = wanted.lower().replace("_", "-")
        if not _language.fullmatch(wanted):
            raise QueryError("lang: takes the code of a language, such as lang:fr or lang:zh-TW", at=at)
    elif name == "site":
        wanted = _ascii_host(wanted.lower().removeprefix("www."))
        if not _domain.fullmatch(wanted):
            raise QueryError("site: takes a domain alone, such as site:reuters.com", at=at)
    elif not any(char.isalnum() for char in wanted):
        raise QueryError(f"{name}: takes a name, such as {name}:nvidia", at=at)
    return Filter(name, wanted, at)


def _ascii_host(host: str) -> str:
    """A domain as addresses carry it: bücher.example is xn--bcher-kva.example."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _lang(value: str, post: Post, _labels: frozenset[str]) -> bool:
    lang = post.lang.lower().replace("_", "-")
    return lang == value or lang.startswith(f"{value}-")


def _from(value: str, post: Post, _labels: frozenset[str]) -> bool:
    found = _address.match(post.url)
    parts = unquote(found["path"]).split("/")[1 : _DEEP + 1] if found else []
    return _account(value) in {_account(name) for name in (post.author, *parts)}


def _account(name: str) -> str:
    return fold(name).strip().removeprefix("@")


def _author(value: str, post: Post, _labels: frozenset[str]) -> bool:
    return bool(Term(value).find(Text(post.author)))


def _site(value: str, post: Post, _labels: frozenset[str]) -> bool:
    found = _address.match(post.url)
    host = _ascii_host(found["host"].lower().rstrip(".")) if found else ""
    return host == value or host.endswith(f".{value}")


def _source(value: str, _post: Post, labels: frozenset[str]) -> bool:
    return fold(value) in map(fold, labels)


_TESTS: Mapping[str, Callable[[str, Post, frozenset[str]], bool]] = {
    "lang": _lang,
    "from": _from,
    "author": _author,
    "site": _site,
    "source": _source,
}
