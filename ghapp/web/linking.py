"""The pages on which somebody in Slack says who they are at GitHub.

A link from Honk's private note leads to a page that says whose Slack account it is; from there to GitHub and back; and
to a page that says who will be whom. Only the button there uses the link up, for phones and chats fetch what they show.

What is held against: whoever sends their own link to somebody else, to act with that person's rights, is named on
both pages, and the last has a box to tick. A browser gets a signed cookie for the one link that it works on, with a
number that is new at each step. The words that forms and GitHub's way back must carry are made of that number and a
secret, so that a page of another site, a caught state, or a cookie from a file is not enough. The link itself is what
ends all of it, after ten minutes or one use.
"""

import hmac
import logging
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer

from ghapp.core.disarm import seen
from ghapp.core.errors import StoreDown, TransientError, UserError
from ghapp.core.ports import Identities, Inbox, Invitation, Queue, SignIn
from ghapp.web.hooks import take

# Chromium holds redirects to form-action as well, and GitHub may lead on to a company's own sign-in: so no form is
# answered by a redirect to GitHub, but by a page that leads there.
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_SECONDS = 600
_LONGEST_NAME = 80

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Visit:
    """What a browser is about: a link's token, a number that is new at each step, and who signed in, once they did."""

    token: str
    number: str
    github: int = 0
    login: str = ""


def _visit(token: str, github: int = 0, login: str = "") -> _Visit:
    return _Visit(token, secrets.token_urlsafe(24), github, login)


class _Visits:
    """The cookie. It tells everything to whoever has it, but for the words, which take the secret."""

    def __init__(self, secret: str, *, https: bool) -> None:
        self._key = hmac.digest(secret.encode(), b"the pages that link accounts", "sha256")
        self._signed = URLSafeSerializer(
            self._key, "visit", signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
        )
        # The prefix keeps other hosts of the domain from setting it; without https no browser takes it.
        self._name, self._https = ("__Host-honk-link" if https else "honk-link"), https

    def now(self) -> _Visit | None:
        """The visit of this request's browser; None when there is none, or it was not made here."""
        try:
            return _Visit(*self._signed.loads(request.cookies.get(self._name, "")))
        except BadData:
            return None

    def word(self, visit: _Visit, purpose: str) -> str:
        """What proves that a request comes of our page, for this purpose, and of this step in this browser."""
        return hmac.new(self._key, f"{purpose}\n{visit.number}".encode(), sha256).hexdigest()

    def proves(self, visit: _Visit | None, purpose: str, word: str) -> bool:
        return visit is not None and hmac.compare_digest(self.word(visit, purpose).encode(), word.encode())

    def keep(self, response: Response, visit: _Visit) -> Response:
        value = self._signed.dumps([visit.token, visit.number, visit.github, visit.login])
        assert isinstance(value, str)
        response.set_cookie(
            self._name, value, max_age=_SECONDS, secure=self._https, httponly=True, samesite="Lax", path="/"
        )
        return response

    def end(self, response: Response) -> Response:
        response.delete_cookie(self._name, secure=self._https, httponly=True, samesite="Lax", path="/")
        return response


def blueprint(
    *, identities: Identities, sign_in: SignIn, inbox: Inbox, queue: Queue, public_root: str, secret: str
) -> Blueprint:
    """The pages under `/slack/`. `public_root` is our address from outside, without a slash at its end.

    `PUBLIC_ROOT/slack/linked` must be among the App's callback addresses. Keys are made of `secret`, which must not be
    empty and need not be for this alone.
    """
    if not secret:
        raise ValueError("a secret is needed")
    linking = Blueprint("linking", __name__)
    visits = _Visits(secret, https=public_root.startswith("https://"))
    pages = _Pages(identities, sign_in, inbox, queue, public_root, visits)
    linking.get("/slack/link/<token>")(pages.ask)
    linking.post("/slack/link/<token>")(pages.begin)
    linking.get("/slack/linked")(pages.back)
    linking.get("/slack/confirm")(pages.review)
    linking.post("/slack/confirm")(pages.link)
    linking.register_error_handler(UserError, pages.told)
    linking.register_error_handler(TransientError, pages.away)
    linking.after_request(_closed)
    return linking


@dataclass(frozen=True)
class _Pages:
    identities: Identities
    sign_in: SignIn
    inbox: Inbox
    queue: Queue
    root: str
    visits: _Visits

    def ask(self, token: str) -> Response:
        """Whose Slack account it is. It may be fetched as often as one likes."""
        invitation = self.identities.invited(token)
        if invitation is None:
            return _gone()
        visit = _visit(token)
        page = render_template("link.html", who=_who(invitation), word=self.visits.word(visit, "begin"))
        return self.visits.keep(make_response(page), visit)

    def begin(self, token: str) -> Response:
        """On to GitHub."""
        before = self.visits.now()
        if before is None or before.token != token or not self._proven(before, "begin"):
            return _lost()
        if self.identities.invited(token) is None:
            return _gone()
        visit = _visit(token)
        address = self.sign_in.url(self.visits.word(visit, "state"), f"{self.root}{url_for('linking.back')}")
        return self.visits.keep(make_response(render_template("link_away.html", address=address)), visit)

    def back(self) -> Response:
        """From GitHub, with a code or without. What was asked for is forgotten, and with it what proves this step."""
        visit, state = self.visits.now(), request.args.get("state", "")
        if visit is None or not self.visits.proves(visit, "state", state):
            return _lost()
        if "error" in request.args:
            return self.visits.end(self.told(UserError("You did not sign in. Nothing was linked.")))
        found = self.sign_in.who(request.args.get("code", ""), state)
        signed_in = _visit(visit.token, found.id, found.login)
        return self.visits.keep(make_response(redirect(url_for("linking.review"), 303)), signed_in)

    def review(self) -> Response:
        """Who will be whom. It has an address of its own, for phones load a page again when one comes back to it."""
        visit = self.visits.now()
        if visit is None or not visit.github:
            return _lost()
        invitation = self.identities.invited(visit.token)
        if invitation is None:
            return _gone()
        word = self.visits.word(visit, "link")
        return make_response(render_template("link_review.html", who=_who(invitation), login=visit.login, word=word))

    def link(self) -> Response:
        """It is so; what the person had asked for goes on."""
        visit = self.visits.now()
        if visit is None or not visit.github or not self._proven(visit, "link"):
            return _lost()
        if request.form.get("mine") != "yes":
            return make_response(self.review(), 422)
        invitation = self.identities.accept(visit.token, visit.github)
        if invitation is None:
            return self.visits.end(_gone())
        log.info("%s is user %s of GitHub", invitation.speaker.key, visit.github)
        goes_on = self._goes_on(invitation, visit.token)
        page = render_template(
            "link_done.html", who=_who(invitation), login=visit.login, waited=invitation.waiting, goes_on=goes_on
        )
        return self.visits.end(make_response(page))

    def told(self, error: UserError) -> Response:
        """What went wrong, and where one begins again."""
        return self._begin_again(str(error), 400)

    def away(self, _error: TransientError) -> Response:
        """GitHub or our store does not answer."""
        return self._begin_again("What is needed for this does not answer. Please try again in a minute.", 503)

    def _begin_again(self, text: str, status: int) -> Response:
        visit = self.visits.now()
        address = None if visit is None else url_for("linking.ask", token=visit.token)
        return _page("Not linked", text, status, address)

    def _proven(self, visit: _Visit, purpose: str) -> bool:
        return self.visits.proves(visit, purpose, request.form.get("word", ""))

    def _goes_on(self, invitation: Invitation, token: str) -> bool:
        """Whether what waited is on its way. The link is used up: it cannot be done again."""
        event = invitation.waiting
        if event is None:
            return False
        try:
            take(self.inbox, self.queue, f"linked:{token}", replace(event, again=True))
        except StoreDown:
            log.warning("what %s had asked for is lost", invitation.speaker.key)
            return False
        return True


@dataclass(frozen=True)
class _Who:
    """A Slack account as the pages name it: what it calls itself, and the ids that it cannot choose."""

    name: str
    user: str
    team: str


def _who(invitation: Invitation) -> _Who:
    speaker = invitation.speaker
    name = " ".join(seen(invitation.name).split())[:_LONGEST_NAME]
    return _Who(name or speaker.user, speaker.user, speaker.team)


def _gone() -> Response:
    text = "This link was used already, or is older than ten minutes. Write /honk link in Slack for a new one."
    return _page("Not linked", text, 404)


def _lost() -> Response:
    text = (
        "This step belongs to another browser, or is over; cookies are needed for it. Nothing was linked. "
        "Open the link in Honk's note in Slack again, and stay in that browser."
    )
    return _page("Not linked", text, 403)


def _page(title: str, text: str, status: int, address: str | None = None) -> Response:
    return make_response(render_template("link_told.html", title=title, text=text, address=address), status)


def _closed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    return response
