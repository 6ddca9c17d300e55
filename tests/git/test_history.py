"""How commits come from each other, and commits that take a base in."""

from ghapp.core.ports import Remote
from ghapp.git.mirrors import GitMirrors
from tests.git.bare_git import SHOP, TEXT, Bare


def test_the_fork_point_is_the_newest_commit_that_both_come_from(mirrors: GitMirrors, base: str) -> None:
    """Two lines of work on one base meet there; a commit and one that it comes from meet in the older."""
    store = Bare(mirrors.mirror(SHOP))
    mine, theirs = store.commit({"a": b"1"}, base), store.commit({"b": b"1"}, base)
    assert mirrors.fork_point(SHOP, mine, theirs) == base
    assert mirrors.fork_point(SHOP, mine, base) == base
    assert mirrors.fork_point(SHOP, store.commit({"c": b"1"}, mine, theirs), theirs) == theirs


def test_strangers_have_no_fork_point(mirrors: GitMirrors, base: str) -> None:
    """A commit without any common past, and one that the mirror lacks, have none."""
    assert mirrors.fork_point(SHOP, Bare(mirrors.mirror(SHOP)).commit({"a": b"1"}), base) is None
    assert mirrors.fork_point(SHOP, "0" * 40, base) is None


def test_equal_files_are_told_whatever_the_commits(mirrors: GitMirrors, base: str) -> None:
    """Two commits with one tree hold the same files."""
    store = Bare(mirrors.mirror(SHOP))
    one, other = store.commit({"a": b"1"}, base), store.commit({"a": b"1"})
    assert mirrors.same_tree(SHOP, one, other)
    assert not mirrors.same_tree(SHOP, one, base)


def test_a_commit_can_take_another_one_in(mirrors: GitMirrors, base: str) -> None:
    """The commit that takes the base in has both as parents, ours first."""
    store = Bare(mirrors.mirror(SHOP))
    ours, newer = store.commit({"a": b"1"}, base), store.commit({"b": b"1"}, base)
    work = store.commit({"a": b"1", "b": b"1"}, newer)
    made = mirrors.commit(SHOP, work, ours, TEXT, "abc", newer)
    assert store.git("rev-list", "--parents", "-1", made) == f"{made} {ours} {newer}"
    assert mirrors.same_tree(SHOP, made, work)


def test_a_lent_commit_is_on_no_branch(mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str) -> None:
    """The remote has the commit, under a name that is no branch; twice is once."""
    made = mirrors.commit(SHOP, Bare(mirrors.mirror(SHOP)).commit({"a": b"1"}, base), base, TEXT, "abc")
    mirrors.lend(SHOP, remote, made)
    mirrors.lend(SHOP, remote, made)
    refs = upstream.git("for-each-ref", "--format=%(refname) %(objectname)")
    assert refs == f"refs/heads/main {base}\nrefs/honk/lent/{made} {made}"


def test_a_pull_requests_own_ref_can_be_fetched(mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str) -> None:
    """GitHub keeps the head of each pull request, also of one from a fork, under a ref of its number."""
    head = upstream.commit({"a": b"1"}, base)
    upstream.git("update-ref", "refs/pull/7/head", head)
    assert mirrors.fetch(SHOP, remote, "refs/pull/7/head") == head
    assert mirrors.fetch(SHOP, remote, "refs/pull/8/head") is None
