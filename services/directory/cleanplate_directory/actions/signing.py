"""Access tokens and the keys that sign them (ES256); the public halves are published."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from pydantic import BaseModel
from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from cleanplate_directory.models import SigningKeyRow
from cleanplate_shared.roles import Grant
from cleanplate_shared.tokens import ALGORITHM, AUDIENCE, ISSUER

ACCESS_LIFE = timedelta(minutes=15)
_KEY_LIFE = timedelta(days=90)
_STILL_PUBLISHED = ACCESS_LIFE + timedelta(minutes=5)


class PublicKey(BaseModel):
    """One published key (RFC 7517)."""

    kid: str
    kty: str
    crv: str
    x: str
    y: str
    alg: str
    use: str


class PublicKeys(BaseModel):
    """The keys that access tokens may be signed with."""

    keys: list[PublicKey]


class Subject(BaseModel):
    """Who an access token speaks for."""

    person_id: UUID
    sign_in_id: UUID
    name: str
    unit_id: UUID | None
    must_change_password: bool
    grants: list[Grant]


def sign(session: Session, subject: Subject, issued_at: datetime) -> str:
    """Return an access token; makes the first key if there is none."""
    key = _current(session) or _add_key(session, issued_at)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(subject.person_id),
        "iat": issued_at.timestamp(),
        "exp": (issued_at + ACCESS_LIFE).timestamp(),
        "jti": str(uuid4()),
        "sid": str(subject.sign_in_id),
        "name": subject.name,
        "unit_id": str(subject.unit_id) if subject.unit_id else None,
        "must_change_password": subject.must_change_password,
        "grants": [grant.model_dump(mode="json") for grant in subject.grants],
    }
    return jwt.encode(claims, _private(key.private_pem), ALGORITHM, headers={"kid": key.kid})


def public_keys(session: Session, now: datetime) -> PublicKeys:
    """Return the public halves of the current key and of those whose tokens may still live."""
    published = or_(
        col(SigningKeyRow.retired_at).is_(None),
        col(SigningKeyRow.retired_at) > now - _STILL_PUBLISHED,
    )
    found = select(SigningKeyRow).where(published).order_by(col(SigningKeyRow.created_at).desc())
    return PublicKeys(keys=[_public(row) for row in session.exec(found)])


def rotate_key(session: Session, now: datetime) -> str:
    """Sign with a new key from now on; return its id. The old ones stay published a while."""
    retire = update(SigningKeyRow).where(col(SigningKeyRow.retired_at).is_(None))
    session.execute(retire.values(retired_at=now))
    return _add_key(session, now).kid


def tend_keys(session: Session, now: datetime) -> None:
    """Rotate a key that is old, and forget keys whose tokens have all expired."""
    key = _current(session)
    if key is not None and key.created_at < now - _KEY_LIFE:
        rotate_key(session, now)
    dead = col(SigningKeyRow.retired_at) < now - _STILL_PUBLISHED
    session.execute(delete(SigningKeyRow).where(dead))


def _current(session: Session) -> SigningKeyRow | None:
    alive = select(SigningKeyRow).where(col(SigningKeyRow.retired_at).is_(None))
    newest = alive.order_by(col(SigningKeyRow.created_at).desc(), col(SigningKeyRow.kid))
    return session.exec(newest).first()


def _add_key(session: Session, now: datetime) -> SigningKeyRow:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    row = SigningKeyRow(kid=uuid4().hex, private_pem=pem.decode(), created_at=now)
    session.add(row)
    session.flush()
    return row


@cache
def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the signing key is not an elliptic-curve key")
    return key


def _public(row: SigningKeyRow) -> PublicKey:
    found: dict[str, Any] = ECAlgorithm.to_jwk(_private(row.private_pem).public_key(), as_dict=True)
    return PublicKey(**found, kid=row.kid, alg=ALGORITHM, use="sig")
