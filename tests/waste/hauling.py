"""What the tests of manifests do: weigh, add haulers, hand over, and let the driver sign."""

from datetime import UTC, datetime, timedelta

from support.identities import bearer
from support.services import CANTEEN
from waste.kitchen import a_weighing, outcomes

API = "/api/v1/waste"
HERE = f"{API}/canteens/{CANTEEN}"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
GOOD = {
    "name": "城洁收运（示例）", "licence_number": "示-2026-1", "valid_from": "2026-01-01",
    "valid_to": "2026-12-31", "plates": ["示A12345"],
}  # fmt: skip


def signed_in(role, canteen=CANTEEN):
    """Return the header of somebody whose sign-in is good at the clock's time."""
    times = {"iat": datetime(2026, 1, 1, tzinfo=UTC).timestamp(),
             "exp": datetime(2027, 1, 1, tzinfo=UTC).timestamp()}  # fmt: skip
    return bearer(role, canteen, **times) | {"Accept-Language": "en"}


def cook():
    return signed_in("cook")


def manager():
    return signed_in("manager")


async def weighed(service, grams, **changes):
    """Weigh some food two hours before the clock's time."""
    at = (service.clock.at - timedelta(hours=2)).isoformat()
    item = a_weighing("plate", grams, 0, weighed_at=at, **changes)
    assert await outcomes(service, item, caller=cook()) == ["created"]


async def made(service, path, body, caller=None, status=201):
    answer = await service.client.post(path, json=body, headers=caller or cook())
    assert answer.status_code == status, answer.text
    return answer.json()


async def refused(service, path, body, caller=None):
    """Return the type of the refusal."""
    answer = await service.client.post(path, json=body, headers=caller or cook())
    assert answer.is_client_error, answer.text
    assert answer.json()["title"]
    return answer.json()["type"]


async def read(service, path, caller=None, **params):
    answer = await service.client.get(path, params=params, headers=caller or manager())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_hauler(service, **changes):
    return (await made(service, f"{HERE}/haulers", GOOD | changes, manager()))["id"]


async def a_draft(service, net=50_000, hauler_id=None, **changes):
    """Write down one container of 50 kg for a hauler with a good licence."""
    hauler = hauler_id or await a_hauler(service)
    body = {
        "hauler_id": hauler, "plate": "示A12345", "destination": "codigestion",
        "containers": [{"gross_grams": net + 2_000, "tare_grams": 2_000}], **changes,
    }  # fmt: skip
    return (await made(service, f"{HERE}/manifests", body))["id"]


async def hand_over(service, manifest_id, net=50_000, status=200, **said):
    path = f"{API}/manifests/{manifest_id}:hand-over"
    return await made(service, path, {"net_grams": net, **said}, status=status)


async def handed_over(service, net=50_000, **changes):
    """Weigh as much as leaves, hand it over, and return the manifest's id."""
    await weighed(service, net)
    manifest_id = await a_draft(service, net, **changes)
    await hand_over(service, manifest_id, net)
    return manifest_id


async def code_for(service, manifest_id):
    """Return the path that the driver's code opens."""
    link = await made(service, f"{API}/manifests/{manifest_id}:link", {})
    return f"{API}/hand-overs/{link['secret']}"


async def sign(service, path, driver="示例司机", **said):
    """Return the answer to the driver, who has no account."""
    return await service.client.post(path, json={"driver": driver, **said})


async def shown(service, manifest_id, caller=None):
    return await read(service, f"{API}/manifests/{manifest_id}", caller)
