"""`vigie check --online`: the token and the chats of the file."""

from bot.chat import probe
from bot.model import Chat
from tests.botapi import TOKEN, BotApi


async def test_what_is_right_gives_no_line_and_sends_nothing() -> None:
    async with BotApi() as api:
        api.person(1)
        api.group(-5)
        assert await probe(TOKEN, [Chat(1), Chat(-5, 3)], api_url=api.url, proxy="") == ()
        assert set(api.counts()) == {"getMe", "getChat", "getChatMember"}


async def test_every_chat_that_cannot_be_written_to_is_named() -> None:
    async with BotApi() as api:
        api.group(-5, bot="left")
        lines = await probe(TOKEN, [Chat(404), Chat(-5)], api_url=api.url, proxy="")
    assert lines == ("chat 404: Chat not found", "chat -5: the bot is not a member; add it to the chat")


async def test_a_wrong_token_and_a_dead_server_are_one_line_without_the_token() -> None:
    async with BotApi() as api:
        (wrong,) = await probe("123:wrong", [Chat(1)], api_url=api.url, proxy="")
    (dead,) = await probe(TOKEN, [Chat(1)], api_url="http://127.0.0.1:9", proxy="")
    assert "@BotFather" in wrong
    assert "cannot be reached" in dead
    assert TOKEN not in dead
