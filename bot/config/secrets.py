"""Secrets come from the environment, never from config.toml: finding them there, and reading them here."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.config.faults import Faults, join
from bot.errors import ConfigError

_NAMES = re.compile(r"(?i)(?:.*[_-])?(?:token|password|secret)")
_BOT_TOKEN = re.compile(r"[0-9]{5,}:[\w-]{30,}")
_BEARER = re.compile(r"A{10,}[\w%+/=-]{40,}")
_DEEPEST = 6
_LONGEST_FILE = 65_536


def secret(name: str, environ: Mapping[str, str]) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names, or "". Raises ConfigError."""
    if value := environ.get(name, "").strip():
        return value
    named = environ.get(f"{name}_FILE", "").strip()
    if not named:
        return ""
    try:
        with Path(named).open(encoding="utf-8") as file:
            value = file.read(_LONGEST_FILE).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ConfigError([f"{name}_FILE: cannot read {named}: {reason}"]) from None
    if not value:
        raise ConfigError([f"{name}_FILE: {named} is empty, write the secret into it"])
    return value


def is_secret(key: str, value: object) -> bool:
    """Whether a value stands where only a secret would."""
    return not isinstance(value, Mapping) and _NAMES.fullmatch(key[:200]) is not None


def check(document: Mapping[str, object], faults: Faults) -> None:
    """A fault for every secret in the file; the secret itself is not repeated."""
    for path, value in _values(document):
        key = next(name for name in reversed(path) if isinstance(name, str))
        token = isinstance(value, str) and _BOT_TOKEN.search(value) is not None
        if not (token or is_secret(key, value) or (isinstance(value, str) and _BEARER.search(value))):
            continue
        where = path[0]
        variable = "TELEGRAM_BOT_TOKEN" if token or where == "telegram" else "X_BEARER_TOKEN"
        if token or where in ("telegram", "x") or not is_secret(key, value):
            way = f"set {variable} in the environment, or {variable}_FILE to a file that holds it"
        else:
            way = "take it out; Vigie reads secrets from the environment only (TELEGRAM_BOT_TOKEN, X_BEARER_TOKEN)"
        faults.add(join("", *path), f"a secret does not belong in this file, {way}")


def _values(table: Mapping[str, object]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every value that is no table, and where it stands: the names and numbers that lead to it."""
    left: list[tuple[tuple[str | int, ...], object]] = [((), table)]
    while left:
        path, value = left.pop()
        if isinstance(value, Mapping) and len(path) < _DEEPEST:
            left += [((*path, name), each) for name, each in reversed(list(value.items()))]
        elif isinstance(value, list) and len(path) < _DEEPEST:
            left += [((*path, number), each) for number, each in reversed(list(enumerate(value)))]
        else:
            yield path, value
