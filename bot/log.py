"""The log: one line an event on stderr, in colour for a person and as JSON for a machine, without secrets.

    log.get("watch").info("polled", source="wccftech", new=3)

Rooms write through the standard library, so that the lines of the libraries below us (httpx, telegram, ...) pass
through the same redaction as ours; structlog words them, and is loaded only by a process that asked for a log.
"""

import json
import logging
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TextIO

_FIELDS = "vigie"
_ROOT = "vigie"
_CHATTERERS = ("httpx", "httpcore", "telegram", "apscheduler", "asyncio", "websockets")
_DEEPEST = 5
_BARE = (bool, int, float)
_SEVERAL = (list, tuple, set, frozenset)

_HIDDEN = "[redacted]"
_SECRET_KEY = re.compile(r"(?i)(?:.*[_-])?(?:token|password|secret|authorization|cookie)")
_SECRETS = (
    (re.compile(r"[0-9]{5,}(?::|%3A)[\w-]{30,}", re.IGNORECASE), _HIDDEN),  # a bot token, alone or in /bot<token>/
    (re.compile(r"(/(?:file/)?bot)[0-9]+(?::|%3A)[\w-]+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"(://)[^/?#\s@]+@"), rf"\1{_HIDDEN}@"),
    (re.compile(r"(\bBearer\s+)[\w.~+/%=-]{8,}", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"([?&](?:key|code|sig|signature|auth)=)[^\s&#\"']+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (
        re.compile(
            r"""(\b(?:[\w-]*[_-])?(?:token|password|secret|api_?key|access_?key)["']?\s*[=:]\s*["']?)[^\s&"',;]+""",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
)
_SUSPECT = re.compile(r"(?i)[:=@%]|bearer")
"""No secret without one of these: most of what is said needs but one look."""
# Bytes that a terminal obeys instead of showing; a title may hold them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Log:
    """The log of one room. An event is a short sentence; what varies stands in the fields."""

    room: str

    def info(self, event: str, **fields: object) -> None:
        """What happened as it should."""
        self._say(logging.INFO, event, None, fields)

    def warning(self, event: str, **fields: object) -> None:
        """What went wrong and mends itself, or waits for somebody."""
        self._say(logging.WARNING, event, None, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """What went wrong and should not have; ``error`` is told with its traceback."""
        self._say(logging.ERROR, event, error, fields)

    def _say(self, level: int, event: str, error: BaseException | None, fields: Mapping[str, object]) -> None:
        logger = logging.getLogger(f"{_ROOT}.{self.room}")
        if logger.isEnabledFor(level):
            logger.log(level, "%s", event, exc_info=error, extra={_FIELDS: fields})


def get(room: str) -> Log:
    """The log of a room: its module's name ("watch", "deliver")."""
    return Log(room)


def redact(text: str) -> str:
    """The text without bot tokens, bearer tokens, user names and passwords in URLs, and values of secret keys."""
    if _SUSPECT.search(text):
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
    return text


def configure(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Let this process log to ``stream``: for a person if it is a terminal, else one JSON object a line.

    Takes over the root logger; a second call replaces the first.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(human=stream.isatty()))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a closed stderr must not become a traceback on it
    for name in _CHATTERERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # Its tracebacks of failed polls stand beside lines of ours that say the same.
    logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)


def _formatter(*, human: bool) -> logging.Formatter:
    import structlog

    encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
    named: list[Any] = [
        structlog.stdlib.add_log_level,
        _room,
        structlog.processors.TimeStamper("%H:%M:%S" if human else "iso", utc=not human, key="at"),
        structlog.processors.format_exc_info,
        _clean,
    ]
    shown: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=True, timestamp_key="at", pad_event_to=24, sort_keys=False)]
        if human
        else [_ordered, structlog.processors.JSONRenderer(lambda event, **_: encode(event))]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=named,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
    )


def _room(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Adds the fields that came with the record, and the name of the room or library that speaks."""
    record = event["_record"]
    event["logger"] = record.name.removeprefix(f"{_ROOT}.")
    for key, value in getattr(record, _FIELDS, {}).items():
        event.setdefault(key, value)
    return event


def _clean(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes secrets and control characters out of everything that will be shown."""
    kept = {key: event[key] for key in ("_record", "_from_structlog") if key in event}
    shown = {
        key if key.isidentifier() else _plain(key): _safe(key, value) for key, value in event.items() if key not in kept
    }
    return {**shown, **kept}


def _safe(key: str, value: object, depth: int = 0) -> object:
    if value is not None and _SECRET_KEY.fullmatch(key):
        return _HIDDEN
    if value is None or isinstance(value, _BARE):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_plain(str(name)): _safe(str(name), each, depth + 1) for name, each in value.items()}
    if isinstance(value, _SEVERAL) and depth < _DEEPEST:
        return [_safe("", each, depth + 1) for each in value]
    return _plain(str(value), lines=key == "exception")


def _plain(text: str, *, lines: bool = False) -> str:
    """Text without secrets, that can do nothing to a terminal; on one line unless ``lines``."""
    if text.isprintable() and not _SUSPECT.search(text):
        return text
    text = redact(text) if lines else redact(text).replace("\n", "\\n").replace("\t", " ")
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _ordered(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    first = ("at", "level", "logger", "event")
    return {key: event[key] for key in (*first, *(key for key in event if key not in first))}
