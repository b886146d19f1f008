"""Addresses, e-mails, UUIDs, telephone and card numbers and @handles of a text: no word of ours stands in them."""

import re
from bisect import bisect_right
from collections.abc import Iterator

# Each begins with letters to search for and looks back afterwards: that is what makes it fast.
# A link ends at a Chinese character, since text is glued to links; but not where one begins a part of its path.
_links = re.compile(
    r"(?:https?://|ftp://|www\.(?<!\wwww\.))(?:[!#-;=?-~\u00c0-\u024f\u0400-\u04ff]|(?<=[/=])[\u3400-\u9fff]+)+",
    re.A | re.I,
)
# A domain with a path, such as t.me/channel: it is searched for by its end, since any word may begin one.
_paths = re.compile(r"\.(?:com|org|net|io|me|ai|co|cn|fr|de|uk|eu|be|ly|gov|edu|app|dev|info)/[!#-;=?-~]*", re.A | re.I)
_LONGEST = 253
"""Characters of a domain."""
_domain = re.compile(r"\w[\w.-]*\Z", re.A)
_mails = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+|(?<![\w@])@\w+", re.A)
_hexes = re.compile(
    r"""[0-9a-f](?<!\w[0-9a-f])(?:
      [0-9a-f]{7}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}                                              # UUID
    | [0-9a-f](?:[:-][0-9a-f]{2}){5}                                                           # hardware address
    )(?!\w)""",
    re.A | re.I | re.X,
)
_SIGNS = 4
"""The fewest hyphens and colons that either has."""
_numbers = re.compile(
    r"""[+(0-9](?<!\w[+(0-9])(?:
      (?<=\+)[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}+\)?){2,6}+                                       # telephone, worldwide
    | (?:(?<=\()[0-9]{3}\)\ ?|(?<=[0-9])[0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}                    # North America
    | (?<=0)[0-9](?:[ .-][0-9]{2}){4}                                                          # France
    | (?<=1)[0-9]{2}[ -][0-9]{4}[ -][0-9]{4} | (?<=0)[0-9]{2,3}-[0-9]{7,8}                     # China
    | (?<=[0-9])[0-9]{3}(?:[ -][0-9]{4}){3}                                                    # bank card
    )(?!\w)""",
    re.A | re.I | re.X,
)


class Opaque:
    """Where they stand in one text."""

    __slots__ = ("_ends", "_text", "_wholes")

    def __init__(self, text: str) -> None:
        found = [each.span() for each in _numbers.finditer(text)]
        # Most texts hold none of the others: a sign that all have is found much sooner.
        if "://" in text or "www." in text.lower():
            found += [each.span() for each in _links.finditer(text)]
        if text.count("-") + text.count(":") >= _SIGNS:
            found += [each.span() for each in _hexes.finditer(text)]
        if "/" in text:
            found += _bare_links(text)
        if "@" in text:
            found += [each.span() for each in _mails.finditer(text)]
        self._text = text
        self._wholes: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if self._wholes and start < self._wholes[-1][1]:
                start, end = self._wholes[-1][0], max(end, self._wholes.pop()[1])
            self._wholes.append((start, end))
        self._ends = [end for _, end in self._wholes]

    def hides(self, span: tuple[int, int]) -> bool:
        """Whether a place touches one of them; a @handle that is the term and nothing else hides nothing."""
        first = bisect_right(self._ends, span[0])
        if first == len(self._ends) or self._wholes[first][0] >= span[1]:
            return False
        start, end = self._wholes[first]
        return self._text[start] != "@" or span not in ((start, end), (start + 1, end))


def _bare_links(text: str) -> Iterator[tuple[int, int]]:
    for path in _paths.finditer(text):
        if domain := _domain.search(text, max(0, path.start() - _LONGEST), path.start()):
            yield domain.start(), path.end()
