"""Honk's App at the playground's GitHub, as `app.yml` describes it."""

from cryptography.hazmat.primitives import serialization

from ghapp.playground.world import World

OWNER = "octo"

# The same as in app.yml, by test.
PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
EVENTS = (
    "check_run",
    "check_suite",
    "deployment_status",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "status",
    "workflow_run",
)


def register(
    world: World,
    *,
    app_id: int,
    private_key: str,
    webhook_secret: str,
    root: str,
    client_id: str | None = None,
    client_secret: str | None = None,
) -> None:
    """Register the App, and the organization that it can be installed on. `root` is Honk's own address."""
    key = serialization.load_pem_private_key(private_key.encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    world.organization(OWNER)
    world.register_app(
        "honk",
        public_key=public.decode(),
        permissions=PERMISSIONS,
        events=EVENTS,
        hook_url=f"{root}/webhooks/github",
        webhook_secret=webhook_secret,
        app_id=app_id,
        client_id=client_id,
        client_secret=client_secret,
        callback_urls=(f"{root}/slack/linked",),
    )
