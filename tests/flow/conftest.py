"""The playground and the App as the tests of GitHub's adapter have them."""

from tests.github.conftest import app, demo, front, key, other, playground, thread, world

__all__ = ["app", "demo", "front", "key", "other", "playground", "thread", "world"]
