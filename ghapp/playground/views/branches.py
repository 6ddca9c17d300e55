"""Branches, what protects them, and what happened to them, as GitHub shows it."""

from typing import Any

from ghapp.playground.merge_state import METHODS, Activity, Protection, Ruleset
from ghapp.playground.mergeability import rules_of, rulesets_of
from ghapp.playground.state import Repository, State
from ghapp.playground.views.commits import commit
from ghapp.playground.views.people import stamp, user
from ghapp.playground.views.repositories import api_url, html_url

Json = dict[str, Any]


def branch(state: State, one: Repository, name: str, sha: str) -> Json:
    """A `short-branch`. It is `protected` by rulesets too, but `protection` tells of its own protection alone."""
    rules = one.protections.get(name)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{api_url(state, one)}/commits/{sha}"},
        "protected": bool(rules_of(one, name)),
        "protection": {
            "enabled": rules is not None,
            "required_status_checks": {
                "enforcement_level": "non_admins" if rules and rules.contexts else "off",
                "contexts": list(rules.contexts) if rules else [],
                "checks": _required(rules) if rules else [],
            },
        },
        "protection_url": f"{_url(state, one, name)}/protection",
    }


def branch_itself(state: State, one: Repository, name: str, sha: str) -> Json:
    """A branch asked for alone shows its commit whole."""
    links = {"self": _url(state, one, name), "html": f"{html_url(state, one)}/tree/{name}"}
    return branch(state, one, name, sha) | {"commit": commit(state, one, one.bare.commit(sha)), "_links": links}


def _url(state: State, one: Repository, name: str) -> str:
    return f"{api_url(state, one)}/branches/{name}"


def _required(rules: Protection) -> list[Json]:
    """Each required check with the id of the App it must come from, null for any."""
    sources = {name: rules.sources.get(name) for name in rules.contexts}
    return [{"context": name, "app_id": source and source.id} for name, source in sources.items()]


def status_check_policy(state: State, one: Repository, name: str, rules: Protection) -> Json:
    url = f"{_url(state, one, name)}/protection/required_status_checks"
    return {
        "url": url,
        "strict": rules.strict,
        "contexts": list(rules.contexts),
        "checks": _required(rules),
        "contexts_url": f"{url}/contexts",
    }


def review_policy(state: State, one: Repository, name: str, rules: Protection) -> Json:
    return {
        "url": f"{_url(state, one, name)}/protection/required_pull_request_reviews",
        "dismiss_stale_reviews": False,
        "require_code_owner_reviews": False,
        "require_last_push_approval": False,
        "required_approving_review_count": rules.approvals,
    }


def branch_rules(one: Repository, name: str) -> list[Json]:
    """The rules that rulesets put on a branch; its own protection is not among them."""
    shown = []
    for ruleset in rulesets_of(one, name):
        source = {"ruleset_source_type": "Repository", "ruleset_source": one.full_name, "ruleset_id": ruleset.id}
        asked = (
            ("required_status_checks", ruleset.contexts, _checks_rule),
            ("pull_request", ruleset.approvals or ruleset.methods != METHODS, _review_rule),
            ("merge_queue", ruleset.queue, _queue_rule),
        )
        shown += [{"type": kind, "parameters": write(ruleset), **source} for kind, wanted, write in asked if wanted]
    return shown


def _checks_rule(ruleset: Ruleset) -> Json:
    sources = {name: ruleset.sources.get(name) for name in ruleset.contexts}
    checks = [{"context": name} | ({"integration_id": one.id} if one else {}) for name, one in sources.items()]
    return {"required_status_checks": checks, "strict_required_status_checks_policy": ruleset.strict}


def _review_rule(ruleset: Ruleset) -> Json:
    return {
        "required_approving_review_count": ruleset.approvals,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
        "allowed_merge_methods": list(ruleset.methods),
    }


def _queue_rule(ruleset: Ruleset) -> Json:
    return {
        "check_response_timeout_minutes": 60,
        "grouping_strategy": "ALLGREEN",
        "max_entries_to_build": 5,
        "max_entries_to_merge": 5,
        "merge_method": ruleset.queue_method.upper(),
        "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    }


def activity(state: State, one: Activity) -> Json:
    return {
        "id": one.id,
        "node_id": f"PSH_{one.id}",
        "before": one.before,
        "after": one.after,
        "ref": one.ref,
        "timestamp": stamp(one.at),
        "activity_type": one.type,
        "actor": user(state, one.actor.user),
    }
