"""Three kinds of failure, and what becomes of each.

Exception
├── UserError            a sentence for the person; the run ends with it
│   ├── Gone             it is not there (any more)
│   └── NotOurs          the branch holds somebody else's commits
├── TransientError       the world is busy or away; the job is retried with backoff
│   └── StoreDown        Redis does not answer; the front door says 503
└── anything else        a defect: logged once, one honest comment, the job fails

BaseException
└── Superseded           another attempt has taken over; this one ends without a word
"""


class UserError(Exception):
    """A person can do something about it; the message is the sentence they read."""


class Gone(UserError):
    """Whoever was asked does not have it any more, or does not show it to us."""


class NotOurs(UserError):
    """A branch of ours holds commits that somebody else made; it was left as it is."""


class TransientError(Exception):
    """Worth another try.

    `retry_after` is in seconds, when the other side named a time; None otherwise.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreDown(TransientError):
    """The store did not answer; nothing was recorded."""


class Superseded(BaseException):  # not an error: the newer attempt goes on
    """The epoch of this attempt is no longer the run's newest.

    RQ has no fencing, so a frozen worker may wake up after its run was given to another. It must end quietly:
    raising a failure would burn the newer attempt's retries. A signal raises it wherever the attempt is, so no
    library's `except Exception` on the way may take it for a failure of its own.
    """
