"""What became of telling each channel: records, and how they are printed. Tells nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundspeed.nightly.notifying.wording import code
from groundspeed.report.table import Format, plain

SCHEMA = "groundspeed-told"
DRAFTS = "groundspeed-drafts"
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A channel was told: what was done there."""

    channel: str
    done: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NothingNew:
    """A channel knew everything."""

    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotSent:
    """A channel could not be told; it will be, with what comes until then."""

    channel: str
    reason: str


Outcome = Sent | NothingNew | NotSent


def render(outcomes: Sequence[Outcome], kind: Format) -> str:
    """A line for each channel; in JSON an object."""
    if kind is Format.JSON:
        return json.dumps(wire(outcomes), indent=2, ensure_ascii=False)
    lines = [plain(f"{one.channel}: {_said(one)}") for one in outcomes]
    return "\n".join(f"- {code(line)}" if kind is Format.MARKDOWN else line for line in lines)


def wire(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes as JSON, also for the summary of a night."""
    return {"schema": SCHEMA, "version": VERSION, "channels": [_one(one) for one in outcomes]}


def render_drafts(drafts: Mapping[str, str], kind: Format) -> str:
    """What would be sent, channel by channel."""
    if kind is Format.JSON:
        return json.dumps({"schema": DRAFTS, "version": VERSION, "drafts": dict(drafts)}, indent=2)
    heads = "### " if kind is Format.MARKDOWN else "--- "
    return "\n\n".join(f"{heads}{name}\n\n{text.rstrip() or 'nothing new'}" for name, text in drafts.items())


def _said(one: Outcome) -> str:
    match one:
        case Sent():
            return "; ".join(one.done)
        case NothingNew():
            return "nothing new"
        case NotSent():
            return f"not told: {one.reason}"


def _one(one: Outcome) -> dict[str, Any]:
    match one:
        case Sent():
            return {"channel": one.channel, "state": "sent", "done": list(one.done)}
        case NothingNew():
            return {"channel": one.channel, "state": "nothing_new"}
        case NotSent():
            return {"channel": one.channel, "state": "not_sent", "reason": one.reason}
