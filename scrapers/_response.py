"""What a server answered: a value, so that reading it needs no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer, its body already bounded and inflated.

    ``url`` is the address that answered (after redirects), ``headers`` have lower-case names, ``moved`` is the new
    address when every redirect on the way was permanent (301, 308), else "". ``status`` is 200 or 304; every other
    one is raised as an error before.
    """

    url: str
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    moved: str = ""

    @property
    def content_type(self) -> str:
        """The Content-Type header with its parameters, or ""."""
        return self.headers.get("content-type", "")
