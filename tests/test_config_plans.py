"""[bottlenecks] and [plan.NAME] of groundspeed.toml: what they may say, and what is said of the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.config.plans import Against, Expected, StatedPlan
from groundspeed.config.project import ProjectConfig, read_project
from groundspeed.config.targets import Relation, ShareOf
from groundspeed.errors import ConfigError
from groundspeed.records import Case

ROOT = Path(__file__).resolve().parent.parent


def read(folder: Path, text: str) -> ProjectConfig:
    (folder / "groundspeed.toml").write_text(text, encoding="utf-8")
    return read_project(folder)


def plan(folder: Path, text: str) -> StatedPlan:
    (found,) = read(folder, f"[plan.tier1]\n{text}\n").plans
    return found


def test_without_the_tables_the_rule_is_the_usual_one_and_there_is_no_plan(tmp_path: Path) -> None:
    found = read_project(tmp_path)
    assert (found.bottlenecks, found.plans) == (BottleneckRule(), ())
    usual = found.bottlenecks
    assert (usual.top, usual.cpu, usual.allocated, usual.blocked_s) == (5, 0.05, 1e6, 0.1)
    assert (usual.next_tier, usual.investigate) == (0.3, 0.2)


def test_the_rule_is_read_in_units(tmp_path: Path) -> None:
    text = """
    top = 3
    cpu = "2 %"
    allocated = "64 KB"
    small = "1 KiB"
    allocations = 50
    regrown = 7.5
    blocked = "20 ms"
    exponent = 1.5
    next_tier = "40 %"
    investigate = "10 %"
    """
    assert read(tmp_path, f"[bottlenecks]\n{text}").bottlenecks == BottleneckRule(
        top=3,
        cpu=0.02,
        allocated=64_000,
        small=1024,
        allocations=50,
        regrown=7.5,
        blocked_s=0.02,
        exponent=1.5,
        next_tier=0.4,
        investigate=0.1,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cpus = "5 %"', 'unknown key "bottlenecks.cpus" (did you mean "cpu"?)'),
        ('cpu = "5 ms"', "is not a share"),
        ("top = 0", '"top" is at least 1'),
        ("top = -1", '"top" is at least 1'),
        ("exponent = 0", "must be greater than nothing"),
        ("allocations = true", "must be a whole number or a number"),
        ('investigate = "40 %"', '"investigate" is at most "next_tier"'),
    ],
)
def test_what_the_rule_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        read(tmp_path, f"[bottlenecks]\n{text}")


@pytest.mark.parametrize(
    ("text", "relation", "share"),
    [
        ("-50 %", Relation.AT_MOST, 0.5),
        (" - 0.25", Relation.AT_MOST, 0.75),
        ("\u221230%", Relation.AT_MOST, 0.7),  # a typographer's minus
        ("+30 %", Relation.AT_LEAST, 1.3),
        ("+200 %", Relation.AT_LEAST, 3.0),
    ],
)
def test_a_change_is_a_share_of_base(tmp_path: Path, text: str, relation: Relation, share: float) -> None:
    (entry,) = plan(tmp_path, f'"m.Copy@p99" = "{text}"').entries
    assert isinstance(entry, Expected)
    assert (entry.glob, entry.metric, entry.relation) == ("m.Copy", "p99", relation)
    assert entry.share == pytest.approx(share)


def test_the_name_of_a_class_means_what_is_in_it(tmp_path: Path) -> None:
    (entry,) = plan(tmp_path, '"m.Copy" = "-50 %"').entries
    assert isinstance(entry, Expected)
    case = Case(benchmark="m.Copy.time_deep", params=("1",))
    assert entry.means(case, "")
    assert not entry.means(case, "p99")
    assert not entry.means(Case(benchmark="m.Copying.time_deep", params=()), "")


def test_a_case_against_another_is_a_target(tmp_path: Path) -> None:
    (entry,) = plan(tmp_path, '"m.C.time_x(1)@p99  against m.C.time_y@p50" = "-40 %"').entries
    assert isinstance(entry, Against)
    assert (entry.target.glob, entry.target.metric) == ("m.C.time_x(1)", "p99")
    assert (entry.relation, entry.target.bound) == (
        Relation.AT_MOST,
        ShareOf(share=0.6, case="m.C.time_y", metric="p50"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"m.x" = "50 %"', "is no change"),
        ('"m.x" = "-50 ms"', "is no change"),
        ('"m.x" = "-0 %"', "is no change"),
        ('"m.x" = "-100 %"', "nothing loses all of itself"),
        ('"m.x" = 0.5', "must be a text, not a number"),
        ('"@p99" = "-50 %"', "names no case"),
        ("", "must be a table of expected gains"),
        ('base = "v1"\nhead = "v2"', "not one without any"),
        ('base = ""\n"m.x" = "-50 %"', '"plan.tier1.base": it names no commit; write a revision'),
        ('base = 7\n"m.x" = "-50 %"', '"plan.tier1.base" must be a text'),
    ],
)
def test_what_a_plan_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        plan(tmp_path, text)


def test_a_plan_names_its_commits_or_none(tmp_path: Path) -> None:
    own = plan(tmp_path, 'base = " v1.2 "\nhead = "main"\n"m.x" = "-50 %"')
    assert (own.base, own.head, len(own.entries)) == ("v1.2", "main", 1)
    open_ended = plan(tmp_path, '"m.x" = "-50 %"')
    assert (open_ended.base, open_ended.head) == (None, None)


def test_this_repository_s_own_plan_names_commits_and_cases_that_exist() -> None:
    (tier1,) = read_project(ROOT).plans
    assert (tier1.base, tier1.head) == ("c321566b232e", "58658b167387")
    assert [one.text for one in tier1.entries] == ["-50 %", "-40 %", "-25 %", "-30 %"]
    for one in tier1.entries:
        assert isinstance(one, Expected)
        module, owner, method = one.glob.split(".")
        text = (ROOT / "benchmarks" / f"{module}.py").read_text(encoding="utf-8")
        body = text.partition(f"\nclass {owner}(")[2].partition("\nclass ")[0]
        assert f"def {method}(" in body, one.glob
