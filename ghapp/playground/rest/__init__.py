"""The REST API by topic. Each module ends with its table of routes; `door.py` is what every request passes through."""
