"""Codes that a diner shows at the counter."""

import secrets

CODE_LENGTH = 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread


def pickup_code() -> str:
    """Return a code of 30 random bits that is easy to read out."""
    bits = secrets.randbits(5 * CODE_LENGTH)
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LENGTH))
