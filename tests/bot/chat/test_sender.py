"""What becomes of a send, by its cause, against a Bot API that misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.chat import sender
from bot.model import Chat, Later, Message, Moved, Never, Receipt, Sent, Uncertain, Unreadable
from tests.botapi import TOKEN, BotApi

HELLO = Message(text="<b>Hello</b> &amp; welcome")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        server.person(1)
        server.group(-5)
        yield server


async def send(url: str, message: Message = HELLO, chat: Chat = Chat(1)) -> Receipt:  # noqa: B008
    request = HTTPXRequest(read_timeout=0.3, connect_timeout=0.5, httpx_kwargs={"trust_env": False})
    bot = Bot(TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request)
    try:
        return Sent(message_id=await sender.put(bot, chat, message))
    except TelegramError as error:
        return sender.receipt(error)
    finally:
        await request.shutdown()


async def test_a_message_arrives_as_it_was_meant(api: BotApi) -> None:
    receipt = await send(api.url, Message(text="<b>a</b>", silent=True, link="https://www.example.org/x?a=1&b=2"))
    shown = api.shown[1][0]
    assert receipt == Sent(message_id=shown.id)
    assert shown.text == "a"
    assert shown.params["disable_notification"] == "true"
    assert '"is_disabled": true' in shown.params["link_preview_options"]
    assert shown.buttons == {"🔗 example.org": "https://www.example.org/x?a=1&b=2"}
    assert "message_thread_id" not in shown.params


async def test_a_thread_is_named_and_plain_text_is_not_parsed(api: BotApi) -> None:
    await send(api.url, Message(text="<3", html=False, link="https://example.org"), Chat(-5, 7))
    shown = api.shown[-5][0]
    assert shown.params["message_thread_id"] == "7"
    assert shown.text == "<3"
    assert shown.buttons == {}


async def test_a_host_without_a_dot_gets_no_button(api: BotApi) -> None:
    assert isinstance(await send(api.url, Message(text="a", link="http://localhost/x")), Sent)
    assert api.shown[1][0].buttons == {}


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("429", {"retry_after": 7}, Later),
        ("500", {}, Uncertain),
        ("502", {}, Uncertain),
        ("garbled", {}, Uncertain),
        ("lost_before", {}, Uncertain),
        ("lost_after", {}, Uncertain),
        ("slow_before", {}, Uncertain),
        ("slow_after", {}, Uncertain),
        ("error", {"code": 403, "description": "Forbidden: user is deactivated"}, Never),
        ("error", {"code": 400, "description": "Bad Request: chat not found"}, Never),
        ("error", {"code": 400, "description": "Bad Request: can't parse entities: x"}, Unreadable),
        ("error", {"code": 400, "description": "Bad Request: BUTTON_URL_INVALID"}, Unreadable),
        ("error", {"code": 400, "description": "Bad Request: message thread not found"}, Never),
        ("error", {"code": 401, "description": "Unauthorized"}, Later),
    ],
)
async def test_every_failure_is_sorted_by_its_cause(
    api: BotApi, kind: str, details: dict[str, Any], expected: type
) -> None:
    api.fault(kind, **details)
    assert type(await send(api.url)) is expected
    assert len(api.shown[1]) == (kind in ("garbled", "lost_after", "slow_after"))


async def test_flood_control_says_how_long(api: BotApi) -> None:
    api.fault("429", retry_after=7)
    receipt = await send(api.url)
    assert isinstance(receipt, Later)
    assert receipt.after == timedelta(seconds=7)


async def test_a_chat_that_is_gone_is_told_from_a_message_that_is_wrong(api: BotApi) -> None:
    api.block(1)
    blocked, unknown = await send(api.url), await send(api.url, chat=Chat(404))
    api.fault("error", code=400, description="Bad Request: message thread not found")
    thread = await send(api.url)
    assert isinstance(blocked, Never)
    assert isinstance(unknown, Never)
    assert isinstance(thread, Never)
    assert (blocked.chat_gone, unknown.chat_gone, thread.chat_gone) == (True, True, False)


async def test_a_group_that_moved_says_where(api: BotApi) -> None:
    api.move(-5, -1005)
    assert await send(api.url, chat=Chat(-5)) == Moved(chat=-1005)


async def test_a_connection_that_was_never_made_may_be_tried_again() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert isinstance(await send(f"http://127.0.0.1:{port}"), Later)


async def test_no_token_stands_in_a_receipt(api: BotApi) -> None:
    for kind in ("429", "500", "garbled", "lost_before"):
        api.fault(kind)
        assert TOKEN not in repr(await send(api.url))


async def sent(api: BotApi, message: Message, chat: int = 1) -> int:
    receipt = await send(api.url, message, Chat(chat))
    assert isinstance(receipt, Sent)
    return receipt.message_id


async def test_an_edit_changes_the_words_and_keeps_the_button(api: BotApi) -> None:
    number = await sent(api, Message(text="<b>a</b>", link="https://example.org/x"))
    assert await sent(api, Message(text="<b>a</b> &amp; b", link="https://example.org/x", edits=number)) == number
    (shown,) = api.shown[1]
    assert (shown.text, shown.edits) == ("a & b", 1)
    assert shown.buttons == {"🔗 example.org": "https://example.org/x"}
    assert '"is_disabled": true' in shown.params["link_preview_options"]


async def test_an_edit_that_changes_nothing_counts_as_sent(api: BotApi) -> None:
    number = await sent(api, HELLO)
    assert await sent(api, Message(text=HELLO.text, edits=number)) == number


async def test_a_plain_edit_is_not_parsed(api: BotApi) -> None:
    number = await sent(api, HELLO)
    await sent(api, Message(text="<3", html=False, edits=number))
    assert api.shown[1][0].text == "<3"


async def test_an_edit_of_a_message_that_was_deleted_fails_alone(api: BotApi) -> None:
    number = await sent(api, HELLO)
    api.erase(1, number)
    receipt = await send(api.url, Message(text="b", edits=number))
    assert isinstance(receipt, Never)
    assert not receipt.chat_gone


async def test_an_edit_that_telegram_does_not_allow_fails_alone(api: BotApi) -> None:
    number = await sent(api, HELLO)
    api.fault("error", method="editMessageText", code=400, description="Bad Request: message can't be edited")
    receipt = await send(api.url, Message(text="b", edits=number))
    assert isinstance(receipt, Never)
    assert not receipt.chat_gone


async def test_an_edit_in_a_chat_that_blocked_us_says_that_the_chat_is_gone(api: BotApi) -> None:
    number = await sent(api, HELLO)
    api.block(1)
    receipt = await send(api.url, Message(text="b", edits=number))
    assert isinstance(receipt, Never)
    assert receipt.chat_gone


async def test_a_reply_stands_under_what_it_answers_or_alone_where_that_was_deleted(api: BotApi) -> None:
    first = await sent(api, HELLO, -5)
    await sent(api, Message(text="b", answers=first), -5)
    api.erase(-5, first)
    await sent(api, Message(text="c", answers=first), -5)
    assert [(shown.text, shown.answers) for shown in api.shown[-5]] == [("b", first), ("c", 0)]
