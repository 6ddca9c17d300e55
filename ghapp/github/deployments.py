"""Deployments at GitHub (`ports.Deployments`)."""

from ghapp.github.app import GitHubApp


class GitHubDeployments:
    """`ports.Deployments`."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
