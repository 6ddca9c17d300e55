"""Files: what people attach opens with the bot's token only, and what the app uploads can be shown in messages."""

from collections.abc import Iterator

import pytest
import requests

from tests.playground.slack_scene import Scene, scene


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def _get(here: Scene, url: str, token: str = "") -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=10)


def _show(here: Scene, file: str) -> dict[str, object]:
    picture = {"type": "image", "alt_text": "a QR code", "slack_file": {"id": file}}
    return {"channel": here.general.id, "text": "Build", "blocks": [picture]}


def test_a_private_file_opens_with_the_token_alone(here: Scene) -> None:
    """Without the token, a sign-in page comes instead, with status 200 and as HTML: it is no file."""
    here.ana.mentions("general", "see", files=[("shot.png", b"\x89PNG...")])
    here.slack.settle()
    [file] = here.ear.events()[0]["files"]
    assert (file["name"], file["mimetype"], file["size"]) == ("shot.png", "image/png", 7)
    opened = _get(here, file["url_private"], here.slack.app.bot_token)
    assert (opened.content, opened.headers["Content-Type"]) == (b"\x89PNG...", "image/png")
    for token in ("", "xoxb-other", here.slack.app.app_token):
        refused = _get(here, file["url_private_download"], token)
        assert (refused.status_code, refused.history[0].status_code) == (200, 302)
        assert refused.headers["Content-Type"].startswith("text/html")
        assert b"PNG" not in refused.content


def test_a_file_of_another_channel_stays_closed(here: Scene) -> None:
    """The bot's token opens nothing from a channel where the bot is not."""
    here.slack.channel("quiet", here.ana, bot=False)
    here.ana.says("quiet", "ours", files=[("plan.txt", b"secret")])
    [file] = here.slack.state.files.values()
    assert here.refusal("files.info", file=file.id) == "file_not_found"
    address = f"{here.slack.base_url}/files-pri/{here.slack.team}-{file.id}/plan.txt"
    assert b"secret" not in _get(here, address, here.slack.app.bot_token).content


def test_an_uploaded_picture_can_be_shown(here: Scene) -> None:
    """After the three steps of an upload a picture is part of a message; before them it is refused."""
    asked = here.client.files_getUploadURLExternal(filename="qr.png", length=4, alt_txt="a QR code")
    assert here.refusal("chat.postMessage", **_show(here, asked["file_id"])) == "invalid_blocks"
    assert requests.post(asked["upload_url"], data=b"qr!!", timeout=10).text == "OK - 4"
    assert here.refusal("chat.postMessage", **_show(here, asked["file_id"])) == "invalid_blocks"
    here.client.files_completeUploadExternal(files=[{"id": asked["file_id"], "title": "Code"}])
    here.client.api_call("chat.postMessage", json=_show(here, asked["file_id"]))
    [seen] = here.slack.messages("general")
    assert (seen.shown, seen.pictures) == ("(picture: a QR code)", (asked["file_id"],))
    assert here.slack.state.files[seen.pictures[0]].content == b"qr!!"


def test_slack_takes_a_moment_to_look_at_an_upload(here: Scene) -> None:
    """Right after the upload the file has no type yet and is no picture; after some looks it is."""
    here.slack.room.looks = 3
    file = here.client.files_upload_v2(filename="qr.png", content=b"qr!!")["file"]
    assert file["mimetype"] == ""
    assert here.refusal("chat.postMessage", **_show(here, file["id"])) == "invalid_blocks"
    assert here.client.files_info(file=file["id"])["file"]["mimetype"] == ""
    assert here.client.files_info(file=file["id"])["file"]["mimetype"] == "image/png"
    here.client.api_call("chat.postMessage", json=_show(here, file["id"]))


def test_a_file_can_be_shared_into_a_thread(here: Scene) -> None:
    """An upload that names a channel and a thread stands there as a message of the app."""
    ts = here.ana.says("general", "log?")
    here.client.files_upload_v2(
        filename="log.txt", content=b"ok", channel=here.general.id, thread_ts=ts, initial_comment="Here"
    )
    assert [one.shown for one in here.slack.messages("general", ts)] == ["log?", "Here\n(file: log.txt)"]


def test_uploads_can_fail(here: Scene) -> None:
    """A failed upload is not complete; one of another size than announced is the app's mistake."""
    asked = here.client.files_getUploadURLExternal(filename="qr.png", length=4)
    here.slack.fail("upload", status=503)
    assert requests.post(asked["upload_url"], data=b"qr!!", timeout=10).status_code == 503
    assert here.refusal("files.completeUploadExternal", files=[{"id": asked["file_id"]}]) == "file_update_failed"
    assert requests.post(asked["upload_url"], data=b"longer", timeout=10).status_code == 400
    assert "6 bytes" in here.slack.violations.pop()
