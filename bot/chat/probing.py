"""Whether Telegram knows our token, and whether we may write into the chats that config.toml names."""

from collections.abc import Iterable

from telegram import Bot, ChatMember, ChatMemberAdministrator, ChatMemberRestricted
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import InvalidToken, TelegramError

from bot.chat import sender
from bot.model import Chat


async def probe(token: str, chats: Iterable[Chat], *, api_url: str, proxy: str) -> tuple[str, ...]:
    """What is wrong, one line each; nothing is sent to anyone. A line never holds the token."""
    wire = sender.request(proxy, connections=4)
    try:
        bot = Bot(token, base_url=f"{api_url.rstrip('/')}/bot", request=wire, get_updates_request=wire)
        me = (await bot.get_me()).id
        lines = [await _trouble(bot, me, chat) for chat in chats]
    except InvalidToken:
        return (sender.REFUSED,)
    except TelegramError as error:
        return (f"telegram: cannot be reached: {error}",)
    finally:
        await wire.shutdown()
    return tuple(line for line in lines if line)


async def _trouble(bot: Bot, me: int, chat: Chat) -> str:
    try:
        kind = (await bot.get_chat(chat.id)).type
        reason = "" if kind == ChatType.PRIVATE else _rights(await bot.get_chat_member(chat.id, me), kind)
    except TelegramError as error:
        reason = str(error)
    return f"chat {chat.id}: {reason}" if reason else ""


def _rights(member: ChatMember, kind: str) -> str:
    """Why the bot may not write there, or ""."""
    if member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
        return "the bot is not a member; add it to the chat"
    if isinstance(member, ChatMemberRestricted) and not member.can_send_messages:
        return "the bot may not send messages there; give it the right"
    posts = isinstance(member, ChatMemberAdministrator) and member.can_post_messages
    if kind == ChatType.CHANNEL and not posts:
        return "the bot may not post in this channel; make it an administrator that may post"
    return ""
