"""Telling every channel what it does not know yet. Owns that one that fails costs the others nothing.

What arrived is on disk before the next channel is told: a night that is killed tells one channel twice at
most, and none never.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from groundspeed.config.notify import NotifyConfig
from groundspeed.errors import StorageError
from groundspeed.nightly.notifying.github import GitHub
from groundspeed.nightly.notifying.issues import Issues
from groundspeed.nightly.notifying.mail import Mail
from groundspeed.nightly.notifying.net import Net
from groundspeed.nightly.notifying.news import News, Present, Told, news_of, told_of
from groundspeed.nightly.notifying.outcomes import NothingNew, NotSent, Outcome, Sent
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.nightly.notifying.told import read_told, write_told
from groundspeed.nightly.notifying.webhook import Webhook


class Channel(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """What its memory is kept under."""
        ...

    def tell(self, news: News) -> tuple[str, ...]:
        """Tell, and say what was done; nothing where there was nothing to do. Raises ``NotifyError``."""
        ...

    def draft(self, news: News) -> str:
        """What would be sent."""
        ...


def channels_of(config: NotifyConfig, secrets: Secrets, net: Net) -> tuple[Channel, ...]:
    """The channels that groundspeed.toml asks for. A secret that is missing is told when it is needed."""
    found: list[Channel] = []
    if config.github is not None:
        found.append(Issues(hub=GitHub(config=config.github, secrets=secrets, net=net)))
    if config.webhook is not None:
        found.append(Webhook(config=config.webhook, secrets=secrets, net=net))
    if config.mail is not None:
        found.append(Mail(config=config.mail, secrets=secrets, net=net))
    return tuple(found)


def deliver(now: Present, file: Path, channels: Sequence[Channel], secrets: Secrets) -> tuple[Outcome, ...]:
    """Tell each channel what is new to it by ``file`` (told.toml), and keep there what arrived.

    Two must not deliver at once: the caller holds a lock. A disk that refuses ``file`` keeps nobody from
    being told, and everybody is told again. Raises ``NotifyError`` for a broken file.
    """
    told = read_told(file)
    outcomes: list[Outcome] = []
    for channel in channels:
        before = told.get(channel.name, Told())
        try:
            done = channel.tell(news_of(before, now))
        except NotifyError as error:
            outcomes.append(NotSent(channel=channel.name, reason=secrets.redacted(str(error))))
            continue
        outcomes.append(Sent(channel=channel.name, done=done) if done else NothingNew(channel=channel.name))
        told[channel.name] = told_of(before, now)
        try:
            write_told(file, told)
        except StorageError as error:
            outcomes[-1] = NotSent(channel=channel.name, reason=f"what it was told is not kept: {error}")
    return tuple(outcomes)


def drafts(now: Present, told: Mapping[str, Told], channels: Sequence[Channel]) -> Mapping[str, str]:
    """What each channel would be sent; empty where there is nothing new. Asks nobody, writes nothing."""
    found = {}
    for channel in channels:
        news = news_of(told.get(channel.name, Told()), now)
        found[channel.name] = "" if news.is_empty else channel.draft(news)
    return found
