"""Planted causes under the real profilers, from the commit to the answer: the function is named first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import groundspeed
from tests.projects import CONFIGURATION, PYPROJECT
from tests.repositories import CommitSpec, make_repository

SOURCE = """\
import copy
import random

STEP = random.gauss(1e-8, 1e-10)
LOOKS = 0


def unique(items):
    global LOOKS
    kept = []
    for item in items:
        LOOKS += len(kept)
        if item not in kept:
            kept.append(item)
    return kept


def clock():
    return LOOKS * STEP


def settings(given):
    return copy.deepcopy(given)


def step(given):
    own = settings(given)
    return sum(own["weights"])
"""
SUITE = """\
import sample


class Unique:
    params = [100, 200, 400, 800]
    param_names = ["n"]
    size = "n"
    timer = staticmethod(sample.clock)
    min_run_count = 1
    number = 1
    repeat = 3
    warmup_time = 0

    def setup(self, n):
        self.items = list(range(n))

    def time_unique(self, n):
        sample.unique(self.items)


class Step:
    number = 1
    repeat = 3
    warmup_time = 0

    def setup(self):
        self.given = {"weights": [float(n) for n in range(30_000)]}

    def time_step(self):
        sample.step(self.given)
"""


@pytest.mark.slow
def test_a_quadratic_loop_and_an_extra_copy_are_named_first(tmp_path: Path) -> None:
    """``unique`` looks through all it has for each item, n², and its looks are what is timed: of a busy host
    no growth can be told. ``settings`` copies 30,000 floats: over 1 MB in some 150,000 small objects, which
    the standard library allocates and ``settings`` is charged for.
    """
    make_repository(
        tmp_path,
        [
            CommitSpec(
                "planted",
                {
                    ".gitignore": "/.asv/\n/.groundspeed/\n/results/\n/home/\n",
                    "asv.conf.json": json.dumps(CONFIGURATION),
                    "groundspeed.toml": '[run]\ncase_budget = "50 ms"\n',
                    "pyproject.toml": PYPROJECT,
                    "src/sample/__init__.py": SOURCE,
                    "benchmarks/__init__.py": "",
                    "benchmarks/m.py": SUITE,
                },
            )
        ],
    )
    groundspeed(tmp_path, "run", "HEAD^!", "--bench", "Unique")
    both = ("--kind", "cpu", "--kind", "memory")
    groundspeed(tmp_path, "profile", "Step|Unique.*800", *both, "--duration", "300ms")
    found = json.loads(groundspeed(tmp_path, "bottlenecks", "--format", "json").stdout)["bottlenecks"]
    loop, copies = found[:2]
    assert (loop["function"], loop["cause"], loop["file"]) == ("unique", "growth", "src/sample/__init__.py")
    assert {"CPU time", "growth"} <= causes(loop)
    assert copies["function"] == "settings"
    assert {"CPU time", "small allocations", "memory"} <= causes(copies)
    assert all("copy.py" in case["through"] for case in copies["cases"])


def causes(one: dict[str, Any]) -> set[str]:
    return {one["cause"], *(also["cause"] for also in one["further"])}
