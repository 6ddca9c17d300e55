"""Holds every request, answer and delivery of the playground to GitHub's published descriptions.

The descriptions are an extract (`descriptions/`, made by `make descriptions`) of GitHub's OpenAPI documents for REST
and webhooks and of its GraphQL schema, with just the operations that the playground models. What is not in the
extract is a breach, so a test that relies on an endpoint or a field that GitHub does not have fails.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

from ghapp.playground.schemas import DESCRIPTIONS, extract

USAGE = "HONK_CONTRACT_USAGE"
"""Environment variable: a folder in which every process notes the operations it used."""

# GitHub gives these for any operation (is it JSON, who are you, may you, not too often, can it be, is the house on
# fire), and describes them for few. https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
EVERYWHERE: Mapping[int, str] = {
    **dict.fromkeys((400, 401, 403, 404, 429, 500, 502, 503), "basic-error"),
    422: "validation-error",
}
FIRST_ERROR = 400

ANY_ERROR = "any error"

_PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
_ACTIONS = ("closed", "converted_to_draft", "edited", "ready_for_review", "reopened", "review_requested")

# Where the published description contradicts itself or what GitHub really sends: (operation or ANY_ERROR, start of the
# breach with `[]` for any index), and the reason. Everything else is held to the letter.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    (ANY_ERROR, "$.status: not in the description"): "every error repeats its status, only the basic one describes it",
    **{
        ("GET /app/installations", f'$[].account: "{field}" is a required'): "described as user and enterprise at once"
        for field in ("name", "slug", "created_at", "updated_at")
    },
    **{
        (operation, f"{place}.head.repo: null is not"): "GitHub shows none for a deleted fork, and describes one"
        for operation, place in (
            (f"GET {_PULL}", "$"),
            (f"PATCH {_PULL}", "$"),
            (f"POST {_PULL}/requested_reviewers", "$"),
            ("GET /repos/{owner}/{repo}/pulls", "$[]"),
            ("GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", "$[]"),
            *((f"pull_request.{action}", "$.pull_request") for action in _ACTIONS),
            ("pull_request_review_thread.unresolved", "$.pull_request"),
        )
    },
    **{
        (operation, f"{place}.{field}: null is not"): "GitHub shows none for an outdated remark, and describes one"
        for operation, place in (
            (f"GET {_PULL}/comments", "$[]"),
            (f"GET {_PULL}/reviews/{{review_id}}/comments", "$[]"),
            (f"POST {_PULL}/comments/{{comment_id}}/replies", "$"),
            ("GET /repos/{owner}/{repo}/pulls/comments/{comment_id}", "$"),
        )
        for field in ("line", "position")
    },
}
INDEX = re.compile(r"\[\d+\]")


class Contract:
    """What GitHub describes, and how much of it was used.

    Every check returns its breaches, one sentence each; none means that the value is as described. A check raises
    nothing for bad values. Stricter than JSON Schema: a property that the description does not know is a breach at
    any depth, unless the description leaves that object open (`Schemas.unknown` has the rule).
    """

    def __init__(self, exceptions: Mapping[tuple[str, str], str] = EXCEPTIONS) -> None:
        self.operations: frozenset[str] = modelled()
        self.used: set[str] = set()
        folder = os.environ.get(USAGE)
        self._usage = Path(folder) if folder else None
        self._exceptions = exceptions

    def rest_request(self, method: str, template: str, query: Mapping[str, str], body: object | None) -> list[str]:
        """Breaches of a request; `template` is the path as GitHub writes it, `/repos/{owner}/{repo}`.

        Query values are read as the type that is described. An empty object counts as no body.
        """
        name = f"{method} {template}"
        described = extract("rest").operations.get(name)
        if described is None:
            return [f"{name}: not modelled"]
        self._use(name)
        found = [line for key, value in query.items() for line in query_breaches(described["query"], key, value)]
        if "body" in described and (body or described["body_required"]):
            found += extract("rest").breaches(described["body"], body)
        elif body:
            found.append("$: the operation takes no body")
        return self._told(name, found)

    def rest_response(self, method: str, template: str, status: int, body: object | None) -> list[str]:
        """Breaches of a JSON answer: its status is described for the operation, and so is its body (None: no body).

        Statuses in `EVERYWHERE` need no description, and an error described without a body may be a basic error. Of
        an answer whose described body is not JSON only the status is checked.
        """
        name = f"{method} {template}"
        described = extract("rest").operations.get(name)
        if described is None:
            return [f"{name}: not modelled"]
        self._use(name)
        answers = described["responses"]
        if str(status) not in answers and status not in EVERYWHERE:
            return [f"{name} {status}: status not described"]
        schema = answers.get(str(status))
        if schema is None and status >= FIRST_ERROR and (body is not None or str(status) not in answers):
            schema = extract("rest").definitions[EVERYWHERE.get(status, "basic-error")]
        if schema is None:
            return [] if body is None else [f"{name} {status} $: a body where none is described"]
        found = extract("rest").breaches(schema, body)
        return self._told(f"{name} {status}", found, ANY_ERROR if status >= FIRST_ERROR else name)

    def delivery(self, event: str, payload: Mapping[str, Any]) -> list[str]:
        """Breaches of a webhook's payload, found by `event` (the X-GitHub-Event header) and the payload's action."""
        name = f"{event}.{payload['action']}" if "action" in payload else event
        described = extract("webhooks").operations.get(name)
        if described is None:
            return [f"{name}: not modelled"]
        self._use(name)
        return self._told(name, extract("webhooks").breaches(described["payload"], payload))

    def graphql(self, document: str) -> list[str]:
        """Breaches of a GraphQL document; answers need no check, the extract of the schema is what executes them."""
        parsed, errors = read_document(document)
        for operation in root_fields(parsed):
            self._use(operation)
        return [f"graphql: {error.message}" for error in errors]

    def summary(self) -> str:
        """How many operations are modelled and used, and the unused ones, for the end of a test run."""
        return summary_of(self.operations, self.used)

    def _told(self, operation: str, found: list[str], scope: str = "") -> list[str]:
        """Breaches with the operation in front, without those that are exceptions in `scope` (the operation)."""
        starts = tuple(start for name, start in self._exceptions if name == (scope or operation))
        return [f"{operation} {line}" for line in found if not INDEX.sub("[]", line).startswith(starts)]

    def _use(self, operation: str) -> None:
        """Note an operation as used, here and for whoever merges the usage folder."""
        if operation in self.used or operation not in self.operations:
            return
        self.used.add(operation)
        if self._usage is not None:
            report(self._usage, os.getpid(), operation)


@cache
def report(folder: Path, process: int, operation: str) -> None:
    """Append an operation to this process's file, once a process: every test makes a Contract of its own."""
    with (folder / f"{process}.txt").open("a", encoding="utf-8") as file:
        file.write(f"{operation}\n")


def merge_usage(folder: Path) -> set[str]:
    """The operations that any process noted in `folder`."""
    return {line for file in folder.glob("*.txt") for line in file.read_text(encoding="utf-8").splitlines()}


def summary_of(operations: frozenset[str], used: set[str]) -> str:
    """How many are modelled and used, then the names of both kinds, wrapped for a terminal."""
    lines = [f"modelled {len(operations)}, used {len(operations & used)}"]
    for word, names in (("used", operations & used), ("unused", operations - used)):
        listed = f"{word}: {', '.join(sorted(names)) or 'none'}"
        lines += wrap(listed, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


@cache
def modelled() -> frozenset[str]:
    """Every operation that the extract describes: `GET /user`, `issues.labeled`, `query viewer`."""
    schema = graphql_schema()
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    graphql = {f"{word} {name}" for word, root in roots if root for name in root.fields}
    return frozenset(extract("rest").operations.keys() | extract("webhooks").operations.keys() | graphql)


@cache
def graphql_schema() -> GraphQLSchema:
    """The extract of GitHub's GraphQL schema, to validate documents and to execute them."""
    return build_schema((DESCRIPTIONS / "schema.graphql").read_text(encoding="utf-8"))


@cache
def read_document(document: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    """A GraphQL document and what is wrong with it. Values come beside a document, so that there are few of them."""
    try:
        parsed = parse(document)
    except GraphQLError as error:
        return DocumentNode(definitions=()), (error,)
    return parsed, tuple(validate(graphql_schema(), parsed))


def root_fields(document: DocumentNode) -> Iterator[str]:
    """The operations of a document as we count them: `query viewer`, `mutation resolveReviewThread`."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for field in definition.selection_set.selections:
                if isinstance(field, FieldNode):
                    yield f"{definition.operation.value} {field.name.value}"


def query_breaches(described: Mapping[str, Mapping[str, Any]], key: str, value: str) -> list[str]:
    """Breaches of one query parameter."""
    if key not in described:
        return [f"?{key}: not a parameter of the operation"]
    schema = described[key]
    found = extract("rest").breaches(schema, read_as(schema.get("type"), value))
    return [line.replace("$", f"?{key}", 1) for line in found]


def read_as(kind: object, value: str) -> object:
    """The text of a query parameter as the described type, or as it is where it cannot be read so."""
    if kind == "integer" and value.isascii() and value.isdigit():
        return int(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value
