"""Who the people of the chat are at GitHub, and the invitations by which they say so.

A person is kept by both sides' numbers, for good; names change hands. An invitation ends by itself or by its one use.
"""

import secrets

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.chat import Speaker
from ghapp.core.ports import Invitation
from ghapp.store.connection import key, store_errors

INVITATION_SECONDS = 600
_TOKEN_BYTES = 24
_INVITATION = TypeAdapter(Invitation)


class ChatIdentities:
    """The people (`ports.Identities`). Every verb raises StoreDown when Redis is away."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def github(self, speaker: Speaker) -> int | None:
        """Their number at GitHub; None when they have not said who they are."""
        with store_errors():
            found = self._redis.hget(key("identities"), speaker.key)
        return None if found is None else int(found)

    def invite(self, invitation: Invitation) -> str:
        """A token of 192 bits for one link, good for ten minutes and for one use."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with store_errors():
            self._redis.set(key("invitation", token), _INVITATION.dump_json(invitation), ex=INVITATION_SECONDS)
        return token

    def invited(self, token: str) -> Invitation | None:
        """Whose link it is; None when it is unknown, used or too old. Nothing is used up by this."""
        with store_errors():
            found = self._redis.get(key("invitation", token))
        return None if found is None else _INVITATION.validate_json(found)

    def accept(self, token: str, github: int) -> Invitation | None:
        """Use the link up: from now on its speaker is this user of GitHub. None as above.

        The token is taken in one step, so that of two uses at once one comes through.
        """
        with store_errors():
            found = self._redis.getdel(key("invitation", token))
            if found is None:
                return None
            invitation = _INVITATION.validate_json(found)
            self._redis.hset(key("identities"), invitation.speaker.key, str(github))
        return invitation

    def forget(self, speaker: Speaker) -> None:
        """They are nobody at GitHub again."""
        with store_errors():
            self._redis.hdel(key("identities"), speaker.key)
