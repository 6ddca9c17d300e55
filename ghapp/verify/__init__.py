"""Finds the repository's own checks, runs them, and says in few words how they ended."""

from ghapp.verify.run import RepositoryVerifiers

__all__ = ["RepositoryVerifiers"]
