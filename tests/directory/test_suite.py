from datetime import timedelta

from cleanplate_directory.app import first_admin, mint_admin_token, set_password
from cleanplate_gateway.embedded import Suite
from support.homes import API, header
from support.services import SettableClock

ELSEWHERE = {
    "menu": ("/api/v1/menu/dishes", {}),
    "waste": (
        "/api/v1/waste/summary",
        {"date_from": "2026-06-01", "date_to": "2026-06-02", "by": "day"},
    ),
    "report": ("/api/v1/report/monthly", {"month": "2026-06", "format": "json"}),
}


async def test_a_token_of_the_directory_opens_the_other_services_until_it_is_ended(tmp_path):
    clock = SettableClock()
    suite = Suite(lambda name: f"sqlite:///{tmp_path}/{name}.sqlite3", clock, jobs_on=False)
    async with suite.running():
        app, peer = suite.services["directory"], suite.peers["directory"]
        first_admin(app)
        set_password(app, "admin", "cleanplate-demo")
        local = {"Authorization": f"Bearer {mint_admin_token(app)}"}
        root = (await peer.get(f"{API}/organizations", headers=local)).json()["items"][0]["id"]
        made = await peer.post(
            f"{API}/canteens", headers=local, json={"name": "食堂", "organization_id": root}
        )
        await suite.settle()
        signed_in = header(await _sign_in(peer))

        async def statuses(caller):
            return {
                name: (
                    await suite.peers[name].get(
                        path, params={"canteen_id": made.json()["id"]} | query, headers=caller
                    )
                ).status_code
                for name, (path, query) in ELSEWHERE.items()
            }

        assert await statuses(signed_in) == dict.fromkeys(ELSEWHERE, 200)
        clock.at += timedelta(seconds=1)
        me = (await peer.get(f"{API}/me", headers=signed_in)).json()
        await peer.post(f"{API}/people/{me['id']}/sign-ins:end", headers=local)
        await suite.settle()
        assert await statuses(signed_in) == dict.fromkeys(ELSEWHERE, 401)
        assert await statuses(header(await _sign_in(peer))) == dict.fromkeys(ELSEWHERE, 200)


async def _sign_in(peer):
    return await peer.post(
        f"{API}/token", data={"username": "admin", "password": "cleanplate-demo"}
    )
