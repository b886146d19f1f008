"""Whether two posts tell the same news: here, only when they are the same post or carry the very same text."""

import hashlib
import re
from collections.abc import Sequence
from unicodedata import normalize

from bot.model import Hit, Story, Telling
from scrapers import Post

MIN_WEIGHT = 60
"""Shorter texts, in letters (a Chinese character counts as three), are alike by chance: "Breaking", "H100 in stock"."""

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|@\w+")
_NOISE = re.compile(r"[\W_]+")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def digest(post: Post) -> str:
    """A hash of the words of a post, blind to case, width, punctuation, addresses and handles; "" if there are too few.

    The title belongs to it, since a template may differ from its sister in the title alone.
    """
    words = _ADDRESS.sub(" ", f"{post.title}\n{post.text}")
    folded = _NOISE.sub("", normalize("NFKC", words).casefold())
    if len(folded) + 2 * len(_IDEOGRAPH.findall(folded)) < MIN_WEIGHT:
        return ""
    return hashlib.blake2b(folded.encode(errors="replace"), digest_size=16).hexdigest()


def group(hits: Sequence[Hit], digests: Sequence[str], known: Telling) -> tuple[Story, ...]:
    """Which story each hit tells: a known one of its post or its text, or one of its own.

    ``digests`` are those of the hits' posts, in the same order. Hits of one look find each other, too.
    """
    texts = dict(known.texts)
    stories = []
    for hit, text in zip(hits, digests, strict=True):
        told = known.posts.get(hit.seen.id) or texts.get(text) or hit.seen.id
        if text:
            texts.setdefault(text, told)
        stories.append(Story(id=told, hit=hit, digest=text))
    return tuple(stories)
