"""Results of several machines, brought together on a branch that holds nothing else.

Owns that nobody's results are lost: what stands on the branch comes here first, then both go there as one
more commit. The branch only grows, and the commits that were measured are never touched. What was decided
about regressions goes with the results, for another machine's page is to say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed import units
from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.history.making import (
    commit_tree,
    contents_of,
    files_of,
    store_files,
    store_text,
    store_tree,
)
from groundspeed.history.remote import RemoteBranch
from groundspeed.nightly.deploy import RACES, busy
from groundspeed.nightly.outside import Outside
from groundspeed.results.attempts import Stage, attempting
from groundspeed.results.lock import file_lock
from groundspeed.results.merging import Changed, Merged, Theirs, belongs, merge, result_files
from groundspeed.verdicts.regressions import triage_path
from groundspeed.verdicts.triage import NAME as TRIAGE
from groundspeed.verdicts.triage import TriageError, join

BRANCH = "groundspeed-results"
FOLDER = "results/"
_MARKER = ".groundspeed-results"
_MARKER_TEXT = "Results of several machines, brought together by: groundspeed deploy --results\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchanged:
    """What an exchange did. ``brought`` and ``sent`` are paths in the results folder, and triage.toml.

    ``commit`` is what stands on the branch now; ``pushed`` is False where all of ours stood there already.
    """

    where: str
    commit: str
    brought: tuple[str, ...]
    sent: tuple[str, ...]
    pushed: bool
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What became of it."""
        return (
            f"{self.where}: {units.counted(len(self.brought), 'file')} brought from there, "
            f"{units.counted(len(self.sent), 'file')} sent."
        )


def exchange_results(
    configuration: Configuration, outside: Outside, *, remote: str = "origin", branch: str = BRANCH
) -> Exchanged:
    """Make the results here and on ``branch`` of ``remote`` the union of both.

    Raises NothingMeasuredError where there are none on either side, GroundspeedError where the branch is
    somebody else's, LockedError while something is measured here, StorageError where two files contradict
    each other, RemoteError where the remote refuses or is not reached.
    """
    history = History.open(configuration.suite.root)
    there = RemoteBranch(history=history, remote=remote, branch=branch)
    sides = _Sides(
        history=history,
        there=there,
        results_dir=configuration.suite.results_dir,
        triage=triage_path(configuration),
        locks=configuration.workspace / "locks",
        project=configuration.suite.project,
    )
    workspace = configuration.workspace
    with (
        attempting(workspace, Stage.EXCHANGE, outside.now),
        file_lock(workspace / "locks" / "results"),
    ):
        return outside.patiently(lambda: sides.exchange(outside))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """What one side holds, as git's names of contents: results by their path, triage.toml (empty: none)."""

    results: Mapping[str, str]
    triage: str

    def beyond(self, other: _Held) -> tuple[str, ...]:
        """The paths that are not the same there."""
        found = {path for path, content in self.results.items() if other.results.get(path) != content}
        return tuple(sorted(found | ({TRIAGE} if self.triage and self.triage != other.triage else set())))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sides:
    """The results here and those there."""

    history: History
    there: RemoteBranch
    results_dir: Path
    triage: Path
    locks: Path
    project: str

    def exchange(self, outside: Outside) -> Exchanged:
        brought: dict[str, None] = {}
        warnings: list[str] = []
        for _ in range(RACES):
            before = None if self.there.tip() is None else self.there.fetch()
            theirs, agreed = self._held(before), self._held(self.there.agreed())
            merged = self._bring(theirs.results, agreed.results)
            decided = self._join(theirs.triage, warnings)
            if before is not None:
                self.there.agree(before)
            brought |= dict.fromkeys((*merged.written, *decided))
            warnings += merged.warnings
            ours = self._ours()
            if not ours.results:
                raise NothingMeasuredError(
                    f"There are no results in {self.results_dir}, nor on {self.there}. "
                    "Measure something first: groundspeed run."
                )
            sent = ours.beyond(theirs)
            commit = self._commit(ours, before, sent, outside) if sent or before is None else before
            pushed = commit != before
            if not pushed or self.there.push(commit, before):
                self.there.agree(commit)
                return Exchanged(
                    where=str(self.there),
                    commit=commit,
                    brought=tuple(brought),
                    sent=sent,
                    pushed=pushed,
                    warnings=tuple(warnings),
                )
        raise busy(self.there)

    def _ours(self) -> _Held:
        files = result_files(self.results_dir)
        results = dict(zip(files, store_files(self.history, list(files.values())), strict=True))
        (triage,) = store_files(self.history, [self.triage]) if self.triage.is_file() else ("",)
        return _Held(results=results, triage=triage)

    def _held(self, commit: str | None) -> _Held:
        """What a commit of the branch holds. Raises GroundspeedError where it is none of ours."""
        if commit is None:
            return _Held(results={}, triage="")
        files = files_of(self.history, commit)
        if _MARKER not in files:
            raise GroundspeedError(
                f"{self.there} holds no results of groundspeed. "
                "Name another branch (--branch; results_branch of [nightly])."
            )
        inside = {path.removeprefix(FOLDER): one for path, one in files.items() if path.startswith(FOLDER)}
        results = {path: content for path, content in inside.items() if belongs(path)}
        return _Held(results=results, triage=files.get(TRIAGE, ""))

    def _join(self, theirs: str, warnings: list[str]) -> tuple[str, ...]:
        """Take over what was decided there; what cannot be read is told, and the results are brought."""
        if not theirs:
            return ()
        content = contents_of(self.history, [theirs])[theirs]
        try:
            return (TRIAGE,) if join(self.triage, content, locks=self.locks) else ()
        except TriageError as error:
            warnings.append(f"What was decided on {self.there} is not taken over: {error}")
            return ()

    def _bring(self, theirs: Mapping[str, str], agreed: Mapping[str, str]) -> Merged:
        """Take what is new there, or may be: ``agreed`` is what both sides held last."""
        ours = self._ours().results
        news = {path: content for path, content in theirs.items() if content != ours.get(path)}
        contents = contents_of(self.history, news.values())
        return merge(
            self.results_dir,
            [
                Theirs(
                    path=path,
                    content=contents[content],
                    ours=(self.results_dir / path).read_bytes() if path in ours else None,
                    changed=_changed(ours.get(path), content, agreed.get(path)),
                )
                for path, content in news.items()
            ],
        )

    def _commit(self, ours: _Held, before: str | None, sent: tuple[str, ...], outside: Outside) -> str:
        files = {f"{FOLDER}{path}": content for path, content in ours.results.items()}
        if ours.triage:
            files[TRIAGE] = ours.triage
        files[_MARKER] = store_text(self.history, _MARKER_TEXT)
        message = f"Results of {' '.join(self.project.split())}: {units.counted(len(sent), 'file')}\n"
        tree = store_tree(self.history, files)
        return commit_tree(self.history, tree, message, () if before is None else (before,), outside.now())


def _changed(ours: str | None, theirs: str, agreed: str | None) -> Changed:
    if theirs == agreed:
        return Changed.HERE
    return Changed.THERE if ours == agreed else Changed.BOTH
