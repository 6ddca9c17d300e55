"""What the scenarios of taps share: a talk about a pull request that is ready, and how often it was merged."""

from dataclasses import dataclass

from ghapp.core.chat import Speaker, Talk
from ghapp.playground.slack.acting import Press
from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.citizen import Citizen
from tests.scenarios.office import ROOM, Office
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Town
from tests.scenarios.wishes import main_of


@dataclass(frozen=True)
class Ready:
    """A green pull request and its talk. `asker` began the talk, `ts` names it; `base` was the base's tip."""

    office: Office
    asker: SlackPerson
    opened: Opened
    ts: str
    base: str

    @property
    def town(self) -> Town:
        return self.office.town

    def told(self) -> str:
        """All that we say in the talk now."""
        return said_in(self.office, self.ts)

    def button(self, text: str = "Merge") -> Press:
        """A button as it is shown now, for pressing it later."""
        return self.asker.button(ROOM, self.office.with_button(self.ts, text).ts, text)

    def offers(self, text: str = "Merge") -> bool:
        """Whether some message of the talk has this button now."""
        return any(one.text == text for message in self.office.talk(self.ts) for one in message.buttons)

    def presses(self, person: SlackPerson, text: str = "Merge") -> None:
        """Somebody presses a button of the talk, and all is done that comes of it."""
        self.office.press(person, self.ts, text)
        self.town.work()

    @property
    def is_merged(self) -> bool:
        """Whether it is; its status is looked at on the way."""
        assert self.opened.status
        return self.opened.part.merged_at is not None

    @property
    def is_merged_once(self) -> bool:
        """Whether it is, by one commit on the base, and said so in one message."""
        parents = self.town.world.repo(DEMO).bare.commit(main_of(self.town)).parents
        return self.is_merged and parents == (self.base,) and self.told().count("Merged: #") == 1


def ready(office: Office, asker: SlackPerson) -> Ready:
    """A pull request that `asker` wanted, whose CI is green, and which the talk offers to merge."""
    town, who = office.town, asker.user.handle
    opened = town.opened(by=Citizen(town, town.world.person(who)))
    ts = asker.says(ROOM, "where is it?")
    talk = Talk(office.slack.team, office.slack.channel(ROOM).id, ts)
    town.records.talks.bind(talk, town.thread(opened.issue), Speaker(office.slack.team, asker.id))
    town.ci_passes(opened)
    town.work()
    assert opened.status
    found = Ready(office, asker, opened, ts, main_of(town))
    assert found.offers()
    return found


def said_in(office: Office, ts: str) -> str:
    """All that we say in a talk now, without the sign that keeps a name from calling anybody."""
    return "\n\n".join(office.told(ts)).replace("\u2060", "")


def merge_calls(town: Town, most: int = 4) -> list[str]:
    """Grows with each call to merge that reaches GitHub from now on, of the first `most`."""
    calls: list[str] = []
    for skip in range(most):
        town.world.faults.meanwhile("PUT", r"/pulls/\d+/merge$", lambda: calls.append("merge"), skip)
    return calls
