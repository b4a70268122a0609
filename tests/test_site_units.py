"""The page's numbers read as the command line's do: `units.js` against `units.py`, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from groundspeed.units import display
from tests.browser import Visit, chromium, serve, site, visit

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

UNITS = ("s", "bytes", "bytes/s", "", "1", "unit", "1/s", "queries/s", "hit rate", "bytes/byte")
VALUES = (
    *(
        sign * digits * 10.0**power
        for power in range(-12, 14)
        for digits in (1.0, 2.345678, 9.9996)
        for sign in (1, -1)
    ),
    0.0,
    999.4,
    999.6,
    0.99949,
    0.99951,
)


def test_a_value_reads_alike_on_the_page_and_in_the_terminal(site: Path, visit: Callable[..., Visit]) -> None:
    visited = visit(site)
    page = visited.go()
    module = f"{visited.url}{json.loads((site / 'manifest.json').read_bytes())['app']}units.js"
    cases = [(value, unit, digits) for unit in UNITS for value in VALUES for digits in (3, 4)]
    shown = page.evaluate(
        """async ([module, cases]) => {
          const { display } = await import(module);
          return cases.map(([value, unit, digits]) => display(value, unit, digits));
        }""",
        [module, cases],
    )
    expected = [display(value, unit, digits=digits) for value, unit, digits in cases]
    differing = [row for row in zip(cases, shown, expected, strict=True) if row[1] != row[2]]
    assert differing == []
