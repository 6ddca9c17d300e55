"""Reactions to issues, comments and review comments: one list each, three operations."""

from collections.abc import Callable

from ghapp.playground.rest.issues import comment_of, unlocked
from ghapp.playground.rest.reviews import review_comment_of
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found
from ghapp.playground.state import Issue, Reaction
from ghapp.playground.verbs.issues import react
from ghapp.playground.views.people import reaction

Where = Callable[[Ask], tuple[Issue, list[Reaction]]]
"""The conversation, and the reactions of what is reacted to in it."""


def _on_issue(ask: Ask) -> tuple[Issue, list[Reaction]]:
    issue = ask.issue()
    return issue, issue.reactions


def _on_comment(ask: Ask) -> tuple[Issue, list[Reaction]]:
    comment = comment_of(ask)
    return ask.repository.issues[comment.number], comment.reactions


def _on_review_comment(ask: Ask) -> tuple[Issue, list[Reaction]]:
    issue, comment, _ = review_comment_of(ask)
    return issue, comment.reactions


def _lists(where: Where) -> Callable[[Ask], Answer]:
    def list_reactions(ask: Ask) -> Answer:
        wanted = ask.query.get("content")
        return ask.page(reaction(ask.state, one) for one in where(ask)[1] if wanted in (None, one.content))

    return list_reactions


def _creates(where: Where) -> Callable[[Ask], Answer]:
    def create_reaction(ask: Ask) -> Answer:
        issue, reactions = where(ask)
        unlocked(ask, issue)
        made, new = react(ask.room, reactions, ask.actor, ask.body["content"])
        return Answer(reaction(ask.state, made), 201 if new else 200)

    return create_reaction


def _deletes(where: Where) -> Callable[[Ask], Answer]:
    def delete_reaction(ask: Ask) -> Answer:
        _, rows = where(ask)
        rows.remove(found(next((one for one in rows if one.id == ask.path["reaction_id"]), None)))
        return Answer(None, 204)

    return delete_reaction


def _routes(thing: str, where: Where, permission: str) -> tuple[Route, ...]:
    template = f"/repos/{{owner}}/{{repo}}/{thing}/reactions"
    read = "|".join(f"{one}:read" for one in permission.split("|"))
    write = "|".join(f"{one}:write" for one in permission.split("|"))
    made = frozenset({"content"})
    return (
        Route("GET", template, _lists(where), read, query=PAGES | {"content"}),
        Route("POST", template, _creates(where), write, "read", body=made),
        Route("DELETE", f"{template}/{{reaction_id}}", _deletes(where), write, "read"),
    )


ROUTES = (
    *_routes("issues/{issue_number}", _on_issue, "issues|pull_requests"),
    *_routes("issues/comments/{comment_id}", _on_comment, "issues|pull_requests"),
    *_routes("pulls/comments/{comment_id}", _on_review_comment, "pull_requests"),
)
