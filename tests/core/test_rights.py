"""The rights matrix: six roles, every verb, and the five ways to say it; every cell is asked of `policy.decide`."""

from dataclasses import dataclass, replace

import pytest

from ghapp.core import policy
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import CommentCreated, Event, IssueLabeled
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    AskAgent,
    BuildRun,
    CancelRun,
    DeployRun,
    Ignore,
    Intent,
    MergeRun,
    StartRun,
    SteerRun,
    TellStatus,
    TopUp,
    UpdateRun,
)
from ghapp.core.kinds import READING
from ghapp.core.policy.saying import BOXES
from ghapp.core.rights import Permission
from ghapp.core.run import Run, State
from ghapp.flow.desk import SAYS
from tests.core.policy_cases import (
    CODING,
    DONE,
    HEAD,
    NO_LEAVE,
    REVIEW,
    THREAD,
    WATCHED,
    chatted,
    labeled,
    on_theirs,
    run,
    said,
    ticked,
)

# The columns of each way are none, read, triage, write, maintain, admin. X is obeyed, and a dot is refused. A way that
# a verb does not have is empty. In the chat there is nothing to review: its talks are about our own.
MATRIX = """
said                comment        label          checkbox       chat           button

help                . . X X X X                                  . . X X X X
why                 . . X X X X                                  . . X X X X
status              . . X X X X                                  . . X X X X
ask                 . . X X X X                                  . . X X X X
ask its agent       . . X X X X                                  . . X X X X
plan                . . X X X X    . . X X X X                   . . X X X X
review              . . . X X X
fix                 . . . X X X    . . . X X X                   . . . X X X    . . . X X X
a plain word        . . . X X X                                  . . . X X X
stop                . . . X X X                   . . . X X X    . . . X X X    . . . X X X
retry               . . . X X X                   . . . X X X    . . . X X X    . . . X X X
update              . . . X X X                                  . . . X X X
build               . . . X X X                                  . . . X X X
budget              . . . X X X                                  . . . X X X    . . . X X X
revert              . . . X X X                   . . . X X X    . . . X X X    . . . X X X
allow               . . . . X X                   . . . . X X    . . . . X X    . . . . X X
budget over the cap . . . . X X                                  . . . . X X

merge               . . . X X X                   . . . X X X    . . . X X X    . . . X X X
merge for triage    . . X X X X                   . . X X X X    . . X X X X    . . X X X X
merge for maintain  . . . . X X                   . . . . X X    . . . . X X    . . . . X X
merge for admin     . . . . . X                   . . . . . X    . . . . . X    . . . . . X
deploy              . . . . X X                                  . . . . X X
deploy for triage   . . X X X X                                  . . X X X X
deploy for write    . . . X X X                                  . . . X X X
deploy for admin    . . . . . X                                  . . . . . X
"""


@dataclass(frozen=True)
class Case:
    """What somebody with the right gets, the run that it fits, and the words, the box and the button for it."""

    intent: type[Intent]
    newest: Run | None
    comment: CommentCreated
    label: IssueLabeled | None = None
    box: Event | None = None
    button: str = ""
    config: str = ""

    @property
    def word(self) -> Event | None:
        """The same in the chat, where no talk is about somebody's pull request."""
        return chatted(self.comment.body) if self.comment.thread == THREAD else None

    @property
    def press(self) -> Event | None:
        """What the desk makes of its button, with the value that the button has."""
        value = {"budget": " +5"}.get(self.button, "")
        return chatted(SAYS[self.button] + value, HEAD if self.button == "merge" else "") if self.button else None


MERGE = Case(MergeRun, REVIEW, said("/honk merge"), box=ticked("merge", HEAD), button="merge")
DEPLOY = Case(DeployRun, WATCHED, said("/honk deploy staging"))
CASES = {
    "help": Case(Answer, CODING, said("/honk help")),
    "why": Case(Answer, CODING, said("/honk why")),
    "status": Case(TellStatus, CODING, said("/honk status")),
    "ask": Case(StartRun, None, said("/honk ask why?")),
    "ask its agent": Case(AskAgent, REVIEW, said("/honk ask why?", on_pull=True)),
    "plan": Case(StartRun, None, said("/honk plan"), label=labeled("honk:plan")),
    "review": Case(StartRun, None, on_theirs("/honk review")),
    "fix": Case(StartRun, None, said("/honk fix"), label=labeled("honk"), button="fix"),
    "a plain word": Case(SteerRun, CODING, said("mind the locks")),
    "stop": Case(CancelRun, CODING, said("/honk stop"), box=ticked("stop"), button="stop"),
    "retry": Case(StartRun, DONE, said("/honk retry"), box=ticked("retry"), button="retry"),
    "update": Case(UpdateRun, REVIEW, said("/honk update")),
    "build": Case(BuildRun, REVIEW, said("/honk build")),
    "budget": Case(TopUp, CODING, said("/honk budget +20"), button="budget"),
    "revert": Case(StartRun, WATCHED, said("/honk revert"), box=ticked("revert"), button="revert"),
    "allow": Case(AllowPaths, NO_LEAVE, said("/honk allow"), box=ticked("allow"), button="allow"),
    "budget over the cap": Case(TopUp, CODING, said("/honk budget +21")),
    "merge": MERGE,
    "merge for triage": replace(MERGE, config="merge: {role: triage}"),
    "merge for maintain": replace(MERGE, config="merge: {role: maintain}"),
    "merge for admin": replace(MERGE, config="merge: {role: admin}"),
    "deploy": replace(DEPLOY, config="deploy: {staging: {}}"),
    "deploy for triage": replace(DEPLOY, config="deploy: {staging: {role: triage}}"),
    "deploy for write": replace(DEPLOY, config="deploy: {staging: {role: write}}"),
    "deploy for admin": replace(DEPLOY, config="deploy: {staging: {role: admin}}"),
}

WAYS = {"comment": 20, "label": 35, "checkbox": 50, "chat": 65, "button": 80}
"""Where the columns of each way begin."""


def _rows() -> dict[str, str]:
    lines = MATRIX.strip().splitlines()[1:]
    return {line[:20].strip(): line for line in lines if line.strip()}


def _cells() -> list[tuple[str, str, Permission, str]]:
    return [
        (name, way, role, mark)
        for name, line in _rows().items()
        for way, begin in WAYS.items()
        for role, mark in zip(Permission, line[begin : begin + 12].split(), strict=False)
    ]


def _event(case: Case, way: str) -> Event | None:
    ways = {"comment": case.comment, "label": case.label, "checkbox": case.box, "chat": case.word}
    return (ways | {"button": case.press})[way]


def _events(case: Case, *ways: str) -> list[Event]:
    return [event for way in ways if (event := _event(case, way)) is not None]


@pytest.mark.parametrize(("name", "way", "role", "mark"), _cells())
def test_each_cell_is_as_the_table_says(name: str, way: str, role: Permission, mark: str) -> None:
    """Who has the right gets what they ask for; who has not is told so, by name, once."""
    case = CASES[name]
    event = _event(case, way)
    assert event is not None
    config = Config.parse(case.config)
    assert policy.concerns_a_right(event, case.newest, config)
    decided = policy.decide(event, case.newest, config, role)
    if mark == "X":
        assert type(decided) is case.intent
        assert "needs" not in decided.reason
    elif name == "a plain word" and way == "comment":
        assert isinstance(decided, Ignore)
        assert "to steer needs write" in decided.reason
    elif name == "budget over the cap" and role is Permission.WRITE:
        assert isinstance(decided, Answer)
        assert "it takes the role *maintain*" in decided.text
    else:
        assert isinstance(decided, Answer)
        assert decided.once == "right-mona"
        assert decided.text.startswith("@mona, ")


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_names_the_role_that_the_table_gives(name: str) -> None:
    """Whoever is refused knows whom to ask: the first role of the row that is obeyed."""
    case = CASES[name]
    if name in ("a plain word", "budget over the cap"):
        return
    marks = _rows()[name][WAYS["comment"] :][:12].split()
    least = Permission(marks.index("X")).name.lower()
    for event in _events(case, "comment", "chat", "button"):
        decided = policy.decide(event, case.newest, Config.parse(case.config), Permission.NONE)
        assert isinstance(decided, Answer)
        assert f"needs the role *{least}*" in decided.text


def test_the_table_has_every_verb_and_every_way() -> None:
    """No verb, label, box or button is left out, and each way that the table has has all six roles."""
    assert list(_rows()) == list(CASES)
    assert {name.split()[0] for name in CASES} >= {verb.value for verb in Verb}
    for name, case in CASES.items():
        ways = [way for way in WAYS if _events(case, way)]
        assert [(cell[1], cell[2]) for cell in _cells() if cell[0] == name] == [
            (way, role) for way in ways for role in Permission
        ]
        assert (name.split()[0] in BOXES) == (case.box is not None)
    assert {case.button for case in CASES.values() if case.button} == set(SAYS)
    assert set(Config().labels) == {case.label.label for case in CASES.values() if case.label}


@pytest.mark.parametrize("role", [Permission.NONE, Permission.READ, Permission.TRIAGE])
@pytest.mark.parametrize("state", State)
def test_below_write_nothing_is_changed(state: State, role: Permission) -> None:
    """Outsiders get an answer at most, in whatever state; triage gets plans and answers, and moves no other run."""
    config = Config.parse("deploy: {staging: {}}")
    for case in CASES.values():
        for event in _events(case, *WAYS):
            decided = policy.decide(event, run(state), config, role)
            starts = isinstance(decided, StartRun) and decided.kind in READING
            reads = starts or isinstance(decided, TellStatus | AskAgent)
            assert isinstance(decided, Answer | Ignore) or (reads and role is Permission.TRIAGE)


def test_an_unknown_environment_takes_what_deploy_takes_at_least() -> None:
    """Nobody without a right learns the names of the environments."""
    for role in Permission:
        decided = policy.decide(said("/honk deploy mars"), WATCHED, Config.parse("deploy: {staging: {}}"), role)
        assert isinstance(decided, Answer)
        assert ("staging" in decided.text) == (role >= Permission.WRITE)
