"""groundspeed targets and groundspeed scaling as a user calls them: what is printed, exit codes, the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import groundspeed
from tests.growing import grow
from tests.readings import made

TEXT = """\
[scaling.sizes]
"m.*" = "param1 = 1 B"
[scaling.ladders]
"m.Night." = "m.Day."
[targets]
"m.Day.time_x" = ["< 60 s at 1 GB", "< 20 ms"]
"m.Day.peakmem_x" = "< 2 GB at 1 GB"
"m.Day.time_gone" = "< 1 s"
"""
TARGETS = """\
box at {newest}: 1 of 4 targets holds, 1 fails, 1 has no data, 1 is inconclusive

fails         m.Day.time_x(1000000)  < 20 ms
              27.0 ms (26.8 ms to 27.2 ms), 35 % over; steady over 8 commits
              fails at all 8 measured commits
no data       m.Day.time_gone  < 1 s
              the results know no such benchmark; did you mean m.Day.time_x?
              groundspeed run --bench 'm.Day.time_gone'
inconclusive  m.Day.peakmem_x at 1 GB  < 2 GB
              cannot be told
              it is 1,000 times the largest size measured
              the sizes measured allow very different growths
holds         m.Day.time_x at 1 GB  < 60 s
              27.0 s (25.7 s to 28.3 s), 55 % room; no trend yet; holds at all 2 measured commits
holds         m.Day.time_x(100000)  < 20 ms
              2.70 ms (2.68 ms to 2.72 ms), 87 % room; steady over 8 commits
              holds at all 8 measured commits
holds         m.Day.time_x(10000)  < 20 ms
              270 µs (268 µs to 272 µs), 99 % room; steady over 8 commits
              holds at all 8 measured commits
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """27 ns a byte; memory that grows tenfold slower than what is fixed of it, up to 1 MB."""
    root = tmp_path_factory.mktemp("grown")
    hashes = made(root, TEXT, count=8)
    grow(root, 1, "m.Day.time_x", (10**4, 10**5, 10**6), {one: lambda n: 27e-9 * n for one in hashes})
    grow(root, 2, "m.Night.time_x", (10**7, 10**8), {hashes[0]: lambda n: 27e-9 * n})
    memory = {hashes[-1]: lambda n: 4e7 + 3.5 * n}
    grow(root, 3, "m.Day.peakmem_x", (10**4, 10**5, 10**6), memory, unit="bytes", kind="peakmemory")
    return root, hashes


def test_targets_are_printed_the_worst_first(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    done = groundspeed(root, "targets", "--machine", "box", code=1)
    assert done.stdout == TARGETS.format(newest=hashes[-1][:8])


def test_this_hosts_machine_is_judged_and_has_no_data(project: tuple[Path, tuple[str, ...]]) -> None:
    done = groundspeed(project[0], "targets", code=3)
    assert "0 of 4 targets hold, 4 have no data" in done.stdout
    assert "never measured on this branch and machine" in done.stdout


def test_targets_as_json_and_markdown(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    done = groundspeed(root, "targets", "Day.time", "--all", "--format", "json", code=1)
    found = json.loads(done.stdout)
    assert (found["schema"], found["version"], found["machines"]) == ("groundspeed-targets", 1, ["box"])
    states = [one["state"] for one in found["targets"]]
    assert states == ["holds", "holds", "holds", "fails", "no_data"]
    fails = found["targets"][3]
    assert (fails["limit"], fails["unit"], fails["commit"]) == (0.02, "seconds", hashes[-1])
    assert (
        "| fails | m.Day.time_x(1000000) | &lt; 20 ms |"
        in groundspeed(root, "targets", "--all", "--format", "markdown", code=1).stdout
    )


def test_scaling_answers_and_says_where_it_cannot(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    done = groundspeed(root, "scaling", "--at", "1GB")
    assert (
        done.stdout
        == f"""\
box

m.Day.peakmem_x  by param1
  anything from constant to n³ (exponent 0.02, 0.00 to 0.03)
  10 KB 40.0 MB · 100 KB 40.4 MB · 1 MB 43.5 MB
  at 1 GB: the sizes measured cannot tell: it is 1,000 times the largest size measured; the sizes
    measured allow very different growths; target < 2.00 GB: inconclusive

m.Day.time_x  by param1
  n (exponent 1.00, 1.00 to 1.00)
  10 KB 270 µs · 100 KB 2.70 ms · 1 MB 27.0 ms · 10 MB 270 ms · 100 MB 2.70 s
  sizes of 2 commits: {", ".join(sorted(one[:8] for one in (hashes[0], hashes[-1])))}
  at 1 GB: 27.0 s (25.7 s to 28.3 s); target < 60.0 s: holds
"""
    )


def test_scaling_as_json_is_strict(project: tuple[Path, tuple[str, ...]]) -> None:
    done = groundspeed(project[0], "scaling", "time", "--at", "1GB", "--format", "json")
    found = json.loads(done.stdout, parse_constant=lambda word: pytest.fail(word))
    (ladder,) = found["ladders"]
    assert (found["schema"], found["version"], ladder["growth"]["forms"]) == ("groundspeed-scaling", 1, ["n"])
    assert ladder["answers"][0]["told"] is True
    assert ladder["answers"][0]["targets"] == [{"limit": "< 60.0 s", "state": "holds"}]


def test_what_nobody_can_answer_is_inconclusive(project: tuple[Path, tuple[str, ...]]) -> None:
    groundspeed(project[0], "scaling", "peakmem", "--at", "1GB", code=4)
    groundspeed(project[0], "scaling", "peakmem")


PAGE = """\
# Performance

Made from the results by `groundspeed scaling --page`; do not edit. Machine box (Made CPU, 2 logical processors, x86_64), newest commit {newest} of {date}.
"""  # noqa: E501 (a golden)


def test_the_page_is_the_same_each_time_and_names_no_path(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    pages = []
    for name in ("one.md", "two.md"):
        done = groundspeed(root, "scaling", "--at", "1GB", "--page", f"docs/{name}")
        assert done.stdout == f"Wrote docs/{name}.\n"
        pages.append((root / "docs" / name).read_bytes())
    assert pages[0] == pages[1]
    text = pages[0].decode()
    assert text.startswith(PAGE.format(newest=hashes[-1][:8], date="2026-01-02"))
    assert "| m.Day.time_x | n | 27.0 s (25.7 s to 28.3 s) | &lt; 60.0 s: holds |" in text
    assert "| m.Day.time_x(1000000) | 27.0 ms | 26.8 ms to 27.2 ms |  |" in text
    assert str(root) not in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Performance",
        "## Can it process 1 GB?",
        "## Growth",
        "## Targets",
        "## Every operation",
        "### m",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("targets", "("), 2, "is no regular expression"),
        (("targets", "--machine", "bax"), 2, 'No machine is called "bax"'),
        (("targets", "--machine", "box", "--all"), 2, "name one machine, or take all"),
        (("targets", "--machine", "box", "--rev", "nowhere"), 2, "names no commit"),
        (("scaling", "--at", "1 s"), 2, "is not a size"),
        (("scaling", "--machine", "bax"), 3, "no results of a machine bax"),
        (("scaling", "nothing"), 3, "No benchmark found by 'nothing' has a size"),
    ],
)
def test_wrong_use_is_said(
    project: tuple[Path, tuple[str, ...]], arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = groundspeed(project[0], *arguments, code=code)
    assert said in " ".join(done.stderr.split())


def test_without_results_there_is_nothing_to_judge(tmp_path: Path) -> None:
    made(tmp_path, '[targets]\n"m.time_x" = "< 1 s"')
    assert "There are no results" in groundspeed(tmp_path, "targets", "--all", code=3).stderr
    assert "There are no results" in groundspeed(tmp_path, "scaling", code=3).stderr
    assert "the results know no such benchmark" in groundspeed(tmp_path, "targets", code=3).stdout
