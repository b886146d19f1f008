"""Who asks, and what for: the one gate that every update passes before anything is done.

Only what a real person wrote or pressed just so comes through: no edited, forwarded or via-bot message, no bot, no
channel. Whether that person may change what they ask to change is decided by the rights of the moment.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from telegram import Bot, MaybeInaccessibleMessage, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.model import Chat

STAND_INS = frozenset({1087968824, 136817688, 777000})
"""Telegram's own accounts for anonymous administrators, channels and automatic forwards: never a person."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?", re.DOTALL)
_REMEMBERED = 60.0  # seconds that a person's rights in a group are believed
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that one person asked for: a command with its argument, or a button with its data.

    ``person`` is 0 for an administrator who hides behind the group. ``message`` is the message that has the button.
    """

    chat: Chat
    person: int
    tag: str | None
    private: bool
    command: str = ""
    argument: str = ""
    addressed: bool = True
    query: str = ""
    data: str = ""
    message: int = 0


def asked(update: Update, name: str) -> Asked | None:
    """What this update asks of the bot called ``name``, or None for what is not to be heard."""
    if update.callback_query:
        query = update.callback_query
        if not query.message or not _is_person(query.from_user):
            return None
        return replace(_who(query.message, query.from_user), query=query.id, data=query.data or "")
    message = update.message
    if message is None or message.forward_origin or message.via_bot or message.is_automatic_forward:
        return None
    user = message.from_user
    anonymous = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    if message.text is None or not user or not (anonymous or (_is_person(user) and not message.sender_chat)):
        return None
    return _command(_who(message, None if anonymous else user), message.text, name)


def _command(who: Asked, text: str, name: str) -> Asked | None:
    """A command; in private, plain words too, so that they get a polite answer."""
    found = _COMMAND.fullmatch(text.strip())
    if not found:
        return who if who.private else None
    command, to, argument = found[1].lower(), found[2], (found[3] or "").strip()
    if to and to.lower() != name.lower():
        return None
    return replace(who, command=command, argument=argument, addressed=bool(to) or who.private)


def _is_person(user: User) -> bool:
    return not user.is_bot and user.id not in STAND_INS


def _who(message: MaybeInaccessibleMessage, user: User | None) -> Asked:
    thread = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Asked(
        chat=Chat(message.chat.id, thread or 0),
        person=user.id if user else 0,
        tag=user.language_code if user else None,
        private=message.chat.type == ChatType.PRIVATE,
        message=message.message_id,
    )


class Administrators:
    """Who may change a group's settings; Telegram is asked at most once a minute for each person."""

    def __init__(self, bot: Bot, clock: Callable[[], float]) -> None:
        self._bot, self._clock = bot, clock
        self._known: dict[tuple[int, int], tuple[float, bool]] = {}

    async def include(self, chat: Chat, person: int) -> bool:
        """Whether that person is an administrator of that group. Raises TelegramError when Telegram cannot say."""
        known = self._known.get((chat.id, person))
        if known and known[0] > self._clock():
            return known[1]
        member = await self._bot.get_chat_member(chat.id, person)
        verdict = member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[chat.id, person] = (self._clock() + _REMEMBERED, verdict)
        return verdict
