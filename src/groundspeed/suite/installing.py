"""asv's environments with three things added: uv does what it can, a content is built once, a lock holds.

Lives in the builder's process and nowhere else. Changes how the steps of asv's ``install_project`` are
done, never their order or what a configured command means; a class that brings steps of its own (a
plug-in's) keeps them all.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from asv import util
from asv.environment import Environment
from asv.plugins.uv import Uv
from asv.plugins.virtualenv import Virtualenv

from groundspeed.suite import lockfile, wheels, worktree
from groundspeed.suite.builder import Order
from groundspeed.suite.identity import environment_identity, wheel_content

# asv's own defaults (environment.py, _build_project), the last word where ours fail.
_ASVS_BUILD = [
    "PIP_NO_BUILD_ISOLATION=0 python -m build",
    "python -m pip wheel -w {build_cache_dir} {build_dir}",
]
_PIPS_BUILD = ["python -m pip wheel --no-deps -w {build_cache_dir} {build_dir}"]
# asv says `--force-reinstall` of everything, which takes back what the matrix pinned (numpy 1.26 becomes the
# newest that the project allows). Dependencies that are missing first; then the project's wheel over
# whatever has its name and version already.
_INSTALL = "in-dir={{env_dir}} python -m pip install {} {{wheel_file}}"
_STEPS = ("install_project", "_build_project", "_install_project", "checkout_project")
# What a compiler is told decides what is built, whoever says it.
_BUILD_VARIABLES = ("CC", "CXX", "FC", "CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "SOURCE_DATE_EPOCH")


def ours(one: Environment, order: Order) -> Environment:
    """The same environment with what we add; its name stays asv's.

    Its class is exchanged: made anew, it would lose the requirements that asv's constructor moved away.
    """
    kind = type(one)
    steps_are_asvs = all(getattr(kind, step) is getattr(Environment, step) for step in _STEPS)
    filled = () if kind not in (Virtualenv, Uv) else (UvFilled, AskedAtOnce) if order.uv else (AskedAtOnce,)
    built = BuiltOnce if steps_are_asvs else Reported
    one.__class__ = type(f"Our{kind.__name__}", (*filled, built, kind), {})
    one.order = order
    return one


class Reported(Environment):  # type: ignore[misc]  # asv is untyped
    """What is known of an environment that was installed by whatever steps."""

    order: Order
    wheel: Path | None = None
    shared = False
    key: str | None = None

    def built(self, inventory: dict[str, Any]) -> dict[str, Any]:
        """What became of it: its identity, and the wheel it came from."""
        identity = self._identity(inventory)
        return {"identity": identity, "wheel": self.key if self.wheel else None, "shared": self.shared}

    def tidy(self) -> None:
        """Remove what nothing needs any more."""

    def _identity(self, _: dict[str, Any]) -> str | None:
        return None


class BuiltOnce(Reported):
    """Builds a wheel once for each content, and installs it beside what the lock file says."""

    tree: str | None = None  # git's id of all that the commit holds; of a working tree there is none

    def checkout_project(self, repo: Any, commit_hash: str) -> None:
        """As asv; over it the working tree, where that is wanted."""
        super().checkout_project(repo, commit_hash)
        if self.order.worktree is not None:
            worktree.overlay(Path(self.order.worktree), Path(self._build_root))

    def _uninstall_project(self) -> None:
        if self._uninstall_command is not None:  # asv's default has nothing to do in a new environment
            super()._uninstall_project()

    def _build_project(self, _: Any, __: str, build_dir: str) -> None:
        cache = Path(self._global_env_vars["ASV_BUILD_CACHE_DIR"])
        if self.order.lock is not None:
            lockfile.install(self, self.order, build_dir)
        self.tree = None if self.order.worktree else self._git("rev-parse", "HEAD^{tree}")
        if self.tree is None or not self._comes_as_wheel():
            self._run_build(build_dir)
            self.wheel = _only_wheel(cache) if self._comes_as_wheel() else None
            return
        folder, self.key = Path(self.order.wheels), wheels.wheel_key(self._made_of())
        with wheels.held(folder, self.key):
            self.wheel = wheels.take(folder, self.key, cache)
            self.shared = self.wheel is not None
            if self.wheel is None:
                self._run_build(build_dir)
                self.wheel = _only_wheel(cache)
                if self.wheel is not None:
                    wheels.keep(folder, self.key, self.wheel)

    def _install_project(self, _: Any, __: str, build_dir: str) -> None:
        commands = self._install_command
        if commands is None:
            first = [_INSTALL.format("--no-deps")] if self.order.lock else [_INSTALL.format("")]
            commands = [*first, _INSTALL.format("--no-deps --force-reinstall")]
        self._commands(commands, build_dir)

    def tidy(self) -> None:
        """Without the sources and the wheel, once what it holds came as a wheel."""
        if self.wheel is not None:
            shutil.rmtree(self._build_root, ignore_errors=True)
            shutil.rmtree(self.wheel.parent, ignore_errors=True)
            self._set_build_dirs(None, None)

    def _run_build(self, build_dir: str) -> None:
        if self._build_command is not None:
            self._commands(self._build_command, build_dir)
            return
        try:
            self._quick_build(build_dir)
        except util.ProcessError:  # a backend that wants asv's way, perhaps; the log has both
            self._commands(_ASVS_BUILD, build_dir)

    def _quick_build(self, build_dir: str) -> None:
        self._commands(_PIPS_BUILD, build_dir)

    def _comes_as_wheel(self) -> bool:
        """Whether what is installed is the wheel alone, never the folder that it was built in."""
        commands = self._install_command
        text = " ".join([commands] if isinstance(commands, str) else commands or ["{wheel_file}"])
        return "{wheel_file}" in text and "{build_dir}" not in text

    def _made_of(self) -> dict[str, Any]:
        variables = {name: os.environ[name] for name in _BUILD_VARIABLES if name in os.environ}
        return {
            "tree": self.tree,
            "subdir": self._repo_subdir,
            "build": self._build_command,
            "kind": self.tool_name,
            "python": [self._python, str(getattr(self, "_executable", ""))],
            "requirements": {**self._requirements, **self._base_requirements},
            "variables": {**variables, **self.build_env_vars},
            "lock": lockfile.digest(self.order, self._build_root),
        }

    def _identity(self, inventory: dict[str, Any]) -> str | None:
        content = wheel_content(self.wheel, self.order.ignored) if self.wheel else self.tree
        own = {canonical(self._project)}
        if self.wheel is not None:
            own.add(canonical(self.wheel.name.partition("-")[0]))
        inside = Path(self._build_root).as_uri()
        direct = {
            name: one["content"]
            for name, one in inventory["direct"].items()
            if canonical(name) not in own and not one["url"].startswith(inside)
        }
        if content is None or None in direct.values():
            return None  # something was installed from a folder that is not the commit's
        own |= {canonical(name) for name, one in inventory["direct"].items() if one["url"].startswith(inside)}
        facts = {
            "dependencies": [
                line for line in inventory["dependencies"] if canonical(line.partition("==")[0]) not in own
            ],
            "direct": direct,
            "python": self._python,
            "requirements": self._requirements,
            "variables": self.env_vars,
        }
        return environment_identity(content, facts)

    def _commands(self, commands: Any, build_dir: str) -> None:
        self._interpolate_and_run_commands(commands, default_cwd=build_dir, extra_env=self.build_env_vars)

    def _git(self, *arguments: str) -> str:
        said: str = util.check_output(["git", *arguments], cwd=self._build_root, dots=False)
        return said.strip()


class AskedAtOnce(Environment):  # type: ignore[misc]
    """An environment that asks pip once for what asv wants in it, not one by one."""

    _asked: list[list[str]] | None = None  # a list while asv's requests are gathered, not done

    def _install_requirements(self) -> None:
        asked: list[list[str]] = []
        self._asked = asked
        super()._install_requirements()
        self._asked = None
        together = [package for args in asked for package in _packages(args)]
        try:
            self._run_pip(["install", "--upgrade", *together])
        except util.ProcessError:  # they exclude each other: as asv, the last one holds
            super()._install_requirements()
            return
        for args in asked:
            if not _packages(args):
                self._run_pip(args)

    def _run_pip(self, args: list[str], **kwargs: Any) -> Any:
        if self._asked is None:
            return super()._run_pip(args, **kwargs)
        return self._asked.append(list(args))


class UvFilled(Environment):  # type: ignore[misc]
    """An environment that pip never has to fill: 0.3 s where pip needs 15."""

    order: Order

    def _setup(self) -> None:
        python = getattr(self, "_executable", self._python)
        util.check_call([self.order.uv, "venv", "--no-project", "--python", python, self._path])
        self._install_requirements()

    def run_executable(self, executable: str, args: list[str], **kwargs: Any) -> Any:
        """As asv; what it would have pip do, uv does."""
        if executable == "python" and args[:3] == ["-m", "pip", "install"]:
            try:
                return self._uv(["pip", "install", *self._into(), *args[3:]], **kwargs)
            except util.ProcessError:
                # an option that only pip knows, perhaps: pip has the last word, the log has both
                return super().run_executable(executable, args, **kwargs)
        if executable == "python" and args[:3] == ["-m", "pip", "uninstall"]:
            words = [word for word in args[3:] if word not in ("-y", "--yes")]
            return self._uv(["pip", "uninstall", *self._into(), *words], **kwargs)
        return super().run_executable(executable, args, **kwargs)

    def _quick_build(self, build_dir: str) -> None:
        cache = self._global_env_vars["ASV_BUILD_CACHE_DIR"]
        self._uv(
            ["build", "--wheel", "--no-create-gitignore", *self._into(), "--out-dir", cache, build_dir],
            env={**os.environ, **self.build_env_vars},
            cwd=build_dir,
        )

    def _into(self) -> list[str]:
        return ["--python", self.find_executable("python")]

    def _uv(self, args: list[str], **kwargs: Any) -> Any:
        env = {**kwargs.pop("env", os.environ), **self._global_env_vars, "VIRTUAL_ENV": self._path}
        env.pop("PYTHONPATH", None)
        kwargs["timeout"] = kwargs.get("timeout") or self._install_timeout
        kwargs.pop("dots", None)
        return util.check_output([self.order.uv, *args], env=env, **kwargs)


def _packages(args: list[str]) -> list[str]:
    """What ``pip install -v --upgrade NAME…`` installs; empty when it says anything else as well."""
    words = [word for word in args[1:] if word not in ("-v", "--upgrade")]
    return [] if any(word.startswith("-") for word in words) else words


def _only_wheel(folder: Path) -> Path | None:
    found = list(folder.glob("*.whl"))
    return found[0] if len(found) == 1 else None


def canonical(name: str) -> str:
    """A distribution's name as the index compares it (PEP 503)."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))
