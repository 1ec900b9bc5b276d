from datetime import timedelta

import jwt
import pytest
from argon2 import extract_parameters
from sqlmodel import select

from cleanplate_directory.actions import passwords
from cleanplate_directory.app import first_admin, mint_admin_token, set_password
from cleanplate_directory.models import PersonRow
from cleanplate_shared.errors import NotFound
from support.homes import directory, header
from support.passwords import REAL

GOOD = "a-good-password"


@pytest.fixture
async def cook(home):
    """A cook with a password of their own."""
    person = await home.person("C1", ("cook", "机关第一食堂"), user_name="Cook.Wang")
    set_password(home.service.app, "cook.wang", GOOD)
    return person


async def test_the_right_password_signs_in_whatever_the_case_of_the_name(home, cook):
    answer = await home.sign_in("COOK.wang", GOOD)
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 900
    me = (await home.get("/me", header(answer))).json()
    assert me == {
        "id": cook["id"], "name": "人C1", "roles": ["cook"], "unit_id": home.ids["办公室"],
        "canteen_ids": [home.ids["机关第一食堂"]], "must_change_password": False,
    }  # fmt: skip


async def test_a_wrong_password_and_an_unknown_name_are_the_same_answer_and_the_same_work(
    home, cook
):
    wrong = await home.sign_in("cook.wang", "not-the-password")
    assert home.checks == 1
    unknown = await home.sign_in("nobody", GOOD)
    assert home.checks == 2
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["type"] == "WrongCredentials"


def test_outside_the_tests_a_hash_costs_what_it_should_and_nobodys_the_same():
    real = extract_parameters(REAL.hash(GOOD))
    assert (real.time_cost, real.memory_cost, real.parallelism) == (2, 19 * 1024, 1)
    assert extract_parameters(passwords._NOBODY) == real


async def test_who_has_left_does_not_sign_in(home, cook):
    with home.service.db.transaction() as session:
        session.exec(
            select(PersonRow).where(PersonRow.user_name == "cook.wang")
        ).one().active = False
    assert (await home.sign_in("cook.wang", GOOD)).status_code == 401


async def test_strange_names_and_passwords_are_refused_and_break_nothing(home):
    lone_surrogate = "\ud800".encode("utf-8", "surrogatepass")
    for name in ("a\x00b", "名" * 200, "x" * 201, lone_surrogate, "", "' OR 1=1 --", "İ" * 60):
        for password in ("\x00", "密" * 300, "p" * 1001):
            answer = await home.sign_in(name, password)
            assert answer.status_code in {401, 422}, (name, answer.text)


async def test_a_one_time_password_opens_nothing_but_its_own_change(home):
    person = await home.person("C2", ("cook", "机关第一食堂"), user_name="cook2")
    signed_in = await home.sign_in("cook2", person["one_time_password"])
    assert (await home.get("/canteens", header(signed_in))).json()[
        "type"
    ] == "PasswordChangeRequired"
    assert (await home.get("/me", header(signed_in))).json()["must_change_password"] is True
    change = {"old_password": person["one_time_password"], "new_password": GOOD}
    changed = await home.post("/me/password", change, header(signed_in))
    assert (await home.get("/canteens", header(changed))).status_code == 200
    assert (await home.sign_in("cook2", person["one_time_password"])).status_code == 401
    assert (await home.sign_in("cook2", GOOD)).status_code == 200


async def test_a_changed_password_ends_the_other_sign_ins_and_keeps_this_one(home, cook):
    other, here = await home.sign_in("cook.wang", GOOD), await home.sign_in("cook.wang", GOOD)
    home.service.clock.at += timedelta(seconds=5)
    change = {"old_password": GOOD, "new_password": "another-good-one"}
    changed = await home.post("/me/password", change, header(here))
    assert (await home.get("/me", header(changed))).status_code == 200
    assert (await home.get("/me", header(other))).status_code == 401
    assert (await home.get("/me", header(here))).status_code == 401
    assert (await home.refresh(other.json()["refresh_token"])).status_code == 401
    assert (await home.refresh(here.json()["refresh_token"])).status_code == 401
    assert (await home.refresh(changed.json()["refresh_token"])).status_code == 200
    assert _claims(changed)["sid"] == _claims(here)["sid"] != _claims(other)["sid"]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("not-the-old-one", "another-good-one", 401), (GOOD, "short", 422), (GOOD, GOOD, 422),
     (GOOD, "COOK.WANG.2", 200), (GOOD, "aaaaaaaaaaaa", 422), (GOOD, "x" * 201, 422)],
)  # fmt: skip
async def test_a_new_password_needs_the_old_one_and_must_not_be_easy(home, cook, old, new, status):
    signed_in = header(await home.sign_in("cook.wang", GOOD))
    answer = await home.post("/me/password", {"old_password": old, "new_password": new}, signed_in)
    assert answer.status_code == status, answer.text


async def test_the_user_name_is_no_password(home):
    await home.person("C3", ("cook", "机关第一食堂"), user_name="long-user-name")
    set_password(home.service.app, "long-user-name", GOOD)
    change = {"old_password": GOOD, "new_password": "Long-User-Name"}
    signed_in = header(await home.sign_in("long-user-name", GOOD))
    assert (await home.post("/me/password", change, signed_in)).json()["type"] == "PasswordTooEasy"


async def test_the_first_administrator_is_made_once(databases):
    async with directory(databases.url("directory")) as service:
        first = first_admin(service.app)
        assert first_admin(service.app) is None
        form = {"username": first.user_name, "password": first.password}
        answer = await service.client.post("/api/v1/directory/token", data=form)
        me = await service.client.get("/api/v1/directory/me", headers=header(answer))
        assert (me.json()["roles"], me.json()["must_change_password"]) == (["admin"], True)
        with pytest.raises(NotFound):
            set_password(service.app, "nobody", GOOD)


async def test_the_local_administrator_needs_no_password(home):
    token = {"Authorization": f"Bearer {mint_admin_token(home.service.app)}"}
    assert len((await home.get("/canteens", token)).json()["items"]) == 2


def _claims(answer):
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
