"""The few GraphQL operations that have no REST twin, executed by graphql-core against GitHub's own schema.

Node ids are those of REST's `node_id`. A field that the schema has and the playground does not is a violation, never
a silent null.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, default_field_resolver, execute_sync

from ghapp.playground.auth import Caller, RefusedError
from ghapp.playground.contract import graphql_schema, read_document
from ghapp.playground.merge_state import Method
from ghapp.playground.mergeability import approvals, last_words, mergeability, rules_of
from ghapp.playground.room import Room
from ghapp.playground.state import Issue, Pull, Repository, ReviewComment, ReviewThread, User
from ghapp.playground.verbs import auto_merge, merge_queue, pulls, reviews
from ghapp.playground.verbs.merging import CannotMergeError
from ghapp.playground.views.issues import issue_html_url
from ghapp.playground.views.people import stamp, user_html_url
from ghapp.playground.views.pulls import current_line, pull_of

Json = dict[str, Any]
Found = tuple[Repository, Issue]
Info = GraphQLResolveInfo[Any]


@dataclass(frozen=True)
class Asked:
    """The context of one document: who asks, in which room."""

    room: Room
    caller: Caller


def execute(room: Room, caller: Caller, document: str, variables: Mapping[str, Any]) -> Json:
    """Run one document and return GitHub's `{"data": …, "errors": […]}`."""
    parsed, errors = read_document(document)
    if errors:
        return {"data": None, "errors": [_error(error) for error in errors]}
    asked = Asked(room, caller)
    with room.lock:
        result = execute_sync(
            graphql_schema(),
            parsed,
            root_value=_root(asked),
            context_value=asked,
            variable_values=dict(variables),
            field_resolver=_strict,
        )
    answer: Json = {"data": result.data}
    if result.errors:
        answer["errors"] = [_error(error) for error in result.errors]
    return answer


def _error(error: GraphQLError) -> Json:
    shown: Json = {"message": error.message}
    if isinstance(error.original_error, RefusedError):
        shown["type"] = {404: "NOT_FOUND", 422: "UNPROCESSABLE"}.get(error.original_error.status, "FORBIDDEN")
    if error.path:
        shown["path"] = error.path
    return shown


def _strict(source: Any, info: Info, **arguments: Any) -> Any:
    """The field of a dict; one that is missing is not modelled."""
    if isinstance(source, dict) and info.field_name not in source:
        what = f"GraphQL {info.parent_type.name}.{info.field_name} is not modelled"
        info.context.room.violations.append(what)
        raise GraphQLError(what)
    return default_field_resolver(source, info, **arguments)


def _root(asked: Asked) -> Json:
    return {
        "viewer": lambda info: _user(asked, asked.caller.actor.user),
        "rateLimit": lambda info, **_: _rate_limit(asked),
        "node": lambda info, id: _node(asked, id),
        "repository": lambda info, owner, name, **_: _repository(asked, f"{owner}/{name}"),
        "markPullRequestReadyForReview": _mutation(asked, lambda given: _set_draft(asked, given, draft=False)),
        "convertPullRequestToDraft": _mutation(asked, lambda given: _set_draft(asked, given, draft=True)),
        "resolveReviewThread": _mutation(asked, lambda given: _resolve(asked, given, resolved=True)),
        "unresolveReviewThread": _mutation(asked, lambda given: _resolve(asked, given, resolved=False)),
        "enablePullRequestAutoMerge": _mutation(asked, lambda given: _enable_auto_merge(asked, given)),
        "disablePullRequestAutoMerge": _mutation(asked, lambda given: _disable_auto_merge(asked, given)),
        "enqueuePullRequest": _mutation(asked, lambda given: _enqueue(asked, given)),
        "dequeuePullRequest": _mutation(asked, lambda given: _dequeue(asked, given)),
    }


def _mutation(asked: Asked, change: Callable[[Json], Json]) -> Callable[..., Json]:
    def resolve(info: Info, input: Json) -> Json:
        return {"clientMutationId": input.get("clientMutationId"), **change(input)}

    return resolve


def _rate_limit(asked: Asked) -> Json:
    room, bearer = asked.room, asked.caller.bearer
    used, limit = room.limits.used(bearer), room.limits.requests_an_hour
    return {
        "cost": 1,
        "limit": limit,
        "nodeCount": 1,
        "remaining": max(limit - used, 0),
        "resetAt": stamp(room.now()),
        "used": used,
    }


def _visible(asked: Asked, full_name: str) -> Repository:
    state = asked.room.state
    repository = state.repository(full_name) or state.moved(full_name)  # `followRenames` is true unless told otherwise
    if repository is None or not asked.caller.sees(repository):
        raise RefusedError(404, f"Could not resolve to a Repository with the name '{full_name}'.")
    return repository


def _repository(asked: Asked, full_name: str) -> Json:
    repository = _visible(asked, full_name)

    def pull_request(info: Info, number: int) -> Json:
        issue = repository.issues.get(number)
        if issue is None or issue.pull is None:
            raise RefusedError(404, f"Could not resolve to a PullRequest with the number of {number}.")
        asked.caller.require(repository, "pull_requests:read", "read")
        return _pull(asked, repository, issue)

    return {
        "__typename": "Repository",
        "id": repository.node_id,
        "nameWithOwner": repository.full_name,
        "isFork": repository.parent is not None,
        "mergeCommitAllowed": "merge" in repository.methods,
        "rebaseMergeAllowed": "rebase" in repository.methods,
        "squashMergeAllowed": "squash" in repository.methods,
        "pullRequest": pull_request,
    }


def _node(asked: Asked, node_id: str) -> Json:
    """Repositories, pull requests and review threads by id."""
    for repository in asked.room.state.repositories.values():
        if repository.node_id == node_id and asked.caller.sees(repository):
            return _repository(asked, repository.full_name)
    if node_id.startswith("PRRT_"):
        repository, issue, thread = _find_thread(asked, node_id, "read")
        return _thread(asked, repository, issue, thread)
    repository, issue = _find_pull(asked, node_id, "read")
    return _pull(asked, repository, issue)


def _find_pull(asked: Asked, node_id: str, level: str) -> Found:
    for repository in asked.room.state.repositories.values():
        for issue, _ in repository.pulls():
            if issue.node_id == node_id and asked.caller.sees(repository):
                asked.caller.require(repository, f"pull_requests:{level}", "write" if level == "write" else "read")
                return repository, issue
    raise RefusedError(404, f"Could not resolve to a node with the global id of '{node_id}'")


def _find_thread(asked: Asked, node_id: str, level: str) -> tuple[Repository, Issue, ReviewThread]:
    for repository in asked.room.state.repositories.values():
        for issue, pull in repository.pulls():
            for thread in pull.threads:
                if thread.node_id == node_id:
                    _find_pull(asked, issue.node_id, level)
                    return repository, issue, thread
    raise RefusedError(404, f"Could not resolve to a node with the global id of '{node_id}'")


def _set_draft(asked: Asked, given: Json, *, draft: bool) -> Json:
    repository, issue = _find_pull(asked, given["pullRequestId"], "write")
    if issue.state == "closed":
        raise RefusedError(422, "Pull request is closed")
    pulls.set_draft(asked.room, repository, asked.caller.actor, issue, draft=draft)
    return {"pullRequest": _pull(asked, repository, issue)}


def _resolve(asked: Asked, given: Json, *, resolved: bool) -> Json:
    repository, issue, thread = _find_thread(asked, given["threadId"], "write")
    reviews.resolve(asked.room, repository, asked.caller.actor, issue, thread, resolved=resolved)
    return {"thread": _thread(asked, repository, issue, thread)}


def _enable_auto_merge(asked: Asked, given: Json) -> Json:
    repository, issue = _find_merge(asked, given["pullRequestId"])
    method: Method = given["mergeMethod"].lower()
    words = {"title": given.get("commitHeadline"), "message": given.get("commitBody")}
    sha = given.get("expectedHeadOid")
    with _refused():
        auto_merge.enable(asked.room, repository, asked.caller.actor, issue, method, sha=sha, **words)
    return {"pullRequest": _pull(asked, repository, issue)}


def _disable_auto_merge(asked: Asked, given: Json) -> Json:
    repository, issue = _find_merge(asked, given["pullRequestId"])
    with _refused():
        auto_merge.disable(asked.room, repository, asked.caller.actor, issue)
    return {"pullRequest": _pull(asked, repository, issue)}


def _enqueue(asked: Asked, given: Json) -> Json:
    repository, issue = _find_merge(asked, given["pullRequestId"])
    if given.get("jump"):
        raise GraphQLError("jumping the merge queue is not modelled")
    with _refused():
        merge_queue.enqueue(asked.room, repository, asked.caller.actor, issue, given.get("expectedHeadOid"))
    return {"mergeQueueEntry": _entry(repository, pull_of(issue))}


def _dequeue(asked: Asked, given: Json) -> Json:
    """`id` is the pull request's. Where it stood in line is answered as it was."""
    repository, issue = _find_merge(asked, given["id"])
    entry = _entry(repository, pull_of(issue))
    with _refused():
        merge_queue.leave(asked.room, repository, asked.caller.actor, issue)
    return {"mergeQueueEntry": entry}


def _find_merge(asked: Asked, node_id: str) -> Found:
    """A pull request for one who may merge it."""
    repository, issue = _find_pull(asked, node_id, "write")
    asked.caller.require(repository, "contents:write", "write")
    return repository, issue


@contextmanager
def _refused() -> Iterator[None]:
    """GraphQL has one kind of refusal, whatever REST would have answered."""
    try:
        yield
    except CannotMergeError as error:
        raise RefusedError(422, str(error)) from error


def _entry(repository: Repository, pull: Pull) -> Json | None:
    """A place in the queue, counted from 1. What is in it waits for its checks."""
    entry = pull.queued
    if entry is None:
        return None
    position = merge_queue.entries(repository, pull.base_ref).index(entry) + 1
    return {"__typename": "MergeQueueEntry", "id": entry.node_id, "position": position, "state": "AWAITING_CHECKS"}


def _user(asked: Asked, who: User) -> Json:
    kind = {"Bot": "Bot", "Organization": "Organization"}.get(who.type, "User")
    url = user_html_url(asked.room.state, who)
    login = who.login.removesuffix("[bot]") if kind == "Bot" else who.login
    return {"__typename": kind, "id": who.node_id, "login": login, "databaseId": who.id, "url": url}


def _pull(asked: Asked, repository: Repository, issue: Issue) -> Json:
    pull = pull_of(issue)
    words = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}
    standing = mergeability(repository, issue, pull)
    return {
        "__typename": "PullRequest",
        "id": issue.node_id,
        "number": issue.number,
        "isDraft": pull.draft,
        "state": "MERGED" if pull.merged_at else issue.state.upper(),
        "url": issue_html_url(asked.room.state, repository, issue),
        "headRefOid": pull.head_sha,
        "baseRefName": pull.base_ref,
        "headRefName": pull.head_ref,
        "headRepository": lambda info: pull.source and _repository(asked, pull.source.full_name),
        "isCrossRepository": pull.source is not repository,
        "maintainerCanModify": pull.maintainer_can_modify,
        "mergeable": words[standing.mergeable],
        "mergeStateStatus": standing.state.upper(),
        "isInMergeQueue": pull.queued is not None,
        "mergeQueueEntry": _entry(repository, pull),
        "autoMergeRequest": pull.auto_merge and {"enabledAt": stamp(pull.auto_merge.at)},
        "reviewDecision": _decision(repository, pull),
        "reviewThreads": lambda info, **page: _connection(
            [_thread(asked, repository, issue, thread) for thread in pull.threads], page
        ),
    }


def _decision(repository: Repository, pull: Pull) -> str | None:
    if "CHANGES_REQUESTED" in last_words(repository, pull).values():
        return "CHANGES_REQUESTED"
    wanted = max((rule.approvals for rule in rules_of(repository, pull.base_ref)), default=0)
    if not wanted:
        return None
    return "APPROVED" if approvals(repository, pull) >= wanted else "REVIEW_REQUIRED"


def _thread(asked: Asked, repository: Repository, issue: Issue, thread: ReviewThread) -> Json:
    first = thread.comments[0]
    line = current_line(repository, pull_of(issue), first, first.line)
    return {
        "__typename": "PullRequestReviewThread",
        "id": thread.node_id,
        "isResolved": thread.resolved_by is not None,
        "isOutdated": line is None,
        "path": first.path,
        "line": line,
        "comments": lambda info, **page: _connection(
            [_comment(asked, repository, issue, one) for one in thread.comments], page
        ),
    }


def _comment(asked: Asked, repository: Repository, issue: Issue, one: ReviewComment) -> Json:
    html = issue_html_url(asked.room.state, repository, issue)
    return {
        "__typename": "PullRequestReviewComment",
        "id": f"PRRC_{one.id}",
        "databaseId": one.id,
        "fullDatabaseId": str(one.id),
        "body": one.body,
        "author": _user(asked, one.author.user),
        "createdAt": stamp(one.created_at),
        "url": f"{html}#discussion_r{one.id}",
    }


def _connection(rows: list[Json], page: Json) -> Json:
    """One page of nodes; cursors are positions. GitHub insists on `first` or `last`; `last` is not modelled."""
    if page.get("first") is None or page.keys() - {"first", "after"}:
        raise GraphQLError("You must provide a `first` value to properly paginate the connection.")
    start = int(page.get("after") or 0)
    end = start + page["first"]
    shown = rows[start:end]
    info = {"hasNextPage": end < len(rows), "endCursor": str(start + len(shown)) if shown else None}
    return {"nodes": shown, "pageInfo": info, "totalCount": len(rows)}
