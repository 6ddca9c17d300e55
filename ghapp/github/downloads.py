"""Files at addresses that GitHub gave us and that open by themselves: no token of ours goes there."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import requests

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.github.app import github_errors

_TIMEOUT = 20
_CHUNK = 64 * 1024
_MOST = 64 * 1024 * 1024  # bytes that are read of a file whose end is wanted
_MAX_REDIRECTS = 3


def whole(address: str, limit: int, allowed: Callable[[str], bool]) -> bytes:
    """A file of at most `limit` bytes. Redirects are followed to addresses that are `allowed`.

    Raises UserError when it is larger or leads elsewhere, Gone when it is not there, TransientError when its server
    does not serve.
    """
    for _ in range(_MAX_REDIRECTS + 1):
        with github_errors(), _opened(address) as answer:
            if not answer.is_redirect:
                return _read(answer, limit)
            address = urljoin(address, answer.headers["location"])
        if not allowed(address):
            raise UserError("it leads to another server")
    raise UserError("it leads from one address to the next")


def into(path: Path, address: str, limit: int) -> Mapping[str, str]:
    """Write a file of at most `limit` bytes to `path`; the headers that came with it, whose names have no letter case.

    Raises as `whole` does; what is written then is of no use.
    """
    with github_errors(), _opened(address) as answer, path.open("wb") as file:
        for chunk in _bounded(answer, limit):
            file.write(chunk)
        return answer.headers


def end(address: str, limit: int) -> bytes:
    """The last `limit` bytes of a file, roughly; of a very large one, of its first 64 MiB. Raises as `whole` does."""
    kept: deque[bytes] = deque(maxlen=max(1, limit // _CHUNK))
    read = 0
    with github_errors(), _opened(address) as answer:
        _check(answer)
        for chunk in answer.iter_content(_CHUNK):
            kept.append(chunk)
            read += len(chunk)
            if read >= _MOST:
                break
    return b"".join(kept)


@contextmanager
def _opened(address: str) -> Iterator[requests.Response]:
    # `auth` that adds nothing keeps requests from looking into a person's netrc; the environment's proxy is kept.
    with requests.get(
        address, timeout=_TIMEOUT, stream=True, allow_redirects=False, auth=lambda request: request
    ) as answer:
        yield answer


def _read(answer: requests.Response, limit: int) -> bytes:
    return b"".join(_bounded(answer, limit))


def _bounded(answer: requests.Response, limit: int) -> Iterator[bytes]:
    _check(answer)
    read = 0
    for chunk in answer.iter_content(_CHUNK):
        read += len(chunk)
        if read > limit:
            raise UserError(f"it is larger than {_shown(limit)}")
        yield chunk


def _check(answer: requests.Response) -> None:
    if answer.status_code in (404, 410):
        raise Gone("it is not there")
    if answer.status_code == 429 or answer.status_code >= 500:
        raise TransientError(f"its server answers {answer.status_code}")
    if answer.status_code != 200:
        raise UserError(f"its server answers {answer.status_code}")


def _shown(limit: int) -> str:
    return f"{limit // 1024} KiB" if limit < 10 * 1024 * 1024 else f"{limit // (1024 * 1024)} MiB"
