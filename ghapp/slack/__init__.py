"""Slack: where people ask, are told, and press buttons."""
