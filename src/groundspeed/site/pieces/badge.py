"""``badge.svg``: whether performance is fine, in a picture for a README. Owns its words and colours."""

from __future__ import annotations

import html

from groundspeed.site.pieces.targets import target_counts
from groundspeed.site.subject import Subject

SUBJECT = "performance"
_LEFT = "#3d444d"  # with white: 9.7 to 1; AA asks for 4.5
_FINE, _BAD, _UNKNOWN = "#1a7f37", "#b3261e", "#57606a"  # with white: 5.1, 6.5, 6.4 to 1
_CHARACTER = 6.7  # pixels: the mean width of a letter of Verdana at 11 px; textLength makes it exact
_MARGIN = 7


def badge(subject: Subject) -> bytes:
    """The picture. Its text is its title too, for those who do not see it."""
    text, colour = _verdict(subject)
    left, right = (round(len(words) * _CHARACTER) + 2 * _MARGIN for words in (SUBJECT, text))
    title = html.escape(f"{SUBJECT}: {text}")
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
    """Open regressions before missed targets; where neither was looked for, that."""
    found = subject.answers.regressions
    if found is None:
        return "no data", _UNKNOWN
    if found.open:
        return _counted(len(found.open), "open regression"), _BAD
    missed = target_counts(subject.answers.targets)["fails"]
    return (_counted(missed, "target") + " missed", _BAD) if missed else ("fine", _FINE)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
