"""Which slow tests go together: whole files, dealt out so that each part takes about as long as the others.

Owns what the dearest files cost. Refuses to measure: a figure that is out of date makes the parts uneven and
nothing else, for every file is in one part whatever it costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PARTS = 4

OTHERS_S = 5
"""Of a file that is not named: 5.2 s is the mean of 25 of them."""

SECONDS = {
    "test_nightly_failures": 90,
    "test_suite_environments": 83,
    "test_measure_counting": 65,
    "test_nightly_end_to_end": 61,
    "test_cli_gate": 57,
    "test_noesis_benchmarks": 41,
    "test_judging_end_to_end": 33,
    "test_results_index": 29,
    "test_site_manners": 25,
    "test_vanilla_asv": 24,
    "test_cli_init": 23,
    "test_noesis_benchmarks_rag": 23,
    "test_cli_find": 22,
    "test_verdicts_identical": 21,
    "test_site_case_reading": 20,
    "test_site_heatmap": 20,
    "test_kinds_alloc": 19,
    "test_site_transfer": 19,
    "test_service_benchmarks": 17,
    "test_profiling_command": 16,
    "test_robustness": 13,
    "test_site_compare": 12,
    "test_site_case_edges": 11,
    "test_corpus_text": 10,
}
"""What their slow tests take of a processor, children included, on the two cores of 2026-11-22.

Every fourth file by name would make parts of 152, 169, 240 and 318 s.
"""


def seconds_of(file: Path) -> int:
    """What the slow tests of a file take, about."""
    return SECONDS.get(file.stem, OTHERS_S)


def files_of_part(files: Iterable[Path], part: int) -> frozenset[Path]:
    """The files of one of ``PARTS``, whole ones, for the tests of a file share what they set up.

    The dearest first, each to the part that has least to do (R. L. Graham, "Bounds on multiprocessing timing
    anomalies", SIAM Journal on Applied Mathematics 17, 1969): no part has more to do than another one and the
    dearest file together.
    """
    load = [0] * PARTS
    dealt: list[set[Path]] = [set() for _ in load]
    for file in sorted(files, key=lambda one: (-seconds_of(one), one)):
        least = load.index(min(load))
        load[least] += seconds_of(file)
        dealt[least].add(file)
    return frozenset(dealt[part])
