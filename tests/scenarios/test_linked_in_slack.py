"""Who presses without having said who they are at GitHub: the private note, where it leads, and the press again."""

from collections.abc import Iterator

import pytest
from flask import Flask

from ghapp import jobs
from ghapp.core.chat import Speaker
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.shown import Seen
from ghapp.web.wsgi import application
from tests.linking import Browser, link
from tests.scenarios.office import ROOM, Office
from tests.scenarios.taps import Ready, merge_calls, ready
from tests.scenarios.town import DEMO, Town
from tests.scenarios.wishes import citizen
from tests.web.linking_app import served

LINK = "Link my GitHub account"


@pytest.fixture
def office(town: Town, office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The office, whose people can sign in: Slack and their browsers come to one and the same web part."""
    app = town.world.app
    monkeypatch.setenv("GITHUB_CLIENT_ID", app.client_id)
    monkeypatch.setenv("GITHUB_CLIENT_SECRET", app.client_secret)

    def web(root: str) -> Flask:
        monkeypatch.setenv("HONK_PUBLIC_URL", root)
        jobs.settings.cache_clear()
        return application()

    with served(web) as root:
        app.callback_urls = (f"{root}/slack/linked",)
        office.slack.connect(f"{root}/slack/events")
        yield office
        office.slack.settle()


@pytest.fixture
def ana(office: Office) -> SlackPerson:
    """Someone who may write to the repository, and who has not said who they are at GitHub."""
    return office.colleague("ana", linked=False)


@pytest.fixture
def it(office: Office) -> Ready:
    """A green pull request that a colleague asked for, and the talk about it that everybody sees."""
    return ready(office, office.colleague("ben"))


def note(office: Office, person: SlackPerson) -> Seen:
    """The one private note that somebody got."""
    (found,) = office.slack.whispers(person)
    return found


def address(office: Office, person: SlackPerson) -> str:
    """Where the button of that note leads."""
    (button,) = note(office, person).buttons
    return button.url


def github(office: Office, person: SlackPerson) -> int | None:
    """Who somebody is at GitHub, as Honk knows."""
    return office.town.records.identities.github(Speaker(office.slack.team, person.id))


@pytest.mark.parametrize("button", ["Merge", "Not yet", "🛑 Stop"])
def test_a_press_of_somebody_unknown_does_nothing_but_tell_them(
    town: Town, office: Office, it: Ready, ana: SlackPerson, button: str
) -> None:
    """I never said who I am: I alone get one note with a link, and for all others nothing has changed."""
    before, calls = it.told(), merge_calls(town)
    it.presses(ana, button)
    assert "tell me who you are at GitHub" in note(office, ana).shown
    assert address(office, ana).startswith(f"{town.settings.page_root}/slack/link/")
    assert it.told() == before
    assert it.offers()
    assert not it.opened.run.is_done
    assert not it.is_merged
    assert calls == []


def test_buttons_that_only_lead_somewhere_ask_nobody_who_they_are(
    town: Town, office: Office, it: Ready, ana: SlackPerson
) -> None:
    """Slack tells of those, too: I open the details and get no note; I open the note's link and get no second one."""
    it.presses(ana, "Details")
    assert office.slack.whispers(ana) == []
    it.presses(ana)
    ana.presses(ROOM, note(office, ana).ts, LINK)
    town.work()
    assert note(office, ana)
    assert not it.is_merged


def test_what_was_pressed_goes_on_once_one_is_known(town: Town, office: Office, it: Ready, ana: SlackPerson) -> None:
    """I press, follow the link, sign in at GitHub and confirm: my merge goes on by itself, once, in my name."""
    calls = merge_calls(town)
    press = it.button()
    ana.presses_old(press)
    town.work()
    assert not it.is_merged
    page = link(address(office, ana), "ana")
    assert "goes on by itself" in page
    town.work()
    assert github(office, ana) == town.world.user("ana").id
    ana.presses_old(press)
    town.work()
    assert it.is_merged_once
    assert calls == ["merge"]
    assert it.told().count("as @ana said") == 1
    assert note(office, ana)


def test_once_known_the_same_button_works(town: Town, office: Office, it: Ready, ana: SlackPerson) -> None:
    """I link without having pressed, by the word `link`: no note comes in the way of my tap."""
    ana.command("/honk link", ROOM)
    town.listen()
    assert "goes on" not in link(address(office, ana), "ana")
    it.presses(ana)
    assert it.is_merged_once
    assert "as @ana said" in it.told()


def test_what_waited_is_still_about_the_commit_that_one_saw(
    town: Town, office: Office, it: Ready, ana: SlackPerson
) -> None:
    """While I sign in somebody pushes: what I had pressed merges neither commit, and names both."""
    calls, seen = merge_calls(town), it.opened.head
    it.presses(ana)
    citizen(town, "octocat").push(it.opened.branch, {"answer.txt": "43\n"})
    town.work()
    link(address(office, ana), "ana")
    town.work()
    assert seen[:9] in it.told()
    assert it.opened.head[:9] in it.told()
    assert not it.is_merged
    assert calls == []


def test_a_link_is_used_by_one(town: Town, office: Office, it: Ready, ana: SlackPerson) -> None:
    """Eve has my link, too: after me she cannot use it, also not from the last page, where she waited."""
    it.presses(ana)
    where, eve = address(office, ana), Browser()
    root = town.settings.page_root
    citizen(town, "eve", "admin")
    eve.open(where)
    eve.send(where)
    eve.pick("eve")
    assert "Ana" in eve.page
    link(where, "ana")
    eve.send(f"{root}/slack/confirm", mine="yes")
    assert eve.status == 404
    assert "was used already" in eve.page
    eve.open(where)
    assert eve.status == 404
    eve.session.close()
    town.work()
    assert github(office, ana) == town.world.user("ana").id
    assert it.is_merged_once
    assert "as @ana said" in it.told()


def test_a_right_that_is_withdrawn_after_linking_is_none(
    town: Town, office: Office, it: Ready, ana: SlackPerson
) -> None:
    """I am known, and lose my role before I press: GitHub is asked at the tap, not at the link."""
    calls = merge_calls(town)
    ana.command("/honk link", ROOM)
    town.listen()
    link(address(office, ana), "ana")
    town.world.revoke(DEMO, "ana")
    it.presses(ana)
    assert "@ana, `merge` needs the role write on this repository, and you have" in it.told()
    assert not it.is_merged
    assert it.offers()
    assert calls == []


def test_a_right_that_is_withdrawn_while_one_signs_in_is_none(
    town: Town, office: Office, it: Ready, ana: SlackPerson
) -> None:
    """What I had pressed goes on with the rights that I have then."""
    calls = merge_calls(town)
    it.presses(ana)
    town.world.grant(DEMO, "ana", "triage")
    link(address(office, ana), "ana")
    town.work()
    assert "@ana, `merge` needs the role write on this repository, and you have the role triage" in it.told()
    assert not it.is_merged
    assert calls == []


def test_who_is_forgotten_is_asked_again(town: Town, office: Office, it: Ready, ana: SlackPerson) -> None:
    """I say `/honk unlink`: my next press is that of somebody unknown."""
    ana.command("/honk link", ROOM)
    town.listen()
    link(address(office, ana), "ana")
    ana.command("/honk unlink", ROOM)
    town.listen()
    it.presses(ana)
    assert github(office, ana) is None
    assert "tell me who you are at GitHub" in office.slack.whispers(ana)[-1].shown
    assert not it.is_merged
