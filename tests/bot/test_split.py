"""A wrong merge undone: what moves, who is owed what, and that it lasts."""

import subprocess
import sys
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.casebook import Divided, split_off
from bot.errors import VigieError
from bot.model import AlertKind, Chat, Priority, Tie
from bot.rules import split
from bot.rules.casebook import Line
from bot.store import Store
from tests import casework
from tests.casework import TEXTS, Desk, post
from tests.support import START, Clock


@pytest.fixture
def desk(tmp_path: Path, store: Store, clock: Clock) -> Desk:
    return casework.desk(tmp_path, store, clock)


def divide(desk: Desk, story: int, asked: str | int) -> Divided:
    return split_off(desk.store, desk.config, story, str(asked), now=desk.clock())


def stories(desk: Desk) -> dict[int, int]:
    return dict(desk.store.db.conn.execute("SELECT post, story FROM members ORDER BY post"))


def rows(desk: Desk, reader: int) -> list[tuple[str, str, int, int, str]]:
    found = desk.store.db.conn.execute(
        "SELECT kind, cause, story, post, state FROM outbox WHERE subscriber = ? ORDER BY id", (reader,)
    )
    return [tuple(row) for row in found]


def test_the_post_is_told_apart_and_the_message_that_named_it_loses_it(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.deliver(ada)
    desk.clock.forward(minutes=5)
    desk.show(post(2, "", 1))
    assert desk.said(ada) == ["edit item-1 +item-2"]
    desk.deliver(ada)
    desk.clock.forward(minutes=5)
    divided = divide(desk, 1, 2)
    assert (divided.story, [one.id for one in divided.moved], divided.alerts, divided.edits) == (2, [2], 1, 1)
    assert stories(desk) == {1: 1, 2: 2}
    (member,) = desk.store.casebook.members(2)
    assert (member.tie, member.beside, member.evidence) == (Tie.SPLIT, 0, ("story 1",))
    assert sorted(desk.said(ada)) == ["alert item-2", "edit item-1"]
    desk.deliver(ada)
    assert desk.said(ada) == []


def test_what_was_joined_beside_it_goes_along_and_the_rest_stays(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1), post(2, "", 1))
    desk.clock.forward(minutes=1)
    desk.show(post(3, "", 2), post(4, "", 1), post(5, "", 3))
    assert [(one.id, one.beside) for one in desk.store.casebook.members(1)] == [(1, 0), (2, 1), (3, 2), (4, 1), (5, 3)]
    divide(desk, 1, 2)
    assert stories(desk) == {1: 1, 2: 2, 3: 2, 4: 1, 5: 2}
    assert sorted(desk.said(ada)) == ["alert item-1 +item-4", "alert item-2 +item-3 +item-5"]


def test_both_stories_have_the_times_of_their_own_posts(desk: Desk) -> None:
    desk.show(post(1))
    desk.clock.forward(hours=1)
    desk.show(post(2, "", 1))
    desk.clock.forward(hours=1)
    divide(desk, 1, 2)
    found = desk.store.db.conn.execute("SELECT id, first, last FROM stories ORDER BY id").fetchall()
    one, two = START.timestamp(), (START + timedelta(hours=1)).timestamp()
    assert [tuple(row) for row in found] == [(1, one, one), (2, two, two)]


def test_who_has_an_alert_of_that_very_post_is_not_told_twice(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.clock.forward(minutes=1)
    bea = desk.reader(2, "H100")
    desk.show(post(2, "", 1))
    desk.deliver(ada, bea)
    assert rows(desk, bea.id) == [("alert", "first", 1, 2, "sent")]
    assert divide(desk, 1, 2).alerts == 1  # Ada's
    assert rows(desk, bea.id)[0] == ("alert", "first", 2, 2, "sent")
    assert "alert item-2" in desk.said(ada)
    assert "alert item-2" not in desk.said(bea)


def test_a_reply_of_the_old_story_is_the_first_alert_of_the_new_one(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.deliver(ada)
    desk.clock.forward(hours=13)
    desk.show(post(2, "", 1))
    assert desk.said(ada) == ["alert item-2 reply"]
    divided = divide(desk, 1, 2)
    assert (divided.alerts, divided.edits) == (0, 0)
    assert desk.said(ada) == ["alert item-2"]
    assert rows(desk, ada.id)[1] == ("alert", "first", 2, 2, "owed")


def test_a_fact_told_at_once_is_the_first_and_later_ones_answer_it(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.deliver(ada)
    desk.show(post(2, f"{TEXTS[1]} The H100 cost $30,000.", 1))
    desk.deliver(ada)
    desk.show(post(3, f"{TEXTS[2]} Each H100 costs $25,000.", 2))
    assert [row[1:4] for row in rows(desk, ada.id)] == [
        ("first", 1, 1),
        ("fact 30000 usd 2", 1, 2),
        ("fact 25000 usd 3", 1, 3),
    ]
    divide(desk, 1, 2)
    assert [row[1:4] for row in rows(desk, ada.id)[:3]] == [
        ("first", 1, 1),
        ("first", 2, 2),
        ("fact 25000 usd 3", 2, 3),
    ]
    assert "alert item-3 reply" in desk.said(ada)
    (reply,) = [one for one in desk.owed(ada) if one.answers]
    assert reply.answers == 102  # the message that told the second post


def test_replies_answer_what_stands_in_their_own_half() -> None:
    lines = [
        line(1, 1, 1, "first", "sent"),
        line(2, 1, 2, "fact a 2", "sent", about=1),
        line(3, 1, 3, "fact b 3", "sent", about=2),
        line(4, 1, 4, "fact c 4", "owed", about=3),
        line(5, 1, 5, "fact d 5", "owed", about=3),
    ]
    told = {one.id: (one.story, one.cause, one.about) for one in split.recast(lines, {2, 3, 4}, 2)}
    assert told == {2: (2, "first", 0), 3: (2, "fact b 3", 2), 4: (2, "fact c 4", 3), 5: (1, "fact d 5", 1)}


def test_an_alert_that_was_dropped_is_not_the_first_while_another_was_told() -> None:
    lines = [
        line(1, 1, 1, "first", "sent"),
        line(2, 1, 2, "fact a 2", "dropped", about=1),
        line(3, 1, 3, "fact b 3", "sent", about=1),
    ]
    told = {one.id: (one.story, one.cause, one.about) for one in split.recast(lines, {2, 3}, 2)}
    assert told == {2: (2, "fact a 2", 3), 3: (2, "first", 0)}


def test_a_reply_that_became_the_first_alert_names_what_it_left_out(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.deliver(ada)
    desk.clock.forward(hours=1)
    desk.show(post(2, "", 1))
    desk.deliver(ada)
    desk.show(post(3, f"{TEXTS[2]} Each H100 costs $25,000.", 2))
    desk.deliver(ada)
    assert desk.said(ada) == []
    desk.clock.forward(hours=1)
    divided = divide(desk, 1, 2)
    assert (divided.alerts, divided.edits) == (0, 2)
    assert sorted(desk.said(ada)) == ["edit item-1", "edit item-3 +item-2"]


def test_messages_that_told_the_posts_apart_are_left(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1))
    desk.show(post(2, f"{TEXTS[1]} The H100 cost $30,000.", 1))
    desk.deliver(ada)
    assert len(rows(desk, ada.id)) == 2
    divided = divide(desk, 1, 2)
    assert (divided.alerts, divided.edits) == (0, 0)


def test_who_knew_the_rest_only_from_the_alert_that_left_is_owed_one_of_the_rest(desk: Desk) -> None:
    bea = desk.reader(2, "SuperMicro")
    desk.show(post(1))
    desk.show(post(2, f"{TEXTS[1]} SuperMicro lent it.", 1))
    desk.deliver(bea)
    desk.clock.forward(minutes=5)
    desk.show(post(3, f"{TEXTS[2]} SuperMicro paid.", 1))
    desk.deliver(bea)
    divided = divide(desk, 1, 2)
    assert (divided.alerts, divided.edits) == (1, 1)
    desk.clock.forward(minutes=1)
    assert sorted(desk.said(bea)) == ["alert item-3", "edit item-2"]
    assert {row[:4] for row in rows(desk, bea.id)} == {
        ("alert", "first", 2, 2),
        ("edit", "edit 1", 2, 2),
        ("alert", "first", 1, 3),
    }


def test_an_alert_that_was_dropped_is_owed_again(desk: Desk) -> None:
    desk.show(post(1))
    bea = desk.reader(2, "H100")
    desk.show(post(2, "", 1))
    desk.store.outbox.drop([one.id for one in desk.owed(bea)], "refused", desk.clock())
    assert divide(desk, 1, 2).alerts == 1
    assert desk.said(bea) == ["alert item-2"]


def test_nobody_is_owed_what_they_should_not_have_had(desk: Desk) -> None:
    muted, other = desk.reader(1, "H100"), desk.reader(2, "SuperMicro")
    gone = desk.reader(3, "H100")
    desk.show(post(1), post(2, "", 1))
    desk.clock.forward(minutes=1)
    late = desk.reader(4, "H100")
    desk.deliver(muted, gone)
    desk.store.people.mute(muted, None, desk.clock() + timedelta(hours=8))
    desk.store.people.gone(Chat(3))
    assert divide(desk, 1, 2).alerts == 0
    assert [desk.said(reader) for reader in (other, late)] == [[], []]


def test_a_topic_in_which_the_post_was_too_old_is_not_told(desk: Desk) -> None:
    ada, bea = desk.reader(1, "H100"), desk.reader(2, "Elsewhere")
    desk.show(post(2), source="daily", fresh=False)
    desk.show(post(1))
    desk.show(post(2, f"{TEXTS[1]} It is new.", 1))
    assert stories(desk) == {1: 2, 2: 2}  # the second post came first, but too late
    assert divide(desk, 2, 1).alerts == 1
    assert (len(desk.said(ada)), desk.said(bea)) == (2, [])


def test_the_pace_of_a_subscription_holds(desk: Desk) -> None:
    ada = desk.reader(1, "H100", pace="hourly")
    desk.clock.forward(minutes=10)
    desk.show(post(1), post(2, "", 1))
    desk.clock.forward(hours=1)
    desk.deliver(ada)
    divide(desk, 1, 2)
    assert [said for said in desk.said(ada) if said.startswith("alert")] == []
    desk.clock.forward(hours=1)
    assert "alert item-2" in desk.said(ada)


@pytest.mark.parametrize(("hours", "listed"), [(13, False), (0, True)])
def test_a_message_that_cannot_be_changed_any_more_is_left(desk: Desk, hours: int, listed: bool) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1), post(2, "", 1))
    (row,) = [one.id for one in desk.owed(ada)]
    desk.store.outbox.sending([row], desk.clock())
    desk.store.outbox.sent([row, 0] if listed else [row], 7, desk.clock())
    desk.clock.forward(hours=hours)
    divided = divide(desk, 1, 2)
    assert (divided.alerts, divided.edits) == (1, 0)


def test_a_message_that_never_named_the_post_is_left(desk: Desk) -> None:
    bea = desk.reader(2, "SuperMicro")
    desk.show(post(1, f"{TEXTS[0]} SuperMicro denies it."))
    desk.deliver(bea)
    desk.show(post(2, "", 1))
    assert divide(desk, 1, 2).edits == 0


def test_it_lasts(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1), post(2, "", 1))
    divide(desk, 1, 2)
    desk.deliver(ada)
    desk.clock.forward(hours=1)
    desk.show(post(2, f"{TEXTS[1]} SuperMicro lent it.", 1), source="daily")
    assert stories(desk) == {1: 1, 2: 2}
    desk.show(post(3, "", 2), post(4, "", 1))
    assert stories(desk) == {1: 1, 2: 2, 3: 2, 4: 1}
    desk.clock.forward(minutes=1)
    assert "edit item-2 +item-3" in desk.said(ada)


def test_a_part_of_the_new_story_can_leave_it_in_turn(desk: Desk) -> None:
    desk.show(post(1), post(2, "", 1), post(3, "", 2))
    divide(desk, 1, 2)
    divide(desk, 2, 3)
    assert stories(desk) == {1: 1, 2: 2, 3: 3}


@pytest.mark.parametrize(
    ("story", "asked", "words"),
    [
        (1, "feed:99", '"feed:99": no such post'),
        (1, "1", "post 1 is the first of story 1"),
        (9, "2", "there is no story 9; `vigie why 2` tells that of the post"),
        (1, "3", "post 3 is not in story 1, but in story 3"),
        (1, "4", "post 4 is in no story"),
    ],
)
def test_what_cannot_be_split_is_said_and_nothing_changes(desk: Desk, story: int, asked: str, words: str) -> None:
    desk.show(post(1), post(2, "", 1), post(3))
    desk.show(post(4), fresh=False)
    before = list(desk.store.db.conn.iterdump())
    with pytest.raises(VigieError, match=words.replace("?", r"\?")):
        divide(desk, story, asked)
    assert list(desk.store.db.conn.iterdump()) == before


LINES = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 5), st.sampled_from(["sent", "owed", "dropped"])), max_size=8
)


@given(LINES, st.sets(st.integers(2, 5), min_size=1))
def test_a_cause_is_had_only_once_at_every_step_and_each_half_has_its_first(
    drawn: list[tuple[int, int, str]], moved: set[int]
) -> None:
    lines: list[Line] = []
    for subscriber, number, state in drawn:
        begun = any(line.subscriber == subscriber for line in lines)
        lines.append(line(len(lines) + 1, subscriber, number, f"again {len(lines)}" if begun else "first", state))
    changed = split.recast(lines, moved, 2)
    now = {one.id: (one.subscriber, one.story, one.cause) for one in lines}
    for one in changed:
        now[one.id] = (now[one.id][0], one.story, one.cause)
        assert len(set(now.values())) == len(now)
    for subscriber, story in product((1, 2), (1, 2)):
        causes = [cause for who, where, cause in now.values() if (who, where) == (subscriber, story)]
        assert causes.count("first") == (1 if causes else 0)
    assert {one.id for one in lines if one.post in moved} == {row for row, (_, story, _) in now.items() if story == 2}


def line(row: int, subscriber: int, number: int, cause: str, state: str, about: int = 0) -> Line:
    return Line(
        id=row,
        subscriber=subscriber,
        kind=AlertKind.ALERT,
        story=1,
        cause=cause,
        post=number,
        about=about,
        topics=("H100",),
        priority=Priority.NORMAL,
        state=state,
        due=START,
    )


def vigie(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "vigie", *argv]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=30)


def test_the_command_says_what_it_did_and_refuses_while_a_bot_works(tmp_path: Path, clock: Clock) -> None:
    with Store(tmp_path / "vigie.db") as store:
        desk = casework.desk(tmp_path, store, clock)
        ada = desk.reader(1, "H100")
        desk.show(post(1), post(2, "", 1))
        desk.clock.forward(minutes=1)
        desk.show(post(3, "", 2))
        desk.deliver(ada)
        refused = vigie(tmp_path, "split", "1", "feed:2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"vigie: {tmp_path / 'vigie.db'}: another Vigie works on this database; stop it first"
    ]
    done = vigie(tmp_path, "split", "1", "https://news.example.org/reports/item-2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "post 2 left story 1 with 3, which came beside it, and is story 2 now",
        "owed for it: 1 alert; it goes out when the bot runs next",
    ]
    again = vigie(tmp_path, "split", "1", "2")
    assert (again.returncode, again.stderr) == (1, "vigie: post 2 is not in story 1, but in story 2\n")
    shown = vigie(tmp_path, "why", "2").stdout
    assert "an operator took it out of another story (story 1)" in shown
    assert "owed an alert of this post" in shown


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(casework.CONFIG, encoding="utf-8")
    done = vigie(tmp_path, "split", "1", "2")
    assert done.returncode == 1
    assert "no such database yet" in done.stderr
    assert not (tmp_path / "vigie.db").exists()
