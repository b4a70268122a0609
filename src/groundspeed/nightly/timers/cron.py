"""A line of the user's crontab, and the script that it starts. Owns cron's quoting and asking ``crontab``.

The script keeps the line short and the same for every shell: cron refuses long lines (Debian's commands of
999 characters), makes line ends of ``%``, has a search path of its own and takes the shell from the crontab.
"""

from __future__ import annotations

import shlex
import subprocess

from groundspeed.errors import GroundspeedError
from groundspeed.nightly.timers.schedule import MARK, Host, Schedule

_SCRIPT = """\
{mark} cron, which writes it anew.
exec >{log} 2>&1
cd {root} || exit
# The search path of the shell that wrote this: cron's own is short.
PATH={path}
export PATH
# Tokens, where there are any: NAME='value' lines that nobody else may read.
if [ -r {secrets} ]; then
    set -a
    . {secrets}
    set +a
fi
exec {command}
"""

_EXPLANATION = """\
What runs: every day at {at}, by a line of your crontab that cron has read already.
  {script}

A night while the host is off is left out: cron makes up for none, systemd does (--install systemd).

To look:
  # the line, between two marks
  crontab -l
  # a night now
  /bin/sh {script}
  # what the last night said
  cat {log}

Tokens, if the night tells anybody: lines NAME='value' in a file that nobody else may read
  install -D -m 600 /dev/null {secrets}

To take it away: the marks and what is between them by crontab -e, or
  crontab -l | sed '/^{begin}$/,/^{end}$/d' | crontab -
  rm {script}
"""


def script(schedule: Schedule, host: Host) -> str:
    """What cron starts, for a POSIX shell."""
    return _SCRIPT.format(
        mark=MARK,
        log=shlex.quote(str(host.log(schedule.name))),
        root=shlex.quote(str(schedule.root)),
        path=shlex.quote(host.path),
        secrets=shlex.quote(str(host.secrets(schedule.name))),
        command=shlex.join(schedule.command),
    )


def line(schedule: Schedule, host: Host) -> str:
    """The line of a crontab. Each ``%`` stands outside quotes behind a backslash: cron takes that away, and
    a cron to which ``%`` is nothing leaves it to the shell.
    """
    path = "\\%".join(shlex.quote(part) for part in str(host.script(schedule.name)).split("%"))
    return f"{schedule.at.minute} {schedule.at.hour} * * * /bin/sh {path}"


def merged(crontab: str, name: str, entry: str) -> str:
    """The crontab with ``entry`` between the marks of ``name``, all other lines as they are.

    Raises GroundspeedError where the marks are not one pair: what lies between them is not known then.
    """
    begin, end = marks(name)
    lines = crontab.split("\n")
    ours = [begin, entry, end]
    begins = [index for index, text in enumerate(lines) if text == begin]
    ends = [index for index, text in enumerate(lines) if text == end]
    match begins, ends:
        case [], []:
            before = crontab if crontab.endswith("\n") or not crontab else f"{crontab}\n"
            return before + "\n".join([*ours, ""])
        case [first], [last] if first < last:
            return "\n".join([*lines[:first], *ours, *lines[last + 1 :]])
    raise GroundspeedError(
        f"The marks of {name} in your crontab are not one pair: take them and what is ours between them away "
        "(crontab -e), then install again."
    )


def marks(name: str) -> tuple[str, str]:
    """The two comments around the line of ``name``."""
    return f"# groundspeed nightly begin {name}", f"# groundspeed nightly end {name}"


def explanation(schedule: Schedule, host: Host) -> str:
    """What was written, how to look, and how to take it away again."""
    name = schedule.name
    begin, end = marks(name)
    return _EXPLANATION.format(
        at=schedule.at.isoformat("minutes"),
        script=shlex.quote(str(host.script(name))),
        log=shlex.quote(str(host.log(name))),
        secrets=shlex.quote(str(host.secrets(name))),
        begin=begin,
        end=end,
    )


def read_crontab(program: str) -> str:
    """What the user's crontab holds; empty where there is none, which ``crontab`` answers by 1 and no output.

    Raises GroundspeedError for every other refusal.
    """
    done = _asked(program, "-l")
    if done.returncode == 1 and not done.stdout:
        return ""
    return _text(done)


def write_crontab(program: str, crontab: str) -> None:
    """Replace the user's crontab. Raises GroundspeedError where ``crontab`` refuses it."""
    _text(_asked(program, "-", crontab.encode(errors="surrogateescape")))


def _asked(program: str, argument: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run([program, argument], input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise GroundspeedError(f"{program} cannot be run: {error.strerror or error}.") from error


def _text(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise GroundspeedError(
            f"`{shlex.join(done.args)}` refused: {said}. Your crontab is as it was; ask who may use cron "
            "here (cron.allow), or use --install systemd."
        )
    return done.stdout.decode(errors="surrogateescape")
