"""What an access token says, once its signature was found good.

The signature is checked by PyJWT's ES256. Around it PyJWT (2.15) spends more time on the token's
characters than on the signature; a token that thousands of diners show for the first time in the
same minutes is read in one pass instead: its head was read before (`KeySet.key_for`), and its
claims are checked by the model that they become.
"""

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import jwt
from pydantic import BaseModel, Field

from cleanplate_shared.errors import Unauthorized
from cleanplate_shared.i18n import msg
from cleanplate_shared.roles import Grant

ISSUER = AUDIENCE = "cleanplate"
ALGORITHM = "ES256"


class Claims(BaseModel):
    """The claims of an access token; all without a default must be there."""

    iss: Literal["cleanplate"]
    aud: Literal["cleanplate"]
    exp: datetime
    iat: datetime
    sub: UUID
    jti: Annotated[str, Field(min_length=1)]
    sid: UUID
    name: str = ""
    unit_id: UUID | None = None
    must_change_password: bool = False
    grants: list[Grant] = Field(default_factory=list)


def key_id_of(token: str) -> str:
    """Return the id of the key that a token's head names.

    Raises:
        Unauthorized: no head, another algorithm than ES256, or conditions nobody here knows.
    """
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, RecursionError) as error:
        raise not_valid() from error
    key_id = head.get("kid")
    if head.get("alg") != ALGORITHM or "crit" in head or not isinstance(key_id, str):
        raise not_valid()
    return key_id


def open_claims(token: str, key: jwt.PyJWK) -> Claims:
    """Return what a token says, its signature checked.

    Args:
        token: `key_id_of` has accepted its head.
        key: the ES256 key which that head names.

    Raises:
        Unauthorized: another signature, issuer or audience, or a claim that is missing or not
            what it should be. Its times are not judged.
    """
    signed, _, signature = token.rpartition(".")
    try:
        if not key.Algorithm.verify(signed.encode(), key.key, _decoded(signature)):
            raise not_valid()
        return Claims.model_validate_json(_decoded(signed.partition(".")[2]))
    except ValueError as error:
        raise not_valid() from error


def not_valid() -> Unauthorized:
    """Return the refusal of a token that does not hold."""
    return Unauthorized(msg("The sign-in is not valid."))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "==")
