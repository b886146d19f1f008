"""How each outlet of the demo looks to a reader: feeds of three sorts, a channel preview, two APIs (pure).

The shapes are those of the real services, as far as Vigie reads them; the words come from the demo's press.
"""

import json
import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from html import escape

from bot.demo.press import ACTOR, CHANNEL, Form, Outlet, Piece

DID = "did:plc:vigiedemovigiedemovigie2"
"""The number of the demo's Bluesky author."""


def page(outlet: Outlet, pieces: Sequence[Piece], query: Mapping[str, str]) -> tuple[str, bytes]:
    """Content type and body of an outlet with these pieces, newest first, as an answer to that query."""
    match outlet.form:
        case Form.RSS:
            return "application/rss+xml; charset=utf-8", _rss(outlet, pieces).encode()
        case Form.ATOM:
            return "application/atom+xml; charset=utf-8", _atom(outlet, pieces).encode()
        case Form.JSON:
            return "application/feed+json", _json_feed(outlet, pieces)
        case Form.TELEGRAM:
            return "text/html; charset=utf-8", _preview(outlet, pieces).encode()
        case Form.BLUESKY:
            return "application/json", _author_feed(pieces)
        case Form.FORUM:
            return "application/json", _search(pieces, query)


def _rss(outlet: Outlet, pieces: Sequence[Piece]) -> str:
    items = "".join(
        f"<item><title>{escape(piece.title or piece.text)}</title><link>{escape(piece.url)}</link>"
        f'<guid isPermaLink="false">{escape(outlet.home + piece.id)}</guid>'
        f"<pubDate>{format_datetime(piece.at, usegmt=True)}</pubDate>"
        + (f"<dc:creator>{escape(piece.author)}</dc:creator>" if piece.author else "")
        + f"<description>{escape(f'<p>{escape(piece.text)}</p>')}</description></item>\n"
        for piece in pieces
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\n'
        f"<title>{escape(outlet.title)}</title><link>{escape(outlet.home)}</link>"
        f"<description>{escape(outlet.title)}</description><language>{outlet.lang}</language>\n"
        f"{items}</channel></rss>\n"
    )


def _atom(outlet: Outlet, pieces: Sequence[Piece]) -> str:
    entries = "".join(
        f"<entry><id>{escape(piece.url)}</id><title>{escape(piece.title)}</title>"
        f'<link rel="alternate" href="{escape(piece.url)}"/><published>{piece.at.isoformat()}</published>'
        f"<updated>{piece.at.isoformat()}</updated>"
        + (f"<author><name>{escape(piece.author)}</name></author>" if piece.author else "")
        + f'<content type="html">{escape(f"<p>{escape(piece.text)}</p>")}</content></entry>\n'
        for piece in pieces
    )
    updated = pieces[0].at.isoformat() if pieces else "2024-11-01T00:00:00+00:00"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}"><id>{escape(outlet.home)}</id>'
        f"<title>{escape(outlet.title)}</title><updated>{updated}</updated>\n{entries}</feed>\n"
    )


def _json_feed(outlet: Outlet, pieces: Sequence[Piece]) -> bytes:
    items = [
        {
            "id": piece.url,
            "url": piece.url,
            "title": piece.title,
            "content_text": piece.text,
            "date_published": piece.at.isoformat(),
            "authors": [{"name": piece.author}] if piece.author else [],
            "language": outlet.lang,
        }
        for piece in pieces
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": outlet.home,
        "language": outlet.lang,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def _preview(outlet: Outlet, pieces: Sequence[Piece]) -> str:
    """The public preview of a channel, oldest message first."""
    messages = "\n".join(_message(outlet, piece) for piece in reversed(pieces))
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{escape(outlet.title)}</title></head><body>"
        '<div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span dir="auto">'
        f'{escape(outlet.title)}</span></div></div><main class="tgme_main" data-url="/{CHANNEL}">'
        '<section class="tgme_channel_history js-message_history">\n'
        f"{messages}\n</section></main></body></html>\n"
    )


def _message(outlet: Outlet, piece: Piece) -> str:
    text = escape(piece.text).replace("\n", "<br/>")
    return (
        '<div class="tgme_widget_message_wrap"><div class="tgme_widget_message js-widget_message" '
        f'data-post="{CHANNEL}/{piece.id}"><div class="tgme_widget_message_bubble">'
        f'<div class="tgme_widget_message_author"><a class="tgme_widget_message_owner_name" href="{outlet.home}">'
        f'<span dir="auto">{escape(outlet.title)}</span></a></div>'
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
        '<div class="tgme_widget_message_footer js-message_footer"><span class="tgme_widget_message_meta">'
        f'<a class="tgme_widget_message_date" href="{piece.url}"><time datetime="{piece.at.isoformat()}" class="time">'
        f"{piece.at:%H:%M}</time></a></span></div></div></div></div>"
    )


def _author_feed(pieces: Sequence[Piece]) -> bytes:
    author = {"did": DID, "handle": ACTOR, "displayName": "Dockside"}
    feed = [
        {
            "post": {
                "uri": f"at://{DID}/app.bsky.feed.post/{piece.id}",
                "cid": f"bafyreidemo{piece.id}",
                "author": author,
                "record": {
                    "$type": "app.bsky.feed.post",
                    "createdAt": _z(piece),
                    "langs": ["en"],
                    "text": piece.text,
                },
                "indexedAt": _z(piece),
            }
        }
        for piece in pieces
    ]
    return json.dumps({"feed": feed}, ensure_ascii=False).encode()


def _search(pieces: Sequence[Piece], query: Mapping[str, str]) -> bytes:
    """A search as the forum's index does it: every word of the query begins a word of the story."""
    wanted = [re.compile(rf"\b{re.escape(word)}", re.IGNORECASE) for word in query.get("query", "").split()]
    since = re.search(r"created_at_i>=?(\d+)", query.get("numericFilters", ""))
    found = [
        piece
        for piece in pieces
        if piece.at.timestamp() > int(since[1] if since else 0)
        and all(word.search(f"{piece.title} {piece.text}") for word in wanted)
    ]
    hits = [_story(piece) for piece in found]
    answer = {
        "hits": hits,
        "nbHits": len(hits),
        "page": 0,
        "nbPages": 1,
        "hitsPerPage": 100,
        "query": query.get("query"),
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def _story(piece: Piece) -> dict[str, object]:
    return {
        "objectID": piece.id,
        "story_id": int(piece.id),
        "title": piece.title,
        "story_text": f"<p>{escape(piece.text)}</p>",
        "author": piece.author,
        "created_at": _z(piece),
        "created_at_i": int(piece.at.timestamp()),
        "_tags": ["story", f"author_{piece.author}", f"story_{piece.id}"],
    }


def _z(piece: Piece) -> str:
    return piece.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
