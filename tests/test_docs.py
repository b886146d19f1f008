"""What the documents say is true: every command, option, kind and key is there, and every example runs."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main

import scrapers
from bot.cli import app
from bot.config import load, tables, values
from bot.demo import PIECES
from bot.demo.news import RETOLD
from bot.errors import QueryError
from bot.model import Topic
from bot.rules import figures, filters, fingerprint, matcher, plan, query, story
from bot.store.outbox import EDIT_PAUSE
from bot.tell import LONGEST_STORY
from scrapers import Post

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
COMMANDS: Any = typer.main.get_command(app)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_every_command_and_option_is_in_the_readme() -> None:
    for name, command in COMMANDS.commands.items():
        assert f"`vigie {name}" in README, name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    assert option in README, f"{name} {option}"
        assert command.help, name


def test_every_option_in_the_readme_exists() -> None:
    parameters = [one for command in COMMANDS.commands.values() for one in command.params]
    options = {option for one in parameters for option in one.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) <= options


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {"setup", "demo", "run", "test", "check"} <= targets
    assert set(re.findall(r"(?:`|^)[A-Z_=. ]*make ([a-z]+)", README, flags=re.MULTILINE)) <= targets


def test_every_kind_and_option_is_in_the_configuration_page() -> None:
    for kind in scrapers.kinds():
        (row,) = re.findall(rf"^\| `{kind}` \| (.*) \|$", CONFIGURATION, flags=re.MULTILINE)
        named = {field.name for field in fields(scrapers.options(kind))}
        assert set(re.findall(r"`(\w+)`", row)) == named


def test_every_key_is_in_the_configuration_page_with_no_other() -> None:
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", CONFIGURATION, flags=re.MULTILINE)) - set(scrapers.kinds())
    sections = {
        "": tables.Top,
        "telegram.": values.Telegram,
        "store.": tables.StoreTable,
        "http.": values.Http,
        "story.": tables.StoryTable,
        "health.": tables.HealthTable,
    }
    keys = {f"{prefix}{field.name}" for prefix, table in sections.items() for field in fields(table)}
    for table in (tables.TopicTable, tables.SourceTable, tables.ChatTable):
        keys |= {field.name.removesuffix("_") for field in fields(table)}
    assert documented == keys


def test_the_alert_of_the_readme_is_one_that_the_demo_sends() -> None:
    (alert,) = blocks(README, "text")
    lines = alert.splitlines()
    (piece,) = [piece for piece in PIECES if f"🔗 {piece.url}" == lines[-2] and piece.title == lines[1]]
    excerpt = " ".join(line.removeprefix("> ") for line in lines if line.startswith(">")).removesuffix(" …")
    assert lines[0] == "🔴 H100 · H200"
    assert all(name in piece.title for name in ("H100", "H200"))
    assert excerpt in piece.text
    (again,) = [other for other in RETOLD if f"➕ also: {other.outlet} 🇫🇷" == lines[-1]]
    assert timedelta() < again.at - piece.at < plan.EDITABLE


def test_the_page_on_stories_gives_the_figures_of_the_code(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
    for said in (
        f"at least {story.HELD:.0%}".replace("%", " %"),
        f"less than {fingerprint.MIN_WEIGHT} letters ({fingerprint.MIN_WEIGHT // 3} Chinese characters)",
        f"**For {plan.EDITABLE / timedelta(hours=1):.0f} hours**",
        f"once in {EDIT_PAUSE.seconds} seconds",
        f"within {figures.NEAR} characters of what matched",
        f"{LONGEST_STORY.days} days after its first",
    ):
        assert said in page, said
    (block,) = blocks(page, "toml")
    path = tmp_path / "config.toml"
    path.write_text(block, encoding="utf-8")
    assert load(path).window == timedelta(hours=72)


def test_the_toml_of_the_readme_is_sound(tmp_path: Path) -> None:
    for number, block in enumerate(blocks(README, "toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        assert load(path).sources


def test_the_committed_configuration_is_sound_and_names_nobody() -> None:
    config = load(ROOT / "config.toml")
    assert config.warnings == ()
    assert (config.telegram.operators, config.chats) == ((), ())
    assert {"H100", "H200", "B200", "SuperMicro"} <= {topic.name for topic in config.topics}


def examples() -> Iterator[tuple[str, str, str]]:
    """Query, sign and what stands behind it, for each line of the page of queries."""
    for line in (line for block in blocks(QUERIES, "text") for line in block.splitlines()):
        if not line.startswith(" "):
            asked = line
            continue
        sign, _, behind = line.strip().partition(" ")
        yield asked, sign, behind


@pytest.mark.parametrize(("asked", "sign", "behind"), tuple(examples()))
def test_each_example_of_the_query_page_does_what_it_says(asked: str, sign: str, behind: str) -> None:
    if sign == "!":
        with pytest.raises(QueryError) as refused:
            query.parse(asked)
        assert f"{refused.value} (at character {refused.value.at + 1})" == behind
        return
    told = re.match(r"\[(\w+): (.*?)\] ", behind)
    said = {told[1]: told[2]} if told else {}
    labels = frozenset([said.pop("source")] if "source" in said else [])
    post = Post(**{"key": "", "url": "", "text": behind[told.end() if told else 0 :], **said})
    topics = [Topic(name="example", query=asked)]
    assert bool(matcher.compile(topics).match(post, labels=labels)) == {"✓": True, "✗": False}[sign]


def test_every_operator_and_field_has_an_example() -> None:
    asked = " ".join(query for query, sign, _ in examples() if sign == "✓")
    for wanted in ("AND", "OR", "NOT", "|", '"', "=", '="', "NEAR/", "ONEAR/", "*", "?", "#", "$", "/i", "(", "title:"):
        assert wanted in asked, wanted
    assert " -" in " ".join(query for query, _, _ in examples())
    for name in filters.NAMES:
        assert f"{name}:" in " ".join(query for query, _, _ in examples()), name
        assert f"| `{name}:` |" in QUERIES


def test_the_toml_of_the_query_page_is_sound(tmp_path: Path) -> None:
    for block in blocks(QUERIES, "toml"):
        path = tmp_path / "config.toml"
        path.write_text(block, encoding="utf-8")
        assert load(path).topics


SHELL = [line.split("#")[0].strip() for block in blocks(README + QUERIES, "sh") for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in SHELL if "vigie" in line and "https://" not in line])
def test_the_examples_of_the_readme_run(line: str) -> None:
    *before, command = line.split("|")
    given = shlex.split(before[0])[1] + "\n" if before else ""
    argv = [sys.executable, "-m", "bot", *shlex.split(command)[1:]]
    done = subprocess.run(argv, input=given, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
