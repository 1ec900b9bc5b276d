import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from cleanplate_directory.actions import throttle
from cleanplate_directory.app import set_password
from support.homes import API, directory, header

GOOD = "a-good-password"


@pytest.fixture
async def signed_in(home):
    await home.person("D1", ("diner", "机关第一食堂"), user_name="diner")
    set_password(home.service.app, "diner", GOOD)
    return await home.sign_in("diner", GOOD)


async def _guess(home, count, name="diner"):
    answers = await asyncio.gather(*(home.sign_in(name, f"guess {n}") for n in range(count)))
    assert all(a.headers["retry-after"] for a in answers if a.status_code == 429)
    return Counter(answer.status_code for answer in answers)


async def test_a_thousand_wrong_guesses_at_once_are_ten_checks(home, signed_in):
    before = home.checks
    assert await _guess(home, 1000) == {401: 10, 429: 990}
    assert home.checks - before == 10
    assert (await home.sign_in("diner", GOOD)).json()["type"] == "TooManyGuesses"


async def test_without_the_limit_every_guess_is_checked(home, signed_in, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ACCOUNT", 10**6)
    before = home.checks
    assert await _guess(home, 30) == {401: 30}
    assert home.checks - before == 30


async def test_guessing_does_not_shut_out_who_is_signed_in(home, signed_in):
    await _guess(home, 20)
    assert (await home.get("/me", header(signed_in))).status_code == 200
    refreshed = await home.refresh(signed_in.json()["refresh_token"])
    assert (await home.get("/me", header(refreshed))).status_code == 200


async def test_a_minute_later_ten_more_and_never_more_in_any_minute(home, signed_in):
    assert (await _guess(home, 4))[401] == 4
    home.service.clock.at += timedelta(seconds=50)
    assert (await _guess(home, 10))[401] == 6
    home.service.clock.at += timedelta(seconds=11)
    assert (await _guess(home, 10))[401] == 4
    home.service.clock.at += timedelta(seconds=61)
    assert (await home.sign_in("diner", GOOD)).status_code == 200


async def test_right_passwords_do_not_count(home, signed_in):
    for _ in range(throttle.PER_ACCOUNT + 2):
        assert (await home.sign_in("diner", GOOD)).status_code == 200


async def test_names_that_nobody_has_are_slowed_alike(home):
    assert await _guess(home, 15, "nobody") == {401: 10, 429: 5}


async def test_one_address_guesses_only_so_many_accounts(home, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ADDRESS", 5)
    answers = [await home.sign_in(f"name{n}", "guess") for n in range(7)]
    assert [a.status_code for a in answers] == [401] * 5 + [429] * 2


async def test_two_processes_share_the_count(databases):
    url = databases.url("directory")
    async with directory(url) as one, directory(url, one.clock) as two:
        form = {"username": "diner", "password": "guess"}
        calls = [s.client.post(f"{API}/token", data=form) for s in (one, two) for _ in range(20)]
        counted = Counter(answer.status_code for answer in await asyncio.gather(*calls))
        assert counted == {401: 10, 429: 30}
        assert one.app.state.passwords.checks + two.app.state.passwords.checks == 10


async def test_other_routes_do_not_wait_for_passwords(home, signed_in):
    guesses = [asyncio.create_task(home.sign_in(f"n{n}", "guess")) for n in range(80)]
    assert (await home.get("/me", header(signed_in))).status_code == 200
    assert not all(task.done() for task in guesses)
    await asyncio.gather(*guesses)


async def test_old_windows_are_forgotten(home, signed_in):
    await _guess(home, 3)
    home.service.clock.at += timedelta(minutes=2)
    home.service.run_jobs()
    with home.service.db.reading() as session:
        assert session.get(throttle.SignInWindowRow, "address:127.0.0.1") is None
