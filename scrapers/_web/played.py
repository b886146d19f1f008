"""Any other transport of httpx's in the place of ours, such as one that plays recorded answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import httpx

from scrapers._web.address import Address, bare
from scrapers._web.answers import explain


class Played:
    """Asks another transport, in its own words, and brings its answer in ours."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def ask(self, url: Address, headers: Mapping[str, str], *, seconds: float) -> "_Answer":
        """The whole answer. Raises ScrapeError, TimeoutError after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                answer = await self._transport.handle_async_request(httpx.Request("GET", bare(url), headers=headers))
                if not isinstance(answer.stream, httpx.AsyncByteStream):
                    raise TypeError("the transport must be an asynchronous one")
                pieces = [piece async for piece in answer.stream]
                await answer.aclose()
                return _Answer(answer.status_code, answer.headers.raw, pieces)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise explain(error) from error

    async def aclose(self) -> None:
        await self._transport.aclose()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    pieces: Sequence[bytes]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""
