from hypothesis import given
from hypothesis import strategies as st

from bot.rules.fingerprint import number
from bot.rules.frequencies import BUCKETS, Frequencies

NUMBERS = st.frozensets(st.integers(0, 2**32 - 1), max_size=40)


def counted(*posts: set[str]) -> Frequencies:
    archive = Frequencies()
    for keys in posts:
        archive.add(map(number, keys))
    return archive


def weigh(archive: Frequencies, *keys: str, asked: str = "") -> list[float]:
    found = archive.weights(frozenset(map(number, keys)), asked=frozenset([number(asked)]))
    return [found[number(key)] for key in keys]


def test_a_key_is_the_same_number_tomorrow_and_elsewhere() -> None:
    assert (number("h100"), number("苏菂"), number("")) == (65046792, 545650738, 0)
    assert number("\ud800") == number("?")


def test_the_rarer_a_key_the_more_it_says() -> None:
    archive = counted({"rare", "#8"}, *({"h100", "often"} for _ in range(9_000)), *({"h100"} for _ in range(90_000)))
    weights = weigh(archive, "h100", "often", "the", "china", "rare", "unseen")
    assert weights == sorted(weights)
    assert weights[0] < 0.2
    small, year, figure = weigh(archive, "#8", "#2024", "#2.5e+06")
    assert small < year == weights[2] / 2
    assert figure == weights[5]


def test_what_a_topic_asks_for_says_nothing() -> None:
    assert weigh(Frequencies(), "h100", "rack", asked="h100")[0] == 0.0 < weigh(Frequencies(), "rack", asked="h100")[0]
    assert Frequencies().weights(frozenset(), asked=frozenset([1])) == {}


def test_a_key_is_counted_once_a_post() -> None:
    archive = Frequencies()
    archive.add([7, 7, 7 + BUCKETS])
    archive.add([7])
    assert (archive.total, archive.posts(7), archive.posts(8)) == (2, 2, 0)


@given(st.lists(NUMBERS, max_size=5), NUMBERS)
def test_counts_that_were_kept_go_on_as_if_nothing_had_been(
    before: list[frozenset[int]], after: frozenset[int]
) -> None:
    one, other = Frequencies(), Frequencies()
    for keys in before:
        one.add(keys)
    other.load(one.total, one.dump())
    for archive in (one, other):
        archive.add(after)
    assert one.total == other.total
    assert one.weights(after.union(*before)) == other.weights(after.union(*before))
