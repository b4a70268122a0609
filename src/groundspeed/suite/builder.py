"""asv's environment classes, in a process of their own: its working directory is theirs to read.

Run as ``python -m groundspeed.suite.builder FD`` in the folder of asv.conf.json, with one JSON request
on standard input; answers one JSON line on the descriptor FD. What it prints is the build's log. It
makes one environment for one commit, or names the environments of the matrix; it measures nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asv.config import Config
    from asv.environment import Environment

_LIST = """
import importlib.metadata as metadata
import platform
print("python==" + platform.python_version())
lines = {one.metadata["Name"] + "==" + one.version for one in metadata.distributions()}
print("\\n".join(sorted(lines, key=str.lower)))
"""


def main() -> None:
    """Serve the one request."""
    request = json.load(sys.stdin)
    answer = _answer(request)
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as line:
        json.dump(answer, line)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from asv import environment, plugin_manager, util
    from asv.repo import get_repo

    try:
        for plugin in _conf(request).plugins:  # importing the manager loaded asv's own
            plugin_manager.plugin_manager.import_plugin(plugin)
        if request["do"] == "list":
            return {"environments": [_described(one) for one in _environments(request)]}
        if request["do"] == "fetch":
            get_repo(_conf(request)).pull()  # asv's own clone of a remote repository, made where missing
            return {"fetched": True}
        return {"built": _build(request)}
    except util.ProcessError as error:
        return {"failure": f"{error}\n{error.stdout or ''}\n{error.stderr or ''}".strip()}
    except (util.UserError, environment.EnvironmentUnavailable, OSError, RuntimeError, ValueError) as error:
        return {"failure": f"{type(error).__name__}: {error}"}


def _environments(request: dict[str, Any]) -> list[Environment]:
    from asv import environment

    conf = _conf(request)
    return [_with_uv(one, conf, request["uv"]) for one in environment.get_environments(conf, None)]


def _conf(request: dict[str, Any]) -> Config:
    from asv.config import Config

    conf = Config.load(request["config"])
    conf.env_dir = request["folder"]
    conf.environment_type = conf.environment_type or "virtualenv"
    return conf


def _described(one: Environment) -> dict[str, Any]:
    return {
        "name": one.name,
        "python": one.python,
        "requirements": one.requirements,
        "env_vars": one.env_vars,
    }


def _build(request: dict[str, Any]) -> dict[str, Any]:
    one = next(one for one in _environments(request) if one.name == request["environment"])
    from asv.repo import get_repo

    conf = _conf(request)
    one.create()
    one.install_project(conf, get_repo(conf), request["commit"])
    python = Path(one.find_executable("python"))
    variables = {**one._global_env_vars, **one.env_vars}  # noqa: SLF001 -- asv has no public name for them
    dependencies = one.run_executable("python", ["-c", _LIST])
    return {"python": str(python), "variables": variables, "dependencies": dependencies.split("\n")[:-1]}


def _with_uv(one: Environment, conf: Config, uv: str | None) -> Environment:
    """The same environment, made and filled by uv where it is there; its name stays asv's."""
    from asv import util
    from asv.plugins.virtualenv import Virtualenv

    if uv is None or type(one) is not Virtualenv:
        return one

    class UvVirtualenv(Virtualenv):  # type: ignore[misc]  # asv is untyped
        """A virtualenv that pip never has to fill: 0.3 s where pip needs 15."""

        def _setup(self) -> None:
            util.check_call([uv, "venv", "--no-project", "--python", self._executable, self._path])
            self._install_requirements()

        def run_executable(self, executable: str, args: list[str], **kwargs: Any) -> Any:
            if executable == "python" and args[:3] == ["-m", "pip", "install"]:
                try:
                    return self._uv_pip(args[2:], **kwargs)
                except util.ProcessError:
                    # an option that only pip knows, perhaps: pip has the last word, the log has both
                    return super().run_executable(executable, args, **kwargs)
            if executable == "python" and args[:3] == ["-m", "pip", "uninstall"]:
                return self._uv_pip(args[2:], **kwargs)
            return super().run_executable(executable, args, **kwargs)

        def _uv_pip(self, args: list[str], **kwargs: Any) -> Any:
            env = {**kwargs.pop("env", os.environ), **self._global_env_vars, "VIRTUAL_ENV": self._path}
            env.pop("PYTHONPATH", None)
            kwargs["timeout"] = kwargs.get("timeout") or self._install_timeout
            kwargs.pop("dots", None)
            options = ["--python", self.find_executable("python")]
            return util.check_output([uv, "pip", args[0], *options, *args[1:]], env=env, **kwargs)

    return UvVirtualenv(conf, one.python, one.requirements, one._tagged_env_vars)  # noqa: SLF001 -- its own argument


if __name__ == "__main__":
    main()
