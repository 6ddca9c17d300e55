"""A person's browser: it keeps cookies, sends the forms of Honk's pages, and follows where they lead."""

import re
from html import unescape
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

_WORD = re.compile(r'name="word" value="([0-9a-f]{64})"')
_AWAY = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')
_SECONDS = 20


class Browser:
    """`page` is what it shows. Each step raises OSError, as urllib does, when there is no good answer."""

    def __init__(self) -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        self.page = ""

    def read(self, address: str) -> bytes:
        """What is at an address."""
        return self._answer(address, None)

    def open(self, address: str) -> None:
        """Show the page at an address."""
        self.page = self._answer(address, None).decode()

    def send(self, address: str, **form: str) -> None:
        """Send a form, with the word that the page has for it."""
        self.page = self._answer(address, form | {"word": _found(_WORD, self.page)}).decode()

    def pick(self, login: str) -> None:
        """Go on to GitHub, as the page leads, be this person of the playground there, and follow back."""
        self.page = self._answer(unescape(_found(_AWAY, self.page)), {"login": login}).decode()

    def _answer(self, address: str, form: dict[str, str] | None) -> bytes:
        sent = None if form is None else urlencode(form).encode()
        with self._opener.open(address, sent, timeout=_SECONDS) as answer:
            content: bytes = answer.read()
            return content


def link(address: str, login: str) -> str:
    """Follow a link of Honk's private note to its end, as `login` of the playground; the last page."""
    root, _, _ = address.partition("/slack/link/")
    browser = Browser()
    browser.open(address)
    browser.send(address)
    browser.pick(login)
    browser.send(f"{root}/slack/confirm", mine="yes")
    return browser.page


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise OSError(f"the page has no {pattern.pattern}")
    return found[1]
