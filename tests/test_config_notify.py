"""[notify] of groundspeed.toml: which channels there are, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.config.notify import GitHubConfig, MailConfig, NotifyConfig, WebhookConfig
from groundspeed.config.project import read_project
from groundspeed.errors import ConfigError


def read(folder: Path, text: str) -> NotifyConfig:
    (folder / "groundspeed.toml").write_text(text, encoding="utf-8")
    return read_project(folder).notify


def test_nobody_is_told_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert read(tmp_path, "") == NotifyConfig(github=None, webhook=None, mail=None)


def test_every_channel_with_its_defaults(tmp_path: Path) -> None:
    text = """
    [notify.github]
    repository = "owner/the.name"
    [notify.webhook]
    [notify.mail]
    server = "smtp.example.org"
    from = "bench@example.org"
    to = ["a@example.org", "b@example.org"]
    """
    assert read(tmp_path, text) == NotifyConfig(
        github=GitHubConfig(repository="owner/the.name", label="groundspeed", api="https://api.github.com"),
        webhook=WebhookConfig(form="json"),
        mail=MailConfig(
            host="smtp.example.org",
            port=587,
            sender="bench@example.org",
            recipients=("a@example.org", "b@example.org"),
        ),
    )


def test_the_repository_may_be_the_runners(tmp_path: Path) -> None:
    found = read(tmp_path, "[notify.github]").github
    assert found == GitHubConfig(repository="", label="groundspeed", api="https://api.github.com")


def test_what_can_be_said_otherwise(tmp_path: Path) -> None:
    text = """
    [notify]
    github = { repository = "o/n", label = "slow", api = "https://git.example.org/api/v3/" }
    webhook = { form = "slack" }
    mail = { server = "mail:2525", from = "a@b", to = ["c@d"] }
    """
    found = read(tmp_path, text)
    assert found.github == GitHubConfig(repository="o/n", label="slow", api="https://git.example.org/api/v3")
    assert found.webhook == WebhookConfig(form="slack")
    assert found.mail == MailConfig(host="mail", port=2525, sender="a@b", recipients=("c@d",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[notify.gitlab]", '"notify.gitlab" \\(did you mean "github"'),
        ('[notify.github]\nrepository = ""', '"notify.github.repository" must be "owner/name"'),
        ('[notify.github]\nrepository = "https://github.com/o/n"', 'must be "owner/name"'),
        ('[notify.github]\nrepository = "o/n/../x"', 'must be "owner/name"'),
        ('[notify.github]\nrepository = "o/n"\ntoken = "x"', '"notify.github.token"'),
        ('[notify.webhook]\nurl = "x"', '"notify.webhook.url"'),
        ('[notify.webhook]\nform = "teams"', "one of json, slack"),
        ('[notify.mail]\nfrom = "a@b"\nto = ["c@d"]', '"notify.mail.server" must be such as'),
        (
            '[notify.mail]\nserver = "x:smtp"\nfrom = "a@b"\nto = ["c@d"]',
            '"notify.mail.server" must be such as',
        ),
        ('[notify.mail]\nserver = "x"\nfrom = "a@b"\nto = []', "must name addresses"),
        ('[notify.mail]\nserver = "x"\nfrom = "a@b\\nBcc: e@f"\nto = ["c@d"]', "must name addresses"),
        ('[notify.mail]\nserver = "x"\nfrom = "a@b"\nto = ["c@d, e@f"]', "must name addresses"),
    ],
)
def test_what_is_no_channel_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text)
