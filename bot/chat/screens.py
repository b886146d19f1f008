"""Answers as words and buttons, in the reader's language (pure).

A button carries at most 64 bytes: an action and a topic's short id, never words. Buttons outlive a deployment, so one
that is not understood any more gets a polite answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import NullTranslations

from bot import markup, message, words
from bot.commands import Choice, Followed, Muted, Sample, Unfollowed, Unknown, Welcome
from bot.model import Owed, Priority, Subscriber
from scrapers import Post

PAGE = 8
"""Topics on one screen."""
COMMANDS = ("start", "topics", "follow", "unfollow", "mute", "sample", "id", "help", "stop")
"""In the order of Telegram's menu."""


@dataclass(frozen=True, slots=True)
class Button:
    """A label, and what pressing it sends back."""

    label: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One answer: Telegram HTML with rows of buttons, or a link's button."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    link: str = ""


def menu(lang: str) -> tuple[tuple[str, str], ...]:
    """The commands with what they do, for Telegram's menu."""
    t = words.of(lang)
    said = {
        "start": t.gettext("Start: language and topics"),
        "topics": t.gettext("What you can follow"),
        "follow": t.gettext("Follow a topic: /follow NAME"),
        "unfollow": t.gettext("Stop following a topic"),
        "mute": t.gettext("Be quiet for a while: /mute [NAME] [8h | 2d | off]"),
        "sample": t.gettext("Show me a sample alert"),
        "id": t.gettext("Your id and this chat's"),
        "help": t.gettext("What you can ask me"),
        "stop": t.gettext("Stop, and erase my data"),
    }
    return tuple((name, said[name]) for name in COMMANDS)


def welcome(answer: Welcome, choices: Sequence[Choice]) -> Screen:
    """The first screen: who I am, what you follow, which language."""
    t = words.of(answer.subscriber.lang)
    lines = [
        t.gettext("<b>Hello, I am Vigie, your lookout.</b>"),
        t.gettext("I watch news and social media and tell you as soon as one of your topics appears."),
        t.gettext("/sample shows what an alert looks like, /help what else you can ask."),
        "",
    ]
    if answer.followed:
        lines.append(t.gettext("✅ You now follow {name}.").format(name=_bold(answer.followed.name)))
    elif answer.subscriber.managed:
        lines.append(_managed(t))
    elif not any(choice.followed for choice in choices):
        lines.append(t.gettext("Choose what to follow:") if choices else _no_topics(t))
    rows = () if answer.subscriber.managed else _topic_rows(choices, 0, t)
    return Screen(text="\n".join(lines).strip(), rows=(*rows, _languages(answer.subscriber.lang)))


def help_(lang: str) -> Screen:
    """All commands."""
    t = words.of(lang)
    lines = [t.gettext("<b>What you can ask me</b>"), ""]
    lines += [f"/{name} · {markup.escape(said)}" for name, said in menu(lang)]
    return Screen(text="\n".join(lines))


def topics(reader: Subscriber, choices: Sequence[Choice], page: int = 0) -> Screen:
    """Every topic with its state; a press follows or unfollows it."""
    t = words.of(reader.lang)
    if not choices:
        return Screen(text=_no_topics(t))
    followed = [choice for choice in choices if choice.followed]
    lines = [t.gettext("<b>Topics</b>"), ""]
    if followed:
        lines += [_state(choice, reader, t) for choice in followed]
    else:
        lines.append(t.gettext("You do not follow any yet."))
    if reader.managed:
        return Screen(text="\n".join([*lines, "", _managed(t)]))
    return Screen(
        text="\n".join([*lines, "", t.gettext("Press to follow or unfollow:")]), rows=_topic_rows(choices, page, t)
    )


def followed(answer: Followed, lang: str) -> str:
    """One line, fit for a toast as well."""
    t = words.of(lang)
    text = t.gettext("✅ You now follow {name}.") if answer.new else t.gettext("You already follow {name}.")
    return text.format(name=_name(answer.topic.name))


def unfollowed(answer: Unfollowed, lang: str) -> str:
    """One line, fit for a toast as well."""
    t = words.of(lang)
    text = t.gettext("You no longer follow {name}.") if answer.was else t.gettext("You were not following {name}.")
    return text.format(name=_name(answer.name))


def muted(answer: Muted, reader: Subscriber) -> str:
    """What is silent now, until when."""
    t = words.of(reader.lang)
    if not answer.names:
        return t.gettext("You do not follow that, so there is nothing to mute. /topics shows what you follow.")
    names = ", ".join(_name(name) for name in answer.names)
    if answer.until is None:
        return t.gettext("🔔 Alerts about {names} are on again.").format(names=names)
    until = words.moment(answer.until, reader.lang, reader.timezone)
    return t.gettext("💤 No alerts about {names} until {until}. /mute off ends it.").format(names=names, until=until)


def unknown_topic(answer: Unknown, lang: str) -> str:
    """There is no such topic, with those that may have been meant."""
    t = words.of(lang)
    if not answer.near:
        return t.gettext("There is no topic “{name}”. /topics shows them all.").format(name=_name(answer.name))
    near = ", ".join(_name(name) for name in answer.near)
    return t.gettext("There is no topic “{name}”. Did you mean {near}?").format(name=_name(answer.name), near=near)


def usage(command: str, lang: str) -> str:
    """How a command that lacks its argument is written."""
    t = words.of(lang)
    if command == "mute":
        return t.gettext("Write for example /mute 8h, /mute H100 2d or /mute off.")
    return t.gettext("Add the topic's name, for example /{command} H100, or choose one: /topics").format(
        command=command
    )


def managed(lang: str) -> str:
    """What is said when someone changes a chat that config.toml manages."""
    return _managed(words.of(lang))


def numbers(person: int, chat: int, thread: int, lang: str, *, unowned: bool) -> Screen:
    """Who you are and where we are; and how to become the operator of a Vigie that has none."""
    t = words.of(lang)
    lines = [t.gettext("Your id: {id}").format(id=f"<b>{person}</b>")] if person else []
    lines.append(t.gettext("This chat's id: {id}").format(id=f"<b>{chat}</b>"))
    if thread:
        lines.append(t.gettext("This thread's id: {id}").format(id=f"<b>{thread}</b>"))
    if unowned and person:
        lines += ["", _claim(person, t)]
    return Screen(text="\n".join(lines))


def claim(person: int, lang: str) -> str:
    """For the first person of a Vigie without operators."""
    return _claim(person, words.of(lang))


def stranger(person: int, lang: str) -> str:
    """One polite line for who is not admitted."""
    t = words.of(lang)
    return t.gettext("This Vigie is private. Ask its operator to let you in; your id is {id}.").format(id=person)


def not_yours(lang: str) -> str:
    """For a member of a group who is no administrator."""
    return words.of(lang).gettext("Only administrators of this group may change that.")


def anonymous(lang: str) -> str:
    """For an administrator who writes as the group."""
    return words.of(lang).gettext(
        "You write as the group, so I cannot see who asks. Please turn anonymity off, or write to me in private."
    )


def unsure(lang: str) -> str:
    """Telegram did not say whether the person is an administrator."""
    return words.of(lang).gettext("I could not ask Telegram whether you are an administrator. Please try again.")


def unknown_command(lang: str) -> str:
    """For a command that does not exist, and for plain words."""
    return words.of(lang).gettext("I do not understand that. /help shows what you can ask me.")


def old_button(lang: str) -> str:
    """For a button of another version."""
    return words.of(lang).gettext("This button is too old. Please send /topics for a new one.")


def failed(number: str, lang: str) -> str:
    """Something broke; the number stands in the log."""
    return (
        words.of(lang)
        .gettext("Something went wrong here. If it happens again, tell the operator this number: {id}")
        .format(id=number)
    )


def stop(lang: str) -> Screen:
    """Ask once before everything is erased."""
    t = words.of(lang)
    yes, no = Button(t.gettext("🗑 Erase everything"), "s:yes"), Button(t.gettext("Keep it"), "s:no")
    return Screen(
        text=t.gettext("Forget this chat? What it follows and its settings are erased, and the alerts end."),
        rows=((yes, no),),
    )


def stopped(lang: str, *, erased: bool) -> str:
    """After the question of ``stop``."""
    t = words.of(lang)
    if erased:
        return t.gettext("Everything about this chat is erased. /start begins anew.")
    return t.gettext("Nothing was changed.")


def sample(answer: Sample, reader: Subscriber) -> Screen:
    """An alert that says of itself that it is a sample."""
    t = words.of(reader.lang)
    post = Post(
        key="sample:1",
        url="https://example.org/sample",
        title=t.gettext("Sample: this is how an alert looks"),
        text=t.gettext("Nothing happened. Here you would read what stands around the words that matched."),
        published=answer.now - timedelta(minutes=3),
        lang=reader.lang,
    )
    owed = Owed(
        id=0,
        due=answer.now,
        priority=Priority.NORMAL,
        topics=(t.gettext("SAMPLE"), answer.topic),
        post=post,
        source=t.gettext("Name of the source"),
    )
    made, _ = message.compose([owed], lang=reader.lang, timezone=reader.timezone, now=answer.now)
    return Screen(text=made.text, link=made.link)


def _topic_rows(choices: Sequence[Choice], page: int, t: NullTranslations) -> tuple[tuple[Button, ...], ...]:
    pages = max(1, -(-len(choices) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown = [_toggle(choice, page) for choice in choices[page * PAGE : (page + 1) * PAGE]]
    rows = [tuple(shown[at : at + 2]) for at in range(0, len(shown), 2)]
    if pages > 1:
        back, forth = Button("◀", f"p:{(page - 1) % pages}"), Button("▶", f"p:{(page + 1) % pages}")
        rows.append((back, Button(f"{page + 1}/{pages}", f"p:{page}"), forth))
    return tuple(rows)


def _toggle(choice: Choice, page: int) -> Button:
    mark = "⬜" if not choice.followed else "💤" if choice.muted else "✅"
    action = "u" if choice.followed else "f"
    return Button(f"{mark} {markup.shorten(choice.topic.name, 30)}", f"{action}:{choice.topic.id}:{page}")


def _languages(lang: str) -> tuple[Button, ...]:
    return tuple(Button(f"🌐 {name}", f"l:{code}") for code, name in words.LANGUAGES.items() if code != lang)


def _state(choice: Choice, reader: Subscriber, t: NullTranslations) -> str:
    if not choice.muted:
        return f"✅ {_name(choice.topic.name)}"
    until = _until(choice.muted, reader)
    return "💤 " + t.gettext("{name}, silent until {until}").format(name=_name(choice.topic.name), until=until)


def _until(when: datetime, reader: Subscriber) -> str:
    return words.moment(when, reader.lang, reader.timezone)


def _managed(t: NullTranslations) -> str:
    return t.gettext("What this chat follows is set by the operators in config.toml.")


def _no_topics(t: NullTranslations) -> str:
    return t.gettext("There are no topics yet: the operator writes them into config.toml.")


def _claim(person: int, t: NullTranslations) -> str:
    return t.gettext(
        "This Vigie has no operator yet. If it is yours, write into config.toml, under [telegram]: operators = [{id}]"
    ).format(id=person)


def _name(name: str) -> str:
    return markup.escape(markup.shorten(name, 60))


def _bold(name: str) -> str:
    return f"<b>{_name(name)}</b>"
