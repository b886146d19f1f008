"""Telegram as one part of the program: started, stopped and listened to by hand, and the Sender of alerts."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from telegram import BotCommand, Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, TypeHandler

from bot import log, words
from bot.chat import screens, sender
from bot.chat.answers import Answers
from bot.chat.desk import Desk
from bot.commands import Commands
from bot.errors import VigieError
from bot.model import Chat, Message, Receipt, Sent
from bot.pacer import Pacer

UPDATES = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""What we ask Telegram for; edited messages and channel posts are not among it."""
_POLL = 30  # seconds that Telegram holds a request for updates
_CONFLICTS, _SPELL = 3, 600.0  # so many within so many seconds: one may be our own last request, after a restart
_LONGEST_PAUSE = 60.0

_log = log.get("chat")


class Telegram:
    """The bot's side of Telegram. ``send`` works until the ``close``, whether people are listened to or not.

    ``alarm`` is called with one line for the operators, at most once for each sort of trouble. ``listen`` False sends
    only (``run --once``). No request reads a proxy from the environment: ``proxy`` names it or there is none.
    """

    def __init__(
        self,
        token: str,
        *,
        commands: Commands,
        pacer: Pacer,
        alarm: Callable[[str], None],
        api_url: str = "https://api.telegram.org",
        proxy: str = "",
        listen: bool = True,
    ) -> None:
        self._app = _application(token, api_url.rstrip("/"), proxy)
        self._alarm, self._listen = alarm, listen
        self._answers = Answers(self._app.bot, pacer, gone=commands.gone)
        self._desk = Desk(self._app.bot, commands, self._answers, clock=time.monotonic)
        self._app.add_handler(TypeHandler(Update, self._desk.take))
        self._app.add_error_handler(self._desk.failed)
        self._connecting: asyncio.Task[None] | None = None
        self._conflicts: list[float] = []
        self._troubled = False

    @property
    def name(self) -> str:
        """The bot's user name as people write it, or "" before Telegram told it."""
        try:
            return f"@{self._app.bot.username}"
        except RuntimeError:
            return ""

    async def start(self) -> None:
        """Connect, and listen. Without a network we go on trying; raises VigieError for a token that is not known."""
        try:
            await self._connect()
        except InvalidToken:
            await self.close()
            raise VigieError(sender.REFUSED) from None
        except NetworkError as error:
            _log.warning("Telegram cannot be reached, trying on", error=str(error))
            self._connecting = asyncio.create_task(self._connect_later())

    async def stop(self) -> None:
        """Listen no more, and finish the answers under way; alerts can still be sent."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._app.updater and self._app.updater.running:
            await self._app.updater.stop()
        await self._answers.stop()
        if self._app.running:
            await self._app.stop()

    async def close(self) -> None:
        """Send no more: close the connections."""
        await self.stop()
        await self._app.shutdown()
        await self._app.bot.shutdown()

    async def send(self, chat: Chat, message: Message) -> Receipt:
        """Try once, and say what became of it. The caller holds a slot of the pacer."""
        try:
            return Sent(message_id=await sender.put(self._app.bot, chat, message))
        except TelegramError as error:
            return sender.receipt(error)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> None:
        await self._app.initialize()
        if not self._listen:
            return
        await self._describe()
        if not self._app.running:
            await self._app.start()
        if self._app.updater:
            await self._app.updater.start_polling(
                timeout=_POLL,
                bootstrap_retries=0,  # the rest of Vigie does not wait for it; `_connect_later` tries on
                allowed_updates=list(UPDATES),
                drop_pending_updates=False,
                error_callback=self._poll_failed,
            )

    async def _connect_later(self) -> None:
        pause = 1.0
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            try:
                await self._connect()
            except InvalidToken:
                self._alarm(sender.REFUSED)
                return
            except NetworkError:
                continue
            _log.info("Telegram can be reached")
            return

    async def _describe(self) -> None:
        """The menu of commands in every language; a bot without it works as well."""
        try:
            for lang in words.LANGUAGES:
                menu = [BotCommand(name, said) for name, said in screens.menu(lang)]
                await self._app.bot.set_my_commands(menu, language_code=lang)
            await self._app.bot.set_my_commands([BotCommand(name, said) for name, said in screens.menu("en")])
        except TelegramError as error:
            _log.warning("the menu of commands was not set", error=str(error))

    def _poll_failed(self, error: TelegramError) -> None:
        """The library goes on by itself; what lasts is told once."""
        if isinstance(error, Conflict):
            self._conflicts = [at for at in self._conflicts if at > time.monotonic() - _SPELL] + [time.monotonic()]
            if len(self._conflicts) == _CONFLICTS:
                self._alarm("another program reads this bot's messages: commands may be lost; stop the other one")
        elif not self._troubled:
            self._troubled = True
            _log.warning("reading from Telegram fails now and then, trying on", error=str(error))


def _application(token: str, api_url: str, proxy: str) -> Application[Any, Any, Any, Any, Any, Any]:
    if not token:
        raise VigieError(sender.REFUSED)
    return (
        Application.builder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(sender.request(proxy, connections=64))
        .get_updates_request(sender.request(proxy, connections=2, patient=True))
        .job_queue(None)
        .concurrent_updates(16)
        .build()
    )
