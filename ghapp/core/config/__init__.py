"""`.github/honk.yml`: what a repository asks of Honk, read from its default branch only.

Everything has a default, and an empty file is fine. What is not understood is refused with a sentence that names it:
a setting with a typo must not be a setting that was silently not made. docs/configuration.md describes each key, and
docs/honk.schema.json is `schema()`, for editors.
"""

from ghapp.core.config.file import Config, schema
from ghapp.core.config.pulls import Autofix, Ci, Environment, Merge, PullRequest, Reviews, Role
from ghapp.core.config.reading import MAX_BYTES, MAX_DEPTH
from ghapp.core.config.values import PATH, ConfigError, same_label
from ghapp.core.config.work import Budget, EngineName, Judge, JudgeMode, Label, Server, Verifier

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "PATH",
    "Autofix",
    "Budget",
    "Ci",
    "Config",
    "ConfigError",
    "EngineName",
    "Environment",
    "Judge",
    "JudgeMode",
    "Label",
    "Merge",
    "PullRequest",
    "Reviews",
    "Role",
    "Server",
    "Verifier",
    "same_label",
    "schema",
]
