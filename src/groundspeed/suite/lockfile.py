"""The lock file that the configuration names, installed with its hashes before the project is.

Knows the two forms: ``uv.lock`` (uv exports it; nobody else can read it) and a requirements file. Refuses
to resolve anything itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from groundspeed.errors import ConfigError
from groundspeed.suite.builder import Order

_EXPORT = (
    "export --frozen --no-emit-project --no-dev --no-header --no-annotate --format requirements.txt".split()
)


def place(order: Order, build_root: str) -> Path:
    """Where the lock file lies: in the working tree, or in the commit's checkout."""
    assert order.lock is not None
    base = Path(build_root) if order.lock_of_commit else Path(order.config).parent
    return base / order.lock


def digest(order: Order, build_root: str) -> str | None:
    """A digest of the lock file's text; None where none is configured."""
    if order.lock is None:
        return None
    return hashlib.sha256(place(order, build_root).read_bytes()).hexdigest()


def install(environment: Any, order: Order, build_dir: str) -> None:
    """Install what the lock file says into asv's environment. Raises ``ConfigError`` where it cannot."""
    path = place(order, environment._build_root)  # noqa: SLF001 -- asv has no public name for it
    if not path.is_file():
        raise ConfigError(_missing(order))
    if path.name.endswith(".lock"):
        path = _exported(environment, order, path)
    hashed = ["--require-hashes"] if "--hash=" in path.read_text(encoding="utf-8") else []
    environment.run_executable("python", ["-m", "pip", "install", *hashed, "-r", str(path)], cwd=build_dir)


def _missing(order: Order) -> str:
    if order.lock_of_commit:
        return (
            f"This commit has no {order.lock}, which groundspeed.toml wants of each commit "
            '(environment.lock_from = "commit"). Leave lock_from out to take the working tree\'s.'
        )
    return f"{order.lock} is not there, which groundspeed.toml names (environment.lock): write or rename it."


def _exported(environment: Any, order: Order, path: Path) -> Path:
    from asv import util

    exported = Path(environment._path) / "locked.txt"  # noqa: SLF001
    command = [order.uv, *_EXPORT, "--project", str(path.parent), "--output-file", str(exported)]
    util.check_output([*command, "--python", environment.find_executable("python")], cwd=str(path.parent))
    return exported
