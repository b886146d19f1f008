"""What a platform says of itself: shown by ``vigie kinds``, obeyed by the rhythm."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One platform in a line: what it gives, what it needs and how gently it must be asked.

    ``floor`` is the shortest time between two looks at one source on a public host; ``needs`` is what an operator
    must have first ("nothing", "a token"); ``terms`` what its rules say of reading it by a program; ``languages``
    where its posts come from, in words. ``lists`` is whether each look shows the newest posts, new or not: then an
    empty answer after a full one is a fault; a search for what is newer than a date, or a sitemap of the news of two
    days, may well hold nothing. ``pages``
    is whether the address of a post is a page that says more than the post; ``thin`` whether the posts say so little
    that these pages are read unless the operator says no.
    """

    title: str
    floor: timedelta
    needs: str
    terms: str
    languages: str
    lists: bool = True
    pages: bool = False
    thin: bool = False
