"""``vigie check``: the configuration, and on request the world behind it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import scrapers
from bot import log
from bot.config import Config, changed, load, secret
from bot.config.faults import join
from bot.model import Source
from bot.rules.hints import hints
from scrapers import Bookmark, ScrapeError


def check(path: Path, *, online: bool, against: Path | None, environ: Mapping[str, str]) -> None:
    """Say that the configuration is sound, what it leaves idle, and what changed.

    Raises ConfigError; ends with exit code 1 when something of the world behind it does not answer.
    """
    config = load(path)
    for warning in config.warnings:
        print(f"warning: {warning}")
    labels = [label for source in config.sources for label in source.labels]
    for hint in hints(config.topics, labels=labels):
        print(f"warning: {join('topic', hint.topic, 'query')}: {hint.text}")
    if against is not None:
        lines = [log.redact(line) for line in changed(load(against), config)]
        print("\n".join(lines) or f"nothing changed since {against}")
    print(f"{path}: sound: {len(config.sources)} sources, {len(config.topics)} topics, {len(config.chats)} chats")
    if online and not asyncio.run(_online(config, secret("TELEGRAM_BOT_TOKEN", environ))):
        raise SystemExit(1)


async def _online(config: Config, token: str) -> bool:
    """Whether every source, the token and every chat answer as they should."""
    from bot import terminal  # rich takes as long to load as the whole check

    sources = await _sources(config)
    tried = zip(config.sources, sources, strict=True)
    rows = [(source.name, source.kind, verdict or "answers") for source, verdict in tried]
    terminal.Screen(terminal.console()).table(("source", "kind", "now"), rows)
    troubles = await _telegram(config, token)
    for trouble in troubles:
        print(trouble)
    return not any(sources) and not troubles


async def _sources(config: Config) -> list[str]:
    """What is wrong with each source just now; "" for one that answers."""
    from bot.cli.bar import Bar
    from scrapers import Web

    async with Web(config.http.settings()) as web:
        with Bar("trying", len(config.sources)) as bar:

            async def one(source: Source) -> str:
                try:
                    await scrapers.fetch(web, source.kind, source.options, Bookmark())
                except ScrapeError as error:
                    return error.message
                finally:
                    bar.advance(source.name)
                return ""

            return await asyncio.gather(*map(one, config.sources))


async def _telegram(config: Config, token: str) -> tuple[str, ...]:
    """What is wrong with the token and the chats."""
    if not token:
        print("telegram: no TELEGRAM_BOT_TOKEN in the environment, so alerts go to the terminal")
        return ()
    from bot.chat import probe

    chats = tuple(chat.chat for chat in config.chats)
    return await probe(token, chats, api_url=config.telegram.api_url, proxy=config.telegram.proxy)
