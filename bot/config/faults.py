"""The faults of one file, gathered while it is read, so that all are told at once."""

import re
from collections.abc import Iterable

from bot.config.words import meant, quoted

_SUGGESTIONS = 50
_LONGEST = 500
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Faults:
    """A list of lines, each "path.to.key: what is wrong, the way out"."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, text: str) -> None:
        """One more fault, on one line whatever a platform's own message repeats."""
        line = f"{path}: {text}"[:_LONGEST]
        self.lines.append("".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line))

    def unknown(self, path: str, word: str, known: Iterable[str], what: str, otherwise: str = "") -> None:
        """A word that means nothing here; ``otherwise`` is the way out when no known word is near it."""
        choice = sorted(set(known))
        # Looking for near words is slow, and nobody reads the fiftieth suggestion.
        near = meant(word, choice) if len(self.lines) < _SUGGESTIONS else ""
        self.add(path, f"{what}{near or otherwise or _list(choice)}")


def join(path: str, *keys: "str | int") -> str:
    """``topic.H100.query``, ``telegram.operators[0]``; names that TOML would quote are quoted."""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            path += ("." if path else "") + (key if _BARE.fullmatch(key) else quoted(key))
    return path


def _list(choice: list[str]) -> str:
    shown = ", ".join(quoted(each)[1:-1] for each in choice[:20])
    return (
        f", there {'is' if len(choice) == 1 else 'are'} {shown}{' ...' if len(choice) > 20 else ''}" if choice else ""
    )
