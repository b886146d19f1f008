import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from scrapers import ScrapeError, TooLarge, Unreadable, _decode
from scrapers._worker import Worker

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>t</title><item><title>H100</title></item></channel></rss>"
HANG = b"<rss version='2.0'><channel><item " + b" ".join(b"a%d='1'" % number for number in range(200_000)) + b">"


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker(children=1)
    yield opened
    await opened.aclose()


def document(body: bytes) -> _decode.Document:
    return _decode.Document(body=body, markup=body)


async def lenient(worker: Worker, body: bytes = FEED) -> str:
    feed = await worker.run("_feed.lenient", document(body), "https://example.org", NOW)
    return str(feed.entries[0].title)


async def test_a_function_of_ours_runs_in_the_child_and_its_value_comes_back(worker: Worker) -> None:
    assert await lenient(worker) == "H100"
    assert await worker.run("_text.to_text", "<p>a</p><p>超微</p>") == "a\n超微"


async def test_one_child_serves_many_calls(worker: Worker) -> None:
    assert await asyncio.gather(*(worker.run("_links.key", f"https://example.org/{n}") for n in range(20))) == [
        f"example.org/{n}" for n in range(20)
    ]


async def test_an_error_of_ours_comes_back_as_itself(worker: Worker) -> None:
    with pytest.raises(TooLarge):
        await worker.run("_decode.inflate", bytes(_decode.MAX_BODY + 1))
    with pytest.raises(Unreadable, match="not a feed") as error:
        await worker.run("_feed.lenient", document(b"<x/>"), "https://example.org", NOW)
    assert not error.value.transient


async def test_any_other_error_becomes_unreadable(worker: Worker) -> None:
    with pytest.raises(Unreadable, match="gave up: TypeError"):
        await worker.run("_text.to_text", 5)
    assert await lenient(worker) == "H100"


async def test_a_body_that_hangs_the_parser_costs_its_limit_and_no_more() -> None:
    worker = Worker(limit=0.5, children=1)
    start = time.monotonic()
    with pytest.raises(Unreadable, match=r"longer than 0\.5 s") as error:
        await lenient(worker, HANG)
    assert error.value.transient
    assert time.monotonic() - start < 20
    await worker.aclose()


async def test_a_child_that_dies_is_replaced(worker: Worker) -> None:
    await lenient(worker)
    (pid,) = worker.pids
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unreadable, match="broke down") as error:
        await lenient(worker)
    assert error.value.transient
    assert await lenient(worker) == "H100"


async def test_a_call_that_is_cancelled_leaves_no_answer_behind_for_the_next(worker: Worker) -> None:
    await lenient(worker)
    call = asyncio.create_task(worker.run("_text.to_text", "<p>" + "x " * 400_000))
    await asyncio.sleep(0)
    assert worker.pids == ()  # it has been handed out
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await worker.run("_text.to_text", "mine") == "mine"


async def test_too_much_memory_is_refused_to_the_child(worker: Worker) -> None:
    with pytest.raises(ScrapeError):
        await worker.run("_decode.mend", _Bomb())
    assert await lenient(worker) == "H100"


class _Bomb:
    """Unpickles into more memory than the child may have."""

    def __reduce__(self) -> tuple[type[bytearray], tuple[int]]:
        return bytearray, (4 * 2**30,)


async def test_closing_ends_a_call_that_is_under_way_and_refuses_later_ones() -> None:
    worker = Worker(children=1)
    await lenient(worker)
    call = asyncio.create_task(lenient(worker, HANG))
    await asyncio.sleep(0)
    assert worker.pids == ()  # it has been handed out
    await worker.aclose()
    for late in (call, lenient(worker)):
        with pytest.raises(Unreadable, match=r"broke down|stopping"):
            await late


async def test_a_worker_that_was_never_used_closes_at_once() -> None:
    await Worker().aclose()
