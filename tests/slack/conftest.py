"""The playground's Slack, the door that it sends to, and Slack as our adapters see it."""

from collections.abc import Iterator

import pytest
from redis import Redis

from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles
from tests.slack.slack_desk import app_over, served
from tests.web.web_over import Wakes


@pytest.fixture
def slack() -> Iterator[SlackWorkspace]:
    """A workspace; nothing that Slack would refuse may have been asked of it."""
    with SlackWorkspace() as workspace:
        yield workspace
        assert workspace.violations == []


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
def listening(slack: SlackWorkspace, redis: Redis, wakes: Wakes) -> Iterator[None]:
    """Our door, to which the workspace sends by HTTP."""
    with served(app_over(redis, wakes, slack.app.signing_secret)) as address:
        slack.connect(address)
        yield


@pytest.fixture
def ana(slack: SlackWorkspace) -> SlackPerson:
    """A full member, in the channel `general` with our bot."""
    person = slack.member("ana", name="Ana")
    slack.channel("general", person)
    return person


@pytest.fixture
def chat(slack: SlackWorkspace) -> SlackChat:
    return SlackChat(slack.app.bot_token, slack.api_url)


@pytest.fixture
def files(slack: SlackWorkspace) -> SlackFiles:
    return SlackFiles(slack.app.bot_token, slack.api_url)
