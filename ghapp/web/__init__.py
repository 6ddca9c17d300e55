"""The web part: the front door for deliveries, and the pages that people open."""

from ghapp.web.application import create_app

__all__ = ["create_app"]
