"""The demo's press: invented outlets, and what a piece of news is there. Their addresses are reserved names."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Form(StrEnum):
    """How an outlet publishes."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"
    TELEGRAM = "telegram"
    BLUESKY = "bluesky"
    FORUM = "hackernews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One place that publishes. ``name`` is that of its source; ``home`` stands before the addresses of its pieces."""

    name: str
    form: Form
    title: str
    home: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing published. ``id`` is its outlet's own; ``link`` its address where that is not home/id.

    ``spared`` says why a piece that looks like news must not alert; it is empty for all others.
    """

    outlet: str
    id: str
    at: datetime
    text: str
    title: str = ""
    author: str = ""
    link: str = ""
    spared: str = ""

    @property
    def url(self) -> str:
        """Where the piece stands."""
        return self.link or OUTLETS[self.outlet].home + self.id


CHANNEL = "vigie_demo_bazaar"
ACTOR = "quay.example.org"

OUTLETS = {
    outlet.name: outlet
    for outlet in (
        Outlet(name="Harbour Wire", form=Form.RSS, title="Harbour Wire", home="https://wire.example.com/", lang="en"),
        Outlet(name="Delta Times", form=Form.RSS, title="Delta Times", home="https://delta.example.org/", lang="en"),
        Outlet(name="Bench Notes", form=Form.RSS, title="Bench Notes", home="https://bench.example.org/", lang="en"),
        Outlet(name="Le Phare", form=Form.ATOM, title="Le Phare", home="https://lephare.example.org/", lang="fr"),
        Outlet(name="泰和科技報", form=Form.JSON, title="泰和科技報", home="https://taihe.example.com/", lang="zh-TW"),
        Outlet(
            name="短视频·仓库老周",
            form=Form.RSS,
            title="仓库老周 的短视频",
            home="https://video.example.com/v/",
            lang="zh-CN",
        ),
        Outlet(
            name="服务器集市",
            form=Form.TELEGRAM,
            title="服务器集市",
            home=f"https://t.me/{CHANNEL}/",
            lang="zh",
        ),
        Outlet(
            name="Dockside",
            form=Form.BLUESKY,
            title="Dockside",
            home=f"https://bsky.app/profile/{ACTOR}/post/",
            lang="en",
        ),
        Outlet(
            name="Forum",
            form=Form.FORUM,
            title="Forum",
            home="https://news.ycombinator.com/item?id=",
            lang="en",
        ),
    )
}
