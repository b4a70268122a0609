"""Query logs: kept in files, and what a cache would make of them.

Owns the file: UTF-8, one query a line, each line ended by a newline. Standard library only, Python 3.8 or
newer.
"""

from __future__ import annotations

import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Hashable, Iterable, List, Union

PathLike = Union[str, "os.PathLike[str]"]


def write_log(path: PathLike, queries: Iterable[str]) -> None:
    """Write the queries in their order: to a temporary name beside ``path`` first, renamed when whole.

    Raises ``ValueError`` for a query that no line can hold, ``OSError`` as the disk does; what stood at
    ``path`` before stays then.
    """
    target = Path(path)
    with tempfile.TemporaryDirectory(prefix="." + target.name + ".", dir=str(target.parent)) as holding:
        whole = Path(holding) / "whole"
        with whole.open("wb") as out:
            for number, query in enumerate(queries, 1):
                out.write(_line(number, query))
        whole.replace(target)


def read_log(path: PathLike) -> List[str]:
    """The queries of a file. Raises ``ValueError`` that names file and line, ``OSError`` as the disk does."""
    lines = Path(path).read_bytes().split(b"\n")
    if lines.pop():
        raise _wrong(path, len(lines) + 1, "does not end: the file was cut short, or wants a last newline")
    return [_query(path, number, line) for number, line in enumerate(lines, 1)]


def lru_hit_ratio(log: Iterable[Hashable], size: int) -> float:
    """The share of requests that a cache of ``size`` entries answers which drops what was used least
    recently: empty before the first, every one counted. Exact, by replay.

    Raises ``ValueError`` for an empty log and a size below 1.
    """
    if size < 1:
        raise ValueError("size must be at least 1, not {}".format(size))
    held: "OrderedDict[Hashable, None]" = OrderedDict()
    hits = requests = 0
    for request in log:
        requests += 1
        if request in held:
            hits += 1
            held.move_to_end(request)
            continue
        held[request] = None
        if len(held) > size:
            held.popitem(last=False)
    if not requests:
        raise ValueError("log must hold at least one request")
    return hits / requests


def _line(number: int, query: str) -> bytes:
    if not query or "\n" in query or "\r" in query:
        raise ValueError("query {} must be a line of text, not {!r}".format(number, query))
    try:
        return query.encode("utf-8") + b"\n"
    except UnicodeEncodeError as error:
        raise ValueError("query {} must be text that UTF-8 can hold: {}".format(number, error)) from None


def _query(path: PathLike, number: int, line: bytes) -> str:
    if not line:
        raise _wrong(path, number, "is empty; every line holds a query")
    if b"\r" in line:
        raise _wrong(path, number, "holds a carriage return; lines end in a newline alone")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(path, number, "is no UTF-8: {}".format(error)) from None


def _wrong(path: PathLike, number: int, what: str) -> ValueError:
    return ValueError("{}:{}: the line {}".format(os.fspath(path), number, what))
