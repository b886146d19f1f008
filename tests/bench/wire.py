"""A wire of made-up hits for benchmarks: most tell news of their own; one in twenty is a copy, and one a retelling.

The posts are those of ``corpus``, with what makes news tell apart: each story has rare words and names, some of which
many others have, too, some numbers and links, and one to three of the words that topics look for. A copy is a post cut
short, or with a by-line; a retelling has other sentences, perhaps in another language, around most of the names.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from bot.model import Tie
from scrapers import Post
from tests.bench import corpus

COPIES, RETELLINGS = 0.05, 0.05
"""Shares of the posts."""
LATELY = 500
"""A copy or a retelling follows within so many posts."""
LEXICON, FAMOUS = 60_000, 2_000
"""Names and rare words that there are; the first of them are the more often in the news the earlier they stand."""
NAMES, FAMOUS_NAMES, KEPT = 12, 8, 0.7
"""Those of one story, of all and of the famous ones; and the share of both that a retelling has."""
NUMBERS = 3
TOLD, TOLD_HAN = 450, 200
"""Characters of a text, and of a Chinese one, in which it says what it is about."""
LANGUAGES = ("en", "fr", "zh")
"""Those of the corpus, in turn."""
SITES = 60
"""Publishers; each has a home page that its posts may link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What makes it that story: the topics' words, its names and numbers; ``post`` told it first."""

    topics: tuple[str, ...]
    telling: tuple[str, ...]
    post: Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One post of the wire: ``tie`` is what it should be found to be, of the post with the key ``beside``."""

    post: Post
    tie: Tie = Tie.FIRST
    beside: str = ""


def items(topics: Sequence[str], *, seed: int = 4) -> Iterator[Item]:
    """Posts in which these words of topics stand, without end; always the same for the same seed."""
    random = Random(seed)
    lexicon = _lexicon()
    weights = tuple(accumulate(1 / (rank + 10) for rank in range(FAMOUS)))
    lately: deque[Story] = deque(maxlen=LATELY)
    for number, plain in enumerate(corpus.stream(seed=seed)):
        chance = random.random()
        if lately and chance < COPIES:
            yield _copy(random, number, random.choice(lately).post)
        elif lately and chance < COPIES + RETELLINGS:
            yield _retelling(random, number, plain, random.choice(lately))
        else:
            famous = random.choices(lexicon[:FAMOUS], cum_weights=weights, k=FAMOUS_NAMES)
            telling = (*random.choices(lexicon, k=NAMES), *famous, *_numbers(random))
            chosen = tuple(random.sample(topics, min(random.randint(1, 3), len(topics))))
            post = _told(random, number, plain, telling, chosen)
            lately.append(Story(topics=chosen, telling=telling, post=post))
            yield Item(post=post)


@cache
def _lexicon() -> list[str]:
    """Latin and Chinese names, without product codes: those are too much alike."""
    words = [word.strip('"') for word in corpus.keywords(LEXICON * 5 // 3)[len(corpus.REAL) :]]
    return [word for word in words if word.replace(" ", "").isalpha()][:LEXICON]


def _numbers(random: Random) -> Iterator[str]:
    return (str(random.randint(101, 99_999)) for _ in range(NUMBERS))


def _told(random: Random, number: int, plain: Post, telling: Sequence[str], topics: Sequence[str]) -> Post:
    """A post that tells a story in these sentences."""
    text, lang = plain.text, LANGUAGES[number % 3]
    within = TOLD_HAN if lang == "zh" else TOLD
    for word in (*telling, topics[0]):
        text = corpus.put(random, text, word, within=within)
    title = " ".join((*topics, telling[0], plain.title, telling[-1]))
    return plain._replace(title=title, text=text, lang=lang, **_place(random, number))


def _place(random: Random, number: int) -> dict[str, str | tuple[str, ...]]:
    """Where a post stands, and what it links: its publisher's home page, a page of its own, or nothing."""
    home = f"https://site{random.randrange(SITES)}.example"
    links = (f"{home}/",) * (random.random() < 0.3) + (f"{home}/report-{number}-in-full",) * (random.random() < 0.3)
    return {"key": f"wire:{number}", "url": f"{home}/news/{number}", "links": links}


def _copy(random: Random, number: int, post: Post) -> Item:
    text = post.text
    if random.random() < 0.5:
        text = text[: max(len(text) // 2, TOLD + 200)]
    if random.random() < 0.5:
        by, of = random.choices(corpus.BRANDS, k=2)
        text = f"({by}) {text}\n\n© {of}"
    return Item(post=post._replace(text=text, **_place(random, number)), tie=Tie.COPY, beside=post.key)


def _retelling(random: Random, number: int, plain: Post, story: Story) -> Item:
    kept = [word for word in story.telling if random.random() < KEPT] or story.telling[:1]
    post = _told(random, number, plain, kept, story.topics)
    return Item(post=post, tie=Tie.NEWS, beside=story.post.key)
