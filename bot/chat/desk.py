"""The desk where people ask: each update passes the gate, becomes a command or a press, and gets its answer."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from telegram import Bot, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot import log, markup, words
from bot.chat import screens
from bot.chat.answers import Answers
from bot.chat.gate import Administrators, Asked, asked
from bot.chat.screens import Screen
from bot.commands import Commands, Followed, Managed, Muted, Unfollowed, Unknown
from bot.model import Chat, Subscriber

_SPAN = re.compile(r"(\d{1,4})\s?(m|h|d|w)", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=365)

_log = log.get("chat")


class Desk:
    """Answers what people ask. Every change stands in the database before its answer leaves."""

    def __init__(self, bot: Bot, commands: Commands, answers: Answers, *, clock: Callable[[], float]) -> None:
        self._bot, self._commands, self._answers = bot, commands, answers
        self._administrators = Administrators(bot, clock)
        self._said: dict[str, Callable[[Asked, Subscriber], Screen]] = {
            "help": lambda _, reader: screens.help_(reader.lang),
            "id": self._id,
            "topics": lambda ask, reader: screens.topics(reader, self._commands.topics(ask.chat)),
        }
        self._changes: dict[str, Callable[[Asked, Subscriber], Screen]] = {
            "start": self._start,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "mute": self._mute,
            "sample": lambda ask, reader: screens.sample(self._commands.sample(ask.chat), reader),
            "stop": lambda _, reader: screens.stop(reader.lang),
        }

    async def take(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Whatever Telegram brings."""
        if update.my_chat_member:
            self._membership(update)
            return
        if update.message and update.message.migrate_to_chat_id:
            self._commands.migrate(update.message.chat.id, update.message.migrate_to_chat_id)
            return
        ask = asked(update, self._bot.username)
        if ask and ask.query:
            await self._press(ask)
        elif ask:
            await self._command(ask)

    async def failed(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A fault of ours: the person gets a number that stands in the log."""
        number = secrets.token_hex(3)
        _log.error("an update failed", error=context.error, number=number)
        ask = asked(update, self._bot.username) if isinstance(update, Update) else None
        if ask and (ask.private or ask.addressed):
            lang = self._commands.reader(ask.chat, ask.tag).lang
            self._answers.say(ask.chat, Screen(text=screens.failed(number, lang)))

    def _membership(self, update: Update) -> None:
        """We were let in or put out. What a blocked chat had chosen is kept."""
        change = update.my_chat_member
        if change is None:
            return
        new = change.new_chat_member
        mute = new.status == ChatMemberStatus.RESTRICTED and not getattr(new, "can_send_messages", True)
        out = mute or new.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
        (self._commands.gone if out else self._commands.revive)(Chat(change.chat.id))

    async def _command(self, ask: Asked) -> None:
        reader = self._commands.reader(ask.chat, ask.tag)
        handler = self._said.get(ask.command) or self._changes.get(ask.command)
        if handler is None:
            if ask.addressed:  # in a group, "/roll" is meant for another bot
                self._answers.say(ask.chat, Screen(text=screens.unknown_command(reader.lang)))
            return
        refusal = await self._refusal(ask, reader, changes=ask.command in self._changes)
        self._answers.say(ask.chat, Screen(text=refusal) if refusal else handler(ask, reader))

    async def _refusal(self, ask: Asked, reader: Subscriber, *, changes: bool) -> str:
        """Why this person may not ask this here, in one line, or ""."""
        if ask.command != "id" and not self._commands.admits(ask.chat, ask.person):
            return screens.stranger(ask.person, reader.lang)
        if not changes or ask.private or self._commands.operator(ask.person):
            return ""
        if not ask.person:
            return screens.anonymous(reader.lang)
        try:
            allowed = await self._administrators.include(ask.chat, ask.person)
        except TelegramError as error:
            _log.warning("administrators unknown", chat=ask.chat.id, error=str(error))
            return screens.unsure(reader.lang)
        return "" if allowed else screens.not_yours(reader.lang)

    def _start(self, ask: Asked, _: Subscriber) -> Screen:
        answer = self._commands.start(ask.chat, ask.tag, ask.argument)
        screen = screens.welcome(answer, self._commands.topics(ask.chat))
        if not (self._commands.unowned() and ask.private):
            return screen
        hint = screens.claim(ask.person, answer.subscriber.lang)
        return Screen(text=f"{screen.text}\n\n{hint}", rows=screen.rows)

    def _id(self, ask: Asked, reader: Subscriber) -> Screen:
        unowned = self._commands.unowned()
        return screens.numbers(ask.person, ask.chat.id, ask.chat.thread, reader.lang, unowned=unowned)

    def _follow(self, ask: Asked, reader: Subscriber) -> Screen:
        if not ask.argument:
            return Screen(text=screens.usage(ask.command, reader.lang))
        return Screen(text=_worded(self._commands.follow(ask.chat, ask.tag, ask.argument), reader))

    def _unfollow(self, ask: Asked, reader: Subscriber) -> Screen:
        if not ask.argument:
            return Screen(text=screens.usage(ask.command, reader.lang))
        return Screen(text=_worded(self._commands.unfollow(ask.chat, ask.argument), reader))

    def _mute(self, ask: Asked, reader: Subscriber) -> Screen:
        name, span = self._silence(ask.argument)
        if span is not None and span > _LONGEST:
            return Screen(text=screens.usage(ask.command, reader.lang))
        return Screen(text=_worded(self._commands.mute(ask.chat, name, span), reader))

    def _silence(self, argument: str) -> tuple[str | None, timedelta | None]:
        """``[NAME] [8h | 2d | off]``; a topic may itself be called "8h", and a name may have blanks."""
        if argument and not isinstance(self._commands.topic(argument), Unknown):
            return argument, None
        name, _, last = argument.rpartition(" ")
        span = _span(last)
        return (argument or None, None) if span is None else (name.strip() or None, span)

    async def _press(self, ask: Asked) -> None:
        """A button. The little message at the top comes first, so that the phone stops waiting; then the screen."""
        reader = self._commands.reader(ask.chat, ask.tag)
        refusal = await self._refusal(ask, reader, changes=not ask.data.startswith("p:"))
        toast, screen = (refusal, None) if refusal else self._pressed(ask, reader)
        await self._toast(ask, toast)
        if screen:
            self._answers.edit(ask.chat, ask.message, screen)

    async def _toast(self, ask: Asked, text: str) -> None:
        try:
            await self._bot.answer_callback_query(ask.query, markup.plain(text)[:200] or None, show_alert=False)
        except TelegramError as error:  # too late for Telegram; what was pressed is done all the same
            _log.info("a press was answered late", chat=ask.chat.id, error=str(error))

    def _pressed(self, ask: Asked, reader: Subscriber) -> tuple[str, Screen | None]:
        """What a press does: the words of its toast, and what the screen shows then."""
        action, _, rest = ask.data.partition(":")
        subject, _, page = rest.partition(":")
        match action:
            case "f" | "u":
                return self._toggled(ask, reader, action, subject, page)
            case "p" if subject.isascii() and subject.isdigit() and len(subject) < 5:
                return "", self._topics(ask.chat, ask.tag, int(subject))
            case "l" if subject in words.LANGUAGES:
                speaking = self._commands.speak(ask.chat, subject)
                return words.LANGUAGES[subject], self._start(ask, speaking)
            case "s" if subject in ("yes", "no"):
                erased = subject == "yes"
                if erased:
                    self._commands.forget(ask.chat)
                text = screens.stopped(reader.lang, erased=erased)
                return text, Screen(text=text)
        return screens.old_button(reader.lang), None

    def _toggled(
        self, ask: Asked, reader: Subscriber, action: str, subject: str, page: str
    ) -> tuple[str, Screen | None]:
        if action == "f":
            answer: Followed | Unfollowed | Unknown | Managed = self._commands.follow(ask.chat, ask.tag, subject)
        else:
            answer = self._commands.unfollow(ask.chat, subject)
        if isinstance(answer, Unknown):
            return screens.old_button(reader.lang), None
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 0
        return _worded(answer, reader), self._topics(ask.chat, ask.tag, number)

    def _topics(self, chat: Chat, tag: str | None, page: int) -> Screen:
        return screens.topics(self._commands.reader(chat, tag), self._commands.topics(chat), page)


def _worded(answer: Followed | Unfollowed | Muted | Unknown | Managed, reader: Subscriber) -> str:
    match answer:
        case Followed():
            return screens.followed(answer, reader.lang)
        case Unfollowed():
            return screens.unfollowed(answer, reader.lang)
        case Muted():
            return screens.muted(answer, reader)
        case Unknown():
            return screens.unknown_topic(answer, reader.lang)
        case Managed():
            return screens.managed(reader.lang)


def _span(text: str) -> timedelta | None:
    """``8h``, ``2d``, ``off`` (nothing), or None for anything else."""
    if text.lower() == "off":
        return timedelta()
    found = _SPAN.fullmatch(text)
    return int(found[1]) * _UNITS[found[2].lower()] if found else None
