"""What every engine promises, and the two ends that they share: what is read of texts, rows of unit length.

Refuses to know any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from noesis.classification.hashing import head_of
from noesis.errors import ConfigError, TextError

Rows = npt.NDArray[np.float32]


class Embedder(Protocol):
    """An engine. May be used by many threads at once."""

    @property
    def name(self) -> str:
        """What ``embedder`` knows it by."""

    @property
    def dimensions(self) -> int:
        """Columns of what ``embed`` gives."""

    def embed(self, texts: Sequence[str], *, batch: int = 64) -> Rows:
        """A row for each text, in their order: (n, dimensions), C-contiguous, each of length 1.

        A text without a token has no direction: its row is zero. The same text has the same row, to the
        last bit, whatever else is embedded with it and however large a batch is (on a CUDA device: to
        1e-5). Of a text the first 100,000 characters are read, composed (NFC); an engine that reads less
        says so. ``batch`` is how many texts an engine may hold the intermediate values of at once.

        Raises ``TextError`` for what is no text, ``ConfigError`` for a batch below 1.
        """


def embedded(
    texts: Sequence[str], batch: int, dimensions: int, rows_of: Callable[[list[str]], npt.NDArray[Any]]
) -> Rows:
    """What ``Embedder.embed`` promises, out of ``rows_of``: what is read of up to ``batch`` texts -> their
    rows (n, dimensions) of any length, each from its text alone. Raises as ``Embedder.embed``."""
    heads = read(texts, batch)
    rows = np.empty((len(heads), dimensions), dtype=np.float32)
    for start in range(0, len(heads), batch):
        rows[start : start + batch] = unit(rows_of(heads[start : start + batch]))
    return rows


def read(texts: Sequence[str], batch: int) -> list[str]:
    """What is read of each text. Raises as ``Embedder.embed``; the text is named by its place, from 0."""
    if batch < 1:
        raise ConfigError(f"batch: {batch} texts at once are none; 1 or more")
    if isinstance(texts, str | bytes):
        raise TextError("texts must be a sequence of strings, not one alone; put it into a list")
    return [_read(text, place) for place, text in enumerate(texts)]


def _read(text: object, place: int) -> str:
    try:
        head = head_of(text)
        head.encode()
    except TextError as error:
        raise TextError(f"texts[{place}]: {error}") from error
    except UnicodeEncodeError as error:
        raise TextError(
            f"texts[{place}]: half a surrogate pair at character {error.start} is no character; "
            "decode the text with errors='replace'"
        ) from error
    return head


def unit(rows: npt.NDArray[Any]) -> Rows:
    """Each row (n, d) divided by its Euclidean length, which is summed in float64; a zero row stays."""
    lengths = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
