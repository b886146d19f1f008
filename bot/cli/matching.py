"""``vigie match``: try a query on lines of text, or judge labelled cases."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.text import Text

from bot import terminal
from bot.errors import ConfigError, QueryError, VigieError
from bot.rules import query as language

Spans = tuple[tuple[int, int], ...]


def match(query: str, *, cases: Path | None, as_json: bool) -> None:
    """Print what matches. Raises ConfigError for a bad query; ends with exit code 1 when no line matches."""
    if cases:
        _judge(cases)
        return
    if not query:
        raise ConfigError(("match: say a QUERY, for example: vigie match 'H100 OR 美超微' < posts.txt",))
    try:
        parsed = language.parse(query)
    except QueryError as error:
        raise ConfigError((f"match: {error}, at character {error.at + 1} of the query",)) from error
    if not _lines(parsed, as_json=as_json):
        raise SystemExit(1)


def _lines(parsed: language.Query, *, as_json: bool) -> bool:
    """Whether any line of stdin matched; those that did are printed."""
    screen, found = terminal.console(), False
    for line in sys.stdin or ():  # None when it is closed
        text = line.rstrip("\n")
        spans = language.find(parsed, text)
        if spans is None:
            continue
        found = True
        if as_json:
            print(json.dumps({"text": text, "spans": spans}, ensure_ascii=False), flush=True)
        else:
            screen.print(_highlighted(text, spans), soft_wrap=True)
    return found


def _highlighted(text: str, spans: Spans) -> Text:
    shown, last = Text(), 0
    for start, end in spans:
        shown.append(terminal.clean(text[last:start]))
        shown.append(terminal.clean(text[start:end]), "bold red")
        last = end
    return shown.append(terminal.clean(text[last:]))


def _judge(path: Path) -> None:
    """One line of JSON for each case: what matched and where, or why its query is refused."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise VigieError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for case in _cases(path, lines):
        print(json.dumps(_verdict(case), ensure_ascii=False))


def _cases(path: Path, lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            yield {"id": case["id"], "query": str(case["query"]), "text": str(case["text"])}
        except (ValueError, KeyError, TypeError) as error:
            raise VigieError(f"{path}, line {number}: not a case with id, query and text: {error}") from error


def _verdict(case: dict[str, Any]) -> dict[str, Any]:
    try:
        spans = language.find(language.parse(case["query"]), case["text"])
    except QueryError as error:
        return {"id": case["id"], "error": str(error), "at": error.at}
    return {"id": case["id"], "match": spans is not None, "spans": spans or []}
