"""Slack as the chat, against the playground over HTTP: what it shows us, and what we say there."""

import pytest
from redis import Redis

from ghapp.core.chat import Button, Card, Shown, Speaker, Talk
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles
from ghapp.store.pauses import Pauses

CARD = Card("**Working** on it", (Button("stop", "Stop", style="danger"),), note="a run")
DONE = Card("**Done**")


@pytest.fixture
def talk(slack: SlackWorkspace, ana: SlackPerson) -> Talk:
    """Ana's thread in `general`."""
    return Talk(slack.team, slack.channel("general").id, ana.says("general", "the login page is broken"))


def called(slack: SlackWorkspace, method: str) -> int:
    return sum(call.method == method for call in slack.calls)


# Writing


def test_a_message_is_written_in_the_thread(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """With its blocks, a text for notifications, its key unseen, and no link unfolded."""
    ts = chat.post(talk, CARD, "status")
    (_, said) = slack.messages("general", talk.root)
    assert (said.ts, said.thread, said.text, said.unfurls) == (ts, talk.root, "Working on it", False)
    assert said.shown == "Working on it\n[Stop]\na run"
    assert said.metadata == {"event_type": "honk", "event_payload": {"key": "status"}}


def test_the_same_key_edits(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Another key is another message."""
    first = chat.post(talk, CARD, "status")
    assert chat.post(talk, DONE, "status") == first
    assert chat.post(talk, DONE, "build") != first
    assert [said.shown for said in slack.messages("general", talk.root)[1:]] == ["Done", "Done"]


def test_a_lost_answer_writes_nothing_twice(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Slack did it and could not say so: the next attempt finds the message, also in another process."""
    slack.lose("chat.postMessage")
    with pytest.raises(TransientError):
        chat.post(talk, CARD, "status")
    assert called(slack, "chat.postMessage") == 1, "a write is never repeated by itself"
    another = SlackChat(slack.app.bot_token, slack.api_url)
    ts = another.post(talk, DONE, "status")
    assert [said.ts for said in slack.messages("general", talk.root)[1:]] == [ts]


def test_the_key_is_found_behind_many_messages(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Page after page."""
    slack.room.most_a_page = 3
    first = chat.post(talk, CARD, "status")
    for number in range(7):
        chat.post(talk, DONE, f"step {number}")
    assert chat.post(talk, DONE, "status") == first


def test_only_our_own_key_counts(slack: SlackWorkspace, chat: SlackChat, talk: Talk, ana: SlackPerson) -> None:
    """Metadata of others is theirs."""
    slack.room.state.channel_named("general").messages[talk.root].metadata = {
        "event_type": "honk",
        "event_payload": {"key": "status"},
    }
    assert chat.post(talk, CARD, "status") != talk.root


def test_a_message_can_begin_a_talk(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Without a root, in the channel itself; and once, though an answer was lost."""
    slack.lose("chat.postMessage")
    begins = Talk(talk.team, talk.channel, "")
    with pytest.raises(TransientError):
        chat.post(begins, CARD, "begin")
    ts = chat.post(begins, DONE, "begin")
    assert [said.ts for said in slack.messages("general")] == [talk.root, ts]


def test_a_person_stands_for_their_direct_messages(slack: SlackWorkspace, chat: SlackChat, ana: SlackPerson) -> None:
    """A talk can be with somebody to whom we never spoke, and goes on there."""
    talk = Talk(slack.team, ana.id, "")
    ts = chat.post(talk, CARD, "hello")
    chat.edit(talk, ts, DONE)
    assert [said.shown for said in slack.directs(ana)] == ["Done"]
    assert called(slack, "conversations.open") == 1


def test_an_edit_says_something_else(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """The buttons go, the key stays."""
    ts = chat.post(talk, CARD, "status")
    chat.edit(talk, ts, DONE)
    said = slack.messages("general", talk.root)[1]
    assert (said.text, said.shown, said.buttons, said.changes) == ("Done", "Done", (), 1)
    assert said.metadata is not None


def test_a_deleted_message_is_gone(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Whoever edits hears so; whoever posts writes it anew."""
    ts = chat.post(talk, CARD, "status")
    del slack.state.channel_named("general").messages[ts]
    with pytest.raises(Gone):
        chat.edit(talk, ts, DONE)
    assert chat.post(talk, DONE, "status") != ts


def test_a_message_that_is_deleted_meanwhile_is_written_anew(
    slack: SlackWorkspace, chat: SlackChat, talk: Talk
) -> None:
    """Between the look and the edit."""
    ts = chat.post(talk, CARD, "status")
    slack.meanwhile("chat.update", lambda: slack.state.channel_named("general").messages.pop(ts))
    new = chat.post(talk, DONE, "status")
    assert [said.ts for said in slack.messages("general", talk.root)[1:]] == [new]


def test_a_message_of_another_is_not_ours_to_edit(chat: SlackChat, talk: Talk) -> None:
    """Gone, as one that is not there: of ours there is none."""
    with pytest.raises(Gone):
        chat.edit(talk, talk.root, DONE)


def test_a_thread_that_was_deleted_is_gone(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """There is nowhere left to say it."""
    slack.state.channel_named("general").messages.clear()
    with pytest.raises(Gone):
        chat.post(talk, CARD, "status")


# Pictures


def test_a_picture_is_shown(slack: SlackWorkspace, chat: SlackChat, files: SlackFiles, talk: Talk) -> None:
    """By the id that uploading it gave."""
    picture = Shown(files.upload("qr.png", b"\x89PNG", "A code"), "A code")
    chat.post(talk, Card("Try it", pictures=(picture,)), "build")
    said = slack.messages("general", talk.root)[1]
    assert (said.pictures, said.shown) == ((picture.file,), "Try it\n(picture: A code)")


def test_a_picture_that_is_lost_costs_no_message(
    slack: SlackWorkspace, chat: SlackChat, files: SlackFiles, talk: Talk
) -> None:
    """It is left out, and the others stay."""
    kept = Shown(files.upload("qr.png", b"\x89PNG", "A code"), "A code")
    chat.post(talk, Card("Try it", pictures=(Shown("F0GONE", "Lost"), kept)), "build")
    assert slack.messages("general", talk.root)[1].pictures == (kept.file,)


def test_a_picture_that_slack_still_looks_at_is_waited_for(
    slack: SlackWorkspace, chat: SlackChat, files: SlackFiles, talk: Talk
) -> None:
    """Right after the upload a message with it is refused; a moment later it is not."""
    picture = Shown(files.upload("qr.png", b"\x89PNG", "A code"), "A code")
    slack.fail("chat.postMessage", "invalid_blocks")
    with pytest.raises(TransientError) as waiting:
        chat.post(talk, Card("Try it", pictures=(picture,)), "build")
    assert waiting.value.retry_after == 2
    chat.post(talk, Card("Try it", pictures=(picture,)), "build")
    assert slack.messages("general", talk.root)[1].pictures == (picture.file,)


# Pauses that Slack asks for


def test_slack_is_left_alone_for_as_long_as_it_says(
    slack: SlackWorkspace, talk: Talk, redis: Redis, redis_url: str
) -> None:
    """By all our processes, for that method; then all goes on."""
    slack.limit("chat.postMessage", retry_after=31)
    with pytest.raises(TransientError) as first:
        SlackChat(slack.app.bot_token, slack.api_url, Pauses(redis)).post(talk, CARD, "status")
    assert first.value.retry_after == 31
    with Redis.from_url(redis_url) as elsewhere:
        another = SlackChat(slack.app.bot_token, slack.api_url, Pauses(elsewhere))
        with pytest.raises(TransientError) as second:
            another.post(talk, CARD, "status")
        assert second.value.retry_after is not None
        assert 0 < second.value.retry_after <= 31
        assert called(slack, "chat.postMessage") == 1
        assert another.channel(talk) == "general"
        redis.delete("honk:pause:chat.postMessage")  # the time is over
        assert another.post(talk, CARD, "status")


# Whispering and reacting


def test_a_whisper_is_seen_by_one(slack: SlackWorkspace, chat: SlackChat, talk: Talk, ana: SlackPerson) -> None:
    """In the thread, and by nobody else."""
    chat.whisper(talk, Speaker(slack.team, ana.id), CARD)
    (said,) = slack.whispers(ana)
    assert (said.thread, said.text) == (talk.root, "Working on it")
    assert len(slack.messages("general", talk.root)) == 1


def test_a_whisper_to_who_is_not_there_is_a_direct_message(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """So is one where we are not."""
    ben = slack.member("ben")
    chat.whisper(talk, Speaker(slack.team, ben.id), CARD)
    elsewhere = Talk(slack.team, slack.channel("secret", ben, private=True, bot=False).id, "")
    chat.whisper(elsewhere, Speaker(slack.team, ben.id), DONE)
    assert [said.text for said in slack.directs(ben)] == ["Working on it", "Done"]


def test_a_whisper_in_a_direct_message_is_an_answer(slack: SlackWorkspace, chat: SlackChat, ana: SlackPerson) -> None:
    """Nobody else reads there."""
    talk = Talk(slack.team, ana.home, ana.direct("mend it"))
    chat.whisper(talk, Speaker(slack.team, ana.id), CARD)
    assert [said.text for said in slack.directs(ana, talk.root)] == ["mend it", "Working on it"]


def test_a_whisper_between_two_others_comes_to_one(slack: SlackWorkspace, chat: SlackChat, ana: SlackPerson) -> None:
    """Ana types `/honk` where she talks to Ben: we may not write there, and answer in her messages with us."""
    theirs = slack.state.direct(ana.user, slack.member("ben").user)
    chat.whisper(Talk(slack.team, theirs.id, ""), Speaker(slack.team, ana.id), CARD)
    assert [said.text for said in slack.directs(ana)] == ["Working on it"]
    assert theirs.messages == {}


def test_a_reaction_twice_is_one(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """A step that is done again reacts again."""
    chat.react(talk, talk.root, "eyes")
    chat.react(talk, talk.root, "eyes")
    assert slack.messages("general")[0].reactions == {"eyes": ("honk",)}
    with pytest.raises(Gone):
        chat.react(talk, "1.000001", "eyes")


# Refusals


def test_a_rate_limit_is_told_and_not_waited_for(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Whoever asked comes back in so many seconds; nothing was written."""
    for method in ("chat.postMessage", "conversations.replies"):
        slack.limit(method, retry_after=31)
        with pytest.raises(TransientError) as busy:
            chat.post(talk, CARD, "status")
        assert busy.value.retry_after == 31
    assert len(slack.messages("general", talk.root)) == 1


def test_a_read_whose_answer_was_lost_is_asked_once_more(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """Reading twice does no harm; a connection that breaks again is a busy Slack."""
    slack.lose("conversations.replies")
    assert len(chat.messages(talk)) == 1
    slack.lose("conversations.replies", times=2)
    with pytest.raises(TransientError):
        chat.messages(talk)


@pytest.mark.parametrize(("error", "status"), [("internal_error", 200), ("fatal_error", 500), ("ratelimited", 200)])
def test_what_slack_cannot_do_now_is_tried_again(
    slack: SlackWorkspace, chat: SlackChat, talk: Talk, error: str, status: int
) -> None:
    """It is Slack's trouble, not the person's."""
    slack.fail("chat.postMessage", error, status=status)
    with pytest.raises(TransientError):
        chat.post(talk, CARD, "status")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("account_inactive", "SLACK_BOT_TOKEN"),
        ("token_revoked", "SLACK_BOT_TOKEN"),
        ("not_in_channel", "Invite it"),
        ("channel_not_found", "Invite it"),
        ("is_archived", "archived"),
        ("restricted_action", "restricted_action"),
    ],
)
def test_a_refusal_is_a_sentence(slack: SlackWorkspace, chat: SlackChat, talk: Talk, error: str, sentence: str) -> None:
    """A person can do something about each; what is unknown is named."""
    slack.fail("chat.postMessage", error)
    with pytest.raises(UserError, match=sentence):
        chat.post(talk, CARD, "status")


def test_a_scope_that_lacks_is_named() -> None:
    """By the operator's own words for it."""
    with SlackWorkspace(scopes=["channels:history"]) as slack:
        chat = SlackChat(slack.app.bot_token, slack.api_url)
        with pytest.raises(UserError, match="chat:write"):
            chat.post(Talk(slack.team, slack.channel("general").id, ""), CARD, "status")


def test_a_slack_that_is_away_is_waited_for() -> None:
    """Nobody listens there."""
    with pytest.raises(TransientError):
        SlackChat("xoxb-1", "http://127.0.0.1:9/api").edit(Talk("T0", "C0", "1.000001"), "1.000002", CARD)


# Reading


def test_a_talk_is_read_from_its_first_message_on(
    slack: SlackWorkspace, chat: SlackChat, talk: Talk, ana: SlackPerson
) -> None:
    """With names for people, addresses for links, files, and which of it is ours."""
    ben = slack.member("ben", name="Ben")
    ben.says("general", "@ana see https://a.example/x & <b>", talk.root, [("shot.png", b"12345")])
    ours = chat.post(talk, CARD, "status")
    first, second, third = chat.messages(talk)
    assert (first.ts, first.speaker, first.text) == (
        talk.root,
        Speaker(slack.team, ana.id),
        "the login page is broken",
    )
    assert (second.text, second.ours) == ("@Ana see https://a.example/x & <b>", False)
    (file,) = second.files
    assert (file.name, file.size, file.type) == ("shot.png", 5, "image/png")
    assert (third.ts, third.ours) == (ours, True)


def test_a_long_talk_is_its_first_message_and_the_newest(
    slack: SlackWorkspace, chat: SlackChat, talk: Talk, ana: SlackPerson
) -> None:
    """Two hundred at most, in order, over pages that each begin with the first message."""
    slack.room.most_a_page = 90
    for number in range(220):
        ana.says("general", str(number), talk.root)
    texts = [message.text for message in chat.messages(talk)]
    assert texts == ["the login page is broken", *map(str, range(21, 220))]


def test_strangers_are_who_they_are(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """What somebody of another workspace says is read as theirs, and the flow can tell."""
    eve = slack.stranger("eve")
    slack.channel("general", eve)
    eve.says("general", "drop it", talk.root)
    said = chat.messages(talk)[1]
    assert said.speaker == Speaker("T0OTHER001", eve.id)
    assert not chat.person(said.speaker).member


def test_a_talk_without_a_message_has_none(slack: SlackWorkspace, chat: SlackChat, talk: Talk) -> None:
    """A command's."""
    assert chat.messages(Talk(talk.team, talk.channel, "")) == ()
    assert chat.link(Talk(talk.team, talk.channel, "")) == ""


def test_a_talk_has_an_address_and_a_channel_a_name(
    slack: SlackWorkspace, chat: SlackChat, talk: Talk, ana: SlackPerson
) -> None:
    """Direct messages have no name, nor has what we may not see."""
    assert chat.link(talk) == f"{slack.base_url}/archives/{talk.channel}/p{talk.root.replace('.', '')}"
    assert chat.channel(talk) == "general"
    assert chat.channel(Talk(slack.team, ana.home, "")) == ""
    hidden = slack.channel("secret", ana, private=True, bot=False)
    assert chat.channel(Talk(slack.team, hidden.id, "")) == ""


def test_who_is_a_member(slack: SlackWorkspace, chat: SlackChat, ana: SlackPerson) -> None:
    """Full members of this workspace; no guests, strangers, bots, or people who left."""
    gone = slack.member("gone")
    slack.deactivate(gone)
    others = (slack.guest("gus"), slack.guest("sue", single_channel=True), slack.stranger("eve"), slack.bot("ci"), gone)
    assert [chat.person(Speaker(slack.team, one.id)).member for one in others] == [False] * 5
    person = chat.person(Speaker(slack.team, ana.id))
    assert (person.name, person.member) == ("Ana", True)
    assert not chat.person(Speaker("T0OTHER001", ana.id)).member, "the id is of another workspace, it is said"
    assert not chat.person(Speaker(slack.team, "U0NOBODY")).member


def test_a_person_is_asked_for_once_a_minute(slack: SlackWorkspace, ana: SlackPerson) -> None:
    """So long Slack's word of somebody is believed, and no longer."""
    now = [0.0]
    chat = SlackChat(slack.app.bot_token, slack.api_url, clock=lambda: now[0])
    speaker = Speaker(slack.team, ana.id)
    assert chat.person(speaker).member
    slack.deactivate(ana)
    now[0] = 59.9
    assert chat.person(speaker).member
    assert called(slack, "users.info") == 1
    now[0] = 60.0
    assert not chat.person(speaker).member
