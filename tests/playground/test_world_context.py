"""What surrounds an issue: the search, rendered bodies, attachments."""

from __future__ import annotations

import pytest
import requests

from ghapp.playground.server import Playground
from tests.playground.playground_app import Api

DEMO = "/repos/octo/demo"
FULL = {"Accept": "application/vnd.github.full+json"}


def test_the_search_has_every_word_and_trait(playground: Playground, api: Api) -> None:
    """Words are looked for in title, body and comments; the newest comes first."""
    mona = playground.world.person("mona")
    for title, body in (("Slow start", "It takes long."), ("Crash", "On a slow disk"), ("Slow end", None)):
        mona.open_issue("octo/demo", title, body)
    mona.close("octo/demo", 1)
    mona.close("octo/demo", 2)
    found = api.get("/search/issues", q="repo:octo/demo is:issue is:closed slow")
    assert [item["number"] for item in found["items"]] == [2, 1]
    assert (found["total_count"], found["incomplete_results"]) == (2, False)
    assert api.get("/search/issues", q="repo:octo/demo is:closed slow disk")["total_count"] == 1
    assert api.get("/search/issues", q="repo:octo/demo is:pr slow")["total_count"] == 0


@pytest.mark.parametrize("query", ["", "repo:octo/nothing a", f"repo:octo/demo {'a' * 256}"])
def test_a_search_that_github_refuses(api: Api, query: str) -> None:
    """Without words, in what is not there, and longer than 256 characters."""
    api.get("/search/issues", 422, q=query)


def test_a_search_that_is_not_modelled_is_a_violation(playground: Playground, api: Api) -> None:
    """A qualifier that nobody looks at would find too much."""
    api.get("/search/issues", 501, q="repo:octo/demo author:mona")
    assert playground.world.violations.pop() == "GET /search/issues: the search term author:mona is not modelled"


def test_bodies_are_rendered_for_who_asks(playground: Playground, api: Api) -> None:
    """On the issue, its comments and one comment; Markdown alone without the media type."""
    mona = playground.world.person("mona")
    issue = mona.open_issue("octo/demo", "Hm", "**so**")
    comment = mona.comment("octo/demo", issue.number, "*no*")
    path = f"{DEMO}/issues/{issue.number}"
    assert api.call("GET", path, 200, headers=FULL)["body_html"] == "<p><strong>so</strong></p>\n"
    assert api.call("GET", f"{path}/comments", 200, headers=FULL)[0]["body_html"] == "<p><em>no</em></p>\n"
    one = api.call("GET", f"{DEMO}/issues/comments/{comment.id}", 200, headers=FULL)
    assert one["body_text"] == "*no*"
    assert "body_html" not in api.get(path)


def test_an_attachment_is_opened_by_its_signature(playground: Playground, api: Api) -> None:
    """A public one leads there, a private one is not there without it, and no token may come along."""
    world = playground.world
    world.repository("octo/secret", {"a": "a"}, private=True)
    public, private = world.attach("octo/demo", b"seen"), world.attach("octo/secret", b"hidden")
    assert requests.get(public, timeout=20).content == b"seen"
    assert requests.get(private, timeout=20).status_code == 404
    assert api.session.get(public, timeout=20).status_code == 400
    issue = world.person("mona").open_issue("octo/secret", "Look", f'<img width="9" src="{private}" />')
    html = api.call("GET", f"/repos/octo/secret/issues/{issue.number}", 200, headers=FULL)["body_html"]
    address = html.partition('src="')[2].partition('"')[0]
    assert requests.get(address, timeout=20).content == b"hidden"
