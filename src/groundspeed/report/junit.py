"""JUnit XML as continuous integration reads it: one suite of test cases. Owns the format, knows no gate.

The elements and attributes that Jenkins' xunit schema, GitLab and the actions of GitHub have in common.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

# What XML 1.0 (section 2.2) does not allow, however it is escaped.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class JunitCase:
    """One test case; at most one of the three texts is not empty. Without any it passed."""

    classname: str
    name: str
    seconds: float
    failure: str = ""
    error: str = ""
    skipped: str = ""

    def but(self, *, failure: str = "", error: str = "", skipped: str = "") -> JunitCase:
        """The same case with another end."""
        return replace(self, failure=failure, error=error, skipped=skipped)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """All cases of a run."""

    name: str
    cases: tuple[JunitCase, ...]
    properties: Mapping[str, str]
    seconds: float


def render_suite(suite: Suite) -> str:
    """The XML, with a declaration, indented."""
    root = ET.Element("testsuites", _counts(suite))
    one = ET.SubElement(root, "testsuite", {"name": _clean(suite.name), **_counts(suite)})
    properties = ET.SubElement(one, "properties")
    for name, value in suite.properties.items():
        ET.SubElement(properties, "property", {"name": _clean(name), "value": _clean(value)})
    for case in suite.cases:
        _add(one, case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'


def _counts(suite: Suite) -> dict[str, str]:
    return {
        "tests": str(len(suite.cases)),
        "failures": str(sum(bool(one.failure) for one in suite.cases)),
        "errors": str(sum(bool(one.error) for one in suite.cases)),
        "skipped": str(sum(bool(one.skipped) for one in suite.cases)),
        "time": f"{suite.seconds:.3f}",
    }


def _add(parent: ET.Element, case: JunitCase) -> None:
    element = ET.SubElement(
        parent,
        "testcase",
        {"classname": _clean(case.classname), "name": _clean(case.name), "time": f"{case.seconds:.9f}"},
    )
    for kind, text in (("failure", case.failure), ("error", case.error), ("skipped", case.skipped)):
        if text:
            end = ET.SubElement(element, kind, {"message": _clean(text)})
            if kind != "skipped":
                end.set("type", kind)
                end.text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
