"""What a comparison says of the series of a gate, and which series are asked about. Pure; no rule of its own:
a pair is judged as by every command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from groundspeed.config.tolerances import Tolerances
from groundspeed.gate.evidence import Found
from groundspeed.records import SeriesKey
from groundspeed.verdicts.compare import Priors, compare_suite
from groundspeed.verdicts.judgement import Judgement

Judge = Callable[[Sequence[Found], Sequence[Found], Priors], Mapping[SeriesKey, Judgement]]
"""What a comparison of both ends says, by series; what is not measured at both is absent."""


def judge_by(tolerances: Tolerances) -> Judge:
    """The comparison of a suite. Both ends ran in the same sessions, so no noise floor between sessions is
    asked: what a session does to both cancels.
    """

    def judge(base: Sequence[Found], head: Sequence[Found], prior: Priors) -> Mapping[SeriesKey, Judgement]:
        found = compare_suite(base, head, floors={}, tolerances=tolerances, prior=prior)
        return {row.key: row.judgement for row in found.compared}

    return judge


def counted_by(tolerances: Tolerances, wanted: Sequence[SeriesKey]) -> Callable[[SeriesKey], bool]:
    """Whether a series is asked about: the main metric of each case, and those further metrics that a
    tolerance names. A tail (``@p99``) takes many times the processes of a median, so it is asked for or not
    gated.
    """
    known = frozenset(wanted)
    named = {one.metric for one in tolerances.stated if one.metric}

    def counts(key: SeriesKey) -> bool:
        return replace(key, metric="") in known and (not key.metric or key.metric in named)

    return counts
