"""One measurement against another: the judgement that every command shows.

Owns which evidence counts: identical content before everything, processes before stored intervals, processes
of the same sessions before those of different ones. Measures nothing; stats/comparison.py is the model.
"""

from __future__ import annotations

from groundspeed import units
from groundspeed.config.tolerances import DEFAULT
from groundspeed.measurements import Measurement, NoiseFloor
from groundspeed.stats.precision import Prior
from groundspeed.verdicts.judgement import Ground, Judgement
from groundspeed.verdicts.pairs.certain import certain
from groundspeed.verdicts.pairs.processes import from_processes
from groundspeed.verdicts.pairs.question import Question, ends_of, middle
from groundspeed.verdicts.pairs.stored import from_stored


def compare_measurements(
    base: Measurement,
    head: Measurement,
    *,
    floor: NoiseFloor | None,
    prior: Prior,
    tolerance: float = DEFAULT,
) -> Judgement:
    """The judgement of ``head`` against ``base``, two measurements of one series.

    ``floor`` is None where nobody knows how far sessions differ; ``prior`` is what the other cases of the
    suite say of the variance between processes (``verdicts.compare.priors``).
    """
    unit = units.canonical(head.unit)
    question = Question(better=head.better, unit=unit, floor=floor, prior=prior, tolerance=tolerance)
    ends = ends_of(base, head)
    if is_same_content(base, head):
        value = middle(ends.base) if ends.base else base.stored.value
        return certain(value, value, ends, question, Ground.IDENTITY)
    if ends.base and ends.head:
        return from_processes(ends, question)
    return from_stored(base, head, question)


def is_same_content(base: Measurement, head: Measurement) -> bool:
    """Whether one measurement stands for both: carried over from one to the other, or the very same."""
    if base.carried_from is None and head.carried_from is None:
        return base.commit == head.commit and bool(base.processes) and base.processes == head.processes
    return (base.carried_from or base.commit) == (head.carried_from or head.commit)
