"""The page of a run: where it stands, its evidence, what it did. Its address is its secret."""

import time
from typing import Protocol

from flask import Blueprint, abort, render_template

from ghapp.core import messages
from ghapp.core.ports import Entry
from ghapp.core.run import Run

MAX_LINES = 300
"""A page is read on a phone; the rest of a long transcript is not shown."""


class Pages(Protocol):
    """Finds a run by the unguessable part of its page's address."""

    def by_page(self, page_key: str) -> Run | None: ...


class Lines(Protocol):
    """The end of a run's transcript."""

    def tail(self, run_id: str, count: int) -> tuple[Entry, ...]: ...


def blueprint(pages: Pages, transcripts: Lines) -> Blueprint:
    """Run pages at `/runs/KEY`; an unknown key is 404, like any other."""
    runs = Blueprint("runs", __name__)

    @runs.get("/runs/<key>")
    def show(key: str) -> str:
        run = pages.by_page(key)
        if run is None:
            abort(404, "there is no such page")
        return render_template(
            "run.html",
            run=run,
            standing=messages.now_word(run),
            cost=messages.cost_line(run.usage),
            entries=transcripts.tail(run.id, MAX_LINES),
            most=MAX_LINES,
            clock=lambda at: time.strftime("%H:%M:%S", time.gmtime(at)),
            duration=messages.duration,
        )

    return runs
