"""`honk relay`: what a worker starts for each attempt, and no person. See `ghapp/sandbox/relay_process.py`."""

import os
import signal
import sys

import click


@click.command(hidden=True)
def relay() -> None:
    """Stand between one attempt and the model; the worker starts this and tells it what to do."""
    from ghapp import relays
    from ghapp.sandbox.relay_process import serve
    from ghapp.settings import from_environment

    # Only its input ends it: a signal to every process of the machine would end it in the middle of a call, which is
    # paid for and would not be charged. The worker heeds that signal, and closes the relay.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as answers:
        serve(lambda: relays.relay(from_environment(os.environ)), sys.stdin.buffer, answers)
