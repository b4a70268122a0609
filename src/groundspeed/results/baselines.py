"""Baselines as files: ``results/baselines/<name>.jsonl.gz``. Owns names, places and whole writes.

What stands in a file is ``baseline_lines``' business. Nothing here ends in .json: asv reads every such file.
"""

from __future__ import annotations

import difflib
import gzip
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.baseline_lines import Baseline as Baseline
from groundspeed.results.baseline_lines import BaselineFormatError as BaselineFormatError
from groundspeed.results.baseline_lines import from_lines, to_lines
from groundspeed.results.baseline_lines import summary_of as summary_of

FOLDER = "baselines"
_ENDING = ".jsonl.gz"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")  # a file's name everywhere, and no option


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """Every baseline of a results folder, by name; ``warnings`` name the files that could not be read."""

    baselines: tuple[Baseline, ...]
    warnings: tuple[str, ...]


def baseline_path(results_dir: Path, name: str) -> Path:
    """Where the baseline of a name lies. Raises GroundspeedError for what can be no file's name."""
    if not _NAME.fullmatch(name):
        raise GroundspeedError(
            f"{name!r} cannot be the name of a baseline: use up to 100 letters, digits and . _ + -, "
            "a letter or a digit first (release-1.2)."
        )
    return results_dir / FOLDER / f"{name}{_ENDING}"


def refuse_taken(results_dir: Path, name: str) -> None:
    """Raise GroundspeedError when there is a baseline of this name."""
    if baseline_path(results_dir, name).exists():
        raise GroundspeedError(
            f"There is a baseline {name} already (groundspeed baseline list shows it). "
            "Take another name, or give up the old one with --replace."
        )


def write_baseline(results_dir: Path, baseline: Baseline, *, overwrite: bool) -> Path:
    """Write the file, whole or not at all. Equal baselines give equal bytes.

    Raises GroundspeedError when the name is taken, unless ``overwrite``; StorageError when the disk refuses.
    """
    path = baseline_path(results_dir, baseline.name)
    if not overwrite:
        refuse_taken(results_dir, baseline.name)
    replace_bytes(path, gzip.compress(to_lines(baseline), mtime=0))
    return path


def read_baseline(results_dir: Path, name: str) -> Baseline:
    """The baseline of a name.

    Raises NothingMeasuredError naming those that there are, BaselineFormatError when it cannot be read.
    """
    path = baseline_path(results_dir, name)
    if not path.is_file():
        raise NothingMeasuredError(_none(results_dir, name))
    return _read(path)


def read_shelf(results_dir: Path) -> Shelf:
    """Every baseline that can be read, by name; an absent folder is empty."""
    baselines, warnings = [], []
    for name in _names(results_dir):
        try:
            baselines.append(_read(baseline_path(results_dir, name)))
        except BaselineFormatError as error:
            warnings.append(str(error))
    return Shelf(baselines=tuple(baselines), warnings=tuple(warnings))


def _read(path: Path) -> Baseline:
    """A file that was renamed is a baseline that was renamed."""
    try:
        text = gzip.decompress(path.read_bytes())
        return replace(from_lines(text.splitlines()), name=path.name.removesuffix(_ENDING))
    except BaselineFormatError as error:
        raise BaselineFormatError(f"{path} {error}. {_MOVE}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BaselineFormatError(f"{path} cannot be read: {error}. {_MOVE}") from error


_MOVE = "Restore it from git, or save the baseline again with --replace."


def _names(results_dir: Path) -> list[str]:
    found = (path.name.removesuffix(_ENDING) for path in (results_dir / FOLDER).glob(f"*{_ENDING}"))
    return sorted(name for name in found if _NAME.fullmatch(name))


def _none(results_dir: Path, name: str) -> str:
    names = _names(results_dir)
    if not names:
        return f"There is no baseline yet. Save one with: groundspeed baseline save {name}"
    near = difflib.get_close_matches(name, names, n=3)
    move = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names)}."
    return f'No baseline is called "{name}". {move} A new one: groundspeed baseline save {name}'
