"""Vectors by key, and the nearest ones of a query: approximate (usearch), flat in 16 bits (faiss), exact.

``vector_index`` makes an empty one, ``open_index`` maps one from the file that it was saved to. Neither
library is imported before an index needs it.
"""

from noesis.rag.vectors.index import ENGINES, open_index, vector_index
from noesis.rag.vectors.ranking import recall
from noesis.rag.vectors.records import Neighbours, VectorIndex

__all__ = ["ENGINES", "Neighbours", "VectorIndex", "open_index", "recall", "vector_index"]
