"""Looks at this machine: which programs and folders of it every jail may see."""

import os
import resource
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ghapp.core.errors import UserError
from ghapp.sandbox.jail import GUEST, Bind, Limits, Machine
from ghapp.sandbox.overlay import PROGRAMS

# Of /etc only what programs under /usr need to work; no keys (/etc/ssl/private), no names of this machine.
_ETC = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "maven/logging", "maven/m2.conf", "mime.types", "pki/tls/certs", "pki/ca-trust", "protocols",
    "services", "ssl/certs", "ssl/openssl.cnf",
)  # fmt: skip
_JAVA = "java-*"
_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_UTC = "/usr/share/zoneinfo/Etc/UTC"
_WRITTEN = {
    "passwd": "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nhonk:x:1000:1000:Honk:/home/honk:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "group": "root:x:0:\nhonk:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost honk\n::1 localhost honk\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
}


def look(data: Path, toolchains: Sequence[Path] | None = None) -> Machine:
    """This machine as it is now. UserError when a program that the sandbox is made of is missing.

    `data` is Honk's folder, where the few written files of /etc are kept. `toolchains` are installation prefixes
    outside /usr to show inside, their bin/ before /usr/bin; by default this Python's own, where it is readable.
    """
    programs = {name: found for name in ("bwrap", "env", "sh", *PROGRAMS) if (found := shutil.which(name))}
    if "bwrap" not in programs:
        raise UserError("The sandbox needs bubblewrap, and there is no `bwrap` here: `apt install bubblewrap`.")
    prefixes = tuple(toolchains) if toolchains is not None else _python()
    top, links = _top()
    binds = (
        Bind(Path("/usr"), "/usr"),
        *top,
        *_etc(_write(data / "etc")),
        *(Bind(prefix, str(prefix)) for prefix in prefixes),
        *(Bind(program, f"{GUEST}/{program.name}") for program in (Path(__file__).parent / "guest").glob("[a-z]*.py")),
    )
    path = (*(f"{prefix}/bin" for prefix in prefixes), "/usr/local/bin", "/usr/bin", "/bin")
    return Machine(programs, binds, links, path, _limits())


def _python() -> tuple[Path, ...]:
    prefix = Path(sys.base_prefix).resolve()
    outside = not prefix.is_relative_to("/usr") and os.access(prefix / "bin", os.R_OK | os.X_OK)
    return (prefix,) if outside else ()


def _top() -> tuple[list[Bind], tuple[tuple[str, str], ...]]:
    """/bin and its like: links into /usr on a merged system, folders elsewhere."""
    found = [Path("/", name) for name in _TOP if Path("/", name).exists()]
    links = [(str(path.readlink()), str(path)) for path in found if path.is_symlink()]
    utc = [(_UTC, "/etc/localtime")] if Path(_UTC).exists() else []
    return [Bind(path, str(path)) for path in found if not path.is_symlink()], (*links, *utc)


def _etc(written: Path) -> list[Bind]:
    etc = Path("/etc")
    found = [*(etc / name for name in _ETC), *etc.glob(_JAVA)]
    ours = [Bind(written / name, f"/etc/{name}") for name in _WRITTEN]
    return [*ours, *(Bind(path, str(path)) for path in found if path.exists())]


def _write(folder: Path) -> Path:
    """The files of /etc that tell nothing about this machine. Replaced whole: another worker may be starting too."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _WRITTEN.items():
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.write_text(text)
        fresh.replace(folder / name)
    return folder


def _limits() -> Limits:
    """As many as this process may hand on: a hard limit cannot be raised inside."""
    wanted = Limits()
    return Limits(
        file_size=_at_most(wanted.file_size, resource.RLIMIT_FSIZE),
        memory=_at_most(wanted.memory, resource.RLIMIT_DATA),
        open_files=_at_most(wanted.open_files, resource.RLIMIT_NOFILE),
        processes=_at_most(wanted.processes, resource.RLIMIT_NPROC),
    )


def _at_most(wanted: int, which: int) -> int:
    _, hard = resource.getrlimit(which)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
