"""Pass 4: references to targets. Owns what a written target means, seen from the document it stands in.

- ``#anchor``: a section of the same document.
- ``folder/name.md#anchor``: relative to the document's folder, from the top with a leading ``/``; without
  a suffix ``.md`` is added, and a folder means its ``index.md`` or ``README.md``.
- ``[[name#Heading]]``: a document by the stem of its file or its title; with several the one in the same
  folder, else the reference is ambiguous. With ``/`` in it a path from the top, then a relative one.
- anything with a scheme: external, never looked up.

Each distinct text of a document is resolved once, however often it is repeated.
"""

from __future__ import annotations

import posixpath
from array import array
from urllib.parse import unquote

from noesis.documents.ids import slug
from noesis.documents.paths import PathMap
from noesis.documents.records import Parsed, Reason, Resolved
from noesis.documents.sources import SUFFIXES

Found = tuple[Reason, str, int]  # reason, path of the document, section or -1

_EXTERNAL: Found = (Reason.EXTERNAL, "", -1)


def resolve(path: str, parsed: Parsed, path_map: PathMap) -> Resolved:
    """Where each text of the document at ``path`` leads. O(distinct texts)."""
    resolver = _Resolver(path, path_map)
    how = (resolver.wikilink, resolver.path, resolver.anchor, resolver.external)  # by ReferenceKind
    found = [how[kind](text) for text, kind in zip(parsed.texts, parsed.text_kinds, strict=True)]
    return Resolved(
        reasons=bytes(reason for reason, _, _ in found),
        paths=tuple(target for _, target, _ in found),
        sections=array("i", (section for _, _, section in found)),
        needs=tuple(sorted(resolver.needs)),
    )


def name_key(name: str) -> str:
    """How a name stands among ``Resolved.needs``; a path stands there as itself."""
    return "\0" + name


class _Resolver:
    """Resolves the texts of one document and notes what it looked up."""

    def __init__(self, path: str, path_map: PathMap) -> None:
        self.needs: set[str] = set()
        self._own = path
        self._folder = path.rsplit("/", 1)[0] if "/" in path else ""
        self._map = path_map

    def external(self, _text: str) -> Found:
        return _EXTERNAL

    def anchor(self, text: str) -> Found:
        return self._section(self._own, text[1:])

    def path(self, text: str) -> Found:
        written, _, anchor = text.partition("#")
        written = written.partition("?")[0]
        if not written:
            return self._section(self._own, anchor)
        if "%" in written:
            written = unquote(written)
        target = self._from_here(written)
        if target.startswith("../") or target == "..":
            return Reason.OUTSIDE, "", -1
        for candidate in _candidates(target):
            self.needs.add(candidate)
            if candidate in self._map:
                return self._section(candidate, anchor)
        other = "." in target.rsplit("/", 1)[-1] and not target.endswith(SUFFIXES)
        return (Reason.NOT_A_DOCUMENT if other else Reason.NO_DOCUMENT), "", -1

    def wikilink(self, text: str) -> Found:
        name, _, heading = text.partition("#")
        heading = heading.rpartition("#")[2].strip()  # [[name#Part#Chapter]] names the chapter
        name = name.strip()
        if not name:
            return self._heading(self._own, heading)
        if "/" in name:
            paths = self._at(name)
        else:
            key = name.casefold().removesuffix(".md")
            self.needs.add(name_key(key))
            paths = self._map.named(key)
        if not paths:
            return Reason.NO_DOCUMENT, "", -1
        if len(paths) > 1:
            near = [path for path in paths if path.rpartition("/")[0] == self._folder]
            if len(near) != 1:
                return Reason.AMBIGUOUS, "", -1
            paths = (near[0],)
        return self._heading(paths[0], heading)

    def _at(self, name: str) -> tuple[str, ...]:
        for target in (name.lstrip("/"), self._from_here(name)):
            candidate = target if target.endswith(SUFFIXES) else target + ".md"
            self.needs.add(candidate)
            if candidate in self._map:
                return (candidate,)
        return ()

    def _heading(self, path: str, heading: str) -> Found:
        if not heading:
            return Reason.RESOLVED, path, -1
        found = self._section(path, slug(heading))
        return found if found[0] is Reason.RESOLVED else self._section(path, heading)

    def _section(self, path: str, anchor: str) -> Found:
        if path != self._own:
            self.needs.add(path)
        if not anchor:
            return Reason.RESOLVED, path, -1
        section = self._map.section(path, anchor)
        if section is None:  # written by hand or by a browser: %C3%A9, Capitals
            section = self._map.section(path, unquote(anchor).lower())
        return (Reason.NO_SECTION, path, -1) if section is None else (Reason.RESOLVED, path, section)

    def _from_here(self, written: str) -> str:
        """The path from the top of the corpus, without ``.`` and ``..`` where they can be undone."""
        if written.startswith("/"):
            return posixpath.normpath(written.lstrip("/") or ".")
        if "./" not in written and "//" not in written:
            return f"{self._folder}/{written}" if self._folder else written
        return posixpath.normpath(f"{self._folder}/{written}" if self._folder else written)


def _candidates(target: str) -> tuple[str, ...]:
    if target.endswith(SUFFIXES):
        return (target,)
    folder = target.rstrip("/")
    if folder in ("", "."):
        return ("index.md", "README.md")
    return f"{folder}.md", f"{folder}/index.md", f"{folder}/README.md"
