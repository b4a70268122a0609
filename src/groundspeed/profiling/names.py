"""Qualified names of functions, from their source: memray knows only the last word of one.

py-spy and cProfile say ``Reader.read`` where memray says ``read``: under one name they can be held together.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scope:
    """A function of a file, with its decorators: lines inclusive."""

    first: int
    last: int
    name: str


def qualified(name: str, file: str, line: int) -> str:
    """The qualified name of the function ``name`` that holds a line; ``name`` without its source."""
    around = [one for one in _scopes(file) if one.first <= line <= one.last]
    inner = min(around, key=lambda one: one.last - one.first, default=None)
    if name.startswith("<"):  # a lambda or a comprehension: no scope of its own here
        return name if inner is None or name == "<module>" else f"{inner.name}.<locals>.{name}"
    matching = [one for one in around if one.name.rpartition(".")[2] == name]
    return min(matching, key=lambda one: one.last - one.first).name if matching else name


@functools.lru_cache(maxsize=512)
def _scopes(file: str) -> tuple[_Scope, ...]:
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(_within(tree, ""))


def _within(node: ast.AST, prefix: str) -> Iterator[_Scope]:
    """As CPython writes ``__qualname__`` (PEP 3155)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
            name = f"{prefix}{child.name}"
            yield _Scope(first=first, last=child.end_lineno or first, name=name)
            yield from _within(child, f"{name}.<locals>.")
        else:
            yield from _within(child, f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix)
