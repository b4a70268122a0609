"""results/told.toml: what each channel was told already, so that a night tells once. Owns the file.

A channel of its own has a memory of its own: what failed to arrive is told the next night, with what came
since. It lies beside the results and is committed with them; which host tells is the project's choice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundspeed.config.table import Table
from groundspeed.errors import ConfigError
from groundspeed.nightly.notifying.news import Told, ToldRegression
from groundspeed.nightly.notifying.secrets import NotifyError
from groundspeed.results.atomic import replace_changed
from groundspeed.verdicts.groups import State

NAME = "told.toml"
VERSION = 1
_HEAD = f"""\
# Written by groundspeed: what each channel was told (docs/notifications.md).
version = {VERSION}
"""


def read_told(path: Path) -> dict[str, Told]:
    """What was told, by channel; nothing where there is no file. Raises ``NotifyError``."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return _parsed(Table(values=values, file=path, path=""))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, ConfigError) as error:
        raise NotifyError(
            f"{path} cannot be read: {error} Take it from git; without it everything open is told again."
        ) from error


def write_told(path: Path, told: Mapping[str, Told]) -> None:
    """Put the file in its place, whole. Raises ``StorageError``."""
    import tomli_w

    values = {"channel": {name: _wire(one) for name, one in sorted(told.items())}}
    replace_changed(path, f"{_HEAD}\n{tomli_w.dumps(values)}".encode())


def _wire(told: Told) -> dict[str, Any]:
    return {
        "missed": list(told.missed),
        "troubles": list(told.troubles),
        "regression": [
            {
                "id": one.id,
                "state": str(one.state),
                "base": one.base,
                "head": one.head,
                "cases": list(one.cases),
            }
            for one in told.regressions
        ],
    }


def _parsed(table: Table) -> dict[str, Told]:
    version = table.get("version", int)
    if version != VERSION:
        raise ConfigError(f'"version" is {version}, this groundspeed reads {VERSION}.')
    channels = table.table("channel")
    return {name: _channel(channels.table(name)) for name in channels.values}


def _channel(table: Table) -> Told:
    listed: list[Any] = table.get("regression", list) or []
    entries = [
        Table(values=one, file=table.file, path=f"{table.path}.regression[{at}]")
        for at, one in enumerate(listed)
        if isinstance(one, dict)
    ]
    return Told(
        regressions=tuple(_regression(one) for one in entries),
        missed=table.strings("missed"),
        troubles=table.strings("troubles"),
    )


def _regression(table: Table) -> ToldRegression:
    return ToldRegression(
        id=table.get("id", str) or "",
        state=State(table.choice("state", tuple(State)) or State.SUSPECTED),
        base=table.get("base", str) or "",
        head=table.get("head", str) or "",
        cases=table.strings("cases"),
    )
