"""How a finding is made: one word for each severity."""

from __future__ import annotations

from groundspeed.records import Finding, Severity


def fine(check: str, seen: str) -> Finding:
    """Nothing to do."""
    return Finding(check=check, severity=Severity.FINE, seen=seen, advice="")


def note(check: str, seen: str, advice: str) -> Finding:
    """Worth knowing: measuring is possible and a little worse for it."""
    return Finding(check=check, severity=Severity.NOTE, seen=seen, advice=advice)


def unfit(check: str, seen: str, advice: str) -> Finding:
    """What is measured here now cannot be trusted."""
    return Finding(check=check, severity=Severity.UNFIT, seen=seen, advice=advice)


def unknown(check: str, why: str, advice: str = "") -> Finding:
    """The host does not say; ``why`` not."""
    return Finding(check=check, severity=Severity.UNKNOWN, seen=why, advice=advice)
