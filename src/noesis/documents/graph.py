"""The compiled graph, as its readers see it. Owns the views over the columns; looks nothing up anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from noesis.documents.paths import names_of
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """A resolved reference: from the section it stands in to the document or section it names."""

    source: Target
    target: Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What a graph holds. ``references`` = resolved + external + unresolved."""

    documents: int
    sections: int
    references: int
    resolved: int
    external: int
    unresolved: int
    collisions: int
    broken: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One document of a graph; its id is its path."""

    path: str
    parsed: Parsed
    identified: Identified
    resolved: Resolved

    @property
    def title(self) -> str:
        """The first heading, or the path where there is none."""
        return self.parsed.titles[0] if self.parsed.titles else self.path

    def __len__(self) -> int:
        """Sections."""
        return len(self.parsed.titles)

    def section(self, index: int) -> Section:
        """One section. O(sections behind it that it holds)."""
        parsed = self.parsed
        anchor = self.identified.anchors[index]
        parent = parsed.parents[index]
        return Section(
            id=f"{self.path}#{anchor}",
            anchor=anchor,
            title=parsed.titles[index],
            level=parsed.levels[index],
            parent=None if parent < 0 else parent,
            start=parsed.section_starts[index],
            end=self._end(index),
        )

    def sections(self) -> Iterator[Section]:
        """All sections in order."""
        return map(self.section, range(len(self)))

    def reference(self, index: int) -> Reference:
        """One reference as written."""
        parsed = self.parsed
        name, section = parsed.names[index], parsed.sections[index]
        return Reference(
            kind=ReferenceKind(parsed.text_kinds[name]),
            target=parsed.texts[name],
            section=None if section < 0 else section,
            start=parsed.starts[index],
            end=parsed.ends[index],
        )

    def references(self) -> Iterator[Reference]:
        """All references in order."""
        return map(self.reference, range(len(self.parsed.names)))

    def reason(self, index: int) -> Reason:
        """What became of a reference."""
        return Reason(self.resolved.reasons[self.parsed.names[index]])

    def target(self, index: int) -> Target | None:
        """Where a reference leads; None where it is external or unresolved."""
        name = self.parsed.names[index]
        if self.resolved.reasons[name] != Reason.RESOLVED:
            return None
        return _target(self.resolved.paths[name], self.resolved.sections[name])

    def _end(self, index: int) -> int:
        levels, level = self.parsed.levels, self.parsed.levels[index]
        for later in range(index + 1, len(levels)):
            if levels[later] <= level:
                return self.parsed.section_starts[later]
        return self.parsed.size


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """Documents, their sections, and where their references lead.

    ``documents`` is in the order of paths. Two graphs of the same corpus are equal, however they came to
    be. Nothing changes in a graph later: a session's next compile makes another, sharing what stayed.
    """

    documents: Mapping[str, Document]
    broken: tuple[Broken, ...]

    def find(self, node: str) -> Target | None:
        """The node with this id (``path`` or ``path#anchor``)."""
        path, mark, anchor = node.partition("#")
        document = self.documents.get(path)
        if document is None or not mark:
            return None if document is None else Target(path=path, section=None)
        section = document.identified.index.get(anchor)
        return None if section is None else Target(path=path, section=section)

    def edges(self) -> Iterator[Edge]:
        """Every resolved reference, in order of documents and of appearance."""
        for path, document in self.documents.items():
            for index, section in enumerate(document.parsed.sections):
                target = document.target(index)
                if target is not None:
                    yield Edge(source=_target(path, section), target=target)

    def unresolved(self) -> Iterator[Unresolved]:
        """Every reference that leads nowhere, with the reason."""
        for path, document in self.documents.items():
            reasons = document.resolved.reasons
            for index, name in enumerate(document.parsed.names):
                if reasons[name] > Reason.EXTERNAL:
                    yield Unresolved(
                        path=path, reference=document.reference(index), reason=Reason(reasons[name])
                    )

    def collisions(self) -> Iterator[Collision]:
        """Anchors that several headings of a document ask for, then names that several documents have."""
        for path, document in self.documents.items():
            for name, count in document.identified.repeated.items():
                yield Collision(path=path, name=name, count=count)
        asked = Counter(
            name for path, document in self.documents.items() for name in names_of(path, document.parsed)
        )
        for name, count in sorted(asked.items()):
            if count > 1:
                yield Collision(path="", name=name, count=count)

    def totals(self) -> Totals:
        """Count everything. O(references)."""
        reasons: Counter[int] = Counter()
        for document in self.documents.values():
            of_name = document.resolved.reasons
            for name, count in Counter(document.parsed.names).items():
                reasons[of_name[name]] += count
        references = reasons.total()
        resolved, external = reasons[Reason.RESOLVED], reasons[Reason.EXTERNAL]
        return Totals(
            documents=len(self.documents),
            sections=sum(map(len, self.documents.values())),
            references=references,
            resolved=resolved,
            external=external,
            unresolved=references - resolved - external,
            collisions=sum(1 for _ in self.collisions()),
            broken=len(self.broken),
        )


def _target(path: str, section: int) -> Target:
    return Target(path=path, section=None if section < 0 else section)
