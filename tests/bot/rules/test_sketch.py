from hypothesis import given
from hypothesis import strategies as st

from bot.rules import fingerprint, sketch
from bot.rules.fingerprint import number
from scrapers import Post

CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
TAG = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
LINKS = st.lists(st.sampled_from(["https://example.org/a/1", "https://example.org/b/22", "mailto:x"]), max_size=3)


def post(text: str, title: str = "", lang: str = "", url: str = "", links: tuple[str, ...] = ()) -> Post:
    return Post(key="feed:1", url=url, title=title, text=text, lang=lang, links=links)


def test_a_sketch_is_the_fingerprint_in_numbers() -> None:
    shown = post(
        "苏菂 of Kun Lun Nest showed eight H100 boards in two short films, said a post of 640 words.",
        title="Su Di's cards",
        lang="en_GB",
        url="https://example.org/film/1",
        links=("https://www.example.org/a/long-story",),
    )
    taken, print_ = sketch.of(shown), fingerprint.of(shown)
    assert (taken.digest, taken.minima, taken.chinese, taken.lang) == (print_.digest, print_.minima, False, "en")
    assert taken.page == number("link example.org/film/1")
    assert taken.links == {number("link example.org/a/long-story")}
    assert {number(key) for key in ("cun", "h100", "#640", "苏菂")} <= taken.words
    assert number("~sudi") in taken.sounds
    assert taken.lead < taken.words
    assert taken.keys == taken.words | taken.sounds | taken.links


def test_a_post_without_words_or_address_has_an_empty_sketch() -> None:
    taken = sketch.of(post(""))
    assert (taken.digest, taken.page, taken.lang, taken.keys, taken.minima) == (0, 0, "", frozenset(), frozenset())


@given(CLEAN, CLEAN, TAG, LINKS)
def test_what_is_written_is_read_again(title: str, text: str, lang: str, links: list[str]) -> None:
    taken = sketch.of(post(text, title, lang.encode("ascii", "replace").decode()[:8], links=tuple(links)))
    assert sketch.read(sketch.write(taken)) == taken


def test_a_sketch_takes_little_room() -> None:
    long = " ".join(f"Lorry{number} brought {number} crates to Gate{number}" for number in range(2_000))
    assert len(sketch.write(sketch.of(post(long)))) < 2_000
    assert len(sketch.write(sketch.of(post("".join(map(chr, range(0x4E00, 0x6000))))))) < 4_000
