"""The relay in its own process: as the one in a thread while the worker lives, and exact when the worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from ghapp.core.budget import Budget, Usage
from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import BudgetSpent, Relay
from ghapp.relays import relay_process
from ghapp.sandbox.relay_process import RelayProcess
from ghapp.settings import from_environment
from ghapp.store.spending import usage_of
from tests.accounts import run_of
from tests.held_model import HeldModel, as_usage
from tests.sandbox.relay_parts import FAILURES, HELLO, MODEL, ask, caller
from tests.whole.machine import adopting_orphans, below, kill

KEY = "sk-real-and-secret"
TALK = "name: talk\nturns: [{say: Good day to you and all of yours}]"


@pytest.fixture
def model() -> Iterator[HeldModel]:
    """A model whose reply waits in its middle until it is let go."""
    with HeldModel(TALK, KEY) as model:
        yield model


@pytest.fixture
def environ(model: HeldModel, redis: Redis, redis_url: str) -> Iterator[Mapping[str, str]]:
    """The worker's environment, with a folder for sockets in which nothing may be left."""
    with tempfile.TemporaryDirectory(prefix="honk-") as temporary:
        yield {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TMPDIR": temporary,
            "REDIS_URL": redis_url,
            "ANTHROPIC_BASE_URL": model.url,
            "ANTHROPIC_API_KEY": KEY,
        }
        assert list(Path(temporary).iterdir()) == []


@pytest.fixture
def relay(environ: Mapping[str, str]) -> Relay:
    """The relay as a worker has it."""
    return relay_process(from_environment(environ), environ)


def relays() -> list[int]:
    """The relays' processes below this one."""
    return [process.pid for process in below(os.getpid()) if process.command.rstrip().endswith("-m ghapp relay")]


def work_until_refused(relay: Relay) -> None:
    """One call that is answered and one that is not, which an engine takes for the end of the budget."""
    with relay.open(run_of(), MODEL) as access:
        assert [ask(access).status_code, ask(access).status_code] == [200, 402]
        raise BudgetSpent("what this run uses can no longer be recorded")


def test_passes_a_call_on_and_charges_what_the_service_counted(relay: Relay, model: HeldModel, redis: Redis) -> None:
    """An answer arrives whole, what it used is in the records, and nothing runs afterwards."""
    model.go.set()
    with relay.open(run_of(), MODEL) as access:
        answer = ask(access)
        assert len(relays()) == 1
    assert "message_stop" in answer.text
    assert usage_of(redis, "run") == as_usage(model.model.spent(), MODEL)
    assert usage_of(redis, "run").calls == 1
    assert relays() == []


def test_the_run_keeps_its_budget(relay: Relay, model: HeldModel, redis: Redis) -> None:
    """What the run has used before counts on the other side, too."""
    model.go.set()
    with relay.open(run_of(Budget(turns=3), Usage(calls=2)), MODEL) as access:
        assert [ask(access).status_code, ask(access).status_code] == [200, 402]
    assert usage_of(redis, "run").calls == 1


def test_a_limit_of_the_operator_ends_the_run(environ: Mapping[str, str], model: HeldModel) -> None:
    """The operator's limits are known on the other side, and the next attempt meets them as well."""
    model.go.set()
    settings = from_environment({**environ, "HONK_ISSUE_DOLLARS": "0.000001"})
    relay = relay_process(settings, environ)
    for expected in (200, 402):
        with relay.open(run_of(), MODEL) as access:
            assert ask(access).status_code == expected


def test_closing_cuts_what_is_underway(relay: Relay, model: HeldModel, redis: Redis) -> None:
    """A relay closes at once although the service still writes; what was shown is charged."""
    with ExitStack() as stack:
        with relay.open(run_of(), MODEL) as access:
            client = stack.enter_context(caller(access))
            answer = stack.enter_context(client.stream("POST", "/v1/messages", json=HELLO))
            pieces = answer.iter_raw()
            next(pieces)
            assert model.reached.wait(20)
        with pytest.raises(httpx2.TransportError):
            list(pieces)
    spent, charged = model.model.spent(), usage_of(redis, "run")
    assert charged.cache_write_tokens == spent.cache_creation_input_tokens > 0
    assert 0 < charged.output_tokens < spent.output_tokens


@pytest.mark.parametrize("listens_on", [True, False])
def test_a_call_is_charged_although_its_worker_is_killed(
    environ: Mapping[str, str], model: HeldModel, redis: Redis, listens_on: bool
) -> None:
    """SIGKILL to the worker's whole group in the middle of a reply: the records equal the service's own count.

    Whether the service goes on writing before or after that is the same.
    """
    with adopting_orphans():
        command = [sys.executable, "-m", "tests.sandbox.relay_parts", "worker"]
        worker = subprocess.Popen(command, env=environ, start_new_session=True)
        assert model.reached.wait(60)
        (relay,) = relays()
        if not listens_on:
            os.kill(relay, signal.SIGSTOP)
            model.go.set()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        assert usage_of(redis, "run").calls == 0
        os.kill(relay, signal.SIGCONT)
        model.go.set()
        assert os.waitpid(relay, 0)[1] == 0
    charged, spent = usage_of(redis, "run"), model.model.spent()
    assert charged == as_usage(spent, MODEL)
    assert charged.output_tokens > 1


def test_a_signal_to_all_does_not_end_a_relay_in_a_call(relay: Relay, model: HeldModel, redis: Redis) -> None:
    """SIGTERM and SIGINT leave it to the worker to close its relay."""
    with relay.open(run_of(), MODEL) as access:
        (process,) = relays()
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(process, number)
        model.go.set()
        assert ask(access).status_code == 200
    assert usage_of(redis, "run") == as_usage(model.model.spent(), MODEL)


@pytest.mark.parametrize("kind", FAILURES)
def test_what_the_account_raises_is_raised_at_the_close(
    environ: Mapping[str, str], model: HeldModel, kind: str
) -> None:
    """It comes as what it is, with its words, and counts more than the budget that the engine takes for spent."""
    model.go.set()
    relay = RelayProcess([sys.executable, "-m", "tests.sandbox.relay_parts", "failing", kind], environ)
    with pytest.raises(FAILURES[kind], match="no room in the books") as raised:
        work_until_refused(relay)
    assert type(raised.value) is FAILURES[kind]
    assert model.model.spent().requests == 1


def test_a_spent_budget_stays_one(relay: Relay) -> None:
    """When the account is well, the ending of the work is what the engine says."""
    with pytest.raises(BudgetSpent, match="of 80 turns"), relay.open(run_of(), MODEL):
        raise BudgetSpent("the limit of 80 turns is reached")


def test_a_failure_at_the_start_is_told_in_its_own_words(environ: Mapping[str, str], tmp_path: Path) -> None:
    """What the operator can mend reaches the person as the child says it."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    relay = relay_process(from_environment(environ), {**environ, "TMPDIR": str(folder)})
    with pytest.raises(UserError, match="TMPDIR"), relay.open(run_of(), MODEL):
        raise AssertionError("it is not open")


@pytest.mark.parametrize("command", [["false"], [sys.executable, "-c", "input()"]])
def test_a_relay_that_says_nothing_is_worth_another_try(command: list[str]) -> None:
    """A process that ends without a word, before or after its order."""
    relay = RelayProcess(command, {"PATH": os.environ["PATH"]})
    with pytest.raises(TransientError, match="without a word"), relay.open(run_of(), MODEL):
        raise AssertionError("it is not open")


def test_a_relay_that_is_killed_is_missed_at_the_close(relay: Relay) -> None:
    """The attempt cannot know what was charged, and is given back; the next relay takes away what was left."""
    with pytest.raises(TransientError, match="exit status -9"), relay.open(run_of(), MODEL):
        kill(*relays())
    with relay.open(run_of(), MODEL):
        pass


def test_without_an_order_it_ends(environ: Mapping[str, str]) -> None:
    """A worker that is killed at once leaves nobody waiting."""
    done = subprocess.run(
        [sys.executable, "-m", "ghapp", "relay"], env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert done.stderr == b""


def test_no_secret_is_on_its_command_line_and_only_its_own_in_its_environment(
    environ: Mapping[str, str], model: HeldModel
) -> None:
    """What others of this machine's users see holds no key, and the relay has neither the App's nor the webhook's."""
    others = {"GITHUB_PRIVATE_KEY": "app-key", "GITHUB_WEBHOOK_SECRET": "hook-secret", "AWS_SECRET": "cloud-key"}
    given = {**environ, **others, "https_proxy": "http://proxy.test"}
    with relay_process(from_environment(given), given).open(run_of(), MODEL):
        (process,) = relays()
        shown = Path(f"/proc/{process}/cmdline").read_bytes().decode()
        told = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
    assert KEY not in shown
    assert f"ANTHROPIC_API_KEY={KEY}" in told
    assert "https_proxy=http://proxy.test" in told
    assert not [line for line in told for secret in others.values() if secret in line]
