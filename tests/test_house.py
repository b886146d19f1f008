"""The rules of the house (ARCHITECTURE.md), held by reading the code."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(chain((ROOT / "bot").rglob("*.py"), (ROOT / "scrapers").rglob("*.py")))

FLOORS = (
    {"bot.__main__"},
    {"bot.cli"},
    {"bot.app"},
    {"bot.chat", "bot.terminal", "bot.schedule", "bot.demo"},
    {"bot.commands"},
    {"bot.watch", "bot.articles", "bot.deliver", "bot.casebook"},
    {"bot.tell"},
    {"bot.pacer", "bot.config", "bot.message", "bot.store"},
    {"bot.markup", "bot.words"},
    {"bot.rules"},
    {"bot.model"},
    {"bot.errors", "bot.log"},
)
"""Top to bottom: a room imports only what stands below it."""

IMPORTERS = {
    "httpx": {"scrapers._web"},
    "pycurl": {"scrapers._web"},
    "certifi": {"scrapers._web"},
    "zlib_ng": {"scrapers._inflate"},
    "brotli": {"scrapers._inflate"},
    "backports": {"scrapers._inflate"},  # backports.zstd, until Python 3.14 has it as compression.zstd
    "compression": {"scrapers._inflate"},
    "protego": {"scrapers._robots"},
    "feedparser": {"scrapers._feed"},
    "lxml": {"scrapers._xmlfeed"},
    "xmltodict_rs": {"scrapers._flatfeed"},
    "bs4": {"scrapers._page"},
    "selectolax": {"scrapers._text"},
    "trafilatura": {"scrapers._article"},
    "ada_url": {"scrapers._links"},
    "dateutil": {"scrapers._dates"},
    "ahocorasick_rs": {"bot.rules.scan"},
    "re2": {"bot.rules.regex"},
    "opencc": {"bot.rules.variants"},
    "anyascii": {"bot.rules.fingerprint"},
    "sqlite_utils": {"bot.store"},
    "sqlite3": {"bot.store"},
    "apscheduler": {"bot.schedule"},
    "telegram": {"bot.chat"},
    "pydantic": {"bot.config"},
    "typer": {"bot.cli"},
    "rich": {"bot.cli", "bot.terminal"},
    "structlog": {"bot.log"},
}
"""Each outside library has one importer: a module, or a folder with all that is in it."""

SEALED = {"asyncio", "time", "random", "os", "pathlib", "socket", "sqlite3", "subprocess", "threading", "logging"}
"""What a pure room may not import."""

SQL = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA ")


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, each with whether it does so while running (and not for types alone)."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, id(node) not in typing_only) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = (f"{node.module}.{name.name}" for name in node.names)
            yield from ((_deepest(name), id(node) not in typing_only) for name in names)


def _deepest(name: str) -> str:
    """``bot.model.Post`` is an import of ``bot.model``; ``bot.rules.plan`` one of a module."""
    if name.split(".")[0] not in ("bot", "scrapers"):
        return name
    known = {module(path) for path in FILES}
    return name if name in known else name.rpartition(".")[0]


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def floor(name: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if any(within(name, room) for room in rooms))


def room(name: str) -> str:
    return next(room for rooms in FLOORS for room in rooms if within(name, room))


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_file_is_short_and_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    docstring = ast.get_docstring(ast.parse(text)) or ""
    first = docstring.split("\n\n")[0]
    assert first.strip(), "no docstring"
    assert first.rstrip().endswith((".", ":", "?", "``")), first


@pytest.mark.parametrize("path", FILES, ids=module)
def test_no_function_is_over_50_lines(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= 50, f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(ROOT / "scrapers")], ids=module)
def test_scrapers_know_nothing_of_the_bot_and_platforms_nothing_of_each_other(path: Path) -> None:
    for name, _ in imports(path):
        assert not within(name, "bot"), name
        platform = name.startswith("scrapers.") and not name.split(".")[1].startswith("_")
        assert not platform or path.name == "__main__.py", name


@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(ROOT / "bot")], ids=module)
def test_imports_run_downwards(path: Path) -> None:
    here = module(path)
    if here == "bot":
        return
    for name, _ in imports(path):
        if not within(name, "bot") or name == "bot":
            continue
        if room(name) != room(here):
            assert floor(name) > floor(here), f"{here} imports {name}"


def test_there_are_no_circles() -> None:
    edges = {module(path): {name for name, runs in imports(path) if runs} for path in FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " > ".join((*trail, name))
        if name in done:
            return
        for other in edges.get(name, ()):
            if other in edges and other != name:
                visit(other, (*trail, name))
        done.add(name)

    for name in edges:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=module)
def test_each_library_has_one_importer(path: Path) -> None:
    here = module(path)
    for name, _ in imports(path):
        allowed = IMPORTERS.get(name.split(".")[0], {here})
        assert any(within(here, place) for place in allowed), f"{here} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "rules").glob("*.py")), ids=module)
def test_the_rules_touch_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not {name.split(".")[0] for name, _ in imports(path)} & SEALED
    for node in ast.walk(tree):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await)
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("open", "print", "datetime.now", "time.time"), ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_sql_stands_only_in_the_store(path: Path) -> None:
    if within(module(path), "bot.store"):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.lstrip().startswith(SQL), node.value


@pytest.mark.parametrize("path", FILES, ids=module)
def test_nothing_is_awaited_inside_a_transaction(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.With) and any("transaction(" in ast.unparse(item) for item in node.items):
            assert not any(isinstance(inner, ast.Await) for inner in ast.walk(node))


@pytest.mark.parametrize("path", FILES, ids=module)
def test_there_are_no_mutable_globals(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)]
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Set):
            assert ast.unparse(node).startswith("__all__"), ast.unparse(node)


def test_except_exception_stands_only_where_a_worker_isolates() -> None:
    allowed = {"bot.watch", "bot.articles", "bot.deliver", "bot.app", "bot.store.group", "scrapers._worker"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                broad = ast.unparse(node.type) in ("Exception", "BaseException")
                reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                assert not broad or reraises or module(path) in allowed, f"{path}:{node.lineno}"
