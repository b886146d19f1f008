"""JSON Feed 1 and 1.1: https://www.jsonfeed.org/version/1.1/ ."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from scrapers import _links, _text
from scrapers._decode import mend
from scrapers._entries import Feed, Raw, entries, within
from scrapers._errors import Unreadable


def read(body: bytes, *, url: str, fetched: datetime) -> Feed:
    """The feed in a JSON document. Raises Unreadable when it is not JSON, or JSON of another sort."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("neither a feed nor JSON that can be read") from error
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise Unreadable("JSON, but not a JSON Feed: it has no list of items")
    home = _links.absolute(url, _string(found.get("home_page_url")))
    return Feed(
        title=_text.to_line(mend(_string(found.get("title")))),
        link=home,
        language=_string(found.get("language")).strip().lower(),
        entries=entries(
            (_raw(item) for item in within(items) if isinstance(item, dict)), base=home or url, fetched=fetched
        ),
    )


def _raw(item: Mapping[str, Any]) -> Raw:
    html, text = _string(item.get("content_html")), _string(item.get("content_text"))
    return Raw(
        id=_string(item.get("id")),
        link=_string(item.get("url")) or _string(item.get("external_url")),
        title=_string(item.get("title")),
        body=html or text or _string(item.get("summary")),
        markup=bool(html),
        author=_author(item),
        date=_string(item.get("date_published")) or _string(item.get("date_modified")),
        media=tuple(_media(item)),
    )


def _author(item: Mapping[str, Any]) -> str:
    """The first name: 1.1 has a list of authors, 1.0 one author."""
    authors = item.get("authors")
    people = [*(authors if isinstance(authors, list) else ()), item.get("author")]
    return next((_string(each["name"]) for each in people if isinstance(each, dict) and each.get("name")), "")


def _media(item: Mapping[str, Any]) -> Iterator[str]:
    attachments = item.get("attachments")
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict):
            yield _string(each.get("url"))
    yield _string(item.get("image"))


def _string(value: object) -> str:
    """Text as it is, a number as text (ids are often numbers), nothing else."""
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""
