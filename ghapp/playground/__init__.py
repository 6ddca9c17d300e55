"""A world to try Honk in: GitHub, its CI, its packages and the Messages API, with state, on loopback.

It imports nothing else of the project, so that a mistake made there cannot be made here too.
"""
