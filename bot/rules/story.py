"""Whether two posts tell the same news, and so which story a post belongs to.

    copy    the same text: syndicated, cut to a teaser, with a by-line more. It is folded
    link    one links the other, or both link one page
    news    the same news in other words, or in another language. It is grouped and shown, never dropped

Precision comes first, since a false merge may silence an alert. The bars were set on labelled pairs (``make quality``)
with the weights of an archive of some 2,700 texts.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from bot.model import Hit, Place, Story, Tie
from bot.rules import common, figures, fingerprint, template
from bot.rules.fingerprint import Fingerprint, Terms
from scrapers import Post

LEAST_SHARED = 2
"""Of the minima of a copy so many are among those of the whole; else the texts need no closer look."""
HELD = 0.75
"""The part of the shorter text that must be in the longer one for a copy."""
WORDED = 0.6
"""Short texts that share this part of their wording are a template if they differ in a name or a figure."""
ALIKE, ALIKE_SHORT, SHARED = 0.1, 0.6, 60.0
"""How alike two texts of one language must be: where they share this weight of words, and where they are shorter."""
SHARED_SHORT = 25.0
"""The weight of words that two short texts must share, four or five of them: "H100 in stock" is said every day."""
NAMED, GROWTH, _MEASURED = 13.0, 3.0, 3_700
"""The weight of names and numbers that two texts in different languages must share, in an archive as large as that in
which it was measured. In a larger one more posts share some by chance: it grows with the logarithm."""
SAME_TITLE, TELLING = 0.3, 600
"""Titles less alike than this make two texts different, unless so many letters of text are shared under them."""
LITTLE = "too little in common"
"""Said first of two posts that nothing ties; what they reached, and the bars, come after it."""
CHOSEN, CHOSEN_NAMES = 20, 32
"""Terms of a post under which it is found: the rarest of its words, and of its names, which cross languages."""
TELLING_TERM = 3.0
"""Terms that weigh less are in one post of twenty and lead nowhere."""
LOOKED_AT = 4
"""Posts that are compared with a new one in full: those that share most marks with it ..."""
FLOOR = 13.0
"""... and marks of this weight at least."""

_ASSUMED = 1_000
"""Posts that every archive is taken to have had before its first: a young one knows no frequencies yet ..."""
_EVERYDAY, _FAMILIAR = 50, 20
"""... and in how many of them an everyday word, and a name that is in the news every week, was."""
_NAMES = """
    amd america american apple arm asia australia beijing berlin biden bloomberg brussels canada china chine chinese
    commerce congress deutschland dubai eu europe european france frankreich germany google hong huang huawei india
    intel israel japan jensen kong korea linkedin london malaysia meta microsoft moscow musk nasdaq nvidia openai paris
    peking reuters russia shanghai shenzhen singapore taipei taiwan telegram tesla tokyo trump tsmc twitter ukraine
    a100 a800 b200 b300 blackwell ddr5 dell dgx epyc foxconn gb200 gb300 goldman h100 h20 h200 h800 hbm hbm3 hbm3e hgx
    hopper hynix lenovo micron morgan nvl72 nvlink pcie samsung smci stanley supermicro sxm sxm5 xeon
    united states usa vereinigte washington white house xiaomi youtube 中国 美国 北京 上海 深圳 香港 台湾 英伟 伟达
"""
_PLAIN = frozenset(word[: fingerprint.STEM] for word in common.ENGLISH | common.FRENCH)
_KNOWN = frozenset(name[: fingerprint.STEM] for name in _NAMES.split())
_page = re.compile(r"[^/]+/(?:.*/)?[^/]*(?:[^/-]+-){2}[^/]+|[^/]+/(?:.+/)?[^/]*\d{6,}[^/]*")
_contact = re.compile(r"(?:wa\.me|t\.me|discord\.gg|api\.whatsapp\.com|m\.me|line\.me)/.*")
CROWDED = 5
"""A page that more posts link is a shop, a profile or a privacy policy, and no news that they share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """In how many of the archive's posts each key was: the rarer, the more it says. What a topic asks for says nothing.

    ``asked`` are the keys of what topics matched in the post at hand.
    """

    total: int
    posts: Mapping[str, int]
    asked: frozenset[str] = frozenset()

    _weighed: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def weight(self, key: str) -> float:
        """What it says that two posts share this key. Small numbers and years are in too many texts to say much."""
        known = self._weighed.get(key)
        if known is None:
            known = self._weighed[key] = 0.0 if key in self.asked else self._weight(key)
        return known

    def _weight(self, key: str) -> float:
        usual = _EVERYDAY if key in _PLAIN else _FAMILIAR if key in _KNOWN else 0
        rarity = math.log((self.total + _ASSUMED) / (self.posts.get(key, 0) + usual + 0.5))
        return max(0.0, rarity) * (0.5 if key[0] == "#" and figures.is_small(key[1:]) else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A post of a story that shares marks with a new one. ``id`` is its row, ``topics`` are those that it matched."""

    id: int
    story: int
    post: Post
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What two posts have in common. ``tie`` None: they are different news, for the reason in ``evidence``."""

    tie: Tie | None
    score: float = 0.0
    evidence: tuple[str, ...] = ()


def marks(post: Post, frequencies: Frequencies) -> tuple[int, ...]:
    """Numbers of which another post of the same news shares some: of its wording, its links and its rarest terms."""
    print_ = fingerprint.of(post)
    terms = print_.terms
    names = terms.names | terms.sounds | terms.foreign
    rare = [*_telling(names, frequencies)[:CHOSEN_NAMES], *_telling(terms.words - names, frequencies)[:CHOSEN]]
    links = [_link(link) for link in {print_.page, *print_.links} - {""}]
    worded = [f"text {each}" for each in (*print_.minima, print_.digest) if each]
    return tuple(sorted(map(mark, {*rare, *links, *worded})))


def _telling(found: Iterable[str], frequencies: Frequencies) -> list[str]:
    weights = {key: frequencies.weight(key) for key in found}
    return sorted((key for key in weights if weights[key] >= TELLING_TERM), key=lambda key: (-weights[key], key))


@lru_cache(maxsize=1 << 14)
def mark(key: str) -> int:
    """A key as a number of 62 bits."""
    return int.from_bytes(blake2b(key.encode(errors="replace"), digest_size=8).digest()) >> 2


def keys(post: Post) -> frozenset[str]:
    """The keys whose frequencies a comparison of this post needs."""
    print_ = fingerprint.of(post)
    return print_.terms.words | print_.terms.names | print_.terms.sounds | frozenset(map(_link, print_.links))


def _link(link: str) -> str:
    return f"link {link}"


def asked(post: Post, places: Iterable[Place]) -> frozenset[str]:
    """The keys of what topics matched at these places of a post: any other post on these topics has them, too."""
    words = {getattr(post, place.field)[place.start : place.end] for place in places}
    found = fingerprint.terms(" \n ".join(sorted(words)))
    return found.words | found.names | found.sounds


def rarity(post: Post, frequencies: Frequencies) -> dict[int, float]:
    """What it says to share each of the terms and links of a post, by its mark. One link is enough to look closer."""
    print_ = fingerprint.of(post)
    terms = print_.terms
    weights = {mark(key): frequencies.weight(key) for key in terms.words | terms.names | terms.sounds}
    links = {mark(_link(link)): FLOOR for link in {print_.page, *print_.links} - {""}}
    return weights | links


def wording(posts: int) -> float:
    """What it says to share a stretch of text that so many posts have; two that few have are enough to look closer."""
    return min(FLOOR / LEAST_SHARED, 10 * FLOOR / posts)


def promising(worth: Mapping[int, float], *, most: int = LOOKED_AT, least: float = FLOOR) -> tuple[int, ...]:
    """The posts to look at, most promising first. ``worth`` is the weight of the marks that each shares."""
    kept = [post for post, each in worth.items() if each >= least]
    return tuple(sorted(kept, key=lambda post: (-worth[post], -post))[:most])


def join(hit: Hit, near: Sequence[Neighbour], frequencies: Frequencies, facts: frozenset[str]) -> Story:
    """The story that a post tells: that of the neighbour that is most like it, or one of its own."""
    topics = frozenset(match.topic for match in hit.matches)
    found = [(compare(hit.seen.post, topics, each, frequencies), each) for each in near]
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


def compare(post: Post, topics: frozenset[str], other: Neighbour, frequencies: Frequencies) -> Likeness:
    """What a post has in common with an earlier one. ``topics`` are those that it matched."""
    mine, theirs = fingerprint.of(post), fingerprint.of(other.post)
    nested = topics <= other.topics or other.topics <= topics
    if mine.digest and mine.digest == theirs.digest and nested:
        return Likeness(tie=Tie.COPY, score=1.0, evidence=("the very same text",))
    shared = len(mine.minima & theirs.minima)
    copied = _copied(post, other.post, nested=nested) if shared >= LEAST_SHARED else None
    if copied:
        return copied
    return _linked(mine, theirs, frequencies) or _retold(
        post, other.post, mine.terms, theirs.terms, frequencies, related=bool(topics & other.topics)
    )


def _copied(post: Post, other: Post, *, nested: bool) -> Likeness | None:
    weight = min(fingerprint.of(each).weight for each in (post, other))
    held = fingerprint.containment(fingerprint.of(post).folded, fingerprint.of(other).folded)
    if held < HELD or not _titled_alike(post, other, weight):
        return None
    slots = _slots(post, other, weight)
    if any(map(template.names, slots)):
        return Likeness(tie=None, score=held, evidence=("a template", *slots[:3]))
    if not nested:
        return Likeness(tie=None, score=held, evidence=("a template", "other topics matched"))
    return None if slots else Likeness(tie=Tie.COPY, score=held, evidence=(f"{held:.0%} of the shorter text",))


def _slots(post: Post, other: Post, weight: int) -> tuple[str, ...]:
    return template.differs(f"{post.title}\n{post.text}", f"{other.title}\n{other.text}", weight=weight)


def _titled_alike(post: Post, other: Post, weight: int) -> bool:
    """Whether the titles, if there are two, let the texts be the same: under another title a short text is a cliché."""
    if weight >= TELLING or not post.title or not other.title:
        return True
    titles = [fingerprint.fold(Post(key="", url="", title=each.title)) for each in (post, other)]
    return fingerprint.containment(*titles) >= SAME_TITLE


def _linked(mine: Fingerprint, theirs: Fingerprint, frequencies: Frequencies) -> Likeness | None:
    own = ({mine.page} & theirs.links) | ({theirs.page} & mine.links) | ({mine.page} & {theirs.page})
    shared = own - {""} or {link for link in mine.links & theirs.links if _is_news(link, frequencies)}
    if not shared:
        return None
    return Likeness(tie=Tie.LINK, score=float(len(shared)), evidence=tuple(sorted(shared))[:3])


def _is_news(link: str, frequencies: Frequencies) -> bool:
    """Whether a page that two posts link may be what both are about, and no contact, shop or home page."""
    rare = frequencies.posts.get(_link(link), 0) <= CROWDED
    return rare and bool(_page.fullmatch(link)) and not _contact.fullmatch(link)


def _retold(
    post: Post, other: Post, mine: Terms, theirs: Terms, frequencies: Frequencies, *, related: bool
) -> Likeness:
    if not related:
        return Likeness(tie=None, evidence=(LITTLE, "no topic of both"))
    alike, shared = _alike(mine, theirs, frequencies)
    named, found = _named(mine, theirs, frequencies)
    bar = ALIKE if shared >= SHARED else ALIKE_SHORT
    if alike >= bar:
        apart = _chance(post, other, shared) if bar is ALIKE_SHORT else None
        said = _rarest(mine.words & theirs.words, frequencies)
        return apart or Likeness(tie=Tie.NEWS, score=named, evidence=(f"alike {alike:.2f}", *said))
    enough = NAMED + GROWTH * max(0.0, math.log((frequencies.total + _ASSUMED) / _MEASURED))
    if named >= enough and not _same_language(post, other, mine, theirs):
        return Likeness(tie=Tie.NEWS, score=named, evidence=(f"names {named:.1f}", *_rarest(found, frequencies)))
    reached = f"alike {alike:.2f} of {bar:g}, sharing {shared:.0f} of {SHARED:g}, names {named:.1f} of {enough:.1f}"
    return Likeness(tie=None, score=alike, evidence=(LITTLE, reached))


def _chance(post: Post, other: Post, shared: float) -> Likeness | None:
    """Why two short texts are alike without being the same news: too short, or one template filled in twice."""
    weight = min(fingerprint.of(each).weight for each in (post, other))
    if shared < SHARED_SHORT:
        return Likeness(tie=None, evidence=(LITTLE, "short texts are alike by chance"))
    held = fingerprint.containment(fingerprint.of(post).folded, fingerprint.of(other).folded)
    slots = tuple(filter(template.names, _slots(post, other, weight))) if held >= WORDED else ()
    return Likeness(tie=None, evidence=("a template", *slots[:3])) if slots else None


def _alike(mine: Terms, theirs: Terms, frequencies: Frequencies) -> tuple[float, float]:
    """How alike two texts are, 0 to 1, and the weight of the words that they share.

    It is the cosine of their words times the part of either headline that the other text has: boilerplate makes
    texts alike, but not their headlines.
    """
    weight = {key: frequencies.weight(key) for key in mine.words | theirs.words}
    shared = mine.words & theirs.words
    lengths = [math.sqrt(math.fsum(weight[key] ** 2 for key in words)) for words in (mine.words, theirs.words)]
    if not shared or not all(lengths):
        return 0.0, 0.0
    cosine = math.fsum(weight[key] ** 2 for key in shared) / (lengths[0] * lengths[1])
    leads = [_part(each.lead, shared, weight) for each in (mine, theirs)]
    return cosine * min(leads), math.fsum(weight[key] for key in shared)


def _part(lead: frozenset[str], shared: frozenset[str], weight: Mapping[str, float]) -> float:
    whole = math.fsum(weight[key] for key in lead)
    return math.fsum(weight[key] for key in lead & shared) / whole if whole else 0.0


def _named(mine: Terms, theirs: Terms, frequencies: Frequencies) -> tuple[float, frozenset[str]]:
    """The weight of the names and numbers that two texts share; a rare word that is no name counts half."""
    quoted = (mine.foreign | theirs.foreign) & mine.words & theirs.words
    spoken = mine.sounds & theirs.sounds if mine.chinese != theirs.chinese else frozenset[str]()
    names = (mine.names & theirs.names) | spoken | quoted
    words = {key for key in (mine.words & theirs.words) - names if frequencies.weight(key) > 4.5}
    named = math.fsum(map(frequencies.weight, names)) + math.fsum(map(frequencies.weight, words)) / 2
    return named, names | words


def _same_language(post: Post, other: Post, mine: Terms, theirs: Terms) -> bool:
    """By what the posts say, else by the everyday words that two texts of one language share."""
    tags = [each.lang.lower().replace("_", "-").split("-")[0] for each in (post, other)]
    if all(tags):
        return tags[0] == tags[1]
    least = min(len(mine.words), len(theirs.words))
    return len(mine.words & theirs.words) >= 0.15 * least


def _rarest(found: Iterable[str], frequencies: Frequencies) -> list[str]:
    telling = (key for key in found if frequencies.weight(key))
    best = sorted(telling, key=lambda key: (-frequencies.weight(key), key))
    return [key.lstrip("#~") for key in best[:6]]
