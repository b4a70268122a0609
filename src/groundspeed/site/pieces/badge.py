"""``badge.svg``: whether performance is fine, in a picture for a README. Owns its words and colours.

A picture has no clock: it knows what was complained of when it was published, and cannot turn red later. So
it says when something was measured last, and in sight where it says that all is fine.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from groundspeed.site.pieces.targets import target_counts
from groundspeed.site.subject import Subject
from groundspeed.verdicts.complaints import Complaint, Kind

SUBJECT = "performance"
_LEFT = "#3d444d"  # with white: 9.7 to 1; AA asks for 4.5
_FINE, _BAD, _UNKNOWN = "#1a7f37", "#b3261e", "#57606a"  # with white: 5.1, 6.5, 6.4 to 1
_UNHEALTHY = "#8a5a00"  # 5.9 to 1
_CHARACTER = 6.7  # pixels: the mean width of a letter of Verdana at 11 px; textLength makes it exact
_MARGIN = 7


def badge(subject: Subject) -> bytes:
    """The picture. Its title, for a tooltip and for those who do not see it, says a little more."""
    text, colour = _verdict(subject)
    left, right = (round(len(words) * _CHARACTER) + 2 * _MARGIN for words in (SUBJECT, text))
    title = html.escape("; ".join([f"{SUBJECT}: {text}", *_more(subject)]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="{_LEFT}"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(SUBJECT, 0, left)}{_text(text, left, right)}</g></svg>\n"
    ).encode()


def _text(words: str, x: int, width: int) -> str:
    length = width - 2 * _MARGIN
    return f'<text x="{x + _MARGIN}" y="14" textLength="{length}">{html.escape(words)}</text>'


def _verdict(subject: Subject) -> tuple[str, str]:
    """That results are old before all, for what was found in them is as old; then open regressions, missed
    targets, and what else is complained of. Where none of these was looked for, that.
    """
    found, complaints, day = subject.answers.regressions, _complaints(subject), _measured_on(subject)
    if found is None:
        return "no data", _UNKNOWN
    if any(one.kind is Kind.RESULTS for one in complaints):
        return f"silent since {day or 'ever'}", _BAD
    if found.open:
        return _counted(len(found.open), "open regression"), _BAD
    missed = target_counts(subject.answers.targets)["fails"]
    if missed:
        return _counted(missed, "target") + " missed", _BAD
    return ("unhealthy", _UNHEALTHY) if complaints else (f"fine on {day}", _FINE)


def _more(subject: Subject) -> Iterator[str]:
    complaints, day = _complaints(subject), _measured_on(subject)
    if complaints:
        yield _counted(len(complaints), "complaint")
    if day:
        yield f"measured on {day}"


def _complaints(subject: Subject) -> Sequence[Complaint]:
    found = subject.answers.examination
    return () if found is None else found.complaints


def _measured_on(subject: Subject) -> str:
    """The day when something was measured last, on any machine; empty where nothing was."""
    newest = max((one.last.at for one in subject.answers.health if one.last is not None), default=None)
    return "" if newest is None else f"{newest:%Y-%m-%d}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
