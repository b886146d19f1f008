"""The commands: ``vigie run``, ``demo``, ``check``, ``scrape``, ``match``, ``why``, ``split``, ``sources``, ``kinds``.

Exit 0: done; 1: it failed; 2: bad usage or configuration. Errors are one plain line each on stderr. A command loads
only what it needs, so that each answers at once.
"""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.errors import ConfigError, VigieError
from scrapers import Misuse, ScrapeError

app = typer.Typer(
    name="vigie",
    help="Vigie, the lookout: watches feeds, pages and posts, and tells Telegram chats what matters, once.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout, and nothing else.")]
CONFIG = Path("config.toml")


@app.command()
def run(
    config: ConfigFile = CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Look at every source once, deliver, and stop.")] = False,
) -> None:
    """Watch, until SIGTERM or Ctrl-C. Without TELEGRAM_BOT_TOKEN, alerts go to this terminal."""
    from bot.cli import running

    running.run(config, once=once, environ=os.environ)


@app.command()
def demo() -> None:
    """See the whole program at work on a small site of its own: no network, no token."""
    from bot.cli import playing

    playing.play()


@app.command()
def check(
    config: ConfigFile = CONFIG,
    online: Annotated[bool, typer.Option("--online", help="Try each source, the token and each chat as well.")] = False,
    against: Annotated[Path | None, typer.Option("--against", metavar="OLD", help="Say what changed.")] = None,
) -> None:
    """Tell all faults of the configuration; exit 2 if there are any."""
    from bot.cli import checking

    checking.check(config, online=online, against=against, environ=os.environ)


@app.command()
def scrape(
    address: Annotated[str, typer.Argument(help="What to read: a feed, a page, a channel ...")] = "",
    config: ConfigFile = CONFIG,
    kind: Annotated[str, typer.Option("--kind", metavar="K", help="The platform; default: recognised, or feed.")] = "",
    option: Annotated[list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Of the kind.")] = None,
    response: Annotated[Path | None, typer.Option("--response", metavar="FILE", help="Read a saved response.")] = None,
    content_type: Annotated[str, typer.Option("--content-type", metavar="T", help="What FILE was served as.")] = "",
    json: AsJson = False,
) -> None:
    """Read one source now and print its posts."""
    from bot.cli import reading

    request = reading.Request(
        address=address, kind=kind, options=tuple(option or ()), response=response, content_type=content_type
    )
    reading.scrape(request, config, as_json=json)


@app.command()
def match(
    query: Annotated[str, typer.Argument(help="For example: H100 OR 美超微")] = "",
    config: ConfigFile = CONFIG,
    cases: Annotated[Path | None, typer.Option("--cases", metavar="FILE", help="Judge labelled JSON lines.")] = None,
    json: AsJson = False,
) -> None:
    """Print the lines of stdin that match a query, highlighted."""
    from bot.cli import matching

    matching.match(query, cases=cases, as_json=json)


@app.command()
def why(
    post: Annotated[str, typer.Argument(help="Its key, its address or its number.")],
    config: ConfigFile = CONFIG,
    json: AsJson = False,
) -> None:
    """Why a post did or did not alert: its topics, its story, each subscriber."""
    from bot.cli import explaining

    explaining.why(config, post, as_json=json)


@app.command()
def split(
    story: Annotated[int, typer.Argument(help="The number that `vigie why` shows.")],
    post: Annotated[str, typer.Argument(help="The post that tells other news: key, address or number.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Undo a wrong merge: the post begins a story of its own, and alerts those who should have heard of it."""
    from bot.cli import splitting

    splitting.split(config, story, post)


@app.command()
def sources(config: ConfigFile = CONFIG, json: AsJson = False) -> None:
    """How each source fares."""
    from bot.cli import standing

    standing.sources(config, as_json=json)


@app.command()
def kinds(config: ConfigFile = CONFIG, json: AsJson = False) -> None:
    """The platforms that Vigie can read, and what each of them needs."""
    from bot.cli import standing

    standing.kinds(as_json=json)


def main() -> None:
    """Run the command that the arguments name, and exit."""
    _speak_utf8()
    try:
        code = app(args=sys.argv[1:] or ["--help"], standalone_mode=False)
    except TyperException as error:
        if getattr(error, "exit_code", 1) == 2:
            _complain(error.format_message().rstrip("."), "vigie --help lists the commands and options")
            sys.exit(2)
        raise
    except ConfigError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        code = 2
    except (VigieError, ScrapeError) as error:
        _complain(str(error))
        code = 2 if isinstance(error, Misuse) else 1
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # whoever read our output has gone: nobody needs to be told
            _complain(f"{error.filename or 'output'}: {error.strerror or error}")
        # Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _speak_utf8() -> None:
    """Posts are in any script, whatever the locale says; bytes that are no text must not end a command."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not when it is closed
            stream.reconfigure(encoding="utf-8", errors="replace")


def _complain(*parts: str) -> None:
    print("vigie: " + "; ".join(parts).replace("\n", " "), file=sys.stderr)
