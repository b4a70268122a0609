"""The terms of texts: how many texts hold each, and which texts hold those of a query.

Owns what a term is: a lower-cased run of letters and digits, as ``str.isalnum`` knows them; nothing is
stemmed. The reference answers are a scan, for checking an index with. Standard library only, Python 3.8
or newer.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import FrozenSet, Generic, Iterable, List, Mapping, TypeVar

Key = TypeVar("Key")

_RUN = re.compile(r"[^\W_]+")


def terms(text: str) -> List[str]:
    """The terms in order, repeated ones too. Terms put together with spaces are those terms again."""
    return _RUN.findall(text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """Each term with its document frequency, the number of ``texts`` that hold it, 1 or more."""

    texts: int
    frequencies: Mapping[str, int]

    def by_frequency(self) -> List[str]:
        """The terms, the most frequent first; those of one frequency in order of their letters."""
        return sorted(self.frequencies, key=lambda term: (-self.frequencies[term], term))


def read_vocabulary(texts: Iterable[str]) -> Vocabulary:
    """Count the terms of the texts, which are looked at one after the other."""
    frequencies: Counter[str] = Counter()
    count = 0
    for text in texts:
        frequencies.update(set(terms(text)))
        count += 1
    return Vocabulary(count, frequencies)


class Reference(Generic[Key]):
    """Which of the texts a query must find. A query without terms finds nothing."""

    def __init__(self, texts: Mapping[Key, str]) -> None:
        self._held = {key: frozenset(terms(text)) for key, text in texts.items()}

    def any_of(self, query: str) -> FrozenSet[Key]:
        """Keys of the texts that hold at least one of the query's terms."""
        wanted = frozenset(terms(query))
        return frozenset(key for key, held in self._held.items() if wanted & held)

    def all_of(self, query: str) -> FrozenSet[Key]:
        """Keys of the texts that hold every one of the query's terms."""
        wanted = frozenset(terms(query))
        return frozenset(key for key, held in self._held.items() if wanted and wanted <= held)
