"""``vigie match``: try a query on lines of text, or judge labelled cases."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from bot import terminal
from bot.errors import ConfigError, QueryError, VigieError
from bot.model import Field, Place
from bot.rules import matcher, query
from bot.rules.query import Node
from scrapers import Post

_META = ("lang", "author", "url", "title", "source")
"""What a case may say of its post, and the name of the source that brought it."""


def match(asked: str, *, cases: Path | None, as_json: bool) -> None:
    """Print what matches. Raises ConfigError for a bad query; ends with exit code 1 when no line matches."""
    if cases:
        _judge(cases)
        return
    if not asked:
        raise ConfigError(("match: say a QUERY, for example: vigie match 'H100 OR 美超微' < posts.txt",))
    try:
        parsed = query.parse(asked)
    except QueryError as error:
        raise ConfigError((f"match: {error}, at character {error.at + 1} of the query",)) from error
    if not _lines(parsed, as_json=as_json):
        raise SystemExit(1)


def _lines(parsed: Node, *, as_json: bool) -> bool:
    """Whether any line of stdin matched; those that did are printed."""
    screen, found = terminal.console(), False
    for line in sys.stdin or ():  # None when it is closed
        text = line.rstrip("\r\n")
        places = matcher.find(parsed, Post(key="", url="", text=text))
        if places is None:
            continue
        found = True
        if as_json:
            print(json.dumps({"text": text, **_told(places)}, ensure_ascii=False), flush=True)
        else:
            screen.print(_highlighted(text, places), soft_wrap=True)
    return found


def _told(places: Iterable[Place]) -> dict[str, list[Any]]:
    """Where the words stand, and which term of the query each of them is."""
    inside = [place for place in places if place.field is Field.TEXT]
    return {"spans": [(place.start, place.end) for place in inside], "terms": [place.term for place in inside]}


def _highlighted(text: str, places: Iterable[Place]) -> Text:
    shown, last = Text(), 0
    for place in places:
        start = max(last, place.start)
        shown.append(terminal.clean(text[last:start]))
        shown.append(terminal.clean(text[start : place.end]), "bold red")
        last = max(last, place.end)
    return shown.append(terminal.clean(text[last:]))


def _judge(path: Path) -> None:
    """One line of JSON for each case: what matched and where, or why its query is refused."""
    for case in read_cases(path):
        print(json.dumps(judge(case), ensure_ascii=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A query and the post of which it is asked; ``raw`` is the case as it was written, with what should come of it."""

    id: Any
    query: str
    post: Post
    labels: frozenset[str]
    raw: Mapping[str, Any]


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file, one a line. Raises VigieError, naming the line, when one cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise VigieError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _case(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise VigieError(f"{path}, line {number}: not a case with id, query and text: {error}") from error


def _case(raw: Mapping[str, Any]) -> Case:
    meta = {"lang": raw.get("lang"), **(raw.get("meta") or {})}
    lang, author, url, title, source = (str(meta.get(name) or "") for name in _META)
    return Case(
        id=raw["id"],
        query=str(raw["query"]),
        post=Post(key="", url=url, title=title, text=str(raw["text"]), author=author, lang=lang),
        labels=frozenset((source,)) if source else frozenset(),
        raw=raw,
    )


def judge(case: Case) -> dict[str, Any]:
    """``match`` and ``spans`` of a case, or ``error`` and ``at`` where its query is refused."""
    try:
        places = matcher.find(query.parse(case.query), case.post, labels=case.labels)
    except QueryError as error:
        return {"id": case.id, "error": str(error), "at": error.at}
    return {"id": case.id, "match": places is not None, "spans": _told(places or ())["spans"]}
