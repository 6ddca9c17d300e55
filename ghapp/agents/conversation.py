"""A conversation with the model over the relay: one call at a time, its tools run, its history ours.

Each reply has a tool runner of its own. The SDK's runner would go on by itself, but it stops without a word at a reply
that is cut off or refused, and keeps a history that a broken stream leaves half written; here the history grows only by
complete replies, so that a broken one is asked for again as if it had not been.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import anthropic
import httpx2
from anthropic.lib.tools import BetaStreamingToolRunner
from anthropic.types.beta import BetaMessage, BetaMessageParam
from anthropic.types.beta.parsed_beta_message import ParsedBetaMessage

from ghapp.agents.faults import BrokenReplyError, ending, wait_before
from ghapp.agents.history import Block, History, picture, refused, text
from ghapp.agents.tools import DeskTool, Interrupted
from ghapp.core.errors import TransientError
from ghapp.core.ports import Host, Image

_TRIES = 5
_READ_TIMEOUT = 900.0  # seconds; the relay gives up earlier


@contextmanager
def connect(socket: Path) -> Iterator[anthropic.Anthropic]:
    """A client of the relay. Key and address are given, because the SDK would look for a person's own on disk."""
    transport = httpx2.HTTPTransport(uds=str(socket))
    timeout = httpx2.Timeout(_READ_TIMEOUT, connect=10)
    with (
        anthropic.DefaultHttpxClient(transport=transport, timeout=timeout, trust_env=False) as http,
        anthropic.Anthropic(
            api_key="relay", base_url="http://relay", http_client=http, max_retries=0, timeout=timeout
        ) as client,
    ):
        yield client


class Conversation:
    """Asks the model for the next reply to a history. `sleep` waits between tries, in seconds."""

    def __init__(
        self,
        client: anthropic.Anthropic,
        history: History,
        *,
        model: str,
        system: str,
        tools: Sequence[DeskTool],
        max_tokens: int,
        host: Host,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._history, self._model, self._system = client, history, model, system
        self._tools, self._max_tokens, self._host, self._sleep = tools, max_tokens, host, sleep

    def next_reply(self) -> BetaMessage:
        """Ask the model, run the tools that it calls, and take both into the history.

        A reply without content is returned and left out of the history. Raises what `faults.ending` makes of an error,
        TransientError when the model stays away, and whatever a tool lets through.
        """
        self.keep()
        for tries in range(1, _TRIES + 1):
            try:
                return self._reply()
            except (
                anthropic.APIStatusError,
                anthropic.APIConnectionError,
                httpx2.TransportError,
                BrokenReplyError,
            ) as error:
                if final := ending(error):
                    raise final from error
                wait, fault = wait_before(error, tries), str(error)
            except Interrupted as interrupted:
                raise interrupted.error from None
            if tries < _TRIES:
                self._host.tell("note", f"the model's reply failed ({fault[:200]}); asking again in {wait:g} s")
                self._sleep(wait)
        raise TransientError(f"the model did not reply in {_TRIES} tries; the last time: {fault[:200]}")

    def say(self, words: str, images: Sequence[Image] = ()) -> None:
        """Add a message of ours."""
        self._history.add("user", [text(words), *map(picture, images)])

    def keep(self) -> None:
        """Have the host remember what is new."""
        if lines := self._history.new_lines():
            self._host.remember(lines)

    def _reply(self) -> BetaMessage:
        runner = self._client.beta.messages.tool_runner(
            model=self._model,
            max_tokens=self._max_tokens,
            system=self._system,
            messages=cast(list[BetaMessageParam], self._history.messages),
            tools=self._tools,
            cache_control={"type": "ephemeral"},
            stream=True,
            thread=False,
            max_iterations=1,
        )
        with closing(runner):
            message = _read(runner)
            for block in message.content:
                if block.type == "text":
                    self._host.tell("say", block.text)
            self._take(message)
            if results := _run_tools(runner, message):
                self._history.add("user", results)
        return message

    def _take(self, message: BetaMessage) -> None:
        """A reply is kept before its tools run, as it is paid for."""
        if message.content:
            self._history.add("assistant", [block.to_dict() for block in message.content])
            self.keep()


def _read(runner: BetaStreamingToolRunner[None]) -> ParsedBetaMessage[None]:
    """The whole reply, without what a later request may not contain. Raises BrokenReplyError for half a reply."""
    stream = next(runner)
    try:
        complete = [event.type for event in stream][-1:] == ["message_stop"]
    except ValueError as error:  # JSON that is none, in an event or in a tool's input
        raise BrokenReplyError(f"it cannot be read: {str(error)[:200]}") from error
    if not complete:
        raise BrokenReplyError("it ended in the middle")
    message = stream.get_final_message()
    for block in message.content:
        if block.type == "text":
            block.text = block.text.encode("utf-8", "replace").decode()  # JSON can spell what UTF-8 cannot
        elif block.type == "tool_use" and not isinstance(block.input, dict):
            block.input = {}
    message.content = [block for block in message.content if block.type != "text" or block.text.strip()]
    return message


def _run_tools(runner: BetaStreamingToolRunner[None], message: BetaMessage) -> list[Block]:
    """The results of the reply's tool calls, run only when the reply is whole."""
    calls = [block for block in message.content if block.type == "tool_use"]
    if not calls:
        return []
    if message.stop_reason != "tool_use":
        told = "Not run: your reply was cut off before its end. Make smaller calls."
        return [refused(call.id, told) for call in calls]
    with warnings.catch_warnings():
        # The runner answers a call of a tool that does not exist, and warns us of it as well.
        warnings.filterwarnings("ignore", message="Tool .* not found", category=UserWarning)
        response = runner.generate_tool_call_response()
    content = response["content"] if response else ()
    return [block for block in content if isinstance(block, dict) and block["type"] == "tool_result"]
