"""What may leave the sandbox: one look at the whole change, before the host makes a commit of it.

The gate knows names, modes, sizes and both sides of each text, which an adapter has read from a bare repository. It
never says what a secret is, only where. BLOCK means that the change does not leave; PAUSE that it waits for the word of
a person with the right; NOTE is told to the reviewer. Whether a model games its checks is a matter of notes: the rules
count and name what they saw, and a person decides what it means.
"""

from ghapp.core.gate.change import EXECUTABLE, FILE, LINK, SUBMODULE, Change, FileChange
from ghapp.core.gate.findings import Finding, Limits, Rule, Severity
from ghapp.core.gate.inspection import MAX_FINDINGS, inspect

__all__ = [
    "EXECUTABLE",
    "FILE",
    "LINK",
    "MAX_FINDINGS",
    "SUBMODULE",
    "Change",
    "FileChange",
    "Finding",
    "Limits",
    "Rule",
    "Severity",
    "inspect",
]
