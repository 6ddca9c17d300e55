"""The words of a build's page."""

import time

from ghapp.core.builds import Build

INSTALL = "Install"
OPEN = "Open the preview"
DOWNLOAD = "Download"
ANDROID_NOTE = "Your phone asks once whether this browser may install apps."
IOS_NOTE = "Your phone must be one that this app is signed for. It appears on the home screen."
IOS_NEEDS_HTTPS = (
    "iOS installs apps from https addresses only, and this page has none. "
    "Whoever runs Honk sets HONK_PUBLIC_URL to one that begins with https://."
)
NO_ADDRESS = "This preview has no address on the web."
UNKNOWN = "There is no build here. Its time is over, or it was taken back, or the address is not complete."
NOT_NOW = "The build cannot be fetched just now. Try again in a minute."

_UNITS = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000))


def not_to_be_had(why: str) -> str:
    """Its page is there, and its file is not."""
    return f"This build cannot be had any more: {why}."


def stale(sha: str) -> str:
    """The branch went on."""
    return f"The pull request has newer commits than {sha[:7]}."


def facts(build: Build) -> str:
    """Version, size and platform in one line."""
    kind = {"android": "Android", "ios": "iOS", "web": "Web"}.get(build.kind, "File")
    version = f"version {build.version}" if build.version else ""
    return " · ".join(part for part in (kind, version, size(build.size) if build.size else "") if part)


def size(count: int) -> str:
    """A number of bytes for people, such as 12.3 MB."""
    for unit, least in _UNITS:
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} bytes"


def until(at: float) -> str:
    """The last day of the page, such as 7 December 2026."""
    day = time.gmtime(at)
    return f"{day.tm_mday} {time.strftime('%B %Y, %H:%M UTC', day)}"
