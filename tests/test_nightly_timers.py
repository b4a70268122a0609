"""Timers for the night: their texts against systemd's own check, sh and literal parsers; whose a file is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import GroundspeedError, StorageError
from groundspeed.nightly.timers import cron, systemd
from groundspeed.nightly.timers.installing import Installed, TimerKind, install
from groundspeed.nightly.timers.schedule import AT, MARK, Host, Schedule, host_of, real_host

PAGE = Path(__file__).resolve().parent.parent / "docs" / "timers.md"
NASTY = "a b%h$HOME\\\"'`*?[x]{};#~é☃"
TO_SYSTEMD = NASTY.translate({ord(one): None for one in "\\\"'"})  # what it starts a program by
# Whatever systemd, cron or a shell gives a meaning to, beside plain letters.
CHARACTERS = st.text(st.sampled_from("ab0 .%$\\\"'`*?[]{}()<>|&;#~!@=-:é☃"), max_size=12)
NAMES = CHARACTERS.map(lambda text: f"n{text}")  # never "." or ".."
law = settings(deadline=None, derandomize=True, max_examples=100)


def schedule(root: Path, *, interpreter: Path | None = None, arguments: tuple[str, ...] = ()) -> Schedule:
    return Schedule(root=root, interpreter=interpreter or Path(sys.executable), arguments=arguments, at=AT)


def host(home: Path, *, path: str = "/usr/bin:/bin", has_systemd: bool = True) -> Host:
    return host_of({"HOME": str(home), "PATH": path}, has_systemd=has_systemd)


def setting(text: str, key: str) -> str:
    """The value of a unit's only line with this key, without the spaces around it, as systemd cuts them."""
    (value,) = re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)
    assert not value.endswith("\\")  # the line would go on
    return str(value).strip(" \t")


# --- systemd ------------------------------------------------------------------------------------------


def words_of(line: str) -> list[str]:
    """extract_first_word() of systemd with UNQUOTE and CUNESCAPE, over a line, letter by letter."""
    words: list[str] = []
    word, quote, at = None, "", 0
    while at < len(line):
        letter = line[at]
        at += 1
        if letter == "\\":
            assert line[at] in "\\\"'", "another escape than we write"
            word = (word or "") + line[at]
            at += 1
        elif quote:
            if letter == quote:
                quote = ""
            else:
                word = (word or "") + letter
        elif letter in "\"'":
            quote, word = letter, word or ""
        elif letter == " ":
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + letter
    assert not quote
    return words + ([] if word is None else [word])


def single(text: str, sign: str) -> str:
    """A doubled sign is the sign; one alone is a specifier or a variable, which we never write."""
    assert sign not in text.replace(2 * sign, ""), text
    return text.replace(2 * sign, sign)


@law
@given(folder=NAMES, program=NAMES, arguments=st.lists(CHARACTERS, max_size=4), path=CHARACTERS)
def test_systemd_reads_back_what_was_said(folder: str, program: str, arguments: list[str], path: str) -> None:
    root, home = Path("/") / folder, Path("/home") / folder
    interpreter = Path("/") / re.sub(r"[\\\"']", "", program)
    said = schedule(root, interpreter=interpreter, arguments=tuple(arguments))
    there = host(home, path=f"/bin:{path}")
    text = systemd.service(said, there)

    first, *others = words_of(setting(text, "ExecStart"))
    command = [single(first, "%"), *(single(single(word, "%"), "$") for word in others)]
    assert command == list(said.command)
    assert [single(word, "%") for word in words_of(setting(text, "Environment"))] == [f"PATH=/bin:{path}"]
    assert single(setting(text, "WorkingDirectory"), "%") == f"{root}/"
    pattern = single(setting(text, "EnvironmentFile").removeprefix("-"), "%")
    assert not re.search(r"[*?\[]", re.sub(r"\\.", "", pattern))  # glob(7): nothing stands for another
    assert re.sub(r"\\(.)", r"\1", pattern) == str(there.secrets(said.name))
    assert single(setting(text, "Description"), "%") == f"The night of {root} (groundspeed)"


@pytest.fixture
def verified(tmp_path: Path) -> Callable[[Path], list[str]]:
    """What `systemd-analyze verify` says of a unit, less what it says of others of this host."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    (tmp_path / "run").mkdir(mode=0o700)

    def verify(unit: Path) -> list[str]:
        done = subprocess.run(
            [program, "verify", "--user", "--man=no", str(unit)],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "run")},
            capture_output=True,
            text=True,
            check=False,
        )
        return [line for line in done.stderr.splitlines() if unit.stem in line]

    return verify


@pytest.mark.parametrize("name", ["plain", TO_SYSTEMD])
def test_systemd_itself_finds_nothing_wrong(
    name: str, tmp_path: Path, verified: Callable[[Path], list[str]]
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    interpreter = folder / "python"
    interpreter.symlink_to(sys.executable)
    said = schedule(folder, interpreter=interpreter, arguments=("--budget", "2h", NASTY))
    there = host(tmp_path)
    install(TimerKind.SYSTEMD, said, there)
    units = [there.unit(said.name, kind) for kind in ("service", "timer")]
    assert [verified(unit) for unit in units] == [[], []]
    for unit in units:
        unit.write_text(unit.read_text().replace("]\n", "]\nNonsense=1\n", 1))
        assert any("Nonsense" in line for line in verified(unit))  # it does read this file


def test_a_unit_fails_where_a_stage_did_and_nowhere_else() -> None:
    text = systemd.service(schedule(Path("/walker")), host(Path("/home/ann")))
    # Summary.exit_code: 0 whatever was found, 1 a stage failed, 130 interrupted. systemd adds 0 itself.
    assert setting(text, "SuccessExitStatus") == "130"
    assert "\nNice=" not in text  # what slows the night would be measured


# --- cron ---------------------------------------------------------------------------------------------


def told_to_the_shell(command: str) -> str:
    """What Debian's cron makes of a command (child_process() of do_command.c), letter by letter."""
    told, escaped = "", False
    for letter in command:
        if escaped:
            told = told[:-1] + letter if letter == "%" else told + letter
            escaped = False
            continue
        escaped = letter == "\\"
        if letter == "%":
            break
        told += letter
    return told


def words_to_sh(command: str) -> list[str]:
    """The words that a shell makes of it."""
    shown = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True
    ).stdout
    return shown.decode().split("\0")[:-1]


@settings(law, max_examples=40)
@given(folder=NAMES)
def test_cron_starts_the_script_whatever_its_path(folder: str) -> None:
    said, there = schedule(Path("/walker")), host(Path("/home") / folder)
    minute, hour, *days, command = cron.line(said, there).split(" ", 5)
    assert (minute, hour, days) == ("17", "1", ["*", "*", "*"])
    started = ["/bin/sh", str(there.script(said.name))]
    assert words_to_sh(told_to_the_shell(command)) == started
    assert words_to_sh(command) == started  # busybox's cron hands % and \ on as they are


RECORDER = """\
#!/bin/sh
printf '%s\\0' "$PWD" "$PATH" "$TOKEN" "$0" "$@"
"""


@settings(law, max_examples=30)
@given(folder=NAMES, arguments=st.lists(CHARACTERS, max_size=4), token=CHARACTERS)
def test_the_script_starts_what_was_said(folder: str, arguments: list[str], token: str) -> None:
    token = token.replace("'", "")  # systemd and sh read all else alike between single quotes
    with tempfile.TemporaryDirectory() as made:
        root = Path(made).resolve() / folder
        root.mkdir()
        program = root / "python"
        program.write_text(RECORDER)
        program.chmod(0o700)
        said = schedule(root, interpreter=program, arguments=tuple(arguments))
        there = host(root, path=f"/usr/bin:/bin:{root}")
        there.secrets(said.name).parent.mkdir(parents=True)
        there.secrets(said.name).write_text(f"TOKEN='{token}'\n")
        there.log(said.name).parent.mkdir(parents=True)
        there.script(said.name).write_text(cron.script(said, there))
        subprocess.run(["/bin/sh", there.script(said.name)], check=True)
        shown = there.log(said.name).read_text().split("\0")[:-1]
    assert shown == [str(root), there.path, token, *said.command]


def test_the_script_does_not_run_where_the_folder_is_gone(tmp_path: Path) -> None:
    said, there = schedule(tmp_path / "gone", interpreter=Path("/bin/echo")), host(tmp_path)
    there.log(said.name).parent.mkdir(parents=True)
    done = subprocess.run(["/bin/sh", "-c", cron.script(said, there)], check=False)
    assert done.returncode
    assert "gone" in there.log(said.name).read_text()  # and nothing of what echo would say
    assert "-P -m" not in there.log(said.name).read_text()


OTHERS = st.lists(st.text("ab#* %\r\t", max_size=8), max_size=6)


@law
@given(before=OTHERS, after=OTHERS, ended=st.booleans())
def test_lines_of_others_stay_as_they_are(before: list[str], after: list[str], ended: bool) -> None:
    table = "\n".join(before) + ("\n" if ended else "")
    first = cron.merged(table, "n-1", "1 1 * * * one")
    block = "# groundspeed nightly begin n-1\n1 1 * * * one\n# groundspeed nightly end n-1\n"
    assert first.removesuffix(block) in (table, table + "\n")
    whole = first + "\n".join(after)
    again = cron.merged(whole, "n-1", "2 2 * * * two")
    assert again == whole.replace("1 1 * * * one", "2 2 * * * two")
    assert cron.merged(again, "n-1", "2 2 * * * two") == again


TWO = """\
MAILTO=ann
# groundspeed nightly begin n-1
1 1 * * * one
# groundspeed nightly end n-1
# groundspeed nightly begin n-2
2 2 * * * two
# groundspeed nightly end n-2
"""


def test_each_project_has_a_line_of_its_own() -> None:
    both = cron.merged(cron.merged("MAILTO=ann", "n-1", "1 1 * * * one"), "n-2", "2 2 * * * two")
    assert both == TWO
    assert cron.merged(both, "n-1", "3 3 * * * three") == TWO.replace("1 1 * * * one", "3 3 * * * three")


@pytest.mark.parametrize(
    "broken",
    [
        TWO.replace("# groundspeed nightly end n-1\n", ""),
        TWO.replace("# groundspeed nightly begin n-1\n", ""),
        TWO + TWO,
        "# groundspeed nightly end n-1\n# groundspeed nightly begin n-1\n",
    ],
    ids=["no end", "no begin", "twice", "end before begin"],
)
def test_marks_that_are_not_one_pair_are_left_to_the_user(broken: str) -> None:
    with pytest.raises(GroundspeedError, match=r"n-1 in your crontab are not one pair.*crontab -e"):
        cron.merged(broken, "n-1", "1 1 * * * one")


# --- installing ---------------------------------------------------------------------------------------

# A crontab of a test's own, never that of whoever runs the tests. By the letter of crontab(1) in POSIX:
# -l writes it and fails where there is none, a file's name (here -, which every cron knows) replaces it at
# its end, as the real ones do: one that wrote at once would race with the -l of the same pipe.
CRONTAB = """\
#!/bin/sh
table="${0%/*}/table"
case $1 in
-l) [ -e "$table" ] || { echo "no crontab for ann" >&2; exit 1; }; cat "$table" ;;
-) cat >"$table.new" && mv "$table.new" "$table" ;;
esac
"""
REFUSING = """\
#!/bin/sh
echo "ann may not use crontab" >&2
exit 1
"""


def program(folder: Path, text: str) -> Path:
    """A crontab program in ``folder``; gives the file in which it keeps the table."""
    folder.mkdir()
    (folder / "crontab").write_text(text)
    (folder / "crontab").chmod(0o700)
    return folder / "table"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return program(tmp_path / "bin", CRONTAB)


@pytest.fixture
def there(home: Path, table: Path) -> Host:
    return host(home, path=f"{table.parent}:/usr/bin:/bin")


def files(home: Path) -> dict[str, str]:
    """Every file under ``home``, and what it holds."""
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


def removal(done: Installed) -> str:
    """The commands of the explanation that take a timer of cron away."""
    return done.explanation.rpartition(" by crontab -e, or\n")[2]


def test_a_second_install_changes_nothing_and_another_time_replaces(there: Host, home: Path) -> None:
    said = schedule(home / "walker")
    done = install(TimerKind.SYSTEMD, said, there)
    written = files(home)
    assert done.changed
    assert sorted(written) == [
        f".config/systemd/user/{said.name}.service",
        f".config/systemd/user/{said.name}.timer",
    ]
    assert f"enable --now {said.name}.timer" in done.text
    again = install(TimerKind.SYSTEMD, said, there)
    assert not again.changed
    assert "nothing changed" in again.text
    assert files(home) == written
    assert install(TimerKind.SYSTEMD, replace(said, at=time(2, 0)), there).changed
    assert setting(there.unit(said.name, "timer").read_text(), "OnCalendar") == "*-*-* 02:00:00"
    assert sorted(files(home)) == sorted(written)


def test_a_line_of_cron_comes_goes_and_leaves_others_alone(there: Host, home: Path, table: Path) -> None:
    others = b"MAILTO=ann\n5 5 * * * echo 100\\% \xff\r\n"
    table.write_bytes(others)
    said = schedule(home / "walker")
    done = install(TimerKind.CRON, said, there)
    installed = table.read_bytes()
    assert done.changed
    assert installed.startswith(others)
    assert f"17 1 * * * /bin/sh {there.script(said.name)}\n".encode() in installed
    assert not install(TimerKind.CRON, said, there).changed
    assert install(TimerKind.CRON, replace(said, at=time(2, 0)), there).changed
    assert table.read_bytes() == installed.replace(b"\n17 1 ", b"\n0 2 ")
    environ = {"PATH": there.path, "LC_ALL": "C"}
    subprocess.run(["/bin/sh", "-c", removal(done)], env=environ, check=True)
    assert table.read_bytes() == others
    assert files(home) == {}


def test_what_cron_starts_is_written_anew_when_it_alone_differs(there: Host, home: Path, table: Path) -> None:
    install(TimerKind.CRON, schedule(home / "walker"), there)
    before = table.read_bytes()
    said = schedule(home / "walker", arguments=("--budget", "3h"))
    assert install(TimerKind.CRON, said, there).changed
    assert "--budget 3h" in there.script(said.name).read_text()
    assert table.read_bytes() == before


@pytest.mark.parametrize(("kind", "suffix"), [(TimerKind.SYSTEMD, "timer"), (TimerKind.CRON, "sh")])
def test_a_file_of_somebody_else_is_left_alone(
    kind: TimerKind, suffix: str, there: Host, home: Path, table: Path
) -> None:
    said = schedule(home / "walker")
    theirs = there.script(said.name) if kind is TimerKind.CRON else there.unit(said.name, suffix)
    theirs.parent.mkdir(parents=True)
    theirs.write_text("# mine\n")
    with pytest.raises(GroundspeedError, match="was not written by groundspeed: move it"):
        install(kind, said, there)
    assert files(home) == {str(theirs.relative_to(home)): "# mine\n"}
    assert not table.exists()


def test_without_crontab_the_error_shows_the_line(home: Path) -> None:
    said, there = schedule(home / "walker"), host(home, path=str(home))
    with pytest.raises(GroundspeedError) as caught:
        install(TimerKind.CRON, said, there)
    assert str(caught.value).endswith(f"this line: {cron.line(said, there)}")
    assert there.script(said.name).read_text().startswith(MARK)


@pytest.mark.parametrize("text", [REFUSING, CRONTAB.replace("-) cat", "-) exit 3 ; cat")])
def test_a_crontab_that_refuses_is_told(text: str, tmp_path: Path, home: Path) -> None:
    program(tmp_path / "no", text)
    with pytest.raises(
        GroundspeedError, match=r"crontab -` refused: (ann may not|exit 3).*--install systemd"
    ):
        install(TimerKind.CRON, schedule(home), host(home, path=f"{tmp_path / 'no'}:/usr/bin:/bin"))


def test_a_table_that_cannot_be_read_is_not_replaced(tmp_path: Path, home: Path) -> None:
    kept = program(tmp_path / "torn", CRONTAB.replace('cat "$table" ;;', 'head -c 9 "$table"; exit 1 ;;'))
    kept.write_text("5 5 * * * mine\n")
    with pytest.raises(GroundspeedError, match="crontab -l` refused: exit 1"):
        install(TimerKind.CRON, schedule(home), host(home, path=f"{kept.parent}:/usr/bin:/bin"))
    assert kept.read_text() == "5 5 * * * mine\n"


def test_a_host_without_systemd_is_sent_to_cron(home: Path) -> None:
    with pytest.raises(GroundspeedError, match=r"systemd does not run this host.*--install cron"):
        install(TimerKind.SYSTEMD, schedule(home), host(home, has_systemd=False))
    assert files(home) == {}


@pytest.mark.parametrize("kind", TimerKind)
def test_a_disk_that_refuses_is_told(kind: TimerKind, there: Host, home: Path) -> None:
    (home / ".config").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match=r"\.config.*could not be written"):
        install(kind, schedule(home / "walker"), there)


def test_what_the_user_should_see_to_is_told(there: Host, home: Path) -> None:
    said = schedule(home / "walker")
    assert install(TimerKind.CRON, said, there).notes == ()
    there.secrets(said.name).write_text("TOKEN='x'\n")
    there.secrets(said.name).chmod(0o640)
    notes = install(TimerKind.SYSTEMD, said, there).notes
    assert [note.split()[0] for note in notes] == [str(there.script(said.name)), "others"]
    assert f"chmod 600 {there.secrets(said.name)}" in notes[1]
    there.secrets(said.name).chmod(0o600)
    there.script(said.name).unlink()
    assert install(TimerKind.SYSTEMD, said, there).notes == ()


# --- names and places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("/home/ann/walker", "walker"),
        ("/home/ann/My Walker (2)", "my-walker-2"),
        ("/", "project"),
        ("/home/ann/☃", "project"),
        ("/" + "w" * 200, "w" * 40),
    ],
)
def test_a_timer_is_named_after_its_folder(folder: str, slug: str) -> None:
    name = schedule(Path(folder)).name
    assert re.fullmatch(rf"groundspeed-nightly-{slug}-[0-9a-f]{{8}}", name)
    assert name != schedule(Path(folder) / "a" / Path(folder).name).name


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"root": Path("walker")}, "the whole path of the project's folder, not 'walker'"),
        ({"root": Path("/a/../b")}, "the whole path of the project's folder"),
        ({"root": Path("/a\nb")}, "holds a control character"),
        ({"root": Path("/a\udcff")}, "is not UTF-8"),
        ({"interpreter": Path()}, "the whole path of the Python interpreter"),
        ({"arguments": ("a\0",)}, "cannot name the argument"),
        ({"at": time(1, 17, 30)}, "a whole minute"),
    ],
    ids=repr,
)
def test_what_no_timer_can_say_is_refused(change: dict[str, object], problem: str) -> None:
    with pytest.raises(GroundspeedError, match=problem):
        replace(schedule(Path("/walker")), **change)  # type: ignore[arg-type]  # a table of several fields


def test_systemd_is_not_given_a_program_that_it_cannot_start(there: Host, home: Path) -> None:
    said = schedule(home / "walker", interpreter=Path("/home/ann's/python"))
    with pytest.raises(GroundspeedError, match=r"ann's/python does.*or use --install cron"):
        install(TimerKind.SYSTEMD, said, there)
    assert files(home) == {}
    assert install(TimerKind.CRON, said, there).changed


@pytest.mark.parametrize(
    ("environ", "config"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.config"),
        ({"HOME": "/home/ann", "XDG_CONFIG_HOME": "/etc/ann"}, "/etc/ann"),
        ({"HOME": "/home/ann", "XDG_CONFIG_HOME": "relative"}, "/home/ann/.config"),  # XDG: to be ignored
        ({"HOME": "/home/ann", "XDG_CONFIG_HOME": ""}, "/home/ann/.config"),
    ],
)
def test_the_places_are_those_of_xdg(environ: dict[str, str], config: str) -> None:
    assert host_of(environ, has_systemd=True).config == Path(config)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "ann"}, {"HOME": "/a\nb"}], ids=repr)
def test_without_a_home_there_is_no_timer(environ: dict[str, str]) -> None:
    with pytest.raises(GroundspeedError, match="HOME"):
        host_of(environ, has_systemd=True)


def test_the_real_host_is_that_of_whoever_runs_this(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = real_host()
    assert (found.config, found.state) == (tmp_path / "config", tmp_path / "state")
    assert found.path == os.environ["PATH"]


def test_a_project_does_not_take_the_place_of_what_groundspeed_imports(tmp_path: Path) -> None:
    for name in ("groundspeed", "typer", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the project was imported')")
    said = schedule(tmp_path)
    assert said.command[-1] == "nightly"
    asked = [*said.command[:-1], "--version"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bare = [word for word in asked if word != "-P"]
    done = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "the project was imported" in done.stderr


# --- the page -----------------------------------------------------------------------------------------


def test_the_page_shows_what_is_written() -> None:
    ann = Path("/home/ann")
    said = schedule(ann / "walker", interpreter=ann / "walker/.venv/bin/python", arguments=("--budget", "2h"))
    there = host(ann, path="/home/ann/.local/bin:/usr/local/bin:/usr/bin:/bin")
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"^```(?:ini|shell)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert shown == [systemd.service(said, there), systemd.timer(said), cron.script(said, there)]
    assert cron.line(said, there) in text
    assert all(path in text for path in map(str, (there.secrets(said.name), there.log(said.name))))


def test_the_example_for_python_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    exec(compile(example, "example", "exec"), {})
