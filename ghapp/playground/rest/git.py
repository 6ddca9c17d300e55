"""Commits, comparisons, contents, and the git data API."""

import posixpath

from ghapp.playground.auth import RefusedError
from ghapp.playground.bare import ZERO, Bare, GitError, Signature, TreeEntry
from ghapp.playground.rest.route import PAGES, Answer, Ask, Json, Route, found, invalid, not_modelled
from ghapp.playground.verbs import merging, pushes
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views import commits as views
from ghapp.playground.views.repositories import api_url, html_url

_RAW = ("application/vnd.github.raw", "application/vnd.github.v3.raw", "application/vnd.github.raw+json")


def list_commits(ask: Ask) -> Answer:
    here = ask.repository
    start = ask.query.get("sha", here.default_branch)
    sha = found(here.bare.resolve(start))
    return ask.page(views.commit(ask.state, here, one) for one in here.bare.log(sha))


def get_commit(ask: Ask) -> Answer:
    here, sha = ask.repository, ask.commit_sha(ask.path["ref"])
    return Answer(views.commit_itself(ask.state, here, here.bare.commit(sha)))


def compare(ask: Ask) -> Answer:
    """Two refs with three dots between; another repository's branch (`owner:ref`) is not modelled."""
    base_name, dots, head_name = ask.path["basehead"].partition("...")
    if not dots or ":" in ask.path["basehead"]:
        raise not_modelled(f"comparing {ask.path['basehead']}")
    bare = ask.repository.bare
    base, head = found(bare.resolve(base_name)), found(bare.resolve(head_name))
    start = found(bare.merge_base(base, head))
    return Answer(_comparison(ask, bare, base, head, start))


def _comparison(ask: Ask, bare: Bare, base: str, head: str, start: str) -> Json:
    state, here, basehead = ask.state, ask.repository, ask.path["basehead"]
    ahead, behind = bare.log(f"{base}..{head}"), bare.log(f"{head}..{base}")
    words = {(False, False): "identical", (True, False): "ahead", (False, True): "behind", (True, True): "diverged"}
    html = f"{html_url(state, here)}/compare"
    return {
        "url": f"{api_url(state, here)}/compare/{basehead}",
        "html_url": f"{html}/{basehead}",
        "permalink_url": f"{html}/{base}...{head}",
        "diff_url": f"{html}/{basehead}.diff",
        "patch_url": f"{html}/{basehead}.patch",
        "base_commit": views.commit(state, here, bare.commit(base)),
        "merge_base_commit": views.commit(state, here, bare.commit(start)),
        "status": words[bool(ahead), bool(behind)],
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [views.commit(state, here, one) for one in reversed(ahead)],
        "files": [views.changed_file(state, here, file, head) for file in bare.changed_files(start, head)],
    }


def get_content(ask: Ask) -> Answer:
    """A file with its content, or a folder's entries; `raw` when the Accept header wants that."""
    here, path = ask.repository, posixpath.normpath(ask.path["path"].strip("/") or ".").lstrip("/")
    ref = ask.query.get("ref", here.default_branch)
    sha = here.bare.resolve(ref)
    if sha is None:
        raise RefusedError(404, f"No commit found for the ref {ref}")
    if path == ".":
        return Answer([views.content(ask.state, here, entry, ref) for entry in here.bare.tree(sha)])
    entries = here.bare.tree(sha, path)
    if not entries:
        raise RefusedError(404, "Not Found")
    return _content(ask, entries[0], ref, sha)


def _content(ask: Ask, entry: TreeEntry, ref: str, sha: str) -> Answer:
    bare = ask.repository.bare
    if entry.type == "tree":
        rows = bare.tree(sha, f"{entry.path}/")
        return Answer([views.content(ask.state, ask.repository, one, ref) for one in rows])
    if entry.type != "blob" or entry.mode == "120000":
        raise not_modelled("the content of a link or a submodule")
    data = bare.blob(entry.sha)
    if ask.accept.startswith(_RAW):
        return Answer(raw=data, media="application/vnd.github.raw; charset=utf-8")
    return Answer(views.content(ask.state, ask.repository, entry, ref, data))


def get_ref(ask: Ask) -> Answer:
    ref = f"refs/{ask.path['ref']}"
    sha = found(ask.repository.bare.refs(ref).get(ref))
    return Answer(views.git_ref(ask.state, ask.repository, ref, sha))


def matching_refs(ask: Ask) -> Answer:
    prefix = f"refs/{ask.path['ref']}"
    rows = [(ref, sha) for ref, sha in ask.repository.bare.refs("refs/").items() if ref.startswith(prefix)]
    return Answer([views.git_ref(ask.state, ask.repository, ref, sha) for ref, sha in rows])


def create_ref(ask: Ask) -> Answer:
    here, ref, sha = ask.repository, str(ask.body["ref"]), str(ask.body["sha"])
    _is_commit(here.bare, sha)
    if here.bare.refs(ref).get(ref):
        raise RefusedError(422, "Reference already exists")
    try:
        here.bare.set_ref(ref, sha)
    except GitError as error:
        raise RefusedError(422, "Reference name is not valid") from error
    pushes.pushed(ask.room, here, ask.actor, [(ref, ZERO, sha)])
    return Answer(views.git_ref(ask.state, here, ref, sha), 201)


def update_ref(ask: Ask) -> Answer:
    here, ref, sha = ask.repository, f"refs/{ask.path['ref']}", str(ask.body["sha"])
    old = here.bare.refs(ref).get(ref)
    if old is None:
        raise RefusedError(422, "Reference does not exist")
    _is_commit(here.bare, sha)
    if not ask.body.get("force") and not here.bare.is_ancestor(old, sha):
        raise RefusedError(422, "Update is not a fast forward")
    here.bare.set_ref(ref, sha, old)
    if old != sha:
        pushes.pushed(ask.room, here, ask.actor, [(ref, old, sha)])
    return Answer(views.git_ref(ask.state, here, ref, sha))


def delete_ref(ask: Ask) -> Answer:
    here, ref = ask.repository, f"refs/{ask.path['ref']}"
    old = here.bare.refs(ref).get(ref)
    if old is None:
        raise RefusedError(422, "Reference does not exist")
    here.bare.delete_ref(ref)
    pushes.pushed(ask.room, here, ask.actor, [(ref, old, ZERO)])
    return Answer(None, 204)


def _is_commit(bare: Bare, sha: str) -> None:
    try:
        bare.commit(sha)
    except GitError as error:
        raise RefusedError(422, "Object does not exist") from error


def get_git_commit(ask: Ask) -> Answer:
    here = ask.repository
    sha = found(here.bare.resolve(ask.path["commit_sha"]))
    return Answer(views.git_commit(ask.state, here, here.bare.commit(sha)))


def create_git_commit(ask: Ask) -> Answer:
    """A commit that no ref names yet. GitHub commits and signs for an App that names no author of its own.

    https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
    """
    here, body = ask.repository, ask.body
    by = signature(ask.room, ask.actor.user)
    signs = ask.actor.app is not None and not body.keys() & {"author", "committer"}
    author = _signature(body["author"], by) if "author" in body else by
    default = merging.github(ask.room) if signs else author
    committer = _signature(body["committer"], by) if "committer" in body else default
    if here.bare.git("cat-file", "-t", body["tree"], allow=(0, 128)).strip() != b"tree":
        raise invalid("Commit", "tree", message="Tree SHA does not exist")
    for parent in body.get("parents", []):
        _is_commit(here.bare, parent)
    sha = here.bare.commit_tree(body["tree"], body.get("parents", []), body["message"], author, committer)
    if signs:
        merging.sign(ask.room, here, sha)
    return Answer(views.git_commit(ask.state, here, here.bare.commit(sha)), 201)


def _signature(given: Json, default: Signature) -> Signature:
    if "date" in given:
        raise not_modelled("a date of one's own in a commit")
    return Signature(given["name"], given["email"], default.when)


def get_tree(ask: Ask) -> Answer:
    here, name = ask.repository, ask.path["tree_sha"]
    bare = here.bare
    out = bare.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{tree}}", allow=(0, 1, 128))
    sha = found(out.decode().strip() or None)
    return Answer(views.git_tree(ask.state, here, sha, bare.tree(sha, recursive="recursive" in ask.query)))


_HERE = "/repos/{owner}/{repo}"
_READ, _WRITE = "contents:read", "contents:write"
ROUTES = (
    Route("GET", f"{_HERE}/commits", list_commits, _READ, query=PAGES | {"sha"}),
    Route("GET", f"{_HERE}/commits/{{ref}}", get_commit, _READ, query=PAGES),
    Route("GET", f"{_HERE}/compare/{{basehead}}", compare, _READ, query=PAGES),
    Route("GET", f"{_HERE}/contents/{{path}}", get_content, _READ, query=frozenset({"ref"})),
    Route("GET", f"{_HERE}/git/ref/{{ref}}", get_ref, _READ),
    Route("GET", f"{_HERE}/git/matching-refs/{{ref}}", matching_refs, _READ),
    Route("POST", f"{_HERE}/git/refs", create_ref, _WRITE, body=frozenset({"ref", "sha"})),
    Route("PATCH", f"{_HERE}/git/refs/{{ref}}", update_ref, _WRITE, body=frozenset({"sha", "force"})),
    Route("DELETE", f"{_HERE}/git/refs/{{ref}}", delete_ref, _WRITE),
    Route("GET", f"{_HERE}/git/commits/{{commit_sha}}", get_git_commit, _READ),
    Route(
        "POST",
        f"{_HERE}/git/commits",
        create_git_commit,
        _WRITE,
        body=frozenset({"message", "tree", "parents", "author", "committer"}),
    ),
    Route("GET", f"{_HERE}/git/trees/{{tree_sha}}", get_tree, _READ, query=frozenset({"recursive"})),
)
