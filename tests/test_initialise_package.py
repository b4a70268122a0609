"""What a project says of itself to pip, read from its files as people write them."""

from __future__ import annotations

import pytest

from groundspeed.errors import ConfigError
from groundspeed.initialise.package import Package, read_package

SRC = ("pyproject.toml", "src/sample/__init__.py", "src/sample/core.py", "tests/__init__.py")
FLAT = ("setup.py", "sample/__init__.py", "tests/__init__.py", "docs/conf.py", "benchmarks/__init__.py")


CODE = "[options]\npackages = find:\n[options.packages.find]\nwhere = code\n"
FILES = {"toml": "pyproject.toml", "cfg": "setup.cfg", "py": "setup.py"}


def package(texts: dict[str, str], tracked: tuple[str, ...] = SRC) -> Package:
    """The package of packaging files, by what their names end in."""
    return read_package({FILES[key]: text for key, text in texts.items()}, tracked, "folder")


@pytest.mark.parametrize(
    ("texts", "name", "requires"),
    [
        ({"toml": '[project]\nname = "a-b"\nrequires-python = ">=3.9"\n'}, "a-b", ">=3.9"),
        (
            {"toml": '[tool.poetry]\nname = "p"\n[tool.poetry.dependencies]\npython = "^3.10"\n'},
            "p",
            ">=3.10",
        ),
        ({"cfg": "[metadata]\nname = c\n[options]\npython_requires = >=3.8, <4\n"}, "c", ">=3.8, <4"),
        ({"py": "from setuptools import setup\nsetup(name='s', python_requires='>=3.7')\n"}, "s", ">=3.7"),
        ({"py": "import setuptools\nNAME = 's'\nsetuptools.setup(name=NAME)\n"}, "folder", ""),
        ({"py": "setup(name='unfinished'\n"}, "folder", ""),
        ({"toml": "[tool.ruff]\nline-length = 100\n"}, "folder", ""),
    ],
)
def test_name_and_pythons(texts: dict[str, str], name: str, requires: str) -> None:
    found = package(texts)
    assert (found.name, found.requires_python) == (name, requires)


@pytest.mark.parametrize(
    ("tracked", "texts", "imports"),
    [
        (SRC, {}, ("sample",)),
        (FLAT, {}, ("sample",)),
        (("setup.py", "single.py", "conftest.py"), {}, ("single",)),
        (("setup.py", "lib/inside/__init__.py"), {"py": "setup(package_dir={'': 'lib'})"}, ("inside",)),
        (("src/google/cloud/thing/__init__.py",), {}, ("google.cloud.thing",)),
        (("python/native/__init__.py", "Cargo.toml"), {}, ("native",)),
        (("README.md",), {}, ()),
        # the one named as the project, then the one with most files
        (
            ("b/__init__.py", "a/__init__.py", "a/x.py", "my_b/__init__.py"),
            {"toml": '[project]\nname="my.b"'},
            ("my_b", "a", "b"),
        ),
        # stated: the tools' own keys
        (SRC, {"toml": '[tool.hatch.build.targets.wheel]\npackages = ["src/other"]'}, ("other",)),
        (SRC, {"toml": '[[tool.poetry.packages]]\ninclude = "poems"\nfrom = "src"'}, ("poems",)),
        (SRC, {"toml": '[tool.flit.module]\nname = "flat"'}, ("flat",)),
        (SRC, {"toml": '[tool.maturin]\nmodule-name = "rust._native"'}, ("rust",)),
        (SRC, {"toml": '[tool.uv.build-backend]\nmodule-name = "fast"'}, ("fast",)),
        (SRC, {"toml": '[tool.setuptools]\npackages = ["x.y", "x"]\npy-modules = ["z"]'}, ("x", "z")),
        (SRC, {"toml": '[tool.setuptools.packages.find]\nwhere = ["src"]'}, ("sample",)),
        (("code/here/__init__.py", *SRC), {"cfg": CODE}, ("here",)),
        (
            FLAT,
            {"cfg": "[options]\npackages =\n  left\n  left.inner\npy_modules = right\n"},
            ("left", "right"),
        ),
        (FLAT, {"py": "setup(packages=['old', 'old.sub'], py_modules=['older'])"}, ("old", "older")),
        (FLAT, {"py": "setup(packages=find_packages())"}, ("sample",)),
    ],
)
def test_what_it_is_imported_as(
    tracked: tuple[str, ...], texts: dict[str, str], imports: tuple[str, ...]
) -> None:
    assert package(texts, tracked).imports == imports


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"toml": '[project]\nname = "a"\n'}, False),
        ({"toml": '[project]\nname = "a"\ndependencies = []\n'}, False),
        ({"toml": '[project]\nname = "a"\ndependencies = ["rich"]\n'}, True),
        ({"toml": '[project]\nname = "a"\ndynamic = ["dependencies"]\n'}, True),
        ({"toml": '[tool.poetry.dependencies]\npython = "^3.10"\n'}, False),
        ({"toml": '[tool.poetry.dependencies]\npython = "^3.10"\nrich = "*"\n'}, True),
        ({"cfg": "[options]\ninstall_requires =\n    rich\n"}, True),
        ({"py": "setup(name='a')"}, False),
        ({"py": "setup(install_requires=[])"}, False),
        ({"py": "setup(install_requires=read('requirements.txt'))"}, True),
        ({"py": "setup(**arguments)"}, True),
    ],
)
def test_whether_others_come_with_it(texts: dict[str, str], expected: bool) -> None:
    assert package(texts).dependencies is expected


@pytest.mark.parametrize(
    ("tracked", "texts", "expected"),
    [
        (FLAT, {}, True),
        (FLAT, {"toml": '[build-system]\nbuild-backend = "setuptools.build_meta"\nrequires = []'}, True),
        (FLAT, {"toml": '[build-system]\nbuild-backend = "hatchling.build"\nrequires = []'}, False),
        (FLAT, {"py": "setup(packages=find_packages())"}, False),
        (FLAT, {"cfg": "[options]\npackages = find:\n"}, False),
        (SRC, {}, False),
    ],
)
def test_whether_setuptools_looks_for_it(
    tracked: tuple[str, ...], texts: dict[str, str], expected: bool
) -> None:
    assert package(texts, tracked).discovered is expected


@pytest.mark.parametrize(
    ("key", "text", "file"), [("toml", "[project", "pyproject.toml"), ("cfg", "no section", "setup.cfg")]
)
def test_a_file_that_cannot_be_read_is_named(key: str, text: str, file: str) -> None:
    with pytest.raises(ConfigError, match=f"{file} cannot be read"):
        package({key: text})
