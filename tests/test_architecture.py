"""The layout, kept true: who may import whom, no circles, no big files."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "voxtral_cli", "training", "evaluation", "benchmarks")
LONGEST = {"tests": 400}
"""Lines of a file by package; 300 in all others."""

ALLOWED = {
    "engine": {"engine"},
    "voxtral_cli": {"voxtral_cli", "engine"},
    "training": {"training", "engine", "evaluation"},
    "evaluation": {"evaluation", "engine", "training.data.manifest"},
    "benchmarks": {"benchmarks", "engine", "evaluation.report"},
}
"""What the modules of each package may import of ours."""

LEVELS = {
    "engine.models": {"engine.config", "engine.models", "engine.errors"},
    "engine.text": {"engine.text", "engine.errors"},
    "engine.hearing": {
        *("engine.hearing", "engine.reference.activity", "engine.samples", "engine.errors"),
        "engine.text",
    },
    "engine.generation": {
        *("engine.generation", "engine.models", "engine.config", "engine.errors"),
        *("engine.prompt", "engine.speech"),
    },
    "engine.config": {"engine.errors", "engine.params"},
    "engine.params": {"engine.errors"},
    "engine.speech": {"engine.errors"},
    "engine.errors": set[str](),
}
"""The same inside the engine."""

OUTSIDE_ENGINE = {"typer", "click", "rich", "soundfile", "pydub", "sounddevice"}
"""Terminal, files and sound card belong to voxtral_cli."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def imported(node: ast.AST) -> Iterator[str]:
    """Dotted names that a statement imports; of ours down to the module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in modules() else node.module


def imports(tree: ast.Module) -> set[str]:
    """Everything imported anywhere in a module."""
    return {name for node in ast.walk(tree) for name in imported(node)}


def imports_at_start(tree: ast.Module) -> set[str]:
    """What is imported when the module is: not in functions, not for type checkers alone."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        found.update(imported(node))
        waiting += ast.iter_child_nodes(node)
    return found


def within(name: str, prefixes: set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def test_all_packages_are_there() -> None:
    assert {name.split(".")[0] for name in modules()} == set(PACKAGES)
    assert len(modules()) > 60


@pytest.mark.parametrize("package", PACKAGES)
def test_directions(package: str) -> None:
    wrong = [
        f"{name} imports {other}"
        for name, tree in modules().items()
        if within(name, {package})
        for other in imports(tree)
        if other.split(".")[0] in PACKAGES and not within(other, ALLOWED[package])
    ]
    assert not wrong


@pytest.mark.parametrize("level", LEVELS)
def test_levels_inside_the_engine(level: str) -> None:
    members = [name for name in modules() if within(name, {level})]
    assert members
    wrong = [
        f"{name} imports {other}"
        for name in members
        for other in imports(modules()[name])
        if within(other, {"engine"}) and not within(other, LEVELS[level])
    ]
    assert not wrong


def test_engine_knows_no_terminal_and_no_sound_files() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, tree in modules().items()
        if within(name, {"engine"})
        for other in imports(tree)
        if within(other, OUTSIDE_ENGINE)
    ]
    assert not wrong


def test_no_circles() -> None:
    """Raises CycleError, which lists the modules, if there is one."""
    graph = {
        name: {other for other in imports_at_start(tree) if other in modules() and other != name}
        for name, tree in modules().items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules())


def test_absolute_imports_only() -> None:
    wrong = [
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not wrong


def sources() -> list[Path]:
    """Python files of the project, tests included."""
    return [path for folder in (*PACKAGES, "tests") for path in (ROOT / folder).rglob("*.py")]


def test_no_file_is_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources()
    }
    assert not {
        name: lines
        for name, lines in lengths.items()
        if lines > LONGEST.get(name.split("/")[0], 300)
    }


def test_no_file_is_called_after_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "misc", "common_utils"}
    assert not [path for path in sources() if path.stem in empty_words]


@pytest.mark.parametrize("package", ["engine", "voxtral_cli"])
def test_types_are_shipped(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_no_test_files_of_the_same_name() -> None:
    """Without packages in tests/, pytest wants every name once."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
