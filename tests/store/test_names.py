"""A repository that was renamed or transferred: what is kept about it is read with what GitHub has told since."""

from dataclasses import replace

import pytest
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import ChecksChanged, Repository, Thread, WordSaid
from ghapp.core.run import Target
from ghapp.store.connection import key
from ghapp.store.inbox import Inboxes
from ghapp.store.runs import Runs
from ghapp.store.talks import ChatTalks
from tests.store.runs_of import MONA, REPOSITORY, commented, run, thread

RENAMED = Repository(REPOSITORY.id, "octo/renamed", REPOSITORY.installation + 1)
TALK = Talk("T1", "C1", "1700000000.000100")


@pytest.fixture
def runs(redis: Redis) -> Runs:
    """With a run of `octo/demo`, which waits for a worker."""
    runs = Runs(redis)
    runs.create(run())
    return runs


@pytest.fixture
def inbox(redis: Redis) -> Inboxes:
    return Inboxes(redis)


def by_its_new_name(inbox: Inboxes, delivery: str = "new") -> None:
    """GitHub tells of a comment somewhere in the repository."""
    inbox.add(delivery, replace(commented(1), thread=Thread(RENAMED, 9)))


def test_a_run_goes_by_what_its_repository_was_called_last(runs: Runs, inbox: Inboxes) -> None:
    """An event tells another name and installation: whichever way I come to the run, it has them."""
    by_its_new_name(inbox)
    found = [runs.load("r1"), runs.last_run(thread()), runs.by_page("page-of-r1"), *runs.unfinished()]
    assert [one and one.thread for one in found] == [Thread(RENAMED, 1)] * 4
    assert runs.claim("r1", 0, "w1").thread.repository == RENAMED


def test_nobody_is_overtaken_by_a_new_name(runs: Runs, redis: Redis, inbox: Inboxes) -> None:
    """It is told while an attempt goes on, which writes its record as before; what it writes is read so, too."""
    claimed = runs.claim("r1", 0, "w1")
    by_its_new_name(inbox)
    kept = runs.save(replace(claimed, notes=("one",)))
    assert runs.save(replace(kept, notes=("one", "two"))).notes == ("one", "two")
    assert runs.load("r1").thread.repository == RENAMED


def test_the_next_write_keeps_it(runs: Runs, redis: Redis, inbox: Inboxes) -> None:
    """What was told is kept for a while only; a run that is written later has it in its record."""
    by_its_new_name(inbox)
    runs.supersede(runs.load("r1"))
    redis.delete(key("repository", REPOSITORY.id))
    assert runs.load("r1").thread.repository == RENAMED


@pytest.mark.parametrize(("holds", "then"), [("octo/demo", "octo/renamed"), ("eve/demo", "eve/demo")])
def test_a_branch_of_the_repository_itself_is_renamed_with_it(
    redis: Redis, inbox: Inboxes, holds: str, then: str
) -> None:
    """Else a run on somebody's pull request would take it for a fork's; a real fork keeps its name."""
    runs = Runs(redis)
    runs.create(replace(run(), target=Target("topic", holds)))
    by_its_new_name(inbox)
    assert runs.load("r1").target == Target("topic", then)


def test_a_talk_is_about_the_repository_as_it_is_called_now(redis: Redis, inbox: Inboxes) -> None:
    """What is said in it reaches the repository by its new name, and through the installation that sees it."""
    talks = ChatTalks(redis)
    talks.bind(TALK, thread(), Speaker("T1", "U1"))
    by_its_new_name(inbox)
    assert talks.thread(TALK) == Thread(RENAMED, 1)
    assert talks.of(thread()) == talks.of(Thread(RENAMED, 1)) == TALK


def test_what_we_tell_ourselves_names_nothing(runs: Runs, inbox: Inboxes) -> None:
    """A look that falls due, and a word from the chat, repeat a name that may be an old one by now."""
    by_its_new_name(inbox)
    inbox.add("poll", ChecksChanged(thread(), "a" * 40, "poll"))
    inbox.add("word", WordSaid(thread(), MONA, "/honk stop", "", "2026-11-01T10:00:00Z", TALK, 1))
    assert runs.load("r1").thread.repository == RENAMED


def test_a_delivery_that_comes_twice_names_nothing_the_second_time(runs: Runs, inbox: Inboxes) -> None:
    """GitHub sends what was heard before the repository was renamed once more."""
    inbox.add("old", commented(2))
    by_its_new_name(inbox)
    inbox.add("old", commented(2))
    assert runs.load("r1").thread.repository == RENAMED
