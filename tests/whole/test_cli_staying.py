"""Commands that stay up: `honk run` as a person uses it, and every part started alone by its environment only."""

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ghapp.cli.browser import link
from ghapp.cli.demo import DEMO, read_issue
from ghapp.cli.greeter import ROOM, WISH
from ghapp.supervisor import embedded_valkey
from tests.whole.terminal import Terminal, until

NAME = "octo/humanize"

pytestmark = pytest.mark.xdist_group("staying")


class Browser:
    """A person's browser on the playground at `root`."""

    def __init__(self, root: str) -> None:
        self.root = root

    def get(self, path: str) -> str:
        """A page's text."""
        with urlopen(f"{self.root}{path}", timeout=20) as answer:  # noqa: S310 - an http address of loopback
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        """Send a form, and follow to the page that is shown then; its address."""
        request = Request(f"{self.root}{path}", urlencode(fields).encode())  # noqa: S310
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            return str(answer.geturl())

    def ready_pull(self) -> str:
        """The number of the one pull request, once it is ready for review; empty until then."""
        rows = re.findall(r"#(\d+) · (draft|ready for review)", self.get(f"/{NAME}/pulls"))
        assert len(rows) <= 1
        return next((number for number, standing in rows if standing != "draft"), "")


def free_ports(count: int) -> list[int]:
    """So many neighbouring ports of loopback that nobody listens on.

    They are below those that the kernel gives to whoever asks for any, of which a neighbour may get one meanwhile.
    """
    while True:
        first = 10_000 + secrets.randbelow(20_000)
        ports = [first + step for step in range(count)]
        with ExitStack() as stack:
            try:
                for port in ports:
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return ports


def test_a_person_tries_it_by_hand(terminal: Terminal) -> None:
    """`honk run` without an App: write an issue on the pages, label it, and watch the pull request come."""
    terminal.environ["PORT"] = str(free_ports(3)[0])
    with terminal.staying("run") as said:
        address = until(lambda: re.search(rf"open (http://[\d.:]+)/{NAME}/issues", said.read_text()))
        browser = Browser(address[1])
        assert "999,999 bytes" in browser.get(f"/{NAME}/issues/new?example")
        opened = browser.post(f"/{NAME}/issues", title="Greet the reader", body="Politely.")
        assert opened.endswith(f"/{NAME}/issues/1")
        browser.post(f"/{NAME}/issues/1/label", name="honk")
        shown = browser.get(f"/{NAME}/pull/{until(browser.ready_pull)}")
        assert "Greet the reader" in shown
        assert "NOTES.md" in shown
        page = re.search(r"http://[\d.:]+/runs/[\w-]+", browser.get(f"/{NAME}/issues/1"))
        assert page is not None
        assert "NOTES.md" in Browser(page[0]).get("")
    assert said.read_text().endswith("honk: everything has ended\n")
    assert [path.name for path in terminal.here.iterdir()] == [".honk"]


def test_a_person_tries_it_in_slack(terminal: Terminal) -> None:
    """`honk run` without an App: be Ana in Slack, ask, say who one is at GitHub, and read of the pull request."""
    terminal.environ["PORT"] = str(free_ports(3)[0])
    with terminal.staying("run") as said:
        browser = Browser(until(lambda: re.search(r"open (http://[\d.:]+) as a phone", said.read_text()))[1])
        ana = found(r'href="(/as/\w+)">.*Ana <small>', browser.get("/"))
        room = found(rf'href="({ana}/\w+)">.*{ROOM}', browser.get(ana))
        browser.post(f"{room}/say", text=f"@Honk {WISH}")
        thread = found(rf'href="({room}/[\d.]+)', browser.get(room))
        link(until(lambda: re.search(r'href="(http[^"]+/slack/link/[^"]+)"', browser.get(thread)))[1], "octocat")
        until(lambda: "The pull request is open" in browser.get(thread))
        assert "The greeting said “Helo”" in browser.get(thread)


def found(pattern: str, page: str) -> str:
    """The first group of a pattern in a page."""
    match = re.search(pattern, page)
    assert match, page
    return match[1]


@pytest.fixture
def parts(terminal: Terminal, tmp_path: Path) -> Iterator[Browser]:
    """Redis, the playground and Honk's four parts, each a process of its own that knows only its environment."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    web, github, model, slack = free_ports(4)
    with ExitStack() as stack:
        terminal.environ.update(
            GITHUB_APP_ID="7",
            GITHUB_PRIVATE_KEY=key.private_bytes(serialization.Encoding.PEM, form, secret).decode(),
            GITHUB_WEBHOOK_SECRET=secrets.token_hex(16),
            GITHUB_API_URL=f"http://127.0.0.1:{github}/api/v3",
            GITHUB_SERVER_URL=f"http://127.0.0.1:{github}",
            ANTHROPIC_API_KEY="a key",
            ANTHROPIC_BASE_URL=f"http://127.0.0.1:{model}",
            PORT=str(web),
            HONK_TICK_SECONDS="1",
            SLACK_BOT_TOKEN="xoxb-of-ours",
            SLACK_SIGNING_SECRET=secrets.token_hex(16),
            SLACK_API_URL=f"http://127.0.0.1:{slack}/api/",
            REDIS_URL=stack.enter_context(embedded_valkey(tmp_path / "valkey")),
        )
        for name in ("web", "intake", "worker", "clock"):
            stack.enter_context(terminal.staying(name))
        ports = {"--port": github, "--model-port": model, "--slack-port": slack}
        words = [word for name, port in ports.items() for word in (name, str(port))]
        said = stack.enter_context(terminal.staying("playground", *words))
        until(lambda: "ANTHROPIC_BASE_URL" in said.read_text())
        assert "SLACK_BOT_TOKEN=xoxb-of-ours\n" in said.read_text()
        assert "SLACK_APP_TOKEN=xapp-" in said.read_text()
        yield Browser(terminal.environ["GITHUB_SERVER_URL"])


def test_every_part_starts_alone(parts: Browser) -> None:
    """Configured by environment only, they find each other, and an issue becomes a pull request with green CI."""
    title, body = read_issue(DEMO / "issue.md")
    parts.post(f"/{NAME}/issues", title=title, body=body, labels="honk")
    shown = parts.get(f"/{NAME}/pull/{until(parts.ready_pull)}")
    assert "src/humanize/filesize.py" in shown
