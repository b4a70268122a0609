"""What others read of a site: the feed by RFC 4287, the badge and its words, the summary by its schema."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from groundspeed.config.health import HealthConfig
from groundspeed.site.pieces import summary as summaries
from groundspeed.site.pieces.badge import badge
from groundspeed.site.pieces.feed import feed
from groundspeed.site.pieces.summary import summary
from groundspeed.site.publish import publish
from groundspeed.site.subject import Subject
from groundspeed.stats.control import NoDrift
from groundspeed.verdicts.complaints import Known, judge
from groundspeed.verdicts.groups import State
from groundspeed.verdicts.health import Health
from tests.schemas import faults
from tests.site_answers import COUNTED, PUBLISHED, Answered, answered
from tests.site_archives import HOSTILE, small_archive, subject

ATOM = "{http://www.w3.org/2005/Atom}"
ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((Path(summaries.__file__).parent / "summary.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    return answered(tmp_path_factory.mktemp("project"))


def renamed(made: Subject, name: str) -> Subject:
    return dataclasses.replace(made, project=dataclasses.replace(made.project, name=name))


def with_states(made: Subject, state: State | None) -> Subject:
    """Every regression in a state; None: there is none."""
    found = made.answers.regressions
    assert found is not None
    groups = tuple(
        dataclasses.replace(
            group, affected=tuple(dataclasses.replace(one, state=state) for one in group.affected)
        )
        for group in found.groups
        if state is not None
    )
    answers = dataclasses.replace(made.answers, regressions=dataclasses.replace(found, groups=groups))
    return dataclasses.replace(made, answers=answers)


# --- the feed ---------------------------------------------------------------------------------------


def texts(element: ET.Element, tag: str) -> list[str]:
    return [one.text or "" for one in element.findall(f"{ATOM}{tag}")]


def checked(content: bytes) -> ET.Element:
    """What RFC 4287 requires: 4.1.1 of a feed, 4.1.2 of an entry, 4.2.6 and 4.2.7 of ids and links."""
    root = ET.fromstring(content)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            (text,) = texts(element, tag)
            assert text
        (identity,) = texts(element, "id")
        assert re.fullmatch(r"tag:[a-z]+,\d{4}:[A-Za-z0-9%._~/-]+", identity)
        for when in (*texts(element, "updated"), *texts(element, "published")):
            assert datetime.fromisoformat(when).tzinfo is not None
    assert [each.findall(f"{ATOM}name")[0].text for each in root.findall(f"{ATOM}author")] != []
    rels = [one.get("rel") for one in root.findall(f"{ATOM}link")]
    assert sorted(filter(None, rels)) == ["alternate", "self"]
    for entry in root.findall(f"{ATOM}entry"):
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("rel") == "alternate"
        assert not urlsplit(link.get("href") or "").netloc
    return root


def test_the_feed_has_confirmed_regressions_and_nothing_else(made: Answered) -> None:
    root = checked(feed(made.subject))
    (entry,) = root.findall(f"{ATOM}entry")
    found = made.subject.answers.regressions
    assert found is not None
    (group,) = [one for one in found.groups if one.state is State.CONFIRMED]
    assert texts(entry, "id") == [f"tag:groundspeed,2026:dromedary/regression/{group.id}"]
    assert texts(entry, "title") == [f"1.6× worse: {COUNTED} on camel"]
    assert entry.findall(f"{ATOM}link")[0].get("href") == f"./#/regressions?id={group.id}"
    assert texts(entry, "published") == ["2025-02-01T12:00:00Z"]  # its commit
    assert texts(entry, "updated") == texts(root, "updated") == ["2025-03-02T12:00:00Z"]  # the decision
    (said,) = texts(entry, "summary")
    assert said.splitlines() == [
        f"Between {made.commits[30][:10]} and {made.commits[31][:10]}: Count {HOSTILE}",
        f"1.6×  {COUNTED}  camel",
    ]
    assert HOSTILE.encode() not in feed(made.subject)


@pytest.mark.parametrize("state", [None, State.SUSPECTED, State.RECOVERED, State.ACKNOWLEDGED])
def test_a_feed_without_news_is_a_feed(made: Answered, state: State | None) -> None:
    root = checked(feed(with_states(made.subject, state)))
    assert root.findall(f"{ATOM}entry") == []
    assert texts(root, "updated") == ["2025-02-09T12:00:00Z"]  # the newest commit


def test_the_newest_news_come_first(made: Answered) -> None:
    root = checked(feed(with_states(made.subject, State.CONFIRMED)))
    times = [texts(entry, "updated")[0] for entry in root.findall(f"{ATOM}entry")]
    assert len(times) == 5
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("name", [HOSTILE, "a\x00b\x1b[31m\ud800 & ]]>", "Füße 🐪"])
def test_a_feed_of_a_hostile_name_is_well_formed(made: Answered, name: str) -> None:
    root = checked(feed(renamed(made.subject, name)))
    (title,) = texts(root, "title")
    assert title.startswith(re.sub("[\x00\x1b\ud800]", "\ufffd", name))


# --- the badge --------------------------------------------------------------------------------------


def said(content: bytes) -> str:
    root = ET.fromstring(content)
    title = root.findtext("{http://www.w3.org/2000/svg}title")
    assert root.get("aria-label") == title
    shown = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert (title or "").startswith(": ".join(filter(None, shown)))
    return title or ""


def examined(made: Subject, *machines: Health, at: datetime = PUBLISHED) -> Subject:
    """With these machines, and no attempt at anything, at a moment."""
    known = Known(rule=HealthConfig(silent_s=None, retired=(), known=()), removed=())
    answers = dataclasses.replace(made.answers, examination=judge(machines, (), known, at))
    return dataclasses.replace(made, answers=answers)


def without_targets(made: Subject) -> Subject:
    return dataclasses.replace(made, answers=dataclasses.replace(made.answers, targets=()))


def test_the_badge_says_how_it_stands(made: Answered) -> None:
    """Five complaints: oryx is silent, the last deployment failed, camel changed, one fails, one vanished."""
    more = "; 5 complaints; measured on 2025-02-10"
    assert said(badge(made.subject)) == f"performance: 2 open regressions{more}"
    assert said(badge(with_states(made.subject, State.RECOVERED))) == f"performance: 1 target missed{more}"
    met = without_targets(with_states(made.subject, None))
    assert said(badge(met)) == f"performance: unhealthy{more}"
    assert said(badge(subject(small_archive()))) == "performance: no data"


def test_the_badge_turns_red_when_nothing_is_measured_any_more(made: Answered) -> None:
    """Camel measures every 8 days: 32 days of silence are in order. Then its regressions are old as well."""
    camel = dataclasses.replace(
        made.subject.answers.health[0], failing=(), vanished=(), control=NoDrift(sessions=1)
    )
    last = datetime(2025, 2, 10, 20, tzinfo=UTC)
    met = without_targets(with_states(made.subject, None))
    before = badge(examined(met, camel, at=last + timedelta(days=32, seconds=-1)))
    assert said(before) == "performance: fine on 2025-02-10; measured on 2025-02-10"
    assert before == badge(examined(met, camel, at=last))  # no clock is in it as long as all is fine
    for one in (met, made.subject):
        after = badge(examined(one, camel, at=last + timedelta(days=32)))
        assert said(after) == "performance: silent since 2025-02-10; 2 complaints; measured on 2025-02-10"
    never = dataclasses.replace(camel, last=None)
    assert said(badge(examined(met, never))) == "performance: silent since ever; 2 complaints"


def test_white_on_the_badges_colours_meets_aa(made: Answered) -> None:
    """WCAG 2.2, relative luminance and contrast ratio; 4.5 for text of this size."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    met = without_targets(with_states(made.subject, None))
    subjects = (made.subject, met, examined(met, made.subject.answers.health[0]), subject(small_archive()))
    colours = {colour for one in subjects for colour in re.findall(r'fill="(#\w{6})"', badge(one).decode())}
    assert len(colours) == 4
    assert all(1.05 / (luminance(colour) + 0.05) >= 4.5 for colour in colours)


# --- the summary ------------------------------------------------------------------------------------


def test_the_checker_finds_faults() -> None:
    broken = {"schema": "other", "version": 1, "project": {"name": 1}, "regressions": {"suspected": -1}}
    found = faults(broken, SCHEMA)
    assert {"$ lacks targets", "$.schema is not groundspeed-summary", "$.project lacks url"} <= set(found)
    assert {"$.project.name is no string", "$.regressions.suspected is too small"} <= set(found)


def test_the_summary_keeps_its_schema_and_says_how_it_stands(made: Answered) -> None:
    found = json.loads(summary(made.subject))
    assert faults(found, SCHEMA) == []
    assert found["regressions"] == {
        "suspected": 1,
        "confirmed": 1,
        "not_confirmed": 1,
        "acknowledged": 1,
        "recovered": 1,
    }
    assert found["improvements"]["suspected"] == 2
    assert found["targets"] == {"holds": 5, "fails": 1, "inconclusive": 1, "missing": 3}
    assert found["newest_commit"]["hash"] == made.commits[-1]
    camel, oryx = found["machines"]
    assert (camel["vanished"], camel["failing"], camel["control"]) == (["old.time_gone"], 1, "drifting")
    assert camel["stale_at"] == "2025-03-14T20:00:00+00:00"
    assert oryx["control"] == "unknown"
    assert [(one["kind"], one["machine"], one["as_of"]) for one in found["complaints"]] == [
        ("machine is silent", "oryx", "2025-02-11T20:00:00+00:00"),
        ("not published", None, "2025-02-11T20:00:00+00:00"),
        ("host changed", "camel", None),
        ("benchmark fails", "camel", None),
        ("benchmark vanished", "camel", None),
    ]
    assert found["complaints"][0]["text"].startswith("oryx measured nothing for 31 days (since 2025-01-11")


def test_a_bare_archive_has_a_summary() -> None:
    found = json.loads(summary(subject(small_archive())))
    assert faults(found, SCHEMA) == []
    assert found["machines"] == []


def test_the_example_of_the_documentation_keeps_the_schema_and_names_every_field() -> None:
    text = (ROOT / "docs" / "site-summary.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert faults(json.loads(example), SCHEMA) == []

    def fields(schema: dict[str, Any]) -> set[str]:
        inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        return set(schema.get("properties", {})).union(*(fields(one) for one in inner))

    prose = text.partition("```json")[0]
    missing = {field for field in fields(SCHEMA) if not re.search(rf"[`.]{field}`|[`.]{field}[.\[]", prose)}
    assert missing == set()


def test_the_three_keep_their_names_and_are_replaced(made: Answered, tmp_path: Path) -> None:
    publish(made.subject, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("feed.atom", "badge.svg", "summary.json")}
    again = publish(made.subject, tmp_path)
    assert again.written == ()
    publish(with_states(made.subject, None), tmp_path)
    assert all((tmp_path / name).read_bytes() != content for name, content in before.items())
    named = json.loads((tmp_path / "manifest.json").read_bytes())["files"]
    assert not {"feed", "badge", "summary"} & named.keys()
