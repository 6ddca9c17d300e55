"""Holds a JSON value to one of the extracted schemas, and says in words where it differs.

JSON Schema alone lets unknown properties pass, because GitHub's descriptions hardly ever say `additionalProperties:
false`. A playground that invents a field would then teach the App something false, so `unknown` looks for those too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

Schema = Mapping[str, Any]

DESCRIPTIONS = Path(__file__).parent / "descriptions"
_NESTED = (dict, list)
LONGEST = 300  # characters of one breach: the value that failed may be a whole pull request


class Schemas:
    """One extract (`rest` or `webhooks`): its operations, and breaches of the schemas in it."""

    def __init__(self, name: str) -> None:
        base = f"extract:{name}"
        text = (DESCRIPTIONS / f"{name}.json").read_text(encoding="utf-8")
        document = json.loads(text.replace('"#/$defs/', f'"{base}#/$defs/'))
        self.operations: Mapping[str, Any] = document["operations"]
        self.definitions: Mapping[str, Schema] = document["$defs"]
        self._prefix = f"{base}#/$defs/"
        self._registry = Registry([(base, document)])
        self._validators: dict[int, Draft202012Validator] = {}  # by id of a schema in `document`, which lives as long
        self._shapes: dict[tuple[int, ...], Shape] = {}  # by ids, too

    def breaches(self, schema: Schema, value: object) -> list[str]:
        """Every way in which `value` differs from `schema` (a part of this extract), each with its place."""
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = Draft202012Validator(dict(schema), registry=self._registry, validate_formats=True)
            self._validators[id(schema)] = validator
        found = [line for error in validator.iter_errors(value) for line in explained(error)]
        return found + [f"${place}: not in the description" for place in self.unknown([schema], value)]

    def unknown(self, schemas: Sequence[Schema], value: object) -> list[str]:
        """Places, below `value`, of properties that no part of `schemas` knows, at any depth.

        A property is known if any branch of an `allOf`, `anyOf` or `oneOf` has it, whichever branch the value took.
        Called for every object of every answer: names of places are put together only where there is one to tell.
        """
        shape, found = self._shape(schemas), list[str]()
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, _NESTED) and (inner := self.unknown(shape.items, item)):
                    found += [f"[{index}]{place}" for place in inner]
        elif isinstance(value, dict):
            for name, child in value.items():
                known = shape.properties.get(name)
                if known is None:
                    found += [] if shape.is_open else [f".{name}"]
                elif isinstance(child, _NESTED) and (inner := self.unknown(known, child)):
                    found += [f".{name}{place}" for place in inner]
        return found

    def _shape(self, schemas: Sequence[Schema]) -> "Shape":
        """What these schemas have to say together, worked out once: they live as long as the document."""
        key = tuple(map(id, schemas))
        if key not in self._shapes:
            self._shapes[key] = Shape.of([facet for schema in schemas for facet in self._facets(schema)])
        return self._shapes[key]

    def _facets(self, schema: Schema) -> Iterator[Schema]:
        """`schema` and everything it is composed of, references followed."""
        if "$ref" in schema:
            yield from self._facets(self.definitions[schema["$ref"].removeprefix(self._prefix)])
            return
        yield schema
        for word in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(word, ()):
                yield from self._facets(branch)


@dataclass(frozen=True)
class Shape:
    """What a value may hold: the schemas of its items and of each property, and whether others may be there too.

    An object is open, so that anything goes, where a branch is an object without properties, or has a schema for
    the rest. `additionalProperties: true` beside properties opens nothing: GitHub writes it to combine branches.
    """

    items: tuple[Schema, ...]
    properties: Mapping[str, tuple[Schema, ...]]
    is_open: bool

    @classmethod
    def of(cls, facets: Sequence[Schema]) -> Self:
        """The shape that these schemas, taken without their compositions, make together."""
        properties: dict[str, tuple[Schema, ...]] = {}
        for facet in facets:
            for name, schema in facet.get("properties", {}).items():
                properties[name] = (*properties.get(name, ()), schema)
        items = tuple(facet["items"] for facet in facets if "items" in facet)
        return cls(items, properties, any(map(is_open, facets)))


@cache
def extract(name: str) -> Schemas:
    """The extract of that name, read once in a process."""
    return Schemas(name)


def is_open(facet: Schema) -> bool:
    """Whether a schema, taken without its compositions, describes an object with free names."""
    if isinstance(facet.get("additionalProperties"), dict):
        return True
    narrows = not facet.keys().isdisjoint({"properties", "required", "allOf", "anyOf", "oneOf"})
    return not narrows and (not facet or "object" in facet.get("type", ()))


def explained(error: ValidationError) -> Iterator[str]:
    """A failed choice is told by the branch that came closest: "not valid under any of the schemas" helps nobody."""
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context) if context:
            start = len(error.instance_path)
            for inner in min(context, key=lambda branch: distance(branch, start)):
                yield from explained(inner)
        case _:
            place = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.instance_path)
            message = error.message if len(error.message) <= LONGEST else f"… {error.message[-LONGEST:]}"
            yield f"{place}: {message}"


def distance(branch: list[ValidationError], start: int) -> tuple[bool, int]:
    """How far a branch was from fitting: one of another type is farthest, else fewer failures are closer."""
    other_type = any(error.kind.name == "type" and len(error.instance_path) == start for error in branch)
    return other_type, len(branch)
