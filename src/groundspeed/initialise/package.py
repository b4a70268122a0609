"""What a project says of itself to pip: its name, its Pythons, what it is imported as. Pure.

Owns the reading of pyproject.toml, setup.cfg and setup.py (as text: no code of the project runs here),
and of the layouts where they are silent. Refuses to import anything.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from groundspeed.errors import ConfigError

_SOURCES = ("src", "", "python", "lib")  # where packages lie, in the order they are looked for
# Folders and modules beside a flat layout's package that are not it; most of setuptools' own list
# (setuptools/discovery.py, FlatLayoutPackageFinder.DEFAULT_EXCLUDE).
_BESIDE = frozenset(
    "asv_bench bench benchmark benchmarks bin build ci conf conftest debian doc docs documentation dodo "
    "example examples exercise exercises fabfile html lib manage news noxfile python results scripts setup "
    "site_scons tasks test tests tools unit_test unit_tests util utils vendor versioneer".split()
)
_DEEPEST = 3  # parts of a namespace package's name: google.cloud.storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """The project as pip sees it.

    ``imports`` are the names it is imported as, the likeliest first. ``requires_python`` is a version
    specifier, empty where none is stated. ``discovered`` says that the build tool finds the package by
    looking through a flat layout; ``dependencies`` that installing it may bring others.
    """

    name: str
    requires_python: str
    imports: tuple[str, ...]
    discovered: bool
    dependencies: bool


def read_package(texts: Mapping[str, str], tracked: Sequence[str], folder: str) -> Package:
    """The package that the packaging files ``texts`` describe; ``folder`` names what has no name.

    ``tracked`` are the project's files. Raises ``ConfigError`` for a file that is no TOML.
    """
    said = _Said.read(texts)
    name = said.name or folder
    stated = tuple(dict.fromkeys(said.packages()))
    where = said.where()
    found = _found(tracked, (*where, *_SOURCES))
    imports = stated or tuple(place.name for place in found)
    return Package(
        name=name,
        requires_python=said.requires_python,
        imports=_ranked(imports, name, tracked),
        discovered=said.discovered and not where and any(place.flat for place in found),
        dependencies=said.dependencies,
    )


def _ranked(imports: tuple[str, ...], name: str, tracked: Sequence[str]) -> tuple[str, ...]:
    """The one named as the project first, then the shallow ones, then those with most files."""

    def rank(one: str) -> tuple[bool, int, int, str]:
        inside = one.replace(".", "/") + "/"
        files = sum(inside in f"/{path}" for path in tracked)
        return _normal(one) != _normal(name), one.count("."), -files, one

    return tuple(sorted(dict.fromkeys(imports), key=rank))


def _normal(name: str) -> str:
    """PEP 503's normal form, so that `my_package` is `My.Package`."""
    return re.sub(r"[-_.]+", "-", name).lower()


# --- layouts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    name: str
    flat: bool


def _found(tracked: Sequence[str], sources: Sequence[str]) -> tuple[_Place, ...]:
    """What lies in the first of ``sources`` that holds any package: packages, else single modules."""
    for source in dict.fromkeys(sources):
        prefix = f"{source}/" if source else ""
        inside = [PurePosixPath(path[len(prefix) :]) for path in tracked if path.startswith(prefix)]
        names = list(_packages(inside, flat=not source)) or list(_modules(inside))
        if names:
            return tuple(_Place(name=name, flat=not source) for name in names)
    return ()


def _packages(paths: Sequence[PurePosixPath], *, flat: bool) -> Iterator[str]:
    folders = {path.parent.parts for path in paths if path.name == "__init__.py"} - {()}
    for parts in sorted(folders):
        top = not any(parts[:depth] in folders for depth in range(1, len(parts)))
        named = all(part.isidentifier() for part in parts) and len(parts) <= _DEEPEST
        if top and named and not (flat and _BESIDE.intersection(parts)):
            yield ".".join(parts)


def _modules(paths: Sequence[PurePosixPath]) -> Iterator[str]:
    for path in paths:
        named = path.suffix == ".py" and path.stem.isidentifier() and path.stem not in _BESIDE
        if named and len(path.parts) == 1:
            yield path.stem


# --- what the packaging files say -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """The three files as tables; empty where one is not there. ``call`` are setup()'s arguments."""

    toml: Mapping[str, Any]
    cfg: configparser.ConfigParser
    call: Mapping[str, Any]

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> _Said:
        cfg = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            toml = tomllib.loads(texts.get("pyproject.toml", ""))
            cfg.read_string(texts.get("setup.cfg", ""))
        except (tomllib.TOMLDecodeError, configparser.Error) as error:
            file = "pyproject.toml" if isinstance(error, tomllib.TOMLDecodeError) else "setup.cfg"
            raise ConfigError(f"{file} cannot be read: {error}. Correct it, then try again.") from error
        return cls(toml=toml, cfg=cfg, call=_setup_arguments(texts.get("setup.py", "")))

    def at(self, *keys: str) -> Any:
        """The value at a path of pyproject.toml; None where it is not there."""
        value: Any = self.toml
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    @property
    def name(self) -> str:
        candidates = (
            self.at("project", "name"),
            self.at("tool", "poetry", "name"),
            self.cfg.get("metadata", "name", fallback=""),
            self.call.get("name"),
        )
        return next((one.strip() for one in candidates if isinstance(one, str) and one.strip()), "")

    @property
    def requires_python(self) -> str:
        poetry = self.at("tool", "poetry", "dependencies", "python")
        candidates = (
            self.at("project", "requires-python"),
            # Poetry's caret: at least this one, below the next major
            re.sub(r"^\^\s*", ">=", poetry) if isinstance(poetry, str) else None,
            self.cfg.get("options", "python_requires", fallback=""),
            self.call.get("python_requires"),
        )
        return next((one.strip() for one in candidates if isinstance(one, str) and one.strip()), "")

    @property
    def dependencies(self) -> bool:
        """Whether installing it may bring others; True where only running setup.py would tell."""
        poetry = self.at("tool", "poetry", "dependencies")
        return bool(
            self.at("project", "dependencies")
            or "dependencies" in (self.at("project", "dynamic") or ())
            or (isinstance(poetry, dict) and set(poetry) - {"python"})
            or self.at("tool", "flit", "metadata", "requires")
            or self.cfg.get("options", "install_requires", fallback="").strip()
            or self.call.get("install_requires")
        )

    @property
    def discovered(self) -> bool:
        """Whether setuptools is left to find the packages itself (it walks every folder, even empty ones)."""
        backend = self.at("build-system", "build-backend") or "setuptools.build_meta"
        stated = ("packages", "py_modules", "py-modules", "ext_modules")
        return str(backend).startswith("setuptools") and not any(
            key in table
            for table in (self.at("tool", "setuptools") or {}, self.call, dict(self._options()))
            for key in stated
        )

    def _options(self) -> Sequence[tuple[str, str]]:
        return self.cfg.items("options") if self.cfg.has_section("options") else ()

    def where(self) -> tuple[str, ...]:
        """The folders that the configuration says packages lie in."""
        roots = (self.at("tool", "setuptools", "package-dir"), self.call.get("package_dir"))
        folders = (
            *(self.at("tool", "setuptools", "packages", "find", "where") or ()),
            self.cfg.get("options.packages.find", "where", fallback="").strip(),
            *(one.get("", "") for one in roots if isinstance(one, dict)),
            self.at("tool", "uv", "build-backend", "module-root") or "",
        )
        return tuple(str(one).strip("./") for one in folders if one)

    def packages(self) -> Iterator[str]:
        """The importable names that the configuration states, whatever the build tool."""
        for path in _texts(self.at("tool", "hatch", "build", "targets", "wheel", "packages")):
            yield PurePosixPath(path).name
        for path in _texts(self.at("tool", "scikit-build", "wheel", "packages")):
            yield PurePosixPath(path).name
        for one in self.at("tool", "poetry", "packages") or ():
            if isinstance(one, dict) and one.get("include"):
                yield PurePosixPath(str(one["include"])).parts[0]
        yield from _texts(self.at("tool", "flit", "module", "name"))
        yield from _texts(self.at("tool", "uv", "build-backend", "module-name"))
        for name in _texts(self.at("tool", "maturin", "module-name")):
            yield name.partition(".")[0]  # `package._native` is imported with its package
        setuptools = self.at("tool", "setuptools") or {}
        yield from _tops(_texts(setuptools.get("packages")))
        yield from _texts(setuptools.get("py-modules"))
        listed = self.cfg.get("options", "packages", fallback="").split()
        yield from _tops([one for one in listed if not one.endswith(":")])
        yield from self.cfg.get("options", "py_modules", fallback="").split()
        yield from _tops(_texts(self.call.get("packages")))
        yield from _texts(self.call.get("py_modules"))


_UNREADABLE = object()  # an argument that only running setup.py would tell


def _setup_arguments(text: str) -> Mapping[str, Any]:
    """The arguments of setup() in a setup.py; those that are no literals as ``_UNREADABLE``."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    for node in ast.walk(tree):
        called = getattr(node, "func", None)
        if isinstance(node, ast.Call) and "setup" in (getattr(called, "id", ""), getattr(called, "attr", "")):
            hidden = {"install_requires": _UNREADABLE} if any(not one.arg for one in node.keywords) else {}
            return {**hidden, **{one.arg: _literal(one.value) for one in node.keywords if one.arg}}
    return {}


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _UNREADABLE


def _texts(value: Any) -> list[str]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, str) and one]


def _tops(names: Sequence[str]) -> list[str]:
    """The packages that lie in no other one of the list."""
    return [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
