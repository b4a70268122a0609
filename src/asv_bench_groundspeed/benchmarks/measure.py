"""``measure_``: several named values from one call, each with its unit and its better direction.

Owns what a benchmark may return: a mapping of names to finite numbers, the main value first. Measures
nothing itself.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional

from ._kind import Kind, Observation, metric, stated

# What asv's file names, the site's addresses and ``name@metric`` can carry.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_DIRECTIONS = ("lower", "higher")


class MeasureBenchmark(Kind):
    """The function returns ``{name: number, ...}``; the first is the main value.

    ``units`` maps names to units. ``better`` is the direction of the main value, or maps names to
    theirs; lower where nothing is stated.
    """

    name_regex = re.compile("^(Measure[A-Z_].+)|(measure_.+)$")
    kind = "measure"
    base_unit = "unit"
    defaults: ClassVar[Mapping[str, Any]] = {"units": {}}
    units: Any

    def __init__(self, name: str, func: Callable[..., Any], attr_sources: List[Any]) -> None:
        Kind.__init__(self, name, func, attr_sources)
        main, units = self._main(), self.units
        if main is not None:
            self.main = main  # said by name: asv writes benchmarks.json with sorted keys
        of_main = units.get(main, "unit") if isinstance(units, Mapping) else "unit"
        self.unit = stated(attr_sources, "unit", of_main)

    def observe(self, *param: Any) -> Observation:
        """One call and what it returned."""
        values = self._numbers(self.func(*param))
        self._check_statements(values)
        (_, value), *rest = values.items()
        return {
            "value": {"samples": [value], "number": None},
            "metrics": [
                metric(name, self.units.get(name, "unit"), [one], self._directions().get(name, "lower"))
                for name, one in rest
            ],
        }

    def _main(self) -> Optional[str]:
        """The main value's name as far as the attributes tell before anything runs: what discovery
        says of its unit and direction must hold for what the call returns."""
        for mapping in (self.units, self._directions()):
            if isinstance(mapping, Mapping) and mapping:
                return str(next(iter(mapping)))
        return None

    def _directions(self) -> Mapping[str, str]:
        better = getattr(self, "better", None)
        return better if isinstance(better, Mapping) else {}

    def _check_statements(self, values: Mapping[str, float]) -> None:
        if not isinstance(self.units, Mapping):
            raise self.wrong("units", self.units, 'a mapping such as {"recall": "%"}')
        for name, direction in self._directions().items():
            if direction not in _DIRECTIONS:
                raise self.wrong("better[{!r}]".format(name), direction, '"lower" or "higher"')
        main, first = self._main(), next(iter(values))
        if main not in (None, first):
            raise ValueError(
                "{}: returns {!r} first, but its attributes name {!r} first; the main value stands first "
                "in what is returned, in `units` and in `better`".format(self.name, first, main)
            )

    def _numbers(self, returned: Any) -> Dict[str, float]:
        if not isinstance(returned, Mapping) or not returned:
            raise ValueError(
                "{}: a measure_ benchmark returns a mapping of names to numbers, the main value first, "
                "not {!r:.200}".format(self.name, returned)
            )
        return {self._name(name): self._number(name, value) for name, value in returned.items()}

    def _name(self, name: Any) -> str:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(
                "{}: {!r} cannot name a metric: letters, digits, _, - and dots can".format(self.name, name)
            )
        return name

    def _number(self, name: str, value: Any) -> float:
        try:
            number = float(value)  # numpy's and decimal's numbers, too
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, (str, bytes)) or not math.isfinite(number):
            raise ValueError("{}: {!r} is {!r:.200}, no finite number".format(self.name, name, value))
        return number


export_as_benchmark = [MeasureBenchmark]
