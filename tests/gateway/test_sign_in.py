import httpx
import jwt
import pytest
from sqlmodel import select

from cleanplate_directory.models import SignInWindowRow
from cleanplate_gateway.faces.guard import local_path
from cleanplate_gateway.sessions import REFRESH_COOKIE
from cleanplate_shared.identity import ACCESS_COOKIE, CSRF_HEADER
from support.gateway import PASSWORD, House, hidden, post


@pytest.mark.parametrize(
    ("user_name", "face"),
    [("diner", "/m/"), ("cook", "/k/"), ("manager", "/a/"), ("overseer", "/a/"), ("admin", "/a/")],
)
async def test_after_signing_in_everybody_meets_their_own_face(town: House, user_name, face):
    async with town.browser() as browser:
        answer = await post(browser, "/sign-in", username=user_name, password=PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["location"] == face


async def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(town: House):
    async with town.browser() as browser:
        answer = await post(browser, "/sign-in", username="diner", password=PASSWORD)
    cookies = answer.headers.get_list("set-cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {ACCESS_COOKIE, REFRESH_COOKIE}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


async def test_a_wrong_password_is_told_in_place_and_signs_nobody_in(town: House):
    async with town.browser() as browser:
        answer = await post(browser, "/sign-in", username="diner", password="wrong-password")
        assert answer.status_code == 422
        assert "用户名或密码不正确" in answer.text
        assert ACCESS_COOKIE not in browser.cookies


async def test_failed_sign_ins_count_for_the_browsers_address_not_the_gateways(town: House):
    async with town.browser(client=("192.0.2.7", 40_000)) as browser:
        forged = {"X-Forwarded-For": "198.51.100.1"}
        await post(browser, "/sign-in", headers=forged, username="diner", password="wrong-password")
    with town.suite.services["directory"].state.db.reading() as session:
        keys = set(session.exec(select(SignInWindowRow.key)))
    assert {key for key in keys if key.startswith("address:")} == {"address:192.0.2.7"}


async def test_signing_in_needs_the_token_of_the_form(town: House):
    async with town.browser() as browser:
        form = {"username": "diner", "password": PASSWORD}
        assert (await browser.post("/sign-in", data=form)).status_code == 403
        await browser.get("/sign-in")
        assert (await browser.post("/sign-in", data={**form, "csrf": "f" * 40})).status_code == 403
        assert ACCESS_COOKIE not in browser.cookies


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_post_from_another_site_is_refused_even_with_a_token(town: House, site):
    async with town.signed_in("diner") as browser:
        token = hidden((await browser.get("/m/me")).text)
        refused = await browser.post(
            "/sign-out", data={"csrf": token}, headers={"Sec-Fetch-Site": site}
        )
        assert refused.status_code == 403
        own = await browser.post(
            "/sign-out", data={"csrf": token}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert own.status_code == 303


async def test_a_page_asks_to_sign_in_and_comes_back(town: House):
    async with town.browser() as browser:
        asked = await browser.get("/m/?day=2026-11-23")
        assert asked.status_code == 303
        assert asked.headers["location"] == "/sign-in?next=%2Fm%2F%3Fday%3D2026-11-23"
        form = await browser.get(asked.headers["location"])
        assert 'value="/m/?day=2026-11-23"' in form.text
        back = await browser.post(
            "/sign-in",
            data={
                "csrf": hidden(form.text),
                "username": "diner",
                "password": PASSWORD,
                "next": "/m/?day=2026-11-23",
            },
        )
        assert back.headers["location"] == "/m/?day=2026-11-23"


ELSEWHERE = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n//evil.example",
    " //evil.example",
    "m/",
    "",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
async def test_nobody_is_sent_to_another_site(town: House, wanted):
    async with town.browser() as browser:
        answer = await post(browser, "/sign-in", username="diner", password=PASSWORD, next=wanted)
        assert answer.headers["location"] == "/m/"
        language = await browser.get("/language/en", params={"next": wanted})
        assert language.headers["location"] == "/"


def test_a_path_of_this_site_is_kept():
    assert local_path("/m/?day=2026-11-23&x=//y") == "/m/?day=2026-11-23&x=//y"


async def test_signing_out_ends_the_session_at_the_directory_too(town: House):
    async with town.signed_in("diner") as browser:
        refresh = browser.cookies[REFRESH_COOKIE]
        token = hidden((await browser.get("/m/me")).text)
        assert (await browser.post("/sign-out", data={"csrf": token})).status_code == 303
        assert not {ACCESS_COOKIE, REFRESH_COOKIE} & set(browser.cookies)
        assert (await browser.get("/m/")).status_code == 303
        again = await browser.post(
            "/api/v1/directory/token/refresh", json={"refresh_token": refresh}
        )
        assert again.status_code == 401


async def test_an_access_token_that_ran_out_is_renewed_without_a_word(town: House):
    async with town.signed_in("diner") as browser:
        before = browser.cookies[ACCESS_COOKIE]
        lifetime = _claims(before)["exp"] - _claims(before)["iat"]
        town.clock.at = town.clock.at.fromtimestamp(
            _claims(before)["exp"] + 1, town.clock.at.tzinfo
        )
        page = await browser.get("/m/me")
        assert page.status_code == 200
        assert browser.cookies[ACCESS_COOKIE] != before
        assert lifetime <= 3600


async def test_a_form_opened_before_the_renewal_still_counts(town: House):
    async with town.signed_in("diner") as browser:
        token = hidden((await browser.get("/m/me")).text)
        _run_out(town, browser)
        order = {
            "csrf": token,
            "canteen": town.town.canteen_id,
            "day": str(town.clock.day),
            "meal": town.town.meals[1, "lunch"],
        }
        assert (await browser.post("/m/register", data=order)).status_code == 303


async def test_pages_that_ask_together_share_one_renewal(town: House):
    async with town.signed_in("diner") as browser:
        _run_out(town, browser)
        cookies = dict(browser.cookies)
        for _ in range(2):
            async with town.browser() as same:
                same.cookies.update(cookies)
                assert (await same.get("/m/me")).status_code == 200


async def test_a_script_can_renew_the_session(town: House):
    async with town.signed_in("cook") as browser:
        token = hidden((await browser.get("/password")).text)
        before = browser.cookies[ACCESS_COOKIE]
        _run_out(town, browser)
        mine = "/api/v1/directory/me"
        assert (await browser.get(mine)).status_code == 401
        renewed = await browser.post("/session/refresh", headers={CSRF_HEADER: token})
        assert renewed.status_code == 204
        assert browser.cookies[ACCESS_COOKIE] != before
        assert (await browser.get(mine)).status_code == 200


async def test_without_a_session_there_is_nothing_to_renew(town: House):
    async with town.browser() as browser:
        assert (await post(browser, "/session/refresh")).status_code == 401


async def test_a_one_time_password_must_be_changed_before_anything_else(town: House):
    async with town.signed_in("admin") as admin:
        token = hidden((await admin.get("/password")).text)
        made = await admin.post(
            "/api/v1/directory/people",
            json={
                "name": "新人", "number": "N-new", "user_name": "newcomer",
                "grants": [{"role": "diner", "canteen_id": town.town.canteen_id}],
            },
            headers={CSRF_HEADER: token},
        )  # fmt: skip
        first = made.json()["one_time_password"]
    async with town.browser() as browser:
        entered = await post(browser, "/sign-in", username="newcomer", password=first)
        assert entered.headers["location"] == "/password"
        assert (await browser.get("/m/")).headers["location"] == "/password"
        token = hidden((await browser.get("/password")).text)
        change = {"csrf": token, "old_password": first, "new_password": "my own long one"}
        different = await browser.post("/password", data={**change, "repeated": "my own lang one"})
        assert different.status_code == 422
        assert "两次输入的新密码不一致" in different.text
        wrong = {**change, "old_password": "not it", "repeated": "my own long one"}
        assert (await browser.post("/password", data=wrong)).status_code == 422
        changed = await browser.post("/password", data={**change, "repeated": "my own long one"})
        assert changed.headers["location"] == "/m/"
        assert (await browser.get("/m/")).status_code == 200


async def test_a_forged_cookie_is_nobody(town: House):
    async with town.browser() as browser:
        forged = jwt.encode({"sub": "x"}, "k" * 32, "HS256", headers={"kid": "x"})
        browser.cookies.set(ACCESS_COOKIE, forged)
        assert (await browser.get("/m/")).status_code == 303


async def test_api_calls_with_cookies_need_the_token(town: House):
    async with town.signed_in("diner") as browser:
        wanted = {"meal_session_id": town.town.meals[1, "lunch"]}
        refused = await browser.post("/api/v1/menu/registrations", json=wanted)
        assert refused.status_code == 403
        assert refused.json()["type"] == "CsrfMissing"
        token = hidden((await browser.get("/m/me")).text)
        taken = await browser.post(
            "/api/v1/menu/registrations", json=wanted, headers={CSRF_HEADER: token}
        )
        assert taken.status_code == 201


def _claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def _run_out(town: House, browser: httpx.AsyncClient) -> None:
    ends = _claims(browser.cookies[ACCESS_COOKIE])["exp"]
    town.clock.at = town.clock.at.fromtimestamp(ends + 1, town.clock.at.tzinfo)
