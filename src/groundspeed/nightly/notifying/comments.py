"""A comment on a pull request, one for each purpose, updated in place. Owns whose comment may be changed.

What it says was written where strangers' code ran: the text is bounded, calls nobody and carries no marker
of ours. The number of the pull request must come from whoever posts, never from that text. A comment is ours
when the token's own account wrote it and the marker stands first: anybody may write the marker.
"""

from __future__ import annotations

import re
from pathlib import Path

from groundspeed.config.notify import NotifyConfig
from groundspeed.nightly.notifying.github import BODY, GitHub, RefusedError
from groundspeed.nightly.notifying.net import Net
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets

BOT = "github-actions[bot]"
"""Who writes with the token of a workflow, which may not ask for its own account."""

_FORBIDDEN = 403
_READ = 4 * BODY  # bytes of a file: as many characters as a comment may have, whatever they are
_WORD = re.compile(r"[a-z0-9-]+")
_CUT = "\n\n… (cut)"
_MENTION = re.compile(r"(?<![\w`])@(?=\w)")
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)


def comment_on(
    config: NotifyConfig, number: int, file: Path, secrets: Secrets, net: Net, *, purpose: str
) -> str:
    """Write a file's text as the comment of ``purpose`` on a pull request, and say what was done.

    Raises ``NotifyError`` without [notify.github], for a file that cannot be read, and as ``comment`` does.
    """
    if config.github is None:
        raise NotifyError("groundspeed.toml names no [notify.github]: write it (docs/notifications.md).")
    try:
        with file.open("rb") as opened:
            text = opened.read(_READ).decode("utf-8", "replace")
    except OSError as error:
        raise NotifyError(f"{file} cannot be read: {error.strerror}. Name a Markdown file.") from error
    try:
        return comment(GitHub(config=config.github, secrets=secrets, net=net), number, text, purpose=purpose)
    except NotifyError as error:
        raise NotifyError(secrets.redacted(str(error))) from error


def comment(hub: GitHub, number: int, text: str, *, purpose: str) -> str:
    """Write or update the comment of ``purpose`` (a word) on a pull request, and say which.

    Raises ``NotifyError``, also where there is nothing to say.
    """
    if _WORD.fullmatch(purpose) is None:
        raise NotifyError(f"{purpose!r} names no purpose: small letters, digits and - do.")
    wanted = worded(text, purpose)
    path = f"/repos/{hub.repository}/issues"
    mark, me = _mark(purpose), _account(hub)
    for one in hub.get_all(f"{path}/{number}/comments"):
        author, there = one.get("user"), one.get("body")
        mine = isinstance(author, dict) and author.get("login") == me
        if mine and isinstance(there, str) and there.startswith(mark):
            if there.replace("\r\n", "\n").strip() == wanted.strip():
                return f"the comment on #{number} says so already"
            hub.patch(f"{path}/comments/{one.get('id')}", {"body": wanted})
            return f"updated the comment on #{number}"
    hub.post(f"{path}/{number}/comments", {"body": wanted})
    return f"wrote a comment on #{number}"


def worded(text: str, purpose: str) -> str:
    """The comment's body: the marker, then the text without hidden parts and mentions, as long as may be."""
    shown = _COMMENT.sub("", "".join(char for char in text if char.isprintable() or char in "\n\t"))
    shown = _MENTION.sub("@\u2060", shown).strip()
    if not shown:
        raise NotifyError("There is nothing to say in the comment: see to the file.")
    room = BODY - len(_mark(purpose)) - len(_CUT) - 2
    return f"{_mark(purpose)}\n\n{shown if len(shown) <= room else shown[:room] + _CUT}"


def _mark(purpose: str) -> str:
    return f"<!-- groundspeed comment={purpose} -->"


def _account(hub: GitHub) -> str:
    """Whose token it is; a workflow's may not ask (403)."""
    try:
        return str(hub.get("/user").get("login"))
    except RefusedError as error:
        if error.status != _FORBIDDEN:
            raise
        return BOT
