"""The whole door to Telegram against a Bot API on loopback: commands, buttons, groups, people who leave."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.error import Conflict

from bot.chat import Telegram
from bot.commands import Commands
from bot.config import load
from bot.errors import VigieError
from bot.model import Chat, Later, Message, Sent
from bot.pacer import Pacer
from bot.store import Store
from tests.botapi import BotApi, Shown
from tests.support import START

FILE = """
timezone = "Europe/Paris"
[telegram]
operators = [{operators}]
access = "{access}"
{topics}
[chat.desk]
id = -100
topics = ["H100"]
"""
ADA, BOB, OPERATOR, GROUP, DESK = 1, 2, 99, -5, -100


@dataclass
class World:
    api: BotApi
    store: Store
    telegram: Telegram
    alarms: list[str]

    async def answer(self, count: int = 1, chat: int = ADA) -> Shown:
        """The newest message of a chat once it has ``count``."""
        async with asyncio.timeout(10):
            while len(self.api.shown[chat]) < count:
                await self.api.change()
        return self.api.shown[chat][-1]

    async def settled(self, person: int = OPERATOR) -> None:
        """All that was said before is handled: updates of one chat come in order, and this is the last."""
        before = len(self.api.shown[person])
        self.api.say(person, "/id")
        await self.answer(before + 1, person)

    def follows(self, chat: int = ADA, thread: int = 0) -> list[str]:
        subscriber = self.store.people.subscriber(Chat(chat, thread))
        return [one.topic for one in self.store.people.subscriptions(subscriber)] if subscriber else []


def hurried() -> Pacer:
    """A pacer whose seconds last a millisecond."""
    return Pacer(lambda: time.monotonic() * 1000, lambda seconds: asyncio.sleep(seconds / 1000))


@asynccontextmanager
async def opened(
    store: Store, folder: Path, *, operators: str = "99", access: str = "open", topics: int = 2
) -> AsyncIterator[World]:
    names = ["H100", "A & <B>", *(f"Topic {n}" for n in range(3, 40))][:topics]
    path = folder / "config.toml"
    tables = "\n".join(f'[topic."{name}"]\nquery = "H100"' for name in names)
    path.write_text(FILE.format(operators=operators, access=access, topics=tables), encoding="utf-8")
    config = load(path)
    with store.transaction():
        chats = [(chat.chat, chat.topics, chat.pace) for chat in config.chats]
        store.people.manage(chats, lang="en", timezone="UTC", now=START)
    commands, alarms = Commands(store, lambda: config, now=lambda: START), []
    async with BotApi() as api:
        for person, lang in ((ADA, "en"), (BOB, "fr"), (OPERATOR, "zh-hans")):
            api.person(person, lang=lang)
        api.group(GROUP, administrators=[ADA], forum=True)
        api.group(DESK, administrators=[ADA])
        telegram = Telegram(api.token, commands=commands, pacer=hurried(), alarm=alarms.append, api_url=api.url)
        async with telegram:
            yield World(api=api, store=store, telegram=telegram, alarms=alarms)


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(store, tmp_path) as made:
        yield made


async def test_start_greets_in_the_clients_language_with_topics_and_languages(world: World) -> None:
    world.api.say(BOB, "/start")
    shown = await world.answer(1, BOB)
    assert "Bonjour, je suis Vigie" in shown.text
    assert {"⬜ H100", "⬜ A & <B>", "🌐 English", "🌐 中文"} <= set(shown.buttons)
    assert world.telegram.name == "@vigie_test_bot"


async def test_a_deep_link_follows_and_a_press_of_a_language_changes_it(world: World) -> None:
    world.api.say(ADA, "/topics")
    data = (await world.answer(1)).buttons["⬜ H100"]
    world.api.say(ADA, f"/start t_{data.split(':')[1]}")
    shown = await world.answer(2)
    assert "✅ You now follow H100." in shown.text
    assert world.follows() == ["H100"]
    world.api.press(ADA, shown.buttons["🌐 中文"], message=shown.id)
    await world.api.wait("editMessageText", 1)
    assert "你好" in shown.text
    assert "✅ H100" in shown.buttons


async def test_buttons_follow_and_unfollow_and_say_so_at_once(world: World) -> None:
    world.api.say(ADA, "/topics")
    shown = await world.answer(1)
    world.api.press(ADA, shown.buttons["⬜ A & <B>"], message=shown.id)
    await world.api.wait("editMessageText", 1)
    assert world.follows() == ["A & <B>"]
    assert world.api.toasts == ["✅ You now follow A & <B>."]
    world.api.press(ADA, shown.buttons["✅ A & <B>"], message=shown.id)
    await world.api.wait("editMessageText", 2)
    assert world.follows() == []
    assert "⬜ A & <B>" in shown.buttons


async def test_many_topics_come_in_pages(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path, topics=20) as world:
        world.api.say(ADA, "/topics")
        shown = await world.answer(1)
        assert "1/3" in shown.buttons
        assert "⬜ Topic 9" not in shown.buttons
        world.api.press(ADA, shown.buttons["▶"], message=shown.id)
        await world.api.wait("editMessageText", 1)
        world.api.press(ADA, shown.buttons["⬜ Topic 9"], message=shown.id)
        await world.api.wait("editMessageText", 2)
        assert {"✅ Topic 9", "2/3"} <= set(shown.buttons)


async def test_follow_unfollow_and_mute_by_name(world: World) -> None:
    world.api.say(ADA, "/follow h100")
    assert (await world.answer(1)).text == "✅ You now follow H100."
    world.api.say(ADA, "/mute H100 2d")
    shown = await world.answer(2)
    assert shown.text == "💤 No alerts about H100 until Tue 26 Nov 2024, 10:00 UTC+1. /mute off ends it."
    subscriber = world.store.people.subscriber(Chat(ADA))
    assert subscriber is not None
    assert world.store.people.subscriptions(subscriber)[0].muted == START + timedelta(days=2)
    world.api.say(ADA, "/mute off")
    assert (await world.answer(3)).text == "🔔 Alerts about H100 are on again."
    world.api.say(ADA, "/unfollow H100")
    assert (await world.answer(4)).text == "You no longer follow H100."
    world.api.say(ADA, "/follow H10")
    assert (await world.answer(5)).text == "There is no topic “H10”. Did you mean H100?"
    world.api.say(ADA, "/follow")
    assert "/follow H100" in (await world.answer(6)).text
    world.api.say(ADA, "/mute 8h")
    assert "nothing to mute" in (await world.answer(7)).text


async def test_stop_asks_once_and_then_erases_everything(world: World) -> None:
    world.api.say(ADA, "/follow H100")
    await world.answer(1)
    world.api.say(ADA, "/stop")
    shown = await world.answer(2)
    assert world.follows() == ["H100"]
    world.api.press(ADA, shown.buttons["Keep it"], message=shown.id)
    await world.api.wait("editMessageText", 1)
    assert world.follows() == ["H100"]
    world.api.press(ADA, "s:yes", message=shown.id)
    await world.api.wait("editMessageText", 2)
    assert world.store.people.subscriber(Chat(ADA)) is None
    assert shown.buttons == {}


async def test_id_tells_person_chat_and_thread(world: World) -> None:
    world.api.say(ADA, "/id", chat=GROUP, thread=7)
    shown = await world.answer(1, GROUP)
    assert shown.text.splitlines() == ["Your id: 1", "This chat's id: -5", "This thread's id: 7"]
    assert shown.params["message_thread_id"] == "7"


async def test_without_operators_id_and_start_say_how_to_become_one(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path, operators="") as world:
        world.api.say(ADA, "/id")
        assert "operators = [1]" in (await world.answer(1)).text
        world.api.say(ADA, "/start")
        assert "operators = [1]" in (await world.answer(2)).text


async def test_a_sample_looks_like_an_alert_and_says_that_it_is_none(world: World) -> None:
    world.api.say(ADA, "/sample")
    shown = await world.answer(1)
    assert shown.text.startswith("🔵 SAMPLE · H100")
    assert "blockquote" in shown.tags
    assert shown.buttons == {"🔗 example.org": "https://example.org/sample"}


async def test_help_names_every_command_of_the_menu_in_every_language(world: World) -> None:
    world.api.say(ADA, "/help")
    text = (await world.answer(1)).text
    assert {"", "en", "fr", "zh"} == set(world.api.menus)
    for one in world.api.menus["en"]:
        assert f"/{one['command']} " in text
    assert world.api.menus["zh"] != world.api.menus["fr"]


@pytest.mark.parametrize("text", ["/nonsense", "/FOLLOWS x", "hello", "/", "/start@other_bot"])
async def test_what_is_not_understood_gets_a_polite_answer_or_none(world: World, text: str) -> None:
    world.api.say(ADA, text)
    if "@" in text:
        await world.settled()
        assert not world.api.shown[ADA]
    else:
        assert (await world.answer(1)).text == "I do not understand that. /help shows what you can ask me."


@pytest.mark.parametrize("data", ["x", "f:0000000000:0", "kw:H100", "p:99999999", "p:²", "l:de", "s:maybe", "f:"])
async def test_a_button_of_another_version_gets_a_polite_answer(world: World, data: str) -> None:
    world.api.press(ADA, data)
    await world.api.wait("answerCallbackQuery", 1)
    assert world.api.toasts == ["This button is too old. Please send /topics for a new one."]


async def test_a_press_that_is_answered_too_late_still_takes_effect(world: World) -> None:
    world.api.say(ADA, "/topics")
    shown = await world.answer(1)
    world.api.fault("error", method="answerCallbackQuery", code=400, description="Bad Request: query is too old")
    world.api.press(ADA, shown.buttons["⬜ H100"], message=shown.id)
    await world.api.wait("editMessageText", 1)
    assert world.follows() == ["H100"]


async def test_the_second_press_of_the_same_button_breaks_nothing(world: World) -> None:
    world.api.say(ADA, "/topics")
    shown = await world.answer(1)
    data = shown.buttons["⬜ H100"]
    for _ in range(2):
        world.api.press(ADA, data, message=shown.id)
    await world.api.wait("answerCallbackQuery", 2)
    assert world.follows() == ["H100"]
    assert world.api.toasts == ["✅ You now follow H100.", "You already follow H100."]


@pytest.mark.parametrize(
    "extra",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "x"}},
        {"via_bot": {"id": 7, "is_bot": True, "first_name": "x"}},
        {"sender_chat": {"id": -77, "type": "channel", "title": "x"}},
        {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}},
        {"from": {"id": 8, "is_bot": True, "first_name": "Bot"}},
    ],
)
async def test_only_what_a_person_wrote_just_so_is_heard(world: World, extra: dict[str, object]) -> None:
    world.api.say(ADA, "/follow H100", **extra)
    await world.settled()
    assert world.follows() == []
    assert not world.api.shown[ADA]


async def test_an_edited_message_is_not_heard(world: World) -> None:
    message = {"message_id": 5, "date": 1, "edit_date": 2, "text": "/follow H100"}
    who = {"id": ADA, "is_bot": False, "first_name": "Ada"}
    world.api.update(edited_message=message | {"from": who, "chat": {"id": ADA, "type": "private"}})
    await world.settled()
    assert world.follows() == []


async def test_in_a_group_only_administrators_and_operators_change_settings(world: World) -> None:
    world.api.say(BOB, "/follow H100", chat=GROUP)
    assert (await world.answer(1, GROUP)).text == "Seuls les administrateurs de ce groupe peuvent changer cela."
    assert world.follows(GROUP) == []
    world.api.say(ADA, "/follow H100", chat=GROUP)
    await world.answer(2, GROUP)
    assert world.follows(GROUP) == ["H100"]
    world.api.say(OPERATOR, "/follow@vigie_test_bot A & <B>", chat=GROUP)
    await world.answer(3, GROUP)
    assert world.follows(GROUP) == ["A & <B>", "H100"]
    world.api.press(BOB, "s:yes", chat=GROUP)
    await world.api.wait("answerCallbackQuery", 1)
    assert world.follows(GROUP) == ["A & <B>", "H100"]
    assert world.api.rights_asked == 2  # remembered for a minute


async def test_threads_of_a_forum_are_subscribers_of_their_own(world: World) -> None:
    world.api.say(ADA, "/follow H100", chat=GROUP, thread=7)
    await world.answer(1, GROUP)
    assert world.follows(GROUP, 7) == ["H100"]
    assert world.follows(GROUP) == []


async def test_an_anonymous_administrator_is_asked_to_show_themselves(world: World) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    group = {"id": GROUP, "type": "supergroup", "title": "Group"}
    world.api.say(ADA, "/follow H100", chat=GROUP, **{"from": anonymous, "sender_chat": group})
    assert "anonymity" in (await world.answer(1, GROUP)).text
    assert world.follows(GROUP) == []


async def test_when_telegram_cannot_say_who_is_administrator_nothing_changes(world: World) -> None:
    world.api.fault("500", method="getChatMember")
    world.api.say(ADA, "/follow H100", chat=GROUP)
    assert "try again" in (await world.answer(1, GROUP)).text
    assert world.follows(GROUP) == []


async def test_what_is_meant_for_another_bot_in_a_group_is_left_alone(world: World) -> None:
    for text in ("/roll", "hello all", "/help@other_bot"):
        world.api.say(ADA, text, chat=GROUP)
    await world.settled()
    assert not world.api.shown[GROUP]


async def test_a_managed_chat_is_changed_in_the_file(world: World) -> None:
    world.api.say(ADA, "/follow A & <B>", chat=DESK)
    assert "config.toml" in (await world.answer(1, DESK)).text
    assert world.follows(DESK) == ["H100"]


async def test_a_closed_vigie_tells_strangers_their_id_and_nothing_else(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path, access="invite") as world:
        world.api.say(ADA, "/start")
        assert "your id is 1" in (await world.answer(1)).text
        world.api.say(ADA, "/id")
        assert "Your id: 1" in (await world.answer(2)).text
        world.api.press(ADA, "f:0:0")
        await world.api.wait("answerCallbackQuery", 1)
        assert world.store.people.subscriber(Chat(ADA)) is None
        world.api.say(OPERATOR, "/follow H100")
        await world.answer(1, OPERATOR)
        assert world.follows(OPERATOR) == ["H100"]


async def test_who_blocks_us_is_left_alone_and_who_returns_is_told_again(world: World) -> None:
    world.api.say(ADA, "/follow H100")
    await world.answer(1)
    world.api.block(ADA)
    await world.settled()
    assert ADA not in [one.subscriber.chat.id for one in world.store.people.following(["H100"])]
    world.api.unblock(ADA)
    await world.settled()
    assert ADA in [one.subscriber.chat.id for one in world.store.people.following(["H100"])]


async def test_a_group_that_becomes_a_supergroup_keeps_what_it_follows(world: World) -> None:
    world.api.say(ADA, "/follow H100", chat=GROUP)
    await world.answer(1, GROUP)
    for _ in range(2):
        world.api.say(ADA, "", chat=GROUP, migrate_to_chat_id=-1005)
    await world.settled()
    assert world.follows(-1005) == ["H100"]
    assert world.follows(GROUP) == []


async def test_flood_control_delays_an_answer_and_loses_none(world: World) -> None:
    world.api.fault("429", retry_after=2)
    world.api.say(ADA, "/help")
    assert "/follow" in (await world.answer(1)).text
    assert world.api.counts()["sendMessage"] == 2


async def test_flood_control_delays_an_edit_and_loses_none(world: World) -> None:
    world.api.say(ADA, "/topics")
    shown = await world.answer(1)
    world.api.fault("429", method="editMessageText", retry_after=2)
    world.api.press(ADA, shown.buttons["⬜ H100"], message=shown.id)
    await world.api.wait("editMessageText", 1)
    assert "✅ H100" in shown.buttons
    world.api.fault("429", method="editMessageText", retry_after=2, times=2)
    world.api.press(ADA, shown.buttons["✅ H100"], message=shown.id)
    async with asyncio.timeout(10):
        while world.api.counts()["editMessageText"] < 4:
            await world.api.change()
    world.api.press(ADA, "p:0", message=shown.id)  # one that was given up stands in nobody's way
    await world.api.wait("editMessageText", 2)
    assert "⬜ H100" in shown.buttons


async def test_who_asks_too_fast_is_answered_in_part_and_harms_nobody(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path) as world:
        for _ in range(60):
            world.api.say(ADA, "/help")
        world.api.say(BOB, "/id")
        await world.answer(1, BOB)
        await world.settled()
        assert 1 <= len(world.api.shown[ADA]) < 60


async def test_a_fault_of_ours_gives_the_person_a_number(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path) as world:
        store.db.conn.execute("ALTER TABLE subscriptions RENAME TO broken")
        world.api.say(ADA, "/follow H100")
        assert "tell the operator this number" in (await world.answer(1)).text


async def test_alerts_go_out_and_their_fate_is_told(world: World) -> None:
    assert isinstance(await world.telegram.send(Chat(ADA), Message(text="<b>H100</b>")), Sent)
    assert world.api.shown[ADA][0].text == "H100"
    world.api.fault("429", retry_after=3)
    assert isinstance(await world.telegram.send(Chat(ADA), Message(text="x")), Later)


async def test_another_reader_of_the_same_bot_raises_one_alarm_when_it_lasts(world: World) -> None:
    for count in range(1, 6):
        world.telegram._poll_failed(Conflict("terminated by other getUpdates request"))
        assert len(world.alarms) == (count >= 3)


async def test_a_wrong_token_is_one_plain_line(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path) as world:
        for token in ("123:wrong", ""):
            with pytest.raises(VigieError) as error:
                async with Telegram(
                    token, commands=world.telegram._desk._commands, pacer=hurried(), alarm=print, api_url=world.api.url
                ):
                    raise AssertionError
            assert "TELEGRAM_BOT_TOKEN" in str(error.value)
            assert error.value.__cause__ is None


async def test_a_network_that_fails_half_way_is_tried_again_until_people_are_heard(
    store: Store, tmp_path: Path
) -> None:
    async with opened(store, tmp_path) as world:
        await world.telegram.stop()
        commands = world.telegram._desk._commands
        world.api.fault("500", method="deleteWebhook")
        async with Telegram(world.api.token, commands=commands, pacer=hurried(), alarm=print, api_url=world.api.url):
            world.api.say(ADA, "/id")
            assert "Your id: 1" in (await world.answer(1)).text


async def test_without_a_network_we_start_and_go_on_trying(store: Store, tmp_path: Path) -> None:
    async with opened(store, tmp_path) as world:
        commands = world.telegram._desk._commands
        async with Telegram(
            "1:x", commands=commands, pacer=hurried(), alarm=print, api_url="http://127.0.0.1:9"
        ) as lost:
            assert lost.name == ""
            assert isinstance(await lost.send(Chat(ADA), Message(text="x")), Later)


async def test_one_refusal_while_reading_does_not_make_us_deaf(world: World) -> None:
    world.api.fault("error", method="getUpdates", code=401, description="Unauthorized")
    world.api.say(ADA, "/id")  # ends the request under way; the next one is refused
    await world.answer(1)
    world.api.say(ADA, "/id")
    assert "Your id: 1" in (await world.answer(2)).text
