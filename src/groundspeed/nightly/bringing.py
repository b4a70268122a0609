"""The stages of a night that bring something: commits and results here, the page and the news to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from groundspeed import units
from groundspeed.config import load
from groundspeed.config.notify import NotifyConfig
from groundspeed.errors import NothingMeasuredError
from groundspeed.history.following import Moved, follow, put_back, remotes_of
from groundspeed.nightly.context import Night, Said, failed, left_out
from groundspeed.nightly.deploy import deploy_by_rsync, deploy_site
from groundspeed.nightly.exchange import exchange_results
from groundspeed.nightly.notifying.news import Trouble
from groundspeed.nightly.notifying.outcomes import NotSent, render
from groundspeed.nightly.notifying.present import troubles_of
from groundspeed.nightly.notifying.project import tell_project
from groundspeed.nightly.notifying.secrets import Secrets
from groundspeed.nightly.summary import Stage
from groundspeed.publishing import publish_project
from groundspeed.report.table import Format
from groundspeed.report.targets import summary
from groundspeed.results.size import size_warnings
from groundspeed.site.judged import judged_by_project
from groundspeed.verdicts.complaints import Kind, examine
from groundspeed.verdicts.reading import read

KEPT = "groundspeed-kept"
"""The branch of the clone that holds its results while it goes forwards past them."""

_LOCAL = "--local: nothing is fetched, pushed or told"
_OWN_ATTEMPTS = (Stage.BRING, Stage.SEND, Stage.PUBLISH, Stage.DEPLOY)
"""How these ended is on record by itself, and `groundspeed health` complains of it."""


def fetch(night: Night) -> Said:
    """New commits, also of the suite and of the configuration, which is read again."""
    suite, remote = night.configuration.suite, night.configuration.project.nightly.remote
    if night.asked.local:
        return left_out(_LOCAL)
    if why := _no_remote(night):
        return failed(why) if remotes_of(night.root) else left_out(why)
    branches = () if suite.is_remote else suite.branches
    moved = night.world.outside.patiently(lambda: follow(night.root, remote, branches))
    if any(one.in_the_way for one in moved):
        moved = _past_results(night, branches)
    night.configuration = load(night.root)
    if not moved:
        return failed(
            f"nothing goes forwards: {remote} has neither the branch that is checked out nor one that "
            "asv.conf.json names"
        )
    said = "; ".join(one.sentence for one in moved)
    return failed(said) if any(one.why for one in moved) else Said(said=said)


def _no_remote(night: Night) -> str:
    """Why nothing can be fetched or pushed however long one waits; empty where it can."""
    remote, there = night.configuration.project.nightly.remote, remotes_of(night.root)
    if remote in there:
        return ""
    if there:
        return f"this folder has no remote {remote}, only {', '.join(there)}: name one in [nightly] remote"
    return f"this folder has no remote: git remote add {remote} ADDRESS makes it one"


def _past_results(night: Night, branches: Sequence[str]) -> tuple[Moved, ...]:
    """Where results that were measured here lie in the way of those that others committed: both are kept.

    A branch of the clone's own holds all of ours meanwhile, and for good.
    """
    remote, results_dir = night.configuration.project.nightly.remote, night.configuration.suite.results_dir

    def keep() -> None:
        exchange_results(night.configuration, night.world.outside, remote=str(night.root), branch=KEPT)

    try:
        keep()
    except NothingMeasuredError:
        return follow(night.root, remote, branches)  # it is something else that is in the way
    put_back(night.root, remote, results_dir)
    moved = follow(night.root, remote, branches)
    keep()
    return moved


def exchange(night: Night) -> Said:
    """Results of other machines come here, those of this one go there."""
    stated = night.configuration.project.nightly
    if night.asked.local:
        return left_out(_LOCAL)
    if not stated.results_branch:
        return left_out("[nightly] names no results_branch")
    if why := _no_remote(night):
        return failed(why)
    try:
        done = exchange_results(
            night.configuration,
            night.world.outside,
            remote=stated.remote,
            branch=stated.results_branch,
        )
    except NothingMeasuredError:
        return left_out("there are no results yet, neither here nor there")
    return Said(said=done.sentence, lines=done.warnings)


def judge_targets(night: Night) -> Said:
    """Whether the limits of groundspeed.toml are kept."""
    judged = judged_by_project(read(night.configuration))
    if not judged.targets:
        return left_out("groundspeed.toml states no targets")
    return Said(said=summary(judged.targets), lines=judged.notices)


def publish(night: Night) -> Said:
    """The page."""
    done = publish_project(night.configuration, now=night.world.clock.now)
    said = f"{done.series:,} series of {units.counted(done.commits, 'commit')}; the site weighs {done.weight}"
    return Said(said=said, lines=(*done.warnings, *size_warnings(night.configuration.suite.results_dir)))


def deploy(night: Night) -> Said:
    """The page to where people read it."""
    stated = night.configuration.project.nightly
    if night.asked.local:
        return left_out(_LOCAL)
    if stated.page_rsync:
        done = deploy_by_rsync(night.configuration, stated.page_rsync, night.world.outside)
    elif stated.page_branch:
        if why := _no_remote(night):
            return failed(why)
        done = deploy_site(
            night.configuration, night.world.outside, remote=stated.remote, branch=stated.page_branch
        )
    else:
        return left_out("[nightly] names neither page_branch nor page_rsync")
    return Said(said=done.sentence)


def notify(night: Night) -> Said:
    """What is new, to everybody who wants to know; what of this night failed is told as well."""
    if night.asked.local:
        return left_out(_LOCAL)
    if night.configuration.project.notify == NotifyConfig(github=None, webhook=None, mail=None):
        return left_out("groundspeed.toml has no [notify]")
    secrets = Secrets.of(night.world.variables)
    reading = read(night.configuration)
    found = examine(reading, night.world.clock.now())
    others = replace(found, faults=tuple(one for one in found.faults if one.kind is not Kind.NIGHT))
    troubles = (*troubles_of(others), *_of_tonight(night))
    outcomes = tell_project(reading, troubles, secrets, night.world.net)
    lines = tuple(render(outcomes, Format.TEXT).splitlines())
    lost = [one for one in outcomes if isinstance(one, NotSent)]
    if lost:
        first = render(lost[:1], Format.TEXT)
        if len(outcomes) == 1:
            return failed(first)
        return failed(f"{len(lost)} of {len(outcomes)} channels could not be told: {first}", *lines)
    return Said(said="; ".join(lines))


def _of_tonight(night: Night) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(key=f"night: {one.stage}", sentence=f"The night could not {one.stage}: {one.said}")
        for one in night.reports
        if one.ending is one.ending.FAILED and one.stage not in _OWN_ATTEMPTS
    )
