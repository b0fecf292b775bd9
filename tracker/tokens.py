"""The only place where chance comes from: identifiers, one-time tokens and their fingerprints."""

import hashlib
import secrets
from collections.abc import Iterable

PUBLIC_ID_PATTERN = "[0-9a-f]{20}"

# Letters and digits that cannot be mistaken for one another when a certificate's code is read aloud or typed from paper.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def public_id() -> str:
    """Return a new random identifier fit for a URL: 20 hexadecimal digits, 80 bits.

    It says nothing of how many rows there are, but it is never what protects a page.
    """
    return secrets.token_hex(10)


def one_time_token() -> str:
    """Return a new secret for a mailed link or a session cookie: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def certificate_code() -> str:
    """Return a new certificate code such as "7KQM-2D4X-V9TB": 12 characters, 58 bits."""
    letters = [secrets.choice(_CODE_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def fingerprint(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal, which is what the database keeps of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def shuffled(items: Iterable[str], *, seed: str) -> list[str]:
    """Return the items in an order that the seed decides, so that a page reloaded shows the same order."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{seed}\0{item}".encode()).digest())
