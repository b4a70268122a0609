"""The modules that may be started. Owns what is data of ours and what may come from a request: a module is
named, its parameters are numbers within bounds or words of a list, and no other word reaches a command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from noesis.service.errors import RefusedError
from noesis.service.records import Value

INDEX = "{index}"  # among the words of a module: the index that is served


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A whole number from ``least`` to ``most``, both inclusive; passed on as ``option`` NUMBER."""

    name: str
    option: str
    description: str
    least: int
    most: int

    def fault(self, value: Value) -> str:
        """What is wrong with the value; empty where nothing is."""
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and self.least <= int(value) <= self.most:
            return ""
        return f"must be a whole number from {self.least} to {self.most}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of some words; passed on as ``option`` WORD."""

    name: str
    option: str
    description: str
    words: tuple[str, ...]

    def fault(self, value: Value) -> str:
        """What is wrong with the value; empty where nothing is."""
        return "" if value in self.words else f"must be one of {', '.join(self.words)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """What can be run: ``python -m program words...`` and an option for each parameter that is given; all of
    them may be left out."""

    name: str
    description: str
    program: str
    words: tuple[str, ...]
    parameters: tuple[Whole | Choice, ...]

    def command(self, values: Mapping[str, Value], index: Path) -> list[str]:
        """Program and words. Raises ``RefusedError`` that names the parameter, with 422."""
        known = {one.name: one for one in self.parameters}
        command = [self.program, *(str(index) if word == INDEX else word for word in self.words)]
        for name, value in values.items():
            where = f"body.parameters.{name}"
            if name not in known:
                raise RefusedError(422, f"{self.name} has no such parameter; it has {_list(known)}", where)
            if fault := known[name].fault(value):
                raise RefusedError(422, f"{fault}, not {value!r}", where)
            command += [known[name].option, str(value)]
        return command


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "none"


MODULES = (
    Module(
        name="ingest",
        description="Read what is new or changed in the folders of the index; the service answers from it"
        " a second after it is whole.",
        program="noesis",
        words=("ingest", "--index", INDEX),
        parameters=(
            Whole(
                name="workers",
                option="--workers",
                description="Processes that read; else one a processor.",
                least=1,
                most=64,
            ),
        ),
    ),
    Module(
        name="diagnose",
        description="Say what is slow, too large or kept for nothing in the index.",
        program="noesis",
        words=("diagnose", "--index", INDEX),
        parameters=(
            Whole(
                name="cache_size",
                option="--cache-size",
                description="Answers that are kept.",
                least=0,
                most=1_000_000,
            ),
            Choice(
                name="format",
                option="--format",
                description="How it is printed.",
                words=("text", "json"),
            ),
        ),
    ),
    Module(
        name="rehearse",
        description="Print numbered lines and end as told: to try a reader of logs or a proxy on.",
        program="noesis.service.rehearse",
        words=(),
        parameters=(
            Whole(name="lines", option="--lines", description="So many (10).", least=0, most=10_000_000),
            Whole(
                name="line_bytes",
                option="--line-bytes",
                description="Bytes of a line, its end included (60).",
                least=20,
                most=100_000,
            ),
            Whole(
                name="per_second",
                option="--per-second",
                description="Lines a second at the most; 0: as fast as they are read (0).",
                least=0,
                most=1_000_000,
            ),
            Whole(name="exit_code", option="--exit-code", description="0 to 125 (0).", least=0, most=125),
            Choice(
                name="then",
                option="--then",
                description="What comes after the lines: end, or wait until it is cancelled (end).",
                words=("end", "wait"),
            ),
        ),
    ),
)
