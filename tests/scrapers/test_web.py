import asyncio
import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import aiohttp
import httpx
import pytest
from conftest_http import Site, reply
from hypothesis import given
from hypothesis import strategies as st

from scrapers import (
    Blocked,
    Bookmark,
    Gone,
    Misuse,
    Missing,
    Refused,
    Rejected,
    ScrapeError,
    Throttled,
    TooLarge,
    Unconnected,
    Unreachable,
    Unreadable,
)
from scrapers._guard import Guard
from scrapers._web import MAX_BODY, Web, WebSettings, _connector, _timeless, explain, retry_after, show, user_agent

LOOPBACK = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
