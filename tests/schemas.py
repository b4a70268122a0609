"""Whether a value keeps a JSON Schema, by the words of 2020-12 that ours use; any other word is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

Schema = dict[str, Any]

_SAYING = {"$schema", "$defs", "title"}
_CHECKED = {"$ref", "anyOf", "type", "const", "enum", "minimum", "format"}
_INSIDE = {"required", "properties", "additionalProperties", "items"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def faults(value: Any, schema: Schema) -> list[str]:
    """What is wrong with a value, each with its path; empty where nothing is."""
    return list(_faults(value, schema, "$", schema))


def _faults(value: Any, schema: Schema | bool, where: str, root: Schema) -> Iterator[str]:
    if isinstance(schema, bool):
        yield from [] if schema else [f"{where} is not allowed"]
        return
    assert schema.keys() <= _SAYING | _CHECKED | _INSIDE, f"{where}: {schema.keys()}"
    if "$ref" in schema:
        yield from _faults(value, root["$defs"][schema["$ref"].rpartition("/")[2]], where, root)
    if "anyOf" in schema:
        each = [list(_faults(value, one, where, root)) for one in schema["anyOf"]]
        yield from [] if [] in each else min(each, key=len)
    wanted = schema.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    if names and not any(_is(value, name) for name in names):
        yield f"{where} is no {' or '.join(names)}"
        return
    yield from _unequal(value, schema, where)
    if isinstance(value, dict):
        yield from _inside(value, schema, where, root)
    if isinstance(value, list) and "items" in schema:
        for at, row in enumerate(value):
            yield from _faults(row, schema["items"], f"{where}[{at}]", root)


def _is(value: Any, name: str) -> bool:
    """JSON's booleans are no numbers, as Python's are."""
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _unequal(value: Any, schema: Schema, where: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{where} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where} is too small"
    if schema.get("format") == "date-time" and isinstance(value, str):
        yield from [] if datetime.fromisoformat(value).tzinfo else [f"{where} has no zone"]


def _inside(value: Schema, schema: Schema, where: str, root: Schema) -> Iterator[str]:
    yield from (f"{where} lacks {key}" for key in schema.get("required", ()) if key not in value)
    known = schema.get("properties", {})
    for key, inner in value.items():
        yield from _faults(
            inner, known.get(key, schema.get("additionalProperties", True)), f"{where}.{key}", root
        )
