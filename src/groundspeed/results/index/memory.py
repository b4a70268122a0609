"""Values derived from series, kept by the digest of what they were derived from. Owns their one file.

Nothing here is the truth: a file that cannot be read is empty, one that cannot be written is let go.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from groundspeed.errors import StorageError
from groundspeed.results.atomic import replace_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DIGEST_BYTES = 16
_SAFE = re.compile(r"[A-Za-z0-9_.-]+")


def digest_of(*arrays: NDArray[Any]) -> bytes:
    """Sixteen bytes that stand for the values of the arrays, and for where one ends and the next begins."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for one in arrays:
        digest.update(f"{one.dtype.str}{one.shape}".encode())
        digest.update(one.tobytes())
    return digest.digest()


def code_digest(*modules: ModuleType, beside: str = "") -> str:
    """Sixteen hex digits that stand for the source of ``modules``: what other code made is not theirs.

    ``beside`` names what else their answers depend on.
    """
    digest = hashlib.blake2b(beside.encode(), digest_size=8)
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


class Memory:
    """What one method made of each series: an array of numbers by ``digest_of`` what it was made from."""

    def __init__(self, folder: Path, method: str) -> None:
        """``method`` names the method and its version, as a file is named: ``steps-3``."""
        if not _SAFE.fullmatch(method):
            raise ValueError(f"method {method!r} must be a plain name")
        self._path = folder / f"{method}.npz"

    def get_many(self, digests: Iterable[bytes]) -> dict[bytes, NDArray[np.float64]]:
        """What is remembered, of those digests that are."""
        wanted = set(digests)
        return {one: values for one, values in self._read().items() if one in wanted}

    def put_many(self, values: Mapping[bytes, NDArray[np.float64]]) -> None:
        """Remember ``values`` and nothing else: what the last pass did not use is forgotten."""
        import numpy as np

        if set(self._read()) == set(values):
            return
        file = io.BytesIO()
        arrays = [np.asarray(one, np.float64) for one in values.values()]
        np.savez(
            file,
            digests=np.frombuffer(b"".join(values), np.uint8).reshape(-1, _DIGEST_BYTES),
            lengths=np.array([len(one) for one in arrays], np.int64),
            values=np.concatenate([np.zeros(0), *arrays]),
        )
        with contextlib.suppress(StorageError):
            replace_bytes(self._path, file.getvalue())

    def _read(self) -> dict[bytes, NDArray[np.float64]]:
        import numpy as np

        try:
            data = io.BytesIO(self._path.read_bytes())  # numpy leaves a file open that is no archive
            with np.load(data, allow_pickle=False) as file:
                digests = file["digests"].tobytes()
                ends = np.cumsum(file["lengths"])
                parts = np.split(file["values"], ends[:-1]) if len(ends) else []
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return {}  # not there yet, or broken: everything is derived again
        keys = (digests[at : at + _DIGEST_BYTES] for at in range(0, len(digests), _DIGEST_BYTES))
        return dict(zip(keys, parts, strict=False))
