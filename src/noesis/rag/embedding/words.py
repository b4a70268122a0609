"""The numbers of a word, remembered: a language repeats its words. Owns how many are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

KEPT = 2**16  # words: more than a large corpus says often, and less than 20 MB
LONGEST = 40  # characters of a word that is kept; what is longer is a path, a hash or a line without spaces

Numbers = npt.NDArray[np.uint16]


class Words(dict[str, bytes]):
    """``numbers(word)`` for many words, computed once for each that comes again.

    Kept as bytes: joining those of a text takes a third of what joining arrays does. Threads share it without
    a lock, since the numbers of a word are the same whoever computes them.
    """

    def __init__(self, numbers: Callable[[str], list[int]]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, word: str) -> bytes:
        found = np.array(self._numbers(word), dtype=np.uint16).tobytes()
        if len(word) <= LONGEST:
            if len(self) >= KEPT:
                self.clear()  # cheaper than to know which is the oldest
            self[word] = found
        return found

    def of(self, words: Iterable[str]) -> Numbers:
        """The numbers of all the words, one word after the other."""
        return np.frombuffer(b"".join(map(self.__getitem__, words)), dtype=np.uint16)
