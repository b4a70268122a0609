"""The answer to a question in SQL as text, Markdown, JSON and CSV, row by row where the format allows it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from groundspeed.report.table import RowFormat, Table, plain
from groundspeed.results.index.sql import Answer, View

SCHEMA = "groundspeed-sql"
SHOWN = 200  # rows that people get as text or Markdown; JSON and CSV have all
RECORDS = 20  # of them, where they are too wide for a line and take one a column
_TERMINAL = 100  # characters
_WIDE = 60  # characters of a cell on a terminal: a hash fits, a traceback does not
_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")


def answer_report(answer: Answer, output: RowFormat) -> Iterator[str]:
    """Blocks of text, each to be followed by a line end."""
    if output is RowFormat.JSON:
        yield from _json(answer)
    elif output is RowFormat.CSV:
        yield from _csv(answer)
    else:
        yield from _table(answer, output)


def views_report(views: Sequence[View], output: RowFormat) -> str:
    """What can be asked: each view, what stands in it, its columns."""
    if output is RowFormat.JSON:
        listed = [
            {"name": one.name, "about": one.about, "columns": [_column(column) for column in one.columns]}
            for one in views
        ]
        return json.dumps({"schema": f"{SCHEMA}-views", "version": 1, "views": listed}, indent=2)
    rows = [(one.name, column.name, column.type) for one in views for column in one.columns]
    header = ("view", "column", "type")
    if output is RowFormat.CSV:
        return _lines([header, *rows])
    if output is RowFormat.MARKDOWN:
        return Table(header=header, rows=tuple(rows)).markdown()
    parts = [f"{one.name}: {one.about}\n{_wrapped([column.name for column in one.columns])}" for one in views]
    return "\n\n".join(
        [*parts, 'groundspeed sql "DESCRIBE measurements" tells the types of a view\'s columns.']
    )


def _table(answer: Answer, output: RowFormat) -> Iterator[str]:
    rows, more = answer.first(SHOWN)
    if not rows:
        yield "0 rows"
        return
    names = tuple(_unique([column.name for column in answer.columns]))
    shown = Table(
        header=names,
        rows=tuple(tuple(_shown(value, output) for value in row) for row in rows),
        right=frozenset(
            name for name, column in zip(names, answer.columns, strict=True) if _is_number(column.type)
        ),
    )
    if output is RowFormat.MARKDOWN:
        yield shown.markdown()
    elif len((text := shown.text()).partition("\n")[0]) <= _TERMINAL:
        yield text
    else:
        more += max(len(rows) - RECORDS, 0)
        yield "\n\n".join(_record(names, row) for row in shown.rows[:RECORDS])
    if more:
        yield f"\n{more:,} more rows: --format csv prints them all, LIMIT in the question asks for fewer."


def _record(names: Sequence[str], row: Sequence[str]) -> str:
    """A row that is too wide for a line, one value a line."""
    width = max(map(len, names))
    return "\n".join(
        f"{name:<{width}}  {plain(cell)}".rstrip() for name, cell in zip(names, row, strict=True)
    )


def _is_number(kind: str) -> bool:
    return "[" not in kind and any(one in kind for one in _NUMBERS)


def _unique(names: Iterable[str]) -> Iterator[str]:
    """Columns may share a name; a table's alignment goes by it."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"


def _shown(value: Any, output: RowFormat) -> str:
    text = _text(value)
    if output is RowFormat.TEXT:
        text = " ".join(text.split())
        return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"
    return text


def _text(value: Any) -> str:
    """A value for people: six digits, times in UTC, nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.6g}"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case _:
            return str(value)


def _csv(answer: Answer) -> Iterator[str]:
    yield _lines([[column.name for column in answer.columns]])
    for block in answer.blocks():
        yield _lines([[_exact(value) for value in row] for row in block])


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().removesuffix("\n")


def _exact(value: Any) -> Any:
    """A value for a cell of CSV, at full precision; lists and records as JSON."""
    if value is None or isinstance(value, str | float | Decimal):
        return value
    wire = _wire(value)
    return json.dumps(wire) if isinstance(wire, list | dict | bool) else wire


def _json(answer: Answer) -> Iterator[str]:
    """One row a line, as they come: no answer is held whole."""
    columns = json.dumps([_column(column) for column in answer.columns])
    yield f'{{"schema": "{SCHEMA}", "version": 1, "columns": {columns}, "rows": ['
    between = ""
    for block in answer.blocks():
        rows = (json.dumps([_wire(value) for value in row], allow_nan=False) for row in block)
        if text := ",\n".join(rows):
            yield between + text
            between = ","
    yield "]}"


def _column(column: Any) -> dict[str, str]:
    return {"name": column.name, "type": column.type}


def _wire(value: Any) -> Any:
    """A value as strict JSON: a number that it does not know is a word, a time is ISO 8601 in UTC."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():  # sums of whole numbers are such
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_wire(one) for one in value]
        case dict():
            return {str(key): _wire(one) for key, one in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _wrapped(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > 94:
            lines.append("")
        lines[-1] += f"{name}, "
    return "\n".join(f"  {line.rstrip()}" for line in lines).rstrip(",")
