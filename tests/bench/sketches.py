"""Peers that find copies by MinHash and LSH: the same made-up hits, looked up and added, in memory.

``python -m tests.bench.sketches PEER POSTS`` prints what it took as JSON. The shingles are those of Vigie, as text, and
are made before the clock starts.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from types import MappingProxyType

from bot.model import Tie
from bot.rules import fingerprint
from scrapers import Post
from tests.bench import corpus, desk, wire
from tests.bench.spent import high_water

HASHES = 128
LIKE = 0.5
"""Jaccard likeness for which the bands of the peers' indexes are laid out: a copy cut to half has it."""
RUN = 5

Look = Callable[[str, Sequence[str]], Sequence[str]]
"""Gives the keys of the posts that are like this one, and adds it."""


def _datasketch() -> Look:
    library = import_module("datasketch")
    index = library.MinHashLSH(threshold=LIKE, num_perm=HASHES)

    def look(key: str, shingles: Sequence[str]) -> Sequence[str]:
        sketch = library.MinHash(num_perm=HASHES)
        sketch.update_batch([each.encode() for each in shingles])
        found: Sequence[str] = index.query(sketch)
        index.insert(key, sketch)
        return found

    return look


def _rensa() -> Look:
    library = import_module("rensa")
    index = library.RMinHashLSH(LIKE, HASHES, 32)
    keys: list[str] = []

    def look(key: str, shingles: Sequence[str]) -> Sequence[str]:
        sketch = library.RMinHash(HASHES, 42)
        sketch.update(shingles)
        found = [keys[each] for each in index.query(sketch)]
        index.insert(len(keys), sketch)
        keys.append(key)
        return found

    return look


PEERS = MappingProxyType({"datasketch": _datasketch, "rensa": _rensa})


def shingles(post: Post) -> list[str]:
    """The runs of characters of a post, each once."""
    folded = fingerprint.fold(post)
    return sorted({folded[at : at + RUN] for at in range(max(len(folded) - RUN + 1, 1))})


def timed(look: Look, items: Iterator[wire.Item], posts: int, hits: int) -> dict[str, object]:
    """Fill an index with so many posts, then look up and add further ones in rounds."""
    for item in islice(items, posts):
        look(item.post.key, shingles(item.post))
    rounds: list[float] = []
    each: list[float] = []
    found: list[bool] = []
    for _ in range(desk.ROUNDS):
        jobs = [(item, shingles(item.post)) for item in islice(items, hits)]
        for item, said in jobs:
            start = time.process_time()
            alike = look(item.post.key, said)
            each.append(time.process_time() - start)
            found += [item.beside in alike] if item.tie is Tie.COPY else []
        rounds.append(sum(each[-hits:]))
    return {
        "stories": posts,
        "hits": hits,
        "rounds": rounds,
        "each": each,
        "peak": high_water(),
        "disk": 0.0,
        "index": 0.0,
        "copies": sum(found) / max(len(found), 1),
    }


def main() -> None:
    name, posts = sys.argv[1], int(sys.argv[2])
    items = wire.items([word.strip('"') for word in corpus.REAL])
    print(json.dumps(timed(PEERS[name](), items, posts, desk.hits(posts))))


if __name__ == "__main__":
    main()
