"""What is owed, as one message: an alert, a list or a notice, in the reader's language and within Telegram's limits.

The first line is what a locked phone shows: how urgent, which topics, and whether it follows up an earlier alert. The
last one names who else has the story. Everything is pure: the same is owed, the
same words come out. The tags are those of ``markup``; a message that Telegram refused to read is worded as plain text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from bot import markup, words
from bot.model import Also, Field, Message, Owed, Priority
from scrapers import Post

MOST_LINES = 15
"""A list holds at most so many posts; the rest is owed in the next one."""
MOST_NAMES = 4
"""An alert names at most so many other sources of its story, and counts the rest."""

_MARKS = {Priority.HIGH: "🔴", Priority.NORMAL: "🔵", Priority.LOW: "⚪"}
_REPEAT = "↻ "
_TITLE, _EXCERPT, _BEFORE, _NAME, _TOPICS, _LINE_TITLE = 250, 420, 45, 60, 200, 110
_ALSO, _ALSO_LINK = 40, 300  # a longer address is named without its link, so that five of them fit a message
_RAW_LIMIT = 16_000  # Telegram refuses long markup before it parses it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """For whom the words are, and when."""

    lang: str
    timezone: str
    now: datetime


def compose(owed: Sequence[Owed], *, lang: str, timezone: str, now: datetime) -> tuple[Message, int]:
    """One message for the first of ``owed``, and how many of them it tells; the rest is for the next message.

    One story makes an alert, several make a list of a line each; those of one story that stand side by side are told
    together. A notice, an edit, a repeat and what goes as plain text never share a message with anything of another
    sort. ``owed`` must not be empty.
    """
    reader = _Reader(lang=lang, timezone=timezone, now=now)
    run = _alike(owed)
    if run[0].post is None:
        return _notice(run[0]), 1
    stories = _stories(run)
    told = [_merged(story) for story in stories[:MOST_LINES]]
    if len(told) == 1:
        return _single(told[0], run[0].post, reader), len(run)
    for lines in range(len(told), 0, -1):
        message = _finish(_list(told[:lines], reader), told[:lines])
        if fits(message):
            break
    return message, sum(len(story) for story in stories[:lines])


def topic_left(topic: str, lang: str) -> str:
    """The words of a notice: a topic that a chat follows is no more in config.toml."""
    return (
        words.of(lang)
        .gettext("The topic {name} was taken out of the configuration: no more alerts about it until it returns.")
        .format(name=topic)
    )


def file_faulty(faults: Sequence[str], lang: str) -> str:
    """The words of a notice to operators: the changed config.toml cannot be used."""
    said = words.of(lang).gettext("The changed config.toml has faults; the settings of before stay in force:")
    return "\n".join([said, *(f"• {fault}" for fault in faults)])


def source_gone(source: str, lang: str) -> str:
    """The words of a notice to operators: the server answers that a source will never come back."""
    return (
        words.of(lang)
        .gettext(
            "Source {name}: the server says that it is gone for good (410). "
            "Take it out of config.toml or change its address."
        )
        .format(name=source)
    )


def fits(message: Message) -> bool:
    """Whether Telegram takes it: length after parsing, and bytes before."""
    seen = markup.length(message.text) if message.html else markup.units(message.text)
    return seen <= markup.LIMIT and len(message.text.encode()) <= _RAW_LIMIT


def _alike(owed: Sequence[Owed]) -> Sequence[Owed]:
    """The first ones that may share a message; an edit shares with none."""
    sort = _sort(owed[0])
    count = next((index for index, one in enumerate(owed) if _sort(one) != sort), len(owed))
    return owed[: 1 if owed[0].edits else count]


def _sort(owed: Owed) -> tuple[bool, bool, bool, bool]:
    return owed.post is None, owed.plain, owed.repeat, owed.edits > 0


def _stories(run: Sequence[Owed]) -> list[list[Owed]]:
    """These alerts, those of one story that stand side by side together."""
    return [list(story) for _, story in groupby(run, key=lambda one: (one.story, 0 if one.story else one.id))]


def _merged(story: Sequence[Owed]) -> Owed:
    """The alerts of one story as one: the first one's post, with the topics of all, and the others' posts named."""
    head = story[0]
    others = [_named(one, one.post) for one in story[1:] if one.post]
    also = dict.fromkeys([*others, *(one for owed in story for one in owed.also)])
    return replace(
        head,
        topics=tuple(dict.fromkeys(topic for one in story for topic in one.topics)),
        priority=min((one.priority for one in story), key=list(Priority).index),
        also=tuple(also),
    )


def _named(owed: Owed, post: Post) -> Also:
    return Also(source=owed.source, url=post.url, lang=post.lang, title=post.title)


def _single(owed: Owed, post: Post, reader: _Reader) -> Message:
    """One alert. Where the addresses of the other posts are too much, they are named without, or not at all."""
    others = (_others(owed, post, reader, linked=True), _others(owed, post, reader, linked=False), "")
    for line in others:
        message = _finish(_alert(owed, post, reader, line), [owed], link=markup.link(post.url))
        if fits(message):
            break
    return replace(message, edits=owed.edits, answers=owed.answers)


def _finish(text: str, told: Sequence[Owed], *, link: str = "") -> Message:
    text = (_REPEAT if told[0].repeat else "") + text
    html, silent = not told[0].plain, all(one.priority is Priority.LOW for one in told)
    return Message(text=text if html else markup.plain(text), html=html, silent=silent, link=link)


def _notice(owed: Owed) -> Message:
    """A notice's words are plain text already."""
    text = markup.clean_lines(owed.text)
    room = markup.LIMIT - len(_REPEAT) - 1
    while markup.units(text) > room:
        text = text[: markup.whole(text, min(len(text) - 1, room))]
    text = (_REPEAT if owed.repeat else "") + (text or "…")
    return Message(text=text, html=False, silent=owed.priority is Priority.LOW)


def _alert(owed: Owed, post: Post, reader: _Reader, others: str) -> str:
    title, excerpt = _title(post, owed), _excerpt(post, owed)
    link = markup.link(post.url)
    again = words.of(reader.lang).gettext("follow-up")
    head = f"{_MARKS[owed.priority]} {_topics(owed.topics)}" + (f" · ↩ {again}" if owed.answers else "")
    tail = [_origin(owed, post), "🕒 " + _when(post, reader), *(["🔗 " + _shown(link)] if link else [])]
    tail += [others] if others else []
    return "\n".join([head, *([title, ""] if title else []), *([excerpt] if excerpt else []), *tail])


def _others(owed: Owed, post: Post, reader: _Reader, *, linked: bool) -> str:
    """Who else has the story: a name for each of the first sources, in the order in which they joined."""
    by_source: dict[str, Also] = {}
    for also in owed.also:
        by_source.setdefault(also.source, also)
    named = list(by_source.values())[:MOST_NAMES]
    if not named:
        return ""
    t, more = words.of(reader.lang), len(owed.also) - len(named)
    # Translators: what stands between the names of a list.
    names = t.gettext(", ").join(_name(also, post, linked=linked) for also in named)
    if not more:
        return "➕ " + t.gettext("also: {names}").format(names=names)
    return "➕ " + t.ngettext("also: {names}, {n} more", "also: {names}, {n} more", more).format(names=names, n=more)


def _name(also: Also, post: Post, *, linked: bool) -> str:
    """A source, linked to its post; in another language than the alert's post, that is told."""
    name = markup.escape(markup.isolate(markup.shorten(also.source, _ALSO) or "?"))
    link = markup.link(also.url) if linked and len(also.url) <= _ALSO_LINK else ""
    foreign = also.lang and words.language(also.lang) != words.language(post.lang)
    mark = markup.shorten(words.language_mark(also.lang), _ALSO) if foreign else ""
    return markup.anchor(link, name) + (f" {markup.escape(markup.isolate(mark))}" if mark else "")


def _topics(names: Sequence[str]) -> str:
    shown: list[str] = []
    room = _TOPICS
    for name in names:
        name = markup.shorten(name, _NAME)
        if markup.units(name) > room:
            return " · ".join([*shown, f"+{len(names) - len(shown)}"])
        shown.append(f"<b>{markup.escape(name)}</b>")
        room -= markup.units(name) + 3
    return " · ".join(shown) or "Vigie"


def _title(post: Post, owed: Owed) -> str:
    """Bold, what matched in it underlined."""
    shown = _cut(post.title, _places(owed, Field.TITLE), size=_TITLE, tag="u")
    return f"<b>{shown}</b>" if shown else ""


def _excerpt(post: Post, owed: Owed) -> str:
    """What stands around the first match in the text, the rest folded behind a tap."""
    if markup.clean(post.text[:_EXCERPT]).strip() == markup.clean(post.title[:_EXCERPT]).strip():
        return ""
    shown = _cut(post.text, _places(owed, Field.TEXT), size=_EXCERPT, tag="b")
    return f"<blockquote expandable>{shown}</blockquote>" if shown else ""


def _cut(text: str, places: Sequence[tuple[int, int]], *, size: int, tag: str, most: int = 20) -> str:
    start, end = markup.window(text, places, before=min(_BEFORE, size // 3), size=size)
    inside = [(place[0] - start, place[1] - start) for place in places if start <= place[0] < end]
    shown = markup.marked(text[start:end], inside, tag=tag, most=most)
    if not shown:
        return ""
    return ("… " if start else "") + shown + (" …" if end < len(text.rstrip()) else "")


def _places(owed: Owed, field: Field) -> list[tuple[int, int]]:
    return [(place.start, place.end) for place in owed.places if place.field is field]


def _origin(owed: Owed, post: Post) -> str:
    """Who says so: source, author, language."""
    source, author = markup.shorten(owed.source, _NAME), markup.shorten(post.author, _NAME)
    language = markup.shorten(words.language_name(post.lang), _NAME)
    said = [source, author if author.casefold() != source.casefold() else "", language]
    return "📰 " + (" · ".join(markup.escape(markup.isolate(one)) for one in said if one) or "?")


def _when(post: Post, reader: _Reader) -> str:
    """A phone shows it in its own zone; an old client shows the text, hence the zone in it."""
    if post.published is None:
        return markup.escape(words.of(reader.lang).gettext("date not given"))
    full = words.moment(post.published, reader.lang, reader.timezone)
    shown = _time(post.published, "wDt", full)
    since = words.ago(post.published, reader.now, reader.lang)
    return f"{shown} ({_time(post.published, 'r', since)})" if since else shown


def _time(when: datetime, style: str, text: str) -> str:
    seconds = int(when.timestamp())
    if not 0 < seconds < 1 << 31:  # what Telegram takes
        return markup.escape(text)
    return f'<tg-time unix="{seconds}" format="{style}">{markup.escape(text)}</tg-time>'


def _shown(link: str) -> str:
    """The address in full where it is short, else its beginning, linked."""
    if len(link) <= 120:
        return markup.escape(link)
    return markup.anchor(link, markup.escape(markup.shorten(link.split("://", 1)[1], 60)))


def _list(told: Sequence[Owed], reader: _Reader) -> str:
    """Posts under the topics that they matched, the most urgent topics first."""
    groups: dict[tuple[str, ...], list[Owed]] = {}
    for owed in sorted(told, key=lambda one: list(Priority).index(one.priority)):
        groups.setdefault(owed.topics, []).append(owed)
    names = tuple(dict.fromkeys(name for topics in groups for name in topics))
    count = words.of(reader.lang).ngettext("{n} new post", "{n} new posts", len(told)).format(n=len(told))
    mark = _MARKS[min((owed.priority for owed in told), key=list(Priority).index)]
    lines = [f"{mark} <b>{markup.escape(count)}</b> · {_topics(names)}"]
    for topics, members in groups.items():
        lines += ["", _topics(topics)] if len(groups) > 1 else [""]
        lines += [_line(owed, owed.post, reader) for owed in members if owed.post]
    return "\n".join(lines)


def _line(owed: Owed, post: Post, reader: _Reader) -> str:
    field = Field.TITLE if post.title.strip() else Field.TEXT
    text = post.title if field is Field.TITLE else post.text
    shown = _cut(text, _places(owed, field), size=_LINE_TITLE, tag="b", most=2) or "…"
    parts = [markup.anchor(markup.link(post.url), shown)]
    source = markup.escape(markup.isolate(markup.shorten(owed.source, _NAME)))
    if source or owed.also:
        parts.append(f"{source} +{len(owed.also)}".strip() if owed.also else source)
    if post.published:
        parts.append(_time(post.published, "Dt", words.short_moment(post.published, reader.lang, reader.timezone)))
    return "• " + " · ".join(parts)
