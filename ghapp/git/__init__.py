"""Bare mirrors of repositories: fetching, taking in what a sandbox left, committing, pushing."""
