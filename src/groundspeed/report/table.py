"""Tables as text and as Markdown. Owns alignment and escaping; numbers arrive formatted."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_LINE = 96  # characters of a failure's last line


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class GateFormat(StrEnum):
    """How the gate's answer is printed: what continuous integration reads as well."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    JSON = "json"


class OverviewFormat(StrEnum):
    """How the state of a machine is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class Sort(StrEnum):
    """Which row of a kind comes first."""

    RATIO = "ratio"
    NAME = "name"


class RowFormat(StrEnum):
    """How rows are printed that somebody asked for."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows under a header; columns named in ``right`` are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()

    def text(self) -> str:
        """Aligned columns for a terminal, two spaces apart; control characters made visible."""
        cells = [[plain(cell) for cell in row] for row in (self.header, *self.rows)]
        widths = [max(_width(row[at]) for row in cells) for at in range(len(self.header))]
        return "\n".join(self._line(row, widths) for row in cells)

    def markdown(self) -> str:
        """A Markdown table whose cells cannot break out of it."""
        rule = ["---:" if name in self.right else "---" for name in self.header]
        lines = [self.header, rule, *(tuple(escaped(cell) for cell in row) for row in self.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        padded = []
        for name, cell, width in zip(self.header, row, widths, strict=True):
            space = " " * (width - _width(cell))
            padded.append(space + cell if name in self.right else cell + space)
        return "  ".join(padded).rstrip()


def plain(text: str) -> str:
    """The text without control characters: a commit's subject may hold anything."""
    return "".join(char if unicodedata.category(char)[0] != "C" else "�" for char in text)


def last_line(text: str) -> str:
    """What a failure's output ends with: the one line that usually says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return plain(lines[-1])[:_LINE] if lines else "no output"


def _width(cell: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in cell
    )


def escaped(cell: str) -> str:
    """The text as Markdown shows it, also inside a table."""
    text = plain(cell).replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`")
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("[", "\\[")
