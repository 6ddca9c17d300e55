"""The playground and the App as the tests of GitHub's adapter have them, and Slack as those of its adapter do."""

from tests.github.conftest import app, demo, front, key, other, playground, thread, world
from tests.slack.conftest import ana, chat, files, slack

__all__ = ["ana", "app", "chat", "demo", "files", "front", "key", "other", "playground", "slack", "thread", "world"]
