"""Reports of a machine, published beside the page under addresses that stay: ``reports/<machine>/<name>``.

Owns where they lie and how the page finds them; makes none, and knows no word of what they say.

``groundspeed-reports`` version 1: each of ``reports`` has its ``machine``, ``name``, ``title``, ``commit`` (a
hash), ``said`` (its answer in sentences), and the files ``html`` and ``markdown``, relative to the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from groundspeed.site.folder import REPORTS, SiteFolder
from groundspeed.site.wire import encode

HOME = "../../index.html"
"""The page, as a report's own address names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report of ``machine`` at ``commit``. ``name`` is a word for its files, ``title`` what
    a link to it says, ``said`` its answer in a few sentences.
    """

    machine: str
    name: str
    title: str
    commit: str
    said: tuple[str, ...]
    html: str
    markdown: str


def put_reports(folder: SiteFolder, reports: Sequence[Report]) -> str | None:
    """Put every report and the list of them; None where there is none."""
    if not reports:
        return None
    return folder.put_named(
        "reports",
        encode(
            {
                "format": "groundspeed-reports",
                "version": 1,
                "reports": [
                    {
                        "machine": one.machine,
                        "name": one.name,
                        "title": one.title,
                        "commit": one.commit,
                        "said": list(one.said),
                        "html": _put(folder, one, "html", one.html),
                        "markdown": _put(folder, one, "md", one.markdown),
                    }
                    for one in reports
                ],
            }
        ),
    )


def _put(folder: SiteFolder, one: Report, suffix: str, text: str) -> str:
    """A file of a report; its name. A machine, and a plan, may be called anything, ``..`` as well."""
    machine, report = (re.sub(r"^[.]", "%2E", quote(text, safe="")) for text in (one.machine, one.name))
    name = f"{REPORTS}/{machine}/{report}.{suffix}"
    folder.put(name, f"{text}\n".encode())
    return name
