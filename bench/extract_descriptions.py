"""Cuts GitHub's published descriptions down to what the playground models (`make descriptions`).

    python bench/extract_descriptions.py NODE_MODULES

NODE_MODULES holds the npm packages `@octokit/openapi`, `@octokit/openapi-webhooks` and `@octokit/graphql-schema`. The
list of what we model is `ghapp/playground/descriptions/operations.txt`; the results are written beside it. Both
OpenAPI dialects (3.0 for REST, 3.1 for webhooks) come out as one: JSON Schema 2020-12 with assertions only, equal
parts kept once under `$defs`. The same packages and the same list always give the same bytes.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from extract_graphql import stripped_sdl

Schema = dict[str, Any]

DESCRIPTIONS = Path(__file__).parents[1] / "ghapp" / "playground" / "descriptions"
SCHEMA_IN = ("items", "additionalProperties", "not")
SCHEMAS_IN = ("allOf", "anyOf", "oneOf")
SCALAR = ("$ref", "type", "enum", "const", "format", "pattern", "required", "minimum", "maximum", "uniqueItems")
SIZES = ("minLength", "maxLength", "minItems", "maxItems")
KEPT = frozenset((*SCALAR, *SIZES, *SCHEMA_IN, *SCHEMAS_IN, "properties"))
FORMATS = frozenset({"date-time", "date", "uri", "uri-template", "uuid"})
"""Those that are held. Not `email`: GitHub's own addresses of bots have brackets. The rest are hints such as int64."""
COMPONENTS = "#/components/schemas/"
SHARED_FROM = 60  # characters: below, a reference is hardly shorter than the schema itself


def main(modules: Path) -> None:
    """Write rest.json, webhooks.json, schema.graphql and LICENSE.md from the packages in `modules`."""
    octokit = modules / "@octokit"
    wanted = read_operations(DESCRIPTIONS / "operations.txt")
    rest = json.loads((octokit / "openapi/generated/api.github.com.json").read_text())
    hooks = json.loads((octokit / "openapi-webhooks/generated/api.github.com.json").read_text())
    operations = {line: rest_operation(rest, line) for line in wanted["rest"]}
    write_json("rest.json", version_of(octokit / "openapi"), rest, operations)
    deliveries = {line: {"payload": delivery_schema(hooks, line)} for line in wanted["webhooks"]}
    write_json("webhooks.json", version_of(octokit / "openapi-webhooks"), hooks, deliveries)
    sdl = stripped_sdl((octokit / "graphql-schema/schema.graphql").read_text(), wanted["graphql"])
    header = "# " + " ".join(version_of(octokit / "graphql-schema")) + ", cut down by bench/extract_descriptions.py\n\n"
    (DESCRIPTIONS / "schema.graphql").write_text(header + sdl)
    write_licenses(octokit)


def read_operations(path: Path) -> dict[str, list[str]]:
    """The list, sorted, by kind: `rest` (METHOD /path), `webhooks` (event.action), `graphql` (query|mutation …)."""
    kinds: dict[str, list[str]] = {"rest": [], "webhooks": [], "graphql": []}
    for line in sorted(filter(None, (line.split("#")[0].strip() for line in path.read_text().splitlines()))):
        first, _, _ = line.partition(" ")
        kind = "graphql" if first in {"query", "mutation"} else "rest" if first.isupper() else "webhooks"
        kinds[kind].append(line)
    return kinds


def version_of(package: Path) -> tuple[str, str]:
    """Name and version of an npm package."""
    manifest = json.loads((package / "package.json").read_text())
    return manifest["name"], manifest["version"]


def rest_operation(document: Schema, line: str) -> Schema:
    """Query parameters, request body and answers of the operation `METHOD /template`. Raises KeyError if unknown."""
    method, _, template = line.partition(" ")
    operation = document["paths"][template][method.lower()]
    parameters = [resolved(document, parameter) for parameter in operation.get("parameters", [])]
    described: Schema = {
        "query": {p["name"]: plain(p["schema"]) for p in parameters if p["in"] == "query"},
        "responses": {
            status: body_schema(resolved(document, answer)) for status, answer in operation["responses"].items()
        },
    }
    if "requestBody" in operation:
        described["body"] = body_schema(operation["requestBody"])
        described["body_required"] = operation["requestBody"].get("required", False)
    return described


def delivery_schema(document: Schema, line: str) -> Schema:
    """The payload of `event.action`, or of an `event` without actions. Raises KeyError if unknown."""
    name = line.replace(".", "-").replace("_", "-")
    schema = body_schema(document["webhooks"][name]["post"]["requestBody"])
    assert schema is not None, f"{line} has no JSON payload"
    return schema


def body_schema(described: Schema) -> Schema | None:
    """The JSON schema of a body; None for no body, `{}` for one that is not JSON."""
    content = described.get("content")
    if not content:
        return None
    return plain(content["application/json"].get("schema", {})) if "application/json" in content else {}


def resolved(document: Schema, node: Schema) -> Schema:
    """`node`, or what its `$ref` names."""
    if "$ref" not in node:
        return node
    target: Schema = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


def plain(node: Schema) -> Schema:
    """A schema of either dialect as JSON Schema 2020-12: no prose, no `x-*`, `nullable` spelled out."""
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    schema = over_children({key: value for key, value in node.items() if key in KEPT}, plain)
    if schema.get("format") not in FORMATS:
        schema.pop("format", None)
    return allowing_null(schema) if node.get("nullable") else schema


def allowing_null(schema: Schema) -> Schema:
    """The 3.0 word `nullable`. GitHub means null to be valid even where a sibling `enum` or `allOf` leaves it out."""
    if "type" not in schema or not schema.keys().isdisjoint(SCHEMAS_IN):
        return {"anyOf": [schema, {"type": "null"}]}
    with_null = {**schema, "type": [schema["type"], "null"]}
    if None not in schema.get("enum", [None]):
        with_null["enum"] = [*schema["enum"], None]
    return with_null


def over_children(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """A copy of `schema` whose direct subschemas went through `change`."""
    copy = dict(schema)
    if "properties" in copy:
        copy["properties"] = {name: change(child) for name, child in copy["properties"].items()}
    for key in SCHEMA_IN:
        if isinstance(copy.get(key), dict):
            copy[key] = change(copy[key])
    for key in SCHEMAS_IN:
        if key in copy:
            copy[key] = [change(child) for child in copy[key]]
    return copy


class Pool:
    """Equal schemas kept once: every distinct schema has a key, and those with several users become definitions."""

    def __init__(self) -> None:
        self._shallow: dict[str, Schema] = {}  # by key; direct children are {"key": …}
        self._uses: Counter[str] = Counter()
        self._names: dict[str, str] = {}  # by key: the name in $defs
        self.shared: dict[str, Schema] = {}  # definitions that GitHub wrote out in several places

    def add(self, schema: Schema) -> str:
        """Take in a schema with all its parts, and give its key."""
        children: list[str] = []

        def take(child: Schema) -> Schema:
            children.append(self.add(child))
            return {"key": children[-1]}

        shallow = over_children(schema, take)
        key = hashlib.sha256(compact(shallow).encode()).hexdigest()[:10]
        if key not in self._shallow:
            self._shallow[key] = shallow
            self._uses.update(children)
        return key

    def name(self, named: Mapping[str, str]) -> None:
        """Call schemas by their published names; the first one wins where GitHub has two for the same."""
        for name in sorted(named, reverse=True):
            self._names[named[name]] = name

    def whole(self, key: str) -> Schema:
        """The schema of `key` written out; parts with several users become references into $defs."""
        return over_children(self._shallow[key], lambda child: self.part(child["key"]))

    def part(self, key: str) -> Schema:
        """The schema of `key` as part of another one."""
        schema = self.whole(key)
        named = key in self._names
        if len(compact(schema)) < SHARED_FROM or not (named or self._uses[key] > 1):
            return schema
        name = self._names.get(key, f"_{key}")
        if not named:
            self.shared[name] = schema
        return {"$ref": f"#/$defs/{name}"}


def write_json(name: str, source: tuple[str, str], document: Schema, operations: Mapping[str, Schema]) -> None:
    """Write the operations and the definitions they need, one a line so that a change shows as few lines."""
    pool = Pool()
    schemas = document["components"]["schemas"]
    named = {component: pool.add(plain(schemas[component])) for component in reachable(schemas, operations.values())}
    keyed = {line: over_bodies(operation, pool.add) for line, operation in operations.items()}
    pool.name(named)
    definitions = {component: pool.whole(key) for component, key in named.items()}
    written = {line: over_bodies(operation, pool.part) for line, operation in keyed.items()}
    package, version = source
    text = (
        f'{{\n"source":{compact({"package": package, "version": version})},\n'
        f'"operations":{lines(written)},\n"$defs":{lines(definitions | pool.shared)}\n}}\n'
    )
    (DESCRIPTIONS / name).write_text(text.replace(COMPONENTS, "#/$defs/"))


def over_bodies(operation: Schema, change: Callable[[Any], object]) -> Schema:
    """A copy of an operation whose bodies went through `change` (parameters are small and stay as they are)."""
    copy = dict(operation)
    for key in ("body", "payload"):
        if copy.get(key):
            copy[key] = change(copy[key])
    if "responses" in copy:
        copy["responses"] = {status: change(s) if s else s for status, s in copy["responses"].items()}
    return copy


def reachable(components: Schema, roots: Iterable[object]) -> set[str]:
    """Names of the components that `roots` refer to, over any number of steps."""
    found: set[str] = set()
    waiting = [name for root in roots for name in references(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(plain(components[name])))
    return found


def references(node: object) -> Iterator[str]:
    """Every component name that `node` refers to directly."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(COMPONENTS)
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def compact(value: object) -> str:
    """Canonical JSON on one line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def lines(entries: Mapping[str, object]) -> str:
    """A JSON object with one entry a line, sorted."""
    return "{\n" + ",\n".join(f"{compact(name)}:{compact(entries[name])}" for name in sorted(entries)) + "\n}"


def write_licenses(octokit: Path) -> None:
    """Keep the notices that the packages' licences ask to travel with copies."""
    parts = []
    for folder, file in (("openapi", "LICENSE"), ("openapi-webhooks", "LICENSE"), ("graphql-schema", "LICENSE.md")):
        parts.append(f"# {folder}\n\n{(octokit / folder / file).read_text().strip()}\n")
    (DESCRIPTIONS / "LICENSE.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
