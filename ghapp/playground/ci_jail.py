"""The closed room of one CI job: bubblewrap, an empty environment, the job's own folder, the network shared.

The network stays on because a job installs packages; the settings of the package clients, and the files those settings
name, are let in for the same reason. Nothing else of the machine is. The playground has a small invocation of its own:
it imports nothing of the product that it tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from typing import BinaryIO

HOME = "/home/runner"
WORKSPACE = f"{HOME}/work"
PYTHON = f"{HOME}/python"
ORIGIN = "/srv/origin.git"

_PREFIXES = ("PIP_", "NPM_CONFIG_", "npm_config_")
_SUFFIXES = ("_CA_BUNDLE", "_proxy", "_PROXY")
_NAMES = {"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"}
_ETC = (
    "alternatives ca-certificates group host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d localtime nsswitch.conf "
    "passwd pip.conf pki resolv.conf services ssl xdg/pip"
)
_TICK = 0.1  # seconds between looks at `stop`


class JailError(Exception):
    """The job could not be run at all; the message says why."""


def base_python() -> Path:
    """The interpreter outside any virtual environment."""
    return Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def run_jailed(
    argv: Sequence[str],
    home: Path,
    output: BinaryIO,
    *,
    env: Mapping[str, str],
    folder: str = WORKSPACE,
    origin: Path | None = None,
    seconds: float,
    stop: Event | None = None,
) -> int | None:
    """Run a command with ``home`` mounted as the runner's home folder; both outputs go to ``output``.

    Returns the exit code, or None when the time was over or ``stop`` was set. Ends the command's whole tree either
    way. Raises JailError without bubblewrap.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise JailError("bubblewrap (bwrap) is not installed")
    mounts = [*_mounts(home), *(["--ro-bind", str(origin), ORIGIN] if origin else [])]
    inside = {**_client_settings(), "HOME": HOME, "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", **env}
    process = subprocess.Popen(
        [bwrap, *_walls(), *mounts, "--chdir", folder, "--", *argv],
        env=inside,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return _wait(process, monotonic() + seconds, stop)
    finally:
        # Process 1 of the job's own process namespace dies with bwrap, and everything else with process 1.
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], deadline: float, stop: Event | None) -> int | None:
    while monotonic() < deadline and not (stop and stop.is_set()):
        try:
            return process.wait(timeout=_TICK)
        except subprocess.TimeoutExpired:
            continue
    return None


# Started by root, the jail could write the kernel's settings, and so run a program outside.
_SHUT = ["--disable-userns", "--cap-drop", "ALL"]


def _walls() -> list[str]:
    # The runner of GitHub is no root either; suites that test permissions notice.
    user = ["--unshare-user", "--uid", "1001", "--gid", "1001"]
    return [*user, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session", *_SHUT]


def _mounts(home: Path) -> list[str]:
    mounts = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib32", "lib64", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            mounts += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            mounts += ["--ro-bind", str(path), str(path)]
    for name in _ETC.split():
        mounts += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    mounts += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        mounts += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    for path in _named_files():
        mounts += ["--ro-bind", str(path), str(path)]
    return [*mounts, "--bind", str(home), HOME, *_pip_configuration(home)]


def _client_settings() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PREFIXES) or name.endswith(_SUFFIXES) or name in _NAMES
    }


def _named_files() -> Iterator[Path]:
    """The files and folders that the package clients' settings name, where /usr and /etc do not have them already."""
    for value in _client_settings().values():
        for part in value.replace(os.pathsep, " ").split():
            path = Path(part)
            if path.is_absolute() and path.exists() and path != Path("/"):
                yield path


def _pip_configuration(home: Path) -> list[str]:
    """The user's and the virtual environment's pip files, mounted where pip looks for them inside."""
    mounts: list[str] = []
    for path in (Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"):
        if path.is_file():
            mounts += ["--ro-bind", str(path), f"{HOME}/{path.relative_to(Path.home())}"]
    site = Path(sys.prefix, "pip.conf")
    if site.is_file() and (home / "python").is_dir():
        mounts += ["--ro-bind", str(site), f"{PYTHON}/pip.conf"]
    return mounts
