"""axe-core in a page: what it finds against WCAG 2.2 AA and its own best practice. Owns where axe-core lies.

`make test` fetches it (tools/page-tools). Where it is absent a test is skipped; under CI it fails: a page
that nothing checked is not accessible.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[1] / ".tools" / "page" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} | ${failureSummary}`));
}"""


def violations(page: Page, tags: Sequence[str] = TAGS) -> list[str]:
    """What the rules with these tags have against the page as it stands: element and reason."""
    if not page.evaluate("'axe' in window"):  # it outlives a change of the hash
        page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, list(tags))
    return found


@cache
def _source() -> str:
    if not SCRIPT.is_file():
        reason = "no axe-core: sh tools/page-tools"
        if os.environ.get("CI", "false") not in ("", "false"):
            pytest.fail(f"{reason}, and CI must not pass without it", pytrace=False)
        pytest.skip(reason)
    return SCRIPT.read_text(encoding="utf-8")
