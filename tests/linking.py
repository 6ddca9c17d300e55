"""How somebody in Slack says who they are at GitHub: the pages from the private note's link to the last button."""

import re
from dataclasses import dataclass, field
from html import unescape

import requests

_WORD = re.compile(r'name="word" value="([0-9a-f]{64})"')
_AWAY = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@dataclass
class Browser:
    """A person's browser, with its cookies. `page` is what it shows."""

    session: requests.Session = field(default_factory=requests.Session)
    page: str = ""
    status: int = 0

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def open(self, address: str) -> None:
        self._show(self.session.get(address, timeout=20))

    def send(self, address: str, **form: str) -> None:
        """Send a form, with the word that the page has for it."""
        self._show(self.session.post(address, data=form | {"word": word_of(self.page)}, timeout=20))

    def pick(self, login: str) -> None:
        """Go on to GitHub, as the page leads, and be this person there; then wherever GitHub leads."""
        self._show(self.session.post(away(self.page), data={"login": login}, timeout=20))

    def _show(self, answer: requests.Response) -> None:
        self.page, self.status = answer.text, answer.status_code


def word_of(page: str) -> str:
    """What a form of the page carries to prove where it comes from."""
    found = _WORD.search(page)
    assert found, page
    return found[1]


def away(page: str) -> str:
    """Where the page leads by itself."""
    found = _AWAY.search(page)
    assert found, page
    return unescape(found[1])


def link(address: str, login: str) -> str:
    """Follow a link of Honk's note to its end, as `login` of the playground; the last page."""
    root, _, _ = address.partition("/slack/link/")
    browser = Browser()
    browser.open(address)
    browser.send(address)
    browser.pick(login)
    browser.send(f"{root}/slack/confirm", mine="yes")
    browser.session.close()
    assert browser.status == 200, browser.page
    return browser.page
