from support.identities import bearer
from support.services import CANTEEN


async def test_health(start):
    async with start("menu") as menu:
        assert (await menu.client.get("/healthz")).json() == {"service": "menu", "status": "ok"}
        r = await menu.client.get("/readyz")
        assert r.status_code == 200, r.text
        r = await menu.client.get("/metrics")
        assert "http_requests_total" in r.text
        r = await menu.client.get("/nope", headers=bearer("diner", CANTEEN))
        assert r.status_code == 404 and r.json()["title"] == "未找到"
