"""Honk: label an issue, get a proven pull request."""
