"""Who may say what: the tiers of trust, by GitHub's own words for a person's right on the repository."""

from enum import IntEnum

from ghapp.core.commands import Verb
from ghapp.core.config import Config


class Permission(IntEnum):
    """A person's right on a repository, in GitHub's words and order."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


NEEDED = {
    Verb.ASK: Permission.TRIAGE,
    Verb.PLAN: Permission.TRIAGE,
    Verb.STATUS: Permission.TRIAGE,
    Verb.WHY: Permission.TRIAGE,
    Verb.HELP: Permission.TRIAGE,
    Verb.FIX: Permission.WRITE,
    Verb.REVIEW: Permission.WRITE,
    Verb.STOP: Permission.WRITE,
    Verb.RETRY: Permission.WRITE,
    Verb.MERGE: Permission.WRITE,
    Verb.DEPLOY: Permission.WRITE,
    Verb.REVERT: Permission.WRITE,
    Verb.UPDATE: Permission.WRITE,
    Verb.BUILD: Permission.WRITE,
    Verb.BUDGET: Permission.WRITE,
    Verb.ALLOW: Permission.MAINTAIN,
}
"""The least right for each verb, where the repository sets no other. A label counts as the verb of its kind."""

TO_STEER = Permission.WRITE
"""The least right of somebody whose plain comment reaches the agent at work."""

BEYOND_THE_CAP = Permission.MAINTAIN
"""The least right to raise a run's budget above the repository's `budget.cap`."""


def needed(verb: Verb, argument: str, config: Config) -> Permission:
    """The least right for this verb here: `merge.role` and `deploy.NAME.role` are the repository's own."""
    environment = config.deploy.get(argument) if verb is Verb.DEPLOY else None
    if environment is not None:
        return Permission[environment.role.upper()]
    return Permission[config.merge.role.upper()] if verb is Verb.MERGE else NEEDED[verb]
