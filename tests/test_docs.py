"""The documents keep up with the program: every command, option and key is in them, every example is real."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main
from typer.testing import CliRunner

from groundspeed import config
from groundspeed.cli.main import app
from noesis.cli.main import app as noesis_app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
KNOWLEDGE = ROOT / "docs" / "knowledge.md"
RAG = ROOT / "docs" / "rag.md"
SERVICE = ROOT / "docs" / "service.md"
CONFIGURATION = ROOT / "docs" / "configuration.md"
PAGES = sorted([README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One line of a fenced block marked `sh`."""

    page: str
    words: tuple[str, ...]


def commands() -> dict[tuple[str, ...], set[str]]:
    """Every command as it is typed, with its long options; groups of commands included."""
    found: dict[tuple[str, ...], set[str]] = {}

    def visit(command: object, words: tuple[str, ...]) -> None:
        parameters = getattr(command, "params", [])
        found[words] = {option for one in parameters for option in one.opts if option.startswith("--")} | {
            "--help"
        }
        for name, inner in getattr(command, "commands", {}).items():
            visit(inner, (*words, name))

    visit(typer.main.get_command(app), ("groundspeed",))
    visit(typer.main.get_command(noesis_app), ("noesis",))
    return found


def fences(page: Path, language: str) -> list[str]:
    """The text of every fenced block of a language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def examples() -> Iterator[Example]:
    for page in PAGES:
        for block in fences(page, "sh"):
            for line in block.splitlines():
                if words := shlex.split(line, comments=True):
                    yield Example(page=str(page.relative_to(ROOT)), words=tuple(words))


def section(page: Path, title: str) -> str:
    """The text under a heading, up to the next one; empty when there is none."""
    text = page.read_text(encoding="utf-8")
    match = re.search(rf"^#+ `{re.escape(title)}`$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def test_the_readme_shows_exactly_two_commands() -> None:
    shown = [example.words for example in examples() if example.page == "README.md"]
    assert shown == [("make", "history"), ("make", "test")]


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: " ".join(example.words))
def test_an_example_can_be_typed(example: Example) -> None:
    if example.words[0] == "make":
        (targets,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert example.words[1] in targets.split()
        return
    known = commands()
    depth = max(n for n in range(len(example.words) + 1) if n == 0 or example.words[:n] in known)
    assert depth, f"{example.words[0]} is no command of ours"
    options = {word.partition("=")[0] for word in example.words[depth:] if word.startswith("--")}
    assert options <= known[example.words[:depth]]


@pytest.mark.parametrize("words", [words for words in commands() if len(words) > 1], ids=" ".join)
def test_a_command_and_its_options_are_in_the_reference(words: tuple[str, ...]) -> None:
    elsewhere = {"ask": RAG, "embed": RAG, "serve": SERVICE}
    page = COMMANDS if words[0] == "groundspeed" else elsewhere.get(words[1], KNOWLEDGE)
    text = section(page, " ".join(words))
    assert text, f"{page.name} has no section for `{' '.join(words)}`"
    for option in commands()[words] - {"--help"}:
        assert f"`{option}" in text, f"{page.name}: `{' '.join(words)}` does not explain {option}"


def test_an_optional_argument_stands_in_one_pair_of_brackets() -> None:
    """Typer puts them around the metavar; a metavar that has its own would be printed as ``[[RANGE]]``."""
    apps = {"groundspeed": app, "noesis": noesis_app}
    usages = [CliRunner().invoke(apps[first], [*rest, "--help"]).output for first, *rest in commands()]
    assert any(" [RANGE]" in usage for usage in usages)
    assert [usage for usage in usages if "[[" in usage] == []


def keys_of_ours() -> set[str]:
    """Every key that config/ accepts in groundspeed.toml: what its `only(...)` calls name."""
    files = Path(config.__file__).parent.glob("*.py")
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "only"
    ]
    values = (one.value for call in calls for one in call.args if isinstance(one, ast.Constant))
    return {value for value in values if isinstance(value, str)}


def test_every_key_is_in_the_reference() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert keys_of_ours() >= {"machines", "gpu"}
    assert {key for key in keys_of_ours() if f"`{key}`" not in text} == set()


def test_the_example_of_our_configuration_is_read_without_a_word(tmp_path: Path) -> None:
    (suite,) = fences(CONFIGURATION, "json")
    (ours,) = fences(CONFIGURATION, "toml")
    (tmp_path / "asv.conf.json").write_text(suite, encoding="utf-8")
    (tmp_path / "groundspeed.toml").write_text(ours, encoding="utf-8")
    read = config.load(tmp_path)
    assert read.warnings == ()
    assert read.project.machines
