"""Which of the profiles that the results hold speak of a case: of each kind the newest one of the machine at
a commit or before. Measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.records import Case
from groundspeed.results.profiles import StoredProfile, stem_of
from groundspeed.results.speedscope import Profile, ProfileFormatError, read_profile


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileFile:
    """A case's newest profile of a ``kind`` (cpu, memory, …), taken at ``commit``."""

    case: str
    kind: str
    commit: str
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseProfile:
    """The same, read."""

    case: str
    kind: str
    commit: str
    profile: Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseProfiles:
    """By case and kind; ``notices`` name files that are no profiles."""

    found: tuple[CaseProfile, ...]
    notices: tuple[str, ...]


def newest_files(
    stored: Iterable[StoredProfile], texts: Mapping[str, str], order: Sequence[str], commit: str
) -> tuple[ProfileFile, ...]:
    """Of a machine's ``stored`` profiles those of the cases whose ``texts`` are given, by the name in a file;
    ``order`` is the history, oldest first.
    """
    place_of: Mapping[str, int] = {
        name[:8]: place for place, name in enumerate(order[: order.index(commit) + 1])
    }
    newest: dict[tuple[str, str], StoredProfile] = {}
    for one in stored:
        if one.commit not in place_of or one.stem not in texts:
            continue
        before = newest.get((one.stem, one.kind))
        if before is None or place_of[before.commit] < place_of[one.commit]:
            newest[one.stem, one.kind] = one
    return tuple(
        ProfileFile(case=texts[stem], kind=kind, commit=order[place_of[one.commit]], path=one.path)
        for (stem, kind), one in sorted(newest.items())
    )


def case_profiles(
    stored: Iterable[StoredProfile], cases: Iterable[Case], order: Sequence[str], commit: str
) -> CaseProfiles:
    """What the files of ``cases`` hold."""
    found, notices = [], []
    for one in newest_files(stored, {stem_of(case): str(case) for case in cases}, order, commit):
        try:
            profile = read_profile(one.path)
        except ProfileFormatError as error:
            notices.append(str(error))
            continue
        found.append(CaseProfile(case=one.case, kind=one.kind, commit=one.commit, profile=profile))
    return CaseProfiles(found=tuple(found), notices=tuple(notices))
