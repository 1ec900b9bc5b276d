"""Codes that a diner shows at the counter."""

import secrets

CODE_LENGTH = 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
_BITS = 5 * CODE_LENGTH


def pickup_code() -> str:
    """Return a code of 30 random bits that is easy to read out."""
    return pickup_codes(1)[0]


def pickup_codes(count: int) -> list[str]:
    """Return that many codes of 30 random bits each, drawn together."""
    drawn = secrets.randbits(_BITS * count) if count else 0
    return [_code(drawn >> _BITS * place) for place in range(count)]


def _code(bits: int) -> str:
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LENGTH))
