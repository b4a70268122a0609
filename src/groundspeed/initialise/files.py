"""The text of the files that ``groundspeed init`` makes. Pure; owns every word in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from groundspeed.records import Fingerprint, MachineProfile

_GIB = 2**30

_ASV = """\
{{
    // Read by asv and by groundspeed alike. Every key: https://asv.readthedocs.io/en/stable/asv.conf.json.html
{lines}
}}
"""
_WHY = {
    "build_command": "One wheel. asv's own command adds those of the dependencies, and cannot choose.",
    "results_dir": "The history, meant to be committed.",
    "env_dir": "Made again when needed; not committed.",
}

_MACHINE = """\
# What groundspeed knows of this project beside asv.conf.json: docs/configuration.md of groundspeed.

# This host. Results are stored under the name, and a host that does not match it may not add to them.
# Another machine: `groundspeed machine show` there says what it is. What is not named is not compared.
"""

_SUITE = '"""The benchmarks of {project}: asv and groundspeed measure every module of this folder."""\n'

_FIRST = '''\
"""What importing {name} costs: the first benchmarks.

A benchmark is a function whose name says what is measured: `time_` the seconds of a call,
`timeraw_` those of code in a fresh interpreter, `peakmem_` the peak memory of a process,
`track_` the number that it returns. Further ones stand below as comments.

Old commits are measured as well. What is measured is therefore imported inside the
functions: where that fails, one benchmark fails at that commit and the others go on.
"""


def timeraw_import():
    """Seconds of `import {name}` where nothing is imported yet."""
    return "import {name}"


def peakmem_import():
    """Peak memory of a process that imports {name}, the interpreter included."""
    import {name}  # noqa: F401


# What users wait for. `setup` comes before it and is not timed; every value of `params` is
# a case of its own.
#
# class Work:
#     params = [10, 1_000, 100_000]
#     param_names = ["n"]
#
#     def setup(self, n):
#         import {name}
#
#         self.call = {name}.something
#         self.data = list(range(n))
#
#     def time_something(self, n):
#         self.call(self.data)
#
#
# A number of your own, in a unit of your own:
#
# def track_size():
#     import {name}
#
#     return len({name}.something([1, 2, 3]))
#
#
# track_size.unit = "bytes"
'''


def asv_conf(values: Mapping[str, Any]) -> str:
    """asv.conf.json: JSON with comments, as asv itself writes it."""
    entries = []
    for key, value in values.items():
        why = f"    // {_WHY[key]}\n" if key in _WHY else ""
        entries.append(f"{why}    {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return _ASV.format(lines=",\n".join(entries))


def suite_package(project: str) -> str:
    """The suite's ``__init__.py``. A name is quoted into a docstring: nothing in it may end that."""
    return _SUITE.format(project=project.replace("\\", "").replace('"', ""))


def first_benchmarks(name: str) -> str:
    """A module of benchmarks for a package imported as ``name``."""
    return _FIRST.format(name=name)


def groundspeed_toml(profile: MachineProfile) -> str:
    """groundspeed.toml with one machine."""
    said = {
        "cpu": profile.cpu,
        "cores": profile.cores_physical,
        "threads": profile.cores_logical,
        "ram": _size(profile.ram_bytes),
        "gpu": profile.gpu,
        "gpu_memory": _size(profile.gpu_memory_bytes),
    }
    table = {key: value for key, value in said.items() if value is not None}
    return _MACHINE + tomli_w.dumps({"machines": {profile.name: table}})


def profile_of(name: str, host: Fingerprint) -> MachineProfile:
    """The profile that says what ``host`` is, and that it therefore matches."""
    gpu = host.gpus[0] if host.gpus else None
    return MachineProfile(
        name=name,
        cpu=host.cpu_model,
        cores_physical=host.cores_physical,
        cores_logical=host.cores_logical,
        ram_bytes=host.ram_bytes,
        gpu=gpu.name if gpu else None,
        gpu_memory_bytes=(gpu.memory_bytes or None) if gpu else None,
    )


def ignore_lines(folders: Sequence[str], before: str) -> str:
    """What is appended to a .gitignore that holds ``before``; anchored, and with its own line ends."""
    end = "\r\n" if "\r\n" in before else "\n"
    gap = "" if not before or before.endswith("\n") else end
    return gap + "".join(f"/{folder}/{end}" for folder in folders)


def _size(memory_bytes: int | None) -> str | None:
    return None if memory_bytes is None else f"{memory_bytes / _GIB:.4g} GiB"
