"""Pass 3: the path map. Owns the look-up of documents by path or name and of sections by anchor.

Each document brings two names that wikilinks may use: the stem of its file and its title (the first
heading, where that is of level one), both without regard to case. A map holds references to the anchors
of the documents, no copies: a million nodes cost what their documents' anchors cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from noesis.documents.records import Identified, Parsed


class PathMap:
    """Documents by path and name, sections by path and anchor. Every look-up is O(1)."""

    __slots__ = ("_anchors", "_by_name", "_names", "_sections")

    def __init__(self) -> None:
        self._anchors: dict[str, Mapping[str, int]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, tuple[str, ...]] = {}
        self._sections = 0

    def __len__(self) -> int:
        """Nodes: documents and their sections."""
        return len(self._anchors) + self._sections

    def __contains__(self, path: object) -> bool:
        return path in self._anchors

    def add(self, path: str, anchors: Mapping[str, int], names: tuple[str, ...]) -> None:
        """Add a document that is not there yet."""
        self._anchors[path] = anchors
        self._sections += len(anchors)
        self._names[path] = names
        for name in names:
            self._by_name[name] = (*self._by_name.get(name, ()), path)

    def remove(self, path: str) -> None:
        """Take a document out. Raises ``KeyError`` where it is not there."""
        self._sections -= len(self._anchors.pop(path))
        for name in self._names.pop(path):
            left = tuple(other for other in self._by_name[name] if other != path)
            if left:
                self._by_name[name] = left
            else:
                del self._by_name[name]

    def section(self, path: str, anchor: str) -> int | None:
        """The index of the section in its document; None where either is not there."""
        anchors = self._anchors.get(path)
        return None if anchors is None else anchors.get(anchor)

    def named(self, name: str) -> tuple[str, ...]:
        """The paths that a case-folded name may mean, in no particular order."""
        return self._by_name.get(name, ())


def names_of(path: str, parsed: Parsed) -> tuple[str, ...]:
    """What wikilinks may call the document, case-folded, each once."""
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0].casefold()
    title = parsed.titles[0].casefold() if parsed.titles and parsed.levels[0] == 1 else ""
    return (stem, title) if title and title != stem else (stem,)


def collect(documents: Iterable[tuple[str, Parsed, Identified]]) -> PathMap:
    """Put all documents into one map. O(documents); their anchors are shared, not copied."""
    path_map = PathMap()
    for path, parsed, identified in documents:
        path_map.add(path, identified.index, names_of(path, parsed))
    return path_map
