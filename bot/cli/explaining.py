"""``vigie why``: what became of a post and why, for a person or as JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import casebook, markup, terminal
from bot.casebook import Case
from bot.config import Config, load
from bot.model import TERMINAL, AlertKind, Field, Place, Subscriber, Tie
from bot.rules.casebook import Apart, Follower, Judged, Kept, Line, Member, Reader, reason
from bot.store import Store
from scrapers import Post

EXCERPTS = 3
"""Stretches of a post that are shown for a topic."""
_BEFORE, _SIZE, _TITLE = 50, 170, 90
_TIES = {
    Tie.FIRST: "it began the story",
    Tie.COPY: "the same text",
    Tie.LINK: "one links the other, or both one page",
    Tie.NEWS: "the same news in other words",
    Tie.SPLIT: "an operator took it out of another story",
}


def why(path: Path, asked: str, *, as_json: bool) -> None:
    """Tell all about one post. Raises ConfigError, StoreError, or VigieError for one that is not known."""
    config, now = load(path), datetime.now(UTC)
    with Store(config.store_path, read_only=True) as store:
        case = casebook.inquire(store, config, asked, now=now)
    if as_json:
        print(json.dumps(_record(case, config), ensure_ascii=False))
    else:
        _Told(terminal.Screen(terminal.console()), config, now).tell(case)


class _Told:
    """A case in words, on a screen."""

    def __init__(self, screen: terminal.Screen, config: Config, now: datetime) -> None:
        self._screen, self._config, self._now = screen, config, now
        self._zone = ZoneInfo(config.timezone)

    def tell(self, case: Case) -> None:
        self._post(case)
        self._screen.rule("Topics")
        self._topics(case)
        self._screen.rule(f"Story {case.story}" if case.story is not None else "Story")
        self._story(case)
        self._screen.rule("Nearest other stories")
        self._apart(case)
        self._screen.rule("Subscribers")
        self._readers(case)

    def _when(self, when: datetime, *, zone: bool = False) -> str:
        local = when.astimezone(self._zone)
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M}" + (f" {local:%Z}" if zone else "")

    def _post(self, case: Case) -> None:
        filed, post = case.filed, case.filed.post
        said = [
            f"<b>{_escape(_title(post))}</b>",
            _escape(" · ".join(filter(None, (post.author, post.lang, post.url)))),
        ]
        self._screen.title("\n".join(line for line in said if line))
        shown = [one.source for one in filed.shown]
        others = [one for one in shown if one != filed.source]
        lines = [
            f"post {filed.id} · {post.key}",
            f"seen {self._when(filed.seen, zone=True)} at {filed.source}"
            + (f", also shown by {', '.join(others)}" if others else ""),
            f"dated {self._when(post.published, zone=True)}" if post.published else "",
            f"{'fresh' if filed.fresh else 'too old to tell'}: {case.freshness}",
            f"the page behind it: {filed.page}" if filed.page else "",
            f"others at this address: {', '.join(map(str, case.others))}" if case.others else "",
        ]
        if not post.text and self._now - filed.seen > self._config.keep:
            lines.append("its text was deleted since, so that little can be matched today")
        self._screen.say("\n".join(_escape(line) for line in lines if line))

    def _topics(self, case: Case) -> None:
        told = [one for one in case.topics if one.concerns]
        for one in told:
            self._screen.say(f"{_mark(one)} <b>{_escape(one.topic.name)}</b> · {_escape(self._state(one))}")
            places = one.places if one.places is not None else one.hit.places if one.hit else ()
            for line in _excerpts(case.filed.post, places):
                self._screen.say(f"  {line}", dim=True)
        today = {one.topic.name for one in case.topics}
        for hit in case.filed.hits:
            if hit.topic not in today:
                self._screen.say(f"● <b>{_escape(hit.topic)}</b> · {self._hit(hit)}; a topic no more")
        if len(told) < len(case.topics):
            names = ", ".join(one.topic.name for one in case.topics if not one.concerns)
            said = f"○ none of their words: {markup.shorten(names, 300)}"
            self._screen.say(_escape(said))
        if not case.topics and not case.filed.hits:
            self._screen.say("The configuration has no topics.")

    def _hit(self, hit: Kept) -> str:
        return f"a hit since {self._when(hit.at)}" + ("" if hit.fresh else ", but too old to tell")

    def _state(self, one: Judged) -> str:
        now = "matches" if one.places is not None else "does not match"
        terms = ", ".join(dict.fromkeys(place.term for place in one.places or () if place.term))
        kept = self._hit(one.hit) if one.hit else ""
        return "; ".join(filter(None, (f"{now} now" + (f": {terms}" if terms else ""), kept, one.note)))

    def _story(self, case: Case) -> None:
        own = case.member
        if own is None:
            fresh = any(hit.fresh for hit in case.filed.hits)
            self._screen.say(f"It tells none: {'it is new' if fresh else 'only a fresh hit begins or joins one'}.")
            return
        first = case.members[0]
        posts = f"{len(case.members)} post{'s' * (len(case.members) > 1)}"
        self._screen.say(_escape(f"{posts}, since {self._when(first.at)}; {_joined(own, case)}"))
        if own.facts:
            self._screen.say(_escape(f"prices and quantities: {', '.join(sorted(own.facts))}"))
        self._screen.say("")
        for member in case.members:
            here = "►" if member is own else "•"
            how = (
                f"{member.tie} of {member.beside}" if member.tie is Tie.COPY else f"{member.tie} beside {member.beside}"
            )
            tie = how if member.beside else str(member.tie)
            title = _escape(_title(member.post))
            self._screen.say(
                f"{here} <b>{member.id}</b> · {tie} · {self._when(member.at)} · {_escape(member.source)}\n  {title}"
            )
            if member.evidence and member.beside:
                self._screen.say(f"  {_escape(', '.join(member.evidence))}", dim=True)

    def _apart(self, case: Case) -> None:
        for one in case.apart:
            beside = one.beside
            title = _escape(_title(beside.post))
            self._screen.say(
                f"• story <b>{one.story}</b>, post {beside.id} · {self._when(beside.at)} · {_escape(beside.source)}\n"
                f"  {title}"
            )
            self._screen.say(f"  {_escape(reason(one, case.member))}", dim=True)
        if not case.apart:
            self._screen.say("None: nothing of the days before shares a rare word, a link or a phrase with it.")

    def _readers(self, case: Case) -> None:
        for reader, verdict in case.readers:
            name = _escape(_name(reader.subscriber, self._config))
            self._screen.say(f"• <b>{name}</b> · {_escape(verdict)}")
            follows = "; ".join(self._follow(one) for one in reader.follows)
            self._screen.say(
                f"  {_escape(f'follows {follows}' if follows else 'follows none of its topics')}", dim=True
            )
            for line in reader.lines:
                self._screen.say(f"  {_escape(self._line(line))}", dim=True)
        if not case.readers:
            self._screen.say("Nobody follows a topic of this post, and nobody was told of its story.")

    def _follow(self, one: Follower) -> str:
        muted = one.subscription.muted
        said = f"{one.subscription.topic} ({one.subscription.pace}, since {self._when(one.since)})"
        return said + (f", muted until {self._when(muted)}" if muted and muted > self._now else "")

    def _line(self, line: Line) -> str:
        """A row of the outbox: "alert 12 (first) of post 3: sent Mon 25 Nov 2024, 14:10"."""
        what = f"edit of alert {line.about}" if line.kind is AlertKind.EDIT else f"{line.kind} {line.id} ({line.cause})"
        when = f"due {self._when(line.due)}" if line.state == "owed" else ""
        if line.state != "owed" and line.settled:
            when = self._when(line.settled)
        of = f" of post {line.post}" if line.kind is AlertKind.ALERT else ""
        return f"{what}{of}: {line.state}{',' * (line.state == 'owed')} {when}".rstrip() + (
            f"; {line.reason}" if line.reason else ""
        )


def _escape(text: str) -> str:
    return markup.escape(terminal.clean(text))


def _title(post: Post) -> str:
    """The title, or the first words, as one line."""
    return markup.shorten(post.title or post.text or post.url, _TITLE)


def _mark(one: Judged) -> str:
    return "●" if one.hit else "◐" if one.places is not None else "○"


def _joined(own: Member, case: Case) -> str:
    """How a post came to its story."""
    if own.tie is Tie.SPLIT:
        return f"{_TIES[own.tie]} ({', '.join(own.evidence)})"
    if not own.beside:
        return "this post began it" if own.tie is Tie.FIRST else _TIES[own.tie]
    beside = next((member.post for member in case.members if member.id == own.beside), None)
    title = f" “{_title(beside)}”" if beside else ""
    shared = f": {', '.join(own.evidence)}" if own.evidence else ""
    return f"this post joined post {own.beside}{title}, {_TIES[own.tie]}{shared}"


def _excerpts(post: Post, places: Sequence[Place]) -> Iterable[str]:
    """Some stretches of a post around these places, with the words at the places bold; how many places are left."""
    left = sorted(places, key=lambda place: (place.field is Field.TEXT, place.start, place.end))
    for _ in range(EXCERPTS):
        if not left:
            return
        field = left[0].field
        text = post.title if field is Field.TITLE else post.text
        spans = [(place.start, place.end) for place in left if place.field is field]
        start, end = markup.window(text, spans, before=_BEFORE, size=_SIZE)
        inside = [(one - start, other - start) for one, other in spans if other <= end]
        words = markup.marked(terminal.clean(text[start:end]) if not inside else text[start:end], inside, tag="b")
        yield f"{field}: {'… ' * (start > 0)}{words}{' …' * (end < len(text))}"
        left = [place for place in left if place.field is not field or place.end > max(end, left[0].end)]
    if left:
        yield f"and {len(left)} more places"


def _name(subscriber: Subscriber, config: Config) -> str:
    """A chat as an operator knows it."""
    if subscriber.chat == TERMINAL:
        return "the terminal"
    thread = f", thread {subscriber.chat.thread}" if subscriber.chat.thread else ""
    names = [chat.name for chat in config.chats if chat.chat == subscriber.chat]
    gone = "" if subscriber.alive else ", cannot be reached"
    return f"chat {subscriber.chat.id}{thread}" + "".join(f" ({name})" for name in names) + gone


# As JSON


def _record(case: Case, config: Config) -> dict[str, object]:
    filed, own = case.filed, case.member
    return {
        "row": filed.id,
        **json.loads(filed.post.to_json()),
        "source": filed.source,
        "seen": _rfc3339(filed.seen),
        "shown": [{"source": one.source, "fresh": one.fresh} for one in filed.shown],
        "fresh": filed.fresh,
        "freshness": case.freshness,
        "page": filed.page or None,
        "others": list(case.others),
        "topics": [_topic(one) for one in case.topics],
        "hits": [{"topic": hit.topic, **_kept(hit)} for hit in filed.hits],
        "story": case.story,
        "tie": own.tie if own else None,
        "beside": own.beside or None if own else None,
        "evidence": list(own.evidence) if own else [],
        "facts": sorted(own.facts) if own else [],
        "members": [_member(member) for member in case.members],
        "apart": [_stranger(one, own) for one in case.apart],
        "subscribers": [_reader(reader, verdict, config) for reader, verdict in case.readers],
    }


def _topic(one: Judged) -> dict[str, object]:
    return {
        "name": one.topic.name,
        "matches": one.places is not None,
        "places": _places(one.places or ()),
        "hit": _kept(one.hit) if one.hit else None,
        "note": one.note or None,
    }


def _kept(hit: Kept) -> dict[str, object]:
    return {"at": _rfc3339(hit.at), "fresh": hit.fresh, "places": _places(hit.places)}


def _places(places: Iterable[Place]) -> list[dict[str, object]]:
    return [{"field": one.field, "start": one.start, "end": one.end, "term": one.term} for one in places]


def _member(member: Member) -> dict[str, object]:
    return {
        "row": member.id,
        "key": member.post.key,
        "url": member.post.url,
        "title": member.post.title,
        "source": member.source,
        "joined": _rfc3339(member.at),
        "tie": member.tie,
        "beside": member.beside or None,
        "evidence": list(member.evidence),
        "facts": sorted(member.facts),
        "topics": sorted(member.topics),
    }


def _stranger(one: Apart, own: Member | None) -> dict[str, object]:
    return {
        "story": one.story,
        "beside": one.beside.id,
        "title": one.beside.post.title,
        "tie": one.likeness.tie,
        "evidence": list(one.likeness.evidence),
        "reason": reason(one, own),
    }


def _reader(reader: Reader, verdict: str, config: Config) -> dict[str, object]:
    subscriber = reader.subscriber
    return {
        "chat": subscriber.chat.id,
        "thread": subscriber.chat.thread,
        "name": _name(subscriber, config),
        "verdict": verdict,
        "follows": [
            {
                "topic": one.subscription.topic,
                "pace": str(one.subscription.pace),
                "since": _rfc3339(one.since),
                "muted": _rfc3339(one.subscription.muted),
            }
            for one in reader.follows
        ],
        "rows": [_row(line) for line in reader.lines],
    }


def _row(line: Line) -> dict[str, object]:
    return {
        "id": line.id,
        "kind": line.kind,
        "cause": line.cause,
        "post": line.post,
        "about": line.about or None,
        "topics": list(line.topics),
        "state": line.state,
        "due": _rfc3339(line.due),
        "settled": _rfc3339(line.settled),
        "reason": line.reason or None,
    }


def _rfc3339(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="seconds").replace("+00:00", "Z")
