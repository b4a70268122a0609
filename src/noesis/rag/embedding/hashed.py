"""The engine ``hash``: words and pieces of words, counted with a sign in 512 cells. No model and no package.

Two texts are near when they share words, or pieces of words: it knows no meaning. For tests, for measuring
what a model adds, and where none may be installed.

Signed feature hashing (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009):
without the sign, inner products grow with every collision; with it they are right on average. CRC-32 for the
reason that classification has. Pieces as in fastText (Bojanowski et al., "Enriching Word Vectors with Subword
Information", TACL 2017): a word is written <word>, so that what begins or ends one differs from its inside.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.rag.embedding.embedder import Rows, embedded
from noesis.rag.embedding.words import Numbers, Words

DIMENSIONS = 512  # two unrelated texts then have a product of 0 +- 1 / sqrt(512) = 0.04
PIECES = (3, 4, 5)  # characters of a piece: an ending, a stem

_WORD = re.compile(r"\w+")


class Hash:
    """512 dimensions. Each different word counts once."""

    name = "hash"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._words = Words(cells_of)

    def embed(self, texts: Sequence[str], *, batch: int = 64) -> Rows:
        """As ``Embedder.embed``."""
        return embedded(texts, batch, DIMENSIONS, self._counts)

    def _counts(self, heads: list[str]) -> npt.NDArray[Any]:
        counts = [np.bincount(self._cells(head), minlength=2 * DIMENSIONS) for head in heads]
        added, taken = np.hsplit(np.array(counts), 2)
        return np.subtract(added, taken)

    def _cells(self, head: str) -> Numbers:
        return self._words.of(dict.fromkeys(_WORD.findall(head.lower())))


def cells_of(word: str) -> list[int]:
    """The cells of a word and of its pieces; from ``DIMENSIONS`` on they count as less than nothing."""
    written = f"<{word}>"
    pieces = [written[start : start + size] for size in PIECES for start in range(len(written) - size + 1)]
    hashes = [zlib.crc32(piece.encode()) for piece in dict.fromkeys([written, *pieces])]
    return [code % DIMENSIONS + (code >> 31) * DIMENSIONS for code in hashes]
