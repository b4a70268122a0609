"""What ``groundspeed init`` did, or would do, as text, Markdown and JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from groundspeed.initialise.plan import Action, Setup
from groundspeed.report.table import Format, Table

VERSION = 1  # of the JSON; a key that is added does not raise it
_DONE = {Action.WRITE: "wrote", Action.APPEND: "added to", Action.KEEP: "kept"}
_WOULD = {Action.WRITE: "would write", Action.APPEND: "would add to", Action.KEEP: "keeps"}
_UNSANDBOXED = "Measuring runs the code of every commit, unsandboxed, with your rights."


def setup_report(setup: Setup, here: Path, output: Format, *, dry_run: bool) -> str:
    """Each file and what became of it, then the next two commands, to be typed in ``here``."""
    commands = _commands(setup, here)
    if output is Format.JSON:
        wire = dataclasses.asdict(setup) | {"root": str(setup.root), "complete": setup.complete}
        return json.dumps(
            {"version": VERSION, **wire, "next": commands, "dry_run": dry_run}, indent=2, ensure_ascii=False
        )
    words = _WOULD if dry_run else _DONE
    rows = tuple((words[file.action], file.path, file.what) for file in setup.files)
    table = Table(header=("", "file", ""), rows=rows)
    shown = table.markdown() if output is Format.MARKDOWN else table.text()
    parts = [_title(setup), shown, *setup.notes]
    if dry_run:
        parts += [_content(file.path, file.text) for file in setup.files if file.text]
    parts.append(_next(commands, output))
    return "\n\n".join(parts)


def _title(setup: Setup) -> str:
    if setup.complete:
        return f"{setup.project} is set up already: nothing was changed in {setup.root}."
    return f"{setup.project}, in {setup.root}"


def _content(path: str, text: str) -> str:
    return f"--- {path} ---\n{text}".rstrip("\n")


def _commands(setup: Setup, here: Path) -> list[str]:
    go = [] if here.is_relative_to(setup.root) else [f"cd {setup.root} && "]
    return [f"{''.join(go)}groundspeed run --publish", "groundspeed preview --open"]


def _next(commands: list[str], output: Format) -> str:
    if output is Format.MARKDOWN:
        listed = "\n".join(["```sh", *commands, "```"])
        return f"{_UNSANDBOXED} Next:\n\n{listed}"
    return "\n".join([f"{_UNSANDBOXED} Next:", *(f"  {command}" for command in commands)])
