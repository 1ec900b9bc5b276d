import asyncio
from datetime import timedelta

import jwt
import pytest
from sqlmodel import select

from cleanplate_directory.app import set_password
from cleanplate_directory.models import GrantRow, PersonRow, RefreshTokenRow, SignInRow
from cleanplate_shared.tables import OutboxRow
from support.homes import header

GOOD = "a-good-password"


@pytest.fixture
async def signed_in(home):
    await home.person("D1", ("diner", "机关第一食堂"), user_name="diner")
    set_password(home.service.app, "diner", GOOD)
    answer = await home.sign_in("diner", GOOD)
    return answer.json()["refresh_token"], header(answer)


def _sid(answer):
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    return claims["sid"]


def _told(home):
    with home.service.db.reading() as session:
        rows = session.exec(
            select(OutboxRow).where(OutboxRow.name == "directory.sign_ins_ended.v1")
        )
        return {row.event_id for row in rows}


async def test_each_use_gives_a_new_token_of_the_same_sign_in(home, signed_in):
    first = await home.refresh(signed_in[0])
    second = await home.refresh(first.json()["refresh_token"])
    assert second.status_code == 200
    assert _sid(first) == _sid(second)
    assert second.json()["refresh_token"] not in {signed_in[0], first.json()["refresh_token"]}


async def test_only_the_hash_of_a_token_is_kept(home, signed_in):
    with home.service.db.reading() as session:
        (row,) = session.exec(select(RefreshTokenRow)).all()
    assert signed_in[0] not in row.model_dump_json()


async def test_two_tabs_at_once_both_go_on(home, signed_in):
    answers = await asyncio.gather(*(home.refresh(signed_in[0]) for _ in range(4)))
    assert [a.status_code for a in answers] == [200] * 4
    assert not _told(home)


async def test_a_used_token_that_comes_again_ends_the_whole_sign_in(home, signed_in):
    other = await home.sign_in("diner", GOOD)
    thief = await home.refresh(signed_in[0])
    home.service.clock.at += timedelta(seconds=31)
    assert (await home.refresh(signed_in[0])).json()["type"] == "RefreshRefused"
    assert (await home.refresh(thief.json()["refresh_token"])).status_code == 401
    assert (await home.get("/me", header(thief))).status_code == 401
    assert len(_told(home)) == 1
    await home.refresh(signed_in[0])
    assert len(_told(home)) == 1
    assert (await home.get("/me", header(other))).status_code == 200


async def test_signing_out_ends_the_sign_in_and_no_other(home, signed_in):
    other = await home.sign_in("diner", GOOD)
    answer = await home.post("/token/revoke", {"refresh_token": signed_in[0]}, {})
    assert answer.status_code == 204
    assert (await home.refresh(signed_in[0])).status_code == 401
    assert (await home.get("/me", signed_in[1])).status_code == 401
    assert (await home.get("/me", header(other))).status_code == 200
    assert (await home.refresh(other.json()["refresh_token"])).status_code == 200
    assert len(_told(home)) == 1


async def test_unknown_and_expired_tokens_are_refused(home, signed_in):
    assert (await home.refresh("x" * 43)).status_code == 401
    home.service.clock.at += timedelta(days=30)
    assert (await home.refresh(signed_in[0])).status_code == 401


async def test_a_refreshed_token_has_the_roles_of_now(home, signed_in):
    with home.service.db.transaction() as session:
        session.exec(select(GrantRow).where(GrantRow.role == "diner")).one().role = "cook"
    refreshed = await home.refresh(signed_in[0])
    assert (await home.get("/me", header(refreshed))).json()["roles"] == ["cook"]


async def test_who_has_left_is_not_refreshed(home, signed_in):
    with home.service.db.transaction() as session:
        session.exec(select(PersonRow).where(PersonRow.user_name == "diner")).one().active = False
    assert (await home.refresh(signed_in[0])).status_code == 401


async def test_a_manager_ends_the_sign_ins_of_a_diner_at_once(home, signed_in):
    me = (await home.get("/me", signed_in[1])).json()
    manager = home.bearer("manager", "机关第一食堂")
    home.service.clock.at += timedelta(seconds=1)
    answer = await home.post(f"/people/{me['id']}/sign-ins:end", {}, manager)
    assert answer.status_code == 204
    assert (await home.get("/me", signed_in[1])).status_code == 401
    assert (await home.refresh(signed_in[0])).status_code == 401
    assert len(_told(home)) == 1


async def test_expired_sign_ins_are_forgotten(home, signed_in):
    home.service.clock.at += timedelta(days=30)
    home.service.run_jobs()
    with home.service.db.reading() as session:
        assert not session.exec(select(RefreshTokenRow)).all()
        assert not session.exec(select(SignInRow)).all()
