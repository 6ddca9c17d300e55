"""Coding agents: engines behind the port `Engine`."""
