"""The engine without a model: the sentences of the passages that answer best, as they stand there.

Owns which sentences those are. A sentence is scored by the terms of the question in it, by BM25 (S.
Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; k1 = 1.2, b = 0.75,
as in noesis.knowledge), with the sentences of all passages for documents: a word that is everywhere decides
nothing. The same answer for the same prompt. Headings, code and tables are no sentences.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from noesis.rag.inference.deadline import Deadline
from noesis.rag.inference.records import End, Finish, Limits, Piece, Prompt
from noesis.rag.records import Passage

NOTHING = "No passage answers this."
MOST = 3  # sentences; further ones are seldom about the question
NEAR = 0.5  # of the best sentence's score: what has less is another matter
_K1, _B = 1.2, 0.75

_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADING_OR_TABLE = re.compile(r"^ {0,3}(?:#{1,6}\s|\|).*$", re.MULTILINE)
_BLOCK = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:[-*+>]|\d{1,3}[.)])\s)")
_MARK = re.compile(r"\s*(?:(?:[-*+>]|\d{1,3}[.)])\s+)*")  # of items and quotations


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence on one line, its terms, and the number of its passage, from 1."""

    text: str
    terms: tuple[str, ...]
    passage: int


class Extractive:
    """The sentences of the passages that hold most of the question, each with its passage's number."""

    name = "extractive"

    def stream(
        self, prompt: Prompt, limits: Limits, deadline: Deadline
    ) -> Generator[Piece | End, None, None]:
        """The answer word by word; a token is a word, and only whole sentences are said."""
        tokens, finish = 0, Finish.stop
        for sentence in chosen(prompt, deadline) or [Sentence(text=NOTHING, terms=(), passage=0)]:
            words = sentence.text.split(" ")
            if sentence.passage:
                words.append(f"[{sentence.passage}]")
            if tokens + len(words) > limits.tokens:
                finish = Finish.length
                continue
            for word in words:
                yield Piece(text=f" {word}" if tokens else word)
                tokens += 1
        yield End(finish=finish, tokens=tokens)

    def close(self) -> None:
        """It holds nothing."""


def chosen(prompt: Prompt, deadline: Deadline) -> list[Sentence]:
    """At most three sentences, best first; with equal scores in the order of the passages.

    Where no sentence holds a term of the question, the one that the best passage begins with: whatever
    found the passage knew better. Without any sentence none.
    """
    found: list[Sentence] = []
    for number, passage in enumerate(prompt.passages, 1):
        deadline.check()
        found += sentences(passage, number)
    scores = bm25(_terms(prompt.question), [one.terms for one in found])
    best = max(scores, default=0.0)
    if best == 0.0:
        return found[:1]
    order = sorted(range(len(found)), key=lambda at: (-scores[at], at))
    near = (found[at] for at in order if scores[at] >= NEAR * best)
    return list(_first_of_each(near))[:MOST]


def _first_of_each(found: Iterable[Sentence]) -> Iterator[Sentence]:
    """Without those that say the same words again, as overlapping passages do."""
    seen: set[tuple[str, ...]] = set()
    for sentence in found:
        if sentence.terms not in seen:
            seen.add(sentence.terms)
            yield sentence


def bm25(question: Iterable[str], documents: Sequence[Sequence[str]]) -> list[float]:
    """The score of each document (its terms) for the different terms of a question; 0.0 without one."""
    wanted = set(question)
    counts = [Counter(term for term in terms if term in wanted) for terms in documents]
    holding = Counter(term for count in counts for term in count)
    total = len(documents)
    idf = {term: math.log1p((total - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    mean = sum(map(len, documents)) / max(total, 1) or 1.0
    scores = []
    for terms, count in zip(documents, counts, strict=True):
        norm = _K1 * (1 - _B + _B * len(terms) / mean)
        # fsum and sorted: the same score whatever order a set of text has in this process
        scores.append(math.fsum(idf[term] * n * (_K1 + 1) / (n + norm) for term, n in sorted(count.items())))
    return scores


def sentences(passage: Passage, number: int) -> list[Sentence]:
    """The sentences of a passage, in order, each on one line and as it stands there otherwise."""
    from noesis.scoring.measuring import SENTENCE_END

    found = []
    prose = _HEADING_OR_TABLE.sub("\n", _CODE.sub("\n\n", passage.text))
    for block in _BLOCK.split(prose):
        written = _MARK.sub("", block, count=1)
        ends = [match.end() for match in SENTENCE_END.finditer(written)]
        for start, end in zip([0, *ends], [*ends, len(written)], strict=True):
            text = " ".join(written[start:end].split())
            if terms := _terms(text):
                found.append(Sentence(text=text, terms=terms, passage=number))
    return found


def _terms(text: str) -> tuple[str, ...]:
    from noesis.knowledge.index import terms_of

    return tuple(terms_of(text))
