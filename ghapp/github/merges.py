"""Merges at GitHub (`ports.Merges`)."""

from ghapp.github.app import GitHubApp


class GitHubMerges:
    """`ports.Merges`."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
