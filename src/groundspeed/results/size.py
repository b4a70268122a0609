"""How large a results folder has grown. Says what to do above the limit; removes nothing."""

from __future__ import annotations

import os
from pathlib import Path

LIMIT_BYTES = 50_000_000
"""DESIGN 5a: a history is committed to git, where every clone pays for it."""


def size_warnings(results_dir: Path, *, limit_bytes: int = LIMIT_BYTES) -> tuple[str, ...]:
    """A sentence when the files under ``results_dir`` exceed ``limit_bytes``, else none."""
    total_bytes = sum(
        (Path(root) / name).lstat().st_size for root, _, names in os.walk(results_dir) for name in names
    )
    if total_bytes <= limit_bytes:
        return ()
    said = (
        f"{results_dir} holds {total_bytes / 1e6:.0f} MB, above {limit_bytes / 1e6:.0f} MB: "
        "every clone of this repository carries it. Move old machines or old commits' files "
        "(with the sessions beside them) to another repository, and name that folder as "
        "results_dir where you need them."
    )
    return (said,)
