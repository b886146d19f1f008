import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Field, Match, Place, Source
from bot.store import Store
from bot.store.archive import Shown, hashed, read_places
from bot.store.schema import crc
from scrapers import MAX_TEXT, Post
from tests.old import BEFORE_LIGHTER_POSTS, BEFORE_PRUNINGS
from tests.support import START, Clock, MakePost, MakeSource, steps

Show = Callable[..., tuple[list[int], int]]
SAME_CHECKSUM = ("feed:2289854", "feed:8022000")


def always(_post: Post, _before: bool | None) -> bool:
    return True


@pytest.fixture
def wire(store: Store, make_source: MakeSource, clock: Clock) -> Source:
    sources = [make_source("wire"), make_source("daily")]
    store.sources.sync(sources, now=clock())
    return sources[0]


@pytest.fixture
def daily(wire: Source, make_source: MakeSource) -> Source:
    return make_source("daily")


@pytest.fixture
def show(store: Store, clock: Clock) -> Show:
    """Let a source show posts; returns the rows that need matching, and how many posts are new to the archive."""

    def shown(source: Source, *posts: Post, is_fresh: Callable[..., bool] = always) -> tuple[list[int], int]:
        intake = store.archive.add(source, posts, is_fresh=is_fresh, now=clock())
        return [seen.id for seen in intake.seen], intake.new

    return shown


def test_a_post_is_new_once_to_a_source_and_once_to_the_archive(
    wire: Source, daily: Source, make_post: MakePost, show: Show
) -> None:
    assert show(wire, make_post(1), make_post(2)) == ([1, 2], 2)
    assert show(wire, make_post(2), make_post(1)) == ([], 0)
    assert show(daily, make_post(2), make_post(3)) == ([2, 3], 1)


def test_the_same_link_is_the_same_post_whatever_its_key(
    wire: Source, daily: Source, make_post: MakePost, show: Show
) -> None:
    show(wire, make_post(1, url="https://www.example.org/racks/?utm_source=rss"))
    copy = make_post(2, url="http://example.org/racks", title="The same, elsewhere")
    assert show(daily, copy) == ([1], 0)
    assert show(daily, copy) == ([], 0)


def test_reworded_posts_are_matched_again_but_another_sources_words_change_nothing(
    wire: Source, daily: Source, make_post: MakePost, show: Show, store: Store
) -> None:
    show(wire, make_post(1, text="Racks"))
    show(daily, make_post(1, text="Racks, in other words"))
    assert show(wire, make_post(1, text="Racks")) == ([], 0)
    assert show(wire, make_post(1, text="Racks with H100")) == ([1], 0)
    assert store.archive.post(1).text == "Racks"


def test_a_post_without_a_link_is_known_by_its_key_alone(wire: Source, make_post: MakePost, show: Show) -> None:
    assert show(wire, make_post(1, url=""), make_post(2, url="")) == ([1, 2], 2)
    assert show(wire, make_post(2, url="")) == ([], 0)


def test_a_feed_whose_items_all_link_to_one_page_keeps_them_apart(
    wire: Source, make_post: MakePost, show: Show
) -> None:
    page = "https://status.example.org/history"
    assert show(wire, make_post(1, url=page), make_post(2, url=page)) == ([1, 2], 2)


def test_a_daily_column_at_one_address_is_new_each_day_and_a_renumbered_entry_is_not(
    wire: Source, daily: Source, make_post: MakePost, show: Show
) -> None:
    page = "https://news.example.org/daily"
    assert show(wire, make_post(1, url=page, title="Monday")) == ([1], 1)
    assert show(wire, make_post(2, url=page, title="Tuesday")) == ([2], 1)
    assert show(wire, make_post(2, url=page, title="Tuesday, corrected")) == ([2], 0)
    assert show(daily, make_post(3, url=page, title="Tuesday, elsewhere")) == ([2], 0)
    assert show(daily, make_post(3, url=page, title="Tuesday, elsewhere, corrected")) == ([2], 0)
    again = make_post(4, url="https://news.example.org/4", title="Renumbered")
    assert show(wire, again) == ([3], 1)
    assert show(wire, make_post(5, url=again.url, title=again.title, text=again.text)) == ([], 0)


def test_who_takes_up_the_key_under_which_another_showed_a_post_shows_that_post(
    wire: Source, daily: Source, make_post: MakePost, show: Show
) -> None:
    page = "https://www.example.org/racks"
    show(wire, make_post(1, url=page))
    assert show(daily, make_post(2, url=page)) == ([1], 0)
    assert show(daily, make_post(1, url=page, title="In other words")) == ([1], 0)


SOURCES = ("wire", "daily", "weekly")
POSTS = st.builds(
    Post,
    key=st.sampled_from(["feed:1", "feed:2", "feed:3", "feed:4"]),
    url=st.sampled_from(
        ["", "https://e.org/a", "https://www.e.org/a?utm_source=x", "https://e.org/b", "https://e.org/c"]
    ),
    title=st.sampled_from(["one", "two"]),
)
LOOKS = st.dictionaries(st.sampled_from(SOURCES), st.lists(POSTS, max_size=4))


def test_looks_that_are_kept_together_leave_what_they_leave_one_by_one(tmp_path: Path, make_source: MakeSource) -> None:
    sources = {name: make_source(name) for name in SOURCES}
    with Store(tmp_path / "together.db") as together, Store(tmp_path / "alone.db") as alone:
        for store in (together, alone):
            store.sources.sync(sources.values(), now=START)

        @given(st.lists(LOOKS, min_size=1, max_size=4))
        def alike(rounds: list[dict[str, list[Post]]]) -> None:
            for store in (together, alone):
                store.db.conn.execute("BEGIN")
            try:
                for looks in rounds:
                    shown = [Shown(sources[name], posts, is_even) for name, posts in looks.items()]
                    one_by_one = [alone.archive.add(*look[:2], is_fresh=look.is_fresh, now=START) for look in shown]
                    assert together.archive.add_each(shown, now=START) == one_by_one
                assert all_kept(together) == all_kept(alone)
            finally:
                for store in (together, alone):
                    store.db.conn.execute("ROLLBACK")

        alike()


def is_even(post: Post, before: bool | None) -> bool:
    """A verdict that hangs on the post, unless there is one."""
    return len(post.url) % 2 == 0 if before is None else before


def all_kept(store: Store) -> list[list[tuple[object, ...]]]:
    return [
        store.db.conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("posts", "sightings")
    ]


def test_a_post_that_two_sources_bring_at_once_is_one_post(
    wire: Source, daily: Source, make_post: MakePost, store: Store, clock: Clock
) -> None:
    copy = make_post(2, url=make_post(1).url, title="The same, elsewhere")
    looks = [Shown(wire, [make_post(1)], always), Shown(daily, [copy, make_post(3)], always)]
    first, second = store.archive.add_each(looks, now=clock())
    assert [seen.id for seen in first.seen] == [1]
    assert [seen.id for seen in second.seen] == [1, 2]
    assert (first.new, second.new) == (1, 1)


def test_a_look_costs_the_database_the_same_however_much_its_sources_have_shown(
    wire: Source, daily: Source, make_post: MakePost, store: Store, clock: Clock
) -> None:
    def look(source: Source) -> int:
        return steps(store.db.conn, lambda: store.archive.add(source, few, is_fresh=always, now=clock()))

    few, many = [make_post(n) for n in range(5)], [make_post(n) for n in range(5, 3000)]
    costs = []
    for posts in (few, many):
        for source in (wire, daily):
            store.archive.add(source, posts, is_fresh=always, now=clock())
        costs.append([look(wire), look(daily)])
    assert all(late < 2 * early + 10 for early, late in zip(*costs, strict=True)), costs


def test_a_key_that_comes_twice_in_one_look_counts_once(
    wire: Source, make_post: MakePost, show: Show, store: Store
) -> None:
    assert show(wire, make_post(1, title="First"), make_post(1, title="Second")) == ([1], 1)
    assert store.archive.post(1).title == "First"


def test_the_verdict_of_the_first_sighting_comes_back_when_the_post_is_reworded(
    wire: Source, make_post: MakePost, show: Show
) -> None:
    verdicts = []

    def remember(_post: Post, before: bool | None) -> bool:
        verdicts.append(before)
        return False

    show(wire, make_post(1, text="one"), is_fresh=remember)
    show(wire, make_post(1, text="two"), is_fresh=remember)
    assert verdicts == [None, False]


def test_what_an_older_vigie_kept_is_known_and_not_told_again(
    tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock
) -> None:
    """It found posts by their keys; it kept every sighting apart, with the number of the key and another digest."""
    wire, daily, weekly = (make_source(name) for name in ("wire", "daily", "weekly"))
    match = Match(topic="H100", places=())
    post, copy = make_post(1), make_post(2, url=make_post(1).url, title="The same, elsewhere")
    with Store(tmp_path / "old.db") as store:
        store.sources.sync([wire, daily, weekly], now=clock())
        shown = [Shown(wire, [post], always), Shown(daily, [copy], never), Shown(weekly, [post], always)]
        looks = store.archive.add_each(shown, now=clock())
        assert store.archive.keep_hits([(looks[0].seen[0], [match])], now=clock())
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as conn:
        for statement in BEFORE_LIGHTER_POSTS:
            conn.execute(statement)
        conn.execute("UPDATE sightings SET digest = 7, key = ? WHERE key = 0", (hashed(post.key),))
        assert sightings(conn) == [(1, 1, 1), (2, 1, 0), (3, 1, 1)]
    with Store(tmp_path / "old.db") as store:
        showings = store.db.conn.execute("SELECT * FROM showings ORDER BY source").fetchall()
        assert showings == [(1, 1, 1), (2, 1, 0), (3, 1, 1)]
        assert sightings(store.db.conn) == showings[1:]
        assert store.archive.post(1) == post
        for source in (wire, weekly):
            again = store.archive.add(source, [post], is_fresh=as_before, now=clock())
            assert [(each.id, each.fresh) for each in again.seen] == [(1, True)]
            assert (again.new, again.here) == (0, 0)
            assert not store.archive.keep_hits([(again.seen[0], [match])], now=clock())
        for source, known in ((wire, post), (daily, copy), (weekly, post)):
            assert not store.archive.add(source, [known], is_fresh=as_before, now=clock()).seen
        column = make_post(3, url=post.url, text="Another day, another column")
        assert store.archive.add(wire, [column], is_fresh=always, now=clock()).new == 1


def never(_post: Post, _before: bool | None) -> bool:
    return False


def as_before(_post: Post, before: bool | None) -> bool:
    assert before is not None
    return before


def sightings(conn: sqlite3.Connection) -> list[tuple[int, int, int]]:
    return conn.execute("SELECT source, post, fresh FROM sightings ORDER BY source").fetchall()


def test_posts_whose_keys_have_one_checksum_are_kept_apart(
    wire: Source, daily: Source, make_post: MakePost, show: Show, store: Store
) -> None:
    one, other = (make_post(number)._replace(key=key) for number, key in enumerate(SAME_CHECKSUM))
    assert len({crc(key) for key in SAME_CHECKSUM}) == 1
    assert show(wire, one) == ([1], 1)
    assert show(wire, other) == ([2], 1)
    assert show(daily, other, one) == ([2, 1], 0)
    assert show(wire, one, other) == ([], 0)
    assert [store.casebook.find(key) for key in SAME_CHECKSUM] == [(1,), (2,)]


def test_a_post_comes_back_as_it_went_in(wire: Source, make_post: MakePost, show: Show, store: Store) -> None:
    post = make_post(1, title="苏菂 <b>", author="Ada", lang="zh", links=("https://a.example.org/",), media=("m",))
    undated = make_post(2, published=None)
    show(wire, post, undated)
    assert store.archive.post(1) == post
    assert store.archive.post(2) == undated
    with pytest.raises(KeyError):
        store.archive.post(3)


def test_a_topic_and_a_post_are_told_once(
    wire: Source, daily: Source, make_post: MakePost, store: Store, clock: Clock
) -> None:
    h100 = Match(topic="H100", places=(Place(Field.TEXT, 11, 15, "H100"),))
    smci = Match(topic="SuperMicro", places=())

    def hits(source: Source, *matches: Match, text: str = "Racks with H100", fresh: bool = True) -> list[list[str]]:
        posts = [make_post(1, text=text)]
        seen = store.archive.add(source, posts, is_fresh=lambda *_: fresh, now=clock()).seen
        kept = store.archive.keep_hits([(one, matches) for one in seen], now=clock())
        return [[match.topic for match in hit.matches] for hit in kept]

    assert hits(wire, h100) == [["H100"]]
    assert hits(wire, h100, smci, text="Racks with H100 by SuperMicro") == [["SuperMicro"]]
    assert hits(daily, h100) == []


def test_places_of_an_older_vigie_are_read_without_their_terms() -> None:
    assert read_places('[["text", 11, 15], ["title", 0, 4, "H100"]]') == (
        Place(Field.TEXT, 11, 15),
        Place(Field.TITLE, 0, 4, "H100"),
    )


def test_a_hit_that_was_too_old_here_counts_when_it_turns_up_fresh_elsewhere(
    wire: Source, daily: Source, make_post: MakePost, store: Store, clock: Clock
) -> None:
    match = (Match(topic="H100", places=()),)

    def hits(source: Source, *, fresh: bool) -> list[bool]:
        seen = store.archive.add(source, [make_post(1)], is_fresh=lambda *_: fresh, now=clock()).seen
        return [hit.seen.fresh for hit in store.archive.keep_hits([(one, match) for one in seen], now=clock())]

    assert hits(wire, fresh=False) == [False]
    assert hits(daily, fresh=True) == [True]


def test_pruning_blanks_old_texts_but_not_hits_and_forgets_no_post(
    wire: Source, make_post: MakePost, store: Store, clock: Clock, show: Show
) -> None:
    seen = store.archive.add(wire, [make_post(1), make_post(2), make_post(3)], is_fresh=always, now=clock()).seen
    store.archive.keep_hits([(seen[0], [Match(topic="H100", places=())])], now=clock())
    clock.forward(days=91)
    show(wire, make_post(4))
    month_ago = clock() - timedelta(days=30)
    assert [store.archive.prune(month_ago, limit=2) for _ in range(3)] == [2, 1, 0]
    assert [bool(store.archive.post(row).text) for row in (1, 2, 3, 4)] == [True, False, False, True]
    assert show(wire, make_post(2)) == ([], 0)


def test_a_database_with_an_index_of_times_is_brought_up_to_date(
    tmp_path: Path, make_source: MakeSource, make_post: MakePost, clock: Clock
) -> None:
    path, wire = tmp_path / "old.db", make_source("wire")
    with Store(path) as store:
        store.sources.sync([wire], now=clock())
        store.archive.add(wire, [make_post(1)], is_fresh=always, now=clock())
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in BEFORE_PRUNINGS:
            conn.execute(statement)
    with Store(path) as store:
        assert store.archive.prune(clock(), limit=1) == 0
        assert store.archive.prune(clock() + timedelta(days=1), limit=1) == 1
        assert store.archive.post(1).text == ""


@pytest.fixture
def found(store: Store, clock: Clock) -> Callable[..., None]:
    """Let a source show post 1 with these words, in which topics are found that are named like the words."""

    def keep(source: Source, title: str, text: str, *topics: str) -> None:
        post = Post(key="feed:1", url="", title=title, text=text)
        (seen,) = store.archive.add(source, [post], is_fresh=always, now=clock()).seen
        fields = [
            (topic, field, words) for topic in topics for field, words in ((Field.TITLE, title), (Field.TEXT, text))
        ]
        matches = [
            Match(
                topic=topic,
                places=tuple(
                    Place(field, words.index(name), words.index(name) + len(name), name)
                    for name, field, words in fields
                    if name == topic and name in words
                ),
            )
            for topic in topics
        ]
        store.archive.keep_hits([(seen, matches)], now=clock())

    return keep


def marked(store: Store) -> dict[str, list[str]]:
    """What stands at the places of each topic, in the words that the archive keeps."""
    post = store.archive.post(1)
    rows = store.db.conn.execute("SELECT topic, places FROM hits ORDER BY topic")
    return {
        topic: [getattr(post, place.field)[place.start : place.end] for place in read_places(places)]
        for topic, places in rows
    }


def test_the_words_in_which_a_topic_was_found_are_kept_before_those_of_before(
    wire: Source, daily: Source, store: Store, found: Callable[..., None]
) -> None:
    found(wire, "A100", "the A100 racks", "A100")
    found(wire, "News", "of the H100", "H100")
    assert (store.archive.post(1).title, store.archive.post(1).text) == ("News", "of the H100\n\nthe A100 racks")
    assert marked(store) == {"A100": ["A100"], "H100": ["H100"]}
    found(daily, "", "H200 and A100", "H200", "A100")
    assert store.archive.post(1).title == "News"
    assert marked(store) == {"A100": ["A100"], "H100": ["H100"], "H200": ["H200"]}


def test_words_that_hold_those_of_before_are_kept_alone_and_other_words_that_tell_nothing_new_are_not(
    wire: Source, store: Store, found: Callable[..., None]
) -> None:
    found(wire, "News", "the A100 racks", "A100")
    found(wire, "News", "no word of it")
    found(wire, "News", "A100 again", "A100")
    assert store.archive.post(1).text == "the A100 racks"
    found(wire, "News", "H100, besides the A100 racks", "H100")
    assert store.archive.post(1).text == "H100, besides the A100 racks"
    assert marked(store) == {"A100": ["A100"], "H100": ["H100"]}


def test_places_of_words_that_are_cut_off_are_dropped(wire: Source, store: Store, found: Callable[..., None]) -> None:
    found(wire, "News", "x" * (MAX_TEXT - 9) + "A100", "A100")
    found(wire, "News", "H100, and much more", "H100")
    assert len(store.archive.post(1).text) == MAX_TEXT
    assert marked(store) == {"A100": [], "H100": ["H100"]}
