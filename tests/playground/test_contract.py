"""The contract is what keeps the playground honest, so these tests break valid values and want to be told."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ghapp.playground.contract import USAGE, Contract, merge_usage, modelled
from ghapp.playground.schemas import DESCRIPTIONS, Schemas, extract

REST = extract("rest")
WEBHOOKS = extract("webhooks")
SAMPLES = {"date-time": "2026-11-22T10:00:00Z", "date": "2026-11-22", "uri": "http://127.0.0.1/"}


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests try every operation, which must not count as use by the playground."""
    monkeypatch.delenv(USAGE, raising=False)


def merged(schemas: Schemas, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed, its `allOf` combined and the first branch of a choice taken."""
    if "$ref" in schema:
        return merged(schemas, schemas.definitions[schema["$ref"].rpartition("/")[2]])
    result = {key: value for key, value in schema.items() if key not in {"allOf", "anyOf", "oneOf"}}
    branches = schema.get("allOf", []) + [schema[word][0] for word in ("anyOf", "oneOf") if word in schema]
    for branch in branches:
        result = both(result, merged(schemas, branch))
    return result


def both(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """A schema for values that fit both: the narrower type and enum, all that is required, properties combined."""
    result = {**one, **two, "required": one.get("required", []) + two.get("required", [])}
    if isinstance(one.get("type"), str):
        result["type"] = one["type"]
    if "enum" in one and "enum" in two:
        result["enum"] = [value for value in one["enum"] if value in two["enum"]]
    known = [schema.get("properties", {}) for schema in (one, two)]
    result["properties"] = {
        name: {"allOf": [properties[name] for properties in known if name in properties]}
        for name in known[0] | known[1]
    }
    if "items" in one and "items" in two:
        result["items"] = {"allOf": [one["items"], two["items"]]}
    return result


def sample(schemas: Schemas, schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a schema: required properties only, empty lists where they may be."""
    whole = merged(schemas, schema)
    kind = whole.get("type", "object" if whole.get("properties") else "null")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in whole:
        return whole["enum"][0]
    if kind == "object":
        properties = whole.get("properties", {})
        return {name: sample(schemas, properties.get(name, {})) for name in whole.get("required", [])}
    if kind == "array":
        return [sample(schemas, whole["items"])] * max(1, whole.get("minItems", 0))
    if kind == "string":
        return SAMPLES.get(whole.get("format", ""), "a" * max(40, whole.get("minLength", 0)))
    return {"integer": 7, "number": 7, "boolean": True, "null": None}[kind]


def success(operation: str) -> tuple[str, str, int]:
    """Method, template and the first status below 400 of an operation."""
    method, _, template = operation.partition(" ")
    return method, template, min(int(status) for status in REST.operations[operation]["responses"])


def issue() -> dict[str, Any]:
    """A valid answer to `GET /repos/{owner}/{repo}/issues/{issue_number}`."""
    value: dict[str, Any] = sample(REST, REST.definitions["issue"])
    return value


def issue_breaches(body: object, status: int = 200) -> list[str]:
    """What the contract says of an answer with `body`."""
    return Contract().rest_response("GET", "/repos/{owner}/{repo}/issues/{issue_number}", status, body)


@pytest.mark.parametrize("operation", sorted(REST.operations))
def test_every_operation_takes_its_smallest_answer(operation: str) -> None:
    """The smallest described answer of each operation passes, so every validator compiles and every $ref resolves."""
    method, template, status = success(operation)
    schema = REST.operations[operation]["responses"][str(status)]
    body = sample(REST, schema) if schema is not None else None
    assert Contract().rest_response(method, template, status, body) == []


@pytest.mark.parametrize("operation", sorted(REST.operations))
def test_every_operation_refuses_a_wrong_answer(operation: str) -> None:
    """A body of the wrong kind is a breach for each operation that describes one, and any body where none is."""
    method, template, status = success(operation)
    if REST.operations[operation]["responses"][str(status)] == {}:
        pytest.skip("an answer that is not JSON")
    assert Contract().rest_response(method, template, status, "surprise")


@pytest.mark.parametrize("name", sorted(WEBHOOKS.operations))
def test_every_delivery_is_held_to_its_own_description(name: str) -> None:
    """The smallest described payload of each event passes; without one of its required fields it does not."""
    event, _, action = name.partition(".")
    schema = WEBHOOKS.operations[name]["payload"]
    payload = {**sample(WEBHOOKS, schema), **({"action": action} if action else {})}
    assert Contract().delivery(event, payload) == []
    for field in set(merged(WEBHOOKS, schema).get("required", [])) - {"action"}:
        broken = {key: value for key, value in payload.items() if key != field}
        assert Contract().delivery(event, broken), field
    assert Contract().delivery(event, {**payload, "surprise": 1}) == [f"{name} $.surprise: not in the description"]


@pytest.mark.parametrize("field", sorted(issue()))
def test_each_dropped_or_mistyped_field_of_an_issue_is_told(field: str) -> None:
    """Every required field of an issue is missed when dropped, and refused when it is of another type."""
    valid = issue()
    assert issue_breaches(valid) == []
    assert issue_breaches({key: value for key, value in valid.items() if key != field})
    assert issue_breaches({**valid, field: [[]]})


def test_unknown_fields_are_told_at_any_depth() -> None:
    """A field that GitHub does not have is a breach, also inside nested objects and lists."""
    deep = {**issue(), "surprise": 1, "user": {**issue()["user"], "rank": 1}, "labels": [{"name": "a", "hue": 1}]}
    assert sorted(line.partition(" 200 ")[2] for line in issue_breaches(deep)) == [
        "$.labels[0].hue: not in the description",
        "$.surprise: not in the description",
        "$.user.rank: not in the description",
    ]


def test_null_is_taken_only_where_it_is_described() -> None:
    """`nullable` of OpenAPI 3.0 lets null pass for a body, and not for a title."""
    assert issue_breaches({**issue(), "body": None}) == []
    assert issue_breaches({**issue(), "state_reason": None}) == []
    assert issue_breaches({**issue(), "title": None})


def test_formats_are_held() -> None:
    """A date without its time and an address without its scheme are breaches."""
    assert issue_breaches({**issue(), "created_at": "2026-11-22"})
    assert issue_breaches({**issue(), "html_url": "issues/1"})


def test_the_address_of_a_bot_passes() -> None:
    """GitHub gives bots an e-mail address with brackets, which the format that it describes does not allow."""
    push = sample(WEBHOOKS, WEBHOOKS.operations["push"]["payload"])
    push["pusher"]["email"] = "1+honk[bot]@users.noreply.github.test"
    assert Contract().delivery("push", push) == []


def test_a_status_must_be_described_or_be_one_that_every_operation_has() -> None:
    """418 is never described; 401, 422 and 503 may come from anywhere, with GitHub's error in the body."""
    error = {"message": "no", "documentation_url": "http://127.0.0.1/"}
    assert issue_breaches(error, 418)
    for status in (401, 422, 503):
        assert issue_breaches(error, status) == []
        assert issue_breaches({**error, "status": str(status)}, status) == []
        assert issue_breaches({**error, "mood": "bad"}, status)
        assert issue_breaches({"message": 7}, status)
        assert issue_breaches(None, status)
    assert issue_breaches({**error, "errors": [{"resource": "Issue", "field": "title", "code": "missing"}]}, 422) == []
    assert issue_breaches({**error, "errors": [{"code": "missing", "mood": "bad"}]}, 422)


def test_a_success_has_no_status_of_its_own() -> None:
    """That errors may repeat their status lifts nothing from other answers."""
    assert issue_breaches({**issue(), "status": "200"})


def test_an_error_described_without_a_body_may_explain_itself() -> None:
    """GitHub says why somebody is no collaborator, though only the bare status is described; a 204 stays empty."""
    template = "/repos/{owner}/{repo}/collaborators/{username}"
    check = Contract().rest_response
    assert check("GET", template, 404, None) == []
    assert check("GET", template, 404, {"message": "Not Found"}) == []
    assert check("GET", template, 404, {"login": "octo"})
    assert check("GET", template, 204, {"message": "No Content"})


def test_an_unknown_operation_is_a_breach_and_is_not_counted() -> None:
    """What is not modelled is told for requests, answers and deliveries, and used stays empty."""
    contract = Contract()
    assert contract.rest_request("GET", "/teapot", {}, None)
    assert contract.rest_response("GET", "/teapot", 200, None)
    assert contract.delivery("teapot", {})
    assert contract.delivery("issues", {"action": "boiled"})
    assert contract.used == set()


def test_query_parameters_are_held() -> None:
    """An unknown parameter, a value outside its enum and a number that is none are breaches."""
    template = "/repos/{owner}/{repo}/issues"
    check = Contract().rest_request
    assert check("GET", template, {"state": "open", "per_page": "100"}, None) == []
    assert check("GET", template, {"status": "open"}, None)
    assert check("GET", template, {"state": "ajar"}, None)
    assert check("GET", template, {"per_page": "many"}, None)


def test_request_bodies_are_held() -> None:
    """An unknown field, a missing one, a wrong type and a body where none is taken are breaches."""
    check = Contract().rest_request
    comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
    assert check("POST", comments, {}, {"body": "hello"}) == []
    assert check("POST", comments, {}, {"body": "hello", "colour": "red"})
    assert check("POST", comments, {}, {"body": 1})
    assert check("POST", comments, {}, None)
    assert check("GET", comments, {}, {"body": "hello"})


def test_a_choice_is_told_by_its_closest_branch() -> None:
    """A label in a list is a text or an object; a breach of the object names the field and not just the choice."""
    labels = [{"name": "honk", "color": 7}]
    assert issue_breaches({**issue(), "labels": labels}) == [
        'GET /repos/{owner}/{repo}/issues/{issue_number} 200 $.labels[0].color: 7 is not of types "null", "string"'
    ]


def test_graphql_documents_are_held_to_the_schema() -> None:
    """A known field passes and is counted; an unknown field, argument or syntax is a breach."""
    contract = Contract()
    assert contract.graphql('query { repository(owner: "o", name: "r") { id } }') == []
    assert contract.graphql("query { repository { id } }")
    assert contract.graphql("query { viewer { shoeSize } }")
    assert contract.graphql("query {")
    assert contract.used == {"query repository", "query viewer"}


def test_the_extract_has_exactly_what_the_list_names() -> None:
    """operations.txt is the source: what it lists is in the data, and the data holds nothing else."""
    lines = (line.split("#")[0].split() for line in (DESCRIPTIONS / "operations.txt").read_text().splitlines())
    assert modelled() == {" ".join(words[:2]) for words in lines if words}


def test_the_extract_is_small_and_has_no_prose() -> None:
    """The committed data stays under a megabyte, names its source packages, and no description came along."""
    text = {file.name: file.read_text() for file in DESCRIPTIONS.iterdir()}
    assert sum(map(len, text.values())) < 1_000_000
    for name in ("rest.json", "webhooks.json"):
        source = json.loads(text[name])["source"]
        assert source["package"].startswith("@octokit/")
        assert source["version"]
        assert "://" not in text[name]


def test_an_exception_lifts_one_breach_of_one_operation() -> None:
    """A listed exception silences just the breach it names, for just the operation it names."""
    lenient = Contract({("issues.pinned", "$.sender"): "for the test", ("ping", "$.zen"): "for the test"})
    zen = {"zen": 1, "hook_id": "x"}
    assert any(line.startswith("ping $.zen") for line in Contract().delivery("ping", zen))
    assert not any(line.startswith("ping $.zen") for line in lenient.delivery("ping", zen))
    assert any(line.startswith("ping $.hook_id") for line in lenient.delivery("ping", zen))


def test_an_installation_may_belong_to_a_user() -> None:
    """The list of installations describes an account as user and enterprise at once; a user will do, half a one not."""
    template = "/app/installations"
    row = sample(REST, REST.operations[f"GET {template}"]["responses"]["200"])[0]
    user = sample(REST, REST.definitions["simple-user"])
    check = Contract().rest_response
    assert check("GET", template, 200, [row, {**row, "account": user}]) == []
    del user["login"]
    assert check("GET", template, 200, [row, {**row, "account": user}])


def test_usage_is_merged_over_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process and a child note what they used in one folder, and the merge has both."""
    monkeypatch.setenv(USAGE, str(tmp_path))
    Contract().rest_request("GET", "/user", {}, None)
    program = "from ghapp.playground.contract import Contract; Contract().rest_request('GET', '/app', {}, None)"
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, USAGE: str(tmp_path)})
    assert merge_usage(tmp_path) == {"GET /user", "GET /app"}
    assert len(list(tmp_path.iterdir())) == 2


def test_the_summary_counts_and_names_what_was_not_used() -> None:
    """The lines at the end of a test run tell modelled, used and unused."""
    contract = Contract()
    contract.rest_request("GET", "/user", {}, None)
    first, second, *rest = contract.summary().splitlines()
    assert first == f"modelled {len(modelled())}, used 1"
    assert second == "used: GET /user"
    assert rest[0].startswith("unused: ")
    unused = " ".join(line.strip() for line in rest).removeprefix("unused: ").split(", ")
    assert set(unused) == modelled() - {"GET /user"}
