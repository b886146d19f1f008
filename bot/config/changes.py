"""What changed between two configurations, in lines for a person."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta

from bot.config.faults import join
from bot.config.values import Config
from bot.config.words import quoted, span
from bot.model import Source


def changed(old: Config, new: Config) -> tuple[str, ...]:
    """One line for each table that came or went, and for each key that says something else."""
    before, after = dict(_tables(old)), dict(_tables(new))
    lines: list[str] = []
    for path in [*before, *(path for path in after if path not in before)]:
        if path not in after:
            lines.append(f"{path}: removed")
        elif path not in before:
            lines.append(f"{path}: added")
        else:
            lines += _differences(path, before[path], after[path])
    return tuple(lines)


def _differences(path: str, before: dict[str, object], after: dict[str, object]) -> Iterator[str]:
    for key in [*before, *(key for key in after if key not in before)]:
        was, now = before.get(key), after.get(key)
        if was != now:
            yield f"{join(path, key)}: {_shown(now)}, was {_shown(was)}"


def _tables(config: Config) -> Iterator[tuple[str, dict[str, object]]]:
    """Every table as the file names it, with its values."""
    yield "", {key: getattr(config, key) for key in ("language", "timezone", "fresh", "backfill")}
    yield "telegram", _fields(config.telegram)
    yield "store", {"path": str(config.store_path), "keep": config.keep}
    yield "http", _fields(config.http)
    yield "story", {"window": config.window}
    yield "health", {"ping_url": config.ping_url}
    for topic in config.topics:
        values = _fields(topic)
        yield join("topic", topic.name), {("except" if key == "exceptions" else key): values[key] for key in values}
    for source in config.sources:
        yield join("source", source.name), _source(source)
    for chat in config.chats:
        values = {"id": chat.chat.id, "thread": chat.chat.thread, "topics": chat.topics, "pace": chat.pace}
        yield join("chat", chat.name), values


def _source(source: Source) -> dict[str, object]:
    tags = tuple(sorted(source.tags))
    ours = {"kind": source.kind, "every": source.every, "tags": tags, "full_text": source.full_text}
    return {**_fields(source.options), **ours}


def _fields(value: object) -> dict[str, object]:
    return {each.name: getattr(value, each.name) for each in fields(value) if each.name != "name"}  # type: ignore[arg-type]


def _shown(value: object) -> str:
    match value:
        case None | "" | ():
            return "nothing"
        case bool():
            return str(value).lower()
        case timedelta():
            return span(value)
        case str():
            return quoted(value, 200)
        case tuple():
            return f"[{', '.join(_shown(each) for each in value)}]"
        case _:
            return str(value)
