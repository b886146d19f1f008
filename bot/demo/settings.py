"""The config.toml of the demo: a real one, for the small site instead of the world."""

import json
from pathlib import Path

from bot.demo.press import ACTOR, CHANNEL
from bot.demo.site import PATHS

EVERY = "1h"
"""By the demo's clock: less than a beat, so that each beat looks at every source."""

TOPICS = """\
[topic.H100]
query = 'H100 AND NOT ("ligne de bus" OR "bus line")'
priority = "high"

[topic.H200]
query = 'H200 OR "HGX H200"'
priority = "high"

[topic.SuperMicro]
query = 'SuperMicro OR SMCI OR 美超微 OR 超微'
except = ["超微半导体"]   # that is AMD

[topic.B200]
query = 'B200 OR GB200'
priority = "low"
"""


def config_text(site_url: str, store_path: Path) -> str:
    """The configuration as TOML. Every source is looked at in each beat.

    It names no chat: without a messenger, the terminal follows all topics.
    """
    return "\n".join(
        (
            'language = "en"\ntimezone = "UTC"\n',
            f"[store]\npath = {_quoted(str(store_path))}\n",
            '[http]\nallow_private = ["127.0.0.0/8"]\n',
            TOPICS,
            *_sources(site_url),
        )
    )


def _sources(site_url: str) -> list[str]:
    api = {"server": site_url}
    stanzas = []
    for path, outlet in PATHS.items():
        match outlet.form:
            case "telegram":
                stanzas.append(_source(outlet.name, {"kind": "telegram", "channel": CHANNEL, **api}))
            case "bluesky":
                stanzas.append(_source(outlet.name, {"kind": "bluesky", "actor": ACTOR, **api}))
            case "hackernews":
                for word in ("H100", "SuperMicro"):
                    options = {"kind": "hackernews", "query": word, **api}
                    stanzas.append(_source(f"{outlet.name}: {word}", options))
            case _:
                stanzas.append(_source(outlet.name, {"url": site_url + path}))
    return stanzas


def _source(name: str, options: dict[str, str]) -> str:
    lines = [f"[source.{_quoted(name)}]", *(f"{key} = {_quoted(value)}" for key, value in options.items())]
    return "\n".join([*lines, f"every = {_quoted(EVERY)}", ""])


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's is as well."""
    return json.dumps(text, ensure_ascii=False)
