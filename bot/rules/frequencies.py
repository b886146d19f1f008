"""How rare each name, number and word is among the posts of stories, and so what it says that two posts share it.

Keys are numbers here: 32 bits of a key's checksum. Posts are counted in buckets, so that the counts of any archive take
the same few megabytes; two rare keys seldom share one.
"""

import math
import zlib
from array import array
from collections.abc import Iterable, Mapping

from bot.rules import common, figures
from bot.rules.fingerprint import number, stem
from bot.rules.text import bare

BUCKETS = 1 << 20

ASSUMED = 1_000
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


def _known() -> Mapping[int, tuple[int, float]]:
    """Keys that say less than their frequencies do: in how many more posts they are taken to be, and which part counts.

    Small numbers and years are everyday words, and say half of what these do.
    """
    names = dict.fromkeys(map(stem, _NAMES.split()), (_FAMILIAR, 1.0))
    plain = dict.fromkeys((stem(bare(word)) for word in common.ENGLISH | common.FRENCH), (_EVERYDAY, 1.0))
    small = dict.fromkeys((f"#{each}" for each in figures.SMALL), (_EVERYDAY, 0.5))
    return {number(key): known for key, known in (names | plain | small).items()}


_KNOWN = _known()
_KNOWN_KEYS = frozenset(_KNOWN)


class Frequencies:
    """In how many posts each key was, of all that ever belonged to a story. ``total`` is how many these are."""

    __slots__ = ("_posts", "total")

    def __init__(self) -> None:
        self.total = 0
        self._posts = array("I", bytes(4 * BUCKETS))

    def add(self, keys: Iterable[int]) -> None:
        """One more post has these keys."""
        self.total += 1
        posts = self._posts
        for bucket in {key % BUCKETS for key in keys}:
            posts[bucket] += 1

    def posts(self, key: int) -> int:
        """In how many posts a key was, at most: another may share its bucket."""
        return self._posts[key % BUCKETS]

    def weights(self, keys: frozenset[int], *, asked: frozenset[int] = frozenset()) -> dict[int, float]:
        """What it says that two posts share each of these keys: nothing if a topic ``asked`` for it."""
        posts, all_posts, log = self._posts, math.log(self.total + ASSUMED), math.log
        found = {key: all_posts - log(posts[key % BUCKETS] + 0.5) for key in keys}
        for key in keys & _KNOWN_KEYS:
            more, part = _KNOWN[key]
            found[key] = (all_posts - log(posts[key % BUCKETS] + more + 0.5)) * part
        for key in keys & asked:
            found[key] = 0.0
        return found

    def dump(self) -> bytes:
        """The counts, to be kept."""
        return zlib.compress(self._posts.tobytes(), 1)

    def load(self, total: int, dumped: bytes) -> None:
        """Go on from counts that were kept."""
        self.total = total
        self._posts = array("I", zlib.decompress(dumped))
