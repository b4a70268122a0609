"""A user's service and timer for systemd, as text. Owns their settings and systemd's quoting.

Three quotings, each as the manual and the parser of systemd have it: words of a command (systemd.service(5):
C escapes in double quotes, ``%%`` and ``$$``), words of ``Environment=`` (the same without ``$``), and paths
that are the whole rest of a line, where a quote is only a quote.
"""

from __future__ import annotations

import re
import shlex

from groundspeed.errors import GroundspeedError
from groundspeed.nightly.timers.schedule import MARK, Host, Schedule

_PLAIN = re.compile(r"[A-Za-z0-9_./=:,+@-]+")  # a word of these needs no quotes
_UNSTARTABLE = re.compile(r"[\"'\\]")  # string_is_safe() of systemd, which the path of a program must pass

_HEAD = """\
{mark} systemd, which writes it anew.
# Changes of your own belong beside it: systemctl --user edit {name}.{kind}
"""

_SERVICE = """\
[Unit]
Description=The night of {folder} (groundspeed)

[Service]
# A oneshot may take as long as it likes to start: the program keeps its budget itself.
Type=oneshot
WorkingDirectory={working}
# The search path of the shell that wrote this: git, uv and the like are found as they were there.
Environment={path}
# Tokens, where there are any: NAME='value' lines that nobody else may read.
EnvironmentFile=-{secrets}
ExecStart={command}
# A night that finds a regression ends with 0, one that was asked to end with 130: neither has failed.
# Failures are 1, a stage of the night; 3, no data; 5, another host; 6, somebody else's lock; 70, a fault.
SuccessExitStatus=130
# The program alone is asked to end. It keeps what it measured and ends its workers; what is left is killed.
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=5min
# A benchmark that takes all memory fails; the night goes on.
OOMPolicy=continue
# No Nice=, CPUQuota= or IOSchedulingClass=: what holds the night back would be measured.
"""

_TIMER = """\
[Unit]
Description=When the night of {folder} begins (groundspeed)

[Timer]
OnCalendar=*-*-* {at}
# Hosts that share a remote do not all push to it in the same second.
RandomizedDelaySec=10min
# A night that the host slept through, or was off, begins when it is back.
Persistent=true

[Install]
WantedBy=timers.target
"""

_EXPLANATION = """\
What runs, and when: every day at {at}, up to 10 min later. A missed night is made up for.
  {service}
  {timer}

Nothing runs yet. Type next:
  # systemd reads both files
  systemctl --user daemon-reload
  # the timer is on, today and after a reboot
  systemctl --user enable --now {name}.timer
  # your timers also run while you are not logged in
  loginctl enable-linger

To look, to begin, to stop:
  # when it starts next
  systemctl --user list-timers {name}.timer
  # a night now
  systemctl --user start --no-block {name}.service
  # what the nights said
  journalctl --user -u {name}.service
  # end the night that runs
  systemctl --user stop {name}.service

Tokens, if the night tells anybody: lines NAME='value' in a file that nobody else may read
  install -D -m 600 /dev/null {secrets}

To take it away:
  systemctl --user disable --now {name}.timer
  rm {service} \\
     {timer}
  systemctl --user daemon-reload
"""


def service(schedule: Schedule, host: Host) -> str:
    """The unit that runs a night. Raises GroundspeedError for an interpreter that systemd cannot start."""
    program, *arguments = schedule.command
    if _UNSTARTABLE.search(program):
        raise GroundspeedError(
            f"systemd starts no program whose path holds quotes or backslashes, as {program} does: "
            "install groundspeed under another path, or use --install cron."
        )
    return _head(schedule, "service") + _SERVICE.format(
        folder=_percent(str(schedule.root)),
        # The slash keeps a space or a backslash from ending the line: the one is cut, the other joins lines.
        working=_percent(f"{schedule.root}/"),
        path=word(f"PATH={host.path}"),
        secrets=_percent(_no_pattern(str(host.secrets(schedule.name)))),
        # No variable is looked for in the program's own path, so its $ stands alone.
        command=" ".join([word(program), *map(argument, arguments)]),
    )


def timer(schedule: Schedule) -> str:
    """The unit that says when."""
    folder = _percent(str(schedule.root))
    return _head(schedule, "timer") + _TIMER.format(folder=folder, at=schedule.at.isoformat("seconds"))


def explanation(schedule: Schedule, host: Host) -> str:
    """What was written, what to type next, how to look, and how to take it away again."""
    name = schedule.name
    return _EXPLANATION.format(
        name=name,
        at=schedule.at.isoformat("minutes"),
        service=shlex.quote(str(host.unit(name, "service"))),
        timer=shlex.quote(str(host.unit(name, "timer"))),
        secrets=shlex.quote(str(host.secrets(name))),
    )


def word(text: str) -> str:
    """One word, in double quotes where it needs them: no escape and no specifier is left in it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_percent(escaped)}"'


def argument(text: str) -> str:
    """One word of a command, after the program: a ``$`` in it is no variable."""
    return word(text.replace("$", "$$"))


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _no_pattern(path: str) -> str:
    """``EnvironmentFile=`` is a pattern of glob(7)."""
    return re.sub(r"[*?\[\\]", r"\\\g<0>", path)


def _head(schedule: Schedule, kind: str) -> str:
    return _HEAD.format(mark=MARK, name=schedule.name, kind=kind)
