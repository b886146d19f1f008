"""What is kept of a post to compare it with later ones: its fingerprint in numbers, a kilobyte.

A post is compared with some that came days before it. To take their fingerprints again would cost more than all else.
"""

import struct
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

from bot.rules import fingerprint, language
from bot.rules.fingerprint import TOLD, number
from scrapers import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A fingerprint whose keys are numbers. ``digest`` and ``page`` are 0 where there is none.

    ``lang`` is the language that the text is found to be in, or else that which the post says, without its country; ""
    where neither tells.
    """

    digest: int
    page: int
    chinese: bool
    lang: str
    minima: frozenset[int]
    links: frozenset[int]
    words: frozenset[int]
    lead: frozenset[int]
    sounds: frozenset[int]

    @property
    def keys(self) -> frozenset[int]:
        """The keys that are counted in the archive."""
        return self.words | self.sounds | self.links


_PARTS = ("minima", "links", "words", "lead", "sounds")
_HEAD = struct.Struct(f"<QI?8s{len(_PARTS)}H")


def of(post: Post) -> Sketch:
    """The sketch of a post."""
    print_ = fingerprint.of(post)
    terms = print_.terms
    return Sketch(
        digest=print_.digest,
        page=number(link(print_.page)) if print_.page else 0,
        chinese=terms.chinese,
        lang=language.of(f"{post.title}\n{post.text}"[:TOLD], terms.words) or _declared(post.lang),
        minima=print_.minima,
        links=frozenset([number(link(each)) for each in print_.links]),
        words=terms.words,
        lead=terms.lead,
        sounds=terms.sounds,
    )


def _declared(lang: str) -> str:
    return lang.lower().replace("_", "-").split("-")[0]


def link(address: str) -> str:
    """The key of an address."""
    return f"link {address}"


def write(sketch: Sketch) -> bytes:
    """A sketch as bytes, for ``read``."""
    parts = [getattr(sketch, part) for part in _PARTS]
    lang = sketch.lang.encode("ascii", "replace")[:8]
    head = _HEAD.pack(sketch.digest, sketch.page, sketch.chinese, lang, *map(len, parts))
    return head + struct.pack(f"<{sum(map(len, parts))}I", *chain.from_iterable(parts))


def read(raw: bytes) -> Sketch:
    """The sketch in these bytes."""
    digest, page, chinese, lang, *lengths = _HEAD.unpack_from(raw)
    numbers = struct.unpack_from(f"<{sum(lengths)}I", raw, _HEAD.size)
    ends = pairwise(accumulate(lengths, initial=0))
    parts = {part: frozenset(numbers[start:end]) for part, (start, end) in zip(_PARTS, ends, strict=True)}
    return Sketch(digest=digest, page=page, chinese=chinese, lang=lang.rstrip(b"\0").decode(), **parts)
