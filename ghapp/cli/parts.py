"""Every part alone, configured by the environment, so that any of them can be put behind a proxy or swapped."""

import os
import sys

import click
from redis import Redis

from ghapp import bootstrap
from ghapp.cli.ending import asked_to_end
from ghapp.cli.engine import chosen
from ghapp.cli.folder import ready
from ghapp.queue import INTAKE, RUNS, worker
from ghapp.records import records
from ghapp.settings import Settings, from_environment
from ghapp.store.connection import connect, wait_for

_THREADS = 32
_SWEEP_SECONDS = 600


@click.command()
def web() -> None:
    """Receive webhooks and serve run pages."""
    settings = from_environment(os.environ)
    bootstrap.webhook_secrets(settings)  # gunicorn would say in many lines what is wrong with these three
    bootstrap.sign_in(settings)
    records(settings, patient=False)
    os.execv(  # noqa: S606 - gunicorn takes this process's place, so that signals reach it
        sys.executable,
        [
            sys.executable, "-m", "gunicorn", "--bind", f"{settings.host}:{settings.port}",
            "--worker-class", "gthread", "--threads", str(_THREADS), "--workers", "1", "--no-control-socket",
            # Not the path: the address of a run's page is its secret.
            "--access-logfile", "-", "--access-logformat", "%(h)s %(m)s %(s)s %(B)s %(M)sms %(a)s",
            "ghapp.web.wsgi:application()",
        ],
    )  # fmt: skip


@click.command()
def intake() -> None:
    """Turn what was received into what is done about it."""
    settings = from_environment(os.environ)
    bootstrap.intake(settings)
    _serve(settings, INTAKE)


@click.command("worker")
def run_worker() -> None:
    """Work on runs, one at a time."""
    settings = chosen(from_environment(os.environ))
    settings.require("ANTHROPIC_API_KEY")
    ready(settings)
    bootstrap.execute(settings)
    _serve(settings, RUNS)


def _serve(settings: Settings, queue: str) -> None:
    """RQ forks for each job: what is imported by now need not be imported there."""
    import ghapp.jobs  # noqa: F401

    worker(_store(settings), queue).work(with_scheduler=False)


def _store(settings: Settings) -> "Redis":
    """A client of the store, which is there. Raises UserError when it is not, after two minutes."""
    redis = connect(settings.redis_url, patient=True)
    wait_for(redis, settings.redis_url)
    return redis


@click.command()
def clock() -> None:
    """Find what no event told: lost workers, silent checks, owed comments."""
    from ghapp.jobs import tick

    settings = from_environment(os.environ)
    bootstrap.reconcile(settings)
    _store(settings).close()
    ticks_a_sweep = max(1, _SWEEP_SECONDS // settings.tick_seconds)
    over = asked_to_end()
    ticks = 0
    while not over.is_set():
        tick(sweep=ticks % ticks_a_sweep == 0)
        ticks += 1
        over.wait(settings.tick_seconds)
