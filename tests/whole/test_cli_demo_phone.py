"""`honk demo-phone`: what a person reads who has typed `make demo-phone`."""

import re

from tests.whole.terminal import Terminal, until

STEPS = (
    "@Honk the app greets me with Helo instead of Hello",
    "Honk (only you see this)",
    "[Link my GitHub account]",
    "signed in at GitHub as octocat",
    "queued · The greeting says Helo instead of Hello",
    "[🛑 Stop] [Details]",
    "The pull request is open: #2",
    "Install Android · `greeter.apk`",
    "(picture: QR code that opens the page of Android)",
    "it greets with “Hello, {name}!”",
    "#2 is green at",
    "[Merge] [Not yet]",
    "Here that is deployed by itself.",
    "a tap on Merge",
    "Merged: #2 is",
    "Deployed to `production`",
)
"""What is read one after the other."""


def test_the_demo_of_the_phone_comes_to_its_end(terminal: Terminal) -> None:
    """It asks, links, tries the app, merges by tap and is deployed; the two times are measured; nothing is left."""
    done = terminal.honk("demo-phone")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "demo-phone: Slack -> issue #1 -> pull request #2 -> build -> merged by tap -> deployed"
    at = 0
    for step in STEPS:
        at = next((index for index in range(at, len(lines)) if step in lines[index]), -1)
        assert at >= 0, f"{step} was not shown: {done.stdout}"
    times = re.findall(r"time   (from .*): (\d+\.\d\d) s$", done.stdout, re.MULTILINE)
    assert [what for what, _ in times] == ["from CI's artifact to the build card", "from the tap to the merge"]
    assert all(float(seconds) > 0 for _, seconds in times)
    assert [path.name for path in terminal.here.iterdir()] == [".honk"]


def test_a_demo_of_the_phone_that_is_asked_to_end_leaves_nothing(terminal: Terminal) -> None:
    """Ctrl-C while it works: one line says so."""
    with terminal.staying("demo-phone", status=1) as said:
        until(lambda: "The pull request is open" in said.read_text())
    assert said.read_text().endswith("it was asked to end before it was done; everything has ended\n")
