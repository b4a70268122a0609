"""The page's own files: what ``app/`` holds, and the one HTML document. Owns the document's security.

``index.html`` and ``boot.js`` keep their names; everything else of the page lies in a folder named by
its content, which the manifest names. So an old page never meets new data, nor a new one old data.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from posixpath import dirname, join, normpath

from groundspeed.site.folder import content_id

BOOT = "boot.js"
_DOCUMENT = "index.html"
_FIRST = ("main.js", "views/start.js")  # what almost every visit begins with
_IMPORT = re.compile(r'^import\b[^"]*"(\.[^"]+)"', re.MULTILINE)  # a static one, of the page's own modules
_AT_TIMES = "vendor/speedscope/"  # a megabyte that pieces/profiles.py puts where there are profiles


def page_files() -> tuple[str, Mapping[str, bytes]]:
    """The folder that the page's files are published in, and each file by its name in it."""
    found = dict(_walk(resources.files("groundspeed.site") / "app", ""))
    files = {name: content for name, content in sorted(found.items()) if _always(name)}
    whole = b"".join(name.encode() + b"\0" + content_id(content).encode() for name, content in files.items())
    return f"app/{content_id(whole)}/", files


def _always(name: str) -> bool:
    return name not in (BOOT, _DOCUMENT) and not name.startswith(_AT_TIMES)


def boot_script() -> bytes:
    """The script that reads the manifest, then starts the page that the manifest names."""
    return (resources.files("groundspeed.site") / "app" / BOOT).read_bytes()


def index_page(project: str, app: str) -> bytes:
    """The HTML document of a project, for the page in the folder ``app``.

    It names the modules that the overview needs, so that a browser fetches them beside each other: else
    each would wait for the one that imports it, five times the way to the server and back.
    """
    hints = (f'<link rel="modulepreload" href="{html.escape(app + name)}">' for name in imported(_source))
    said = {"modules": "\n".join(hints), "project": html.escape(project), "app": html.escape(app)}
    document = re.sub(r"\{\{(\w+)\}\}", lambda hole: said[hole[1]], _source(_DOCUMENT))
    return document.encode("utf-8", errors="replace")


def imported(source: Callable[[str], str], *modules: str) -> tuple[str, ...]:
    """The modules, else the first ones, and all that they import: nearest first. ``source`` reads a file."""
    met: dict[str, None] = {}
    ahead = [*(modules or _FIRST)]
    while ahead:
        name = ahead.pop(0)
        if name not in met:
            met[name] = None
            ahead += [normpath(join(dirname(name), path)) for path in _IMPORT.findall(source(name))]
    return tuple(met)


def _source(name: str) -> str:
    return (resources.files("groundspeed.site") / "app" / name).read_text(encoding="utf-8")


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    files: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            files += _walk(entry, f"{prefix}{entry.name}/")
        else:
            files.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return files
