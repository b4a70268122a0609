"""What one worker process of a case may lie off by: from the case's own processes, its floor, and the suite.

The one owner of that, for a measurement by itself and for one against another. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from groundspeed.measurements import Basis, NoiseFloor
from groundspeed.stats.comparison import Component
from groundspeed.stats.precision import MOST_DF, UNKNOWN, Prior, Spread, moderated, spread_of


def process_variance(
    groups: Iterable[NDArray[np.float64]], prior: Prior, floor: NoiseFloor | None, *, shared: bool
) -> Component:
    """The variance of one process: what the process centres of each group (one end in one session) show,
    pooled and moderated by what is known of other cases.

    A case that shows nothing itself is taken for what its own history showed, where a floor tells that.
    ``shared``: a session that holds both ends cancels, so that the floor's session part counts here.
    """
    shown = [one for one in map(spread_of, groups) if one is not None]
    df = sum(one.df for one in shown)
    if not df:
        prior = _own_prior(floor, prior, shared=shared)
    variance = sum(one.df * one.variance for one in shown) / df if df else 0.0
    return Component(variance=moderated(Spread(variance=variance, df=df), prior), df=prior.df + df)


def _own_prior(floor: NoiseFloor | None, prior: Prior, *, shared: bool) -> Prior:
    """What a case's floor says of one process of it. A floor that does not tell processes from sessions holds
    both: where the session's part counts on its own, nothing is left for the process. One that was learned
    from what commits changed is a bound: it counts where it is the lower one, or nothing else is known.
    """
    if floor is None:
        return prior
    whole = floor.between_sessions if shared else 0.0
    spread = whole if floor.between_processes is None else floor.between_processes
    own = Prior(variance=spread**2, df=min(max(floor.df, 1.0), MOST_DF))
    bound = floor.basis is Basis.HISTORY and prior != UNKNOWN
    return prior if bound and own.variance > prior.variance else own
