import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from scrapers.__main__ import look, main
from scrapers._web import Web, WebSettings

DATA = Path(__file__).parent / "data"


async def test_an_address_is_looked_at_by_the_platform_that_knows_it() -> None:
    page = (DATA / "telegram" / "channel.html").read_bytes()
    recorded = httpx.MockTransport(lambda request: httpx.Response(200, content=page))
    async with Web(WebSettings(gap=timedelta()), transport=recorded) as web:
        posts = await look("https://t.me/Chip_News", web)
    assert json.loads(posts[0].to_json())["key"] == "telegram:chip_news/100"


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_bad_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m scrapers ADDRESS\n"


@pytest.mark.parametrize("address", ["http://127.0.0.1/feed", "not an address"])
def test_a_fault_is_one_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([address]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert address in captured.err
