"""One issue for each confirmed regression, kept as the regression is: opened, updated, closed.

Owns what an issue says and what is to be done, a pure function of the issues there and the regressions. An
issue is known by a marker in its body, among those with our label: strangers cannot give a label. What a
person closed stays closed; a suspicion opens none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from groundspeed.nightly.notifying.github import BODY, GitHub
from groundspeed.nightly.notifying.net import NoAnswerError
from groundspeed.nightly.notifying.news import Change, News, Regression
from groundspeed.nightly.notifying.secrets import NotifyError
from groundspeed.nightly.notifying.wording import case_lines, code
from groundspeed.report.table import plain
from groundspeed.verdicts.groups import State

NEW = 10
"""Issues that one night opens at most: years of results may hold hundreds, and those of tomorrow follow."""

TITLE = 120  # characters; the API takes 256
_MARK = re.compile(r"<!-- groundspeed regression=(\S+) state=([a-z-]+) -->")
_CLOSING = {
    State.RECOVERED: "completed",
    State.ACKNOWLEDGED: "not_planned",
    State.NOT_CONFIRMED: "not_planned",
}
_NEEDLESS = {"state": "closed", "state_reason": "not_planned"}
_SAID = {
    State.CONFIRMED: "Measured again, both ends in turn: it is so.",
    State.SUSPECTED: "Found in the history; whether it is so is open again.",
    State.NOT_CONFIRMED: "Measured again: it was not confirmed.",
    State.ACKNOWLEDGED: "Acknowledged: it may stay.",
    State.RECOVERED: "It has recovered.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """An issue as it stands; ``state`` is the regression's when we wrote it last."""

    number: int
    regression: str
    state: str
    is_open: bool
    title: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Something to do: make an issue (``number`` 0) or change one, with these fields of the API."""

    number: int
    fields: Mapping[str, Any]
    said: str


def plan(issues: Sequence[Issue], regressions: Sequence[Regression], page: str) -> tuple[Step, ...]:
    """What makes the issues say what is so. Nothing where they do; so it may be done again at any time."""
    kept = {one.regression: one for one in sorted(issues, key=lambda one: -one.number)}  # the lowest stays
    steps = [
        Step(
            number=one.number,
            fields=_NEEDLESS,
            said=f"closed #{one.number}, which says what #{kept[one.regression].number} does",
        )
        for one in issues
        if one.number != kept[one.regression].number and one.is_open
    ]
    opened = 0
    for one in regressions:
        issue = kept.get(one.id)
        if issue is not None:
            steps += _changed(issue, one, page)
        elif one.state is State.CONFIRMED and opened < NEW:
            opened += 1
            steps.append(
                Step(
                    number=0,
                    fields={"title": title(one), "body": body(one, page)},
                    said=f"opened an issue for {one.id}",
                )
            )
    return tuple(steps)


def _changed(issue: Issue, one: Regression, page: str) -> list[Step]:
    """At most one step: the body brought up to date, with it the state where that changed."""
    wanted = body(one, page)
    fields: dict[str, Any] = {} if _same(issue.body, wanted) else {"body": wanted, "title": title(one)}
    word = "updated"
    if one.state in _CLOSING and issue.is_open:
        fields |= {"state": "closed", "state_reason": _CLOSING[one.state]}
        word = "closed"
    elif one.state is State.CONFIRMED and not issue.is_open and issue.state != _word(State.CONFIRMED):
        fields |= {"state": "open"}  # we closed it; where a person did, it was confirmed then as well
        word = "opened again"
    said = f"{word} #{issue.number} for {one.id}: {one.state}"
    return [Step(number=issue.number, fields=fields, said=said)] if fields else []


def title(one: Regression) -> str:
    """``1.50× slower since 1f0c9a3e12 in m.time_walk(1) and 3 more``; a title is plain text there."""
    change = one.cases[0].change.partition(" (")[0] if one.cases else "worse"
    more = f" and {one.count - 1:,} more" if one.count > 1 else ""
    case = f" in {one.cases[0].case}{more}" if one.cases else ""
    found = plain(f"{change} since {one.where}{case}")
    return found if len(found) <= TITLE else f"{found[: TITLE - 1]}…"


def body(one: Regression, page: str) -> str:
    """What the issue says, its marker first: a long list is cut at the end."""
    commits = code(one.culprit) if one.culprit else f"{code(one.base)} to {code(one.head)}"
    link = f"{page.rstrip('/')}/#/regressions?id={quote(one.id, safe='')}" if page else ""
    parts = [
        f"<!-- groundspeed regression={quote(one.id, safe='')} state={_word(one.state)} -->",
        f"{_SAID[one.state]} {'Commit' if one.culprit else 'Commits'}: {commits}",
        *([code(one.subject)] if one.subject else []),
        "\n".join(f"- {line}" for line in case_lines(one)),
        *([f"[On the page]({link})"] if link else []),
        f"Meant to be so? {code(f'groundspeed triage acknowledge {one.id} --note why')}",
    ]
    return "\n\n".join(parts)[:BODY]


def issue_of(found: Mapping[str, Any]) -> Issue | None:
    """An issue of ours as the API gives it; None for a pull request, a stranger's or something else."""
    text, number = found.get("body"), found.get("number")
    if "pull_request" in found or not isinstance(text, str) or not isinstance(number, int):
        return None
    mark = _MARK.match(text)
    if mark is None:
        return None
    return Issue(
        number=number,
        regression=unquote(mark[1]),
        state=mark[2],
        is_open=found.get("state") == "open",
        title=str(found.get("title") or ""),
        body=text,
    )


class NoLabelError(NotifyError):
    """An issue was made that could not be found again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issues:
    """The channel."""

    hub: GitHub
    name: str = "github"

    def tell(self, news: News) -> tuple[str, ...]:
        """Bring the issues to what is so, and say what was done.

        Raises ``NotifyError`` where a step fails, after the others: the next night does what is left.

        Another night may have opened the same at the same time, and an issue may be there though no
        answer came: so the list is read again after something was opened.
        """
        done, failed = self._done(plan(self._listed(), news.now.regressions, news.now.page))
        if any(one.number == 0 for one in done) or any(isinstance(one, NoAnswerError) for one in failed):
            again = [one for one in plan(self._listed(), news.now.regressions, news.now.page) if one.number]
            further, later = self._done(again)
            done, failed = [*done, *further], [*failed, *later]
        if failed:
            before = "".join(f" Done: {one.said}." for one in done)
            raise NotifyError(f"{failed[0]}{before}")
        return tuple(one.said for one in done)

    def draft(self, news: News) -> str:
        """The issues that what was confirmed would open: nobody is asked which are there already."""
        confirmed = [one.regression for one in news.events if one.change is Change.CONFIRMED]
        steps = plan((), confirmed, news.now.page)
        return "\n\n".join(f"{one.fields['title']}\n\n{one.fields['body']}" for one in steps)

    def _listed(self) -> list[Issue]:
        label = quote(self.hub.config.label, safe="")
        found = self.hub.get_all(f"{self._path}?state=all&labels={label}")
        return [issue for one in found if (issue := issue_of(one)) is not None]

    def _done(self, steps: Sequence[Step]) -> tuple[list[Step], list[NotifyError]]:
        done: list[Step] = []
        failed: list[NotifyError] = []
        for step in steps:
            try:
                if step.number:
                    self.hub.patch(f"{self._path}/{step.number}", step.fields)
                else:
                    self._open(step)
            except NotifyError as error:
                failed.append(error)
                if isinstance(error, NoLabelError):
                    break
            else:
                done.append(step)
        return done, failed

    def _open(self, step: Step) -> None:
        """Make an issue. GitHub drops the labels of who may not set them without a word, and an issue that
        cannot be found again would be made every night: it is closed, and that is an error.
        """
        label = self.hub.config.label
        made = self.hub.post(self._path, {**step.fields, "labels": [label]})
        names = [one.get("name") for one in made.get("labels") or () if isinstance(one, dict)]
        if label in names:
            return
        self.hub.patch(
            f"{self._path}/{made.get('number')}", {"state": "closed", "state_reason": "not_planned"}
        )
        raise NoLabelError(
            f"The token may write issues in {self.hub.repository}, and not label them: give it more rights."
        )

    @property
    def _path(self) -> str:
        return f"/repos/{self.hub.repository}/issues"


def _same(there: str, wanted: str) -> bool:
    """GitHub gives lines back with carriage returns where a person edited them."""
    return there.replace("\r\n", "\n").strip() == wanted.strip()


def _word(state: State) -> str:
    return str(state).replace(" ", "-")
