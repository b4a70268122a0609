"""The parts of a site's data, each in a file of its own. Owns their names in the manifest.

A piece puts its files into the folder and gives the name of the one that the page begins with; None where
it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces.changes import put_changes
from groundspeed.site.pieces.commits import put_commits
from groundspeed.site.pieces.fixed import put_badge, put_feed, put_summary
from groundspeed.site.pieces.heat import put_heat
from groundspeed.site.pieces.index import put_index
from groundspeed.site.pieces.lines import put_lines
from groundspeed.site.pieces.machines import put_machines
from groundspeed.site.pieces.moments import put_moments
from groundspeed.site.pieces.noise import put_noise
from groundspeed.site.pieces.profiles import put_profiles
from groundspeed.site.pieces.samples import put_samples
from groundspeed.site.pieces.scaling import put_scaling
from groundspeed.site.pieces.sparks import put_sparks
from groundspeed.site.pieces.start import put_start
from groundspeed.site.pieces.targets import put_targets
from groundspeed.site.subject import Subject

Piece = Callable[[SiteFolder, Subject], str | None]

MEASURED: tuple[Mapping[str, Piece], ...] = (
    MappingProxyType({"commits": put_commits, "index": put_index, "lines": put_lines}),
    MappingProxyType({"heat": put_heat, "moments": put_moments, "sparks": put_sparks}),
)
"""Those that say what was measured, whatever the answers are: of each benchmark, of each machine as a whole.
Either half takes about as long."""

JUDGED: Mapping[str, Piece] = MappingProxyType(
    {
        "badge": put_badge,
        "changes": put_changes,
        "feed": put_feed,
        "machines": put_machines,
        "noise": put_noise,
        "profiles": put_profiles,
        "scaling": put_scaling,
        "samples": put_samples,
        "start": put_start,
        "summary": put_summary,
        "targets": put_targets,
    }
)
"""Those that look at ``Subject.answers``."""
