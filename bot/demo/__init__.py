"""What ``vigie demo`` serves and shows: ten days of an invented press on loopback, watched by the real program.

clock = Clock(START)                        the program's ``now``
with DemoSite(clock) as site:               the press, publishing by that clock
    config_text(site.url, store_path)       the config.toml for it
Show(screen)                                the words around the alerts; the screen is handed in
"""

from bot.demo.clock import Clock
from bot.demo.news import END, PIECES, START
from bot.demo.press import OUTLETS, Outlet, Piece
from bot.demo.settings import config_text
from bot.demo.show import Copy, Show, Tally
from bot.demo.site import DemoSite

__all__ = [
    "END",
    "OUTLETS",
    "PIECES",
    "START",
    "Clock",
    "Copy",
    "DemoSite",
    "Outlet",
    "Piece",
    "Show",
    "Tally",
    "config_text",
]
