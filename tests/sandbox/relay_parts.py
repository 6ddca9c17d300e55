"""Programs for the tests of the relay's process: a worker that is killed in a call, and a relay whose account fails.

`python -m tests.sandbox.relay_parts worker` asks the model through a relay, with the settings of its environment;
`… failing KIND` is a relay's process whose account raises that failure when it is charged.
"""

import os
import sys
from typing import Any

import httpx2

from ghapp.core.budget import Usage
from ghapp.core.errors import StoreDown, Superseded, TransientError, UserError
from ghapp.core.ports import ModelAccess
from ghapp.relays import relay_process
from ghapp.sandbox.relay import ModelRelay
from ghapp.sandbox.relay_process import serve
from ghapp.settings import from_environment
from tests.accounts import Charges, run_of

MODEL = "claude-sonnet-5-5"
HELLO: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
    "cache_control": {"type": "ephemeral"},
    "stream": True,
}
FAILURES: dict[str, type[UserError | TransientError | Superseded]] = {
    kind.__name__: kind for kind in (UserError, TransientError, StoreDown, Superseded)
}


def caller(access: ModelAccess) -> httpx2.Client:
    """A client that reaches the relay and nothing else, as Claude Code would."""
    return httpx2.Client(
        transport=httpx2.HTTPTransport(uds=str(access.socket)),
        base_url="http://relay",
        headers={"x-api-key": "none", "anthropic-version": "2023-06-01"},
        trust_env=False,
        timeout=60,
    )


def ask(access: ModelAccess) -> httpx2.Response:
    """One call through the relay, streamed and read to its end."""
    with caller(access) as client:
        return client.post("/v1/messages", json=HELLO)


def _worker() -> None:
    relay = relay_process(from_environment(os.environ), os.environ)
    with relay.open(run_of(), MODEL) as access:
        ask(access)


def _failing(kind: str) -> None:
    def charge(_: Usage) -> None:
        raise FAILURES[kind]("no room in the books")

    account = Charges(charge)
    with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as answers:
        serve(
            lambda: ModelRelay(os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"], lambda run: account),
            sys.stdin.buffer,
            answers,
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["worker"]:
            _worker()
        case ["failing", kind]:
            _failing(kind)
