"""What the documents say is true: every command, option, kind and key is there, and every example runs."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main

import scrapers
from bot.cli import app
from bot.config import load, tables, values
from bot.demo import PIECES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
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
    (piece,) = [piece for piece in PIECES if f"🔗 {piece.url}" == lines[-1] and piece.title == lines[1]]
    excerpt = " ".join(line.removeprefix("> ") for line in lines if line.startswith(">")).removesuffix(" …")
    assert lines[0] == "🔴 H100"
    assert excerpt in piece.text


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


SHELL = [line.split("#")[0].strip() for block in blocks(README, "sh") for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in SHELL if "vigie" in line and "https://" not in line])
def test_the_examples_of_the_readme_run(line: str) -> None:
    *before, command = line.split("|")
    given = shlex.split(before[0])[1] + "\n" if before else ""
    argv = [sys.executable, "-m", "bot", *shlex.split(command)[1:]]
    done = subprocess.run(argv, input=given, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
