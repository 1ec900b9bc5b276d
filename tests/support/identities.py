"""Signed-in people for tests of one service: a key of our own and a directory that publishes it."""

import uuid
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from cleanplate_shared.keys import JWKS_PATH
from cleanplate_shared.roles import Grant, Role
from cleanplate_shared.tokens import ALGORITHM, AUDIENCE, ISSUER

KEY = ec.generate_private_key(ec.SECP256R1())
KEY_ID = "test-key"


def fake_directory() -> FastAPI:
    """Return a directory that does nothing but publish the test key."""
    app = FastAPI()
    public = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)

    @app.get(JWKS_PATH)
    def keys() -> dict:
        return {"keys": [{**public, "kid": KEY_ID, "alg": ALGORITHM, "use": "sig"}]}

    return app


def claims_of(*grants: Grant, person_id: uuid.UUID | None = None, **changes: object) -> dict:
    """Return the claims of a good access token; `changes` override or, as None, remove them.

    It is good for a day: some are made when tests are collected, and used at the end of the suite.
    """
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(person_id or uuid.uuid4()),
        "iat": now.timestamp(), "exp": (now + timedelta(days=1)).timestamp(),
        "jti": str(uuid.uuid4()), "sid": str(uuid.uuid4()), "name": "Test Person", "unit_id": None,
        "grants": [grant.model_dump(mode="json") for grant in grants], **changes,
    }  # fmt: skip
    return {key: value for key, value in claims.items() if value is not None or key == "unit_id"}


def sign(claims: dict, key: object = KEY, key_id: str = KEY_ID, algorithm: str = ALGORITHM) -> str:
    """Return a token."""
    return jwt.encode(claims, key, algorithm, headers={"kid": key_id})


def bearer(
    role: Role | str,
    canteen_id: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
    **changes: object,
) -> dict[str, str]:
    """Return the request header of somebody with one role."""
    grant = Grant(role=Role(role), canteen_id=canteen_id, organization_id=organization_id)
    return {"Authorization": f"Bearer {sign(claims_of(grant, person_id=person_id, **changes))}"}
