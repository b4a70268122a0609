"""What is new since somebody was told last: a pure function of what was told and what is so now.

Owns what counts as news. A suspicion is told once and once more when it is confirmed; what was never told
as open is not told as closed. Knows no channel, no file and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.verdicts.groups import OPEN, State


class Change(StrEnum):
    """What became of a regression since it was told last, the most pressing first.

    ``gone``: the history shows it no more, and nothing says why: no recovery was measured.
    """

    CONFIRMED = "confirmed"
    NEW = "new"
    RECOVERED = "recovered"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "not confirmed"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Affected:
    """A series in words: ``case`` with its metric, ``change`` and ``levels`` as a reader wants them."""

    case: str
    machine: str
    change: str
    levels: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Regression:
    """A group of ``verdicts.groups`` in words. It lies in (``base``, ``head``]; ``culprit`` is the commit
    where one is named, else empty, and ``subject`` is its or ``head``'s first line.

    ``cases`` are the most pressing of ``count`` series; ``fixed`` is where it recovered, ``note`` what was
    said when it was decided, each empty where there is none.
    """

    id: str
    state: State
    base: str
    head: str
    culprit: str
    subject: str
    machines: tuple[str, ...]
    cases: tuple[Affected, ...]
    count: int
    fixed: str
    note: str

    @property
    def where(self) -> str:
        """The commit, or the range: ``1f0c9a3e12`` or ``1f0c9a3e..77aa12bc``."""
        return self.culprit[:10] if self.culprit else f"{self.base[:8]}..{self.head[:8]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """A target that fails: the ``value`` of ``subject`` against ``limit``, and since when."""

    machine: str
    subject: str
    limit: str
    value: str
    since: str

    @property
    def key(self) -> str:
        """The same as long as the target is."""
        return f"{self.machine}: {self.subject} {self.limit}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Something that is not well. ``key`` stays the same from night to night; the ``sentence`` may not."""

    key: str
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """How things stand. ``order`` are the commits, oldest first; ``page`` is the site's address or empty."""

    project: str
    page: str
    order: tuple[str, ...]
    regressions: tuple[Regression, ...]
    missed: tuple[Missed, ...]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldRegression:
    """A regression as it was told: enough to know it again when new data gave it another id."""

    id: str
    state: State
    base: str
    head: str
    cases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a channel was told; ``missed`` and ``troubles`` are keys."""

    regressions: tuple[ToldRegression, ...] = ()
    missed: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What became of a regression."""

    change: Change
    regression: Regression


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What is to be told: events with the most pressing change first, within it as the history ranks them.

    ``kept`` and ``healed`` are keys of what was told as missed and as trouble and is so no more; ``now`` is
    how things stand, told or not.
    """

    now: Present
    events: tuple[Event, ...]
    missed: tuple[Missed, ...]
    kept: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    healed: tuple[str, ...]

    @property
    def open(self) -> int:
        """How many regressions are open now."""
        return sum(one.state in OPEN for one in self.now.regressions)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.events or self.missed or self.kept or self.troubles or self.healed)


def news_of(before: Told, now: Present) -> News:
    """What ``now`` has that was not told ``before``."""
    matched = _matched(before, now)
    events = [
        Event(change=change, regression=one)
        for one in now.regressions
        if (change := change_of(matched[one.id].state if one.id in matched else None, one.state))
    ]
    known = {one.id for one in matched.values()}
    lost = [one for one in before.regressions if one.id not in known and one.state in OPEN]
    events += [Event(change=Change.GONE, regression=_remembered(one)) for one in lost]
    rank = list(Change)
    missed, troubles = {one.key for one in now.missed}, {one.key for one in now.troubles}
    return News(
        now=now,
        events=tuple(sorted(events, key=lambda one: rank.index(one.change))),
        missed=tuple(one for one in now.missed if one.key not in before.missed),
        kept=tuple(key for key in before.missed if key not in missed),
        troubles=tuple(one for one in now.troubles if one.key not in before.troubles),
        healed=tuple(key for key in before.troubles if key not in troubles),
    )


def told_of(before: Told, now: Present) -> Told:
    """What is told when the news of ``before`` and ``now`` has arrived.

    What was never open for the reader is not remembered: a history of years would fill the file.
    """
    matched = _matched(before, now)
    return Told(
        regressions=tuple(
            ToldRegression(
                id=one.id,
                state=one.state,
                base=one.base,
                head=one.head,
                cases=tuple(dict.fromkeys(each.case for each in one.cases)),
            )
            for one in now.regressions
            if one.state in OPEN or one.id in matched
        ),
        missed=tuple(one.key for one in now.missed),
        troubles=tuple(one.key for one in now.troubles),
    )


def change_of(before: State | None, now: State) -> Change | None:
    """What is told of a regression that was told as ``before`` (None: never); None: nothing.

    A confirmation that was taken back is no news, for the regression is still open.
    """
    if before is now:
        return None
    match now:
        case State.CONFIRMED:
            return Change.CONFIRMED
        case State.SUSPECTED:
            return None if before is State.CONFIRMED else Change.NEW
        case State.RECOVERED:
            return Change.RECOVERED if before in OPEN | {State.ACKNOWLEDGED} else None
        case State.ACKNOWLEDGED:
            return Change.ACKNOWLEDGED if before in OPEN else None
        case State.NOT_CONFIRMED:
            return Change.WITHDRAWN if before in OPEN else None


def _matched(before: Told, now: Present) -> Mapping[str, ToldRegression]:
    """Those of now by id, each with what it was told as: by its id, else by range and a case in common.

    Each told one stands for one of now at most: where a group fell in two, the second is new.
    """
    place_of = {commit: place for place, commit in enumerate(now.order)}
    told = {one.id: one for one in before.regressions}
    found = {one.id: told.pop(one.id) for one in now.regressions if one.id in told}
    for one in now.regressions:
        if one.id in found:
            continue
        same = [each for each in told.values() if _is_same(each, one, place_of)]
        if same:
            found[one.id] = told.pop(same[0].id)
    return found


def _is_same(told: ToldRegression, one: Regression, place_of: Mapping[str, int]) -> bool:
    if not {told.base, told.head, one.base, one.head} <= place_of.keys():
        return False
    overlaps = place_of[told.base] < place_of[one.head] and place_of[one.base] < place_of[told.head]
    return overlaps and not set(told.cases).isdisjoint(each.case for each in one.cases)


def _remembered(told: ToldRegression) -> Regression:
    """What is left of a regression that is not found any more."""
    return Regression(
        id=told.id,
        state=told.state,
        base=told.base,
        head=told.head,
        culprit="",
        subject="",
        machines=(),
        cases=tuple(Affected(case=case, machine="", change="", levels="") for case in told.cases),
        count=len(told.cases),
        fixed="",
        note="",
    )
