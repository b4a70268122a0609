"""Reports in four formats, all from one value. Owns which format is which."""

from __future__ import annotations

from groundspeed.report.overview.block import Paper
from groundspeed.report.table import OverviewFormat
from groundspeed.verdicts.overview import Overview

SUFFIXES = {
    ".html": OverviewFormat.HTML,
    ".htm": OverviewFormat.HTML,
    ".md": OverviewFormat.MARKDOWN,
    ".markdown": OverviewFormat.MARKDOWN,
    ".json": OverviewFormat.JSON,
    ".txt": OverviewFormat.TEXT,
    "": OverviewFormat.TEXT,
}
"""What the end of a file's name says of its format."""


def render_overview(overview: Overview, kind: OverviewFormat) -> str:
    """The state of a machine at a commit, in the format asked for, without a line end."""
    if kind is OverviewFormat.JSON:
        from groundspeed.report.overview.wire import to_json

        return to_json(overview)
    from groundspeed.report.overview.blocks import paper_of

    return render_paper(paper_of(overview), kind)


def render_paper(paper: Paper, kind: OverviewFormat) -> str:
    """Any report in a format that people read."""
    if kind is OverviewFormat.HTML:
        from groundspeed.report.overview.html import to_html

        return to_html(paper)
    from groundspeed.report.overview.plain import to_markdown, to_text

    return to_markdown(paper) if kind is OverviewFormat.MARKDOWN else to_text(paper)
