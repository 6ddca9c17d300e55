"""Whatever can be in an event or a run comes back from the store as it went in."""

from typing import Annotated, Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from ghapp.core import events
from ghapp.core.evidence import CheckResult, Evidence
from ghapp.core.run import Run, Step

KINDS = (*get_args(events.ThreadEvent), events.InstallationChanged)
EVENT: TypeAdapter[events.Event] = TypeAdapter(Annotated[events.Event, Field(discriminator="kind")])
RUN = TypeAdapter(Run)

# Hypothesis fills every field that is not named here by its type, from all of Unicode and all whole numbers.
TIME = st.floats(0, 4e9)
RESULT = st.builds(CheckResult, seconds=TIME)
EVIDENCE = st.builds(Evidence, base=st.none() | RESULT, head=RESULT)
RUNS = st.builds(
    Run,
    created_at=TIME,
    not_before=TIME,
    history=st.lists(st.builds(Step, at=TIME), max_size=3).map(tuple),
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_event_comes_back(kind: Any, data: st.DataObject) -> None:
    """Each kind of event survives JSON, and comes back as its own kind."""
    event = data.draw(st.builds(kind))
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


@given(run=RUNS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_run_comes_back(run: Run) -> None:
    """A run survives JSON with all that hangs on it: evidence, findings, report, checks, history."""
    assert RUN.validate_json(RUN.dump_json(run)) == run


def test_a_record_of_an_older_version_is_read() -> None:
    """Fields that were added since have defaults, and fields that were dropped are passed over."""
    old = (
        b'{"id": "r1", "key": "k", "thread": {"repository": {"id": 1, "full_name": "o/r", "installation": 2}, '
        b'"number": 3}, "requester": {"id": 4, "login": "mona"}, "trigger": {"at": "2026-11-01T10:00:00Z"}, '
        b'"request": {"title": "t", "body": "b"}, "created_at": 1.0, "dropped_since": true}'
    )
    assert RUN.validate_json(old).thread.number == 3
