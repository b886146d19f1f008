"""One request to Telegram, and what became of it, told by its cause: sent, not sent, or nobody knows."""

import json
import os
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot import markup
from bot.chat.screens import Button
from bot.model import Chat, Later, Message, Moved, Never, Receipt, Uncertain, Unreadable

os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library's own switch: spans as timedelta, without a warning each

READ_TIMEOUT = 30.0
"""Seconds for an answer. A short one would make every slow moment of Telegram's an uncertain send."""

REFUSED = "TELEGRAM_BOT_TOKEN: Telegram does not know this token; @BotFather shows the right one"

_UNCONNECTED = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "LocalProtocolError"}
)
_NO_CHAT = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights to send",
    "have no rights to send",
    "chat_write_forbidden",
    "user is deactivated",
    "group chat was deactivated",
)
_UNREADABLE = ("can't parse", "parse entities", "message is too long", "text is too long", "button", "wrong http url")


class _Patient(HTTPXRequest):
    """A line on which a 401 is a trouble like others: the library would end its polling for good, and we were deaf."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """One request. Raises NetworkError for a 401."""
        status, body = await super().do_request(*args, **kwargs)
        if status == HTTPStatus.UNAUTHORIZED:
            raise NetworkError("Telegram does not know our token any more")
        return status, body


def request(proxy: str, *, connections: int, patient: bool = False) -> HTTPXRequest:
    """How Telegram is reached. Only a proxy that is named here is used, none of the environment.

    ``patient`` is for the line that reads updates, after the token has been proved right on another.
    """
    return (_Patient if patient else HTTPXRequest)(
        connection_pool_size=connections,
        proxy=proxy or None,
        connect_timeout=10.0,
        pool_timeout=10.0,
        read_timeout=READ_TIMEOUT,
        httpx_kwargs={"trust_env": False},
    )


async def put(bot: Bot, chat: Chat, message: Message, rows: tuple[tuple[Button, ...], ...] = ()) -> int:
    """Send one message without a link preview, or change the one that it edits. Returns its id; raises TelegramError.

    A reply is sent even where the message that it answers was deleted.
    """
    mode, buttons = ParseMode.HTML if message.html else None, keyboard(rows) or _open_button(message)
    if message.edits:
        await change(bot, chat, message.edits, message.text, mode=mode, buttons=buttons)
        return message.edits
    answers = ReplyParameters(message.answers, allow_sending_without_reply=True) if message.answers else None
    sent = await bot.send_message(
        chat.id,
        message.text,
        parse_mode=mode,
        message_thread_id=chat.thread or None,
        disable_notification=message.silent,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=answers,
        reply_markup=buttons,
    )
    return sent.message_id


async def change(
    bot: Bot, chat: Chat, number: int, text: str, *, mode: ParseMode | None, buttons: InlineKeyboardMarkup | None
) -> None:
    """Put other words and buttons into a message; that it has them already is no error. Raises TelegramError."""
    try:
        await bot.edit_message_text(
            text,
            chat_id=chat.id,
            message_id=number,
            parse_mode=mode,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=buttons,
        )
    except BadRequest as error:
        if "not modified" not in str(error).lower():
            raise


def keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram wants them."""
    made = [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in rows]
    return InlineKeyboardMarkup(made) if made else None


def _open_button(message: Message) -> InlineKeyboardMarkup | None:
    """A button that opens the post. A button that Telegram dislikes spoils the message, so plain text goes without."""
    host = markup.host(message.link) if message.link else ""
    if not message.html or "." not in host:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(f"🔗 {markup.shorten(host, 40)}", url=message.link)]])


def receipt(error: TelegramError) -> Receipt:
    """What a failed send means for the message. A cause inside the HTTP library is told by its class's name."""
    reason = f"{type(error).__name__}: {error}"
    match error:
        case RetryAfter():
            return Later(reason=reason, after=pause(error))
        case ChatMigrated():
            return Moved(chat=error.new_chat_id)
        case Forbidden():
            return Never(reason=reason, chat_gone=True)
        case BadRequest():
            return _bad_request(str(error).lower(), reason)
        case InvalidToken():  # an operator can mend it, and no alert may be lost until then
            return Later(reason="Telegram does not know our token any more")
        case Conflict():
            return Later(reason=reason)
        case NetworkError() if _cause(error) in _UNCONNECTED:
            return Later(reason=f"no connection to Telegram ({_cause(error)})")
        case NetworkError():
            return Uncertain(reason=reason)
    return Uncertain(reason=reason) if _is_garbled(error) else Never(reason=reason)


def pause(error: RetryAfter) -> timedelta:
    """What flood control asks for; the library gives seconds where somebody switched PTB_TIMEDELTA off."""
    after = error.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def _cause(error: TelegramError) -> str:
    return type(error.__cause__).__name__


def _is_garbled(error: TelegramError) -> bool:
    """An answer with status 200 that is no JSON: the message stands in the chat, or it does not."""
    return isinstance(error.__cause__, json.JSONDecodeError)


def _bad_request(text: str, reason: str) -> Receipt:
    if any(words in text for words in _NO_CHAT):
        return Never(reason=reason, chat_gone=True)
    if any(words in text for words in _UNREADABLE):
        return Unreadable(reason=reason)
    return Never(reason=reason)
