"""Reviews as people and Apps write them: lines of the real diff, threads, dismissals, and who can be asked."""

import pytest

from ghapp.playground.diff_lines import find, lines_of, moved
from ghapp.playground.person import Person
from ghapp.playground.server import Playground
from ghapp.playground.state import ReviewThread
from ghapp.playground.verbs.reviews import NotInDiffError, Remark
from tests.playground.playground_app import Api, Hook

NAME = "octo/demo"
DEMO = f"/repos/{NAME}"
LONG = "".join(f"line {number}\n" for number in range(1, 31))
THREADS = """query($number: Int!, $after: String) { repository(owner: "octo", name: "demo") {
    pullRequest(number: $number) { reviewThreads(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { id isResolved isOutdated path line comments(first: 1) {
            totalCount nodes { databaseId url body author { login ... on User { databaseId } } } } } } } } }"""


@pytest.fixture
def ada(playground: Playground, app: object) -> Person:
    """Someone who reviews."""
    return playground.world.person("ada", write=NAME)


@pytest.fixture
def number(playground: Playground, app: object) -> int:
    """A pull request of mona's: line 10 of a long file changes, line 20 goes, and two lines are added at its end."""
    mona = playground.world.person("mona", write=NAME)
    mona.push(NAME, "main", {"long.txt": LONG})
    changed = LONG.replace("line 10\n", "LINE 10\n").replace("line 20\n", "") + "new 30\nnew 31\n"
    mona.push(NAME, "topic", {"long.txt": changed})
    return mona.open_pull(NAME, "Change", "topic").number


def first_thread(playground: Playground, number: int) -> ReviewThread:
    return playground.world.review_threads(NAME, number)[0]


@pytest.mark.parametrize("line", [7, 10, 13, 27, 30, 31])
def test_a_line_of_the_diff_can_be_remarked_on(playground: Playground, ada: Person, number: int, line: int) -> None:
    """What changed, what is new, and the three lines around it."""
    ada.review(NAME, number, remarks=[Remark("long.txt", line, "Why?")])
    assert first_thread(playground, number).comments[0].line == line


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        (Remark("long.txt", 6, "x"), "Line could not be resolved"),
        (Remark("long.txt", 99, "x"), "Line could not be resolved"),
        (Remark("long.txt", 20, "x", side="LEFT", start=9), "Start line could not be resolved"),
        (Remark("long.txt", 10, "x", start=10), "Start line could not be resolved"),
        (Remark("README.md", 1, "x"), "Path could not be resolved"),
    ],
)
def test_a_line_outside_the_diff_is_refused(
    playground: Playground, ada: Person, api: Api, number: int, remark: Remark, words: str
) -> None:
    """By verb and by REST, with GitHub's words; the other remarks of the review are not submitted either."""
    good = Remark("long.txt", 10, "Good")
    with pytest.raises(NotInDiffError, match=words):
        ada.review(NAME, number, remarks=[good, remark])
    given = {"path": remark.path, "line": remark.line, "body": "x", "side": remark.side}
    if remark.start is not None:
        given |= {"start_line": remark.start, "start_side": remark.side}
    rows = [{"path": "long.txt", "line": 10, "body": "Good"}, given]
    refused = api.post(f"{DEMO}/pulls/{number}/reviews", 422, event="COMMENT", body="See below", comments=rows)
    assert (refused["message"], refused["errors"]) == ("Unprocessable Entity", [words])
    assert playground.world.review_threads(NAME, number) == []
    assert api.get(f"{DEMO}/pulls/{number}/reviews") == []


def test_a_review_of_the_apps_with_a_suggestion(playground: Playground, api: Api, hook: Hook, number: int) -> None:
    """Two remarks, one over three lines with a suggestion; both show the part of the diff that they are about."""
    head = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    words = "```suggestion\nline ten\n```"
    rows = [
        {"path": "long.txt", "start_line": 9, "start_side": "RIGHT", "line": 11, "side": "RIGHT", "body": words},
        {"path": "long.txt", "line": 20, "side": "LEFT", "body": "Was it needed?"},
    ]
    made = api.post(
        f"{DEMO}/pulls/{number}/reviews", 200, event="COMMENT", body="Two things", commit_id=head, comments=rows
    )
    assert (made["state"], made["commit_id"], made["user"]["login"]) == ("COMMENTED", head, "honk[bot]")
    first, second = api.get(f"{DEMO}/pulls/{number}/reviews/{made['id']}/comments")
    assert (first["start_line"], first["line"], first["side"], first["body"]) == (9, 11, "RIGHT", words)
    assert first["diff_hunk"].splitlines()[-3:] == ["-line 10", "+LINE 10", " line 11"]
    assert (second["line"], second["side"], second["diff_hunk"].splitlines()[-1]) == (20, "LEFT", "-line 20")
    playground.world.settle()
    told = [name for name in hook.names() if name.startswith("pull_request_review")]
    assert told == ["pull_request_review.submitted", *["pull_request_review_comment.created"] * 2]


def test_a_review_needs_words(api: Api, number: int) -> None:
    """A request for changes without a body is refused, as is a comment that says nothing; an approval is not."""
    address = f"{DEMO}/pulls/{number}/reviews"
    api.post(address, 422, event="REQUEST_CHANGES")
    api.post(address, 422, event="COMMENT")
    api.post(address, 422, event="COMMENT", body="x", commit_id="0" * 40)
    assert api.post(address, 200, event="APPROVE")["state"] == "APPROVED"


def test_a_thread_moves_with_its_line_until_it_is_outdated(
    playground: Playground, ada: Person, api: Api, number: int
) -> None:
    """Lines above push it down; a change of the line itself outdates it, and it keeps its original place."""
    world = playground.world
    ada.review(NAME, number, remarks=[Remark("long.txt", 10, "Why?")])
    text = world.read(NAME, "long.txt", "topic") or ""
    world.person("mona").push(NAME, "topic", {"long.txt": "above\n" + text})
    (shown,) = api.get(f"{DEMO}/pulls/{number}/comments")
    assert (shown["line"], shown["original_line"]) == (11, 10)
    world.person("mona").push(NAME, "topic", {"long.txt": "above\n" + text.replace("LINE 10", "TEN")})
    (shown,) = api.get(f"{DEMO}/pulls/{number}/comments")
    assert (shown["line"], shown["position"], shown["original_line"]) == (None, None, 10)
    answer = api.query(THREADS, number=number)["data"]["repository"]["pullRequest"]["reviewThreads"]
    assert (answer["nodes"][0]["isOutdated"], answer["nodes"][0]["line"]) == (True, None)
    reply = api.post(f"{DEMO}/pulls/{number}/comments/{shown['id']}/replies", body="It is TEN now.")
    assert (reply["line"], reply["in_reply_to_id"]) == (None, shown["id"])
    api.post(f"{DEMO}/pulls/{number}/comments/{reply['id']}/replies", 404, body="To a reply")


def test_threads_come_in_pages(playground: Playground, ada: Person, api: Api, number: int) -> None:
    """Three threads, two a page; each names its first comment, with its author's number and its address."""
    ada.review(NAME, number, remarks=[Remark("long.txt", line, f"At {line}") for line in (10, 11, 30)])
    ada.reply(NAME, number, first_thread(playground, number), "And?")
    pages = [api.query(THREADS, number=number)["data"]["repository"]["pullRequest"]["reviewThreads"]]
    cursor = pages[0]["pageInfo"]["endCursor"]
    pages.append(api.query(THREADS, number=number, after=cursor)["data"]["repository"]["pullRequest"]["reviewThreads"])
    assert [(one["totalCount"], one["pageInfo"]["hasNextPage"]) for one in pages] == [(3, True), (3, False)]
    nodes = [node for page in pages for node in page["nodes"]]
    assert [node["line"] for node in nodes] == [10, 11, 30]
    first = nodes[0]["comments"]
    (comment,) = first["nodes"]
    assert (first["totalCount"], comment["body"], comment["author"]["databaseId"]) == (2, "At 10", ada.user.id)
    assert comment["url"].endswith(f"/octo/demo/pull/{number}#discussion_r{comment['databaseId']}")
    assert api.get(f"{DEMO}/pulls/comments/{comment['databaseId']}")["html_url"] == comment["url"]


def test_people_answer_resolve_and_open_again(
    playground: Playground, ada: Person, hook: Hook, api: Api, number: int
) -> None:
    """Each is told once, by who did it."""
    mona = playground.world.person("mona")
    ada.review(NAME, number, remarks=[Remark("long.txt", 10, "Why?")])
    thread = first_thread(playground, number)
    mona.reply(NAME, number, thread, "Because")
    ada.resolve(NAME, number, thread)
    ada.resolve(NAME, number, thread)
    mona.resolve(NAME, number, thread, resolved=False)
    playground.world.settle()
    names = hook.names()
    assert names[-4:] == [
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
        "pull_request_review_thread.resolved",
        "pull_request_review_thread.unresolved",
    ]
    assert hook.last("pull_request_review_thread.unresolved")["sender"]["login"] == "mona"
    reply = hook.last("pull_request_review_comment.created")["comment"]
    assert (reply["body"], reply["in_reply_to_id"]) == ("Because", thread.comments[0].id)
    assert [one["body"] for one in api.get(f"{DEMO}/pulls/{number}/reviews")] == ["", ""]


def test_a_dismissed_review_counts_no_more(
    playground: Playground, ada: Person, hook: Hook, api: Api, number: int
) -> None:
    """By a person and by REST; a mere comment cannot be dismissed."""
    world = playground.world
    approval = ada.review(NAME, number, "APPROVED")
    world.person("octo").dismiss(NAME, number, approval)
    assert [one["state"] for one in api.get(f"{DEMO}/pulls/{number}/reviews")] == ["DISMISSED"]
    world.settle()
    told = hook.last("pull_request_review.dismissed")
    assert (told["sender"]["login"], told["review"]["user"]["login"], told["review"]["state"]) == (
        "octo",
        "ada",
        "dismissed",
    )
    refusal = ada.review(NAME, number, "CHANGES_REQUESTED", "No")
    address = f"{DEMO}/pulls/{number}/reviews/{refusal.id}/dismissals"
    assert api.put(address, message="It is done")["state"] == "DISMISSED"
    api.put(address, 422, message="Again")


def test_who_can_be_asked_for_a_review(playground: Playground, ada: Person, api: Api, number: int) -> None:
    """Collaborators; not the author, not somebody who only reads what is public, not an App, and then nobody at all."""
    address = f"{DEMO}/pulls/{number}/requested_reviewers"
    assert "author" in api.post(address, 422, reviewers=["mona"])["message"]
    playground.world.person("passer-by")
    for login in ("passer-by", "nobody", "honk[bot]"):
        assert "collaborators" in api.post(address, 422, reviewers=["ada", login])["message"]
    assert api.get(address)["users"] == []
    assert api.post(address, reviewers=["ada"])["requested_reviewers"][0]["login"] == "ada"


def test_lines_of_a_patch() -> None:
    """Numbers on either side, hunks, positions, and where a line of the old side went."""
    patch = "@@ -1,3 +1,4 @@ def f\n one\n-two\n+TWO\n+more\n three\n@@ -10 +11,0 @@\n-ten\n\\ No newline at the end"
    rows = [(line.old, line.new, line.hunk, line.position) for line in lines_of(patch)]
    assert rows == [(1, 1, 0, 1), (2, None, 0, 2), (None, 2, 0, 3), (None, 3, 0, 4), (3, 4, 0, 5), (10, None, 1, 7)]
    assert [moved(patch, number) for number in (1, 2, 3, 5, 10, 12)] == [1, None, 4, 6, None, 12]
    assert moved(None, 7) == 7
    line = find(patch, "RIGHT", 2)
    assert line is not None
    assert line.hunk_text == "@@ -1,3 +1,4 @@ def f\n one\n-two\n+TWO"
    assert find(patch, "LEFT", 99) is None
    assert find(None, "RIGHT", 1) is None
