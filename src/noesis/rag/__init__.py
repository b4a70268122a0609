"""Retrieval and generation: passages of documents found by meaning and by words, answers made of them.

``Retriever`` keeps an index of passages and searches it; ``answer`` lets an engine answer from what it finds.
Engines have names, in ``noesis.rag.embedding``, ``.vectors`` and ``.inference``. docs/rag.md.
"""

from noesis.rag.answering import Answered, Asking, answer, cited
from noesis.rag.chunks import Cutting, cut
from noesis.rag.fusion import fuse
from noesis.rag.indexed import Making
from noesis.rag.ingesting import Ingested, Progress, Report
from noesis.rag.records import Found, Mode, Passage, Retrieved, Stage
from noesis.rag.retrieval import Retriever, making_of

__all__ = [
    "Answered",
    "Asking",
    "Cutting",
    "Found",
    "Ingested",
    "Making",
    "Mode",
    "Passage",
    "Progress",
    "Report",
    "Retrieved",
    "Retriever",
    "Stage",
    "answer",
    "cited",
    "cut",
    "fuse",
    "making_of",
]
