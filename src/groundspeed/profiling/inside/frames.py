"""Frames and the speedscope document made of them. Owns how a place in a program is written down.

The format is https://www.speedscope.app/file-format-schema.json; the details of a recorder stand beside
its profile under a key of our own, which speedscope leaves alone.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
import sysconfig
from types import CodeType, FrameType
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

KEY = "groundspeed_record"
VERSION = 1
DEEPEST = 100  # frames of a stack that are kept, the innermost ones
_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Frame(NamedTuple):
    """A place: function, file, and a line of it."""

    name: str
    file: str
    line: int


Stack = Tuple[Frame, ...]
"""The root first."""


def frame_at(code: CodeType, line: int) -> Frame:
    """A place in a code object; its qualified name where this Python knows it (3.11)."""
    return Frame(getattr(code, "co_qualname", code.co_name), code.co_filename, line)


def frame_in_file(file: str, line: int) -> Frame:
    """A line of a file, with the innermost function around it where the source can be read."""
    return Frame(
        next((name for first, last, name in _functions(file) if first <= line <= last), "?"), file, line
    )


@functools.lru_cache(maxsize=256)
def _functions(file: str) -> List[Tuple[int, int, str]]:
    """First line, last line and qualified name of what a file defines, the innermost first."""
    lines = linecache.getlines(file)
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return []
    found = [(1, len(lines), "<module>")] if lines else []
    waiting: List[Tuple[ast.AST, str]] = [(tree, "")]
    while waiting:  # those around a definition come before it
        node, prefix = waiting.pop()
        for inner in ast.iter_child_nodes(node):
            deeper = prefix
            if isinstance(inner, ast.ClassDef):
                deeper = prefix + inner.name + "."
            elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append((inner.lineno, inner.end_lineno or inner.lineno, prefix + inner.name))
                deeper = prefix + inner.name + ".<locals>."
            waiting.append((inner, deeper))
    return found[::-1]


def shortened(told: Any, root: str) -> Any:
    """A document whose files are named from ``root``, from site-packages or from the standard library."""
    if isinstance(told, list):
        return [shortened(one, root) for one in told]
    if isinstance(told, dict):
        return {
            key: _short(value, root + os.sep) if key == "file" else shortened(value, root)
            for key, value in told.items()
        }
    return told


def _short(file: str, root: str) -> str:
    for part in _PACKAGES:
        file = file.rpartition(part)[2]
    for folder in (root, _LIBRARY):
        if file.startswith(folder):
            file = file[len(folder) :]
    return file


def trimmed(stack: Stack) -> Stack:
    """Without what starts threads and calls cases, which is the same for all."""
    first = next((at for at, frame in enumerate(stack) if not is_library(frame.file)), len(stack) - 1)
    return stack[first:]


def name_of(kind: type) -> str:
    """A type as its users write it."""
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else "{}.{}".format(module, kind.__qualname__)


def is_library(file: str) -> bool:
    """Whether a source file is of the standard library, or of this package: no place of anybody's program."""
    if file.startswith((_HERE, "<frozen")):
        return True
    return file.startswith(_LIBRARY) and not any(part in file for part in _PACKAGES)


def place_outside(frame: Optional[FrameType]) -> Frame:
    """Where the program is, seen from a frame of the standard library."""
    inner = frame
    while frame is not None and is_library(frame.f_code.co_filename):
        frame = frame.f_back
    found = frame or inner
    return Frame("?", "", 0) if found is None else frame_at(found.f_code, found.f_lineno or 0)


def document(name: str, unit: str, weighed: Iterable[Tuple[Stack, float]], details: Any) -> Dict[str, Any]:
    """A speedscope document of one profile: ``unit`` is its (``seconds``, ``bytes``), stacks root first."""
    numbers: Dict[Frame, int] = {}
    samples: List[List[int]] = []
    weights: List[float] = []
    for stack, weight in weighed:
        samples.append([numbers.setdefault(frame, len(numbers)) for frame in stack])
        weights.append(weight)
    profile = {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": "groundspeed",
        "name": name,
        "shared": {"frames": [frame._asdict() for frame in numbers]},
        "profiles": [profile],
        KEY: dict(details, version=VERSION),
    }
