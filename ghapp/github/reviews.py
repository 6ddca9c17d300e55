"""Reviews at GitHub (`ports.Reviews`)."""

from ghapp.github.app import GitHubApp


class GitHubReviews:
    """`ports.Reviews`."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
