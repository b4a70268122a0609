"""A model of random weights in a GGUF file: llama.cpp loads it and computes with it as with any other.

Owns its form. What it says means nothing: it is for trying the engine and for measuring it, without weights
that somebody would have to fetch. A model of the family of Llama with four layers, some 12 MB; the same bytes
for the same seed on every machine. It never ends by itself: as many tokens are said as are allowed.
"""

from __future__ import annotations

import os
import tempfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noesis.errors import StorageError
from noesis.extras import required

if TYPE_CHECKING:
    import numpy as np

_WIDTH, _INNER, _LAYERS = 320, 1152, 4
_HEADS, _HEAD = 5, 64  # all of them look at the same keys and values, which keeps long prompts cheap
_CONTEXT = 8192
_SPECIAL = ("<unk>", "<s>", "</s>")
_SPACE = "\u2581"  # SentencePiece writes a space so
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6  # kinds of tokens in a GGUF
_BYTES = 256


def made_model(path: Path, *, seed: int = 1) -> Path:
    """Write it, whole or not at all, and give its path back.

    Raises ``StorageError`` where that cannot be done, ``ExtraError`` where gguf is not installed.
    """
    gguf = required("gguf", "rag-llama")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            written = Path(folder) / path.name
            writer = gguf.GGUFWriter(written, "llama")
            _describe(writer)
            _add_tensors(writer, seed)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            os.replace(written, path)  # noqa: PTH105 (as everywhere: a file takes another's place)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another place") from error
    return path


def _tokens() -> tuple[list[str], list[int]]:
    """Every token and its kind: what is needed, the bytes, ASCII, and syllables with and without a space."""
    syllables = ["".join(pair) for pair in product("bcdfghjklmnprstvwz", "aeiou")]
    ascii_ = [chr(code) for code in range(0x21, 0x7F)]
    spoken = [_SPACE, *ascii_, *syllables, *(_SPACE + one for one in syllables)]
    tokens = [*_SPECIAL, *(f"<0x{code:02X}>" for code in range(_BYTES)), *spoken]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * _BYTES, *[_NORMAL] * len(spoken)]
    return tokens, kinds


def _describe(writer: Any) -> None:
    tokens, kinds = _tokens()
    writer.add_name("made")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_HEAD)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_scores([float(len(token)) for token in tokens])  # longer ones are joined first
    for number, add in enumerate((writer.add_unk_token_id, writer.add_bos_token_id, writer.add_eos_token_id)):
        add(number)


def _add_tensors(writer: Any, seed: int) -> None:
    import numpy as np

    tokens, _ = _tokens()
    bits = np.random.PCG64(seed)
    spoken = len(_SPECIAL) + _BYTES
    writer.add_tensor("token_embd.weight", _drawn(bits, len(tokens), _WIDTH))
    for layer in range(_LAYERS):
        for name, rows, columns in (
            ("attn_q", _WIDTH, _WIDTH),
            ("attn_k", _HEAD, _WIDTH),
            ("attn_v", _HEAD, _WIDTH),
            ("attn_output", _WIDTH, _WIDTH),
            ("ffn_gate", _INNER, _WIDTH),
            ("ffn_up", _INNER, _WIDTH),
            ("ffn_down", _WIDTH, _INNER),
        ):
            writer.add_tensor(f"blk.{layer}.{name}.weight", _drawn(bits, rows, columns))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(_WIDTH, np.float32))
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, np.float32))
    output = _drawn(bits, len(tokens), _WIDTH)
    output[:spoken] = 0  # neither an end nor a half character: one of the others always has a better chance
    writer.add_tensor("output.weight", output)


def _drawn(bits: np.random.PCG64, rows: int, columns: int) -> np.ndarray[Any, Any]:
    """Even between -1/8 and 1/8, 16 bits each: sums and powers of two alone, which are exact everywhere."""
    import numpy as np

    drawn = bits.random_raw(rows * columns) >> np.uint64(53)  # 11 bits: as many as a half float holds
    return ((drawn.astype(np.float32) - 1023.5) / 8192).astype(np.float16).reshape(rows, columns)
