"""A phone: one page of Chromium at its size, what went wrong on it, and the pictures that are kept of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

SIZE = (390, 844)
"""Points of the screen, as of most phones."""

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


@dataclass
class Phone:
    """`problems` must be empty at the end: errors of the console (and so breaches of a page's policy), requests to
    elsewhere. A test takes out what it means to happen.
    """

    page: Page
    shots: Path
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._asked)

    def open(self, address: str) -> None:
        self.page.goto(address)

    def tap(self, name: str, within: Locator | None = None) -> None:
        """Tap the one button or link with exactly this name."""
        place = within or self.page.locator("body")
        button, link = (
            place.get_by_role("button", name=name, exact=True),
            place.get_by_role("link", name=name, exact=True),
        )
        button.or_(link).tap()

    def send(self, name: str, within: Locator | None = None) -> None:
        """Tap it, and wait for the page that answers: it was a form."""
        with self.page.expect_navigation():
            self.tap(name, within)

    def text(self) -> str:
        """What the page says."""
        return self.page.locator("body").inner_text()

    def wait_for(self, text: str) -> None:
        """Until the page shows this, by itself."""
        self.page.get_by_text(text).first.wait_for()

    def is_narrow(self) -> bool:
        """Whether nothing is wider than the screen, and the page was not made smaller to fit."""
        wide: list[float] = self.page.evaluate(
            "[document.documentElement.scrollWidth, window.innerWidth, visualViewport.scale]"
        )
        return wide == [SIZE[0], SIZE[0], 1]

    def is_in_sight(self, what: Locator) -> bool:
        """Whether something is on the screen as a whole."""
        box = what.bounding_box()
        assert box is not None, "it is not shown at all"
        inside = box["x"] >= 0 and box["x"] + box["width"] <= SIZE[0]
        return inside and box["y"] >= 0 and box["y"] + box["height"] <= SIZE[1]

    def shot(self, name: str) -> Path:
        """Keep a picture of the screen."""
        self.shots.mkdir(parents=True, exist_ok=True)
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", caret="hide")
        return path

    def _heard(self, message: ConsoleMessage) -> None:
        is_icon = message.location["url"].endswith("/favicon.ico")  # asked for unbidden, and nothing of the page's
        if message.type in ("error", "warning") and not is_icon:
            self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.problems.append(f"asked for {request.url}")


def app_screens(phone: Phone) -> tuple[bytes, bytes]:
    """What CI may have taken of an app: two of its screens, as PNG."""
    phone.page.set_content((Path(__file__).with_name("bistro.html")).read_text())
    bill = phone.page.screenshot(scale="css")
    phone.page.evaluate(
        "document.querySelector('h1').textContent = 'Paid. Thank you!'; document.body.className = 'paid'"
    )
    return bill, phone.page.screenshot(scale="css")


@contextmanager
def a_phone(browser: Browser, shots: Path, agent: str = ANDROID, scale: float = 2) -> Iterator[Phone]:
    """A phone of its own, without cookies; each point is `scale` pixels of a picture.

    It takes certificates that nobody signed, as those of tests are.
    """
    context = browser.new_context(
        viewport={"width": SIZE[0], "height": SIZE[1]},
        device_scale_factor=scale,
        is_mobile=True,
        has_touch=True,
        user_agent=agent,
        locale="en-GB",
        timezone_id="UTC",
        color_scheme="light",
        ignore_https_errors=True,
    )
    context.set_default_timeout(20_000)
    try:
        phone = Phone(context.new_page(), shots)
        yield phone
        assert not phone.problems, phone.problems
    finally:
        context.close()
