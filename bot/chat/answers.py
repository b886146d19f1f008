"""Answers on their way to the people who asked: at the pacer's pace, few at a time, never in the way of a handler."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import Forbidden, RetryAfter, TelegramError

from bot import log
from bot.chat.screens import Screen
from bot.chat.sender import change, keyboard, pause, put
from bot.model import Chat, Message
from bot.pacer import Pacer

PER_CHAT = 3
"""So many answers wait for one chat; who asks faster than that is not answered."""
OVERALL = 300
"""So many answers wait altogether."""
_GRACE = 5.0  # seconds that answers under way may take when we stop
_LONGEST_PAUSE = 60.0

_log = log.get("chat")


class Answers:
    """Sends and edits what was asked for. What fails is logged; ``gone`` is told of a chat that does not want us."""

    def __init__(self, bot: Bot, pacer: Pacer, *, gone: Callable[[Chat], None]) -> None:
        self._bot, self._pacer, self._gone = bot, pacer, gone
        self._tasks: set[asyncio.Task[None]] = set()
        self._edits: dict[tuple[Chat, int], Screen] = {}

    def say(self, chat: Chat, screen: Screen) -> None:
        """A new message."""
        self._spawn(chat, partial(self._say, chat, screen), lost=lambda: None)

    def edit(self, chat: Chat, message: int, screen: Screen) -> None:
        """Change an earlier message; of several changes that wait, only the last is made."""
        waits = (chat, message) in self._edits
        self._edits[chat, message] = screen
        forget = partial(self._edits.pop, (chat, message), None)
        if not waits and not self._spawn(chat, partial(self._edit, chat, message), lost=forget):
            forget()

    async def stop(self) -> None:
        """Let what is under way finish, for a few seconds."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _spawn(self, chat: Chat, work: Callable[[], Awaitable[None]], lost: Callable[[], object]) -> bool:
        if self._pacer.waiting(chat) >= PER_CHAT or len(self._tasks) >= OVERALL:
            _log.info("answer dropped: asked too fast", chat=chat.id)
            return False
        task = asyncio.create_task(self._paced(chat, work, lost))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _paced(self, chat: Chat, work: Callable[[], Awaitable[None]], lost: Callable[[], object]) -> None:
        """Once, and once more if flood control refused it for a short while; then ``lost`` is called."""
        for last in (False, True):
            try:
                async with self._pacer.slot(chat, urgent=True):
                    await work()
            except RetryAfter as error:
                self._pacer.penalty(chat, pause(error))
                if last or pause(error).total_seconds() > _LONGEST_PAUSE:
                    _log.warning("answer not sent", chat=chat.id, error=str(error))
                    lost()
                    return
            except Forbidden:
                self._gone(chat)
                return
            except TelegramError as error:
                _log.warning("answer not sent", chat=chat.id, error=str(error))
                return
            else:
                return

    async def _say(self, chat: Chat, screen: Screen) -> None:
        await put(self._bot, chat, Message(text=screen.text, link=screen.link), screen.rows)

    async def _edit(self, chat: Chat, message: int) -> None:
        screen = self._edits.pop((chat, message), None)
        if screen is None:
            return
        try:
            await change(self._bot, chat, message, screen.text, mode=ParseMode.HTML, buttons=keyboard(screen.rows))
        except RetryAfter:
            self._edits.setdefault((chat, message), screen)  # for the second try, unless a newer one waits
            raise
