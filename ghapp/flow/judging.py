"""The second look: a model that has not done the work judges whether the change is what was asked for."""

from dataclasses import dataclass, replace

from ghapp.core.config import Config, JudgeMode
from ghapp.core.errors import TransientError, UserError
from ghapp.core.evidence import Judgement
from ghapp.core.ports import BudgetSpent, Judge, Relay
from ghapp.flow.host import Journal

RETRIES = 1
"""How often a veto goes back to the agent; after that a person decides."""


@dataclass(frozen=True)
class Judging:
    """Asks the judge. `mode` and `model` are the server's, where a repository says nothing else."""

    judge: Judge
    relay: Relay
    mode: JudgeMode
    model: str

    def objection(self, journal: Journal, config: Config, diff: str) -> str:
        """What the agent is told to change; empty when the change goes on. The judgement is recorded.

        A judge that cannot be asked stands in nobody's way: that it was not asked is noted.
        """
        rules = config.judge_for(journal.run.trigger.label)
        mode = rules.mode or self.mode
        if mode == "off":
            return ""
        try:
            judgement = self._ask(journal, rules.model or self.model, diff)
        except (BudgetSpent, TransientError, UserError) as error:
            journal.note(f"The judge could not be asked: {error}")
            return ""
        journal.update(judgement=replace(judgement, blocks=mode == "block"))
        journal.tell("judge", "\n".join(["accepts" if judgement.accepts else "objects", *judgement.reasons]))
        if judgement.accepts or mode == "advise":
            return ""
        journal.add(vetoes=1)
        if journal.run.vetoes > RETRIES:
            return ""
        return "A second model looked at your change and objects:\n" + "\n".join(judgement.reasons)

    def _ask(self, journal: Journal, model: str, diff: str) -> Judgement:
        journal.count()
        with self.relay.open(journal.run, model) as access:
            return self.judge.judge(journal.run.request, diff, access)
