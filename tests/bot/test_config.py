import subprocess
import sys
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scrapers
from bot import config
from bot.config.words import duration, span
from bot.errors import ConfigError
from bot.model import Chat, Pace, Priority, Rhythm

ROOT = Path(__file__).parents[2]
TOKEN = "123456789:" + "A" * 35
FULL = """
language = "fr"
timezone = "Asia/Shanghai"
fresh = "1h30m"
backfill = "1d"
[telegram]
api_url = "http://127.0.0.1:8081/"
operators = [42]
access = "approve"
[store]
path = "data/vigie.db"
keep = "30d"
[http]
contact = "mailto:me@example.org"
allow_private = ["127.0.0.0/8", "fd00::/8"]
gap = "0s"
timeout = "5s"
[story]
window = "48h"
[health]
ping_url = "https://ping.example.org/x"
[topic.SuperMicro]
query = 'SuperMicro OR 超微'
except = ["超微半导体"]
priority = "low"
sources = ["press", "hn"]
[topic.H100]
query = "H100"
[source.press-site]
url = "https://example.org/feed"
every = "10m"
tags = ["press"]
[source.hn]
kind = "hackernews"
query = "H100"
[source.channel]
url = "https://t.me/s/example"
[chat.desk]
id = -1001234567890
thread = 5
topics = ["H100"]
pace = "daily 07:30"
"""


@pytest.fixture
def write(tmp_path):
    def to_file(text: str | bytes, name: str = "config.toml") -> Path:
        (tmp_path / "data").mkdir(exist_ok=True)  # where FULL wants its database
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


@pytest.fixture
def faults(write):
    def of(text: str | bytes) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            config.load(write(text))
        return caught.value.faults

    return of


def test_every_key_of_the_file_reaches_the_config(write):
    path = write(FULL)
    read = config.load(path)
    assert (read.path, read.language, read.timezone) == (path, "fr", "Asia/Shanghai")
    assert (read.fresh, read.backfill) == (timedelta(minutes=90), timedelta(days=1))
    assert read.telegram == config.Telegram(api_url="http://127.0.0.1:8081", operators=(42,), access="approve")
    assert (read.store_path, read.keep) == (path.parent / "data" / "vigie.db", timedelta(days=30))
    assert read.http.allow_private == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert (read.http.contact, read.http.gap, read.http.timeout) == (
        "mailto:me@example.org",
        timedelta(),
        timedelta(seconds=5),
    )
    assert (read.window, read.ping_url) == (timedelta(hours=48), "https://ping.example.org/x")
    assert [line.split(":")[0] for line in read.warnings] == ["telegram.access"]


def test_topics_sources_and_chats_are_the_values_of_the_model(write):
    read = config.load(write(FULL))
    micro, h100 = read.topics
    assert (micro.name, micro.query, micro.exceptions) == ("SuperMicro", "SuperMicro OR 超微", ("超微半导体",))
    assert (micro.priority, micro.sources) == (Priority.LOW, ("press", "hn"))
    assert (h100.priority, h100.sources) == (Priority.NORMAL, ("*",))
    assert [(each.name, each.kind) for each in read.sources] == [
        ("press-site", "feed"),
        ("hn", "hackernews"),
        ("channel", "telegram"),
    ]
    assert read.sources[0].options == scrapers.options("feed")(url="https://example.org/feed")
    assert read.sources[0].every == timedelta(minutes=10)
    assert read.sources[0].tags == {"press"}
    assert read.sources[0].floor == scrapers.about("feed").floor
    assert read.sources[1].options.query == "H100"
    assert read.sources[1].every is None
    assert read.chats == (
        config.ManagedChat(
            name="desk", chat=Chat(-1001234567890, 5), topics=("H100",), pace=Pace(Rhythm.DAILY, time(7, 30))
        ),
    )


def test_a_query_may_be_a_list_of_which_one_must_be_true(write):
    (topic,) = config.load(write("[topic.X]\nquery = ['SuperMicro | SMCI',  # a remark\n '美超微 财报']\n")).topics
    assert topic.query == "(SuperMicro | SMCI) OR (美超微 财报)"
    (topic,) = config.load(write("[topic.X]\nquery = ['SuperMicro']\n")).topics
    assert topic.query == "SuperMicro"


def test_each_fault_of_a_list_of_queries_has_its_place(faults):
    told = faults("[topic.X]\nquery = ['H100', '(H100', 5, 'x OR']\n[topic.Y]\nquery = []\n[topic.Z]\nquery = 5\n")
    assert [line.partition(": ")[0] for line in told] == [
        "topic.X.query[1]",
        "topic.X.query[2]",
        "topic.X.query[3]",
        "topic.Y.query",
        "topic.Z.query",
    ]
    assert told[3:] == (
        "topic.Y.query: must hold at least one query",
        "topic.Z.query: must be text in quotes, or a list of such texts",
    )


def test_each_exception_that_holds_nothing_is_told(faults):
    told = faults('[topic.X]\nquery = "x"\nexcept = ["--", "超微半导体", "²"]\n')
    assert [line.partition(": ")[0] for line in told] == ["topic.X.except[0]", "topic.X.except[2]"]
    assert "needs a letter or a digit" in told[0]


def test_an_empty_file_is_a_config_of_defaults(write):
    read = config.load(write(""))
    assert (read.language, read.timezone, read.fresh) == ("en", "UTC", timedelta(hours=72))
    assert (read.telegram, read.http) == (config.Telegram(), config.Http())
    assert (read.topics, read.sources, read.chats) == ((), (), ())


def test_the_committed_file_is_valid_and_belongs_to_nobody():
    read = config.load(ROOT / "config.toml")
    assert (read.telegram.operators, read.chats, read.warnings) == ((), (), ())
    assert {"H100", "H200", "B200", "SuperMicro"} < {topic.name for topic in read.topics}
    assert {"feed", "hackernews", "telegram", "bluesky"} == {source.kind for source in read.sources}
    assert all(each.tags & {"en", "fr", "zh"} for each in read.sources)


FAULTY = """
langauge = "en"
timezone = "Europe/Pariss"
fresh = 72
[telegram]
operators = ["12"]
access = "closed"
[http]
allow_private = ["10.0.0.1/8", "x"]
[topic.H100]
query = 'H100 OR'
sources = ["wcftech"]
[topic."出口 管制"]
query = 'x'
except = "y"
[source.wccftech]
url = "https://example.org/feed"
evry = "10m"
[source.hn]
kind = "hackernew"
[source.hn2]
kind = "hackernews"
[chat.desk]
id = 0
topics = ["H10"]
pace = "weekly"
"""


def test_all_faults_are_told_at_once_each_with_its_path_and_the_way_out(faults):
    told = faults(FAULTY)
    text = "\n".join(told)
    assert 'langauge: unknown key, did you mean "language"?' in told
    assert 'timezone: no such time zone, did you mean "Europe/Paris"?' in told
    assert 'source.wccftech.evry: unknown key, did you mean "every"?' in told
    assert 'source.hn.kind: no such kind, did you mean "hackernews"?' in told
    assert 'topic.H100.sources[0]: no source or tag is named "wcftech", did you mean "wccftech"?' in told
    assert 'chat.desk.topics[0]: no topic is named "H10", did you mean "H100"?' in told
    for path in (
        "fresh",
        "telegram.operators[0]",
        "telegram.access",
        "http.allow_private[0]",
        "http.allow_private[1]",
        "topic.H100.query",
        'topic."出口 管制".except',
        "source.hn2.query",
        "chat.desk.id",
        "chat.desk.pace",
    ):
        assert f"\n{path}: " in "\n" + text
    assert len(told) == 16
    assert all("\n" not in line for line in told)


def test_a_bad_query_says_at_which_character(faults):
    assert faults("[topic.X]\nquery = 'H100 AND (H200'")[0].startswith("topic.X.query: ")
    assert "(at character 10, before" in faults("[topic.X]\nquery = 'H100 AND (H200'")[0]


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("[source.x]", "source.x"),
        ('[source.x]\nurl = "ftp://example.org/x"', "source.x.url"),
        ('[source.x]\nurl = "http://[::1"', "source.x.url"),
        ('[source.x]\nurl = "https://example.org/feed"\nkind = "hackernews"', "source.x.url"),
        ('[source.x]\nkind = "hackernews"\nquery = 5', "source.x.query"),
        ('[source.x]\nurl = "https://example.org/"\nevery = "0s"', "source.x.every"),
        ('[source.x]\nurl = "https://example.org/"\ntags = ["*"]', "source.x.tags"),
        ('[source.x]\nurl = "https://example.org/"\nfull_text = "yes"', "source.x.full_text"),
        ('[source.a]\nurl = "https://example.org/"\ntags = ["b"]\n[source.b]\nkind = "x"', "source.b"),
        ("[[source]]\nkind = 'feed'", "source"),
        ("source = 3", "source"),
        ('[topic]\nH100 = "H100"', "topic.H100"),
        ('[topic."*"]\nquery = "x"', 'topic."*"'),
        ('[topic.x]\nquery = "x"\nsources = []', "topic.x.sources"),
        ('[topic.x]\nquery = "x"\nexcept = ["fine", "..."]', "topic.x.except[1]"),
        ('[topic.x]\nquery = ""', "topic.x.query"),
        ("[telegram]\noperators = [true]", "telegram.operators[0]"),
        ("[telegram]\noperators = [-5]", "telegram.operators[0]"),
        ('[telegram]\napi_url = "localhost:80"', "telegram.api_url"),
        ('[http]\ncontact = "a\\r\\nX-Evil: 1"', "http.contact"),
        ('[http]\ntimeout = "0s"', "http.timeout"),
        ('[store]\npath = ""', "store.path"),
        ('[store]\npath = "a\\u0000b"', "store.path"),
        ("[x]\nmonthly_posts = 0", "x.monthly_posts"),
        ('[rsshub]\ninstance = ["https://example.org"]', "rsshub.instance"),
        ('[chat.a]\nid = 1\ntopics = ["t"]\n[chat.b]\nid = 1\ntopics = ["t"]\n[topic.t]\nquery="t"', "chat.b.id"),
    ],
)
def test_a_fault_names_the_key_that_must_change(faults, table, path):
    assert any(line.startswith(f"{path}: ") for line in faults(table))


def test_a_named_kind_takes_an_address_that_it_knows(write):
    read = config.load(write('[source.x]\nkind = "telegram"\nurl = "https://t.me/s/example"\nevery = "1h"'))
    assert read.sources[0].options == scrapers.recognise("https://t.me/s/example")[1]


def test_kind_feed_reads_any_address_as_a_feed(write):
    read = config.load(write('[source.x]\nkind = "feed"\nurl = "https://t.me/s/example"'))
    assert (read.sources[0].kind, read.sources[0].options.url) == ("feed", "https://t.me/s/example")


def test_looking_more_often_than_the_platform_allows_is_a_warning_on_public_hosts_only(write):
    text = '[http]\nallow_private = ["127.0.0.0/8"]\n[source.x]\nevery = "1s"\nurl = '
    public = config.load(write(text + '"https://example.org/feed"'))
    inner = config.load(write(text + '"http://127.0.0.1:9/feed"'))
    assert public.warnings[0].startswith("source.x.every: 1s is too often")
    assert (inner.warnings, inner.sources[0].floor) == ((), timedelta())


def test_what_this_version_does_not_do_yet_is_said(write):
    said = config.load(write("[rsshub]\ninstances = []\n[x]\n")).warnings
    assert [line.split(":")[0] for line in said] == ["rsshub", "x"]


def test_the_articles_behind_a_source_are_read_if_it_says_so(write):
    text = '[source.x]\nurl = "https://example.org/feed"\n'
    for more, reads in (("", False), ("full_text = false", False), ("full_text = true", True)):
        read = config.load(write(text + more))
        assert (read.sources[0].full_text, read.warnings) == (reads, ())


@pytest.mark.parametrize("asked", [None, False, True])
def test_each_kind_has_its_own_way_where_the_file_says_nothing(write, asked):
    line = "" if asked is None else f"full_text = {str(asked).lower()}"
    addresses = {"feed": "https://example.org/feed", "telegram": "https://t.me/s/example"}
    for kind, url in addresses.items():
        about = scrapers.about(kind)
        (source,) = config.load(write(f'[source.x]\nurl = "{url}"\n{line}')).sources
        assert source.full_text == (about.pages and (about.thin if asked is None else asked))


def test_full_text_of_a_kind_whose_posts_are_whole_is_a_warning_and_is_not_read(write):
    read = config.load(write('[source.x]\nurl = "https://t.me/s/example"\nfull_text = true'))
    assert read.warnings == ("source.x.full_text: the posts of telegram are whole already, there is no more to read",)
    assert not read.sources[0].full_text


def test_one_fault_of_a_source_hides_no_other(write):
    text = (
        '[source.x]\nurl = "ftp://example.org"\nevery = "0s"\nevry = 1\n[topic.A]\nquery = "x"\n[topic.a]\nquery = "x"'
    )
    with pytest.raises(ConfigError) as raised:
        config.load(write(text))
    paths = [fault.split(": ")[0] for fault in raised.value.faults]
    assert paths == ["source.x.every", "source.x.url", "source.x.evry", "topic.a"]


def test_a_database_in_a_folder_that_is_not_there_is_a_fault(write):
    with pytest.raises(ConfigError, match=r"store\.path: there is no folder .*nowhere, make it first"):
        config.load(write('[store]\npath = "nowhere/vigie.db"'))


@pytest.mark.parametrize(
    ("table", "way"),
    [
        (f'[telegram]\ntoken = "{TOKEN}"', "TELEGRAM_BOT_TOKEN"),
        (f'[store]\npath = "{TOKEN}"', "TELEGRAM_BOT_TOKEN"),
        (f'[telegram]\napi_url = "https://api.telegram.org/bot{TOKEN}"', "TELEGRAM_BOT_TOKEN"),
        ('[x]\nbearer_token = "abc"', "X_BEARER_TOKEN"),
        ('[source.x]\nkind = "hackernews"\nquery = "x"\npassword = "hunter2"', "environment"),
    ],
)
def test_a_secret_in_the_file_is_a_fault_that_does_not_repeat_it(faults, table, way):
    (line,) = faults(table)
    assert way in line
    assert TOKEN not in line
    assert "hunter2" not in line


def test_a_topic_may_be_named_secret(write):
    assert config.load(write('[topic.secret]\nquery = "secret"')).topics[0].name == "secret"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"language = \n", "line 1, column 12: "),
        (b"[telegram", ": at its end: "),
        (b"a = 1\nb = \xff\xfe", "line 2 is not UTF-8"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "this is not TOML"),
        (b"a = 2024-99-99", "this is not TOML"),
        (b"#" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_plain_line(faults, body, said):
    (line,) = faults(body)
    assert said in line
    assert "\n" not in line


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml: not found, .*--config FILE"):
        config.load(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        config.load(tmp_path)


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(write):
    assert config.load(write(b'\xef\xbb\xbflanguage = "zh"\r\n')).language == "zh"


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_WORDS = (
    "telegram store http story health topic source chat rsshub x language url kind every tags query options id topics "
    "pace except sources operators allow_private gap full_text feed hackernews token"
)
_keys = st.sampled_from(_WORDS.split())


def _toml(value: object) -> str:
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(each):08x}" for each in value if not 0xD800 <= ord(each) < 0xE000) + '"'
        case list():
            return "[" + ", ".join(_toml(each) for each in value) + "]"
        case dict():
            return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
        case _:
            return repr(value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=st.dictionaries(
        _keys, _values | st.dictionaries(_keys, _values | st.dictionaries(_keys, _values, max_size=4), max_size=4)
    )
)
def test_whatever_a_file_holds_it_is_a_config_or_a_list_of_faults(write, tree):
    path = write("\n".join(f"{key} = {_toml(value)}" for key, value in tree.items()))
    told: tuple[str, ...] = ("a config",)
    try:
        config.load(path)
    except ConfigError as error:
        told = error.faults
    assert told
    assert all(line.isprintable() and len(line) < 1_000 for line in told)


@given(seconds=st.integers(1, 315_000_000))
def test_a_duration_is_written_as_it_is_read(seconds):
    assert duration(span(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "10 m", "m", "-1m", "1.5h", "30m1h", "1w", "9999d", 10, None])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"duration"):
        duration(text)


def test_a_secret_comes_from_the_environment_or_from_the_file_it_names(tmp_path):
    file = tmp_path / "token"
    file.write_text("from file\n")
    assert config.secret("TOKEN", {}) == ""
    assert config.secret("TOKEN", {"TOKEN": " direct "}) == "direct"
    assert config.secret("TOKEN", {"TOKEN_FILE": str(file)}) == "from file"
    assert config.secret("TOKEN", {"TOKEN": "direct", "TOKEN_FILE": str(file)}) == "direct"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_secret_file_that_gives_none_is_a_fault(tmp_path, content):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="TOKEN_FILE: "):
        config.secret("TOKEN", {"TOKEN_FILE": str(file)})


def test_nothing_changed_between_equal_files(write):
    assert config.changed(config.load(write(FULL, "a.toml")), config.load(write(FULL, "b.toml"))) == ()


def test_each_change_is_one_line(write):
    old = config.load(write(FULL))
    text = (
        FULL.replace('every = "10m"', 'every = "30m"\nfull_text = true')
        .replace("[source.hn]", "[source.hacker-news]")
        .replace('"hn"]', '"channel"]')
    )
    new = config.load(write(text.replace('gap = "0s"', "").replace("operators = [42]", "")))
    assert set(config.changed(old, new)) == {
        "telegram.operators: nothing, was [42]",
        "http.gap: 1s, was 0s",
        'topic.SuperMicro.sources: ["press", "channel"], was ["press", "hn"]',
        "source.press-site.every: 30m, was 10m",
        "source.press-site.full_text: true, was false",
        "source.hn: removed",
        "source.hacker-news: added",
    }


def test_the_config_loads_no_library_of_other_rooms():
    heavy = "httpx pycurl telegram lxml bs4 feedparser selectolax structlog rich sqlite_utils"
    code = f"import sys, bot.config; print([each for each in {heavy!r}.split() if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
