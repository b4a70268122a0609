"""What measures for minutes runs when it is asked for by its marker, and never by the way."""

from __future__ import annotations

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `performance` unless -m names it."""
    asked = "performance" in str(item.config.option.markexpr)
    if item.get_closest_marker("performance") and not asked:
        pytest.skip("measures for minutes: make performance-check")
