"""The Atom feed of confirmed regressions (RFC 4287). Owns what is news: what was measured again and is so.

What the history alone suspects is not in it: a reader of a feed cannot take an alarm back. Ids are made of
the regression's own id, which outlives new data; links are relative to the feed, which lies beside the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from groundspeed.site.pieces.groups import factor
from groundspeed.site.subject import Subject
from groundspeed.verdicts.groups import Affected, Group, State
from groundspeed.verdicts.regressions import text_of
from groundspeed.verdicts.triage import Ruling

ENTRIES = 50
"""The newest regressions: readers keep what they have seen."""

_CASES = 10  # of an entry
_ATOM = "http://www.w3.org/2005/Atom"
_TAG = "tag:groundspeed,2026"  # RFC 4151: who mints the ids, and since when
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def feed(subject: Subject) -> bytes:
    """The feed, the newest regression first."""
    found = subject.answers.regressions
    groups = [group for group in found.groups if group.state is State.CONFIRMED] if found else []
    newest = sorted(groups, key=lambda group: _updated(group, subject), reverse=True)[:ENTRIES]
    project = subject.project.name
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", _name(subject))
    _add(root, "title", f"{project}: confirmed regressions")
    _add(root, "updated", _time(_updated(newest[0], subject) if newest else _newest_commit(subject)))
    ET.SubElement(root, "link", {"rel": "self", "href": "feed.atom"})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": "./"})
    _add(ET.SubElement(root, "author"), "name", project or "groundspeed")
    _add(root, "generator", "groundspeed")
    for group in newest:
        root.append(_entry(group, subject))
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _entry(group: Group, subject: Subject) -> ET.Element:
    worst = max(group.counted, key=lambda one: one.size)
    many = f" and {len(group.counted) - 1:,} more" if len(group.counted) > 1 else ""
    title = f"{factor(worst):.3g}× worse: {text_of(worst.step.key)}{many} on {', '.join(group.machines)}"
    entry = ET.Element("entry")
    _add(
        entry, "id", f"{_TAG}:{quote(subject.project.name, safe='', errors='replace')}/regression/{group.id}"
    )
    _add(entry, "title", title)
    _add(entry, "updated", _time(_updated(group, subject)))
    _add(entry, "published", _time(_date(group.range.head, subject)))
    href = f"./#/regressions?id={quote(group.id, safe='')}"
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": href})
    _add(entry, "summary", "\n".join([_where(group, subject), *_cases(group.counted)]))
    return entry


def _name(subject: Subject) -> str:
    """The tag of the project's feed."""
    return f"{_TAG}:{quote(subject.project.name, safe='', errors='replace')}"


def _where(group: Group, subject: Subject) -> str:
    commit = subject.commits.get(group.range.head)
    said = f": {commit.subject}" if commit else ""
    return f"Between {group.range.base[:10]} and {group.range.head[:10]}{said}"


def _cases(affected: Sequence[Affected]) -> list[str]:
    lines = [
        f"{factor(one):.3g}×  {text_of(one.step.key)}  {one.step.key.machine}" for one in affected[:_CASES]
    ]
    left = len(affected) - len(lines)
    return [*lines, *([f"and {left:,} more"] if left else [])]


def _updated(group: Group, subject: Subject) -> datetime:
    """The newest thing in it: the measurement that confirmed it, else its commit."""
    confirmed = [one.at for one in group.decisions if one.ruling is Ruling.CONFIRMED]
    return max([_date(group.range.head, subject), *confirmed])


def _newest_commit(subject: Subject) -> datetime:
    return max(subject.timeline.dates.values(), default=datetime(1970, 1, 1, tzinfo=UTC))


def _date(commit: str, subject: Subject) -> datetime:
    return subject.timeline.dates[commit]


def _time(moment: datetime) -> str:
    """RFC 3339."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: ET.Element, tag: str, text: str) -> None:
    """Text, without the characters that XML has no way to write."""
    ET.SubElement(parent, tag).text = _NOT_XML.sub("\ufffd", text)
