"""What is said of a wish to merge: what it waits for, why it was given up and what to say next, and how it ended."""

from collections.abc import Callable, Mapping, Sequence

from ghapp.core.disarm import inline, plain
from ghapp.core.landing import Reason, Why
from ghapp.core.merging import Wish
from ghapp.core.messages.words import coded
from ghapp.core.run import Run

_MAX_NAMES = 8


def merge_needs_config(trouble: str) -> str:
    """A wish while the config is not understood."""
    return f"Nothing is merged while the configuration is not understood: {trouble}"


def wish_line(run: Run) -> str:
    """The wish of a run, for its status comment; nothing when there is none."""
    if run.wish is None:
        return ""
    waits = {"queue": "GitHub's merge queue has it", "auto": "GitHub's auto-merge has it"}.get(run.wish.handed)
    end = waits or "it waits until that may be merged"
    return f"{_who(run.wish)} wants {_sha(run.wish.sha)} merged, and no other commit: {end}."


# --- taking a wish --------------------------------------------------------------------------------------------------


def not_that_head(number: int, seen: str, head: str) -> str:
    """The head that the person saw is not the head any more."""
    return (
        f"I do not merge #{number}: its head was {_sha(seen)} when that was said, and now it is {_sha(head)}. "
        "Look at that one, and say `/honk merge` again."
    )


def which_head(number: int, head: str) -> str:
    """GitHub does not tell what the head was, and neither does our record."""
    return (
        f"I cannot tell which commit of #{number} you saw, so I do not merge it. Its head is {_sha(head)} now; "
        "use the box or the button that names that commit instead."
    )


def not_open(number: int) -> str:
    """The pull request is closed or merged."""
    return f"#{number} is not open any more, so there is nothing to merge."


def waits(wish: Wish, reason: Reason) -> str:
    """The wish is kept, and waits."""
    return f"I merge {_sha(wish.sha)} {_WHEN[reason.why](reason)}. A later push cancels that; `/honk stop` does, too."


def merged(number: int, wish: Wish, method: str) -> str:
    """Done."""
    return f"Merged #{number} at {_sha(wish.sha)} ({method}), as {_who(wish)} said."


def merging(wish: Wish) -> str:
    """GitHub has taken the merge and does not show it yet."""
    return f"GitHub is merging {_sha(wish.sha)}."


def queued(number: int, wish: Wish) -> str:
    """It is in the merge queue."""
    return f"#{number} is in the merge queue at {_sha(wish.sha)}. I follow it to the end."


def left_to_auto_merge(number: int, wish: Wish, reason: Reason) -> str:
    """GitHub's auto-merge has it."""
    return f"GitHub's auto-merge has #{number} at {_sha(wish.sha)}, and merges it {_WHEN[reason.why](reason)}."


def updated_first(number: int, wish: Wish) -> str:
    """It is behind its base."""
    return (
        f"#{number} is behind its base, and must not be. I take the base into {_sha(wish.sha)} first; "
        "that needs CI again, and then I merge it."
    )


def asked_to_merge(wish: Wish) -> str:
    """Why the run's state changes."""
    return f"@{wish.by.login} said merge, at {wish.sha[:9]}"


# --- giving it up ---------------------------------------------------------------------------------------------------


def not_merged(number: int, wish: Wish, reason: Reason) -> str:
    """The wish is gone."""
    return f"{_who(wish)}, I do not merge #{number} at {_sha(wish.sha)}: {_BECAUSE[reason.why](reason)}"


def refused_by_github(number: int, wish: Wish, sentence: str) -> str:
    """GitHub said no when asked to merge."""
    return (
        f"{_who(wish)}, GitHub does not merge #{number} at {_sha(wish.sha)}: {plain(sentence)} "
        "When that is settled, say `/honk merge` again."
    )


def not_allowed_any_more(number: int, wish: Wish, needs: str, has: str) -> str:
    """Who said merge may not do so now."""
    has = "no role" if has == "none" else f"the role *{has}*"
    return (
        f"I do not merge #{number} at {_sha(wish.sha)}: {_who(wish)} asked for it and has {has} here now, "
        f"but it needs *{needs}*."
    )


def still_with_github(number: int, sentence: str) -> str:
    """What was handed over could not be taken back."""
    return (
        f"GitHub may still merge #{number}: I could not take it out of its queue or auto-merge. {plain(sentence)} "
        "Please take it out by hand."
    )


def _moved(reason: Reason) -> str:
    seen, head = reason.names
    return f"that was {_sha(seen)}, and the head is {_sha(head)} now. Look at that one, and say `/honk merge` again."


def _objected(reason: Reason) -> str:
    by = f" by {_named(reason.names)}" if reason.names else ""
    return f"changes are requested{by}. When they approve, or their review is dismissed, say `/honk merge` again."


def _uncounted(reason: Reason) -> str:
    return (
        f"reviews are required, and I cannot see how many. {_named(reason.names)} approved, which does not count: "
        "neither who asked for the change nor an App may be its approver. Please merge it yourself."
    )


def _red(reason: Reason) -> str:
    return (
        f"CI is red: {_named(reason.names)}. `/honk fix …` has it repaired; when it is green, say `/honk merge` again."
    )


def _method(reason: Reason) -> str:
    if reason.names:
        return f"`merge.method` asks for {_named(reason.names)}, which is not allowed here. An admin can allow it."
    return "no way to merge is allowed here. An admin can allow one."


_BECAUSE: Mapping[Why, Callable[[Reason], str]] = {
    Why.MOVED: _moved,
    Why.CLOSED: lambda reason: "it is closed.",
    Why.OBJECTED: _objected,
    Why.UNCOUNTED: _uncounted,
    Why.CONFLICT: lambda reason: "it is in conflict with its base. `/honk update` resolves that, then say merge again.",
    Why.RED: _red,
    Why.DRAFT: lambda reason: "it is a draft. Mark it ready for review, and say `/honk merge` again.",
    Why.METHOD: _method,
    Why.LEFT_QUEUE: lambda reason: (
        "GitHub took it out of the merge queue; its page says why. When that is settled, say `/honk merge` again."
    ),
    Why.LEFT_AUTO: lambda reason: "GitHub's auto-merge was switched off. `/honk merge` has me merge it after all.",
    Why.APPROVALS: lambda reason: f"an approval is lacking now: it has {reason.found} of {reason.needed} that count.",
}


# --- what it waits for ----------------------------------------------------------------------------------------------


def _when_approved(reason: Reason) -> str:
    noun = "approval" if reason.needed == 1 else "approvals"
    return f"at {reason.needed} {noun} by people other than who asked for the change ({reason.found} so far)"


def _when_green(reason: Reason) -> str:
    return f"when CI is green, which waits for {_named(reason.names)}" if reason.names else "when CI is green"


_WHEN: Mapping[Why, Callable[[Reason], str]] = {
    Why.APPROVALS: _when_approved,
    Why.CI: _when_green,
    Why.REQUIRED: lambda reason: f"when the required {_named(reason.names)} is green, from where the rules ask for it",
    Why.REVIEW: lambda reason: "when the review that GitHub still asks for is there",
    Why.RULE: lambda reason: (
        "when all rules of its base are met: GitHub says that one is not, such as an open conversation"
    ),
    Why.UNKNOWN: lambda reason: "when GitHub knows whether it can be merged",
    Why.IN_QUEUE: lambda reason: "through the merge queue, which has it",
    Why.IN_AUTO: lambda reason: "by GitHub's auto-merge, which has it",
}


def _who(wish: Wish) -> str:
    return f"@{wish.by.login}"


def _sha(sha: str) -> str:
    return coded(sha[:9])


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(inline(name) for name in names[:_MAX_NAMES]) + more
