"""GitHub's REST API, as far as issues and comments go: lists page by page, and what a refusal means.

Owns nothing of what is written there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundspeed.config.notify import GITHUB_TOKENS, REPOSITORY, RUNNER_API, RUNNER_REPOSITORY, GitHubConfig
from groundspeed.nightly.notifying.net import Answer, Net, Request, host_of
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets

PAGE = 100  # what the API gives at once at most
PAGES = 20
"""Of a list: two thousand issues of a label, or comments of a pull request, are more than anybody reads."""

BODY = 65_536  # characters of an issue's or a comment's body, which the API refuses more of
_VERSION = "2022-11-28"
_ADVICE = {
    401: "the token is wrong or has ended: make a new one",
    403: "the token may not do that, or was used too often: see its rights (issues: write)",
    404: "there is no such repository, or the token may not see it",
    410: "issues are switched off there",
}


class RefusedError(NotifyError):
    """The API said no, with a status."""

    def __init__(self, text: str, status: int) -> None:
        """``status`` is HTTP's."""
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHub:
    """A repository there: the stated one, else the one that the runner is of."""

    config: GitHubConfig
    secrets: Secrets
    net: Net

    @property
    def repository(self) -> str:
        """``owner/name``. Raises ``NotifyError`` where nobody says it."""
        found = self.config.repository or self.secrets.runner.get(RUNNER_REPOSITORY, "")
        if REPOSITORY.fullmatch(found) is None:
            raise NotifyError(
                f"Which repository is meant? Write it as [notify.github] repository; {RUNNER_REPOSITORY} is "
                "no owner/name either."
            )
        return found

    @property
    def api(self) -> str:
        """Its address. The runner's counts for the runner's repository alone."""
        theirs = None if self.config.repository else self.secrets.runner.get(RUNNER_API)
        return (theirs or self.config.api).rstrip("/")

    def get(self, path: str) -> Any:
        """What a path of the API holds. Raises ``NotifyError``."""
        return self._parsed(self._asked("GET", path, None))

    def get_all(self, path: str) -> list[Mapping[str, Any]]:
        """All pages of a list. Raises ``NotifyError``, also where it is longer than ``PAGES``: who took
        what is beyond for absent would write it twice.
        """
        found: list[Mapping[str, Any]] = []
        for number in range(1, PAGES + 1):
            joint = "&" if "?" in path else "?"
            page = self.get(f"{path}{joint}per_page={PAGE}&page={number}")
            if not isinstance(page, list) or not all(isinstance(one, dict) for one in page):
                raise NotifyError(f"{self._host} answered with no list: see to [notify.github] api.")
            found += page
            if len(page) < PAGE:
                return found
        raise NotifyError(f"{self.repository} has over {PAGES * PAGE:,} there: use a fresh label.")

    def post(self, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """What was made. Raises ``NotifyError``; after a ``NoAnswerError`` it may have been made."""
        return self._object(self._asked("POST", path, content))

    def patch(self, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """What was changed. Raises ``NotifyError``."""
        return self._object(self._asked("PATCH", path, content))

    @property
    def _host(self) -> str:
        return host_of(self.api)

    def _asked(self, method: str, path: str, content: Mapping[str, Any] | None) -> Answer:
        token = self.secrets.get(*GITHUB_TOKENS)
        request = Request(
            method=method,
            url=f"{self.api}{path}",
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "User-Agent": "groundspeed",
                "X-GitHub-Api-Version": _VERSION,
                **({} if content is None else {"Content-Type": "application/json"}),
            },
            body=b"" if content is None else json.dumps(content).encode(),
            repeatable=method != "POST",
        )
        answer = self.net.send(request)
        if not 200 <= answer.status < 300:
            advice = _ADVICE.get(answer.status, "it is tried again the next time")
            raise RefusedError(
                f"{self._host} refused {method} for {self.repository} with {answer.status}"
                f"{f' ({answer.said})' if answer.said else ''}: {advice}.",
                answer.status,
            )
        return answer

    def _parsed(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise NotifyError(
                f"{self._host} answered {answer.status} with something that is no JSON: "
                "see to [notify.github] api, or to a proxy between."
            ) from error

    def _object(self, answer: Answer) -> Mapping[str, Any]:
        found = self._parsed(answer)
        if not isinstance(found, dict):
            raise NotifyError(f"{self._host} answered with no object: see to [notify.github] api.")
        return found
