"""``[scaling]`` of groundspeed.toml: which parameter is a size where the suite does not say, and ladders.

Owns what the text says. Whether a benchmark has such a parameter, the results know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from groundspeed import units
from groundspeed.config.table import Table
from groundspeed.errors import ConfigError
from groundspeed.units import Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedSize:
    """A parameter that is a size. ``each`` is what one of it is: a byte, a plain one, or 50 KB."""

    parameter: str
    each: Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedScaling:
    """``sizes`` by glob on benchmarks; ``ladders`` map a benchmark, or a prefix that ends in a dot, to the
    one whose ladder its sizes continue.
    """

    sizes: Mapping[str, StatedSize]
    ladders: Mapping[str, str]

    def size(self, benchmark: str) -> StatedSize | None:
        """What is stated of the benchmark's size, None where nothing is; the first glob decides."""
        return next((one for glob, one in self.sizes.items() if fnmatchcase(benchmark, glob)), None)

    def ladder(self, benchmark: str) -> str:
        """The benchmark under whose name its sizes stand: itself where nothing else is stated."""
        if benchmark in self.ladders:
            return self.ladders[benchmark]
        found = [one for one in self.ladders if one.endswith(".") and benchmark.startswith(one)]
        if not found:
            return benchmark
        prefix = max(found, key=len)
        return self.ladders[prefix] + benchmark.removeprefix(prefix)


def read_scaling(table: Table) -> StatedScaling:
    """The table. Raises ``ConfigError``."""
    table.only("sizes", "ladders")
    sizes, ladders = table.table("sizes"), table.table("ladders")
    return StatedScaling(
        sizes={glob: _size(sizes, glob) for glob in sizes.values},
        ladders={further: _ladder(ladders, further) for further in ladders.values},
    )


def _size(table: Table, glob: str) -> StatedSize:
    text = table.get(glob, str) or ""
    where = f'{table.file}: {table.path}."{glob}"'
    parameter, given, each = (part.strip() for part in text.partition("="))
    if not parameter or (given and not each):
        raise ConfigError(
            f'{where} = "{text}" must name a parameter, "n", or what one of it is as well, "files = 50 KB".'
        )
    try:
        one = units.parse(each) if given else default_unit(parameter)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}.") from error
    if one.unit not in ("bytes", "") or one.value <= 0:
        raise ConfigError(f'{where} = "{text}": one of a size is so many bytes, "50 KB", or a number.')
    return StatedSize(parameter=parameter, each=one)


def default_unit(parameter: str) -> Quantity:
    """What one of a parameter is by its name: a byte where the name ends in the unit, a plain one else."""
    is_bytes = parameter in ("bytes", "nbytes") or parameter.endswith("_bytes")
    return Quantity(value=1.0, unit="bytes" if is_bytes else "")


def _ladder(table: Table, further: str) -> str:
    ladder = table.get(further, str) or ""
    where = f'{table.file}: {table.path}."{further}"'
    if not ladder or further.endswith(".") != ladder.endswith("."):
        raise ConfigError(
            f'{where} = "{ladder}": a benchmark continues a benchmark, a prefix that ends in a dot a prefix.'
        )
    if ladder in table.values or ladder == further:
        raise ConfigError(f'{where} = "{ladder}" continues another ladder itself: name the first one.')
    return ladder
