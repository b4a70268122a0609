"""What a machine may lack: tests that need it are skipped by name, and under CI they fail.

Owns the markers `browser` (Chromium), `archive` (real results of other projects, beside the clone) and
`slow`. Archives are nowhere but where somebody put them, so their absence never fails. Of the slow tests the
whole suite runs a quarter, another one at each commit: all of them take five minutes more on two cores.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import playwright
import pytest

from tests.slow_parts import PARTS, files_of_part, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ARCHIVES = ROOT.parent / "shared" / "archives"
GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952, section 2.3.1


def pytest_configure(config: pytest.Config) -> None:
    """Tests that run side by side are on hosts of their own: the host's lock lies among temporary files.

    And numpy works on one processor: threads of OpenBLAS that find theirs taken spend it on turning round.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported, by children too
    if "workerinput" in vars(config):
        folder = tempfile.TemporaryDirectory(prefix="groundspeed-tests-")
        config.add_cleanup(folder.cleanup)
        os.environ["TMPDIR"] = folder.name
        tempfile.tempdir = None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name packed bytes by their argument: the second of packing is in them, another in each worker."""
    return argname if isinstance(val, bytes) and val.startswith(GZIP_MAGIC) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whether the whole suite runs every slow test."""
    parser.addoption(
        "--slow", choices=("part", "all"), default="part", help=f"1 in {PARTS} slow tests, or all"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is another commit's to run; the dearest files first, so that none of them is last."""
    if (part := _chosen_part(config)) is None:
        return
    slow = [one for one in items if one.get_closest_marker("slow")]
    files = files_of_part({one.path for one in slow}, part)
    left = {one for one in slow if one.path not in files}
    config.hook.pytest_deselected(items=[*left])
    kept = [one for one in items if one not in left]
    items[:] = sorted(kept, key=lambda one: -seconds_of(one.path) if one.path in files else 0)


def _chosen_part(config: pytest.Config) -> int | None:
    """The part of the slow tests that runs; None: every one, also of what was asked for by name or word."""
    asked = config.args_source != pytest.Config.ArgsSource.TESTPATHS
    by_word = config.option.keyword or config.option.markexpr
    return None if asked or by_word or config.getoption("--slow") == "all" else _part_of_commit()


@functools.cache
def _part_of_commit() -> int | None:
    """The part of the commit that is checked out; None where nobody can tell."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT)
    return int(head.stdout, 16) % PARTS if head.returncode == 0 else None


def pytest_report_header(config: pytest.Config) -> str:
    """Which slow tests run."""
    if (part := _chosen_part(config)) is None:
        return "slow tests: all"
    return f"slow tests: part {part + 1} of {PARTS}, by the commit; --slow all runs every one"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail before any fixture is made."""
    if item.get_closest_marker("browser") and (lack := _browser_lacks()):
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(f"{lack}, and CI must not pass without it: tools/install-chromium", pytrace=False)
        pytest.skip(f"{lack}: run `make test` as root, or install it")
    if item.get_closest_marker("archive") and not ARCHIVES.is_dir():
        pytest.skip("no archives of real results beside this clone")


@functools.cache
def _browser_lacks() -> str:
    """What keeps browser tests from running here; empty when nothing does."""
    if not shutil.which("chromium"):
        return "no chromium"
    driver = Path(playwright.__file__).parent / "driver" / "node"
    asked = subprocess.run([driver, "--version"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else f"chromium's driver does not start ({asked.stderr.strip()})"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, above the last line, every browser test that this machine could not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    for line in _banner(sorted(report.nodeid for report in skipped)):
        terminalreporter.write_line(line, red=True, bold=True)


def _banner(names: list[str]) -> Iterator[str]:
    if names:
        yield f"NOT RUN, because there is no Chromium here: {len(names)} browser tests"
        yield from (f"  {name}" for name in names)
