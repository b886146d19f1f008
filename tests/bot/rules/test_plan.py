from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import (
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


def story(number: int, *topics: str, of: int | None = None) -> Story:
    hit = Hit(
        seen=Seen(id=number, post=Post(key=f"feed:{number}", url=""), source="wire"),
        matches=tuple(Match(topic=topic, places=()) for topic in topics),
    )
    return Story(id=of or number, hit=hit)


def follows(who: Subscriber, topic: str, **more: object) -> Subscription:
    return Subscription(subscriber=who, topic=topic, **more)  # type: ignore[arg-type]


def test_one_alert_names_all_topics_a_subscriber_follows_loudest_first() -> None:
    following = [follows(ADA, "SuperMicro"), follows(ADA, "H100"), follows(BEA, "SuperMicro")]
    ada, bea = plan.alerts([story(1, "SuperMicro", "H100")], following, (), TOPICS, now=NOW)
    assert (ada.subscriber, ada.topics, ada.cause, ada.priority) == (1, ("H100", "SuperMicro"), "first", Priority.HIGH)
    assert (bea.subscriber, bea.topics, bea.priority) == (2, ("SuperMicro",), Priority.NORMAL)


def test_a_story_is_told_once_and_again_only_for_a_topic_it_did_not_name() -> None:
    following = [follows(ADA, "H100"), follows(ADA, "SuperMicro")]
    told = [Told(subscriber=1, story=1, topics=frozenset({"H100"}))]
    assert plan.alerts([story(5, "H100", of=1)], following, told, TOPICS, now=NOW) == ()
    (again,) = plan.alerts([story(6, "H100", "SuperMicro", of=1)], following, told, TOPICS, now=NOW)
    assert (again.story, again.post, again.topics, again.cause) == (1, 6, ("SuperMicro",), "topic SuperMicro")


def test_two_posts_of_one_story_in_one_look_make_one_alert() -> None:
    owed = plan.alerts([story(1, "H100"), story(2, "H100", of=1)], [follows(ADA, "H100")], (), TOPICS, now=NOW)
    assert [alert.post for alert in owed] == [1]


def test_a_late_follower_is_told_of_a_story_that_others_know() -> None:
    told = [Told(subscriber=1, story=1, topics=frozenset({"H100"}))]
    (alert,) = plan.alerts(
        [story(9, "H100", of=1)], [follows(ADA, "H100"), follows(BEA, "H100")], told, TOPICS, now=NOW
    )
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
    found = plan.is_fresh(post, before, now=NOW, age=3 * DAY, first_age=DAY if first_look else None)
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
