"""Bodies as GitHub renders them, for those who ask for that media type.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

import hashlib
import re
from typing import Any

from ghapp.playground.page_markdown import render
from ghapp.playground.state import Repository, State

Json = dict[str, Any]

_PICTURE = re.compile(r"<img\b[^<>]*?\bsrc=\"([^\"<>]+)\"[^<>]*>")


def rendered(state: State, repository: Repository, shown: Json, accept: str) -> Json:
    """An issue or comment with the renderings that `accept` names; Markdown alone when it names none."""
    full, body = "full+json" in accept, shown["body"]
    more: Json = {}
    if full or "html+json" in accept:
        more["body_html"] = html(state, repository, body)
    if full or "text+json" in accept:
        more["body_text"] = body
    return shown | more


def html(state: State, repository: Repository, body: str | None) -> str:
    """The body as HTML, in which every attachment has a signed address, so that a browser needs no token for it."""
    written = _PICTURE.sub(r"![](\1)", body or "")
    shown = str(render(written, repository.full_name))
    address = re.compile(rf"(src=\"{re.escape(attachment_url(state, ''))}([0-9a-f-]+))\"")
    return address.sub(lambda found: f'{found[1]}?{query(state, found[2])}"', shown)


def attachment_url(state: State, name: str) -> str:
    """The address that GitHub writes into a body when somebody attaches a file."""
    return f"{state.base_url}/user-attachments/assets/{name}"


def query(state: State, name: str) -> str:
    """What is added to the address of an attachment to open it without a token."""
    return f"jwt={signature(state, name)}"


def signature(state: State, name: str) -> str:
    """What opens an attachment. GitHub's is a JWT that lives five minutes; this one does not expire."""
    return hashlib.sha256(f"{state.base_url} {name}".encode()).hexdigest()[:32]
