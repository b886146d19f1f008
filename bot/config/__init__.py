"""config.toml as a checked value: the file a person writes, every fault of it at once, and what changed between two.

    load(path)             the Config, or ConfigError with all faults, each "path.to.key: what is wrong, the way out"
    changed(old, new)      lines that say what a reload brings
    secret(name, environ)  a secret from the environment, or from the file that NAME_FILE names

In a ``[source.NAME]``, ``url``, ``kind``, ``every``, ``tags`` and ``full_text`` are Vigie's; every other key is an
option of the kind, checked against the dataclass ``Options`` of its platform.
"""

from bot.config.changes import changed
from bot.config.reader import load
from bot.config.secrets import secret
from bot.config.values import Config, Http, ManagedChat, Telegram

__all__ = ["Config", "Http", "ManagedChat", "Telegram", "changed", "load", "secret"]
