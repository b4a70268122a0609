"""A knowledge base over folders of documents: Markdown, text, PDF and DOCX in, ranked answers out.

``KnowledgeBase`` ingests in parallel and incrementally, answers from a whole index at every moment, and
keeps answers in a cache. ``KnowledgeConfig`` says what it may spend.
"""

from noesis.knowledge.base import KnowledgeBase, folders_of
from noesis.knowledge.cache import CacheStatistics, LRUCache
from noesis.knowledge.config import PRESETS, KnowledgeConfig, dev, highload, prod
from noesis.knowledge.records import Answer, Failure, Hit, Ingested, Progress, Report, Statistics

__all__ = [
    "PRESETS",
    "Answer",
    "CacheStatistics",
    "Failure",
    "Hit",
    "Ingested",
    "KnowledgeBase",
    "KnowledgeConfig",
    "LRUCache",
    "Progress",
    "Report",
    "Statistics",
    "dev",
    "folders_of",
    "highload",
    "prod",
]
