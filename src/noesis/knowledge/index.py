"""The inverted index, which is tantivy's. Owns what a term is and the order of an answer; knows documents
by their number only.

A term is a run of letters and digits in lower case, neither stemmed nor left out: what was written is what
is found. A document matches when it holds any of the terms; BM25 ranks it (S. Robertson, H. Zaragoza, "The
Probabilistic Relevance Framework: BM25 and Beyond", 2009; k1 = 1.2, b = 0.75), with its length rounded down
to one of 256 steps. An index is written once, whole, and never changed: counts of deleted documents, which
would move the scores of the others, do not exist.
"""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noesis.errors import QueryError

if TYPE_CHECKING:
    import tantivy

MOST_TERMS = 256  # a query of more is a document; each costs a look-up in every segment
_HEAP_BYTES = 50_000_000  # for each writing thread: a segment of about 10,000 documents of 5 KB
_TEXT, _NUMBER = "text", "number"
_ANALYZER = "words"
_MOST_THREADS = 7  # eight segments of a size are merged, which writes all of them a second time
_AHEAD = 16  # hits beyond those asked for, so that the ones that tie with the last are seen at once
# Scores are 32-bit sums in an order that the segments decide. The sum of n of them is off by about the
# square root of n times 2^-24 (N. Higham, T. Mary, "A New Approach to Probabilistic Rounding Error Analysis",
# 2019), two equal ones differ by twice that. The bound that always holds has n for its root: it would tie
# scores that differ.
_ROUNDING = 2.0**-23


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """A document's number and its score."""

    number: int
    score: float


@functools.lru_cache(maxsize=1)
def _analyzer() -> tantivy.TextAnalyzer:
    import tantivy

    letters_and_digits = tantivy.Tokenizer.simple()
    return tantivy.TextAnalyzerBuilder(letters_and_digits).filter(tantivy.Filter.lowercase()).build()


def terms_of(text: str) -> list[str]:
    """The terms of a text in their order, repeated as they are."""
    encodable = text.encode("utf-8", "replace").decode()  # a name of a file may hold bytes that are no text
    return list(_analyzer().analyze(unicodedata.normalize("NFC", encodable)))


def query_terms(text: str) -> tuple[str, ...]:
    """The distinct terms of a query, sorted: neither case nor order is part of a question.

    Raises ``QueryError`` where there are more than 256.
    """
    terms = tuple(sorted(set(terms_of(text))))
    if len(terms) > MOST_TERMS:
        raise QueryError(f"a query has at most {MOST_TERMS} different terms, not {len(terms)}; shorten it")
    return terms


@functools.lru_cache(maxsize=1)
def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    # "freq": how often, not where; snippets look for themselves
    builder.add_text_field(_TEXT, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_unsigned_field(_NUMBER, fast=True)
    return builder.build()


class Writer:
    """Writes one index into an empty folder, on ``threads`` threads of tantivy's own, seven at most."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        import tantivy

        self._index = tantivy.Index(_schema(), str(folder))
        self._index.register_tokenizer(_ANALYZER, _analyzer())
        threads = min(threads, _MOST_THREADS)
        self._writer: tantivy.IndexWriter | None = self._index.writer(_HEAP_BYTES * threads, threads)

    def add(self, number: int, text: str) -> None:
        """Add a document; ``text`` is in NFC."""
        import tantivy

        document = tantivy.Document()
        document.add_text(_TEXT, text)
        document.add_unsigned(_NUMBER, number)
        self._open().add_document(document)

    def finish(self) -> None:
        """Put everything on the disk and wait until nothing writes any more."""
        writer = self._open()
        writer.commit()
        writer.wait_merging_threads()

    def close(self) -> None:
        """End the threads, whatever they have not written; nothing can be added any more."""
        self._writer = None  # tantivy ends and joins them when nobody holds the writer

    def _open(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise ValueError("the writer is closed")
        return self._writer


class Searcher:
    """Answers from one index that is whole; for any number of threads."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")  # else a thread looks twice a second for what never comes
        self._searcher = index.searcher()

    def vocabulary(self) -> list[tuple[str, int]]:
        """Every term, sorted, with the number of documents that hold it."""
        return list(self._searcher.terms_with_prefix(_TEXT, ""))

    def rank(self, terms: Sequence[str], limit: int, offset: int = 0) -> tuple[int, list[Ranked]]:
        """How many documents hold any of ``terms``, and ``limit`` of them after the ``offset`` best.

        Higher scores come first; equal ones in the order of their numbers.
        """
        query = self._query(terms)
        tie = _ROUNDING * math.sqrt(len(terms))
        documents = self._searcher.num_docs
        wanted = min(offset + limit, documents)
        wanted = wanted if offset < wanted else 0
        asked = min(wanted + _AHEAD, documents) or 1
        while True:
            found: Any = self._searcher.search(query, asked, count=True)  # the stubs know no count
            scores = [score for score, _ in found.hits]
            if not wanted or len(scores) < asked or asked >= documents or _ends(scores, wanted, tie):
                break
            asked = min(asked * 4, documents)  # all of the others tie with the last one wanted: see who else
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in found.hits])
        best = ordered(scores, numbers, tie)[offset:wanted]
        return int(found.count), [Ranked(number=number, score=score) for score, number in best]

    def _query(self, terms: Iterable[str]) -> tantivy.Query:
        import tantivy

        should = tantivy.Occur.Should
        schema = _schema()
        return tantivy.Query.boolean_query(
            [(should, tantivy.Query.term_query(schema, _TEXT, term, index_option="freq")) for term in terms]
        )


def ordered(scores: Sequence[float], numbers: Sequence[Any], tie: float) -> list[tuple[float, int]]:
    """Pairs of score and number by score, those that tie by number. Scores fall; neighbours tie where they
    differ by ``tie`` of the higher one at most."""
    pairs = list(zip(scores, numbers, strict=True))
    starts = [at for at in range(1, len(pairs)) if _differ(scores[at - 1], scores[at], tie)]
    groups = zip([0, *starts], [*starts, len(pairs)], strict=True)
    return [pair for start, end in groups for pair in sorted(pairs[start:end], key=itemgetter(1))]


def _ends(scores: Sequence[float], wanted: int, tie: float) -> bool:
    """Whether those that tie with the last one wanted are all there."""
    return any(_differ(scores[at - 1], scores[at], tie) for at in range(wanted, len(scores)))


def _differ(higher: float, lower: float, tie: float) -> bool:
    return lower < higher * (1 - tie)
