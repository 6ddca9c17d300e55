"""The main road: from a label or a command to a pull request that is ready for review."""

import re

from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix


def test_a_label_becomes_a_pull_request_that_is_ready_when_ci_is_green(town: Town, octocat: Citizen) -> None:
    """I label an issue, and get a draft that closes it and leaves draft when its CI is green."""
    issue = octocat.open_issue("The answer is wrong", "It must be 42.")
    with town.model(fix(shown=["The answer is wrong", "It must be 42."])):
        octocat.label(issue)
        town.work()
    pull = town.the_pull()
    assert pull.pull is not None
    assert pull.pull.draft
    assert (pull.title, pull.author.user.login) == ("The answer is wrong", "honk[bot]")
    assert (pull.body or "").startswith("<!-- honk:pull:")
    assert f"Closes #{issue}, asked for by @octocat." in (pull.body or "")
    assert re.search(r"\| tests \| ✅.* \| ✅.* \| passed \|", pull.body or "")
    assert f"Pull request: #{pull.number}" in town.status(issue)
    town.ci_passes(pull)
    town.work()
    assert not pull.pull.draft
    assert "**Honk** · ready for review" in town.status(issue)
    assert "| test | ✅ success |" in town.status(issue)
    assert "| test | ✅ success |" in (pull.body or "")


def test_the_issue_shows_that_it_was_seen_and_where_it_stands(town: Town, octocat: Citizen) -> None:
    """I see 👀 on the issue and one comment, which is edited in place from the first word to the last."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    assert [one.content for one in town.world.issue(DEMO, issue).reactions] == ["eyes"]
    (comment,) = town.said(issue)
    assert "**Honk** · queued" in comment.body
    assert f"{town.settings.page_root}/runs/{town.run(issue).key}" in comment.body
    with town.model(fix()):
        town.work()
    assert town.said(issue) == [comment]
    assert "**Honk** · waiting for CI" in town.status(issue)
    assert "✅ open the pull request" in town.status(issue)


def test_a_command_brings_its_instruction_to_the_model(town: Town, octocat: Citizen) -> None:
    """I write `/honk fix …`, see 👀 on my comment, and the agent is told my words."""
    issue = octocat.open_issue()
    comment = octocat.comment(issue, "Please.\n\n/honk fix only the answer file")
    with town.model(fix(shown=["Instruction:\nonly the answer file"])):
        town.work()
    assert [one.content for one in comment.reactions] == ["eyes"]
    assert town.the_pull().title == "The answer is wrong"
    assert "waiting for CI" in town.status(issue)


def test_the_commit_is_the_apps_with_the_requester_as_co_author(town: Town, octocat: Citizen) -> None:
    """The branch has one commit on the base: by the App, with me as its co-author, and nobody else's words in front."""
    issue = octocat.open_issue()
    base = town.world.repo(DEMO).bare.branch("main")
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert pull.head_ref == f"honk/{issue}-{town.run(issue).id}"
    commit = town.world.repo(DEMO).bare.commit(pull.head_sha)
    bot, person = town.world.app.bot, octocat.person.user
    assert commit.parents == (base,)
    assert commit.author.name == commit.committer.name == "honk[bot]"
    assert commit.author.email.startswith(f"{bot.id}+honk[bot]@users.noreply.")
    assert commit.message.splitlines() == [
        "The answer is wrong",
        "",
        "The answer is 42 now.",
        "",
        f"Closes #{issue}",
        "",
        f"Co-authored-by: octocat <{person.id}+octocat@users.noreply.127.0.0.1>",
    ]
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert town.world.read(DEMO, "answer.txt") == "41\n"
    assert town.status(issue)


def test_our_check_run_tells_how_the_repositorys_checks_ended(town: Town, octocat: Citizen) -> None:
    """The head carries a check run of Honk's own, with the evidence and a link to the run's page."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    repository, head = town.world.repo(DEMO), town.run(issue).head_sha
    (ours,) = [one for one in repository.checks.values() if one.head_sha == head and one.name == "honk"]
    assert (ours.status, ours.conclusion) == ("completed", "success")
    assert ours.title == "The repository's own checks are green"
    assert "| tests |" in (ours.summary or "")
    assert ours.details_url == f"{town.settings.page_root}/runs/{town.run(issue).key}"
    assert town.status(issue)


def test_a_label_in_another_letter_case_is_the_same_label(town: Town, octocat: Citizen) -> None:
    """Our label is written `Honk`, and taking off `HONK` stops what it started, as GitHub knows no letter case here."""
    issue = octocat.open_issue()
    octocat.label(issue, "Honk")
    town.listen()
    assert "queued" in town.status(issue)
    octocat.unlabel(issue, "HONK")
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    assert town.pulls() == []


def test_a_label_that_means_nothing_is_none_of_our_business(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """Other labels and talk without a command leave no trace."""
    issue = octocat.open_issue("A bug", "", "bug")
    stranger.comment(issue, "I have that, too. Just say `/honk` to it.")
    town.work()
    assert town.said(issue) == []
    assert town.world.issue(DEMO, issue).reactions == []
