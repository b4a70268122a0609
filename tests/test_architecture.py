"""The arrows between rooms point one way.

Owns the reading of every import in src/, those inside functions, under TYPE_CHECKING and by a
constant `import_module` included. Refuses to import what it judges: a module that cannot be imported
here is read all the same.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE = Path(__file__).resolve().parent.parent / "src"

# Lowest first. A room imports rooms of earlier lines, never of its own line, never of later ones.
LINES = (
    ("errors",),
    ("units", "records", "parallel", "disk"),
    ("measurements", "definition"),
    ("stats",),
    ("config", "history", "machine"),
    ("suite", "results"),
    ("verdicts",),
    ("measure",),
    ("gate", "find", "profiling", "initialise"),
    ("report", "site"),
    ("publishing",),
    ("nightly",),
    ("fleet",),
    ("cli",),
    ("__main__",),  # python -m groundspeed
)
LEVEL = {room: level for level, line in enumerate(LINES) for room in line}
OURS = ("groundspeed", "noesis", "asv_bench_groundspeed")

# Who may import what comes from outside a room's line; everybody else may not.
KEEPERS = {
    "asv": ("groundspeed.suite", "groundspeed.results"),
    "asv_runner": ("groundspeed.suite", "groundspeed.results", "asv_bench_groundspeed.benchmarks"),
    "asv_bench_groundspeed": ("groundspeed.suite", "groundspeed.cli.corpus"),
    "git": ("groundspeed.history",),
}
# What the ruler and the worker import by name, where the measured environment holds it and it is wanted.
OPTIONAL = {
    "asv_bench_groundspeed.benchmarks.alloc": ("memray",),
    "asv_bench_groundspeed.benchmarks._energy": ("pynvml",),
    "asv_bench_groundspeed.workloads.http": ("aiohttp", "yarl"),
    "groundspeed.suite.worker.repeated": ("memray",),
}
# What this module registers is a command; the rest of cli/ is what commands may share.
REGISTRY = "groundspeed.cli.main"
# Run in the measured environment, where nothing else of ours is.
WORKER = "groundspeed.suite.worker"
RECORDERS = "groundspeed.profiling.inside"
RECORDERS_TOOLS = ("gilknocker", "line_profiler", "objgraph", "asv_runner", "groundspeed_worker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One name that one module imports."""

    module: str
    target: str
    line: int


def modules_of(source: Path) -> dict[str, Path]:
    """Dotted name to file for every module of our three packages under ``source``."""
    found = {}
    for package in OURS:
        for path in sorted((source / package).rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(module: str, path: Path, known: Mapping[str, Path]) -> Iterator[Import]:
    """Everything that ``module`` imports, wherever in the file; submodules named, not their package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        for target in _targets(node, _package(module, path), known):
            yield Import(module=module, target=target, line=getattr(node, "lineno", 0))


def _package(module: str, path: Path) -> str:
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def _targets(node: ast.AST, package: str, known: Mapping[str, Path]) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=written, names=names, level=level):
            base = written or ""
            if level:
                above = package.split(".")[: len(package.split(".")) - level + 1]
                base = ".".join([*above, base] if base else above)
            inside = {name.name: f"{base}.{name.name}" for name in names}
            return sorted({dotted if dotted in known else base for dotted in inside.values()})
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
            return [
                first.value
                for first in node.args[:1]
                if isinstance(first, ast.Constant) and isinstance(first.value, str)
            ]
    return []


def fault(found: Import, commands: frozenset[str]) -> str | None:
    """Why this import must not be, or None."""
    if {found.module, found.target} <= commands and found.module != found.target:
        return "commands never import commands"
    ours, theirs = found.module.split("."), found.target.split(".")
    if theirs[0] in OPTIONAL.get(found.module, ()):
        return None
    if ours[0] == "asv_bench_groundspeed":
        return _fault_of_the_ruler(found.module, theirs)
    if _within(found.module, WORKER):
        known = {"asv_bench_groundspeed", "asv_runner", *sys.stdlib_module_names}
        allowed = theirs[0] in known or _within(found.target, WORKER)
        return None if allowed else "the worker has the standard library, asv_runner and the ruler only"
    if _within(found.module, RECORDERS):
        known = {*RECORDERS_TOOLS, *sys.stdlib_module_names}
        allowed = theirs[0] in known or _within(found.target, RECORDERS)
        return None if allowed else "recorders have the standard library and their tools only"
    keepers = KEEPERS.get(theirs[0])
    if keepers and not any(_within(found.module, keeper) for keeper in keepers):
        return f"only {' and '.join(keepers)} may"
    if {ours[0], theirs[0]} == {"groundspeed", "noesis"}:
        return "noesis and groundspeed do not know each other"
    if ours[0] == theirs[0] == "groundspeed":
        return _fault_between_rooms(found.module, found.target)
    return None


def _fault_of_the_ruler(module: str, theirs: list[str]) -> str | None:
    if theirs[0] == "asv_runner":
        return None if _within(module, "asv_bench_groundspeed.benchmarks") else "kinds alone may"
    if _within(module, "asv_bench_groundspeed.workloads") and theirs[1:2] == ["benchmarks"]:
        return "workloads know no kinds"
    allowed = theirs[0] == "asv_bench_groundspeed" or theirs[0] in sys.stdlib_module_names
    return None if allowed else "the ruler is made of the standard library only"


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _fault_between_rooms(module: str, target: str) -> str | None:
    mine, other = _room(module), _room(target)
    if other is None:
        return None  # the package itself: its docstring and version
    if other not in LEVEL or mine not in LEVEL | {None: 0}:
        return "a room that stands on no line of DESIGN section 4"
    if mine is None:
        return "the package itself imports none of its rooms"
    if mine == other:
        return None
    if LEVEL[other] == LEVEL[mine]:
        return "peers do not import each other"
    return "an upward arrow" if LEVEL[other] > LEVEL[mine] else None


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def faults(source: Path) -> list[str]:
    """Every import under ``source`` that breaks a rule, each with its place and the rule."""
    known = modules_of(source)
    registered = imports_of(REGISTRY, known[REGISTRY], known) if REGISTRY in known else ()
    commands = frozenset(one.target for one in registered if one.target.startswith("groundspeed.cli."))
    return [
        f"{path.relative_to(source)}:{found.line}: {found.target}: {why}"
        for module, path in known.items()
        for found in imports_of(module, path, known)
        if (why := fault(found, commands))
    ]


def test_the_arrows_of_this_repository_point_one_way() -> None:
    assert faults(SOURCE) == []


def test_every_room_of_this_repository_stands_on_a_line() -> None:
    rooms = {_room(module) for module in modules_of(SOURCE) if module.startswith("groundspeed.")}
    assert rooms - {None} <= set(LEVEL)


@pytest.mark.parametrize("module", [WORKER, RECORDERS, "asv_bench_groundspeed"])
def test_what_runs_beside_old_code_is_python_3_8(module: str) -> None:
    for name, path in modules_of(SOURCE).items():
        if _within(name, module):
            ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("groundspeed/stats/summary.py", "from groundspeed import history", "an upward arrow"),
        ("groundspeed/stats/summary.py", "def f():\n    import groundspeed.cli.run", "an upward arrow"),
        ("groundspeed/records.py", "if TYPE_CHECKING:\n    from .config import Target", "an upward arrow"),
        ("groundspeed/suite/plan.py", "from ..results.archive import read", "peers do not import"),
        ("groundspeed/site/page.py", "from groundspeed.report import text", "peers do not import"),
        ("groundspeed/config.py", "from groundspeed import history", "peers do not import"),
        ("groundspeed/cli/run.py", "from groundspeed.cli.publish import publish", "commands never"),
        ("groundspeed/cli/run.py", "from groundspeed.cli import publish", "commands never"),
        ("groundspeed/cli/run.py", "import_module('noesis.documents')", "do not know each other"),
        ("noesis/documents.py", "import groundspeed.records", "do not know each other"),
        ("noesis/documents.py", "import asv_bench_groundspeed.workloads", "only groundspeed.suite"),
        ("groundspeed/measure/run.py", "import asv.util", "only groundspeed.suite and groundspeed.results"),
        ("groundspeed/site/page.py", "import asv_runner", "only groundspeed.suite and"),
        ("groundspeed/stats/summary.py", "def f():\n    import git", "only groundspeed.history"),
        ("groundspeed/suite/worker.py", "import numpy", "the worker has"),
        ("groundspeed/profiling/inside/leaks.py", "import memray", "recorders have"),
        ("groundspeed/profiling/inside/leaks.py", "from groundspeed import units", "recorders have"),
        ("groundspeed/suite/worker.py", "from groundspeed import records", "the worker has"),
        ("asv_bench_groundspeed/workloads/corpus.py", "import numpy", "the ruler is made of"),
        ("asv_bench_groundspeed/workloads/corpus.py", "from noesis import x", "the ruler is made of"),
        ("asv_bench_groundspeed/workloads/corpus.py", "import asv_runner", "kinds alone may"),
        ("asv_bench_groundspeed/benchmarks/alloc.py", "import torch", "the ruler is made of"),
        ("asv_bench_groundspeed/benchmarks/gpu.py", "import_module('memray')", "the ruler is made of"),
        ("asv_bench_groundspeed/workloads/load.py", "import_module('aiohttp')", "the ruler is made of"),
        ("asv_bench_groundspeed/workloads/load.py", "from ..benchmarks import latency", "workloads know no"),
        ("groundspeed/__init__.py", "from groundspeed.records import Commit", "the package itself"),
        ("groundspeed/records.py", "from groundspeed.helpers import join", "on no line"),
    ],
)
def test_a_wrong_import_is_found_with_its_place(tmp_path: Path, path: str, text: str, rule: str) -> None:
    made_up_tree(tmp_path, {path: text})
    (found,) = faults(tmp_path)
    assert found.startswith(f"{path}:{text.count(chr(10)) + 1}: ")
    assert rule in found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("groundspeed/site/page.py", "from groundspeed import history\nimport groundspeed.results.archive"),
        ("groundspeed/stats/summary.py", "import numpy\nfrom .bootstrap import interval"),
        (
            "groundspeed/cli/run.py",
            "from groundspeed.cli import console\nfrom groundspeed.measure import run",
        ),
        ("groundspeed/cli/publish.py", "from groundspeed.cli.console import table"),
        ("groundspeed/cli/corpus.py", "from asv_bench_groundspeed.workloads import corpus"),
        ("groundspeed/suite/worker.py", "import json\nfrom asv_runner.discovery import disc_benchmarks"),
        ("asv_bench_groundspeed/benchmarks/alloc.py", "import asv_runner\nimport_module('memray')"),
        ("asv_bench_groundspeed/workloads/http.py", "import_module('aiohttp')"),
        ("asv_bench_groundspeed/benchmarks/latency.py", "from ..workloads.load import Load"),
        ("groundspeed/profiling/inside/leaks.py", "import gc\nimport_module('objgraph')"),
        ("groundspeed/history.py", "import git"),
        ("groundspeed/machine/profile.py", "from groundspeed import __doc__"),
    ],
)
def test_a_right_import_is_left_alone(tmp_path: Path, path: str, text: str) -> None:
    made_up_tree(tmp_path, {path: text})
    assert faults(tmp_path) == []


def made_up_tree(source: Path, files: Mapping[str, str]) -> None:
    """The rooms as empty modules, and ``files`` over them."""
    packages = ("stats", "suite", "results", "measure", "report", "site", "machine", "cli")
    empty = [f"groundspeed/{room}/__init__.py" for room in packages] + [
        "groundspeed/__init__.py",
        "groundspeed/records.py",
        "groundspeed/config.py",
        "groundspeed/history.py",
        "groundspeed/helpers.py",
        "groundspeed/stats/bootstrap.py",
        "groundspeed/cli/console.py",
        "groundspeed/cli/publish.py",
        "groundspeed/cli/run.py",
        "groundspeed/measure/run.py",
    ]
    registry = {"groundspeed/cli/main.py": "from groundspeed.cli import publish, run\n"}
    for path, text in (dict.fromkeys(empty, "") | registry | dict(files)).items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text, encoding="utf-8")
