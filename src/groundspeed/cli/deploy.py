"""``groundspeed deploy``: the page, or the results, to where others find them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def deploy(
    branch: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The branch; else gh-pages, for results groundspeed-results."),
    ] = None,
    remote: Annotated[str, typer.Option(metavar="NAME", help="The remote, or its address.")] = "origin",
    rsync: Annotated[
        str | None, typer.Option(metavar="TARGET", help="Copy the page to host:folder instead.")
    ] = None,
    results: Annotated[
        bool, typer.Option("--results", help="Bring results together with other machines' instead.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Give up what stands on the branch, whoever put it there.")
    ] = False,
    tries: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often a remote that does not answer is asked.")
    ] = 4,
) -> None:
    """Push the published page as the one commit of a branch; or exchange results with a branch of theirs.

    Exit 1 where the remote refuses or does not answer. No file and no branch of the clone is touched.

    Example: groundspeed deploy --results && groundspeed publish && groundspeed deploy
    """
    from groundspeed.config import load
    from groundspeed.nightly import deploy as site
    from groundspeed.nightly import exchange
    from groundspeed.nightly.outside import real_outside
    from groundspeed.results.size import size_warnings

    _check(results=results, force=force, rsync=rsync, branch=branch)
    configuration = load(Path.cwd())
    outside = real_outside(tries)
    if results:
        done = exchange.exchange_results(
            configuration, outside, remote=remote, branch=branch or exchange.BRANCH
        )
        for warning in (*done.warnings, *size_warnings(configuration.suite.results_dir)):
            typer.echo(f"groundspeed: {warning}", err=True)
        typer.echo(done.sentence)
    elif rsync is not None:
        typer.echo(site.deploy_by_rsync(configuration, rsync, outside).sentence)
    else:
        named = branch or site.BRANCH
        typer.echo(
            site.deploy_site(configuration, outside, remote=remote, branch=named, force=force).sentence
        )


def _check(*, results: bool, force: bool, rsync: str | None, branch: str | None) -> None:
    if results and force:
        raise typer.BadParameter("nothing of the results is ever given up", param_hint="--force")
    if rsync is not None and (results or branch is not None):
        raise typer.BadParameter("rsync knows no branches and takes the page only", param_hint="--rsync")
