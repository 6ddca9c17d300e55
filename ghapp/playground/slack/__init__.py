"""A Slack with state on loopback: its Web API, events, interactivity and Socket Mode, and people who talk in it."""
