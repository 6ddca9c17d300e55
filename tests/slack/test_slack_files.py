"""Files of the chat, against the playground over HTTP, and against servers that are up to no good."""

from http.server import BaseHTTPRequestHandler

import pytest

from ghapp.core.chat import Attached, Talk
from ghapp.core.errors import TransientError, UserError
from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles
from tests.listening import listening


@pytest.fixture
def shot(slack: SlackWorkspace, ana: SlackPerson, chat: SlackChat) -> Attached:
    """A picture of five bytes that Ana attached."""
    ts = ana.says("general", "so it looks", files=[("shot.png", b"12345")])
    (message,) = chat.messages(Talk(slack.team, slack.channel("general").id, ts))
    (file,) = message.files
    return file


def test_an_attached_file_is_read(files: SlackFiles, shot: Attached) -> None:
    """With our token, without which Slack shows a page."""
    assert files.read(shot, 5) == b"12345"


def test_a_file_that_is_too_large_is_not_read(slack: SlackWorkspace, files: SlackFiles, shot: Attached) -> None:
    """Neither when it says so, nor when it lies about its size."""
    with pytest.raises(UserError, match="larger"):
        files.read(shot, 4)
    with pytest.raises(UserError, match="larger"):
        files.read(Attached(shot.name, 1, shot.type, shot.url), 4)


def test_a_file_that_is_gone_is_a_sentence(files: SlackFiles, shot: Attached) -> None:
    """Slack leads to its sign-in page; we follow nobody."""
    with pytest.raises(UserError, match="not there"):
        files.read(Attached("x.png", 5, "image/png", shot.url.replace("shot.png", "x").replace("-F", "-X")), 5)


def test_a_page_is_no_file(slack: SlackWorkspace, files: SlackFiles) -> None:
    """Slack's sign-in page comes with status 200."""
    with pytest.raises(UserError, match="files:read"):
        files.read(Attached("x.png", 5, "image/png", f"{slack.base_url}/signin"), 500)


def test_a_file_server_that_is_down_is_waited_for(slack: SlackWorkspace, files: SlackFiles, shot: Attached) -> None:
    """It is Slack's trouble."""
    slack.fail("files-pri", status=503)
    with pytest.raises(TransientError):
        files.read(shot, 5)


class Curious(BaseHTTPRequestHandler):
    """A server that notes who comes with a token."""

    seen: list[str] = []  # noqa: RUF012 - one list for all requests is its point

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Leading(BaseHTTPRequestHandler):
    """A server that leads elsewhere, to the address in the path."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path[1:])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_our_token_goes_to_slack_alone() -> None:
    """Anybody can attach an address; and no address of Slack's leads the token elsewhere."""
    with listening(Curious) as curious, listening(Leading) as leading:
        files = SlackFiles("xoxb-secret", f"{leading}/api/")
        for url in (f"{curious}/x.png", "https://files.slack.com.evil.example/x", "file:///etc/passwd", "//x", "http:"):
            with pytest.raises(UserError, match="not on Slack"):
                files.read(Attached("x.png", 5, "image/png", url), 5)
        with pytest.raises(UserError):
            files.read(Attached("x.png", 5, "image/png", f"{leading}/{curious}/x.png"), 5)
    assert Curious.seen == []


@pytest.mark.parametrize("path", ["ü", "a b", "a\r\nX-Evil: 1", "\udc80"])
def test_an_address_that_is_none_is_a_sentence(path: str) -> None:
    """Files from elsewhere carry whatever address somebody gave them; that ends no run."""
    with listening(Curious) as curious:
        files = SlackFiles("xoxb-secret", f"{curious}/api/")
        for url in (f"{curious}/{path}", f"https://[{path}", f"https://files.slack.com:{path}/x"):
            with pytest.raises(UserError, match="not on Slack"):
                files.read(Attached("x.png", 5, "image/png", url), 5)
    assert Curious.seen == []


def test_a_picture_is_uploaded_and_shared_nowhere(slack: SlackWorkspace, files: SlackFiles) -> None:
    """A message of ours will show it; nothing is posted."""
    file = slack.state.files[files.upload("qr.png", b"\x89PNG", "A code")]
    assert (file.name, file.content, file.alt, file.complete, file.shared) == ("qr.png", b"\x89PNG", "A code", True, [])


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "files.completeUploadExternal"])
def test_an_upload_that_breaks_is_tried_again(slack: SlackWorkspace, files: SlackFiles, step: str) -> None:
    """From its beginning; half of one is shown nowhere."""
    slack.lose(step)
    with pytest.raises(TransientError):
        files.upload("qr.png", b"\x89PNG", "A code")
    slack.limit(step, retry_after=7)
    with pytest.raises(TransientError) as busy:
        files.upload("qr.png", b"\x89PNG", "A code")
    assert busy.value.retry_after == 7


def test_an_upload_server_that_is_down_is_waited_for(slack: SlackWorkspace, files: SlackFiles) -> None:
    """It is Slack's trouble."""
    slack.fail("upload", status=500)
    with pytest.raises(TransientError):
        files.upload("qr.png", b"\x89PNG", "A code")
