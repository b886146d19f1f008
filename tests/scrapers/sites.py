"""A server on loopback that answers with the very bytes a test says."""

import asyncio
from collections.abc import Awaitable, Callable

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


Start = Callable[..., Awaitable["Site"]]


class Site:
    """One server on loopback: what it was asked, and how often it was connected."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.asked.append(request)
                await self._answer(request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:  # by ``stop``, or because the loop ends
            writer.transport.abort()
        finally:
            writer.close()

    async def stop(self) -> None:
        """Hang up, whatever is being said."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(tuple(self._tasks))
        await asyncio.sleep(0)  # in which the connections are lost


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
