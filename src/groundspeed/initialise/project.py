"""A project made ready to be measured: looks, plans, writes. Owns the writing; overwrites nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from groundspeed.errors import ConfigError, StorageError
from groundspeed.initialise.plan import Action, FileChange, Pythons, Setup, plan
from groundspeed.initialise.view import View, read_view
from groundspeed.machine.choice import MachineChoice, choose_machine
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.measure.host import stored_machines
from groundspeed.records import Fingerprint
from groundspeed.suite.isolation import find_interpreter


def initialise(
    start: Path, variables: Mapping[str, str], *, dry_run: bool, host: Fingerprint | None = None
) -> Setup:
    """Give the project at ``start`` what ``groundspeed run`` needs and it lacks; say what that was.

    ``variables`` are the shell's: other interpreters are looked for on their PATH. Raises what
    ``read_view`` and ``plan`` raise before anything is written, ``StorageError`` when a write is refused.
    """
    view = read_view(start)
    setup = plan(view, _machine(view, host or read_fingerprint()), _pythons(variables))
    if not dry_run:
        for file in setup.files:
            _write(setup.root / file.path, file)
    return setup


def _machine(view: View, host: Fingerprint) -> MachineChoice:
    """The machine that this host counts as: where there are results already, they named it."""
    configuration = view.configuration
    profiles = configuration.project.machines if configuration else {}
    stored = stored_machines(configuration.suite.results_dir) if configuration else {}
    return choose_machine(host, profiles, stored)


def _pythons(variables: Mapping[str, str]) -> Pythons:
    path = variables.get("PATH", os.defpath)

    def is_here(version: str) -> bool:
        try:
            find_interpreter(version, path)
        except ConfigError:
            return False
        return True

    return Pythons(own=platform.python_version(), is_here=is_here)


def _write(path: Path, file: FileChange) -> None:
    """Write one file; one that appeared meanwhile is not overwritten but refused."""
    if file.action is Action.KEEP:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb" if file.action is Action.WRITE else "ab") as stream:
            stream.write(file.text.encode())
    except OSError as error:
        raise StorageError(
            f"{path} could not be written: {error.strerror or error}. "
            "What was written before is whole; the same command goes on from there."
        ) from error
