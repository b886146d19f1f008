"""A post and the article behind it, as one post: what the post said stays where it stood, the article follows."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapers import _links
from scrapers._errors import Unreadable
from scrapers._post import Post

if TYPE_CHECKING:
    from scrapers._article import Article

_BLANK = re.compile(r"\s+")
_PAGE = re.compile("[/?]")
_DOOR = re.compile(r"/(?:(?:log|sign)[-_]?in|auth|connexion|consent)(?:[/.]|$)", re.I)

DAY = timedelta(days=1)
"""Pages often tell no more than the day, of some zone: only what lies further back is an earlier date."""


def check(post: Post, answered: str, *, front: bool) -> None:
    """Raises Unreadable where the post's address led to another page than its own, as that of a removed article does.

    ``answered`` is the address in the end. ``front`` says that the page there gives a home page as its own address:
    careless templates do so on every page, but after a redirect that is believed.
    """
    asked, found = _links.key(post.url), _links.key(answered)
    if asked == found or not _PAGE.search(asked):
        return
    if front or not _PAGE.search(found):
        raise Unreadable("its address leads to the home page of its site", subject=answered)
    if _DOOR.search(found.partition("?")[0]):
        raise Unreadable("its address leads to a page to sign in at", subject=answered)


def complete(post: Post, article: "Article") -> Post:
    """The post with the text of its article, and with what it did not say itself.

    The old text is the beginning of the new one, so that places in it stay true.
    """
    title = post.title or article.title
    text = _without(article.title, _without(title, article.text.strip()))
    return post._replace(
        title=title,
        text=_joined(post.text, text),
        author=post.author or article.author,
        published=_earlier(post.published, article.published),
        lang=post.lang or article.lang,
        media=post.media or article.media,
    )


def _earlier(said: datetime | None, found: datetime | None) -> datetime | None:
    """When it was published: a sitemap tells when a page was edited, and a feed when an old piece was shown again."""
    if said is None or found is None:
        return said or found
    return found if found < said - DAY else said


def _without(title: str, text: str) -> str:
    """The text without the headline, where that is its first line."""
    end = _after(title, text) or 0
    return text[end:].lstrip() if text[end : end + 1] == "\n" else text


def _joined(summary: str, text: str) -> str:
    """The summary and the article, which is not said twice where it begins with the summary."""
    end = _after(summary, text)
    if end is not None:
        return summary + text[end:]
    return f"{summary}\n\n{text}" if text else summary


def _after(words: str, text: str) -> int | None:
    """Where these words end at the beginning of the text, whatever the white space between; or None."""
    at = 0
    for word in words.split():
        blank = _BLANK.match(text, at)
        start = blank.end() if blank else at
        if not text.startswith(word, start) or (at and start == at):
            return None
        at = start + len(word)
    return at
