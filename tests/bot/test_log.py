import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import log

TOKEN = "123456789:" + "Ab-_" * 9


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], root.level, logging.raiseExceptions = before
    logging.captureWarnings(False)


@pytest.fixture
def lines():
    stream = io.StringIO()
    log.configure(stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields(lines):
    log.get("watch").info("polled", source="wccftech", new=3, title="英伟达\nH100")
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "watch",
        "event": "polled",
        "source": "wccftech",
        "new": 3,
        "title": "英伟达\\nH100",
    }


def test_a_terminal_gets_words_and_no_command_of_a_hostile_title():
    stream = Terminal()
    log.configure(stream)
    log.get("watch").warning("refused", title="\x1b]0;owned\x07", reason=f"bot{TOKEN}")
    text = stream.getvalue()
    assert "refused" in text
    assert "\x1b]" not in text
    assert "\x07" not in text
    assert TOKEN not in text


def test_an_error_is_told_with_its_traceback_and_without_its_secrets(lines):
    try:
        raise OSError(f"cannot reach https://api.telegram.org/bot{TOKEN}/getMe")
    except OSError as error:
        log.get("chat").error("send failed", error=error)
    (line,) = lines()
    assert "OSError: cannot reach https://api.telegram.org/bot[redacted]/getMe" in line["exception"]


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "telegram.request", "apscheduler.jobs"])
def test_libraries_speak_from_warnings_up_and_are_redacted_too(lines, name):
    logging.getLogger(name).info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    logging.getLogger(name).warning("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    (line,) = lines()
    assert (line["level"], line["logger"]) == ("warning", name)
    assert line["event"] == "GET https://api.telegram.org/bot[redacted]/getMe"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"token {TOKEN} here", "token [redacted] here"),
        (f"https://api.telegram.org/bot{TOKEN}/getMe", "https://api.telegram.org/bot[redacted]/getMe"),
        ("/bot123:short/getMe", "/bot[redacted]/getMe"),
        (f"/bot{TOKEN.replace(':', '%3A')}/x", "/bot[redacted]/x"),
        ("http://me:pa55@example.org:80/x", "http://[redacted]@example.org:80/x"),
        ("https://example.org/?a=1&access_token=xyz&b=2", "https://example.org/?a=1&access_token=[redacted]&b=2"),
        ("https://rsshub.example.org/x?key=xyz", "https://rsshub.example.org/x?key=[redacted]"),
        ('{"password": "hunter2"}', '{"password": "[redacted]"}'),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [redacted]"),
    ],
)
def test_secrets_are_taken_out_of_texts(text, clean):
    assert log.redact(text) == clean


@pytest.mark.parametrize(
    "text", ["mail me@example.org", "https://example.org/@user/1", "at 12:30:45", "post hackernews:12345678", "H100"]
)
def test_what_is_no_secret_stays(text):
    assert log.redact(text) == text


def test_values_of_secret_keys_are_hidden_at_any_depth(lines):
    log.get("app").info("start", bot_token="short", nested={"password": "x", "deep": [{"secret": "y"}]}, tokens=5)
    (line,) = lines()
    assert line["bot_token"] == "[redacted]"
    assert line["nested"] == {"password": "[redacted]", "deep": [{"secret": "[redacted]"}]}
    assert line["tokens"] == 5


@given(text=st.text(), token=st.from_regex(r"[0-9]{8,10}:[A-Za-z0-9_-]{35}", fullmatch=True))
def test_no_token_survives_whatever_stands_around_it(text, token):
    assert token not in log.redact(f"{text}{token}{text}")


@given(
    fields=st.dictionaries(st.text(min_size=1, max_size=9).filter(lambda key: key != "error"), st.text(), max_size=4)
)
def test_whatever_is_logged_is_one_line(fields):
    stream = io.StringIO()
    log.configure(stream)
    logging.getLogger("vigie.x").info("event", extra={"vigie": fields})
    assert len(stream.getvalue().splitlines()) == 1
    assert json.loads(stream.getvalue())["event"] == "event"


def test_a_quiet_level_keeps_only_errors(restored):
    stream = io.StringIO()
    log.configure(stream, level=logging.ERROR)
    log.get("watch").warning("quiet")
    log.get("watch").error("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_a_closed_stream_is_no_error(capsys):
    stream = io.StringIO()
    log.configure(stream)
    stream.close()
    log.get("watch").info("nobody hears this")
    assert capsys.readouterr().err == ""
