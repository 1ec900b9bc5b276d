"""platform.md's figure 14: each service refuses a bad token on its own."""

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cleanplate_shared.contracts.directory import SignInsEnded
from cleanplate_shared.errors import Unauthorized
from cleanplate_shared.identity import verify
from cleanplate_shared.keys import KeySet
from cleanplate_shared.roles import Grant, Role
from cleanplate_shared.topology import SERVICES
from support.identities import ALGORITHM, KEY, KEY_ID, claims_of, sign
from support.services import CANTEEN

GRANT = Grant(role=Role.MANAGER, canteen_id=CANTEEN)
NOW = datetime.now(UTC)
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def _with_key_id(key_id: object) -> str:
    return jwt.encode(claims_of(GRANT), KEY, ALGORITHM, headers={"kid": key_id})


def _hmac_with_public_key() -> str:
    """Sign with the published key as if it were a shared secret; PyJWT would refuse to."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    text = part({"alg": "HS256", "typ": "JWT", "kid": KEY_ID}) + b"." + part(claims_of(GRANT))
    mac = hmac.new(PUBLIC_PEM, text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def _swapped_claims() -> str:
    """A good signature under other claims."""
    head, _, signature = sign(claims_of(Grant(role=Role.DINER, canteen_id=CANTEEN))).split(".")
    return ".".join([head, sign(claims_of(GRANT)).split(".")[1], signature])


BAD = {
    "alg none": lambda: jwt.encode(claims_of(GRANT), None, "none", headers={"kid": KEY_ID}),
    "HMAC with the public key": _hmac_with_public_key,
    "another key": lambda: sign(claims_of(GRANT), key=OTHER_KEY),
    "other claims under the signature": _swapped_claims,
    "expired": lambda: sign(claims_of(GRANT, exp=(NOW - timedelta(seconds=1)).timestamp())),
    "from the future": lambda: sign(claims_of(GRANT, iat=(NOW + timedelta(hours=1)).timestamp())),
    "another audience": lambda: sign(claims_of(GRANT, aud="elsewhere")),
    "another issuer": lambda: sign(claims_of(GRANT, iss="elsewhere")),
    "subject no id": lambda: sign(claims_of(GRANT, sub="root")),
    "grant without scope": lambda: sign(claims_of(GRANT, grants=[{"role": "admin"}])),
    "unknown role": lambda: sign(
        claims_of(GRANT, grants=[{"role": "god", "canteen_id": str(CANTEEN)}])
    ),
    "a condition nobody knows": lambda: jwt.encode(
        claims_of(GRANT), KEY, ALGORITHM, headers={"kid": KEY_ID, "crit": ["exp"], "exp": 0}
    ),
    "a short signature": lambda: sign(claims_of(GRANT))[:-20],
    "no signature": lambda: sign(claims_of(GRANT)).rpartition(".")[0] + ".",
    "a signature in other letters": lambda: sign(claims_of(GRANT))[:-5] + "签名",
    "no token": lambda: "x.y.z",
    "a head nested too deep": lambda: (
        base64.urlsafe_b64encode(b"[" * 30_000).decode().rstrip("=") + ".e30.e30"
    ),
    **{
        f"no {claim}": lambda claim=claim: sign(claims_of(GRANT, **{claim: None}))
        for claim in ("exp", "aud", "sub", "iss", "iat", "jti", "sid")
    },
    **{
        f"key id {key_id!r}": lambda key_id=key_id: _with_key_id(key_id)
        for key_id in ("../../../../dev/null", "http://elsewhere.example/key",
                       "' UNION SELECT 'secret' --", "", "\x00")
    },
}  # fmt: skip


def _guarded_path(app) -> str:
    """Return a GET route that needs a sign-in, with ids filled in."""
    for path, operations in sorted(app.openapi()["paths"].items()):
        operation = operations.get("get", {})
        inside = [p for p in operation.get("parameters", []) if p["in"] == "path"]
        if operation.get("security") and all("format" in p["schema"] for p in inside):
            ids = {parameter["name"]: uuid.uuid4() for parameter in inside}
            return path.format(**ids)
    raise AssertionError("no GET route needs a sign-in")


@pytest.mark.parametrize("name", SERVICES)
async def test_each_service_refuses_every_bad_token_on_its_own(start, name):
    async with start(name) as service:
        path = _guarded_path(service.app)

        async def status(token):
            headers = {"Authorization": f"Bearer {token}".encode()}
            return (await service.client.get(path, headers=headers)).status_code

        assert (await service.client.get(path)).status_code == 401
        assert await status(sign(claims_of(GRANT))) not in {401, 403, 500}, "a good one is let in"
        answered = {what: await status(make()) for what, make in BAD.items()}
        assert answered == dict.fromkeys(BAD, 401)


@pytest.mark.parametrize("name", SERVICES)
async def test_an_ended_sign_in_is_refused_by_each_service(start, name):
    async with start(name) as service:
        path, person = _guarded_path(service.app), uuid.uuid4()
        old = {"Authorization": f"Bearer {sign(claims_of(GRANT, person_id=person))}"}
        assert (await service.client.get(path, headers=old)).status_code != 401
        await service.tell(
            SignInsEnded(person_id=person, issued_before=datetime.now(UTC) + timedelta(seconds=1))
        )
        assert (await service.client.get(path, headers=old)).status_code == 401
        later = (datetime.now(UTC) + timedelta(seconds=2)).timestamp()
        new = {"Authorization": f"Bearer {sign(claims_of(GRANT, person_id=person, iat=later))}"}
        assert (await service.client.get(path, headers=new)).status_code != 401


async def test_many_unknown_key_ids_at_once_ask_the_directory_once_and_wait_for_the_answer():
    asked = 0

    async def fetch() -> dict:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return jwks

    public = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    jwks = {"keys": [{**public, "kid": "old"}]}
    keys = KeySet(fetch)
    await keys.key_for(sign(claims_of(GRANT), key_id="old"))
    jwks["keys"].append({**public, "kid": "new"})
    keys._fetched_at -= 60  # a minute ago
    new = [keys.key_for(sign(claims_of(GRANT), key_id="new")) for _ in range(20)]
    assert len(await asyncio.gather(*new)) == 20  # nobody is refused while it is fetched
    guesses = [keys.key_for(sign(claims_of(GRANT), key_id=f"guess {n}")) for n in range(50)]
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(error, Unauthorized) for error in refused)
    assert asked == 2


def _key_set() -> KeySet:
    public = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)

    async def fetch() -> dict:
        return {"keys": [{**public, "kid": KEY_ID, "alg": ALGORITHM}]}

    return KeySet(fetch)


async def test_a_signature_is_checked_once_for_all_services_of_a_process(monkeypatch):
    checked = []
    check = jwt.algorithms.ECAlgorithm.verify
    monkeypatch.setattr(
        jwt.algorithms.ECAlgorithm, "verify", lambda *given: checked.append(1) or check(*given)
    )
    token = sign(claims_of(GRANT))
    for keys in (_key_set(), _key_set()):
        verify(token, await keys.key_for(token), datetime.now(UTC))
    assert len(checked) == 1


async def test_what_is_remembered_of_a_token_is_neither_its_time_nor_another_key():
    token = sign(claims_of(GRANT))
    key = await _key_set().key_for(token)
    now = datetime.now(UTC)
    verify(token, key, now)
    with pytest.raises(Unauthorized):
        verify(token, key, now + timedelta(days=2))
    other = jwt.PyJWK(
        jwt.algorithms.ECAlgorithm.to_jwk(OTHER_KEY.public_key(), as_dict=True), ALGORITHM
    )
    with pytest.raises(Unauthorized):
        verify(token, other, now)
