"""groundspeed notify as a user calls it: a real repository with results, and real servers on the loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.config.notify import WEBHOOK_URL
from groundspeed.nightly.notifying.told import NAME
from groundspeed.results.lock import file_lock
from groundspeed.verdicts.reading import read
from groundspeed.verdicts.regressions import View, decide, find_regressions, triage_path
from groundspeed.verdicts.triage import Ruling, record
from tests.commands import groundspeed, variables
from tests.inside import inside
from tests.notified import TOKEN, Hub, hub_at, says, whole
from tests.readings import made
from tests.test_cli_regressions import COUNT, wobbling, write_results

PAGE = Path(__file__).resolve().parent.parent / "docs" / "notifications.md"
SECRETS = {"GITHUB_TOKEN": TOKEN}
AT, MENDED_AT = 8, 21  # places of the commits that make it slow, and fast again
SLOW = wobbling(0.001, 0.0015, at=AT)
MENDED = SLOW[:MENDED_AT] + wobbling(0.001, 0.001)[MENDED_AT:]
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FAST = wobbling(0.1, 0.1)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_at() as served:
        yield served


def project(root: Path, hub: Hub, *, slow: list[float] = SLOW) -> tuple[str, ...]:
    """A history in which one benchmark became slower, which a fresh measurement confirmed."""
    commits = made(root, count=COUNT)
    write_results(root, commits, {"m.time_walk": [slow, slow], "m.time_run": [FAST, FAST]})
    (root / "groundspeed.toml").write_text(
        f'''
        [notify.github]
        repository = "o/n"
        api = "{hub.url}"
        [notify.webhook]
        [targets]
        "m.time_run" = "< 80 ms"
        '''
    )
    return commits


def confirm(root: Path, ruling: Ruling = Ruling.CONFIRMED) -> None:
    """As `regressions --confirm` writes it down."""
    configuration = config.load(root)
    (group,) = find_regressions(read(configuration)).groups
    at = datetime(2024, 2, 1, tzinfo=UTC)
    decision = decide(group, ruling, View().wants, by="groundspeed", at=at, note="1.5 times, twice")
    record(triage_path(configuration), decision, locks=configuration.workspace / "locks")


def notify(root: Path, *words: str, code: int = 0, hook: Hub | None = None) -> str:
    more = {**SECRETS, **({WEBHOOK_URL: f"{hook.url}/hook"} if hook else {})}
    done = groundspeed(root, "notify", *words, code=code, more=more)
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout


def test_from_a_slow_commit_to_an_issue_that_is_closed_again(tmp_path: Path, hub: Hub) -> None:
    commits = project(tmp_path, hub)
    confirm(tmp_path)
    culprit = commits[AT]

    drafted = json.loads(notify(tmp_path, "--dry-run", "--format", "json"))["drafts"]
    assert hub.asked == []
    assert culprit in drafted["github"]
    assert json.loads(drafted["webhook"])["regressions"][0]["culprit"] == culprit
    assert not (tmp_path / "results" / NAME).exists()

    said = notify(tmp_path, code=1)  # the webhook's address is missing: the issue is opened all the same
    assert re.search(r"^github: opened an issue for \w{8}$", said, re.MULTILINE)
    assert f"webhook: not told: {WEBHOOK_URL} is not set" in said
    (issue,) = hub.issues
    assert culprit in issue["body"]
    assert "m.time_walk(1)" in issue["body"]
    assert "1.5 times, twice" in issue["body"]

    hub.faults += [
        says(whole(200, json.dumps(hub.issues).encode())),
        says(whole(204)),
    ]  # the second: the webhook's
    assert notify(tmp_path, hook=hub) == "github: nothing new\nwebhook: sent to 127.0.0.1\n"
    body = hub.asked[-1].content
    assert [one["change"] for one in body["regressions"]] == ["confirmed"]
    assert [one["subject"] for one in body["targets"]["missed"]] == ["m.time_run(1)", "m.time_run(2)"]
    assert any("Nothing was measured since" in one["sentence"] for one in body["health"]["troubles"])
    assert notify(tmp_path, hook=hub) == "github: nothing new\nwebhook: nothing new\n"

    write_results(tmp_path, commits, {"m.time_walk": [MENDED, MENDED], "m.time_run": [FAST, FAST]})
    assert re.match(r"github: closed #1 for \w{8}: recovered\n", notify(tmp_path, code=1))
    assert hub.issues[0]["state"] == "closed"
    assert commits[MENDED_AT][:10] in hub.issues[0]["body"]
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in stored)


def test_a_suspicion_is_told_and_opens_no_issue(tmp_path: Path, hub: Hub) -> None:
    project(tmp_path, hub)
    assert notify(tmp_path, code=1).startswith("github: nothing new\n")
    assert hub.writes == []
    drafted = json.loads(notify(tmp_path, "--dry-run", "--format", "json"))["drafts"]
    assert [one["change"] for one in json.loads(drafted["webhook"])["regressions"]] == ["new"]


def test_two_that_tell_at_once_and_a_project_that_tells_nobody(tmp_path: Path, hub: Hub) -> None:
    project(tmp_path, hub)
    with file_lock(config.load(tmp_path).workspace / "locks" / "notify"):
        groundspeed(tmp_path, "notify", code=6, more=SECRETS)
    (tmp_path / "groundspeed.toml").write_text("")
    assert "names nobody to tell" in groundspeed(tmp_path, "notify", code=1).stderr


def test_a_comment_of_a_file(tmp_path: Path, hub: Hub) -> None:
    project(tmp_path, hub)
    (tmp_path / "gate.md").write_bytes("**slower** \xff caf".encode() + b"\xe9 @ada")
    with_token = {**variables(tmp_path), **SECRETS}
    comment = ("notify", "comment", "41")
    assert inside(tmp_path, *comment, "gate.md", variables=with_token).stdout == "wrote a comment on #41\n"
    assert hub.comments[0]["body"].endswith("**slower** \xff caf\ufffd @\u2060ada")
    for words, code, said in [
        ((*comment, "nothing.md"), 1, "nothing.md cannot be read"),
        (("notify", "comment", "0", "gate.md"), 2, "NUMBER"),
        ((*comment, "gate.md", "--purpose", "A B"), 1, "names no purpose"),
    ]:
        assert said in inside(tmp_path, *words, code=code, variables=with_token).stderr
    wrong = {**with_token, "GITHUB_TOKEN": "ghp_other"}
    assert "with 401" in inside(tmp_path, *comment, "gate.md", code=1, variables=wrong).stderr


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_page_runs(example: str) -> None:
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_page_has_every_key_of_the_webhooks_body(tmp_path: Path, hub: Hub) -> None:
    project(tmp_path, hub)
    drafted = json.loads(notify(tmp_path, "--dry-run", "--format", "json"))["drafts"]
    body = json.loads(drafted["webhook"])
    text = PAGE.read_text(encoding="utf-8")
    keys = {*body, *body["regressions"][0], *body["regressions"][0]["cases"][0]}
    keys |= {*body["targets"], *body["targets"]["missed"][0], *body["health"], *body["health"]["troubles"][0]}
    described = text.partition("## The body of a webhook")[2].partition("\n## ")[0]
    assert {key for key in keys if not re.search(rf"[`.]{key}[`.\[]", described)} == set()
