"""The score of a text: five parts and their weighted mean. Owns which part a text has ground for.

Readability and sentiment are made for English: they are scored where at least half of the letters are Latin.
Diversity needs a run of fifty words. A text without a word has nothing but its length, 0, and scores 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from typing import TYPE_CHECKING

from noesis.errors import ScoringError
from noesis.scoring import formulas
from noesis.scoring.measuring import WINDOW, measure
from noesis.scoring.records import (
    Absent,
    Diversity,
    Length,
    Readability,
    Sentiment,
    Structure,
    TextMeasures,
    TextScore,
    TextScores,
    TextWeights,
    shown,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEIGHTS = TextWeights()
_NO_WORDS = "there is no word in the text"
_NOT_LATIN = "fewer than half of the letters are Latin; this is made for English"
_SHORT = f"there are fewer than {WINDOW} words in the text"


def score_text(text: str, *, weights: TextWeights = _WEIGHTS) -> TextScore:
    """The score of one text, plain or Markdown, of up to five million characters. O(n).

    Raises ``ScoringError`` for what is no text, or too long.
    """
    _check(weights)
    measures = measure(text)
    lacks = _lacks(measures)
    readability = Absent(reason=lacks[0]) if lacks[0] else _readability(measures)
    structure = Absent(reason=lacks[1]) if lacks[1] else _structure(measures)
    diversity = Absent(reason=lacks[2]) if lacks[2] else _diversity(measures)
    sentiment = Absent(reason=lacks[3]) if lacks[3] else _sentiment(measures)
    length = _length(measures)
    parts = (readability, structure, diversity, sentiment, length)
    return TextScore(
        score=formulas.weighted(
            [0.0 if isinstance(part, Absent) else part.score for part in parts],
            [0.0 if lack else weight for lack, weight in zip(lacks, astuple(weights), strict=True)],
        ),
        readability=readability,
        structure=structure,
        diversity=diversity,
        sentiment=sentiment,
        length=length,
        weights=weights,
        measures=measures,
    )


def score_texts(texts: Iterable[str], *, weights: TextWeights = _WEIGHTS) -> TextScores:
    """The scores of many texts, the same numbers as one by one. O(n) in their characters.

    Raises ``ScoringError`` that names the text by its place, from 0.
    """
    import numpy as np

    _check(weights)
    measured = _measured(texts)

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(measures, name) for measures in measured], dtype=np.float64)

    # What is absent is divided by 1 here and left out below.
    words, sentences, blocks = (np.maximum(column(name), 1.0) for name in ("words", "sentences", "blocks"))
    columns = [
        formulas.readability(
            formulas.flesch(words, sentences, column("syllables")),
            formulas.ari(words, sentences, column("characters")),
            formulas.coleman_liau(words, sentences, column("letters")),
        ),
        formulas.structure(words / blocks, words / (column("headings") + 1.0)),
        100.0 * column("diversity"),
        formulas.sentiment(column("positive"), column("negative")),
        formulas.length(column("words")),
    ]
    grounds = [[not lack for lack in _lacks(measures)] for measures in measured]
    is_scored = np.array(grounds, dtype=np.bool_).reshape(-1, len(columns))
    parts = np.where(is_scored, np.stack(columns, axis=1), 0.0)
    shares = np.where(is_scored, np.array(astuple(weights)), 0.0)
    return TextScores(score=formulas.weighted([*parts.T], [*shares.T]), parts=parts, is_scored=is_scored)


def _measured(texts: Iterable[str]) -> list[TextMeasures]:
    if isinstance(texts, str):
        raise ScoringError("texts must be a list of texts, not one; score_text scores one")
    measured = []
    for place, text in enumerate(texts):
        try:
            measured.append(measure(text))
        except ScoringError as error:
            raise ScoringError(f"text {place}: {error}") from error
    return measured


def _check(weights: TextWeights) -> None:
    if not isinstance(weights, TextWeights):
        raise ScoringError(f"weights must be TextWeights, not {shown(weights)}")


def _lacks(measures: TextMeasures) -> tuple[str, str, str, str, str]:
    """Why each part is absent, empty for those that are there; in the order of ``TextWeights``."""
    if not measures.words:
        return _NO_WORDS, _NO_WORDS, _NO_WORDS, _NO_WORDS, ""
    language = "" if 2 * measures.latin_letters >= measures.letters else _NOT_LATIN
    return language, "", "" if measures.windows else _SHORT, language, ""


def _readability(measures: TextMeasures) -> Readability:
    words, sentences = float(measures.words), float(measures.sentences)
    flesch = formulas.flesch(words, sentences, float(measures.syllables))
    ari = formulas.ari(words, sentences, float(measures.characters))
    coleman_liau = formulas.coleman_liau(words, sentences, float(measures.letters))
    return Readability(
        score=formulas.readability(flesch, ari, coleman_liau),
        flesch=flesch,
        ari=ari,
        coleman_liau=coleman_liau,
    )


def _structure(measures: TextMeasures) -> Structure:
    words_per_block = measures.words / measures.blocks
    words_per_heading = measures.words / (measures.headings + 1.0)
    return Structure(
        score=formulas.structure(words_per_block, words_per_heading),
        words_per_block=words_per_block,
        words_per_heading=words_per_heading,
    )


def _diversity(measures: TextMeasures) -> Diversity:
    return Diversity(score=100.0 * measures.diversity, type_token_ratio=measures.diversity)


def _sentiment(measures: TextMeasures) -> Sentiment:
    return Sentiment(
        score=formulas.sentiment(float(measures.positive), float(measures.negative)),
        positive=measures.positive,
        negative=measures.negative,
    )


def _length(measures: TextMeasures) -> Length:
    words = float(measures.words)
    return Length(score=formulas.length(words), words=measures.words, reading_s=formulas.reading_s(words))
