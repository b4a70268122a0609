"""The words of a text, and the bucket of each. Owns what a word is and how much of a text is read.

Feature hashing (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009, without
the sign): no vocabulary is kept, so that a model has one size whatever it learned from. CRC-32 and not
scikit-learn's MurmurHash3: the standard library computes it in C, so that prediction needs no scikit-learn.
"""

from __future__ import annotations

import re
import unicodedata
import zlib

from noesis.errors import TextError

BUCKETS = 2**16  # a word that was not learned meets one of two thousand that were 3 times in 100
REACH = 100_000  # characters that are read; 17,000 words say what a text is about

_WORD = re.compile(r"[^\W\d_]+")


def head_of(text: object) -> str:
    """What is read of a text, composed (NFC). Raises ``TextError`` for what is none."""
    if not isinstance(text, str):
        raise TextError(f"a text must be a string, not {type(text).__name__}; decode bytes, leave out None")
    return unicodedata.normalize("NFC", text[:REACH])


def words_of(text: object) -> list[str]:
    """Runs of letters of any alphabet, lower case, in their order. Raises ``TextError``."""
    return _WORD.findall(head_of(text).lower())


class Buckets(dict[str, int]):
    """The bucket of a word, from 0 to ``BUCKETS`` - 1; each is computed once."""

    def __missing__(self, word: str) -> int:
        bucket = self[word] = zlib.crc32(word.encode()) % BUCKETS
        return bucket

    def of(self, text: object) -> list[int]:
        """The different buckets of a text's words, in the order in which they first come: sums over them
        are the same in every process. Raises ``TextError``."""
        return list(dict.fromkeys(map(self.__getitem__, words_of(text))))
