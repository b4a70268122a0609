"""Models as files: JSON, numbers and names and nothing that could run. Owns the format, and what is refused.

One object: ``format`` ("noesis-categories"), ``version`` (1), ``labels`` (``version``, ``names`` sorted),
``bias`` (one number a label), ``buckets`` (those with a weight, ascending), ``weights`` (one a label each).
A file is written whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import stat
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from noesis.classification.hashing import BUCKETS
from noesis.classification.model import Model, Numbers
from noesis.classification.records import LabelSet
from noesis.errors import ModelError, StorageError

FORMAT = {"format": "noesis-categories", "version": 1}
SHIPPED = Path(__file__).with_name("categories.json")
LARGEST_BYTES = 64_000_000  # 65,536 buckets of 50 labels, at 20 bytes a number
MOST_LABELS = 1_000  # half a gigabyte of weights in memory


def save(model: Model, path: Path) -> None:
    """Write a model; what was there is replaced at the end. Raises ``StorageError`` where it cannot be."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with part.open("w", encoding="utf-8") as out:
            out.write(text_of(model))
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StorageError(f"{path} cannot be written ({error.strerror}); name another file") from error


def load(path: Path) -> Model:
    """The model of a file, number for number what was saved.

    Raises ``StorageError`` where the file cannot be read, ``ModelError`` where it holds no model.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            raise ModelError(f"{path} is no file of at most {LARGEST_BYTES // 10**6} MB; it holds no model")
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); name another file") from error
    try:
        return _model(json.loads(data))
    except KeyError as error:
        raise ModelError(f"{path} holds no model: {error} is missing; save it again") from error
    except (ValueError, TypeError, OverflowError, RecursionError, ModelError) as error:
        raise ModelError(f"{path} holds no model: {error}; train one and save it") from error


@cache
def shipped() -> Model:
    """The model that comes with the package, as tools/train-categories made it; read once."""
    return load(SHIPPED)


def text_of(model: Model) -> str:
    """The text of a model's file, a line for every bucket."""
    buckets = np.flatnonzero(model.weights.any(axis=0))
    rows = ",\n".join(map(json.dumps, model.weights[:, buckets].T.tolist()))
    head = {
        **FORMAT,
        "labels": {"version": model.labels.version, "names": model.labels.names},
        "bias": model.bias.tolist(),
        "buckets": buckets.tolist(),
    }
    return f'{json.dumps(head)[:-1]}, "weights": [\n{rows}]}}\n'


def _model(found: Any) -> Model:
    if not isinstance(found, dict):
        raise TypeError("it is no object")
    wrong = {name: found[name] for name, value in FORMAT.items() if found[name] != value}
    if wrong:
        raise ValueError(f"it says {wrong}, not {FORMAT}")
    unknown = sorted(found.keys() - FORMAT.keys() - {"labels", "bias", "buckets", "weights"})
    if unknown:
        raise ValueError(f"nobody knows {unknown[0]!r}")
    labels = _labels(found["labels"])
    buckets = _buckets(found["buckets"])
    weights = np.zeros((len(labels.names), BUCKETS))
    weights[:, buckets] = _numbers("weights", found["weights"], (len(buckets), len(labels.names))).T
    return Model(labels=labels, weights=weights, bias=_numbers("bias", found["bias"], (len(labels.names),)))


def _labels(found: Any) -> LabelSet:
    if not isinstance(found, dict) or found.keys() != {"version", "names"}:
        raise TypeError("labels are no version and names")
    version, names = found["version"], found["names"]
    is_named = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    if not isinstance(version, str) or not version or not is_named or len(names) > MOST_LABELS:
        raise ValueError(f"labels must have a version, and up to {MOST_LABELS} names")
    return LabelSet(version=version, names=tuple(names))


def _buckets(found: Any) -> list[int]:
    if not isinstance(found, list) or any(type(one) is not int for one in found):
        raise TypeError("buckets are no list of whole numbers")
    if found != sorted(set(found)) or not set(found) <= set(range(BUCKETS)):
        raise ValueError(f"buckets must ascend, from 0 to {BUCKETS - 1}")
    return found


def _numbers(name: str, found: Any, shape: tuple[int, ...]) -> Numbers:
    if not _are_numbers(found, shape):
        raise ValueError(f"{name} must be numbers, {' by '.join(map(str, shape))}")
    return np.array(found, dtype=np.float64).reshape(shape)


def _are_numbers(found: Any, shape: tuple[int, ...]) -> bool:
    if not shape:
        return type(found) in (int, float)
    return (
        isinstance(found, list)
        and len(found) == shape[0]
        and all(_are_numbers(one, shape[1:]) for one in found)
    )
