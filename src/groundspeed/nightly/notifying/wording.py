"""News as plain text, Markdown, JSON and a chat's message: values to text. Sends nothing.

What a commit's author or a benchmark's name says is never markup: in Markdown it stands in code, where
nobody is mentioned and nothing is linked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from groundspeed.nightly.notifying.news import Affected, Change, Event, Missed, News, Regression
from groundspeed.report.table import plain

SCHEMA = "groundspeed-news"
VERSION = 1

LISTED = 20
"""Regressions in a message for people: a first night may find years of them. JSON has all."""

SERIES = 5
"""Of a regression in such a message, the most pressing; an issue, which is of one alone, has all it knows."""

CHAT = 3000  # characters: what a block of Slack's holds (block kit, section)
_TITLES = {
    Change.CONFIRMED: "Confirmed regressions",
    Change.NEW: "New suspicions",
    Change.RECOVERED: "Recovered",
    Change.ACKNOWLEDGED: "Acknowledged",
    Change.WITHDRAWN: "Measured again and not confirmed",
    Change.GONE: "Not found any more, and nothing says why",
}


def summary(news: News) -> str:
    """``sample: 1 confirmed, 2 new; 1 target missed``: what the subject of a mail says."""
    counts = Counter(one.change for one in news.events)
    parts = [", ".join(f"{counts[change]} {change}" for change in Change if counts[change])]
    parts += [_some(len(news.missed), "target missed", "targets missed")]
    parts += [_some(len(news.kept), "target kept again", "targets kept again")]
    parts += [_some(len(news.troubles), "trouble", "troubles")]
    parts += [_some(len(news.healed), "trouble over", "troubles over")]
    return plain(f"{news.now.project}: {'; '.join(part for part in parts if part) or 'nothing new'}")


# --- plain text -------------------------------------------------------------------------------------


def text(news: News) -> str:
    """A mail's text."""
    blocks = [summary(news)]
    blocks += [
        "\n".join([title, *(line for event in events for line in _event_lines(event))])
        for title, events in _by_change(news)
    ]
    blocks += ["\n".join([title, *(f"  {plain(line)}" for line in lines)]) for title, lines in _further(news)]
    return "\n\n".join([*blocks, *_closing(news)]) + "\n"


def _event_lines(event: Event) -> list[str]:
    one = event.regression
    lines = [
        f"  {one.id}  {' '.join(filter(None, [one.where, one.subject]))}",
        *(f"    {'  '.join(filter(None, [_where(each), each.case]))}" for each in one.cases),
        *(f"    {line}" for line in _remarks(one)),
    ]
    return [plain(line) for line in lines]


def _where(one: Affected) -> str:
    return "  ".join(filter(None, [one.change, one.levels, one.machine]))


def _remarks(one: Regression) -> list[str]:
    left = one.count - len(one.cases)
    return [
        *([f"and {left:,} more series"] if left > 0 else []),
        *([f"back at the old level since {one.fixed[:10]}"] if one.fixed else []),
        *([one.note] if one.note else []),
    ]


# --- Markdown ---------------------------------------------------------------------------------------


def markdown(news: News) -> str:
    """The news for a page that shows Markdown."""
    blocks = [f"**{code(summary(news))}**"]
    for title, events in _by_change(news):
        blocks += [f"### {title}", *(_event_markdown(one.regression) for one in events)]
    for title, lines in _further(news):
        blocks += [f"### {title}", "\n".join(f"- {code(line)}" for line in lines)]
    return "\n\n".join([*blocks, *_closing(news)]) + "\n"


def _event_markdown(one: Regression) -> str:
    head = " ".join(filter(None, [code(one.id), code(one.where), code(one.subject) if one.subject else ""]))
    return "\n".join([f"- {head}", *(f"  - {line}" for line in case_lines(one))])


def case_lines(one: Regression) -> list[str]:
    """The series of a regression and what is said of it, a line of Markdown each."""
    cases = [
        " ".join(filter(None, [code(each.case), ", ".join(filter(None, [_how(each), _on(each)]))]))
        for each in one.cases
    ]
    return [*cases, *(code(line) for line in _remarks(one))]


def _how(one: Affected) -> str:
    return f"{one.change}, {one.levels}" if one.change else ""


def _on(one: Affected) -> str:
    return f"on {code(one.machine)}" if one.machine else ""


def code(words: str) -> str:
    """Words as a code span (CommonMark 6.1): fenced by more backticks than they have in a row."""
    shown = plain(words)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if "`" in shown or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


# --- for programs -----------------------------------------------------------------------------------


def wire(news: News) -> dict[str, Any]:
    """The body of a webhook: docs/notifications.md. ``id`` is the same for the same news."""
    body = {
        "schema": SCHEMA,
        "version": VERSION,
        "project": news.now.project,
        "page": news.now.page or None,
        "summary": summary(news),
        "open": news.open,
        "regressions": [_event_wire(one) for one in news.events],
        "targets": {"missed": [_missed_wire(one) for one in news.missed], "kept": list(news.kept)},
        "health": {
            "troubles": [{"key": one.key, "sentence": one.sentence} for one in news.troubles],
            "healed": list(news.healed),
        },
    }
    content = json.dumps(body, sort_keys=True).encode()
    return {**body, "id": hashlib.blake2b(content, digest_size=8).hexdigest()}


def chat(news: News) -> dict[str, str]:
    """The body of Slack's incoming webhooks: its three control characters escaped, its length bounded."""
    said = text(news).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": said if len(said) <= CHAT else f"{said[: CHAT - 1].rpartition(chr(10))[0]}\n…"}


def _event_wire(event: Event) -> dict[str, Any]:
    one = event.regression
    return {
        "change": str(event.change),
        "id": one.id,
        "state": str(one.state),
        "base": one.base,
        "head": one.head,
        "culprit": one.culprit or None,
        "subject": one.subject or None,
        "machines": list(one.machines),
        "series": one.count,
        "cases": [
            {"case": each.case, "machine": each.machine, "change": each.change, "levels": each.levels}
            for each in one.cases
        ],
        "recovered": one.fixed or None,
        "note": one.note or None,
    }


def _missed_wire(one: Missed) -> dict[str, str]:
    return {
        "machine": one.machine,
        "subject": one.subject,
        "limit": one.limit,
        "value": one.value,
        "since": one.since,
    }


# --- what they share --------------------------------------------------------------------------------


def _by_change(news: News) -> list[tuple[str, list[Event]]]:
    shown = [
        replace(one, regression=replace(one.regression, cases=one.regression.cases[:SERIES]))
        for one in news.events[:LISTED]
    ]
    found = [(_TITLES[change], [one for one in shown if one.change is change]) for change in Change]
    return [(title, events) for title, events in found if events]


def _further(news: News) -> list[tuple[str, list[str]]]:
    missed = [
        f"{one.key}: it is {', '.join(filter(None, [one.value, one.since]))}" for one in news.missed[:LISTED]
    ]
    found: Sequence[tuple[str, list[str]]] = (
        ("Targets missed", missed),
        ("Targets kept again", list(news.kept[:LISTED])),
        ("Not well", [one.sentence for one in news.troubles[:LISTED]]),
        ("Well again", list(news.healed[:LISTED])),
    )
    return [(title, lines) for title, lines in found if lines]


def _closing(news: News) -> list[str]:
    lists = (news.events, news.missed, news.kept, news.troubles, news.healed)
    left = sum(max(0, len(one) - LISTED) for one in lists)
    more = [f"And {left:,} more: groundspeed regressions, groundspeed targets."] if left else []
    return [*more, f"Open now: {news.open:,}.{f' {news.now.page}' if news.now.page else ''}"]


def _some(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""
