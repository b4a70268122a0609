"""A compiler for Markdown: documents in, a resolved graph of documents, sections and references out.

Four passes, each a function of its own: ``parse`` (bytes → sections and references), ``assign_ids``
(stable anchors), ``collect`` (all documents → a path map), ``resolve`` (references → targets). ``Session``
runs them incrementally over a folder or a mapping; ``compile_documents`` runs them once.
"""

from noesis.documents.graph import Document, Edge, Graph, Totals
from noesis.documents.ids import assign_ids, inject_ids, slug
from noesis.documents.parsing import parse
from noesis.documents.paths import PathMap, collect
from noesis.documents.records import (
    Broken,
    Collision,
    Identified,
    Parsed,
    Reason,
    Reference,
    ReferenceKind,
    Resolved,
    Section,
    Target,
    Unresolved,
)
from noesis.documents.resolving import resolve
from noesis.documents.session import CacheStatistics, Session, compile_documents
from noesis.documents.sources import FolderSource, MemorySource, Source

__all__ = [
    "Broken",
    "CacheStatistics",
    "Collision",
    "Document",
    "Edge",
    "FolderSource",
    "Graph",
    "Identified",
    "MemorySource",
    "Parsed",
    "PathMap",
    "Reason",
    "Reference",
    "ReferenceKind",
    "Resolved",
    "Section",
    "Session",
    "Source",
    "Target",
    "Totals",
    "Unresolved",
    "assign_ids",
    "collect",
    "compile_documents",
    "inject_ids",
    "parse",
    "resolve",
    "slug",
]
