"""The installed command, as somebody calls it in a shell: exit codes, one plain line an error, never a traceback."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.model import SourceState
from bot.store import Store
from tests.support import START, MakePost

VIGIE = Path(sys.executable).parent / "vigie"
FEED = (
    '<rss version="2.0"><channel><title>News</title><item><title>英伟达H100走私</title><link>https://e.example.org/1</link>'
    "<pubDate>Mon, 25 Nov 2024 09:00:00 +0800</pubDate></item></channel></rss>"
)


class Shell:
    """A folder, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *argv: str | Path, given: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [VIGIE, *argv], input=given, capture_output=True, cwd=self.folder, env=env or {}, check=False, timeout=30
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def vigie(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("nonesuch",), 2, "No such command 'nonesuch'"),
        (("run", "--config", "elsewhere.toml"), 2, "elsewhere.toml: not found"),
        (("scrape",), 2, "scrape: say what to read"),
        (("scrape", "example"), 2, '"example" is not an address'),
        (("scrape", "https://e.example.org/", "--kind", "pigeon"), 2, "pigeon: unknown kind, there are article"),
        (("scrape", "http://127.0.0.1:9/"), 1, "an inner address, which is never opened"),
        (("scrape", "--response", "none.xml"), 1, "none.xml: cannot be read: No such file or directory"),
        (("match", "(H100"), 2, "match: this parenthesis is never closed"),
        (("match", "--cases", "none.jsonl"), 1, "none.jsonl: cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(vigie: Shell, argv: tuple[str, ...], code: int, words: str) -> None:
    done = vigie(*argv)
    assert (done.returncode, done.stdout) == (code, b"")
    (line,) = done.stderr.decode().splitlines()
    assert words in line


def test_without_arguments_the_help_is_shown(vigie: Shell) -> None:
    done = vigie()
    assert (done.returncode, done.stderr) == (0, b"")
    commands = {"run", "demo", "check", "scrape", "match", "why", "split", "sources", "kinds"}
    assert commands <= set(done.stdout.decode().split())


def test_all_faults_of_a_file_are_told_at_once_a_line_each(vigie: Shell) -> None:
    vigie.write("config.toml", 'langage = "en"\nfresh = 5\n[source.a]\nkind = "pigeon"\n[topic.T]\nquery = "("\n')
    for argv in (("check",), ("run", "--once")):
        done = vigie(*argv)
        assert (done.returncode, done.stdout) == (2, b"")
        paths = [line.partition(":")[0] for line in done.stderr.decode().splitlines()]
        assert sorted(paths) == ["fresh", "langage", "source.a.kind", "topic.T.query"]


def test_a_run_without_sources_ends_well_and_its_last_line_counts(vigie: Shell) -> None:
    elsewhere = vigie.folder / "etc"
    elsewhere.mkdir()
    (elsewhere / "vigie.toml").write_text('[store]\npath = "news.db"\n', encoding="utf-8")
    done = vigie("run", "--once", "--config", "etc/vigie.toml")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "0 sources, 0 posts, 0 new, 0 hits, 0 alerts, 0 failed"
    assert (elsewhere / "news.db").exists()  # relative to the file that names it


def test_a_damaged_database_is_one_plain_line_and_left_as_it_is(vigie: Shell) -> None:
    vigie.write("config.toml", '[source.a]\nurl = "https://e.example.org/"\n')
    body = b"SQLite format 3\0" + b"\xff" * 5000
    database = vigie.write("vigie.db", body)
    for argv in (("run", "--once"), ("sources",)):
        done = vigie(*argv)
        assert done.returncode == 1
        assert f"{database}: cannot be used as the database" in done.stderr.decode().splitlines()[-1]
    assert database.read_bytes() == body


def test_sources_shows_where_a_feed_has_moved_to_and_what_troubles_one(vigie: Shell) -> None:
    config = load(vigie.write("config.toml", '[source.a]\nurl = "https://e.example.org/"\n'))
    with Store(config.store_path) as store:
        store.sources.sync(config.sources, now=START)
        moved = store.sources.standing("a")._replace(state=SourceState.WELL, note="moved to https://f.example.org/")
        store.sources.done(moved)
        (line,) = vigie("sources", "--json").stdout.splitlines()
        told = json.loads(line)
        assert (told["state"], told["note"], told["error"]) == ("well", "moved to https://f.example.org/", None)
        assert b"moved to https://f.example.org/" in vigie("sources", env={"COLUMNS": "150"}).stdout
        store.sources.done(moved._replace(error="no answer", failures=2))
        shown = vigie("sources", env={"COLUMNS": "150"}).stdout
    assert b"no answer (2 in a row)" in shown


def test_sources_shows_the_pages_of_a_source_that_could_not_be_read(vigie: Shell, make_post: MakePost) -> None:
    config = load(vigie.write("config.toml", '[source.a]\nurl = "https://e.example.org/"\nfull_text = true\n'))
    (told,) = map(json.loads, vigie("sources", "--json").stdout.splitlines())
    assert (told["pages_unread"], told["page_error"]) == (0, None)
    reason, now = "its robots.txt asks programs not to read this page", datetime.now(UTC)
    with Store(config.store_path) as store:
        store.sources.sync(config.sources, now=now)
        (source,) = config.sources
        store.archive.add(source, [make_post(n) for n in (1, 2, 3)], is_fresh=lambda *_: True, now=now)
        store.articles.owe(source, [1, 2, 3], now=now)
        for age in (8, 1, 0):
            article = store.articles.next("news.example.org", now)
            assert article
            store.articles.give_up(article, f"{reason} {age}", now=now - timedelta(days=age))
        (told,) = map(json.loads, vigie("sources", "--json").stdout.splitlines())
        shown = vigie("sources", env={"COLUMNS": "200"}).stdout
    assert (told["pages_unread"], told["page_error"]) == (2, f"{reason} 0")
    assert f"2 pages not read: {reason} 0".encode() in shown


def test_json_is_pure_and_undamaged_whatever_the_locale_says(vigie: Shell) -> None:
    locale = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    file = vigie.write("feed.xml", FEED)
    (line,) = vigie("scrape", "--response", file, "--json", env=locale).stdout.splitlines()
    post = json.loads(line)
    assert (post["title"], post["published"]) == ("英伟达H100走私", "2024-11-25T01:00:00Z")
    done = vigie("match", "H100", "--json", given="英伟达H100走私\n".encode() + b"\xff\n", env=locale)
    assert json.loads(done.stdout) == {"text": "英伟达H100走私", "spans": [[3, 7]], "terms": ["H100"]}
    for line in vigie("kinds", "--json", env=locale).stdout.splitlines():
        assert json.loads(line)["kind"]


def test_cases_are_judged_a_line_each_and_meta_wins(vigie: Shell) -> None:
    post = {"text": "新芯片\u2028H100", "lang": "fr"}
    cases = [
        {"id": 1, "query": "lang:zh 芯片 site:e.org", **post, "meta": {"lang": "zh-TW", "url": "https://www.e.org/1"}},
        {"id": "b", "query": "lang:fr title:H100", **post, "meta": {"title": "H100", "source": "wire"}},
        {"id": "c", "query": "source:wire H100 author:Ann", **post, "meta": {"author": "Ann B", "source": "wire"}},
        {"id": "d", "query": "H200", **post},
        {"id": "e", "query": "H100 OR", **post},
    ]
    lines = "\n\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    done = vigie("match", "--cases", vigie.write("cases.jsonl", lines))
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"id": 1, "match": True, "spans": [[1, 3]]},
        {"id": "b", "match": True, "spans": []},
        {"id": "c", "match": True, "spans": [[4, 8]]},
        {"id": "d", "match": False, "spans": []},
        {"id": "e", "error": "a word is missing at the end", "at": 7},
    ]
    deep = vigie("match", "--cases", vigie.write("deep.jsonl", "[" * 100_000))
    assert deep.returncode == 1
    assert "deep.jsonl, line 1: not a case" in deep.stderr.decode()
    bad = vigie("match", "--cases", vigie.write("bad.jsonl", '{"id": 1, "query": "a", "text": "a"}\n{"id": 2}\n'))
    assert bad.returncode == 1
    assert "bad.jsonl, line 2: not a case with id, query and text" in bad.stderr.decode()


def test_each_place_is_told_with_its_term(vigie: Shell) -> None:
    done = vigie("match", "H100 | 超微 /b.n/i", "--json", given="a Ban on the H-100 and 超微\n".encode())
    told = json.loads(done.stdout)
    assert told["spans"] == [[2, 5], [13, 18], [23, 25]]
    assert told["terms"] == ["/b.n/i", "H100", "超微"]


def test_check_warns_of_what_may_not_do_what_was_meant(vigie: Shell) -> None:
    topics = "[topic.X]\nquery = 'H100 OR ban'\n[topic.\"a b\"]\nquery = '超微 source:News source:blog'\n"
    vigie.write("config.toml", topics + "[source.a]\nurl = 'https://e.example.org/'\ntags = ['news']\n")
    done = vigie("check")
    assert (done.returncode, done.stderr) == (0, b"")
    first, second, third, _ = done.stdout.decode().splitlines()
    assert third == 'warning: topic."a b".query: source:blog is the name or tag of no source, so no post is from there'
    assert first.startswith('warning: topic.X.query: "ban" is an everyday word and alerts by itself')
    assert second.startswith('warning: topic."a b".query: "超微" also counts inside')


def test_match_exits_as_grep_does(vigie: Shell) -> None:
    assert vigie("match", "H100", given=b"an H-100 rack\n").returncode == 0
    nothing = vigie("match", "H100", given=b"H1000 headphones\n")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (1, b"", b"")


def test_a_saved_page_that_is_no_feed_is_said_to_be_one(vigie: Shell) -> None:
    done = vigie("scrape", "--response", vigie.write("page.html", "<!doctype html><p>Hello"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().rstrip().endswith("an HTML page, not a feed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_one_plain_line(vigie: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([VIGIE, "kinds"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"vigie: output: No space left on device\n")


def test_a_reader_that_leaves_ends_the_command_quietly(vigie: Shell) -> None:
    lines = b"H100\n" * 50_000
    file = vigie.write("lines", lines)
    with file.open("rb") as given:
        child = subprocess.Popen([VIGIE, "match", "H100"], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout
        assert child.stderr
        child.stdout.readline()
        child.stdout.close()
        assert (child.stderr.read(), child.wait(30)) == (b"", 1)
        child.stderr.close()
