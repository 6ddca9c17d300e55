"""What the playground gets of the operator's settings, and what it asks of the machine."""

import socket

import pytest
from click.testing import CliRunner

from ghapp.cli import honk
from ghapp.cli.demo import of_machine
from ghapp.cli.stage import live_model, require_free
from ghapp.core.errors import UserError
from ghapp.settings import Settings, from_environment


def test_the_real_model_keeps_the_operators_limits() -> None:
    """Who tries the playground with a key spends real money: the limits and every model are as set."""
    environ = {
        "ANTHROPIC_API_KEY": "a key",
        "ANTHROPIC_BASE_URL": "https://gateway.example.com",
        "HONK_MODEL": "m1",
        "HONK_JUDGE_MODEL": "m2",
        "HONK_ROUTER_MODEL": "m3",
        "HONK_ISSUE_DOLLARS": "1",
        "HONK_PERSON_DOLLARS": "2",
        "HONK_REPOSITORY_DOLLARS": "3",
        "HONK_DAY_DOLLARS": "5",
    }
    assert from_environment(live_model(environ)) == from_environment(environ)


def test_the_real_model_gets_nothing_else() -> None:
    """The playground's GitHub stays the playground's, whatever else is set."""
    environ = {"ANTHROPIC_API_KEY": "a key", "GITHUB_APP_ID": "1", "HONK_DATA": "/srv"}
    assert from_environment(live_model(environ)) == Settings(anthropic_api_key="a key")


def test_the_real_model_needs_a_key() -> None:
    """Without one nothing starts."""
    with pytest.raises(UserError, match="not set: ANTHROPIC_API_KEY"):
        live_model({})


def test_the_parts_log_as_much_as_the_operator_wants() -> None:
    """What is set about the machine holds in the playground too."""
    environ = {"HONK_LOG": "DEBUG", "HONK_JUDGE": "off"}
    assert from_environment(of_machine(environ, Settings())) == from_environment(environ)


@pytest.mark.parametrize("option", ["--port", "--model-port", "--slack-port"])
@pytest.mark.parametrize("port", ["0", "70000"])
def test_the_playground_takes_real_ports_only(option: str, port: str) -> None:
    """The option says which there are."""
    shown = CliRunner().invoke(honk, ["playground", option, port])
    assert shown.exit_code == 2
    assert "1<=x<=65535" in shown.output


def test_a_port_too_high_is_told() -> None:
    """As for `honk run` at 65535, which takes the two above it as well."""
    with pytest.raises(UserError, match=r"there is no port 65536: set PORT"):
        require_free(65_536, "set PORT to another")


def test_a_port_that_is_taken_is_told() -> None:
    """With the reason; a moment later it is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is not free"):
            require_free(port, "take another")
    require_free(port, "take another")
