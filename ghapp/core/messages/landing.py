"""Answers about a pull request's way to the people who use it: review, update, merge, deploy, revert."""

from collections.abc import Sequence

from ghapp.core.messages.status import now_word
from ghapp.core.messages.words import coded
from ghapp.core.run import Run

_MAX_NAMES = 20


def review_needs_a_pull() -> str:
    """Review, said on an issue, or on a pull request of ours that is over."""
    return "I review open pull requests. Say `/honk review` on the one that you mean."


def still_at_work(run: Run, command: str) -> str:
    """A word about the result, said before there is one."""
    said = f"Say `/honk {command}` again when that is over."
    return f"It is still being changed ({now_word(run)}), so nothing was done. {said}"


def about_another(place: int, pull: int, verb: str) -> str:
    """A word about one commit, said on a pull request that is not followed."""
    return f"I do not follow #{place} any more, but #{pull}. Say `/honk {verb}` there if that is what you mean."


def merged_already(run: Run) -> str:
    """Merge or update, after the merge."""
    return f"#{run.pull} is merged already."


def nothing_to_merge() -> str:
    """Merge without a pull request of ours."""
    return "I have no open pull request here. I merge those that I made or worked on."


def not_followed(number: int, verb: str) -> str:
    """A word about a pull request whose run has ended."""
    return (
        f"My work on #{number} has ended, and I do not follow it any more, so I do not {verb} it. "
        f"`/honk fix …` on #{number} takes it up again; on GitHub, you can go on with it without me."
    )


def nothing_to_update() -> str:
    """Update without a pull request of ours."""
    return "I have no open pull request here. I update those that I made or worked on."


def unknown_environment(name: str, known: Sequence[str]) -> str:
    """Deploy to what the repository's config does not name."""
    if not known:
        return "No environment is named here: `deploy:` in `.github/honk.yml` lists those that I may deploy to."
    more = f" and {len(known) - _MAX_NAMES} more" if len(known) > _MAX_NAMES else ""
    names = ", ".join(map(coded, known[:_MAX_NAMES]))
    return f"I do not know the environment {coded(name)}. I know {names}{more}."


def nothing_to_deploy() -> str:
    """Deploy without a pull request of ours."""
    return "There is nothing to deploy here: I deploy what I made or worked on, while it is open and after its merge."


def nothing_to_revert() -> str:
    """Revert without a merge."""
    return (
        "Nothing of mine was merged here, and only that can be reverted. To give up an open pull request, "
        "say `/honk stop` or close it."
    )
