"""Patterns of names in honk.yml, in which `*` is any text and everything else is itself."""


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as the pattern says; letter case counts.

    The pieces between the stars are looked for in order, each where it comes first. Nothing is gained by going back, so
    many stars cost no more than few.
    """
    first, *pieces = pattern.split("*")
    if not pieces:
        return text == first
    *middle, last = pieces
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
