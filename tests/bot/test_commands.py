"""What a person may ask, against a real store."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands import Commands, Followed, Managed, Muted, Unfollowed, Unknown
from bot.config import Config, load
from bot.model import Chat, Pace, Rhythm
from bot.store import Store
from tests.support import START, Clock

FILE = """
language = "fr"
timezone = "Europe/Paris"
[telegram]
operators = [99]
access = "{access}"
[topic.H100]
query = "H100"
[topic."Export controls"]
query = "controls"
[chat.desk]
id = -100
topics = ["H100"]
"""
ADA = Chat(1)


def config(folder: Path, access: str = "open") -> Config:
    path = folder / "config.toml"
    path.write_text(FILE.format(access=access), encoding="utf-8")
    return load(path)


@pytest.fixture
def commands(store: Store, clock: Clock, tmp_path: Path) -> Commands:
    loaded = config(tmp_path)
    with store.transaction():
        chats = [(chat.chat, chat.topics, chat.pace) for chat in loaded.chats]
        store.people.manage(chats, lang="fr", timezone="Europe/Paris", now=START)
    return Commands(store, lambda: loaded, now=clock)


def test_a_chat_is_greeted_in_its_own_language_or_that_of_the_file(commands: Commands) -> None:
    assert commands.start(ADA, "zh-hans").subscriber.lang == "zh"
    assert commands.start(Chat(2), "tlh").subscriber.lang == "fr"
    assert commands.start(Chat(2), "en").subscriber.lang == "fr"  # once greeted, only `speak` changes it
    assert commands.speak(Chat(2), "en").lang == "en"


def test_a_deep_link_follows_its_topic_and_a_wrong_one_only_greets(commands: Commands) -> None:
    topic = commands.topics(ADA)[0].topic
    assert commands.start(ADA, "en", f"t_{topic.id}").followed == topic
    assert [choice.followed for choice in commands.topics(ADA)] == [True, False]
    assert commands.start(ADA, "en", "t_nonsense").followed is None


def test_following_twice_says_so_and_keeps_the_pace(commands: Commands, store: Store) -> None:
    answer = commands.follow(ADA, "en", "  h100 ")
    assert isinstance(answer, Followed)
    assert answer.new
    with store.transaction():
        subscriber = commands.reader(ADA, "en")
        store.people.follow(subscriber, "H100", pace=Pace(Rhythm.HOURLY), now=START)
    again = commands.follow(ADA, "en", "H100")
    assert isinstance(again, Followed)
    assert not again.new
    assert store.people.subscriptions(subscriber)[0].pace == Pace(Rhythm.HOURLY)


def test_an_unknown_topic_is_answered_with_what_may_have_been_meant(commands: Commands) -> None:
    assert commands.follow(ADA, "en", "H10") == Unknown(name="H10", near=("H100",))
    assert commands.unfollow(ADA, "zzz") == Unknown(name="zzz", near=())
    assert commands.mute(ADA, "zzz", None) == Unknown(name="zzz", near=())


def test_unfollowing_says_whether_it_was_followed(commands: Commands) -> None:
    assert commands.unfollow(ADA, "H100") == Unfollowed(name="H100", was=False)
    commands.follow(ADA, "en", "H100")
    assert commands.unfollow(ADA, "H100") == Unfollowed(name="H100", was=True)
    assert not any(choice.followed for choice in commands.topics(ADA))


def test_muting_lasts_as_long_as_asked_and_ends_by_itself(commands: Commands, clock: Clock) -> None:
    commands.follow(ADA, "en", "H100")
    commands.follow(ADA, "en", "Export controls")
    assert commands.mute(ADA, "H100", timedelta(hours=2)) == Muted(names=("H100",), until=START + timedelta(hours=2))
    assert commands.topics(ADA)[0].muted == START + timedelta(hours=2)
    clock.forward(hours=3)
    assert commands.topics(ADA)[0].muted is None
    everything = commands.mute(ADA, None, None)
    assert isinstance(everything, Muted)
    assert everything.until == clock() + timedelta(hours=8)
    assert set(everything.names) == {"H100", "Export controls"}
    assert commands.mute(ADA, None, timedelta()) == Muted(names=everything.names, until=None)
    assert commands.topics(ADA)[0].muted is None


def test_muting_what_is_not_followed_changes_nothing(commands: Commands) -> None:
    answer = commands.mute(ADA, "H100", None)
    assert isinstance(answer, Muted)
    assert answer.names == ()


def test_a_managed_chat_is_changed_in_the_file_alone(commands: Commands) -> None:
    desk = Chat(-100)
    assert commands.follow(desk, "en", "Export controls") == Managed()
    assert commands.unfollow(desk, "H100") == Managed()
    topic = commands.topics(desk)[1].topic
    assert commands.start(desk, "en", f"t_{topic.id}").followed is None
    assert [choice.followed for choice in commands.topics(desk)] == [True, False]


def test_forgetting_erases_all(commands: Commands, store: Store) -> None:
    commands.follow(ADA, "en", "H100")
    assert commands.forget(ADA)
    assert store.people.subscriber(ADA) is None
    assert not commands.forget(ADA)


def test_a_chat_that_blocks_and_returns_keeps_what_it_follows(commands: Commands, store: Store) -> None:
    commands.follow(ADA, "en", "H100")
    commands.gone(ADA)
    assert ADA not in [one.subscriber.chat for one in store.people.following(["H100"])]
    commands.revive(ADA)
    assert ADA in [one.subscriber.chat for one in store.people.following(["H100"])]


def test_a_migration_told_twice_moves_the_settings_once(commands: Commands) -> None:
    commands.follow(Chat(-7), "en", "H100")
    commands.migrate(-7, -1007)
    commands.migrate(-7, -1007)
    assert commands.topics(Chat(-1007))[0].followed


def test_access_that_is_not_open_admits_operators_and_managed_chats(store: Store, clock: Clock, tmp_path: Path) -> None:
    closed = config(tmp_path, access="invite")
    commands = Commands(store, lambda: closed, now=clock)
    assert commands.admits(ADA, 99)
    assert commands.admits(Chat(-100, 5), 1)
    assert not commands.admits(ADA, 1)
    assert commands.operator(99)
    assert not commands.operator(1)
