"""``python -m scrapers ADDRESS``: look at one address once, and print its Posts, one JSON object a line."""

import asyncio
import sys

import scrapers
from scrapers._web import Web, WebSettings


async def look(address: str, web: Web) -> tuple[scrapers.Post, ...]:
    """The posts that the address's platform finds there now. Raises ScrapeError; ValueError when it is no address."""
    kind, options = scrapers.recognise(address)
    batch = await scrapers.fetch(web, kind, options, scrapers.Bookmark())
    return batch.posts


async def _print(address: str) -> None:
    async with Web(WebSettings()) as web:
        for post in await look(address, web):
            print(post.to_json())


def main(arguments: list[str]) -> int:
    """0 done, 1 it failed, 2 bad usage; faults are one line on stderr."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m scrapers ADDRESS", file=sys.stderr)
        return 2
    try:
        asyncio.run(_print(arguments[0]))
    except (scrapers.ScrapeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
