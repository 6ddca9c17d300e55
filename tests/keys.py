"""The key of a test's App: a short one, for every part that starts loads it, and a long one is half of a short test."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SHORT = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
"""For the tests that use it: PyJWT warns of its length, and warnings are errors here."""


def short_key() -> rsa.RSAPrivateKey:
    """A new key of 1024 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it guards nothing


def pem(key: rsa.RSAPrivateKey) -> str:
    """A private key as GitHub hands it out."""
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(form, kind, serialization.NoEncryption()).decode()
