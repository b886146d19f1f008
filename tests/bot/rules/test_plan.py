from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import (
    Alert,
    AlertKind,
    Chat,
    Hit,
    Match,
    Owed,
    Pace,
    Parcel,
    Priority,
    Rhythm,
    Seen,
    Story,
    Subscriber,
    Subscription,
    Tie,
    Told,
    Topic,
)
from bot.rules import plan
from scrapers import Post

NOW = datetime(2024, 11, 24, 9, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ADA = Subscriber(id=1, chat=Chat(1))
BEA = Subscriber(id=2, chat=Chat(2), timezone="Asia/Shanghai")
TOPICS = {
    "H100": Topic(name="H100", query="H100", priority=Priority.HIGH),
    "SuperMicro": Topic(name="SuperMicro", query="SuperMicro"),
}


def story(number: int, *topics: str, of: int | None = None, tie: Tie = Tie.NEWS, facts: str = "") -> Story:
    hit = Hit(
        seen=Seen(id=number, post=Post(key=f"feed:{number}", url=""), source="wire"),
        matches=tuple(Match(topic=topic, places=()) for topic in topics),
    )
    return Story(id=of or number, hit=hit, tie=tie, facts=frozenset(facts.split(", ")) - {""})


def follows(who: Subscriber, topic: str, **more: object) -> Subscription:
    return Subscription(subscriber=who, topic=topic, **more)  # type: ignore[arg-type]


def test_one_alert_names_all_topics_a_subscriber_follows_loudest_first() -> None:
    following = [follows(ADA, "SuperMicro"), follows(ADA, "H100"), follows(BEA, "SuperMicro")]
    ada, bea = plan.alerts([story(1, "SuperMicro", "H100")], following, (), TOPICS, now=NOW)
    assert (ada.subscriber, ada.topics, ada.cause, ada.priority) == (1, ("H100", "SuperMicro"), "first", Priority.HIGH)
    assert (bea.subscriber, bea.topics, bea.priority) == (2, ("SuperMicro",), Priority.NORMAL)


def told(
    hours: float | None = 0, *topics: str, of: int = 1, facts: str = "", reply: bool = False, listed: bool = False
) -> Told:
    """Ada was told so many hours ago (None: it is still owed)."""
    return Told(
        subscriber=ADA.id,
        story=of,
        topics=frozenset(topics or {"H100"}),
        facts=frozenset(facts.split(", ")) - {""},
        row=7,
        at=None if hours is None else NOW - hours * HOUR,
        reply=reply,
        listed=listed,
    )


def owes(*stories: Story, told: Told, pace: Pace | None = None) -> tuple[Alert, ...]:
    following = [follows(ADA, topic, pace=pace or Pace()) for topic in TOPICS]
    return plan.alerts(stories, following, [told], TOPICS, now=NOW)


def test_what_comes_soon_after_an_alert_is_written_into_it() -> None:
    (edit,) = owes(story(5, "H100", of=1), told=told(12))
    assert (edit.kind, edit.cause, edit.about, edit.post, edit.due) == (AlertKind.EDIT, "edit 7", 7, 5, NOW)
    assert (edit.story, edit.topics, edit.priority) == (1, ("H100",), Priority.HIGH)
    (copy,) = owes(story(5, "H100", of=1, tie=Tie.COPY), told=told(1))
    assert copy.kind is AlertKind.EDIT


def test_what_comes_while_the_alert_is_owed_needs_no_row_of_its_own() -> None:
    assert owes(story(5, "H100", of=1), told=told(None)) == ()


@pytest.mark.parametrize(
    ("before", "due"),
    [
        (told(12.1), NOW),
        (told(1, listed=True), NOW + 11 * HOUR),
        (told(13, listed=True), NOW),
        (told(13, reply=True), NOW + 11 * HOUR),
        (told(1, reply=True, listed=True), NOW + 23 * HOUR),
        (told(30, reply=True), NOW),
    ],
)
def test_later_it_is_a_reply_once_a_day_at_most(before: Told, due: datetime) -> None:
    (again,) = owes(story(5, "H100", of=1), told=before)
    assert (again.kind, again.cause, again.about, again.post) == (AlertKind.ALERT, "again 5", 7, 5)
    assert again.due == due
    assert owes(story(5, "H100", of=1, tie=Tie.COPY), told=before) == ()


def test_a_reply_keeps_the_pace_after_its_pause() -> None:
    daily = Pace(Rhythm.DAILY, time(8, 0))
    (again,) = owes(story(5, "H100", of=1), told=told(13, reply=True), pace=daily)
    assert (again.due, again.digest) == (datetime(2024, 11, 25, 8, 0, tzinfo=UTC), True)
    (again,) = owes(story(5, "H100", of=1), told=told(0.5, reply=True, listed=True), pace=daily)
    assert again.due == datetime(2024, 11, 26, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("hours", [None, 1, 100])
def test_a_topic_that_was_not_named_is_told_at_once(hours: float | None) -> None:
    (alert,) = owes(story(6, "H100", "SuperMicro", of=1), told=told(hours))
    assert (alert.kind, alert.cause, alert.topics) == (AlertKind.ALERT, "topic SuperMicro", ("SuperMicro",))
    assert (alert.story, alert.post, alert.about, alert.due) == (1, 6, 7, NOW)


@pytest.mark.parametrize("hours", [None, 1, 100])
def test_a_price_or_quantity_that_was_not_told_is_told_at_once(hours: float | None) -> None:
    news = story(6, "SuperMicro", "H100", of=1, tie=Tie.COPY, facts="8 server, 30000 usd, 12 server")
    (alert,) = owes(news, told=told(hours, "H100", "SuperMicro", facts="8 server"))
    assert (alert.cause, alert.topics) == ("fact 12 server 30000 usd 6", ("H100", "SuperMicro"))
    assert (alert.kind, alert.about, alert.due) == (AlertKind.ALERT, 7, NOW)


def test_posts_of_one_look_know_what_the_others_told() -> None:
    parts = [
        story(1, "H100", tie=Tie.FIRST, facts="8 server"),
        story(2, "H100", of=1, facts="8 server"),
        story(3, "H100", of=1, facts="9 server"),
        story(4, "H100", of=1, facts="9 server, 8 server"),
        story(5, "H100", "SuperMicro", of=1),
        story(6, "SuperMicro", of=1),
    ]
    following = [follows(ADA, topic) for topic in TOPICS]
    owed = plan.alerts(parts, following, (), TOPICS, now=NOW)
    assert [(one.cause, one.post, one.about) for one in owed] == [
        ("first", 1, 0),
        ("fact 9 server 3", 3, 0),
        ("topic SuperMicro", 5, 0),
    ]


def test_a_reply_that_one_look_owes_takes_the_place_of_edits_and_of_a_second_reply() -> None:
    parts = [story(5, "H100", of=1), story(6, "H100", of=1)]
    assert [one.cause for one in owes(*parts, told=told(20))] == ["again 5"]
    assert [one.cause for one in owes(*parts, told=told(2))] == ["edit 7", "edit 7"]
    assert [one.cause for one in owes(story(4, "H100", of=1, facts="x"), *parts, told=told(2))] == ["fact x 4"]


PARTS = st.lists(
    st.builds(
        lambda number, topics, tie, facts: story(number, *topics, of=1, tie=tie, facts=", ".join(facts)),
        st.integers(2, 9),
        st.sets(st.sampled_from(sorted(TOPICS)), min_size=1),
        st.sampled_from([Tie.COPY, Tie.LINK, Tie.NEWS]),
        st.sets(st.sampled_from(["8 server", "30000 usd"])),
    ),
    max_size=6,
)


@given(
    PARTS,
    st.one_of(
        st.none(), st.builds(told, st.one_of(st.none(), st.floats(0, 99)), reply=st.booleans(), listed=st.booleans())
    ),
)
def test_all_topics_and_facts_are_told_and_none_twice(parts: list[Story], before: Told | None) -> None:
    following = [follows(ADA, topic) for topic in TOPICS]
    owed = plan.alerts(parts, following, [before] if before else [], TOPICS, now=NOW)
    alerts = [one for one in owed if one.kind is AlertKind.ALERT]
    named = [topic for one in alerts if one.cause.startswith("topic") for topic in one.topics]
    known = set(before.topics) if before else set()
    assert len(named) == len(set(named))
    assert not known & set(named)
    assert {match.topic for part in parts for match in part.hit.matches} <= known.union(*(one.topics for one in alerts))
    alerted = {one.post for one in alerts}
    shown = frozenset().union(*(part.facts for part in parts if part.hit.seen.id in alerted))
    assert frozenset().union(*(part.facts for part in parts)) <= shown | (before.facts if before else frozenset())
    assert sum(one.cause == "first" for one in alerts) == (1 if parts and not before else 0)
    assert sum(one.cause.startswith("again") for one in alerts) <= 1
    assert all(one.due >= NOW for one in owed)


def test_two_posts_of_one_story_in_one_look_make_one_alert() -> None:
    owed = plan.alerts([story(1, "H100"), story(2, "H100", of=1)], [follows(ADA, "H100")], (), TOPICS, now=NOW)
    assert [alert.post for alert in owed] == [1]


def test_a_late_follower_is_told_of_a_story_that_others_know() -> None:
    following = [follows(ADA, "H100"), follows(BEA, "H100")]
    (alert,) = plan.alerts([story(9, "H100", of=1)], following, [told(None)], TOPICS, now=NOW)
    assert (alert.subscriber, alert.cause) == (2, "first")


def test_a_muted_subscription_is_owed_nothing_until_the_mute_ends() -> None:
    muted = [follows(ADA, "H100", muted=NOW + HOUR)]
    assert plan.alerts([story(1, "H100")], muted, (), TOPICS, now=NOW) == ()
    assert len(plan.alerts([story(1, "H100")], muted, (), TOPICS, now=NOW + HOUR)) == 1


def test_the_earliest_pace_decides_when_one_alert_for_two_topics_is_due() -> None:
    following = [follows(ADA, "H100", pace=Pace(Rhythm.HOURLY)), follows(ADA, "SuperMicro", pace=Pace())]
    (alert,) = plan.alerts([story(1, "H100", "SuperMicro")], following, (), TOPICS, now=NOW)
    assert (alert.due, alert.digest) == (NOW, False)


def test_a_pace_says_when_an_alert_is_due() -> None:
    assert plan.due(Pace(), "UTC", NOW) == NOW
    assert plan.due(Pace(Rhythm.HOURLY), "UTC", NOW) == NOW.replace(hour=10, minute=0)
    morning = Pace(Rhythm.DAILY, time(8, 0))
    assert plan.due(morning, "Europe/Paris", NOW) == datetime(2024, 11, 25, 7, 0, tzinfo=UTC)
    assert plan.due(morning, "America/New_York", NOW) == datetime(2024, 11, 24, 13, 0, tzinfo=UTC)


def test_a_daily_pace_keeps_its_time_of_day_over_a_change_of_clocks() -> None:
    before = datetime(2025, 3, 29, 12, 0, tzinfo=UTC)
    assert plan.due(Pace(Rhythm.DAILY), "Europe/Paris", before) == datetime(2025, 3, 30, 6, 0, tzinfo=UTC)


@given(st.integers(1_500_000_000, 2_500_000_000), st.times())
def test_a_digest_is_due_in_the_next_25_hours_and_never_in_the_past(seconds: int, at: time) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    for pace in (Pace(Rhythm.HOURLY), Pace(Rhythm.DAILY, at)):
        wait = plan.due(pace, "Europe/Paris", now) - now
        assert timedelta() <= wait <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("age", "first_look", "before", "fresh"),
    [
        (2 * HOUR, False, None, True),
        (71 * HOUR, False, None, True),
        (73 * HOUR, False, None, False),
        (2 * HOUR, True, None, True),
        (25 * HOUR, True, None, False),
        (None, False, None, True),
        (None, True, None, False),
        (None, False, False, False),
        (None, False, True, True),
        (25 * HOUR, False, False, True),
    ],
)
def test_how_old_a_post_may_be(age: timedelta | None, first_look: bool, before: bool | None, fresh: bool) -> None:
    post = Post(key="feed:1", url="", published=None if age is None else NOW - age)
    found = plan.freshness(now=NOW, age=3 * DAY, first_age=DAY if first_look else None)(post, before)
    assert found is fresh


@pytest.fixture
def parcel() -> Callable[..., Parcel]:
    def make(*owed: Owed) -> Parcel:
        return Parcel(subscriber=ADA, owed=owed)

    return make


def owed(number: int, **more: object) -> Owed:
    usual: dict[str, object] = {"post": Post(key=f"feed:{number}", url="")}
    return Owed(id=number, due=NOW, **{**usual, **more})  # type: ignore[arg-type]


def numbers(parcel: Parcel) -> list[int]:
    return [one.id for one in plan.next_message(parcel)]


def test_three_alerts_go_one_by_one_and_four_as_one_list(parcel: Callable[..., Parcel]) -> None:
    assert numbers(parcel(owed(1), owed(2), owed(3))) == [1]
    assert numbers(parcel(owed(1), owed(2), owed(3), owed(4))) == [1, 2, 3, 4]


def test_what_waited_for_a_pace_is_a_list_even_of_two(parcel: Callable[..., Parcel]) -> None:
    assert numbers(parcel(owed(1, digest=True), owed(2, digest=True))) == [1, 2]


def test_repeats_plain_texts_and_notices_go_alone(parcel: Callable[..., Parcel]) -> None:
    rest = [owed(2), owed(3), owed(4), owed(5)]
    assert numbers(parcel(owed(1, repeat=True), *rest)) == [1]
    assert numbers(parcel(owed(1, plain=True), *rest)) == [1]
    assert numbers(parcel(owed(1, post=None, text="A word about Vigie"), *rest)) == [1]
    assert numbers(parcel(*rest, owed(6, post=None, text="A word"))) == [2, 3, 4, 5]


def test_an_edit_goes_alone_and_counts_for_no_list(parcel: Callable[..., Parcel]) -> None:
    rest = [owed(2), owed(3), owed(4)]
    assert numbers(parcel(owed(1, edits=99), *rest, owed(5))) == [1]
    assert numbers(parcel(*rest, owed(5, edits=99))) == [2]
    assert numbers(parcel(owed(1, digest=True), owed(2, digest=True, edits=99))) == [1]


def test_alerts_of_one_story_stand_side_by_side_in_a_list(parcel: Callable[..., Parcel]) -> None:
    mixed = [owed(1, story=8), owed(2), owed(3, story=9), owed(4, story=8), owed(5)]
    assert numbers(parcel(*mixed)) == [1, 4, 2, 3, 5]
    assert numbers(parcel(*(replace(one, digest=True) for one in mixed))) == [1, 4, 2, 3, 5]
