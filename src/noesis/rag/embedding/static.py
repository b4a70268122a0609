"""The engine ``wordllama``: the mean of one vector per token, from a table that the wordllama package brings.

Owns the reading of that package's two files. Refuses its code: importing it takes 0.2 s and sets up logging,
its ``embed`` pads all texts of a batch to the longest and gives NaN for one without a token.

WordLlama (https://github.com/dleemiller/WordLlama): a language model's token vectors, trained on to embed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.extras import required
from noesis.rag.arrays import Arrays
from noesis.rag.embedding.embedder import Rows, embedded
from noesis.rag.embedding.packages import file_of
from noesis.rag.embedding.words import Words

_EXTRA = "rag"
_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_SPACE = "▁"  # what stands for a space in the vocabulary


class WordLlama:
    """256 dimensions. White space only parts the words: it has no tokens of its own."""

    name = "wordllama"

    def __init__(self, arrays: Arrays) -> None:
        weights = required("safetensors.numpy", _EXTRA).load_file(file_of("wordllama", _WEIGHTS, _EXTRA))
        table = weights["embedding.weight"].astype(np.float32)  # 32,000 tokens, kept as float16
        self._arrays = arrays
        self._table = arrays.asarray(table)
        self.dimensions: int = table.shape[1]
        self._words = Words(_numbers_of(file_of("wordllama", _TOKENIZER, _EXTRA)))

    def embed(self, texts: Sequence[str], *, batch: int = 64) -> Rows:
        """As ``Embedder.embed``."""
        return embedded(texts, batch, self.dimensions, self._sums)

    def _sums(self, heads: list[str]) -> npt.NDArray[Any]:
        """Not the means: they have the direction of the sums."""
        bags = [self._words.of(head.split()) for head in heads]
        starts = np.array([0, *accumulate(map(len, bags[:-1]))], dtype=np.int64)
        tokens = self._arrays.asarray(np.concatenate(bags, dtype=np.int64))
        sums = self._arrays.bag_sums(self._table, tokens, self._arrays.asarray(starts))
        return self._arrays.to_numpy(sums)


def _numbers_of(path: Path) -> Callable[[str], list[int]]:
    """The tokens of a word. No token holds a space behind another character, so that no merge of the
    tokenizer crosses the start of a word, and a text's tokens are its words' tokens."""
    tokenizer = required("tokenizers", _EXTRA).Tokenizer.from_file(str(path))
    tokenizer.normalizer = None  # it would write spaces as below, at many times the cost
    tokenizer.encode_special_tokens = True  # a text that says </s> says it, and ends nothing

    def numbers(word: str) -> list[int]:
        ids: list[int] = tokenizer.encode(_SPACE + word, add_special_tokens=False).ids
        return ids

    return numbers
