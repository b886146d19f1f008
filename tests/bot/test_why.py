"""Why a post did or did not alert: what the command tells a person and a script, and the judgements behind it."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.casebook import Case, inquire, split_off
from bot.errors import VigieError
from bot.model import Chat
from bot.rules.casebook import reason
from bot.store import Store
from tests import casework
from tests.casework import TEXTS, Desk, post
from tests.support import START, Clock

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path, store: Store, clock: Clock) -> Desk:
    return casework.desk(tmp_path, store, clock)


def case(desk: Desk, asked: str | int) -> Case:
    return inquire(desk.store, desk.config, str(asked), now=desk.clock())


def verdicts(desk: Desk, asked: str | int) -> dict[int, str]:
    return {reader.subscriber.chat.id: verdict for reader, verdict in case(desk, asked).readers}


def vigie(folder: Path, *argv: str, columns: int = 100) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "vigie", *argv]
    env = {"COLUMNS": str(columns)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, check=False, timeout=30)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def told(folder: Path, asked: str) -> dict[str, Any]:
    done = vigie(folder, "why", asked, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


# Which post


@pytest.mark.parametrize(
    "asked",
    [
        "feed:2",
        " feed:2 ",
        "2",
        "https://news.example.org/reports/item-2",
        "http://www.news.example.org/reports/item-2/?utm_source=x#top",
        "news.example.org/reports/item-2",
        "guid-of-daily",
    ],
)
def test_a_post_is_named_by_key_row_or_any_spelling_of_its_address(desk: Desk, asked: str) -> None:
    desk.show(post(1), post(2), post(3))
    desk.show(post(2, key="guid-of-daily"), source="daily")
    assert case(desk, asked).filed.post.key == "feed:2"


@pytest.mark.parametrize(
    "asked", ["feed:9", "9", "https://news.example.org/", "0", "", "-1", "9" * 30, "²", "\x1b[1m\n"]
)
def test_one_that_is_not_known_is_one_plain_line(desk: Desk, tmp_path: Path, asked: str) -> None:
    desk.show(post(1))
    with pytest.raises(VigieError, match="no such post"):
        case(desk, asked)
    if not asked.startswith("-"):
        done = vigie(tmp_path, "why", asked)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.rstrip("\n").isprintable()


def test_of_several_at_one_address_the_newest_is_meant_and_the_others_are_named(desk: Desk) -> None:
    desk.show(post(1))
    desk.show(post(2, url=post(1).url))
    found = case(desk, post(1).url)
    assert (found.filed.post.key, found.others) == ("feed:2", (1,))


def test_posts_that_differ_by_their_fragment_alone_are_told_apart(desk: Desk) -> None:
    desk.show(post(1, url="https://blog.example.org/today#one"), post(2, url="https://blog.example.org/today#two"))
    assert [case(desk, f"http://blog.example.org/today#{name}").filed.id for name in ("one", "two")] == [1, 2]


# Topics


def notes(desk: Desk, asked: str | int) -> dict[str, tuple[bool, bool, str]]:
    return {one.topic.name: (one.places is not None, one.hit is not None, one.note) for one in case(desk, asked).topics}


def test_each_topic_of_today_says_what_it_found_or_what_is_missing(desk: Desk) -> None:
    desk.show(post(1, "The H100 ban is a rumour, they say in SuperMicro Lane."))
    found = notes(desk, 1)
    assert found["H100"] == (True, True, "")
    assert found["SuperMicro"] == (False, False, "only inside what is excepted: SuperMicro Lane")
    assert found["Ban"] == (False, False, "it must not hold rumour")
    assert found["Elsewhere"] == (False, False, "its words are there, but it looks at daily alone")
    desk.show(post(2, "An H100 in a window."))
    assert notes(desk, 2)["Ban"] == (False, False, "the query is not true, of its words it holds H100")
    desk.show(post(3, "A quiet day."))
    assert set(notes(desk, 3).values()) == {(False, False, "")}


def test_a_topic_that_was_changed_since_is_told_from_its_hit(desk: Desk) -> None:
    desk.show(post(1, "An H100 and nothing else."))
    path = desk.config.path
    path.write_text(casework.CONFIG.replace('query = "H100"\n[topic.S', 'query = "H200"\n[topic.S'), encoding="utf-8")
    changed = casework.load(path)
    (one,) = [each for each in inquire(desk.store, changed, "1", now=desk.clock()).topics if each.topic.name == "H100"]
    assert (one.places, one.note) == (None, "its query was changed since")
    assert one.hit
    path.write_text(casework.CONFIG + '[topic.Else]\nquery = "nothing"\n', encoding="utf-8")
    found = inquire(desk.store, casework.load(path), "1", now=desk.clock())
    (new,) = [each for each in found.topics if each.topic.name == "Else"]
    assert (new.hit, new.note) == (None, "no hit was kept: the topic, or the source, was changed since")


@pytest.mark.parametrize(
    ("hours", "fresh", "words"),
    [
        (2, True, "published 2 h before it was seen; the limit is 72 h"),
        (100, False, "published 4 d before it was seen, which is more than 72 h"),
        (30, False, "published 30 h before it was seen; 24 h is the limit at the first look at a source"),
        (3, False, "published 3 h before it was seen; its source showed it later"),
        (-1, True, "published just now when it was seen; the limit is 72 h"),
        (None, True, "undated, so taken as new"),
        (None, False, "undated, and there at the first look at its source"),
    ],
)
def test_its_age_is_explained(desk: Desk, hours: float | None, fresh: bool, words: str) -> None:
    desk.show(post(1, published=None if hours is None else START - hours * HOUR), fresh=fresh)
    assert words in case(desk, 1).freshness


# The story, and the stories that it is not


def test_the_story_is_told_with_the_ties_of_all_its_members(desk: Desk) -> None:
    desk.show(post(1))
    desk.show(post(2, f"{TEXTS[1]} The H100 cost $30,000.", 1))
    desk.show(post(3, TEXTS[0]))
    found = case(desk, 2)
    assert found.story == 1
    assert [(one.id, one.tie, one.beside) for one in found.members] == [(1, "first", 0), (2, "link", 1), (3, "copy", 1)]
    assert found.member
    assert found.member.evidence == ("news.example.org/reports/item-1",)
    assert found.member.facts == {"30000 usd"}


def test_the_nearest_other_stories_come_with_the_reason(desk: Desk) -> None:
    template = "The price of an H100 rose by {} % in {} this week, says the index of the exchange for used machines."
    desk.show(post(1, template.format(5, "Lyon")), post(2, template.format(7, "Graz")))
    desk.show(post(3, f"{TEXTS[2]} The exchange in Graz is closed."))
    desk.show(post(4, f"{TEXTS[0]} SuperMicro Lane is near.", 1))
    apart = {one.story: reason(one, case(desk, 2).member) for one in case(desk, 2).apart}
    assert re.fullmatch("a template, 7.* / 5.*", apart[1])
    assert apart[3].startswith("too little in common, alike 0.")
    assert " of 0.6, sharing " in apart[3]
    assert 2 not in apart
    assert len(apart) <= 3


def test_two_posts_that_share_no_topic_say_so(desk: Desk) -> None:
    desk.show(post(1), post(2, "Forty racks by SuperMicro stood behind the ferry pier on Monday."))
    (one,) = case(desk, 2).apart
    assert reason(one, case(desk, 2).member) == "too little in common, no topic of both"


def test_what_a_split_keeps_apart_is_said(desk: Desk) -> None:
    desk.show(post(1), post(2, "", 1))
    split_off(desk.store, desk.config, 1, "2", now=desk.clock())
    for asked, story in ((1, 2), (2, 1)):
        (one,) = case(desk, asked).apart
        said = "would be a link (news.example.org/reports/item-1), but an operator split them"
        assert (one.story, reason(one, case(desk, asked).member)) == (story, said)


def test_a_story_out_of_the_window_is_none_of_the_nearest(desk: Desk) -> None:
    desk.show(post(1))
    desk.clock.forward(hours=73)
    desk.show(post(2, "", 1))
    assert case(desk, 2).apart == ()
    assert case(desk, 2).story == 2


# Subscribers


def test_each_subscriber_is_told_apart(desk: Desk) -> None:
    ada, muted = desk.reader(1, "H100"), desk.reader(2, "H100")
    desk.reader(3, "H100")
    desk.store.people.gone(Chat(3))
    desk.reader(4, "SuperMicro")
    desk.store.people.mute(muted, "H100", desk.clock() + HOUR)
    desk.show(post(1))
    assert verdicts(desk, 1)[1] == "owed an alert of this post"
    desk.clock.forward(minutes=1)
    desk.reader(5, "H100")
    assert verdicts(desk, 1) == {
        1: "owed an alert of this post",
        2: "not told: muted",
        3: "not told: the chat cannot be reached",
        5: "not told: followed its topic only later",
    }
    desk.deliver(ada)
    assert verdicts(desk, 1)[1] == "told: this post is their alert"
    desk.clock.forward(hours=2)
    assert verdicts(desk, 1)[2] == "not told: was muted"
    desk.store.people.mute(muted, "H100", None)
    assert verdicts(desk, 1)[2].startswith("not told: nothing was owed when it came")


def test_what_becomes_of_a_second_post_of_a_story(desk: Desk) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1), post(2, "", 1))
    assert verdicts(desk, 2) == {1: "will be named in the alert of its story, which is owed"}
    desk.deliver(ada)
    assert verdicts(desk, 2) == {1: "shown: the alert of its story names it"}
    desk.clock.forward(minutes=1)
    desk.show(post(3, "", 1))
    assert verdicts(desk, 3) == {1: "will be written into the alert of its story"}
    desk.deliver(ada)
    assert verdicts(desk, 3) == {1: "shown: the alert of its story was changed to name it"}
    desk.clock.forward(hours=13)
    desk.show(post(4, TEXTS[0]))
    assert verdicts(desk, 4) == {1: "not told: a copy of what their alert said, too late to be written into it"}
    desk.show(post(5, "", 1))
    assert verdicts(desk, 5) == {1: "owed an alert of this post"}
    desk.store.outbox.drop([one.id for one in desk.owed(ada)], "refused", desk.clock())
    assert verdicts(desk, 5) == {1: "the alert of this post was dropped: refused"}


def test_nobody_is_told_of_an_old_post_or_of_one_without_a_hit(desk: Desk) -> None:
    desk.reader(1, "H100")
    desk.show(post(1), fresh=False)
    desk.show(post(2, "A quiet day."))
    assert verdicts(desk, 1) == {1: "not told: the post was too old"}
    assert (case(desk, 1).story, case(desk, 1).members) == (None, ())
    assert verdicts(desk, 2) == {}
    assert case(desk, 2).apart == ()


# The command


def test_all_of_it_is_one_object_on_one_line_while_a_bot_works(desk: Desk, tmp_path: Path) -> None:
    ada = desk.reader(-1001, "H100", pace="hourly")
    desk.show(post(1), post(3, f"{TEXTS[2]} A museum in Lyon has one, too."))
    desk.clock.forward(hours=1)
    desk.deliver(ada)
    desk.show(post(2, f"{TEXTS[1]} The H100 cost $30,000.", 1))
    desk.show(post(2, f"{TEXTS[1]} The H100 cost $30,000.", 1), source="daily")
    found = told(tmp_path, "feed:2")
    assert (found["row"], found["key"], found["source"], found["story"]) == (3, "feed:2", "wire", 1)
    assert found["shown"] == [{"source": "wire", "fresh": True}, {"source": "daily", "fresh": True}]
    assert (found["tie"], found["beside"], found["facts"]) == ("link", 1, ["30000 usd"])
    topic = next(one for one in found["topics"] if one["name"] == "H100")
    at = found["text"].index("H100")
    assert topic["hit"]["places"][0] == {"field": "text", "start": at, "end": at + 4, "term": "H100"}
    assert [(one["row"], one["tie"], one["beside"]) for one in found["members"]] == [(1, "first", None), (3, "link", 1)]
    assert [one["story"] for one in found["apart"]] == [2]
    (reader,) = found["subscribers"]
    assert (reader["chat"], reader["name"]) == (-1001, "chat -1001 (desk)")
    assert reader["follows"] == [{"topic": "H100", "pace": "hourly", "since": "2024-11-24T09:00:00Z", "muted": None}]
    assert [(row["cause"], row["state"]) for row in reader["rows"]] == [("first", "sent"), ("fact 30000 usd 3", "owed")]
    assert reader["rows"][1]["due"] == "2024-11-24T11:00:00Z"


def test_a_person_reads_it_in_plain_words(desk: Desk, tmp_path: Path) -> None:
    ada = desk.reader(1, "H100")
    desk.show(post(1, title="Racks at the pier"), post(3))
    desk.deliver(ada)
    desk.show(post(2, "", 1, title="A museum"))
    lines = [line.strip() for line in vigie(tmp_path, "why", "feed:2").stdout.splitlines()]
    assert lines[0] == "A museum"
    for wanted in (
        "post 3 · feed:2",
        "-- Topics --",
        f"text: {TEXTS[1]}",
        "-- Story 1 --",
        "2 posts, since Sun 24 Nov 2024, 09:00; this post joined post 1 “Racks at the pier”, one links the other, or "
        "both one page: news.example.org/reports/item-1",
        "► 3 · link beside 1 · Sun 24 Nov 2024, 09:00 · wire",
        "• chat 1 · will be written into the alert of its story",
        "alert 1 (first) of post 1: sent Sun 24 Nov 2024, 09:00",
        "edit of alert 1: owed, due Sun 24 Nov 2024, 09:00",
    ):
        assert wanted in lines, wanted


def test_foreign_text_cannot_move_the_cursor_nor_style_the_screen(desk: Desk, tmp_path: Path) -> None:
    evil = "\x1b[31mH100\x1b]0;x\x07 \u202e<b>bold</b> [red]x[/red] &amp;\r\x9b2J"
    desk.show(
        post(1, f"{evil} H100 {evil}", title=evil, author=evil, url="https://e.example.org/\x1b[1m", lang="e\x1b")
    )
    desk.show(post(2, f"{evil} {TEXTS[1]}", 1, title=f"{evil} H100"))
    shown = vigie(tmp_path, "why", "1").stdout
    assert all(char == "\n" or char.isprintable() for char in shown)
    for line in shown.splitlines()[:2]:
        assert "<b>bold</b> [red]x[/red] &amp;" in line
    assert "<b>bold</b> [red]x[/red] &amp;" in shown.partition("Nearest")[0].partition("-- Story")[2]
    assert told(tmp_path, "1")["title"] == evil


def test_a_database_of_an_older_vigie_is_refused_in_plain_words(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "vigie.db"
    with Store(path) as store:
        casework.desk(tmp_path, store, clock)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'stories'")
    done = vigie(tmp_path, "why", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vigie: {path}: was written by an older Vigie; `vigie run` brings it up to date\n"
