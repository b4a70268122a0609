"""The source of one function, found in a file's text by its qualified name. Owns no file; runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def qualified(text: str, name: str, line: int | None) -> str:
    """The dotted path of the function that a profiler calls ``name``; empty where the text has none.

    ``name`` is Python's ``__qualname__`` (``Class.method``, ``outer.<locals>.inner``) or its last part, as
    older profilers give it; then there must be one of that name, or one that holds ``line``. What has no name
    (``<genexpr>``, ``<lambda>``) is part of the function around it. A text that this Python cannot parse has
    no function.
    """
    wanted = ".".join(part for part in name.split(".") if not part.startswith("<"))
    defined = _definitions(text)
    if any(path == wanted for path, _ in defined):
        return wanted
    alike = [(path, one) for path, one in defined if path.rpartition(".")[2] == wanted]
    if len({path for path, _ in alike}) > 1:
        alike = [(path, one) for path, one in alike if line in _lines(one)]
    return alike[-1][0] if alike else ""  # of nested ones the innermost


def function_source(text: str, path: str) -> str:
    """The lines of a function with its decorators; all definitions of it, where a text has several."""
    lines = text.splitlines(keepends=True)
    found = [_lines(one) for name, one in _definitions(text) if name == path]
    return "".join("".join(lines[one.start - 1 : one.stop - 1]) for one in found)


def _definitions(text: str) -> list[tuple[str, _Definition]]:
    try:
        return list(_defined(ast.parse(text), ""))
    except (SyntaxError, ValueError, RecursionError):
        return []


def _defined(node: ast.AST, path: str) -> Iterator[tuple[str, _Definition]]:
    """Functions in the order of the text, each by the names of what encloses it."""
    for child in ast.iter_child_nodes(node):
        inner = path
        if isinstance(child, _Definition | ast.ClassDef):
            inner = f"{path}.{child.name}" if path else child.name
        if isinstance(child, _Definition):
            yield inner, child
        yield from _defined(child, inner)


def _lines(one: _Definition) -> range:
    first = min([one.lineno, *(decorator.lineno for decorator in one.decorator_list)])
    return range(first, (one.end_lineno or one.lineno) + 1)
