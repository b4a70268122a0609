"""A text → what is counted in it. Owns what is a block, a sentence and a word; scores nothing.

A text is Markdown, of which plain text is the plainest. Blocks are paragraphs, items and headings; each ends
a sentence. Blocks of code, tables and HTML are not prose and are left out, and so are web addresses. A word
is a run of letters and digits, joined by apostrophes, hyphens, and points within a number; each Chinese or
Japanese character is a word, as nothing separates them. Thai, Lao, Khmer and Burmese are not separated
either: a phrase is one word. Abbreviations are not known: "Mr. Smith" ends a sentence after "Mr.".

Every expression is linear in the length of the text, whatever it holds.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from noesis.errors import ScoringError
from noesis.scoring.lexicon import positive_and_negative
from noesis.scoring.records import TextMeasures
from noesis.scoring.syllables import syllables_of

if TYPE_CHECKING:
    import pyromark

LARGEST = 5_000_000  # characters: some ten thick novels; the words of more would take too much memory
WINDOW = 50  # words: a convention; a run that nearly every document has

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u109f\u1780-\u17d3"
_LETTER = rf"[^\W_{_CJK}]"
_JOINED = rf"[{_MARKS}]+|['’-](?={_LETTER})|(?<=\d)[.,](?=\d)"
_WORD = re.compile(rf"[{_CJK}]|{_LETTER}+(?:(?:{_JOINED}){_LETTER}*)*")
SENTENCE_END = re.compile(r"""(?<=[.!?…])["'”’)\]]*\s|[。！？।॥]""")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_LATIN = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of a character: no text that can be written

_INLINE = ("Emphasis", "Strong", "Link", "Image")


def measure(text: str) -> TextMeasures:
    """Count. O(n) time and memory. Raises ``ScoringError`` for what is no text, or too long."""
    if not isinstance(text, str):
        raise ScoringError(f"text must be a str, not {type(text).__name__}; decode it first")
    if len(text) > LARGEST:
        raise ScoringError(f"text has {len(text):,} characters, more than {LARGEST:,}; score its parts")
    words: list[str] = []
    sentences = blocks = headings = positive = negative = 0
    for is_heading, block in _blocks(_SURROGATES.sub("\ufffd", text)):
        before = sentences
        for sentence in SENTENCE_END.split(_ADDRESS.sub(" ", block)):
            if found := _WORD.findall(sentence.lower().replace("’", "'")):
                praise, blame = positive_and_negative(found)
                words += found
                sentences, positive, negative = sentences + 1, positive + praise, negative + blame
        if sentences > before:
            blocks, headings = blocks + 1, headings + is_heading
    windows, diversity = moving_type_token_ratio(words)
    letters, latin_letters, characters, syllables = _spelled(Counter(words))
    return TextMeasures(
        words=len(words),
        sentences=sentences,
        syllables=syllables,
        letters=letters,
        latin_letters=latin_letters,
        characters=characters,
        blocks=blocks,
        headings=headings,
        windows=windows,
        diversity=diversity,
        positive=positive,
        negative=negative,
    )


def moving_type_token_ratio(words: Sequence[str], window: int = WINDOW) -> tuple[int, float]:
    """How many runs of ``window`` words there are, and the mean share of different words in them. O(n).

    Covington and McFall, "Cutting the Gordian knot: the moving-average type-token ratio" (J. Quantitative
    Linguistics 17, 2010). Word i is the first of its kind in the runs that begin after its last occurrence p
    and hold it: from max(p + 1, i - window + 1, 0) to min(i, n - window). Without a whole run (0, 0.0).
    """
    last_start = len(words) - window
    if last_start < 0:
        return 0, 0.0
    different = 0
    seen: dict[str, int] = {}
    for index, word in enumerate(words):
        first = max(seen.get(word, -1) + 1, index - window + 1)
        different += max(min(index, last_start) - first + 1, 0)
        seen[word] = index
    return last_start + 1, different / ((last_start + 1) * window)


def _spelled(counts: Counter[str]) -> tuple[int, int, int, int]:
    """Letters, Latin letters, letters and digits, syllables; each different word is looked at once."""
    letters = latin = characters = syllables = 0
    for word, count in counts.items():
        letters += count * sum(map(str.isalpha, word))
        latin += count * len(_LATIN.findall(word))
        characters += count * sum(map(str.isalnum, word))
        syllables += count * syllables_of(word)
    return letters, latin, characters, syllables


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Whether it is a heading, and the text, of every block of prose."""
    pieces: list[str] = []
    is_heading, left_out = False, 0
    event: Any  # a dict of one key, or the name of an event without content
    for event in _markdown().events(text):
        if type(event) is str:
            pieces.append(" ")  # a break, soft or hard, or a rule
            continue
        ((what, content),) = event.items()
        if what in ("Text", "Code"):
            if not left_out:
                pieces.append(content)
        elif what in ("Start", "End"):
            name = content if type(content) is str else next(iter(content))
            if name in _INLINE:
                continue
            yield is_heading, "".join(pieces)
            pieces.clear()
            is_heading = name == "Heading" and what == "Start"
            if name in ("Table", "CodeBlock", "HtmlBlock"):
                left_out += 1 if what == "Start" else -1


@functools.cache
def _markdown() -> pyromark.Markdown:
    import pyromark

    return pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES)
