"""Signing in: the page where one picks who to be, and the exchange of its code for a person's token.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request

from ghapp.playground.auth import app_by_client
from ghapp.playground.room import Room
from ghapp.playground.state import App, Token, User

CODE_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=8)
_REFRESH_SECONDS = 15_897_600
_ASKED = frozenset({"client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "prompt"})
_GIVEN = frozenset({"client_id", "client_secret", "code", "redirect_uri", "code_verifier"})
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"

# https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
_WRONG = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
}


def blueprint(room: Room) -> Blueprint:
    """The two addresses under `/login/oauth`. What they are asked beyond what is modelled is a violation."""
    oauth = Blueprint("oauth", __name__, template_folder="templates", static_folder="static", static_url_path="/_oauth")
    views = _Views(room)
    oauth.add_url_rule("/login/oauth/authorize", "ask", views.ask, methods=["GET"])
    oauth.add_url_rule("/login/oauth/authorize", "answer", views.answer, methods=["POST"])
    oauth.add_url_rule("/login/oauth/access_token", "exchange", views.exchange, methods=["POST"])
    return oauth


@dataclass(frozen=True)
class _SignIn:
    """Somebody said yes to an App, which has not yet asked for their token. `challenge` is PKCE's, if one was given."""

    app: App
    user: User
    challenge: str
    expires_at: datetime


@dataclass(frozen=True)
class _Views:
    """`sign_ins` go by the code that the browser carries back."""

    room: Room
    sign_ins: dict[str, _SignIn] = field(default_factory=dict)

    def ask(self) -> Response:
        """The page on which one picks who to be. The form goes to this very address, parameters and all."""
        app = self._asking()
        with self.room.lock:
            logins = sorted(one.login for one in self.room.state.users.values() if one.type == "User")
        response = Response(render_template("sign_in.html", app=app.slug, logins=logins))
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def answer(self) -> Response:
        """Somebody said who they are, or no; back to the App with a code."""
        app, login = self._asking(), request.form.get("login", "")
        if not login:
            told = {"error": "access_denied", "error_description": "The user has denied your application access."}
        else:
            told = {"code": self._signed_in(app, login)}
        if "state" in request.args:
            told["state"] = request.args["state"]
        return make_response(redirect(f"{request.args['redirect_uri']}?{urlencode(told)}"))

    def _signed_in(self, app: App, login: str) -> str:
        with self.room.lock:
            user = self.room.state.user(login)
            if user is None or user.type != "User":
                abort(422, "There is no such person.")
            code = secrets.token_hex(10)
            challenge = request.args.get("code_challenge", "")
            self.sign_ins[code] = _SignIn(app, user, challenge, self.room.now() + CODE_LIFE)
        return code

    def _asking(self) -> App:
        """The App that sent the browser here. Nobody is led to an address that is not registered."""
        self._known(request.args, _ASKED)
        app = app_by_client(self.room.state, request.args.get("client_id", "")) or abort(404)
        if request.args.get("redirect_uri") not in app.callback_urls:
            abort(400, "The redirect_uri is not associated with this application.")
        if "code_challenge" in request.args and request.args.get("code_challenge_method") != "S256":
            abort(400, "Only the S256 code challenge method is accepted.")
        return app

    def exchange(self) -> Response:
        """A token for a code. Whatever is wrong, GitHub answers 200."""
        self._known(request.form, _GIVEN)
        if request.headers.get("Accept") != "application/json":
            return self._unmodelled("an answer that is not JSON")
        with self.room.lock:
            wrong, token = self._exchanged(request.form)
        if token is None:
            return jsonify(error=wrong, error_description=_WRONG[wrong], error_uri="https://docs.github.com")
        return jsonify(
            access_token=token.value,
            expires_in=int(TOKEN_LIFE.total_seconds()),
            refresh_token=f"ghr_{secrets.token_hex(38)}",
            refresh_token_expires_in=_REFRESH_SECONDS,
            token_type="bearer",  # noqa: S106 - the kind of it
            scope="",
        )

    def _exchanged(self, form: Mapping[str, str]) -> tuple[str, Token | None]:
        """What is wrong, or the token. A code is good for one try."""
        app = app_by_client(self.room.state, form.get("client_id", ""))
        if app is None or app.client_secret != form.get("client_secret"):
            return "incorrect_client_credentials", None
        given = self.sign_ins.pop(form.get("code", ""), None)
        if given is None or given.app is not app or given.expires_at <= self.room.now():
            return "bad_verification_code", None
        if "redirect_uri" in form and form["redirect_uri"] not in app.callback_urls:
            return "redirect_uri_mismatch", None
        if given.challenge != _challenge(form.get("code_verifier", "")):
            return "bad_verification_code", None  # GitHub tells of no error of its own for this
        token = Token(f"ghu_{secrets.token_hex(18)}", given.user, app, expires_at=self.room.now() + TOKEN_LIFE)
        self.room.state.tokens[token.value] = token
        return "", token

    def _known(self, given: Mapping[str, Any], known: frozenset[str]) -> None:
        if unknown := sorted(given.keys() - known):
            abort(self._unmodelled(f"{request.path} with {', '.join(unknown)}"))

    def _unmodelled(self, what: str) -> Response:
        self.room.violations.append(f"{what} is not modelled")
        return Response(self.room.violations[-1], 501)


def _challenge(verifier: str) -> str:
    """PKCE's challenge for a verifier; none for none. https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") if verifier else ""
