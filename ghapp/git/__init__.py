"""Bare mirrors of repositories: fetching, taking in what a sandbox left, committing, pushing."""

from ghapp.git.mirrors import GitMirrors

__all__ = ["GitMirrors"]
