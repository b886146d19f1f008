"""A child process for parsing that could hang or eat the memory: it can be killed, and is replaced.

    worker = Worker()
    feed = await worker.run("_feed.lenient", body, ...)      a public function of a module of this package
    await worker.aclose()

A child is started when it is first needed and used again. Frames go over its pipes, each a length and a pickle. The
child is ours and runs nothing but our functions; what strangers wrote goes to it only as bytes inside of values.
"""

import asyncio
import contextlib
import pickle
import signal
import struct
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from scrapers._errors import ScrapeError, Unreadable

LIMIT = 5.0
"""Seconds that one call may take."""
START = 60.0
"""Seconds in which a child must have started, on a machine under load."""
MEMORY = 1_536 * 1024 * 1024
"""Bytes of address space that a child may have."""
CHILDREN = 2
"""So that one body that hangs does not stop all others for the while."""

_LENGTH = struct.Struct("!Q")
_START = "import sys; sys.path.insert(0, sys.argv[1]); from scrapers._worker import serve; serve(float(sys.argv[2]))"


class Worker:
    """Runs our parsing functions in at most ``children`` processes, each call within ``limit`` seconds."""

    def __init__(self, *, limit: float = LIMIT, children: int = CHILDREN) -> None:
        self._limit = limit
        self._free = asyncio.Semaphore(children)
        self._children = children
        self._idle: list[asyncio.subprocess.Process] = []
        self._busy: set[asyncio.subprocess.Process] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The children that wait for work."""
        return tuple(child.pid for child in self._idle)

    async def run(self, name: str, *payload: Any) -> Any:
        """Call ``scrapers.<module>.<function>`` in a child; ``name`` is "module.function".

        Raises Unreadable when it takes too long, needs too much memory or breaks, and the ScrapeError that it raises.
        What may be the fault of a busy machine is transient.
        """
        async with self._free:
            if self._closed:
                raise _passing("Vigie is stopping")
            child = self._idle.pop() if self._idle else await self._start()
            self._busy.add(child)
            try:
                fine, result = await self._ask(child, pickle.dumps((name, payload)))
                self._idle.append(child)
            except BaseException:
                await _kill(child)  # also when we are cancelled: an answer nobody reads would go to the next call
                raise
            finally:
                self._busy.discard(child)
        if fine:
            return result
        raise result

    async def aclose(self) -> None:
        """Stop the children. Calls that are under way end with an error of their own."""
        self._closed = True
        for child in self._busy:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        for _ in range(self._children):
            await self._free.acquire()
        while self._idle:
            await _kill(self._idle.pop())
        for _ in range(self._children):
            self._free.release()

    async def _start(self) -> asyncio.subprocess.Process:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _START, str(Path(__file__).parents[1]), str(self._limit)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the program, which then stops us in order
        )
        try:
            async with asyncio.timeout(START):
                await _receive(child)
        except BaseException as error:
            await _kill(child)
            if isinstance(error, TimeoutError | asyncio.IncompleteReadError):
                raise _passing("the parser's process did not start") from error
            raise
        return child

    async def _ask(self, child: asyncio.subprocess.Process, request: bytes) -> tuple[bool, Any]:
        assert child.stdin is not None
        try:
            async with asyncio.timeout(self._limit):
                child.stdin.write(_LENGTH.pack(len(request)) + request)
                await child.stdin.drain()
                return pickle.loads(await _receive(child))  # type: ignore[no-any-return]
        except TimeoutError as error:
            raise _passing(f"reading it took longer than {self._limit:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise _passing("the parser's process broke down over it") from error


def _passing(message: str) -> Unreadable:
    error = Unreadable(message)
    error.transient = True
    return error


async def _receive(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None
    (length,) = _LENGTH.unpack(await child.stdout.readexactly(_LENGTH.size))
    return await child.stdout.readexactly(length)


async def _kill(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.communicate()


def serve(limit: float) -> None:
    """The child: answer calls from stdin until it ends. An orphan that hangs ends by its own alarm."""
    import resource

    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a print in some library must not get between the frames
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _send(answers, None)
    while head := requests.read(_LENGTH.size):
        request = requests.read(_LENGTH.unpack(head)[0])
        signal.alarm(int(2 * limit) + 1)
        _send(answers, _answer(request))
        signal.alarm(0)


def _answer(request: bytes) -> tuple[bool, Any]:
    try:
        name, payload = pickle.loads(request)
        module, _, function = name.rpartition(".")
        return True, getattr(import_module(f"scrapers.{module}"), function)(*payload)
    except ScrapeError as error:
        return False, error
    except MemoryError:
        return False, Unreadable("reading it needs too much memory")
    except Exception as error:  # the parsers raise whatever they like over one source's bytes
        return False, Unreadable(f"the parser gave up: {type(error).__name__}")


def _send(answers: BinaryIO, value: object) -> None:
    data = pickle.dumps(value)
    answers.write(_LENGTH.pack(len(data)) + data)
    answers.flush()
