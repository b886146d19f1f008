"""``vigie split``: undoes a wrong merge."""

from datetime import UTC, datetime
from pathlib import Path

from bot import casebook
from bot.casebook import Divided
from bot.config import load
from bot.errors import StoreError
from bot.store import Store


def split(path: Path, story: int, post: str) -> None:
    """Take a post out of a story. Raises Locked while a bot runs, and VigieError when there is nothing to split."""
    config = load(path)
    if not config.store_path.exists():
        raise StoreError(f"{config.store_path}: no such database yet; `vigie run` makes it")
    with Store(config.store_path) as store:
        divided = casebook.split_off(store, config, story, post, now=datetime.now(UTC))
    print("\n".join(_lines(story, divided)))


def _lines(story: int, divided: Divided) -> list[str]:
    """What was split, and what is owed for it."""
    with_it = [str(member.id) for member in divided.moved if member.id != divided.story]
    others = f" with {', '.join(with_it)}, which came beside it" if with_it else ""
    lines = [f"post {divided.story} left story {story}{others}, and is story {divided.story} now"]
    owed = [
        f"{count} {what}{'s' * (count > 1)}"
        for count, what in ((divided.alerts, "alert"), (divided.edits, "edit"))
        if count
    ]
    if owed:
        goes = "it goes" if divided.alerts + divided.edits == 1 else "they go"
        lines.append(f"owed for it: {' and '.join(owed)}; {goes} out when the bot runs next")
    else:
        lines.append("nobody is owed anything for it")
    return lines
