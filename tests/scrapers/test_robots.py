import asyncio
import time
import tracemalloc
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import (
    Blocked,
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
from scrapers._response import Response
from scrapers._robots import KEEP, MAX_DELAY, MAX_FILE, MAX_KEPT, MAX_RULES, MAX_SITES, RETRY, Robots, Rules
from scrapers._web import MAX_SITEMAPS, Web, WebSettings
from tests.scrapers.sites import Answer, Site, Start, reply

SITE = "https://example.org"
LINES = ("User-agent: *", "User-agent: Vigie", "User-agent", "Disallow: /", "Crawl-delay: 9", "Sitemap: x",
         "Allow: /*a$", ": :", "%\u2028*", "\0", "#", "")  # fmt: skip


class Far:
    """Sites far away: what each answers, the last answer ever after, and what they were asked; a clock besides."""

    def __init__(self, *answers: str | bytes | ScrapeError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.now = 1000.0
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    def clock(self) -> float:
        return self.now

    async def ask(self, url: str, size: int) -> Response:
        self.asked.append(url)
        self.reached.set()
        await self.open.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ScrapeError):
            raise answer
        body = answer.encode() if isinstance(answer, str) else answer
        return Response(url=url, body=body[:size])

    def robots(self) -> Robots:
        return Robots(self.ask, clock=self.clock)


def allows(text: str, path: str = "/a") -> bool:
    return Rules(text).allow(SITE + path)


class TestRules:
    @pytest.mark.parametrize(
        ("text", "allowed"),
        [("", True), ("User-agent: *\nDisallow: /", False), ("User-agent: *\nDisallow:", True),
         ("User-agent: Vigie\nDisallow: /", False), ("user-agent:VIGIE\ndisallow:/", False),
         ("User-agent: Vigie/1.0\nDisallow: /", False), ("User-agent: *Vigie*\nDisallow: /", False),
         ("User agent: vigie # ours\nDisallow: /", False), ("User-agent Vigie\nDisallow /", False),
         ("User-agent: *\r\nDisallow: /a\r\n", False),
         ("User-agent: VigieBot\nDisallow: /", True), ("User-agent: vig\nDisallow: /", True),
         ("User-agent: *bot\nDisallow: /", True), ("User-agent: other\nDisallow: /", True),
         ("User-agent: *\nDisallow: /\n\nUser-agent: Vigie\nDisallow: /b", True),
         ("User-agent: Vigie\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
         ("User-agent: other\nUser-agent: Vigie\nDisallow: /", False),
         ("User-agent: Vigie\nUser-agent: other\nDisallow: /", False),
         ("User-agent: Vigie\n\n# us\nUser-agent: other\nDisallow: /", False),
         ("User-agent: Vigie\nDisallow: /b\nUser-agent: other\nDisallow: /", True),
         ("User-agent: Vigie\nDisallow: /b\nUser-agent: Vigie\nDisallow: /a", False),
         ("User-agent: *\nDisallow: /\nAllow: /a", True), ("User-agent: *\nDisallow: /a$", False),
         ("User-agent: *\nDisallow: /*.php", True), ("Disallow: /", True),
         ("User-agent: *\nSitemap: https://example.org/s.xml\nDisallow: /", False)],
    )  # fmt: skip
    def test_what_a_file_says_to_us(self, text: str, *, allowed: bool) -> None:
        assert allows(text) is allowed

    @pytest.mark.parametrize(
        ("rule", "path", "allowed"),
        [("/a?b=*", "/a?b=1", False), ("/a?b", "/a", True), ("/%E7%BE%8E", "/%e7%be%8e", False),
         ("/美", "/%E7%BE%8E", False),
         ("/*/print$", "/x/print", False), ("/*/print$", "/x/print/y", True), ("/A", "/a", True), ("/", "//x[", False)],
    )  # fmt: skip
    def test_paths_are_compared_as_the_standard_says(self, rule: str, path: str, *, allowed: bool) -> None:
        assert allows(f"User-agent: *\nDisallow: {rule}", path) is allowed

    @pytest.mark.parametrize(
        ("lines", "delay"),
        [("", 0), ("Crawl-delay: 2.5", 2.5), ("Crawl-delay: 3600", MAX_DELAY), ("Crawl-delay: -1", 0),
         ("Crawl-delay: nan", 0), ("Crawl-delay: soon", 0), ("Request-rate: 1/10s", 10), ("Request-rate: 2/1m", 30),
         ("Request-rate: 1/5\nCrawl-delay: 7", 7), ("Request-rate: 0/5", 0),
         (f"Request-rate: 1/{'9' * 500}", MAX_DELAY),
         (f"Request-rate: {'9' * 500}/1", 0)],
    )  # fmt: skip
    def test_the_pause_it_asks_for_is_bounded(self, lines: str, delay: float) -> None:
        assert Rules(f"User-agent: *\nDisallow: /x\n{lines}").delay == delay
        assert Rules(f"User-agent: other\nDisallow: /x\n{lines}").delay == 0

    @given(st.lists(st.sampled_from(LINES) | st.text()))
    def test_any_text_is_read(self, lines: list[str]) -> None:
        rules = Rules("\n".join(lines))
        assert rules.allow(f"{SITE}/a%zz?b") in (True, False)
        assert 0 <= rules.delay <= MAX_DELAY
        assert all(isinstance(line, str) for line in rules.sitemaps)

    @pytest.mark.parametrize(
        "text",
        ["".join(f"User-agent: a{n}\n" for n in range(20_000)) + "Disallow: /x\n" * 15_000,
         "".join(f"User-agent: *{'*' * (n % 99)}\n" for n in range(10_000)) + "Disallow: /x\n" * 15_000,
         "User-agent: *\n" + "".join(f"Disallow: /{'*a' * 200}{n}\n" for n in range(1_000)),
         "User-agent: *\n" + "".join(f"Disallow: $${n:x}\n" for n in range(25_000)),
         "User-agent: *\n" + "".join(f"Allow:/%{n % 97:02}*{n:x}$\n" for n in range(25_000)),
         "User-agent: *\n" * 20_000 + "Disallow: /x\n" * 15_000, "User-agent: *\n" + "x:y\n" * 127_000],
        ids=["names", "asterisks", "wild", "dollars", "escapes", "one name", "no rules"],
    )  # fmt: skip
    def test_a_hostile_file_costs_little(self, text: str) -> None:
        tracemalloc.start()
        allows(text[:MAX_FILE], "/" + "a" * 2000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40_000_000
        assert min(_seconds(text[:MAX_FILE]) for _ in range(3)) < 0.2  # usually 10 to 80 ms

    def test_only_so_many_lines_of_the_group_for_us_count(self) -> None:
        many = "".join(f"Disallow: /{number:04}$\n" for number in range(MAX_RULES + 1))
        for name in ("*", "Vigie"):
            rules = Rules(f"User-agent: {name}\n{many}Sitemap: {SITE}/s.xml\n")
            assert not rules.allow(f"{SITE}/{MAX_RULES - 1}")
            assert rules.allow(f"{SITE}/{MAX_RULES}")
            assert list(rules.sitemaps) == [f"{SITE}/s.xml"]

    def test_a_long_group_for_all_leaves_our_own_as_it_is(self) -> None:
        many = "Disallow: /x\n" * (MAX_RULES + 1)
        assert not allows(f"User-agent: *\n{many}User-agent: Vigie\nDisallow: /a")


def _seconds(text: str) -> float:
    began = time.process_time()
    allows(text, "/" + "a" * 2000)
    return time.process_time() - began


class TestKeeping:
    async def test_a_file_is_believed_for_a_day(self) -> None:
        far = Far("User-agent: *\nDisallow: /", "")
        robots = far.robots()
        for _ in range(3):
            assert not (await robots.read(SITE)).allow(f"{SITE}/a")
        assert far.asked == [f"{SITE}/robots.txt"]
        far.now += KEEP
        assert (await robots.read(SITE)).allow(f"{SITE}/a")
        assert len(far.asked) == 2

    async def test_one_file_is_asked_for_once_at_a_time(self) -> None:
        far = Far("")
        far.open.clear()
        robots = far.robots()
        waiting = asyncio.gather(*(robots.read(SITE) for _ in range(20)))
        first = asyncio.ensure_future(robots.read(SITE))
        await far.reached.wait()
        far.open.set()
        await waiting
        await first
        assert len(far.asked) == 1

    async def test_who_gives_up_leaves_the_others_their_answer(self) -> None:
        far = Far("")
        far.open.clear()
        robots = far.robots()
        first, second = (asyncio.ensure_future(robots.read(SITE)) for _ in range(2))
        await far.reached.wait()
        first.cancel()
        far.open.set()
        assert (await second).allow(f"{SITE}/a")

    @pytest.mark.parametrize(
        "answer",
        [Missing("", status=404), Blocked("", status=401), Blocked("", status=403), Rejected("", status=400),
         Rejected("", status=204), TooLarge("more than 5 redirects"), Refused("it redirects to an inner address"),
         "<!DOCTYPE html><html>User-agent: *\nDisallow: /</html>", "\n <html>\nUser-agent: *\nDisallow: /", "",
         b"\xff\xfe\0\0"],
    )  # fmt: skip
    async def test_a_site_without_a_readable_file_allows_everything(self, answer: str | bytes | ScrapeError) -> None:
        far = Far(answer)
        robots = far.robots()
        for _ in range(2):
            assert (await robots.read(SITE)).allow(f"{SITE}/a")
        assert len(far.asked) == 1

    @pytest.mark.parametrize(
        "error",
        [Rejected("", status=500), Rejected("", status=503), Throttled("", status=429), Unreachable("no answer"),
         Unreadable("its compressed body is damaged")],
    )  # fmt: skip
    async def test_a_server_that_is_down_is_not_read_for_some_minutes(self, error: ScrapeError) -> None:
        far = Far(error, "")
        robots = far.robots()
        for _ in range(2):
            with pytest.raises(Unreachable, match=r"its robots\.txt cannot be read just now") as caught:
                await robots.read(SITE)
            assert (caught.value.transient, caught.value.retry_after) == (True, timedelta(seconds=RETRY))
        assert len(far.asked) == 1
        far.now += RETRY
        assert (await robots.read(SITE)).allow(f"{SITE}/a")

    async def test_a_server_that_says_how_long_is_left_alone_for_so_long(self) -> None:
        far = Far(Throttled("", status=503, retry_after=timedelta(hours=1)), "")
        robots = far.robots()
        for _ in range(2):
            with pytest.raises(Unreachable) as caught:
                await robots.read(SITE)
            far.now += 3000
        assert caught.value.retry_after == timedelta(seconds=600)
        assert len(far.asked) == 1

    async def test_what_a_server_said_before_it_went_down_is_believed_longer(self) -> None:
        far = Far("User-agent: *\nDisallow: /a", Rejected("", status=500))
        robots = far.robots()
        await robots.read(SITE)
        far.now += KEEP
        assert not (await robots.read(SITE)).allow(f"{SITE}/a")
        assert len(far.asked) == 2

    async def test_without_a_connection_nothing_is_learnt_and_nothing_kept(self) -> None:
        """It may be our own network: the program must see that it is, and that it is over."""
        far = Far(Unconnected("the name does not resolve"), "")
        robots = far.robots()
        with pytest.raises(Unconnected, match="does not resolve"):
            await robots.read(SITE)
        assert (await robots.read(SITE)).allow(f"{SITE}/a")

    async def test_a_mark_of_byte_order_hides_no_line(self) -> None:
        far = Far("\ufeffUser-agent: *\nDisallow: /")
        assert not (await far.robots().read(SITE)).allow(f"{SITE}/a")

    async def test_a_line_that_was_cut_says_nothing(self) -> None:
        filler = "# x\n" * ((MAX_FILE - 40) // 4)
        text = f"User-agent: *\n{filler}"
        far = Far(text + "Disallow: /" + "a" * 100)
        assert (await far.robots().read(SITE)).allow(f"{SITE}/{'a' * 100}")

    async def test_sites_are_forgotten_when_they_are_many(self) -> None:
        far = Far("")
        robots = far.robots()
        for number in range(MAX_SITES + 10):
            await robots.read(SITE)
            await robots.read(f"https://{number}.example.org")
        assert len(robots) == MAX_SITES
        await robots.read(SITE)
        await robots.read("https://0.example.org")
        assert far.asked.count(f"{SITE}/robots.txt") == 1
        assert far.asked[-1] == "https://0.example.org/robots.txt"

    async def test_sites_that_never_answer_are_forgotten_too(self) -> None:
        robots = Far(Unreachable("no answer")).robots()
        for number in range(MAX_SITES + 10):
            with pytest.raises(Unreachable):
                await robots.read(f"https://{number}.example.org")
        assert len(robots) == MAX_SITES

    async def test_large_files_are_forgotten_sooner(self) -> None:
        rules = "".join(f"Disallow: /{number:05}{'x' * 50}\n" for number in range(MAX_RULES))
        far = Far(f"User-agent: *\n{rules}")
        robots = far.robots()
        for number in range(10):
            assert not (await robots.read(f"https://{number}.example.org")).allow(f"{SITE}/00001{'x' * 50}")
        assert len(robots) == MAX_KEPT // len(rules)

    async def test_the_pause_of_a_host_is_known_once_its_file_is(self) -> None:
        far = Far("User-agent: *\nCrawl-delay: 9", "")
        robots = far.robots()
        await robots.read("https://[2001:db8::1]:8443")
        assert (robots.delay("2001:db8::1"), robots.delay("example.org")) == (9, 0)
        far.now += KEEP
        await robots.read("https://[2001:db8::1]:8443")
        assert robots.delay("2001:db8::1") == 0


def site_with(robots: bytes, body: bytes = b"page") -> Answer:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(robots if request.startswith(b"GET /robots.txt ") else reply(body=body))

    return answer


def paths(site: Site) -> list[str]:
    return [request.split(b" ")[1].decode() for request in site.asked]


def text_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def text(*lines: str) -> bytes:
    return reply(body=text_of(*lines), Content_Type="text/plain")


class TestPages:
    async def test_a_page_is_asked_for_after_its_robots_txt(self, web: Web, start: Start) -> None:
        site = await start(site_with(text("User-agent: *", "Disallow: /private")))
        for path in ("/a", "/b"):
            assert (await web.get(site.url(path), page=True)).body == b"page"
        assert paths(site) == ["/robots.txt", "/a", "/b"]
        assert b"user-agent: vigie/" in site.asked[0].lower()

    async def test_a_page_that_programs_shall_not_read_is_not_asked_for(self, web: Web, start: Start) -> None:
        site = await start(site_with(text("User-agent: Vigie", "Disallow: /private?x")))
        with pytest.raises(
            Refused, match=r"^http://127\.0\.0\.1:\d+/private\?\.\.\.: its robots\.txt asks programs"
        ) as caught:
            await web.get(site.url("/private?x=1"), page=True)
        assert not caught.value.permanent
        assert paths(site) == ["/robots.txt"]

    async def test_feeds_and_interfaces_do_not_ask(self, web: Web, start: Start) -> None:
        site = await start(site_with(text("User-agent: *", "Disallow: /")))
        assert (await web.get(site.url("/feed"))).body == b"page"
        assert paths(site) == ["/feed"]

    async def test_every_stop_of_a_redirect_is_asked(self, web: Web, start: Start) -> None:
        end = await start(site_with(text("User-agent: *", "Disallow: /private")))
        rules = text("User-agent: *", "Disallow: /hidden")

        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            there = {b"/out": end.url("/page"), b"/far": end.url("/private/1"), b"/near": "/hidden"}
            where = there.get(request.split(b" ")[1])
            writer.write(reply("302 Found", Location=where) if where else rules)

        site = await start(answer)
        assert (await web.get(site.url("/out"), page=True)).body == b"page"
        for path in ("/far", "/near"):
            with pytest.raises(Refused, match="asks programs"):
                await web.get(site.url(path), page=True)
        assert paths(site) == ["/robots.txt", "/out", "/far", "/near"]
        assert paths(end) == ["/robots.txt", "/page"]

    async def test_a_robots_txt_that_moved_is_followed(self, web: Web, start: Start) -> None:
        moved = await start(text("User-agent: *", "Disallow: /"))
        site = await start(site_with(reply("301 Moved Permanently", Location=moved.url("/elsewhere"))))
        with pytest.raises(Refused):
            await web.get(site.url("/a"), page=True)
        assert paths(moved) == ["/elsewhere"]

    @pytest.mark.parametrize("where", ["/robots.txt", "http://10.0.0.1/robots.txt", "file:///etc/passwd"])
    async def test_a_robots_txt_that_leads_nowhere_is_none(self, web: Web, start: Start, where: str) -> None:
        site = await start(site_with(reply("302 Found", Location=where)))
        assert (await web.get(site.url("/a"), page=True)).body == b"page"

    async def test_the_rest_of_a_long_file_is_left(self, web: Web, start: Start) -> None:
        rules = b"User-agent: *\nDisallow: /private\n" + b"# more\n" * 1_000_000
        site = await start(site_with(reply(body=rules)))
        assert (await web.get(site.url("/a"), page=True)).body == b"page"
        with pytest.raises(Refused):
            await web.get(site.url("/private"), page=True)

    async def test_a_site_that_is_down_is_told_in_plain_words(self, web: Web, start: Start) -> None:
        site = await start(site_with(reply("503 Service Unavailable")))
        with pytest.raises(Unreachable, match=r"^http://127\.0\.0\.1:\d+/a: its robots\.txt cannot be read just now$"):
            await web.get(site.url("/a"), page=True)
        assert paths(site) == ["/robots.txt"]

    async def test_a_pause_that_is_asked_for_is_kept_even_where_none_is_owed(self, web: Web, start: Start) -> None:
        site = await start(site_with(text("User-agent: *", "Crawl-delay: 0.2")))
        began = time.monotonic()
        for path in ("/a", "/b", "/c"):
            await web.get(site.url(path), page=True)
        assert 0.4 <= time.monotonic() - began < 3

    @pytest.mark.parametrize(("asked", "owed"), [("0.01", 0.05), ("7", 7), ("3600", MAX_DELAY)])
    async def test_the_longer_pause_is_kept(self, asked: str, owed: float) -> None:
        rules = text_of("User-agent: *", f"Crawl-delay: {asked}")
        far = httpx.MockTransport(lambda request: httpx.Response(200, content=rules))
        async with Web(WebSettings(gap=timedelta(seconds=0.05)), transport=far) as web:
            await web.sitemaps("https://news.example.org/")
            assert (web._owed("news.example.org"), web._owed("other.example.org")) == (owed, 0.05)


class TestSitemaps:
    async def test_the_sitemaps_of_a_site_are_whole_addresses(self, web: Web, start: Start) -> None:
        lines = ["https://example.org/a.xml", "/relative.xml", "ftp://example.org/b", "http://example.org/c", "x y", "",
                 "https://example.org/a.xml", "https://user:secret@example.org/d"]  # fmt: skip
        site = await start(text("User-agent: other", "Disallow: /", *(f"Sitemap: {line}" for line in lines)))
        found = await web.sitemaps(site.url("/deep/page?x#y"))
        assert found == ("https://example.org/a.xml", "http://example.org/c", "https://example.org/d")
        assert await web.sitemaps(site.url()) == found
        assert paths(site) == ["/robots.txt"]

    async def test_they_are_no_more_than_anybody_needs(self, web: Web, start: Start) -> None:
        site = await start(text(*(f"Sitemap: https://example.org/{number}" for number in range(1000))))
        assert len(await web.sitemaps(site.url())) == MAX_SITEMAPS

    @pytest.mark.parametrize(("answer", "kind"), [("404 Not Found", None), ("500 Internal Server Error", Unreachable)])
    async def test_a_site_without_a_file_names_none(
        self, web: Web, start: Start, answer: str, kind: type[ScrapeError] | None
    ) -> None:
        site = await start(reply(answer))
        if kind is None:
            assert await web.sitemaps(site.url()) == ()
        else:
            with pytest.raises(kind, match="cannot be read just now"):
                await web.sitemaps(site.url())
