"""Files of the chat (`ports.ChatFiles`): what people attached, and pictures of ours."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ghapp.core.chat import Attached
from ghapp.core.errors import TransientError, UserError
from ghapp.slack.api import Api, Pauses, spoken

_HOST = "files.slack.com"
_SECONDS = 30
_LONGEST_ALT = 1_000
_ADDRESS = re.compile("[!-~]+")


class SlackFiles:
    """Slack's files, as the bot of `token`. The token goes to Slack's own file server, and to that of `api_url`."""

    def __init__(self, token: str, api_url: str, pauses: Pauses | None = None) -> None:
        self._token = token
        self._api = Api(token, api_url, pauses)
        api = urlsplit(api_url)
        self._origins = {("https", _HOST), (api.scheme, api.netloc)}
        self._opener = build_opener(_Nowhere())

    def read(self, file: Attached, most: int) -> bytes:
        """The file's bytes. UserError when it is larger than `most`, not there, or not on Slack."""
        if file.size > most:
            raise UserError(_too_large(most))
        request = Request(self._ours(file.url), headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310 - see _ours
        with _fetched(), self._opener.open(request, timeout=_SECONDS) as answer:
            if _is_a_page(answer, file):
                raise UserError("Slack shows a page instead of the file: the app lacks the scope files:read.")
            content: bytes = answer.read(most + 1)
        if len(content) > most:
            raise UserError(_too_large(most))
        return content

    def upload(self, name: str, content: bytes, alt: str) -> str:
        """Make a picture known to Slack, shared nowhere: a message of ours shows it by its id, which this is.

        https://docs.slack.dev/messaging/working-with-files#upload
        """
        alt = alt[:_LONGEST_ALT]
        with spoken():
            place = self._api.does.files_getUploadURLExternal(filename=name, length=len(content), alt_txt=alt)
        request = Request(self._ours(str(place["upload_url"])), data=content, method="POST")  # noqa: S310 - see _ours
        request.add_header("Content-Type", "application/octet-stream")
        with _fetched(), self._opener.open(request, timeout=_SECONDS) as answer:
            answer.read(1)
        with spoken():
            self._api.does.files_completeUploadExternal(files=[{"id": str(place["file_id"]), "title": name}])
        return str(place["file_id"])

    def _ours(self, url: str) -> str:
        """The address, when it is Slack's: anybody can put any address into a message."""
        if _origin(url) not in self._origins:
            raise UserError("The file is not on Slack.")
        return url


def _origin(url: str) -> tuple[str, str]:
    """Its scheme and host; nothing for what is no address."""
    try:
        found = urlsplit(url)
    except ValueError:
        return "", ""
    return (found.scheme, found.netloc) if _ADDRESS.fullmatch(url) else ("", "")


class _Nowhere(HTTPRedirectHandler):
    """Follows nobody: the token must not be led to another server."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@contextmanager
def _fetched() -> Iterator[None]:
    """Speak to the file server in the block."""
    try:
        yield
    except HTTPError as error:
        error.close()
        if error.code == 429 or error.code >= 500:
            raise TransientError(f"Slack's file server is busy ({error.code})") from error
        raise UserError(f"The file is not there any more, or not for us to see ({error.code}).") from error
    except (OSError, HTTPException) as error:
        raise TransientError(f"Slack's file server did not answer: {error}") from error


def _is_a_page(answer: HTTPResponse, file: Attached) -> bool:
    """Without the scope, Slack shows its sign-in page with status 200."""
    return answer.headers.get_content_type() == "text/html" and file.type != "text/html"


def _too_large(most: int) -> str:
    return f"The file is larger than {most // 1024} KiB."
