"""The little app of the phone's demo, in the playground: its repository, the channel about it, and who asks there."""

from importlib.resources import files
from pathlib import Path

import yaml

from ghapp.cli.apps import OWNER
from ghapp.playground.script import Script, load_script
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.workspace import SlackWorkspace
from ghapp.playground.world import World

APP = f"{OWNER}/greeter"
ROOM = "greeter-app"
WISH = "the app greets me with Helo instead of Hello"

_FOLDER = Path(str(files("ghapp.playground"))) / "demo_phone"


def scripts() -> tuple[Script, ...]:
    """What the scripted model does with the wish, and how it finds out what that is about."""
    return load_script(_FOLDER / "script.yml"), load_script(_FOLDER / "router.yml")


def move_in(world: World, slack: SlackWorkspace, login: str) -> SlackPerson:
    """Ana, who has the app's channel in Slack, and who is `login` at GitHub, where Honk is not told so yet."""
    world.repository(APP, yaml.safe_load((_FOLDER / "repository.yml").read_text(encoding="utf-8")))
    world.person(login, write=APP)
    ana = slack.member("ana", name="Ana")
    slack.channel(ROOM, ana)
    return ana
