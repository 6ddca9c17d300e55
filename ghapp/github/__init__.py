"""GitHub: what it sends us, and how we ask."""
