"""``vigie run``: the bot until it is told to stop, or one round of it."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot import log, terminal
from bot.app import App, Phone, utc_now
from bot.cli.bar import Bar
from bot.config import Config, load, secret
from bot.errors import VigieError

TOKEN = "TELEGRAM_BOT_TOKEN"
"""The environment variable that holds the bot's token; TOKEN_FILE may name a file instead."""
GARBAGE = 20_000
"""New objects after which Python looks for circular garbage, of which looks leave little; by itself it does at 700."""


def run(path: Path, *, once: bool, environ: Mapping[str, str]) -> None:
    """Run the bot. Raises VigieError."""
    gc.set_threshold(GARBAGE, 20, 20)
    config = load(path)
    log.configure(sys.stderr)
    screen = terminal.console()
    phone = _phone(secret(TOKEN, environ), listen=not once)
    for warning in config.warnings:
        log.get("config").warning(warning)
    _greet(config, connected=phone is not None)
    gc.freeze()  # what is loaded by now stays for good: nobody needs to look through it again
    asyncio.run(_once(config, screen, phone) if once else _forever(config, screen, phone))


async def _forever(config: Config, screen: Console, phone: Phone | None) -> None:
    stop = _stopped_by_signals()
    async with App(config, screen=_terminal(config, screen), phone=phone) as app:
        await app.serve(stop)


def _stopped_by_signals() -> asyncio.Event:
    """Set by SIGTERM and Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stop)
    return stop


def _stop(stop: asyncio.Event) -> None:
    """The first signal stops in order, a second one at once."""
    if stop.is_set():
        os._exit(1)
    stop.set()


async def _once(config: Config, screen: Console, phone: Phone | None) -> None:
    stop = _stopped_by_signals()
    with Bar("looking", len(config.sources)) as bar:
        async with App(config, screen=_terminal(config, screen), phone=phone) as app:
            work = asyncio.create_task(app.once(lambda look: bar.advance(look.source)))
            await asyncio.wait((work, asyncio.create_task(stop.wait())), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                raise VigieError("stopped before every source was looked at; what was found is kept")
            tally = work.result()
    print(tally)


def _terminal(config: Config, screen: Console) -> terminal.Terminal:
    return terminal.Terminal(screen, now=utc_now, timezone=ZoneInfo(config.timezone))


def _phone(token: str, *, listen: bool) -> Phone | None:
    if not token:
        return None
    from bot.chat import Telegram  # heavy, and not needed without a token

    return lambda config, commands, pacer, alarm: Telegram(
        token,
        commands=commands,
        pacer=pacer,
        alarm=alarm,
        api_url=config.telegram.api_url,
        proxy=config.telegram.proxy,
        listen=listen,
    )


def _greet(config: Config, *, connected: bool) -> None:
    """The first lines, for whoever starts it: how to connect a phone, how to become an operator, how to follow."""
    if not connected:
        _say(f"No phone yet, so alerts appear here. To connect one: make a bot with @BotFather, then set {TOKEN}.")
        return
    if not config.telegram.operators:
        _say("This Vigie has no operator yet. Write /id to your bot, then put the number that it answers into")
        _say(f"{config.path.name}: [telegram] operators = [NUMBER]. Write /topics to follow topics, /sample to see an")
        _say("alert. For a group or a channel see [chat.NAME] in the file.")


def _say(line: str) -> None:
    print(line, file=sys.stderr)
