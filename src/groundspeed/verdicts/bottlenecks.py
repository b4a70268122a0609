"""Where cases spend their time or memory, by the profiles that the results hold. Owns which profile counts.

Of each case and kind it is the newest one of the machine at a commit or before. Measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from groundspeed.records import Case
from groundspeed.results.profiles import StoredProfile, stem_of
from groundspeed.results.speedscope import Profile, ProfileFormatError, read_profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Bottleneck:
    """A case's profile of a ``kind`` (cpu, alloc, …), taken at ``commit``."""

    case: str
    kind: str
    commit: str
    profile: Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Bottlenecks:
    """By case and kind; ``notices`` name files that are no profiles."""

    found: tuple[Bottleneck, ...]
    notices: tuple[str, ...]


def bottlenecks(
    stored: Iterable[StoredProfile], cases: Iterable[Case], order: Sequence[str], commit: str
) -> Bottlenecks:
    """Of a machine's ``stored`` profiles those of ``cases``; ``order`` is the history, oldest first."""
    texts = {stem_of(case): str(case) for case in cases}
    newest = _newest(stored, order[: order.index(commit) + 1])
    found, notices = [], []
    for one, at in newest:
        if one.stem not in texts:
            continue
        try:
            profile = read_profile(one.path)
        except ProfileFormatError as error:
            notices.append(str(error))
            continue
        found.append(Bottleneck(case=texts[one.stem], kind=one.kind, commit=at, profile=profile))
    return Bottlenecks(found=tuple(found), notices=tuple(notices))


def _newest(stored: Iterable[StoredProfile], order: Sequence[str]) -> list[tuple[StoredProfile, str]]:
    """Of each case and kind, with the commit's whole hash."""
    place_of: Mapping[str, int] = {name[:8]: place for place, name in enumerate(order)}
    newest: dict[tuple[str, str], StoredProfile] = {}
    for one in stored:
        if one.commit not in place_of:
            continue
        before = newest.get((one.stem, one.kind))
        if before is None or place_of[before.commit] < place_of[one.commit]:
            newest[one.stem, one.kind] = one
    return [(newest[key], order[place_of[newest[key].commit]]) for key in sorted(newest)]
