"""An answer that is dear to read holds up nobody: it is read in the child, and this process goes on."""

import time

import pytest

import scrapers
from scrapers import Response, Worker

MESSAGE = '<div class="tgme_widget_message" data-post="grey_market/{0}"><i>a</i><b>b</b></div>'
HEAVY = {
    "telegram": b'<section class="tgme_channel_history">' + "".join(map(MESSAGE.format, range(1, 1_500))).encode(),
    "bluesky": b'{"feed": [' + b'{"post": {"uri": "x"}},' * 200_000 + b"{}]}",
    "hackernews": b'{"hits": [' + b'{"objectID": "1", "story_text": "<p>"},' * 100_000 + b"{}]}",
    "feed": b'{"items": [' + b'{"id": "1", "date_published": "x 12 y 30 z"},' * 20_000 + b"{}]}",
}
ALLOWED = 0.3
"""CPU seconds of this thread: much more than sending the bytes to a child takes, much less than reading them."""


@pytest.mark.parametrize("kind", HEAVY)
async def test_a_heavy_answer_is_read_elsewhere(kind: str) -> None:
    worker = Worker(limit=30)
    start = time.thread_time()
    batch = await scrapers.read(kind, None, Response(url="https://example.org/x", body=HEAVY[kind]), worker)
    spent, children = time.thread_time() - start, len(worker.pids)
    await worker.aclose()
    assert (len(batch.posts) > 0, children) == (kind != "bluesky", 1)  # there, no item is a post
    assert spent < ALLOWED
