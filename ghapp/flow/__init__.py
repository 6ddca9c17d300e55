"""Use cases over ports. Nothing here imports an adapter."""
