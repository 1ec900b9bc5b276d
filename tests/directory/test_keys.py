from datetime import timedelta

import jwt

from cleanplate_directory.actions.signing import rotate_key


async def _published(home):
    return [key["kid"] for key in (await home.get("/jwks.json", {})).json()["keys"]]


async def test_only_the_public_half_is_published(home):
    (key,) = (await home.get("/jwks.json", {})).json()["keys"]
    assert set(key) == {"kid", "kty", "crv", "x", "y", "alg", "use"}
    assert (key["alg"], key["crv"], key["use"]) == ("ES256", "P-256", "sig")


async def test_a_retired_key_is_published_until_its_tokens_have_expired(home):
    (old,) = await _published(home)
    home.service.clock.at += timedelta(seconds=1)
    with home.service.db.transaction() as session:
        new = rotate_key(session, home.service.clock())
    token = home.bearer("diner", "机关第一食堂")["Authorization"].split()[1]
    assert jwt.get_unverified_header(token)["kid"] == new
    assert await _published(home) == [new, old]
    assert (await home.get("/me")).status_code == 200, "signed with the old key"
    home.service.clock.at += timedelta(minutes=21)
    assert await _published(home) == [new]
    home.service.run_jobs()
    assert await _published(home) == [new]


async def test_an_old_key_is_replaced_by_the_clock(home):
    (old,) = await _published(home)
    home.service.clock.at += timedelta(days=91)
    home.service.run_jobs()
    assert len(await _published(home)) == 2
    home.service.clock.at += timedelta(hours=1)
    home.service.run_jobs()
    assert old not in await _published(home)
