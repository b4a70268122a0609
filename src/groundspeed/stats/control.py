"""Whether a host changed between two runs of its control benchmark. Pure; corrects nothing by the answer."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.records import Control

# Until a machine's own noise is known: the tolerance of a verdict. A host that moved by less than what
# verdicts ignore cannot have made one, and 16 controls of an idle virtual machine stayed within 1.7 %.
DEFAULT_NOISE_FLOOR = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """``ratio`` of the medians, after to before: above 1 the host became slower.

    ``beyond``: more than ``noise_floor``, in either direction. ``assumed``: the noise floor is the
    default, for the machine's own is not known.
    """

    ratio: float
    noise_floor: float
    assumed: bool
    beyond: bool


def moved(before: Sequence[Control], after: Sequence[Control], noise_floor: float | None) -> Move:
    """Compare the medians of all samples before with all after. ``noise_floor`` is relative (0.03); None
    when unknown.

    Beyond is a ratio strictly above 1 + floor or below its reciprocal, so that swapping the ends swaps
    the direction and nothing else. Raises ValueError when one end has no sample.
    """
    floor = DEFAULT_NOISE_FLOOR if noise_floor is None else noise_floor
    ratio = _median("after", after) / _median("before", before)
    return Move(
        ratio=ratio,
        noise_floor=floor,
        assumed=noise_floor is None,
        beyond=ratio > 1 + floor or ratio < 1 / (1 + floor),
    )


def _median(end: str, controls: Sequence[Control]) -> float:
    samples = [sample for control in controls for sample in control.samples]
    if not samples:
        raise ValueError(f"no sample of the control benchmark {end}: there is nothing to compare")
    return statistics.median(samples)
