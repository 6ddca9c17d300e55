"""Branches, the rules that protect them, and what happened to them."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.merge_state import Activity, Protection
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route
from ghapp.playground.views import branches as views

_OTHER_PLAN = "Upgrade to GitHub Pro or make this repository public to enable this feature."


def list_branches(ask: Ask) -> Answer:
    heads = ask.repository.bare.refs()
    rows = [(name.removeprefix("refs/heads/"), sha) for name, sha in heads.items()]
    return ask.page(views.branch(ask.state, ask.repository, name, sha) for name, sha in rows)


def get_branch(ask: Ask) -> Answer:
    name = ask.path["branch"]
    sha = ask.repository.bare.branch(name)
    if sha is None:
        raise RefusedError(404, "Branch not found")
    return Answer(views.branch_itself(ask.state, ask.repository, name, sha))


def _needs_rules(ask: Ask) -> None:
    """Raises RefusedError 403 where the plan has none.

    https://docs.github.com/en/get-started/learning-about-github/githubs-plans
    """
    if ask.repository.ruleless:
        raise RefusedError(403, _OTHER_PLAN)


def _protection(ask: Ask) -> Protection:
    """The protection of the path's branch; what rulesets ask is not in it. Raises RefusedError 403 and 404."""
    _needs_rules(ask)
    rules = ask.repository.protections.get(ask.path["branch"])
    if rules is None:
        raise RefusedError(404, "Branch not protected")
    return rules


def required_checks(ask: Ask) -> Answer:
    rules = _protection(ask)
    if not rules.contexts:
        raise RefusedError(404, "Required status checks not enabled")
    return Answer(views.status_check_policy(ask.state, ask.repository, ask.path["branch"], rules))


def required_reviews(ask: Ask) -> Answer:
    rules = _protection(ask)
    if not rules.approvals:
        raise RefusedError(404, "Required pull request reviews not enabled")
    return Answer(views.review_policy(ask.state, ask.repository, ask.path["branch"], rules))


def rules_of_branch(ask: Ask) -> Answer:
    _needs_rules(ask)
    return ask.page(views.branch_rules(ask.repository, ask.path["branch"]))


def list_activity(ask: Ask) -> Answer:
    """Newest first unless asked otherwise. Pages go by a cursor, here the id of the row before."""
    rows = [one for one in reversed(ask.repository.activities) if _wanted(ask, one)]
    if ask.query.get("direction") == "asc":
        rows.reverse()
    after = ask.query.get("after")
    start = 1 + next(index for index, one in enumerate(rows) if str(one.id) == after) if after else 0
    size = min(max(int(ask.query.get("per_page", 30)), 1), 100)
    shown = rows[start : start + size]
    more = {"Link": ask.link("next", after=shown[-1].id)} if rows[start + size :] else {}
    return Answer([views.activity(ask.state, one) for one in shown], headers=more)


def _wanted(ask: Ask, one: Activity) -> bool:
    ref, actor, kind = (ask.query.get(name) for name in ("ref", "actor", "activity_type"))
    return (
        ref in (None, one.ref, one.ref.removeprefix("refs/heads/"))
        and actor in (None, one.actor.user.login)
        and kind in (None, one.type)
    )


_HERE = "/repos/{owner}/{repo}"
_BRANCH = f"{_HERE}/branches/{{branch}}"
_FILTERS = frozenset({"per_page", "after", "direction", "ref", "actor", "activity_type"})
_ADMIN = "administration:read"
ROUTES = (
    Route("GET", f"{_HERE}/branches", list_branches, "contents:read", query=PAGES),
    Route("GET", _BRANCH, get_branch, "contents:read"),
    Route("GET", f"{_BRANCH}/protection/required_status_checks", required_checks, _ADMIN, role="admin"),
    Route("GET", f"{_BRANCH}/protection/required_pull_request_reviews", required_reviews, _ADMIN, role="admin"),
    Route("GET", f"{_HERE}/rules/branches/{{branch}}", rules_of_branch, query=PAGES),
    Route("GET", f"{_HERE}/activity", list_activity, "contents:read", query=_FILTERS),
)
