"""From the bytes of config.toml to a Config, with every fault at once."""

import os
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bot.config import secrets, shape
from bot.config.faults import Faults, join
from bot.config.sources import source
from bot.config.tables import ChatTable, HealthTable, RsshubTable, StoreTable, StoryTable, Top, TopicTable, XTable
from bot.config.values import Config, Http, ManagedChat, Telegram
from bot.config.words import quoted
from bot.errors import ConfigError
from bot.model import Chat, Topic
from bot.rules import query

T = TypeVar("T")

MAX_BYTES = 5_000_000
MAX_NAME = 64

_IDLE: tuple[tuple[str, type, str], ...] = (
    ("rsshub", RsshubTable, "this version has no gateway yet; the address of a route works as the url of a feed"),
    ("x", XTable, "this version does not read X yet"),
)
_SECTIONS = ("telegram", "store", "http", "story", "health", "topic", "source", "chat", "rsshub", "x")


def load(path: Path) -> Config:
    """The Config in a file. Raises ConfigError with all its faults; never anything else for what a file may hold."""
    document = _document(path)
    faults = Faults()
    secrets.check(document, faults)
    config = _config(path, document, faults)
    if config is None or faults.lines:
        raise ConfigError(faults.lines)
    return config


def _document(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError([f"{path}: nested too deeply for a configuration"]) from None
    except ValueError as error:  # TOMLDecodeError, and what int() and date() say of impossible numbers
        found = re.fullmatch(r"(?s)(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        what = found[1] if found else str(error)
        where = f"line {found[2]}, column {found[3]}" if found and found[2] else "at its end" if found else "in it"
        raise ConfigError([f"{path}: {where}: {what[:1].lower()}{what[1:200]}; this is not TOML"]) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([f"{path}: not found, name the file with --config FILE"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path}: is a folder, name a file with --config FILE"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError([f"{path}: cannot be read: {reason}"]) from None
    if len(body) > MAX_BYTES:
        raise ConfigError([f"{path}: larger than {MAX_BYTES // 1_000_000} MB, that is no configuration"])
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}: line {line} is not UTF-8, save the file as UTF-8"]) from None


def _config(path: Path, document: Mapping[str, Any], faults: Faults) -> Config | None:
    top = shape.build(Top, {key: document[key] for key in document if key not in _SECTIONS}, "", faults, also=_SECTIONS)
    telegram = shape.build(Telegram, document.get("telegram", {}), "telegram", faults)
    store = shape.build(StoreTable, document.get("store", {}), "store", faults)
    http = shape.build(Http, document.get("http", {}), "http", faults)
    story = shape.build(StoryTable, document.get("story", {}), "story", faults)
    health = shape.build(HealthTable, document.get("health", {}), "health", faults)
    store_path = store and _store_path(path, store.path, faults)
    warnings: list[str] = []
    sources = _each(document, "source", faults, lambda name, raw: source(name, raw, http or Http(), faults, warnings))
    places = {"*", *_names(document, "source"), *_tags(document)}
    topics = _each(document, "topic", faults, lambda name, raw: _topic(name, raw, places, faults))
    named = set(_names(document, "topic"))
    chats = _each(document, "chat", faults, lambda name, raw: _chat(name, raw, named, faults))
    _tags_apart(document, faults)
    _chats_apart(chats, faults)
    _topics_apart(topics, faults)
    _not_yet(document, faults, warnings)
    if telegram and telegram.access != "open":
        warnings.append(
            f"telegram.access: {telegram.access} has no invitations or approvals yet, "
            "only operators and the chats of this file are admitted"
        )
    if not (top and telegram and store and store_path and http and story and health):
        return None
    return Config(
        path=Path(os.path.abspath(path)),
        language=top.language,
        timezone=top.timezone,
        fresh=top.fresh,
        backfill=top.backfill,
        telegram=telegram,
        store_path=store_path,
        keep=store.keep,
        http=http,
        window=story.window,
        ping_url=health.ping_url,
        topics=topics,
        sources=sources,
        chats=chats,
        warnings=tuple(warnings),
    )


def _each(
    document: Mapping[str, Any], section: str, faults: Faults, build: Callable[[str, object], T | None]
) -> tuple[T, ...]:
    """What ``build`` makes of every [section.NAME]; the faulty ones are left out."""
    tables = document.get(section, {})
    if not isinstance(tables, Mapping):
        faults.add(section, f"must be tables with names, such as [{section}.NAME]")
        return ()
    for name in tables:
        if not name.strip() or name == "*" or len(name) > MAX_NAME or not name.isprintable():
            faults.add(join(section, name), f'a name is one line of 1 to {MAX_NAME} characters, and not "*"')
    built = (build(name, raw) for name, raw in tables.items())
    return tuple(each for each in built if each is not None)


def _store_path(config: Path, named: str, faults: Faults) -> Path | None:
    """Relative to the folder of the file that names it, so that it does not depend on where Vigie is started."""
    if not named:
        faults.add("store.path", 'must name a file, such as "vigie.db"')
        return None
    path = Path(os.path.abspath(config.absolute().parent / os.path.expanduser(named)))
    if not path.parent.is_dir():
        faults.add("store.path", f"there is no folder {path.parent}, make it first")
    return path


def _topic(name: str, raw: object, places: Collection[str], faults: Faults) -> Topic | None:
    path = join("topic", name)
    table = shape.build(TopicTable, raw, path, faults)
    _references(raw, path, "sources", places, "no source or tag is named", faults)
    if table is None:
        return None
    return Topic(
        name=name,
        query=query.any_of(table.query),
        exceptions=table.except_,
        priority=table.priority,
        sources=table.sources,
    )


def _chat(name: str, raw: object, topics: Collection[str], faults: Faults) -> ManagedChat | None:
    path = join("chat", name)
    table = shape.build(ChatTable, raw, path, faults)
    _references(raw, path, "topics", topics, "no topic is named", faults)
    if table is None:
        return None
    return ManagedChat(name=name, chat=Chat(table.id, table.thread), topics=table.topics, pace=table.pace)


def _references(raw: object, path: str, key: str, known: Collection[str], what: str, faults: Faults) -> None:
    """A fault for each name in a list that nothing bears; also when the table has other faults."""
    named = raw.get(key) if isinstance(raw, Mapping) else None
    for place, wanted in enumerate(named if isinstance(named, list) else ()):
        if isinstance(wanted, str) and wanted.strip() and wanted.strip() not in known:
            faults.unknown(join(path, key, place), wanted, known, f"{what} {quoted(wanted)}")


def _names(document: Mapping[str, Any], section: str) -> list[str]:
    """All names of a section, faulty tables included, so that one fault does not cause another."""
    tables = document.get(section)
    return list(tables) if isinstance(tables, Mapping) else []


def _tags(document: Mapping[str, Any]) -> dict[str, str]:
    """Every tag, and a source that has it."""
    tables = document.get("source")
    found = tables.items() if isinstance(tables, Mapping) else ()
    lists = ((name, raw.get("tags")) for name, raw in found if isinstance(raw, Mapping))
    return {tag.strip(): name for name, tags in lists if isinstance(tags, list) for tag in tags if isinstance(tag, str)}


def _tags_apart(document: Mapping[str, Any], faults: Faults) -> None:
    tagged = _tags(document)
    if "*" in tagged:
        faults.add(join("source", tagged["*"], "tags"), 'a tag may not be "*", which means every source')
    for name in _names(document, "source"):
        if name in tagged:
            way = "a topic could not tell them apart, rename one"
            faults.add(join("source", name), f"{join('source', tagged[name])} has a tag of this name, {way}")


def _chats_apart(chats: tuple[ManagedChat, ...], faults: Faults) -> None:
    first: dict[Chat, str] = {}
    for each in chats:
        if each.chat in first:
            faults.add(
                join("chat", each.name, "id"), f"is the same chat as {join('chat', first[each.chat])}, join the two"
            )
        first.setdefault(each.chat, each.name)


def _topics_apart(topics: tuple[Topic, ...], faults: Faults) -> None:
    first: dict[str, str] = {}
    for topic in topics:
        other = first.setdefault(topic.name.casefold(), topic.name)
        if other != topic.name:
            way = "a chat could not tell them apart, rename one"
            faults.add(join("topic", topic.name), f"has the name of {join('topic', other)} but for its letters, {way}")


def _not_yet(document: Mapping[str, Any], faults: Faults, warnings: list[str]) -> None:
    """Tables of the contract that are checked, and have no effect in this version."""
    for section, table, warning in _IDLE:
        if section in document:
            shape.build(table, document[section], section, faults)
            warnings.append(f"{section}: {warning}")
