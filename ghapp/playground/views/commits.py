"""Commits, refs, files and diffs as GitHub shows them."""

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ghapp.playground.bare import ChangedFile, Commit, Signature, TreeEntry
from ghapp.playground.state import Repository, State, User
from ghapp.playground.views.people import stamp, user_or_none
from ghapp.playground.views.repositories import api_url, html_url

Json = dict[str, Any]

_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n\nplayground\n-----END PGP SIGNATURE-----\n"


def email_of(user: User) -> str:
    """The address by which commits are known to be this user's."""
    return f"{user.id}+{user.login}@users.noreply.playground.invalid"


def author_of(state: State, signature: Signature) -> User | None:
    """The user whose address a commit carries."""
    matches = (user for user in state.users.values() if email_of(user) == signature.email)
    return next(matches, None)


def verification(repository: Repository, sha: str) -> Json:
    """Whether GitHub vouches for a commit: only those that it made itself are signed here, not by real keys."""
    when = repository.signed.get(sha)
    if when is None:
        return _UNSIGNED
    payload = repository.bare.text("cat-file", "commit", sha)
    signed = {"verified": True, "reason": "valid", "signature": _SIGNATURE, "payload": payload}
    return signed | {"verified_at": stamp(when)}


def _signature(one: Signature) -> Json:
    return {"name": one.name, "email": one.email, "date": stamp(one.when)}


def commit(state: State, repository: Repository, one: Commit) -> Json:
    """A commit with its authors as users where they are known."""
    url, html = api_url(state, repository), html_url(state, repository)
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "url": f"{url}/commits/{one.sha}",
        "html_url": f"{html}/commit/{one.sha}",
        "comments_url": f"{url}/commits/{one.sha}/comments",
        "commit": {
            "author": _signature(one.author),
            "committer": _signature(one.committer),
            "message": one.message,
            "tree": {"sha": one.tree, "url": f"{url}/git/trees/{one.tree}"},
            "url": f"{url}/git/commits/{one.sha}",
            "comment_count": 0,
            "verification": verification(repository, one.sha),
        },
        "author": user_or_none(state, author_of(state, one.author)),
        "committer": user_or_none(state, author_of(state, one.committer)),
        "parents": [
            {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{html}/commit/{sha}"} for sha in one.parents
        ],
    }


def commit_itself(state: State, repository: Repository, one: Commit) -> Json:
    """A commit asked for alone also has its figures and files."""
    files = repository.bare.diff_of(one.sha)
    added, removed = sum(file.additions for file in files), sum(file.deletions for file in files)
    return commit(state, repository, one) | {
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [changed_file(state, repository, file, one.sha) for file in files],
    }


def git_commit(state: State, repository: Repository, one: Commit) -> Json:
    """A commit as the git data API shows it."""
    url, html = api_url(state, repository), html_url(state, repository)
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "url": f"{url}/git/commits/{one.sha}",
        "html_url": f"{html}/commit/{one.sha}",
        "author": _signature(one.author),
        "committer": _signature(one.committer),
        "message": one.message,
        "tree": {"sha": one.tree, "url": f"{url}/git/trees/{one.tree}"},
        "parents": [
            {"sha": sha, "url": f"{url}/git/commits/{sha}", "html_url": f"{html}/commit/{sha}"} for sha in one.parents
        ],
        "verification": verification(repository, one.sha),
    }


def simple_commit(one: Commit) -> Json:
    """The `head_commit` of a check suite or a workflow run."""
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "message": one.message,
        "timestamp": stamp(one.committer.when),
        "author": {"name": one.author.name, "email": one.author.email},
        "committer": {"name": one.committer.name, "email": one.committer.email},
    }


def pushed_commit(state: State, repository: Repository, one: Commit) -> Json:
    """A commit as a `push` delivery lists it."""
    files = repository.bare.diff_of(one.sha)
    known = {"author": one.author, "committer": one.committer}
    people = {role: {"name": who.name, "email": who.email} for role, who in known.items()}
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "distinct": True,
        "message": one.message,
        "timestamp": stamp(one.committer.when),
        "url": f"{html_url(state, repository)}/commit/{one.sha}",
        **people,
        "added": [file.path for file in files if file.status == "added"],
        "removed": [file.path for file in files if file.status == "removed"],
        "modified": [file.path for file in files if file.status not in ("added", "removed")],
    }


def changed_file(state: State, repository: Repository, one: ChangedFile, sha: str) -> Json:
    """A `diff-entry`: one file of a commit, a comparison or a pull request, as of the commit `sha`."""
    path, html = quote(one.path), html_url(state, repository)
    shown: Json = {
        "sha": one.sha,
        "filename": one.path,
        "status": one.status,
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": f"{html}/blob/{sha}/{path}",
        "raw_url": f"{html}/raw/{sha}/{path}",
        "contents_url": f"{api_url(state, repository)}/contents/{path}?ref={sha}",
    }
    if one.patch is not None:
        shown["patch"] = one.patch
    if one.previous_path is not None:
        shown["previous_filename"] = one.previous_path
    return shown


def git_ref(state: State, repository: Repository, ref: str, sha: str) -> Json:
    url = api_url(state, repository)
    return {
        "ref": ref,
        "node_id": f"REF_{repository.id}:{ref}",
        "url": f"{url}/git/{ref}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/git/commits/{sha}"},
    }


def git_tree(state: State, repository: Repository, sha: str, entries: Iterable[TreeEntry]) -> Json:
    url = f"{api_url(state, repository)}/git"
    return {
        "sha": sha,
        "url": f"{url}/trees/{sha}",
        "truncated": False,
        "tree": [
            {
                "path": entry.path,
                "mode": entry.mode,
                "type": entry.type,
                "sha": entry.sha,
                **({"size": entry.size} if entry.type == "blob" else {}),
                "url": f"{url}/{'blobs' if entry.type == 'blob' else 'trees'}/{entry.sha}",
            }
            for entry in entries
        ],
    }


def content(state: State, repository: Repository, entry: TreeEntry, ref: str, data: bytes | None = None) -> Json:
    """A file, folder or link at a ref; with `data`, its content too."""
    path, html = quote(entry.path), html_url(state, repository)
    kind = {"tree": "dir", "commit": "submodule"}.get(entry.type, "symlink" if entry.mode == "120000" else "file")
    shown: Json = {
        "type": kind,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size,
        "url": f"{api_url(state, repository)}/contents/{path}?ref={ref}",
        "html_url": f"{html}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{path}",
        "git_url": f"{api_url(state, repository)}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}",
        "download_url": f"{html}/raw/{ref}/{path}" if kind == "file" else None,
    }
    shown["_links"] = {"self": shown["url"], "git": shown["git_url"], "html": shown["html_url"]}
    if data is not None:
        shown |= {"encoding": "base64", "content": base64.encodebytes(data).decode()}
    return shown
