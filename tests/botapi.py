"""A small strict Bot API on loopback, as far as Vigie uses it: it refuses what Telegram refuses and records every call.

async with BotApi() as api:
    api.person(1, lang="fr")                     a user who has started the bot
    api.group(-5, administrators=[1])
    api.fault("429", method="sendMessage", retry_after=2)
    api.say(1, "/start")                         the user writes; the bot reads it by getUpdates
    await api.wait("sendMessage", 1)
    api.shown[1]                                 what stands in the chat
"""

import asyncio
import itertools
import json
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from types import TracebackType
from typing import Any, Self

from aiohttp import web

TOKEN = "123456:a-test-token-that-is-a-secret-000000"
BOT = {"id": 123456, "is_bot": True, "first_name": "Vigie", "username": "vigie_test_bot"}
GIFTS = {
    "accepted_gift_types": dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
    )
}
"""The library wants this of every full chat."""
_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "code", "pre", "a", "blockquote", "tg-time"}
_TOKEN = re.compile(
    r'<(?P<end>/)?(?P<name>[a-z-]+)(?P<attributes>(?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>|<|&(?P<ref>#?\w*);?'
)


class Refused(Exception):
    """An answer of the API that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request; ``done`` is whether it took effect, whatever the caller was told."""

    method: str
    params: dict[str, Any]
    at: float
    done: bool


@dataclass(kw_only=True)
class Fault:
    kind: str
    method: str
    times: int
    details: dict[str, Any]


@dataclass(kw_only=True)
class Shown:
    """A message as it stands in a chat: ``text`` parsed, ``tags`` the tags that were in it, ``raw`` as sent.

    ``answers`` is the message that it replies to (0: none), ``edits`` how often it was changed.
    """

    id: int
    text: str
    raw: str
    tags: list[str]
    params: dict[str, Any] = field(default_factory=dict)
    answers: int = 0
    edits: int = 0

    @property
    def buttons(self) -> dict[str, str]:
        """Label to callback data or address."""
        rows = json.loads(self.params.get("reply_markup", "{}")).get("inline_keyboard", [])
        return {one["text"]: one.get("callback_data", one.get("url", "")) for row in rows for one in row}


def parse_html(text: str) -> tuple[str, list[str]]:
    """Plain text and the tags, or Refused as Telegram does."""
    done, tags, opened, end = [], [], [], 0
    for found in _TOKEN.finditer(text):
        done.append(text[end : found.start()])
        end = found.end()
        if found["ref"] is not None:
            done.append(
                unescape(found[0]) if found["ref"] in ("lt", "gt", "amp", "quot") or "#" in found[0] else found[0]
            )
            continue
        name = found["name"]
        if name not in _TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{name}"')
        if not found["end"]:
            opened.append(name)
            tags.append(name)
            _attributes(name, found["attributes"])
        elif not opened or opened.pop() != name:
            raise Refused(400, "Bad Request: can't parse entities: Unmatched end tag")
    if opened:
        raise Refused(400, f"Bad Request: can't parse entities: Can't find end tag for {opened[-1]}")
    return "".join(done) + text[end:], tags


def _attributes(name: str, given: str) -> None:
    found = dict(re.findall(r'([a-z-]+)="([^"]*)"', given))
    if name == "tg-time" and not 0 < int(found.get("unix", "0")) < 1 << 31:
        raise Refused(400, "Bad Request: can't parse entities: Invalid date specified")
    if name == "a" and not re.match(r"https?://[^/]*\.", unescape(found.get("href", ""))):
        raise Refused(400, "this test wants every link to be one that Telegram keeps")


class BotApi:
    """The server and its world. ``limits`` switches the counting of messages on."""

    def __init__(self, *, limits: bool = False, token: str = TOKEN) -> None:
        self.token, self.limits, self.url = token, limits, ""
        self.calls: list[Call] = []
        self.shown: dict[int, list[Shown]] = defaultdict(list)
        self.menus: dict[str, list[dict[str, str]]] = {}
        self.toasts: list[str] = []
        self.rights_asked = 0
        self._people: dict[int, dict[str, Any]] = {}
        self._groups: dict[int, dict[str, Any]] = {}
        self._blocked: set[int] = set()
        self._moved: dict[int, int] = {}
        self._faults: list[Fault] = []
        self._updates: deque[dict[str, Any]] = deque()
        self._number = itertools.count(1)
        self._watchers: list[asyncio.Future[None]] = []
        self._sent_at: dict[int | None, deque[float]] = defaultdict(lambda: deque(maxlen=400))
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    # The world

    def person(self, number: int, *, lang: str | None = "en") -> None:
        """A user who has started the bot."""
        self._people[number] = {"id": number, "is_bot": False, "first_name": f"P{number}", "language_code": lang}

    def group(
        self, number: int, *, administrators: Iterable[int] = (), forum: bool = False, bot: str = "member"
    ) -> None:
        """A supergroup in which the bot has the status ``bot``."""
        self._groups[number] = {"administrators": set(administrators), "forum": forum, "bot": bot}

    def block(self, number: int) -> None:
        """The user blocks the bot."""
        self._blocked.add(number)
        self._membership(number, "kicked")

    def unblock(self, number: int) -> None:
        """The user lets the bot in again."""
        self._blocked.discard(number)
        self._membership(number, "member")

    def move(self, old: int, new: int) -> None:
        """The group becomes a supergroup with another number."""
        self.group(new, administrators=self._groups.pop(old)["administrators"])
        self._moved[old] = new

    def erase(self, chat: int, number: int) -> None:
        """Somebody deletes a message from the chat."""
        self.shown[chat] = [shown for shown in self.shown[chat] if shown.id != number]

    def fault(self, kind: str, *, method: str = "sendMessage", times: int = 1, **details: Any) -> None:
        """429, 500, 502, garbled, error (code, description), lost_before, lost_after, slow_before, slow_after."""
        self._faults.append(Fault(kind=kind, method=method, times=times, details=details))

    def say(self, person: int, text: str, *, chat: int | None = None, thread: int = 0, **extra: Any) -> None:
        """A user writes to the bot, or in a group."""
        message: dict[str, Any] = {
            "message_id": next(self._number),
            "date": int(time.time()),
            "chat": self._chat(chat or person),
            "from": self._people[person],
            "text": text,
        }
        if thread:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        self.update(message=message | extra)

    def press(self, person: int, data: str, *, chat: int | None = None, message: int = 1) -> None:
        """A user presses a button."""
        where = {"message_id": message, "date": int(time.time()), "chat": self._chat(chat or person), "text": "x"}
        query = {"id": str(next(self._number)), "from": self._people[person], "chat_instance": "1", "data": data}
        self.update(callback_query=query | {"message": where})

    def update(self, **body: Any) -> None:
        """Any update as Telegram would write it."""
        self._updates.append({"update_id": next(self._number), **body})
        self._notify()

    async def wait(self, method: str, count: int) -> list[Call]:
        """The calls of one method, as soon as there are ``count`` that took effect."""
        async with asyncio.timeout(10):
            while len(found := [call for call in self.calls if call.method == method and call.done]) < count:
                await self.change()
        return found

    async def change(self) -> None:
        """Wait until something happens: a call, or an update."""
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append(watcher)
        await watcher

    def counts(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(call.method for call in self.calls)

    # The server

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return self._refuse(Refused(401, "Unauthorized"))
        method, params = request.match_info["method"], dict(await request.post())
        fault = self._next_fault(method)
        kind = fault.kind if fault else ""
        if kind in ("lost_before", "slow_before"):
            self._record(method, params, done=False)
            return await self._lose(request, kind)
        try:
            if fault:
                self._raise(fault)
            result = await self._do(method, params)
        except Refused as refused:
            self._record(method, params, done=False)
            return self._refuse(refused)
        self._record(method, params, done=True)
        if kind in ("lost_after", "slow_after"):
            return await self._lose(request, kind)
        return (
            web.Response(text="{", content_type="application/json")
            if kind == "garbled"
            else web.json_response({"ok": True, "result": result})
        )

    def _next_fault(self, method: str) -> Fault | None:
        fault = next((one for one in self._faults if one.method == method and one.times), None)
        if fault:
            fault.times -= 1
        return fault

    def _raise(self, fault: Fault) -> None:
        match fault.kind:
            case "429":
                after = fault.details.get("retry_after", 1)
                raise Refused(429, f"Too Many Requests: retry after {after}", retry_after=after)
            case "500" | "502":
                raise Refused(int(fault.kind), "Internal Server Error")
            case "error":
                raise Refused(
                    fault.details["code"], fault.details["description"], **fault.details.get("parameters", {})
                )

    async def _lose(self, request: web.Request, kind: str) -> web.StreamResponse:
        """No answer: the connection breaks, or nothing comes for a while."""
        if kind.startswith("slow"):
            await asyncio.sleep(1)
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _record(self, method: str, params: dict[str, Any], *, done: bool) -> None:
        self.calls.append(Call(method=method, params=params, at=time.monotonic(), done=done))
        self._notify()

    def _notify(self) -> None:
        for watcher in self._watchers:
            if not watcher.done():
                watcher.set_result(None)
        self._watchers.clear()

    def _refuse(self, refused: Refused) -> web.Response:
        body = {"ok": False, "error_code": refused.code, "description": refused.description}
        return web.json_response(
            body | ({"parameters": refused.parameters} if refused.parameters else {}), status=refused.code
        )

    async def _do(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return BOT
            case "getUpdates":
                return await self._poll(params)
            case "sendMessage":
                return self._send(params)
            case "editMessageText":
                return self._edit(params)
            case "answerCallbackQuery":
                self.toasts.append(params.get("text", ""))
                return True
            case "setMyCommands":
                self.menus[params.get("language_code", "")] = json.loads(params["commands"])
                return True
            case "deleteWebhook":
                return True
            case "getChat":
                self._reachable(int(params["chat_id"]))
                return self._chat(int(params["chat_id"])) | {"accent_color_id": 0, "max_reaction_count": 1} | GIFTS
            case "getChatMember":
                return self._member(params)
        raise Refused(404, "Not Found: method not found")

    async def _poll(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        offset, until = int(params.get("offset", 0)), time.monotonic() + float(params.get("timeout", 0))
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        while not self._updates and (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self.change()
            except TimeoutError:
                break
        return list(self._updates)

    def _send(self, params: dict[str, Any]) -> dict[str, Any]:
        chat = int(params["chat_id"])
        self._reachable(chat)
        text, tags = self._text(params)
        if "reply_markup" in params:
            self._buttons(json.loads(params["reply_markup"]))
        answers = self._answers(chat, json.loads(params.get("reply_parameters", "{}")))
        if self.limits:
            self._count(chat)
        number = next(self._number)
        self.shown[chat].append(
            Shown(id=number, text=text, raw=params["text"], tags=tags, params=params, answers=answers)
        )
        return {"message_id": number, "date": int(time.time()), "chat": self._chat(chat), "text": text}

    def _answers(self, chat: int, reply: dict[str, Any]) -> int:
        """The message that is replied to; one that is not there is an error, unless the caller does without."""
        if not reply:
            return 0
        if reply["message_id"] in [shown.id for shown in self.shown[chat]]:
            return int(reply["message_id"])
        if not reply.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        return 0

    def _edit(self, params: dict[str, Any]) -> dict[str, Any]:
        chat, number = int(params["chat_id"]), int(params["message_id"])
        self._reachable(chat)
        text, tags = self._text(params)
        if "reply_markup" in params:
            self._buttons(json.loads(params["reply_markup"]))
        if self.limits:
            self._count(chat)
        shown = next((one for one in self.shown[chat] if one.id == number), None)
        if shown is None:
            raise Refused(400, "Bad Request: message to edit not found")
        new = Shown(id=number, text=text, raw=params["text"], tags=tags, params=params)
        if (shown.raw, shown.buttons) == (new.raw, new.buttons):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        shown.text, shown.raw, shown.tags, shown.params = new.text, new.raw, new.tags, new.params
        shown.edits += 1
        return {"message_id": number, "date": int(time.time()), "chat": self._chat(chat), "text": text}

    def _text(self, params: dict[str, Any]) -> tuple[str, list[str]]:
        raw = params.get("text", "")
        if len(raw.encode()) > 1 << 15:
            raise Refused(400, "Bad Request: text is too long")
        text, tags = parse_html(raw) if params.get("parse_mode") == "HTML" else (raw, [])
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise Refused(400, "Bad Request: message is too long")
        return text, tags

    def _buttons(self, markup: dict[str, Any]) -> None:
        for button in itertools.chain.from_iterable(markup["inline_keyboard"]):
            if not button["text"] or len(button.get("callback_data", "x").encode()) > 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
            if "url" in button and not re.match(r"https?://[^/\s]*\.[^\s]*$", button["url"]):
                raise Refused(
                    400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
                )

    def _reachable(self, chat: int) -> None:
        if chat in self._moved:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self._moved[chat],
            )
        if chat in self._blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat not in self._people and chat not in self._groups:
            raise Refused(400, "Bad Request: chat not found")

    def _count(self, chat: int) -> None:
        """As strictly as can be: a sliding window over what arrived."""
        t = time.monotonic()
        rules = [(None, 1.0, 30), (chat, 1.0, 1), *([(chat, 60.0, 20)] if chat < 0 else [])]
        for key, seconds, most in rules:
            if sum(at > t - seconds for at in self._sent_at[key]) >= most:
                raise Refused(429, "Too Many Requests: retry after 2", retry_after=2)
        for key in (None, chat):
            self._sent_at[key].append(t)

    def _member(self, params: dict[str, Any]) -> dict[str, Any]:
        self.rights_asked += 1
        group, person = self._groups[int(params["chat_id"])], int(params["user_id"])
        if person == BOT["id"]:
            return {"status": group["bot"], "user": BOT} | ({"until_date": 0} if group["bot"] == "kicked" else {})
        if person not in group["administrators"]:
            return {"status": "member", "user": self._people[person]}
        return {"status": "creator", "user": self._people[person], "is_anonymous": False}

    def _chat(self, number: int) -> dict[str, Any]:
        if number > 0:
            return {"id": number, "type": "private", "first_name": f"P{number}"}
        return {
            "id": number,
            "type": "supergroup",
            "title": "Group",
            "is_forum": self._groups.get(number, {}).get("forum", False),
        }

    def _membership(self, number: int, status: str) -> None:
        member: dict[str, Any] = {"user": BOT, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        change = {
            "chat": self._chat(number),
            "from": self._people[number],
            "date": int(time.time()),
            "old_chat_member": {"user": BOT, "status": "member"},
            "new_chat_member": member,
        }
        self.update(my_chat_member=change)
