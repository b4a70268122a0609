"""What the guides to noesis show is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
EXAMPLES = [
    pytest.param(example, id=f"{page}-{number}")
    for page in (
        "beliefs.md",
        "classification.md",
        "documents.md",
        "knowledge.md",
        "rag.md",
        "scoring.md",
        "service.md",
        "thoughts.md",
    )
    for number, example in enumerate(
        re.findall(
            r"^```python\n(.*?)^```$",
            (DOCS / page).read_text(encoding="utf-8"),
            re.MULTILINE | re.DOTALL,
        )
    )
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_guide_runs(example: str) -> None:
    exec(compile(example, "example", "exec"), {})
