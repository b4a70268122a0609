"""What sessions say of cases without a value, as JSON and back: what an archive needs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from groundspeed.results.unmeasured import Attempt, Attempted, Carried, Unmeasured


def unmeasured_to_wire(one: Unmeasured) -> dict[str, Any] | None:
    """Lists in place of keys that are tuples; None where nothing is said."""
    if not one.texts and not one.carried:
        return None
    return {
        "texts": [[*attempt, text] for attempt, text in one.texts.items()],
        "carried": [
            [*attempted, carried] for attempted, found in one.carried.items() for carried in found.values()
        ],
    }


def unmeasured_from_wire(wire: Mapping[str, Any]) -> Unmeasured:
    """What ``unmeasured_to_wire`` made."""
    carried: dict[Attempted, dict[str, Carried]] = {}
    for attempted, one in _carried(wire["carried"]):
        carried.setdefault(attempted, {})[one.commit] = one
    return Unmeasured(texts=dict(_texts(wire["texts"])), carried=carried, warnings=())


def _texts(wire: list[list[Any]]) -> Iterator[tuple[Attempt, str]]:
    for machine, environment, commit, name, params, text in wire:
        yield (machine, environment, commit, name, None if params is None else tuple(params)), text


def _carried(wire: list[list[Any]]) -> Iterator[tuple[Attempted, Carried]]:
    for machine, environment, name, version, params, one in wire:
        made = Carried(
            commit=one["commit"], date=datetime.fromisoformat(one["date"]), measured_at=one["measured_at"]
        )
        yield (machine, environment, name, version, tuple(params)), made
