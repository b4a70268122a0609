"""What makes environments (virtualenv, uv, conda, rattler), and what to do where it is not here.

asv finds out in the middle of a build, with a traceback. Owns the sentences; starts nothing.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

from groundspeed.config import Configuration, SuiteConfig
from groundspeed.errors import ConfigError

_INSTEAD = 'or write "environment_type": "virtualenv".'


def require(configuration: Configuration, variables: Mapping[str, str], uv: Path | None) -> None:
    """Raise ``ConfigError`` when what makes the configured environments is not here."""
    suite, project = configuration.suite, configuration.project
    lack = _lack(suite.environment_type, variables, uv)
    if lack is not None:
        raise ConfigError(f'{suite.path}: "environment_type": "{suite.environment_type}" needs {lack}')
    lock = project.environment.lock
    if lock is not None and lock.endswith(".lock") and uv is None:
        raise ConfigError(
            f'{project.path}: "environment.lock": {lock} can be read by uv only, which is not here: '
            "python -m pip install uv, or name a requirements file with hashes."
        )


def brings_pythons(suite: SuiteConfig) -> bool:
    """Whether the environment type fetches interpreters itself, so that none need be on the PATH."""
    return suite.environment_type not in ("virtualenv", "")


def _lack(kind: str, variables: Mapping[str, str], uv: Path | None) -> str | None:
    path = variables.get("PATH")
    if kind == "conda" and not (variables.get("CONDA_EXE") or shutil.which("conda", path=path)):
        return f"the command conda, which is not on the PATH: install Miniforge, {_INSTEAD}"
    if kind == "mamba":
        return 'asv\'s mamba plug-in, which asv 0.6 no longer has: write "conda" or "rattler".'
    if kind == "rattler" and not importlib.util.find_spec("rattler"):
        return f"py-rattler beside groundspeed: python -m pip install py-rattler, {_INSTEAD}"
    if kind == "uv" and uv is None:
        return f"the command uv, which is not on the PATH: python -m pip install uv, {_INSTEAD}"
    if kind == "virtualenv" and not importlib.util.find_spec("virtualenv"):
        return "virtualenv beside groundspeed: python -m pip install virtualenv."
    return None
