"""The office of those who work on `octo/demo`: its Slack, and who of its people is whom at GitHub."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghapp.core.chat import Speaker
from ghapp.core.ports import Invitation
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.shown import Seen
from ghapp.playground.slack.workspace import SlackWorkspace
from tests.scenarios.reading import DEMO

if TYPE_CHECKING:
    from tests.scenarios.town import Town

ROOM = "demo"


@dataclass(frozen=True, repr=False)
class Office:
    """The office. Its talks are in the channel `demo`, unless another is named."""

    town: "Town"
    slack: SlackWorkspace

    def colleague(self, login: str, role: str = "write", *, linked: bool = True) -> SlackPerson:
        """A member whose name in Slack is their login at GitHub, and who has told us so."""
        person = self.slack.member(login, name=login.title())
        self.slack.channel(ROOM, person)
        user = self.town.world.person(login, **({role: DEMO} if role else {}))
        if linked:
            identities = self.town.records.identities
            token = identities.invite(Invitation(Speaker(self.slack.team, person.id), login.title()))
            assert identities.accept(token, user.user.id)
        return person

    def talk(self, ts: str, channel: str = ROOM) -> list[Seen]:
        """What stands in a talk, from its first message on."""
        return self.slack.messages(channel, thread=ts)

    def told(self, ts: str, channel: str = ROOM) -> list[str]:
        """What we say in a talk now, as a phone shows it, oldest first."""
        return [one.shown for one in self.talk(ts, channel) if one.user == self.slack.app.bot.id]

    def with_button(self, ts: str, button: str, channel: str = ROOM) -> Seen:
        """The newest message of ours that has this button."""
        found = [one for one in self.talk(ts, channel) if any(each.text == button for each in one.buttons)]
        assert found, f"no button says {button}: {self.told(ts, channel)}"
        return found[-1]

    def press(self, person: SlackPerson, ts: str, button: str, channel: str = ROOM) -> None:
        """Somebody presses a button of ours in a talk, and says yes to what it asks."""
        self.town.second()
        person.presses(channel, self.with_button(ts, button, channel).ts, button)
