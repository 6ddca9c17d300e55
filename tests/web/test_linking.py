"""Saying who one is at GitHub: the pages, and what nobody gets by with on them."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from ghapp.core.chat import Speaker, Talk
from ghapp.core.errors import StoreDown
from ghapp.core.events import ButtonPressed, Happening, MessageWritten
from ghapp.core.ports import Invitation
from ghapp.github.people import GitHubSignIn
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from ghapp.store.connection import key
from ghapp.store.identities import ChatIdentities
from ghapp.store.inbox import Inboxes
from ghapp.web import linking
from tests import linking as walking
from tests.github.front import Front
from tests.linking import away, word_of
from tests.web.linking_app import BACK, ROOT, app_with, served
from tests.web.web_over import Wakes

TALK = Talk("T1", "C1", "1.5")
ANA, EVE = Speaker("T1", "U1"), Speaker("T1", "U6")
ASKED = MessageWritten(TALK, ANA, "Mend it", "1.5", "2026-11-01T10:00:00Z", addressed=True)
HOSTILE = "</p><script>alert(1)</script>\"'{{ 7 * 7 }}\u202e"


@dataclass
class Surfer:
    """A browser on our pages, over https; GitHub's it reaches by HTTP."""

    client: FlaskClient
    shown: TestResponse = field(init=False)

    def open(self, path: str, **query: str) -> int:
        self.shown = self.client.get(path, query_string=query, base_url=ROOT, follow_redirects=True)
        return self.shown.status_code

    def send(self, path: str, **form: str) -> int:
        self.shown = self.client.post(path, data=form, base_url=ROOT)
        return self.shown.status_code

    def press(self, path: str, **form: str) -> int:
        """Send the form of the page that is shown."""
        return self.send(path, word=word_of(self.shown.text), **form)

    def picked(self, login: str) -> dict[str, str]:
        """What GitHub leads back with, once one has picked who to be on the page that is shown."""
        answer = requests.post(away(self.shown.text), data={"login": login}, allow_redirects=False, timeout=20)
        address = answer.headers["Location"]
        assert address.startswith(f"{BACK}?")
        return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}

    def go(self, token: str, login: str) -> None:
        """As far as the last page, and not further."""
        assert self.open(f"/slack/link/{token}") == 200
        assert self.press(f"/slack/link/{token}") == 200
        assert self.open("/slack/linked", **self.picked(login)) == 200
        assert f"@{login}" in self.shown.text

    @property
    def cookie(self) -> str:
        found = self.client.get_cookie("__Host-honk-link", domain="honk.example")
        return found.value if found else ""


@pytest.fixture
def identities(redis: Redis) -> ChatIdentities:
    return ChatIdentities(redis)


class FullInboxes(Inboxes):
    """No room for anything."""

    def add(self, delivery: str, event: Happening) -> str | None:
        raise StoreDown("the store takes nothing")


@pytest.fixture
def app(world: World, redis: Redis, wakes: Wakes) -> Flask:
    return app_with(world, redis, wakes)


@pytest.fixture
def ana(app: Flask) -> Surfer:
    """Ana's browser."""
    return Surfer(app.test_client())


@pytest.fixture
def eve(app: Flask) -> Surfer:
    """The browser of somebody who means no good."""
    return Surfer(app.test_client())


def _kept(redis: Redis) -> list[Happening]:
    found = []
    with Inboxes(redis).drain("chat:T1:C1:1.5") as mail:
        assert mail is not None
        while (event := mail.peek()) is not None:
            found.append(event)
            mail.done()
    return found


# --- how it goes ------------------------------------------------------------------------------------------------------


def test_a_person_links_and_what_they_asked_for_goes_on(
    ana: Surfer, world: World, identities: ChatIdentities, redis: Redis, wakes: Wakes
) -> None:
    """The pages name both accounts; afterwards the message is in its inbox again, though it was there before."""
    Inboxes(redis).add("d1", ASKED)
    assert _kept(redis) == [ASKED]
    token = identities.invite(Invitation(ANA, "ana", ASKED))
    assert ana.open(f"/slack/link/{token}") == 200
    for shown in ("ana", "U1", "T1", "Not you?"):
        assert shown in ana.shown.text
    ana.press(f"/slack/link/{token}")
    ana.open("/slack/linked", **ana.picked("octocat"))
    for shown in ("ana", "U1", "T1", "@octocat", "/honk unlink"):
        assert shown in ana.shown.text
    assert identities.github(ANA) is None
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert "goes on by itself" in ana.shown.text
    assert identities.github(ANA) == world.user("octocat").id
    (again,) = _kept(redis)
    assert isinstance(again, MessageWritten)
    assert (again.text, again.ts, again.again) == (ASKED.text, ASKED.ts, True)
    assert wakes.inboxes == ["chat:T1:C1:1.5"]
    assert ana.cookie == ""


def test_over_a_real_socket_in_one_call(world: World, redis: Redis, wakes: Wakes, identities: ChatIdentities) -> None:
    """Without https the cookie has a plain name; who wanted nothing has nothing that goes on."""
    with served(lambda root: app_with(world, redis, wakes, root)) as root:
        world.app.callback_urls = (f"{root}/slack/linked",)
        token = identities.invite(Invitation(ANA, "ana"))
        page = walking.link(f"{root}/slack/link/{token}", "mona")
    assert "You are linked" in page
    assert "goes on" not in page
    assert identities.github(ANA) == world.user("mona").id
    assert wakes.inboxes == []


def test_a_stop_that_waited_is_heard_first(ana: Surfer, identities: ChatIdentities, wakes: Wakes) -> None:
    """Its inbox is drained before others."""
    pressed = ButtonPressed(TALK, ANA, "stop", "", "1.6", "p1", "2026-11-01T10:00:00Z", again=True)
    ana.go(identities.invite(Invitation(ANA, "ana", pressed)), "mona")
    ana.press("/slack/confirm", mine="yes")
    assert wakes.urgent == wakes.inboxes == ["chat:T1:C1:1.5"]


def test_a_phone_that_loads_pages_again_loses_nothing(ana: Surfer, world: World, identities: ChatIdentities) -> None:
    """The first page and the last may be loaded as often as one likes; the code is in no address that is kept."""
    token = identities.invite(Invitation(ANA, "ana"))
    for _ in range(3):
        ana.open(f"/slack/link/{token}")
    ana.go(token, "mona")
    assert ana.shown.request.path == "/slack/confirm"
    assert not ana.shown.request.query_string
    for _ in range(3):
        assert ana.open("/slack/confirm") == 200
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert identities.github(ANA) == world.user("mona").id


def test_a_person_thinks_better_of_it(ana: Surfer, identities: ChatIdentities) -> None:
    """They say no at GitHub: nothing is linked, and the link is still good."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    told = ana.picked("")
    assert told["error"] == "access_denied"
    assert ana.open("/slack/linked", **told) == 400
    assert "Nothing was linked" in ana.shown.text
    ana.go(token, "mona")


def test_the_box_has_to_be_ticked(ana: Surfer, world: World, identities: ChatIdentities) -> None:
    """The button alone does nothing, and uses nothing up."""
    ana.go(identities.invite(Invitation(ANA, "ana")), "mona")
    assert ana.press("/slack/confirm") == 422
    assert ana.press("/slack/confirm", mine="no") == 422
    assert identities.github(ANA) is None
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert identities.github(ANA) == world.user("mona").id


# --- what does not go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["made-up", "x" * 4000, "%00", "a:b"])
def test_an_unknown_link_is_told_in_a_sentence(ana: Surfer, token: str) -> None:
    """As one that was used, or is too old."""
    assert ana.open(f"/slack/link/{token}") == 404
    assert "older than ten minutes" in ana.shown.text
    assert ana.cookie == ""


def test_a_link_is_good_once(ana: Surfer, eve: Surfer, world: World, identities: ChatIdentities) -> None:
    """Two browsers that came as far as the last page: the first counts."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.go(token, "mona")
    eve.go(token, "octocat")
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert eve.press("/slack/confirm", mine="yes") == 404
    assert eve.open(f"/slack/link/{token}") == 404
    assert identities.github(ANA) == world.user("mona").id


def test_a_link_that_ends_on_the_way_links_nothing(ana: Surfer, identities: ChatIdentities, redis: Redis) -> None:
    """At each step: before GitHub, on the way back, at the last button."""
    tokens = [identities.invite(Invitation(ANA, "ana")) for _ in range(3)]
    ana.open(f"/slack/link/{tokens[0]}")
    redis.delete(key("invitation", tokens[0]))  # the ten minutes are over
    assert ana.press(f"/slack/link/{tokens[0]}") == 404
    ana.open(f"/slack/link/{tokens[1]}")
    ana.press(f"/slack/link/{tokens[1]}")
    told = ana.picked("mona")
    redis.delete(key("invitation", tokens[1]))
    assert ana.open("/slack/linked", **told) == 404
    ana.go(tokens[2], "mona")
    redis.delete(key("invitation", tokens[2]))
    assert ana.press("/slack/confirm", mine="yes") == 404
    assert identities.github(ANA) is None


def test_a_page_of_another_site_can_send_no_form(ana: Surfer, identities: ChatIdentities) -> None:
    """It cannot know the word, which is another in each browser and at each step."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    first = word_of(ana.shown.text)
    for word in ("", "0" * 64, first.upper(), "ü"):
        assert ana.send(f"/slack/link/{token}", word=word) == 403
    ana.go(token, "mona")
    for word in ("", "0" * 64, first, "ü"):
        assert ana.send("/slack/confirm", word=word, mine="yes") == 403
    assert identities.github(ANA) is None


def test_a_word_is_good_for_its_own_browser_and_step(ana: Surfer, eve: Surfer, identities: ChatIdentities) -> None:
    """Eve's is not Ana's, that of the first page not that of the last, and none goes without the cookie."""
    token, hers = (identities.invite(Invitation(who, "x")) for who in (ANA, EVE))
    eve.open(f"/slack/link/{hers}")
    ana.open(f"/slack/link/{token}")
    word = word_of(ana.shown.text)
    assert ana.send(f"/slack/link/{token}", word=word_of(eve.shown.text)) == 403
    assert ana.send(f"/slack/link/{hers}", word=word) == 403
    assert ana.send("/slack/confirm", word=word, mine="yes") == 403
    assert ana.open("/slack/linked", state=word, error="access_denied") == 403
    good = ana.cookie
    ana.client.delete_cookie("__Host-honk-link", domain="honk.example")
    assert ana.send(f"/slack/link/{token}", word=word) == 403
    ana.client.set_cookie("__Host-honk-link", good, domain="honk.example", secure=True)
    assert ana.send(f"/slack/link/{token}", word=word) == 200


def test_a_sign_in_belongs_to_the_browser_that_began_it(ana: Surfer, eve: Surfer, identities: ChatIdentities) -> None:
    """Eve leads Ana straight to GitHub, or back from it with Eve's code: Ana's browser knows of no such thing."""
    hers = identities.invite(Invitation(EVE, "eve"))
    eve.open(f"/slack/link/{hers}")
    eve.press(f"/slack/link/{hers}")
    told = eve.picked("mona")  # it is Ana who signed in, in her browser
    assert ana.open("/slack/linked", **told) == 403
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    assert ana.open("/slack/linked", **told) == 403
    assert ana.open("/slack/linked", code=told["code"]) == 403
    assert ana.open("/slack/confirm") == 403
    assert identities.github(ANA) is identities.github(EVE) is None


def test_a_code_of_another_sign_in_proves_nothing(ana: Surfer, eve: Surfer, identities: ChatIdentities) -> None:
    """Whoever caught Ana's code cannot come back with it in their own sign-in: GitHub holds it to its challenge."""
    for who, speaker in ((ana, ANA), (eve, EVE)):
        token = identities.invite(Invitation(speaker, "x"))
        who.open(f"/slack/link/{token}")
        who.press(f"/slack/link/{token}")
    caught, own = ana.picked("mona"), eve.picked("octocat")
    assert eve.open("/slack/linked", code=caught["code"], state=own["state"]) == 400
    assert "begin again" in eve.shown.text
    assert eve.open("/slack/confirm") == 403


def test_a_cookie_alone_is_not_enough(ana: Surfer, eve: Surfer, identities: ChatIdentities) -> None:
    """It was read from a file while Ana was at GitHub: the state, which Eve would need, is not in it."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    told = ana.picked("mona")
    eve.client.set_cookie("__Host-honk-link", ana.cookie, domain="honk.example", secure=True)
    assert told["state"] not in ana.cookie
    for state in ("", ana.cookie, token, "0" * 64):
        assert eve.open("/slack/linked", code=told["code"], state=state) == 403
    assert eve.open("/slack/confirm") == 403


def test_a_cookie_cannot_be_made(ana: Surfer, identities: ChatIdentities) -> None:
    """Ours is signed: a changed one, one of nobody's, and one that is garbage count as none."""
    ana.go(identities.invite(Invitation(ANA, "ana")), "mona")
    good = ana.cookie
    for value in (good[:-2], "A" + good, good.replace(".", "x"), "", "ü", "W10.x", "."):
        ana.client.set_cookie("__Host-honk-link", value, domain="honk.example", secure=True)
        assert ana.open("/slack/confirm") == 403
    ana.client.set_cookie("__Host-honk-link", good, domain="honk.example", secure=True)
    assert ana.open("/slack/confirm") == 200


def test_the_way_back_is_good_once(ana: Surfer, identities: ChatIdentities) -> None:
    """A second time, the browser's step is another one; and so is the last button."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    told = ana.picked("mona")
    ana.open("/slack/linked", **told)
    page = word_of(ana.shown.text)
    assert ana.open("/slack/linked", **told) == 403
    assert ana.send("/slack/confirm", word=page, mine="yes") == 200
    assert ana.send("/slack/confirm", word=page, mine="yes") == 403


def test_an_account_that_is_no_person_is_told_so(ana: Surfer, world: World, identities: ChatIdentities) -> None:
    """It was turned into an organization a moment ago."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    told = ana.picked("mona")
    world.user("mona").type = "Organization"
    assert ana.open("/slack/linked", **told) == 400
    assert "no person" in ana.shown.text
    assert ana.open("/slack/confirm") == 403


def test_nobody_is_led_elsewhere(ana: Surfer, world: World, identities: ChatIdentities) -> None:
    """Whatever a request says of its host or of where to go, one comes to GitHub and back to our own address."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}", next="https://evil.example", redirect_uri="https://evil.example")
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Referer": "https://evil.example"}
    answer = ana.client.post(
        f"/slack/link/{token}?next=https://evil.example",
        data={"word": word_of(ana.shown.text), "next": "https://evil.example"},
        headers=headers,
        base_url=ROOT,
    )
    address = urlsplit(away(answer.text))
    assert f"{address.scheme}://{address.netloc}" == world.state.base_url
    assert parse_qs(address.query)["redirect_uri"] == [BACK]
    assert "evil" not in answer.text


def test_hostile_names_are_only_text(ana: Surfer, playground: Playground, identities: ChatIdentities) -> None:
    """Whatever somebody calls themselves, it is shown and does nothing, and turns no line around."""
    token = identities.invite(Invitation(ANA, HOSTILE + "x" * 500, ASKED))
    Front.before(playground).says("GET .*/user", "200 OK", {"id": 5, "login": "<b>mona", "type": "User"})
    pages = []
    ana.open(f"/slack/link/{token}")
    pages.append(ana.shown.text)
    ana.press(f"/slack/link/{token}")
    ana.open("/slack/linked", **ana.picked("mona"))
    pages.append(ana.shown.text)
    ana.press("/slack/confirm", mine="yes")
    pages.append(ana.shown.text)
    for page in pages:
        assert "&lt;script&gt;alert(1)" in page
        assert "<script" not in page
        assert "{{ 7 * 7 }}" in page
        assert "\u202e" not in page
        assert "x" * 81 not in page
    assert all("&lt;b&gt;mona" in page and "<b>mona" not in page for page in pages[1:])


def test_what_is_away_is_told_in_a_sentence(
    ana: Surfer, world: World, identities: ChatIdentities, redis: Redis
) -> None:
    """GitHub or our store: a page with a way to begin again, and nothing is used up."""
    token = identities.invite(Invitation(ANA, "ana"))
    ana.open(f"/slack/link/{token}")
    ana.press(f"/slack/link/{token}")
    told = ana.picked("mona")
    secret, world.app.client_secret = world.app.client_secret, "another"
    assert ana.open("/slack/linked", **told) == 503
    assert f'href="/slack/link/{token}"' in ana.shown.text
    world.app.client_secret = secret
    ana.go(token, "mona")
    redis.config_set("maxmemory", "1")
    assert ana.press("/slack/confirm", mine="yes") == 503
    redis.config_set("maxmemory", "0")
    ana.open("/slack/confirm")
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert identities.github(ANA) == world.user("mona").id


def test_a_wish_that_cannot_be_kept_is_said(
    world: World, identities: ChatIdentities, redis: Redis, wakes: Wakes
) -> None:
    """They are linked, and have to ask once more."""
    ana = Surfer(app_with(world, redis, wakes, boxes=FullInboxes).test_client())
    ana.go(identities.invite(Invitation(ANA, "ana", ASKED)), "mona")
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert "ask once more" in ana.shown.text
    assert identities.github(ANA) == world.user("mona").id


def test_an_intake_that_sleeps_loses_no_wish(
    ana: Surfer, world: World, identities: ChatIdentities, redis: Redis, wakes: Wakes
) -> None:
    """It cannot be woken; the inbox is marked, and the clock finds it."""
    wakes.is_down = True
    ana.go(identities.invite(Invitation(ANA, "ana", ASKED)), "mona")
    assert ana.press("/slack/confirm", mine="yes") == 200
    assert "goes on by itself" in ana.shown.text
    assert Inboxes(redis).wanted() == ("chat:T1:C1:1.5",)
    assert identities.github(ANA) == world.user("mona").id


def test_the_pages_are_guarded(ana: Surfer, identities: ChatIdentities) -> None:
    """No scripts, no framing, forms to ourselves alone, nothing kept or told on; the cookie is for us only."""
    token = identities.invite(Invitation(ANA, "ana"))
    answers = []
    ana.open(f"/slack/link/{token}")
    answers.append(ana.shown)
    cookie = ana.shown.headers["Set-Cookie"]
    for mark in ("__Host-honk-link=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert mark in cookie
    assert "Domain" not in cookie
    ana.press(f"/slack/link/{token}")
    answers.append(ana.shown)
    ana.open("/slack/linked", **ana.picked("mona"))
    answers.append(ana.shown)
    ana.open("/slack/linked")
    answers.append(ana.shown)
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script" not in answer.text


def test_without_a_secret_there_are_no_pages(redis: Redis, wakes: Wakes) -> None:
    """Anybody could make the cookie."""
    nobody = GitHubSignIn("Iv1", "", "http://127.0.0.1:9", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match="secret"):
        linking.blueprint(
            identities=ChatIdentities(redis),
            sign_in=nobody,
            inbox=Inboxes(redis),
            queue=wakes,
            public_root=ROOT,
            secret="",
        )
