"""``vigie scrape``: read one source now, from the web or from a saved response, and print its posts."""

import asyncio
import sys
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import scrapers
from bot import terminal
from bot.config import Config, Http, load
from bot.errors import ConfigError, VigieError
from scrapers import Batch, Bookmark, Misuse, Post, Response, Web, Worker

EXCERPT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line; "" means that it was not said."""

    address: str
    kind: str
    options: tuple[str, ...]
    response: Path | None
    content_type: str


def scrape(request: Request, config: Path, *, as_json: bool) -> None:
    """Print the posts of one source. Raises ScrapeError, ConfigError or VigieError."""
    if request.response is None and not request.address and not request.options:
        raise ConfigError(("scrape: say what to read: an ADDRESS, --kind with --option, or --response FILE",))
    batch = asyncio.run(_read(request, _saved(request)) if request.response else _fetch(request, config))
    if as_json:
        for post in batch.posts:
            print(post.to_json())
    else:
        _show(batch)


async def _fetch(request: Request, path: Path) -> Batch:
    kind, options = _chosen(request, partial=False)
    async with Web(_http(path).settings()) as web:
        return await scrapers.fetch(web, kind, options, Bookmark())


def _saved(request: Request) -> Response:
    file = request.response or Path()
    try:
        body = file.read_bytes()
    except OSError as error:
        raise VigieError(f"{file}: cannot be read: {error.strerror}") from error
    headers = {"content-type": request.content_type} if request.content_type else {}
    return Response(url=request.address or file.resolve().as_uri(), body=body, headers=headers)


async def _read(request: Request, response: Response) -> Batch:
    kind, options = _chosen(request, partial=True)
    worker = Worker()
    try:
        return await scrapers.read(kind, options, response, worker)
    finally:
        await worker.aclose()


def _http(path: Path) -> Http:
    """How to go out: as the configuration says, or as usual where there is none."""
    if not path.exists() and path == Path("config.toml"):
        return Http()
    config: Config = load(path)
    return config.http


def _chosen(request: Request, *, partial: bool) -> tuple[str, Any]:
    """The kind and its options. For a saved response (``partial``), options that only a fetch needs may be missing."""
    recognised, found = _recognised(request)
    kind = request.kind or recognised or scrapers.FALLBACK
    shape = scrapers.options(kind)
    given = dict(_pair(option) for option in request.options)
    names = {field.name: field for field in fields(shape)}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise Misuse(f"no option {unknown[0]!r}, there are {', '.join(names)}", subject=kind)
    known = _known(kind, request.address, recognised, found)
    missing = [name for name, field in names.items() if field.default is MISSING and name not in {**known, **given}]
    if missing and partial:
        return kind, None
    if missing:
        raise Misuse(f"needs --option {missing[0]}=...", subject=kind)
    try:
        return kind, shape(**{**known, **given})
    except ValueError as error:
        raise Misuse(str(error), subject=kind) from error


def _recognised(request: Request) -> tuple[str, Any]:
    """What the address says; nothing where it is not one, but a kind was named: the options may say it all."""
    try:
        return scrapers.recognise(request.address) if request.address else ("", None)
    except ValueError as error:
        if request.kind:
            return "", None
        raise Misuse(str(error)) from error


def _known(kind: str, address: str, recognised: str, found: Any) -> dict[str, Any]:
    """What the address says of the options of a kind."""
    if kind == recognised:
        return {field.name: getattr(found, field.name) for field in fields(found)}
    names = {field.name for field in fields(scrapers.options(kind))}
    return {"url": address} if address and "url" in names else {}


def _pair(option: str) -> tuple[str, str]:
    name, found, value = option.partition("=")
    if not found:
        raise Misuse("an option is NAME=VALUE", subject=option)
    return name.strip(), value


def _show(batch: Batch) -> None:
    screen = terminal.Screen(terminal.console())
    for post in batch.posts:
        screen.say(_words(post))
        screen.say("")
    for note in batch.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{len(batch.posts)} posts", file=sys.stderr)


def _words(post: Post) -> str:
    from html import escape

    text = " ".join(post.text.split())
    when = _moment(post.published)
    lines = [
        f"<b>{escape(post.title)}</b>" if post.title else "",
        escape(text[:EXCERPT]) + (" …" if len(text) > EXCERPT else ""),
        f"<i>{escape(' · '.join(part for part in (when, post.author, post.lang) if part))}</i>",
        escape(post.url),
    ]
    return "\n".join(line for line in lines if line)


def _moment(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "no date"
