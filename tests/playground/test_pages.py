"""The playground's pages, as a browser sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ghapp.playground.page_markdown import render
from ghapp.playground.page_values import plain_log
from ghapp.playground.pages import blueprint
from ghapp.playground.server import create_app
from ghapp.playground.state import State
from ghapp.playground.world import World

WORKFLOW = "on: push\njobs: {tests: {runs-on: x, steps: [{run: 'true'}]}}\n"
REPO = "octo/demo"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with one repository with a workflow, and nothing that runs it."""
    made = World(State("http://localhost"), tmp_path)
    made.repository(REPO, {"a.py": "one\ntwo\n", ".github/workflows/ci.yml": WORKFLOW})
    return made


@pytest.fixture
def browser(world: World) -> FlaskClient:
    """A browser on the pages."""
    return create_app(world, [blueprint(world)]).test_client()


def text_of(answer: TestResponse) -> str:
    """The page of an answer that went well."""
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_person_opens_an_issue_and_talks_on_it(browser: FlaskClient, world: World) -> None:
    """What is written in the forms is what happens in the world, and is then on the page."""
    assert "octo/demo" in text_of(browser.get("/"))
    form = {"title": "It is <b>broken</b>", "body": "- [x] seen\r\n- [ ] done\r\n\r\nSee #7.", "labels": "bug, honk"}
    answer = browser.post(f"/{REPO}/issues", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{REPO}/issues/1")
    browser.post(f"/{REPO}/issues/1/comment", data={"body": "/honk try *again*"})
    page = text_of(browser.get(f"/{REPO}/issues/1"))
    issue = world.issue(REPO, 1)
    assert (issue.title, issue.author.user.login) == ("It is <b>broken</b>", "octocat")
    assert issue.body == form["body"]
    assert [label.name for label in issue.labels] == ["bug", "honk"]
    assert "It is &lt;b&gt;broken&lt;/b&gt;" in page
    assert '<input type="checkbox" disabled checked> seen' in page
    assert '<input type="checkbox" disabled> done' in page
    assert f'<a href="/{REPO}/issues/7">#7</a>' in page
    assert "/honk try <em>again</em>" in page
    assert "added the label honk" in page


def test_labels_and_state_are_changed_by_buttons(browser: FlaskClient, world: World) -> None:
    """Labels come and go, an issue closes and opens again; a button pressed twice does no harm."""
    world.person("octocat").open_issue(REPO, "Odd", labels=["honk"])
    for _ in range(2):
        assert browser.post(f"/{REPO}/issues/1/unlabel", data={"name": "honk"}).status_code == 303
    browser.post(f"/{REPO}/issues/1/label", data={"name": "honk:plan"})
    assert [label.name for label in world.issue(REPO, 1).labels] == ["honk:plan"]
    browser.post(f"/{REPO}/issues/1/state", data={"state": "closed"})
    assert world.issue(REPO, 1).state == "closed"
    assert "Reopen" in text_of(browser.get(f"/{REPO}/issues/1"))
    browser.post(f"/{REPO}/issues/1/state", data={"state": "open"})
    assert world.issue(REPO, 1).state == "open"


def test_reactions_and_events_are_shown_in_their_order(browser: FlaskClient, world: World) -> None:
    """The conversation reads from old to new, with counted reactions."""
    mona, hubot = world.person("mona"), world.person("hubot")
    mona.open_issue(REPO, "Odd", "first words")
    said = mona.comment(REPO, 1, "second words")
    mona.label(REPO, 1, "honk")
    hubot.comment(REPO, 1, "third words")
    for person in (mona, hubot):
        person.react(said.reactions, "eyes")
    page = text_of(browser.get(f"/{REPO}/issues/1"))
    places = [page.index(words) for words in ("first words", "second words", "added the label honk", "third words")]
    assert places == sorted(places)
    assert "👀 2" in page


def test_a_pull_request_shows_diff_checks_and_logs(browser: FlaskClient, world: World) -> None:
    """The page of a pull request has the real diff, each check with its log, and whether it is a draft."""
    mona = world.person("mona")
    sha = mona.push(REPO, "topic", {"a.py": "one\n<script>\n"})
    mona.open_pull(REPO, "Better", "topic", body="Closes #9", draft=True)
    check = world.set_check(REPO, sha, "tests", "completed", "failure")
    (run,) = [one for one in world.repo(REPO).workflow_runs.values() if one.suite.head_sha == sha]
    run.jobs[0].log = "\x1b[31mred\x1b[0m & <gone>"
    assert run.jobs[0].check is check
    assert browser.get(f"/{REPO}/issues/1").headers["Location"] == f"/{REPO}/pull/1"
    page = text_of(browser.get(f"/{REPO}/pull/1"))
    assert '<span class="badge draft">draft</span>' in page
    assert '<span class="removed">-two\n</span><span class="added">+&lt;script&gt;\n</span>' in page
    assert '<span class="badge failure">failure</span> tests' in page
    assert "<pre>red &amp; &lt;gone&gt;</pre>" in page
    assert "<pre>red &amp; &lt;gone&gt;</pre>" in text_of(browser.get(f"/{REPO}/actions/runs/{run.id}"))
    mona.ready(REPO, 1)
    assert "ready for review" in text_of(browser.get(f"/{REPO}/pulls"))


def test_the_demo_issue_is_offered(browser: FlaskClient, tmp_path: Path, world: World) -> None:
    """An empty form offers the example; taking it fills title and text, escaped."""
    (tmp_path / "issue.md").write_text('# Say "hi" & go\n\n</textarea>words\n')
    pages = blueprint(world, example=tmp_path / "issue.md")
    mine = create_app(world, [pages]).test_client()
    assert "Say &#34;hi&#34; &amp; go" in text_of(mine.get(f"/{REPO}/issues/new"))
    filled = text_of(mine.get(f"/{REPO}/issues/new?example=1"))
    assert 'value="Say &#34;hi&#34; &amp; go"' in filled
    assert "&lt;/textarea&gt;words" in filled
    assert "Take the demo" in text_of(browser.get(f"/{REPO}/issues/new"))


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("issues", {"title": " ", "body": "kept text"}, "kept text"),
        ("issues", {"title": "x", "body": "a" * 65_537}, "at most 65536 characters"),
        ("issues/1/comment", {"body": " "}, "A comment needs a text."),
        ("issues/1/label", {"name": "x" * 51}, "1 to 50 characters"),
        ("issues/1/state", {"state": "gone"}, "open or closed"),
    ],
)
def test_a_form_filled_wrongly_says_why(
    browser: FlaskClient, world: World, path: str, form: dict[str, str], words: str
) -> None:
    """Nothing is made of a bad form, and the person reads what is wrong with it."""
    world.person("octocat").open_issue(REPO, "Odd")
    answer = browser.post(f"/{REPO}/{path}", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(world.repo(REPO).issues) == 1
    assert world.comments(REPO, 1) == []


@pytest.mark.parametrize(
    "path", ["/no/such/issues", f"/{REPO}/issues/99", f"/{REPO}/pull/99", f"/{REPO}/actions/runs/1"]
)
def test_what_is_not_there_is_a_page_too(browser: FlaskClient, path: str) -> None:
    """A wrong address gets 404 and words."""
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text


def test_another_site_cannot_post(browser: FlaskClient, world: World) -> None:
    """A form on a stranger's page, sent by the person's browser, is refused; the pages' own forms are not."""
    form = {"title": "Evil"}
    assert browser.post(f"/{REPO}/issues", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
    assert browser.post(f"/{REPO}/issues", data=form, headers={"Origin": "null"}).status_code == 403
    assert world.repo(REPO).issues == {}
    assert browser.post(f"/{REPO}/issues", data=form, headers={"Origin": "http://localhost"}).status_code == 303


def test_pages_allow_nothing_from_elsewhere(browser: FlaskClient) -> None:
    """The policy lets in the pages' own style and script only, and both are there."""
    answer = browser.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for name in ("pages.css", "pages.js"):
        assert f"/_pages/{name}" in answer.text
        with browser.get(f"/_pages/{name}") as file:
            assert file.status_code == 200


HARMLESS = {
    "<!-- honk:status:1 -->\n**Honk**": "<p><strong>Honk</strong></p>",
    "a <!-- hidden --> b": "<p>a  b</p>",
    "<!-- never closed\n\n**x**": "",
    "`<!-- shown -->`": "<p><code>&lt;!-- shown --&gt;</code></p>",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "a <img src=x onerror=alert(1)> b": "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>",
    "<details onclick=x>": "&lt;details onclick=x&gt;",
    "[x](javascript:alert(1))": "<p>[x](javascript:alert(1))</p>",
    "[a #1 b](http://x.example)": '<p><a href="http://x.example">a #1 b</a></p>',
    "a & C#1 #2": '<p>a &amp; C#1 <a href="/o/r/issues/2">#2</a></p>',
    "1. [ ] one": '<ol>\n<li><input type="checkbox" disabled> one</li>\n</ol>',
}


@pytest.mark.parametrize("text", HARMLESS)
def test_a_body_brings_no_html_of_its_own(text: str) -> None:
    """Comments are hidden, other HTML is text, dangerous links are none."""
    assert render(text, "o/r").strip() == HARMLESS[text]


def test_honks_folded_parts_fold() -> None:
    """The few tags of the evidence stay tags, with Markdown inside."""
    shown = render("<details><summary>log & more</summary>\n\n```\n<x>\n```\n\n</details>", "o/r")
    assert shown.startswith("<details><summary>log &amp; more</summary>")
    assert "<code>&lt;x&gt;\n</code>" in shown
    assert shown.rstrip().endswith("</details>")


def test_a_repository_name_is_escaped_in_references() -> None:
    """Also what comes from the address cannot break out of an attribute."""
    assert '"/&quot;&gt;/x/issues/1"' in render("#1", '">/x')


def test_a_log_is_shown_without_colours_from_its_end() -> None:
    """A terminal's orders are taken out, and a huge log keeps its end."""
    assert plain_log("\x1b[1;31mred\x1b[0m\x1b]0;title\x07") == "red"
    assert plain_log("x" * 300_000 + "end").endswith("end")
    assert len(plain_log("x" * 300_000)) == 200_000
