"""Why a build from CI was not kept: clauses without a stop, for a card, a page or a line in Slack.

Names come from the archive, so they are shown in code spans that they cannot leave.
"""

from collections.abc import Sequence

from ghapp.core.paths import shown

_MOST_NAMES = 5


def no_archive() -> str:
    """What CI kept is something else."""
    return "what CI kept is no zip archive"


def empty_archive() -> str:
    """There is not one file in it."""
    return "the archive is empty"


def damaged() -> str:
    """It is cut off, or does not say the same twice."""
    return "the archive is damaged or incomplete"


def too_many(most: int) -> str:
    """More entries than anybody needs."""
    return f"the archive has more than {most:,} files"


def zip64() -> str:
    """The variant for archives beyond 4 GiB, which no phone installs."""
    return "the archive is of the kind for more than 4 GiB (zip64), which I do not open"


def outside(name: str) -> str:
    """Zip slip: `..`, an absolute path, a drive."""
    return f"the archive has a path that leads out of its folder: {_code(name)}"


def odd_name(name: str) -> str:
    """Control characters, marks of direction, or no end of it."""
    return f"the archive has a name that is not plain: {_code(name)}"


def no_plain_file(name: str) -> str:
    """A link, a device, a pipe."""
    return f"the archive has a link or a special file: {_code(name)}"


def encrypted(name: str) -> str:
    """It would need a password."""
    return f"the archive is encrypted: {_code(name)}"


def unknown_method(name: str) -> str:
    """Neither stored nor deflated."""
    return f"the archive is packed in a way that I do not open: {_code(name)}"


def twice(name: str) -> str:
    """Two entries that some system takes for the same file."""
    return f"the archive has a name twice: {_code(name)}"


def overlapping() -> str:
    """Entries that share their bytes: the better zip bomb."""
    return "the archive has files that lie upon each other, as zip bombs do"


def bomb(name: str) -> str:
    """Far more comes out than went in."""
    return f"the archive unpacks to far more than it holds, as zip bombs do: {_code(name)}"


def lies(name: str) -> str:
    """More comes out than it says."""
    return f"the archive holds more than it says: {_code(name)}"


def too_large(most: int) -> str:
    """Over the operator's limit."""
    return f"it is larger than {_megabytes(most)}, the most that I take (HONK_BUILD_MEGABYTES)"


def which(wanted: str, names: Sequence[str]) -> str:
    """More than one file fits."""
    return f"several files fit {_code(wanted)}: {_listed(names)}. Name one of them in `builds`"


def fits_none(wanted: str, names: Sequence[str]) -> str:
    """No file fits, and there are several."""
    return f"no file fits {_code(wanted)}; the archive has {_listed(names)}"


def not_android(name: str) -> str:
    """An .apk without a manifest."""
    return f"{_code(name)} is no Android package: it has no `AndroidManifest.xml`"


def not_ios(name: str) -> str:
    """An .ipa without an app."""
    return f"{_code(name)} is no iOS package: it has no app, or several, in `Payload`"


def ios_unreadable(name: str) -> str:
    """An .ipa that does not say what it is."""
    return f"{_code(name)} is no iOS package: its `Info.plist` cannot be read, or has no identifier or version"


def unsound(name: str, why: str) -> str:
    """A package is a zip too, and this one is none that is safe to hand on."""
    return f"{_code(name)} is no package to install: {why}"


def disk_full() -> str:
    """For the operator."""
    return "the disk of this machine is full"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(map(_code, names[:_MOST_NAMES])) + (f" and {more:,} more" if more > 0 else "")


def _code(name: str) -> str:
    return f"`{shown(name[:100]).replace('`', '’')}`"


def _megabytes(size: int) -> str:
    return f"{size // 1_000_000:,} MB" if size >= 1_000_000 else f"{size:,} bytes"
