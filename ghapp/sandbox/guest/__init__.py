"""Programs that run inside the sandbox, on the standard library alone: they never import the rest of Honk."""
