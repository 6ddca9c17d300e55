"""The page of a run: where it stands, its evidence, what it did. Its address is its secret."""

import time
from typing import Protocol

from flask import Blueprint, abort, render_template

from ghapp.core import messages
from ghapp.core.ports import Transcripts
from ghapp.core.run import Run


class Pages(Protocol):
    """Finds a run by the unguessable part of its page's address."""

    def by_page(self, page_key: str) -> Run | None: ...


def blueprint(pages: Pages, transcripts: Transcripts) -> Blueprint:
    """Run pages at `/runs/KEY`; an unknown key is 404, like any other."""
    runs = Blueprint("runs", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

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
            entries=transcripts.read(run.id),
            clock=lambda at: time.strftime("%H:%M:%S", time.gmtime(at)),
            duration=messages.duration,
        )

    return runs
