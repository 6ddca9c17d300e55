"""Deployments and their statuses, and deliveries kept for an App, as GitHub shows them."""

from typing import Any

from ghapp.playground.deliveries import Delivery
from ghapp.playground.deploy_state import Deployment, DeploymentStatus
from ghapp.playground.state import Repository, State
from ghapp.playground.views.people import stamp, user, via_app
from ghapp.playground.views.repositories import api_url, html_url

Json = dict[str, Any]


def deployment(state: State, repository: Repository, one: Deployment) -> Json:
    url = f"{api_url(state, repository)}/deployments/{one.id}"
    return {
        "url": url,
        "id": one.id,
        "node_id": f"DE_{one.id}",
        "sha": one.sha,
        "ref": one.ref,
        "task": one.task,
        "payload": one.payload,
        "original_environment": one.environment,
        "environment": one.environment,
        "description": one.description,
        "creator": user(state, one.creator.user),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.statuses[-1].created_at if one.statuses else one.created_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": api_url(state, repository),
        "transient_environment": False,
        "production_environment": one.environment == "production",
        "performed_via_github_app": via_app(state, one.creator),
    }


def deployment_status(state: State, repository: Repository, of: Deployment, one: DeploymentStatus) -> Json:
    url = f"{api_url(state, repository)}/deployments/{of.id}"
    links = {"environment_url": one.environment_url, "log_url": one.log_url}
    return {
        "url": f"{url}/statuses/{one.id}",
        "id": one.id,
        "node_id": f"DES_{one.id}",
        "state": one.state,
        "creator": user(state, one.creator.user),
        "description": one.description,
        "environment": of.environment,
        "target_url": one.log_url or f"{html_url(state, repository)}/deployments/{of.environment}",
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "deployment_url": url,
        "repository_url": api_url(state, repository),
        **{name: address for name, address in links.items() if address},
        "performed_via_github_app": via_app(state, one.creator),
    }


def delivery(one: Delivery) -> Json:
    """A delivery as the list shows it."""
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": stamp(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
        "throttled_at": None,
    }


def delivery_itself(one: Delivery) -> Json:
    """A delivery asked for alone: with what was sent and what came back."""
    return delivery(one) | {
        "url": one.url,
        "request": {"headers": one.request_headers, "payload": one.payload},
        "response": {"headers": one.response_headers, "payload": one.response_body},
    }
