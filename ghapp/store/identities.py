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

# KEYS: invitation, identities. ARGV: number at GitHub. What may be refused for want of memory comes first: a link is
# used up only when its speaker is kept.
_ACCEPT = """
local speaker, invitation = unpack(redis.call('HMGET', KEYS[1], 'speaker', 'invitation'))
if not speaker then return false end
redis.call('HSET', KEYS[2], speaker, ARGV[1])
redis.call('DEL', KEYS[1])
return invitation
"""

# KEYS: identities. ARGV: number at GitHub.
_FORGET_USER = """
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  if all[at + 1] == ARGV[1] then redis.call('HDEL', KEYS[1], all[at]) end
end
"""


class ChatIdentities:
    """The people (`ports.Identities`). Every verb raises StoreDown when Redis is away."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._accept = redis.register_script(_ACCEPT)
        self._forget_user = redis.register_script(_FORGET_USER)

    def github(self, speaker: Speaker) -> int | None:
        """Their number at GitHub; None when they have not said who they are."""
        with store_errors():
            found = self._redis.hget(key("identities"), speaker.key)
        return None if found is None else int(found)

    def invite(self, invitation: Invitation) -> str:
        """A token of 192 bits for one link, good for ten minutes and for one use."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with store_errors(), self._redis.pipeline() as all_of_it:
            all_of_it.hset(_invitation(token), "speaker", invitation.speaker.key)
            all_of_it.hset(_invitation(token), "invitation", _INVITATION.dump_json(invitation))
            all_of_it.expire(_invitation(token), INVITATION_SECONDS)
            all_of_it.execute()
        return token

    def invited(self, token: str) -> Invitation | None:
        """Whose link it is; None when it is unknown, used or too old. Nothing is used up by this."""
        with store_errors():
            found = self._redis.hget(_invitation(token), "invitation")
        return None if found is None else _INVITATION.validate_json(found)

    def accept(self, token: str, github: int) -> Invitation | None:
        """Use the link up: from now on its speaker is this user of GitHub. None as above; one of two at once has it."""
        with store_errors():
            found = self._accept([_invitation(token), key("identities")], [github])
        return None if found is None else _INVITATION.validate_json(found)

    def forget(self, speaker: Speaker) -> None:
        """They are nobody at GitHub again."""
        with store_errors():
            self._redis.hdel(key("identities"), speaker.key)

    def forget_user(self, github: int) -> None:
        """Whoever was this user of GitHub is nobody there again."""
        with store_errors():
            self._forget_user([key("identities")], [github])


def _invitation(token: str) -> str:
    return key("invitation", token)
