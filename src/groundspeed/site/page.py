"""The page's own files: what ``app/`` holds, and the one HTML document. Owns the document's security.

``index.html`` and ``boot.js`` keep their names; everything else of the page lies in a folder named by
its content, which the manifest names. So an old page never meets new data, nor a new one old data.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable

from groundspeed.site.folder import content_id

BOOT = "boot.js"
_DOCUMENT = "index.html"
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
    """The HTML document of a project, styled from the folder ``app``."""
    document = (resources.files("groundspeed.site") / "app" / _DOCUMENT).read_text(encoding="utf-8")
    filled = document.replace("{{project}}", html.escape(project)).replace("{{app}}", html.escape(app))
    return filled.encode("utf-8", errors="replace")


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    files: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            files += _walk(entry, f"{prefix}{entry.name}/")
        else:
            files.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return files
