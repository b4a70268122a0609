"""Syllables of an English word. Owns the estimate; reads pyphen's dictionary, which lies in its package.

Where a line may break is not where every syllable ends ("a-bout" stays whole), so hyphenation alone finds
too few: of 114 common words it has 70 % right, and 13 % of the syllables are missing. Groups of vowels find
too many before silent endings and too few in "sci-ence". The larger of the two, silent endings left out,
has 92 % right and misses 1 %; tests/test_scoring_syllables.py keeps the words.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyphen import Pyphen

LONGEST = 45  # letters: "pneumonoultramicroscopicsilicovolcanoconiosis", the longest in a dictionary
LETTERS_PER_SYLLABLE = 3  # of what is longer, and no word

_VOWELS = re.compile("[aeiouy]+")
_SILENT = re.compile(r"(?:[^aeiouyl]e|[aeiouy]le|[^aeioutdy]ed|[^aeiouycsxzghl]es|[aeiouy]les)$")


def syllables_of(word: str) -> int:
    """How many syllables a word in lower case has, those that hyphens join one by one; a number has one."""
    return sum(map(_syllables_of_one, word.split("-")))


def _syllables_of_one(word: str) -> int:
    if len(word) > LONGEST:
        return -(-len(word) // LETTERS_PER_SYLLABLE)
    silent = bool(_SILENT.search(word))  # an é is none
    if not word.isascii():
        word = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    dictionary = _dictionary()
    hyphenated = len(dictionary.positions(word)) + 1
    dictionary.hd.cache.clear()  # pyphen remembers every word, and documents do not end
    return max(hyphenated, len(_VOWELS.findall(word)) - silent)


@functools.cache  # two threads that come first at once read it twice
def _dictionary() -> Pyphen:
    import pyphen  # here: the patterns take 50 ms to read

    return pyphen.Pyphen(lang="en_US")
