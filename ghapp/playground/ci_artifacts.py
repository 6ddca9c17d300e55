"""The action upload-artifact, as the playground's CI has it: zips files that a job made.

https://github.com/actions/upload-artifact says what its inputs mean.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_LIMIT = 50_000_000  # bytes of one artifact, before they are zipped


class UploadError(Exception):
    """Nothing was uploaded, and the step fails; the message says why."""


@dataclass(frozen=True)
class Upload:
    """What a step uploaded: the artifact's name, its zip, and the names in it."""

    name: str
    data: bytes
    files: tuple[str, ...]


def upload(workspace: Path, inputs: Mapping[str, str]) -> Upload | None:
    """Zip what `path` names below the workspace; None when there is nothing and the step lets that pass.

    Files lie in the zip as below the folder that they have in common. Raises UploadError.
    """
    files = sorted(set(_named(workspace, inputs.get("path", ""))))
    if not files:
        if inputs.get("if-no-files-found", "warn") == "error":
            raise UploadError(f"No files were found with the provided path: {inputs.get('path', '')}")
        return None
    if sum(file.stat().st_size for file in files) > _LIMIT:
        raise UploadError(f"the playground's CI takes {_LIMIT} bytes at most")
    top = Path(os.path.commonpath([file.parent for file in files]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(top))
        names = tuple(archive.namelist())
    return Upload(inputs.get("name", "artifact"), packed.getvalue(), names)


def _named(workspace: Path, path: str) -> Iterator[Path]:
    """The files that its lines name; what a link of the job's leads to outside of its workspace is not there."""
    root = workspace.resolve()
    for line in filter(None, map(str.strip, path.splitlines())):
        if line.startswith(("/", "!", "~")) or ".." in PurePosixPath(line).parts:
            raise UploadError(f"path: {line} is not modelled, it must be below the workspace")
        for found in root.glob(line):
            below = found.rglob("*") if found.is_dir() else [found]
            yield from (one for one in below if one.is_file() and one.resolve().is_relative_to(root))
