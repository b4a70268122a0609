"""A branch of a remote: what stands there, and putting a commit in its place. The one way to a network.

Owns that a push replaces exactly what was looked at before (git's lease: the server compares), and that
a refusal is told from somebody else's push by looking again, never by git's words.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from groundspeed.errors import GroundspeedError, HistoryError
from groundspeed.history.commits import History
from groundspeed.history.process import ONLINE, Answer, refuse_full, run

_SLOW = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60")
"""A connection that gives less than 1 kB/s for a minute is dead, and nobody is there to press Ctrl-C."""

_SECRETS = re.compile(r"//[^/@\s]+@")


class RemoteError(GroundspeedError):
    """The remote said no: it is there, and will say so again."""

    exit_code = 1


class UnreachableError(RemoteError):
    """Nobody answered at the remote; later somebody may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteBranch:
    """``remote`` is a name that the clone knows, or an address; ``branch`` may not be there yet."""

    history: History
    remote: str
    branch: str

    def __post_init__(self) -> None:
        """Raises RemoteError for what git would take for an option, and for what no branch can be called."""
        ref = run(self.history.git_dir, "check-ref-format", self._ref)
        if self.remote.startswith("-") or not self.remote or not self.remote.isprintable():
            raise RemoteError(f"{self.remote!r} is no remote: name one of `git remote`, such as origin.")
        if self.branch.startswith("-") or ref.code:
            raise RemoteError(f"{self.branch!r} cannot be the name of a branch. Name one such as gh-pages.")

    def __str__(self) -> str:
        return f"{self.branch} at {_without_secrets(self.remote)}"

    def tip(self) -> str | None:
        """The hash of the commit that stands there now, None for no such branch. Raises UnreachableError."""
        answer = self._git("ls-remote", "--", self.remote, self._ref)
        if answer.code:
            raise UnreachableError(
                f"{_without_secrets(self.remote)} cannot be asked for its branches: {_words(answer)}. "
                "Check the network, the address (`git remote -v`) and your rights there, then run it again."
            )
        listed = [line.split("\t") for line in answer.text().splitlines()]
        return next((commit for commit, ref in listed if ref == self._ref), None)

    def fetch(self) -> str:
        """Bring the branch here with all it holds; its hash. Raises UnreachableError, StorageError.

        It gets a name under refs/groundspeed/, no branch of the clone's own moves; never shallow, which
        would cut the clone's own history.
        """
        answer = self._git(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--",
            self.remote,
            f"+{self._ref}:{self._own('fetched')}",
        )
        if answer.code:
            refuse_full(self.history.git_dir, answer)
            raise UnreachableError(
                f"{self} cannot be fetched: {_words(answer)}. Check the network, then run it again."
            )
        return self.history.resolve(self._own("fetched"))

    def agreed(self) -> str | None:
        """The commit that was last said to hold the same as this side; None for none."""
        answer = self._git("rev-parse", "--verify", "--quiet", f"{self._own('agreed')}^{{commit}}")
        return None if answer.code else answer.text().strip()

    def agree(self, commit: str) -> None:
        """Remember that this side holds what ``commit`` does, or more."""
        answer = self._git("update-ref", self._own("agreed"), commit)
        if answer.code:
            refuse_full(self.history.git_dir, answer)
            raise HistoryError(f"{self.history.path}: git cannot keep a reference: {answer.said()}.")

    def push(self, commit: str, expected: str | None) -> bool:
        """Put ``commit`` there in place of ``expected`` (None: there is no such branch yet).

        False when somebody else came first and something else stands there now. Raises RemoteError when the
        remote refuses, UnreachableError when nobody answers.
        """
        answer = self._git(
            "push",
            "--quiet",
            "--porcelain",
            "--no-follow-tags",
            "--no-recurse-submodules",
            "--no-verify",
            f"--force-with-lease={self._ref}:{expected or ''}",
            "--",
            self.remote,
            f"{commit}:{self._ref}",
        )
        if not answer.code:
            return True
        now = self.tip()
        if now == commit:
            return True  # it arrived, its answer did not
        if now != expected:
            return False
        raise RemoteError(
            f"{self} does not take the push: {_words(answer)}. Nothing was changed there. Ask whoever keeps "
            "the remote for the right to push to this branch, or name another one."
        )

    @property
    def _ref(self) -> str:
        return f"refs/heads/{self.branch}"

    def _own(self, kind: str) -> str:
        """A reference of ours. A remote may be an address, so its place among them is a digest of it."""
        where = hashlib.sha256(self.remote.encode()).hexdigest()[:16]
        return f"refs/groundspeed/{where}/{kind}/{self.branch}"

    def _git(self, *arguments: str) -> Answer:
        return _ask(self.history, *arguments)


def fetch_all(history: History, remote: str) -> None:
    """Bring the branches and tags of ``remote`` here, as its configuration says; no branch of ours moves.

    Raises ``UnreachableError``, ``StorageError``.
    """
    answer = _ask(
        history, "fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--", remote
    )
    if answer.code:
        refuse_full(history.git_dir, answer)
        raise UnreachableError(
            f"{_without_secrets(remote)} cannot be fetched: {_words(answer)}. "
            "Check the network and the address (`git remote -v`), then run it again."
        )


def _ask(history: History, *arguments: str) -> Answer:
    """Git where the clone lies and not in its `.git`: an address such as ``../other.git`` goes from there."""
    return run(history.path, *_SLOW, *arguments, variables=ONLINE)


def _words(answer: Answer) -> str:
    """What git, or the remote behind it, complained of: the last of its lines says what failed.

    Of a push, `!<tab>FROM:TO<tab>why`, only why: whoever calls says what was pushed.
    """
    said = [line.strip().rstrip(".") for line in (*answer.text().splitlines(), *answer.err.splitlines())]
    lines = [line.rpartition("\t")[2] if line.startswith("!") else line for line in said if line]
    told = [line for line in lines if line.startswith(("[", "remote:", "fatal:", "error:"))]
    return _without_secrets(" · ".join(told[:3] or lines[:1])) or f"git ended with code {answer.code}"


def _without_secrets(text: str) -> str:
    """An address may hold a password or a token."""
    return _SECRETS.sub("//", text)
