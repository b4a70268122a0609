"""``[notify]`` of groundspeed.toml: who is told what a night found. Owns its keys, and the names of secrets.

The file is committed, so that it holds no secret: those come from the environment alone, under the names
below. Builds and workers never see them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.config.table import Table
from groundspeed.errors import ConfigError

GITHUB_TOKENS = ("GROUNDSPEED_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
"""The first that is set: our own name, then those of GitHub's runners and of its command line."""

WEBHOOK_URL = "GROUNDSPEED_WEBHOOK_URL"
SMTP_USER = "GROUNDSPEED_SMTP_USER"
SMTP_PASSWORD = "GROUNDSPEED_SMTP_PASSWORD"  # noqa: S105 -- a variable's name

SECRETS = (
    *GITHUB_TOKENS,
    WEBHOOK_URL,
    SMTP_USER,
    SMTP_PASSWORD,
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)
"""What measured code must not see; the last two are those of a GitHub runner's own."""

RUNNER_REPOSITORY, RUNNER_API = "GITHUB_REPOSITORY", "GITHUB_API_URL"
"""What a GitHub runner says of itself; no secrets."""

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_API = "https://api.github.com"
_LABEL = "groundspeed"
_SUBMISSION = 587  # RFC 6409: where mail is handed in, with STARTTLS
_FORMS = ("json", "slack")


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHubConfig:
    """Issues in ``repository`` (owner/name), found again by their ``label``. ``api`` ends in no slash.

    ``repository`` is empty where it is the one that the runner is of.
    """

    repository: str
    label: str
    api: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookConfig:
    """``form`` of the body: our own ``json``, or ``slack``'s."""

    form: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MailConfig:
    """The server that mail is handed in at, and its addresses."""

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifyConfig:
    """The channels; None for one that is not asked for."""

    github: GitHubConfig | None
    webhook: WebhookConfig | None
    mail: MailConfig | None


def read_notify(table: Table) -> NotifyConfig:
    """The table. Raises ``ConfigError``."""
    table.only("github", "webhook", "mail")
    return NotifyConfig(
        github=_github(table.table("github")) if "github" in table.values else None,
        webhook=_webhook(table.table("webhook")) if "webhook" in table.values else None,
        mail=_mail(table.table("mail")) if "mail" in table.values else None,
    )


def without_secrets(passed: Sequence[str], table: Table) -> tuple[str, ...]:
    """The names of variables that measured code shall see. Raises ``ConfigError`` for that of a secret."""
    for name in passed:
        if name in SECRETS:
            raise ConfigError(
                f'{table.file}: "{table.path}.pass" names {name}, a secret: the code of every commit would '
                "read it. Take it out."
            )
    return tuple(passed)


def _github(table: Table) -> GitHubConfig:
    table.only("repository", "label", "api")
    repository = table.get("repository", str)
    if repository is not None and REPOSITORY.fullmatch(repository) is None:
        raise ConfigError(f'{table.file}: "{table.path}.repository" must be "owner/name".')
    return GitHubConfig(
        repository=repository or "",
        label=table.get("label", str) or _LABEL,
        api=(table.get("api", str) or _API).rstrip("/"),
    )


def _webhook(table: Table) -> WebhookConfig:
    table.only("form")
    return WebhookConfig(form=table.choice("form", _FORMS) or _FORMS[0])


def _mail(table: Table) -> MailConfig:
    table.only("server", "from", "to")
    server, sender = table.get("server", str) or "", table.get("from", str) or ""
    host, colon, port = server.rpartition(":") if ":" in server else (server, "", "")
    recipients = table.strings("to")
    if not host or (colon and not port.isdigit()):
        raise ConfigError(f'{table.file}: "{table.path}.server" must be such as "smtp.example.org:587".')
    if not recipients or not all(_is_address(one) for one in (sender, *recipients)):
        raise ConfigError(
            f'{table.file}: "{table.path}" must name addresses: from = "name@host", to = ["name@host"].'
        )
    return MailConfig(
        host=host, port=int(port) if colon else _SUBMISSION, sender=sender, recipients=recipients
    )


def _is_address(text: str) -> bool:
    """Such that it cannot be two, nor a header."""
    return re.fullmatch(r"[^\s<>,;:\"@]+@[^\s<>,;:\"@]+", text) is not None
