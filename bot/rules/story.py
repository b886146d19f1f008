"""Whether two posts tell the same news, and so which story a post belongs to.

    copy    the same text: syndicated, cut to a teaser, with a by-line more. It is folded
    link    one links the other, or both link one page
    news    the same news in other words, or in another language. It is grouped and shown, never dropped

Precision comes first, since a false merge may silence an alert. The bars were set on labelled pairs (``make quality``)
with the weights of an archive of some 2,700 texts.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.model import Hit, Place, Story, Tie
from bot.rules import figures, fingerprint, language, sketch, template
from bot.rules.fingerprint import number
from bot.rules.frequencies import ASSUMED, Frequencies
from bot.rules.sketch import Sketch
from scrapers import Post

LEAST_SHARED, PART_SHARED = 2, 0.5
"""Of the minima of a copy so many, and this part, are among those of the whole; else the texts need no closer look."""
HELD = 0.75
"""The part of the shorter text that must be in the longer one for a copy."""
WORDED = 0.6
"""Short texts that share this part of their wording are a template if they differ in a name or a figure."""
ALIKE, ALIKE_SHORT, SHARED = 0.1, 0.6, 60.0
"""How alike two texts of one language must be: where they share this weight of words, and where they are shorter."""
SHARED_SHORT = 25.0
"""The weight of words that two short texts must share, four or five of them: "H100 in stock" is said every day."""
SHARED_ACROSS, GROWTH, _MEASURED = 16.0, 3.0, 3_700
"""The weight of names, numbers and words that two texts in different languages must share, in an archive as large as
that in which it was measured. In a larger one more posts share some by chance: it grows with the logarithm."""
SAME_TITLE, TELLING = 0.3, 600
"""Titles less alike than this make two texts different, unless so many letters of text are shared under them."""
LITTLE = "too little in common"
"""Said first of two posts that nothing ties; what they reached, and the bars, come after it."""
CHOSEN, CHOSEN_NAMES = 8, 24
"""Terms of a post under which it is found: the rarest of its words, and of its names, which cross languages."""
UNMARKED = 3.0
"""So much weight may two texts in different languages share in words under which neither is found."""
TELLING_TERM = 3.0
"""Terms that weigh less are in one post of twenty and lead nowhere."""
LOOKED_AT = 4
"""Posts that are compared with a new one in full: those that share most marks with it, if these are enough."""

_page = re.compile(r"[^/]+/(?:.*/)?[^/]*(?:[^/-]+-){2}[^/]+|[^/]+/(?:.+/)?[^/]*\d{6,}[^/]*")
_contact = re.compile(r"(?:wa\.me|t\.me|discord\.gg|api\.whatsapp\.com|m\.me|line\.me)/.*")
CROWDED = 5
"""A page that more posts link is a shop, a profile or a privacy policy, and no news that they share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A new post as it is compared with others. ``topics`` are those that it matched.

    ``weights`` say what it is worth that another post shares each of its keys, ``asked`` are the keys of what the
    topics matched: any other post on these topics has them, too.

    ``marks`` are numbers of which another post of the same news shares some: of its wording, its links and its rarest
    terms. With each goes what it is worth to share it: 1 is enough to look closer, as is a link, or terms of the weight
    that ties two posts. What a stretch of text is worth, None here, depends on how many have it: see ``wording``.
    """

    post: Post
    topics: frozenset[str]
    sketch: Sketch
    archive: Frequencies
    asked: frozenset[int]
    weights: Mapping[int, float]
    marks: Mapping[int, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A post of a story that shares marks with a new one. ``id`` is its row, ``topics`` are those that it matched."""

    id: int
    story: int
    sketch: Sketch
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What two posts have in common. ``tie`` None: they are different news, for the reason in ``evidence``."""

    tie: Tie | None
    score: float = 0.0
    evidence: tuple[str, ...] = ()


Fetch = Callable[[int], Post]
"""Gives the post of a row, where its very wording is to be compared."""


def read(post: Post, topics: Iterable[str], places: Iterable[Place], archive: Frequencies) -> Reading:
    """A post as it is compared with others; ``places`` are where these topics matched."""
    taken = sketch.of(post)
    words = {getattr(post, place.field)[place.start : place.end] for place in places}
    asked = _asked(" \n ".join(sorted(words)))
    weights = archive.weights(taken.keys, asked=asked)
    return Reading(
        post=post,
        topics=frozenset(topics),
        sketch=taken,
        archive=archive,
        asked=asked,
        weights=weights,
        marks=_marks(taken, _names(post), weights, min(SHARED_SHORT, _enough_across(archive) - UNMARKED)),
    )


@lru_cache(maxsize=256)
def _asked(words: str) -> frozenset[int]:
    found = fingerprint.terms(words)
    return found.words | found.sounds


def _names(post: Post) -> frozenset[int]:
    terms = fingerprint.of(post).terms
    return terms.names | terms.sounds | terms.foreign


def _marks(
    taken: Sketch, names: frozenset[int], weights: Mapping[int, float], enough: float
) -> Mapping[int, float | None]:
    rare = [*_telling(names, weights)[:CHOSEN_NAMES], *_telling(taken.words - names, weights)[:CHOSEN]]
    worded = dict.fromkeys({*taken.minima, taken.digest & 0xFFFFFFFF} - {0})
    return (
        worded | {key: weights[key] / enough for key in rare} | dict.fromkeys((taken.links | {taken.page}) - {0}, 1.0)
    )


def _telling(found: Iterable[int], weights: Mapping[int, float]) -> list[int]:
    """The keys that say something, the rarest first."""
    return sorted((key for key in sorted(found) if weights[key] >= TELLING_TERM), key=weights.__getitem__, reverse=True)


def wording(posts: int) -> float:
    """What it says to share a stretch of text that so many posts have; two that few have are enough to look closer."""
    return min(1 / LEAST_SHARED, 10 / posts)


def promising(worth: Mapping[int, float], *, least: float = 1.0) -> list[int]:
    """The posts to look at, most promising first. ``worth`` is what the marks are worth that each shares."""
    kept = [post for post, each in worth.items() if each >= least]
    return sorted(kept, key=lambda post: (-worth[post], -post))


def join(hit: Hit, reading: Reading, near: Sequence[Neighbour], fetch: Fetch, facts: frozenset[str]) -> Story:
    """The story that a post tells: that of the neighbour that is most like it, or one of its own."""
    found = [(compare(reading, each, fetch), each) for each in near]
    ties = [(likeness, each) for likeness, each in found if likeness.tie]
    if not ties:
        return Story(id=hit.seen.id, hit=hit, facts=facts)
    best, beside = min(ties, key=lambda pair: (list(Tie).index(pair[0].tie or Tie.NEWS), -pair[0].score, pair[1].id))
    return Story(
        id=beside.story, hit=hit, tie=best.tie or Tie.NEWS, beside=beside.id, evidence=best.evidence, facts=facts
    )


def facts(hit: Hit) -> frozenset[str]:
    """The prices and quantities that stand near what matched."""
    post = hit.seen.post
    found: set[str] = set()
    for part in ("title", "text"):
        spans = [(place.start, place.end) for match in hit.matches for place in match.places if place.field == part]
        found |= figures.facts(getattr(post, part), spans)
    return frozenset(found)


def compare(mine: Reading, other: Neighbour, fetch: Fetch) -> Likeness:
    """What a post has in common with an earlier one."""
    theirs = other.sketch
    nested = mine.topics <= other.topics or other.topics <= mine.topics
    if mine.sketch.digest and mine.sketch.digest == theirs.digest and nested:
        return Likeness(tie=Tie.COPY, score=1.0, evidence=("the very same text",))
    shared, possible = fingerprint.shared(mine.sketch.minima, theirs.minima)
    likely = shared >= max(LEAST_SHARED, PART_SHARED * possible)
    copied = _copied(mine.post, fetch(other.id), nested=nested) if likely else None
    return copied or _linked(mine, theirs) or _retold(mine, other, fetch)


def _copied(post: Post, other: Post, *, nested: bool) -> Likeness | None:
    weight = _least(post, other)
    held = fingerprint.containment(fingerprint.fold(post), fingerprint.fold(other))
    if held < HELD or not _titled_alike(post, other, weight):
        return None
    slots = _slots(post, other, weight)
    if any(map(template.names, slots)):
        return Likeness(tie=None, score=held, evidence=("a template", *slots[:3]))
    if not nested:
        return Likeness(tie=None, score=held, evidence=("a template", "other topics matched"))
    return None if slots else Likeness(tie=Tie.COPY, score=held, evidence=(f"{held:.0%} of the shorter text",))


def _least(*posts: Post) -> int:
    """How much the shorter of them says, in letters."""
    return min(fingerprint.weight(fingerprint.fold(post)) for post in posts)


def _slots(post: Post, other: Post, weight: int) -> tuple[str, ...]:
    return template.differs(f"{post.title}\n{post.text}", f"{other.title}\n{other.text}", weight=weight)


def _titled_alike(post: Post, other: Post, weight: int) -> bool:
    """Whether the titles, if there are two, let the texts be the same: under another title a short text is a cliché."""
    if weight >= TELLING or not post.title or not other.title:
        return True
    titles = [fingerprint.fold(Post(key="", url="", title=each.title)) for each in (post, other)]
    return fingerprint.containment(*titles) >= SAME_TITLE


def _linked(mine: Reading, theirs: Sketch) -> Likeness | None:
    own, links = mine.sketch.page, mine.sketch.links
    same = (({own} & theirs.links) | ({theirs.page} & links) | ({own} & {theirs.page})) - {0}
    both = links & theirs.links
    if not same and not both:
        return None
    print_ = fingerprint.of(mine.post)
    spelt = {number(sketch.link(link)): link for link in {print_.page, *print_.links} - {""}}
    shared = same or {link for link in both if _is_news(link, spelt[link], mine.archive)}
    if not shared:
        return None
    evidence = tuple(sorted(spelt[link] for link in shared))[:3]
    return Likeness(tie=Tie.LINK, score=float(len(shared)), evidence=evidence)


def _is_news(link: int, spelt: str, archive: Frequencies) -> bool:
    """Whether a page that two posts link may be what both are about, and no contact, shop or home page."""
    return archive.posts(link) <= CROWDED and bool(_page.fullmatch(spelt)) and not _contact.fullmatch(spelt)


def _retold(mine: Reading, other: Neighbour, fetch: Fetch) -> Likeness:
    if not mine.topics & other.topics:
        return Likeness(tie=None, evidence=(LITTLE, "no topic of both"))
    theirs = other.sketch
    words = mine.sketch.words & theirs.words
    shared = _weight(mine, words)
    alike = _alike(mine, theirs, words) if shared >= SHARED_SHORT else 0.0
    bar = ALIKE if shared >= SHARED else ALIKE_SHORT
    if alike >= bar:
        apart = _filled(mine.post, fetch(other.id)) if bar is ALIKE_SHORT else None
        said = _rarest(mine, words)
        return apart or Likeness(tie=Tie.NEWS, score=shared, evidence=(f"alike {alike:.2f}", *said))
    reached = f"alike {alike:.2f} of {bar:g}, sharing {shared:.0f} of {SHARED:g}"
    if language.may_be_one(mine.sketch.lang, theirs.lang):
        return Likeness(tie=None, score=alike, evidence=(LITTLE, reached))
    return _translated(mine, theirs, words)


def _translated(mine: Reading, theirs: Sketch, words: frozenset[int]) -> Likeness:
    """What two texts in different languages have in common that share these words: names, figures, loan words."""
    spoken = mine.sketch.sounds & theirs.sounds if mine.sketch.chinese != theirs.chinese else frozenset[int]()
    keys, enough = (words - language.LITTLE) | spoken, _enough_across(mine.archive)
    shared = _weight(mine, keys)
    langs = sorted((mine.sketch.lang, theirs.lang), key=lambda lang: (not lang, lang))
    told = f"in {' and '.join(lang or 'another language' for lang in langs)}, sharing {shared:.1f}"
    if shared < enough:
        return Likeness(tie=None, score=shared, evidence=(LITTLE, f"{told} of {enough:.1f}"))
    return Likeness(tie=Tie.NEWS, score=shared, evidence=(told, *_rarest(mine, keys)))


def _weight(mine: Reading, keys: Iterable[int]) -> float:
    return sum([mine.weights[key] for key in keys])


def _enough_across(archive: Frequencies) -> float:
    return SHARED_ACROSS + GROWTH * max(0.0, math.log((archive.total + ASSUMED) / _MEASURED))


def _filled(post: Post, other: Post) -> Likeness | None:
    """Why two short texts that are alike are not the same news: one template filled in twice."""
    held = fingerprint.containment(fingerprint.fold(post), fingerprint.fold(other))
    slots = tuple(filter(template.names, _slots(post, other, _least(post, other)))) if held >= WORDED else ()
    return Likeness(tie=None, evidence=("a template", *slots[:3])) if slots else None


def _alike(mine: Reading, theirs: Sketch, shared: frozenset[int]) -> float:
    """How alike two texts are that share these words, 0 to 1.

    It is the cosine of their words times the part of either headline that the other text has: boilerplate makes
    texts alike, but not their headlines.
    """
    own, weights = mine.sketch, mine.weights
    others = mine.archive.weights(theirs.words - shared, asked=mine.asked)
    norm = _squared([weights[key] for key in shared])
    lengths = _squared([weights[key] for key in own.words]), norm + _squared(others.values())
    leads = _part(own.lead, shared, weights), _part(theirs.lead, shared, {**weights, **others})
    return norm / math.sqrt(lengths[0] * lengths[1]) * min(leads)


def _squared(weights: Iterable[float]) -> float:
    return sum([each * each for each in weights])


def _part(lead: frozenset[int], shared: frozenset[int], weights: Mapping[int, float]) -> float:
    """Which part of a headline is shared."""
    whole = sum([weights[key] for key in lead])
    return sum([weights[key] for key in lead & shared]) / whole if whole else 0.0


def _rarest(mine: Reading, found: Iterable[int]) -> list[str]:
    telling = sorted({key for key in found if mine.weights[key]}, key=lambda key: (-mine.weights[key], key))[:6]
    spelt = fingerprint.spelt(f"{mine.post.title}\n{mine.post.text}", frozenset(telling))
    return [spelt[key].lstrip("#~") for key in telling if key in spelt]
