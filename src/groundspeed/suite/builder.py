"""asv's environment classes, in a process of their own: its working directory is theirs to read.

Run as ``python -m groundspeed.suite.builder FD`` in the folder of asv.conf.json, with one order (a JSON
line) on standard input; answers one JSON line on the descriptor FD. What it prints is the build's log. It
makes one environment for one commit, or names the environments of the matrix; it measures nothing.
Standard input stays open while the answer is wanted: at its end this process and all it started end.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.errors import GroundspeedError

if TYPE_CHECKING:
    from asv.config import Config
    from asv.environment import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What the builder is to do: ``list`` the matrix, ``fetch`` the repository, or ``build`` a commit.

    ``folder`` takes the environment, ``wheels`` the wheels that commits may share; ``uv`` is None where
    there is none. ``ignored`` and ``lock`` are the configuration's; ``lock_of_commit`` tells that each
    commit's own lock file is meant. ``worktree`` is the working tree to build instead of the commit's.
    """

    do: str
    config: str
    folder: str
    wheels: str
    uv: str | None
    environment: str
    commit: str
    ignored: tuple[str, ...]
    lock: str | None
    lock_of_commit: bool
    worktree: str | None


def main() -> None:
    """Serve the one order."""
    order = Order(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_the_asker, daemon=True).start()
    answer = _answer(order)
    sys.stdout.flush()  # the log is whole before the answer: after it this process may be ended
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as line:
        json.dump(answer, line)
    os._exit(0)  # the thread still reads standard input, which the interpreter would wait for


def _end_with_the_asker() -> None:
    """Whoever asked is gone, or wants no more: end everything in this session, at last ourselves."""
    from groundspeed.suite.ending import end_all

    os.read(0, 1)
    if os.getsid(0) == os.getpid():  # started by hand it would end the shell
        end_all(os.getpid())
    os._exit(1)


def _answer(order: Order) -> dict[str, Any]:
    from asv import environment, plugin_manager, util
    from asv.repo import get_repo

    try:
        conf = _conf(order)
        for plugin in conf.plugins:  # importing the manager loaded asv's own
            plugin_manager.plugin_manager.import_plugin(plugin)
        if order.do == "fetch":
            get_repo(conf).pull()  # asv's own clone of a remote repository, made where missing
            return {"fetched": True}
        found = list(environment.get_environments(conf, None))
        if order.do == "list":
            return {"environments": [_described(one) for one in found]}
        return {"built": _build(order, conf, next(one for one in found if one.name == order.environment))}
    except util.ProcessError as error:
        return {"failure": f"{error}\n{error.stdout or ''}\n{error.stderr or ''}".strip()}
    except GroundspeedError as error:
        return {"failure": str(error)}
    except (util.UserError, environment.EnvironmentUnavailable, OSError, RuntimeError, ValueError) as error:
        return {"failure": f"{type(error).__name__}: {error}"}


def _conf(order: Order) -> Config:
    from asv.config import Config

    conf = Config.load(order.config)
    conf.env_dir = order.folder
    conf.environment_type = conf.environment_type or "virtualenv"
    conf.build_cache_size = (
        1  # asv's cache lies in the environment, which holds one commit; ours are the wheels
    )
    return conf


def _described(one: Environment) -> dict[str, Any]:
    return {
        "name": one.name,
        "python": one.python,
        "requirements": one.requirements,
        "env_vars": one.env_vars,
    }


def _build(order: Order, conf: Config, one: Environment) -> dict[str, Any]:
    from asv.repo import get_repo

    from groundspeed.suite.installing import ours
    from groundspeed.suite.isolation import INVENTORY

    mine = ours(one, order)
    mine.create()
    mine.install_project(conf, get_repo(conf), order.commit)
    inventory = json.loads(mine.run_executable("python", [str(INVENTORY)]).splitlines()[-1])
    built = mine.built(inventory)
    mine.tidy()
    variables = {**mine._global_env_vars, **mine.env_vars}  # noqa: SLF001 -- asv has no public name for them
    return {
        **built,
        "python": str(mine.find_executable("python")),
        "variables": variables,
        "dependencies": inventory["dependencies"],
    }


if __name__ == "__main__":
    main()
