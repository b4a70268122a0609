"""The engines by their names. Owns that each is loaded once in a process, when it is first asked for."""

from __future__ import annotations

from functools import cache
from threading import Lock

from noesis.errors import ConfigError
from noesis.rag.arrays import arrays
from noesis.rag.embedding.embedder import Embedder
from noesis.rag.embedding.hashed import Hash
from noesis.rag.embedding.minilm import MiniLM
from noesis.rag.embedding.static import WordLlama

DEFAULT = "wordllama"
NAMES = (DEFAULT, "minilm", "hash")

_LOADING = Lock()


def embedder(name: str, *, device: str = "cpu") -> Embedder:
    """The engine of that name: ``wordllama``, ``minilm`` or ``hash``, loaded at the first call.

    ``device``: ``cpu``; for ``wordllama`` also ``cuda``. Raises ``ConfigError`` for another name and for
    a device that the engine cannot use or that is not there, ``ExtraError`` where a package is missing.
    """
    with _LOADING:
        return _loaded(name, device)


@cache
def _loaded(name: str, device: str) -> Embedder:
    if name not in NAMES:
        raise ConfigError(f"embedder {name!r} is none; there are {', '.join(NAMES)}")
    if name == "wordllama":
        return WordLlama(arrays(device))
    if device != "cpu":
        raise ConfigError(f"embedder {name!r} computes on device 'cpu' only; {_WHY_CPU[name]}, use 'cpu'")
    return MiniLM() if name == "minilm" else Hash()


_WHY_CPU = {
    "minilm": "its packages bring ONNX Runtime for the processor",
    "hash": "its work is cutting words, which no device does",
}
