"""Clock, temperature and heat throttling of the processors. Owns which of the kernel's many files say it.

The files are looked up once, so that a reading is cheap. Refuses to show a nominal clock as a measured
one: the MHz of /proc/cpuinfo are not read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.machine.tree import Tree, number, numbers, text

# Kernels before 5.18 answer a question for a clock by interrupting that processor.
_CLOCKS_READ = 8
# Drivers whose sensors sit in the processor (Documentation/hwmon); the first sensor is the package's.
_DRIVERS = frozenset(("coretemp", "k10temp", "zenpower", "cpu_thermal", "scpi_sensors"))
_ZONES = ("x86_pkg_temp", "cpu", "soc")  # thermal_zone*/type where there is no such driver


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensors:
    """The files that this host answers by; empty where it has none."""

    clocks: tuple[Path, ...]
    temperatures: tuple[Path, ...]
    limits: tuple[Path, ...]
    throttles: tuple[Path, ...]


def find_sensors(tree: Tree, cpus: Collection[int] = ()) -> Sensors:
    """The sensors of ``cpus``; without any, of processors spread over the host."""
    root = tree.sys / "devices/system/cpu"
    online = numbers(text(root / "online"))
    watched = sorted(cpus)[:_CLOCKS_READ] or _spread(online)
    temperatures = _drivers(tree) or _zones(tree)
    return Sensors(
        clocks=_present(root / f"cpu{one}/cpufreq/scaling_cur_freq" for one in watched),
        temperatures=temperatures,
        limits=_present(limit for file in temperatures for limit in _limits(file)),
        throttles=_present(
            root / f"cpu{one}/thermal_throttle/{kind}_throttle_count"
            for one in online
            for kind in ("core", "package")
        ),
    )


def frequency_hz(sensors: Sensors) -> float | None:
    """The mean clock of the processors watched."""
    kilohertz = _readings(sensors.clocks)
    return 1000.0 * sum(kilohertz) / len(kilohertz) if kilohertz else None


def temperature_c(sensors: Sensors) -> float | None:
    """The hottest sensor, in degrees Celsius."""
    return max((one / 1000 for one in _readings(sensors.temperatures)), default=None)


def limit_c(sensors: Sensors) -> float | None:
    """The lowest temperature that the sensors call critical."""
    return min((one / 1000 for one in _readings(sensors.limits) if one > 0), default=None)


def throttles(sensors: Sensors) -> int | None:
    """How often, since boot, a processor was slowed down for heat; None where nobody counts."""
    counts = _readings(sensors.throttles)
    return sum(counts) if counts else None


def _spread(online: Sequence[int]) -> list[int]:
    step = -(-len(online) // _CLOCKS_READ) or 1
    return list(online[::step])


def _drivers(tree: Tree) -> tuple[Path, ...]:
    folders = sorted((tree.sys / "class/hwmon").glob("hwmon*"))
    return _present(folder / "temp1_input" for folder in folders if text(folder / "name") in _DRIVERS)


def _zones(tree: Tree) -> tuple[Path, ...]:
    folders = sorted((tree.sys / "class/thermal").glob("thermal_zone*"))
    return _present(folder / "temp" for folder in folders if text(folder / "type").startswith(_ZONES))


def _limits(temperature: Path) -> Iterator[Path]:
    """Where the critical temperature stands that belongs to a sensor."""
    if temperature.name == "temp1_input":
        yield temperature.with_name("temp1_crit")
    for kind in sorted(temperature.parent.glob("trip_point_*_type")):
        if text(kind) == "critical":
            yield kind.with_name(kind.name.replace("_type", "_temp"))


def _present(files: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(file for file in files if number(file) is not None)


def _readings(files: Iterable[Path]) -> list[int]:
    """A sensor may fail for a moment (a core that sleeps): it is passed over."""
    return [one for file in files if (one := number(file)) is not None]
