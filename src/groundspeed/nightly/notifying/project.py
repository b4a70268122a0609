"""Telling of a whole project: what was read of it, judged, and told to its channels, under a lock.

This is what a night calls, after everything else. Reads triage.toml anew; measures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundspeed.config.notify import NotifyConfig
from groundspeed.nightly.notifying.delivery import channels_of, deliver, drafts
from groundspeed.nightly.notifying.net import Net
from groundspeed.nightly.notifying.news import Present, Trouble
from groundspeed.nightly.notifying.outcomes import Outcome
from groundspeed.nightly.notifying.present import present_of
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.nightly.notifying.told import NAME, read_told
from groundspeed.results.lock import file_lock
from groundspeed.site.judged import judged_by_project
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.regressions import find_regressions


def tell_project(
    reading: ProjectResults,
    troubles: Sequence[Trouble],
    secrets: Secrets,
    net: Net,
) -> tuple[Outcome, ...]:
    """Tell every channel of the project's configuration what is new to it; an outcome for each.

    ``troubles`` are what is not well. Raises ``NotifyError`` without a channel or with a broken told.toml,
    ``LockedError`` while another process tells, ``NothingMeasuredError`` without results.
    """
    configuration = reading.configuration
    channels = channels_of(_asked_for(configuration.project.notify), secrets, net)
    now = _present(reading, troubles)
    with file_lock(configuration.workspace / "locks" / "notify"):
        return deliver(now, configuration.suite.results_dir / NAME, channels, secrets)


def draft_project(reading: ProjectResults, troubles: Sequence[Trouble]) -> Mapping[str, str]:
    """What each channel would be sent, by name. Needs no secret, asks nobody; raises as ``tell_project``."""
    configuration = reading.configuration
    channels = channels_of(_asked_for(configuration.project.notify), Secrets.of({}), Net())
    told = read_told(configuration.suite.results_dir / NAME)
    return drafts(_present(reading, troubles), told, channels)


def _present(reading: ProjectResults, troubles: Sequence[Trouble]) -> Present:
    rows = judged_by_project(reading).targets
    return present_of(reading, find_regressions(reading), rows, troubles)


def _asked_for(config: NotifyConfig) -> NotifyConfig:
    if config == NotifyConfig(github=None, webhook=None, mail=None):
        raise NotifyError(
            "groundspeed.toml names nobody to tell: write [notify.github], [notify.webhook] or [notify.mail] "
            "(docs/notifications.md)."
        )
    return config
