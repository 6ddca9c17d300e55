"""Connections to the playground: calls of the API share one, as at GitHub, and none outlives the server."""

from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from ghapp.playground.faults import Fault
from ghapp.playground.server import Playground


def _asked(connection: HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_calls_of_the_api_share_a_connection(tmp_path: Path) -> None:
    """Whoever asks twice need not connect twice, whatever the answer was."""
    with Playground(tmp_path) as playground:
        connection = HTTPConnection("127.0.0.1", int(playground.base_url.rpartition(":")[2]))
        assert _asked(connection, "/api/v3/rate_limit") == 200
        first = connection.sock
        assert first is not None
        assert _asked(connection, "/api/v3/repos/no/where") == 404
        assert connection.sock is first
        connection.close()


def test_a_body_that_nobody_reads_does_not_become_the_next_request(tmp_path: Path) -> None:
    """A refusal before the body is looked at leaves the connection fit for the next call."""
    with Playground(tmp_path) as playground:
        playground.world.faults.add(Fault("POST", "/app/installations"))
        connection = HTTPConnection("127.0.0.1", int(playground.base_url.rpartition(":")[2]))
        connection.request("POST", "/api/v3/app/installations/1/access_tokens", b'{"repository_ids": [1]}')
        refused = connection.getresponse()
        refused.read()
        assert refused.status == 502
        assert _asked(connection, "/api/v3/rate_limit") == 200
        connection.close()


def test_a_server_that_has_stopped_answers_nobody(tmp_path: Path) -> None:
    """Also not on a connection that was open before."""
    with Playground(tmp_path) as playground:
        connection = HTTPConnection("127.0.0.1", int(playground.base_url.rpartition(":")[2]))
        assert _asked(connection, "/api/v3/rate_limit") == 200
    with pytest.raises((HTTPException, OSError)):
        _asked(connection, "/api/v3/rate_limit")
    connection.close()
