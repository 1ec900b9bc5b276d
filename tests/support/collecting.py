"""A hauler, two manifests (one handed over, with its driver's code) and a lot, for the world."""

_WASTE = "/api/v1/waste"
_LICENCE = {"licence_number": "示-2026-1", "valid_from": "2026-01-01", "valid_to": "2030-12-31"}


async def collect(made) -> None:
    """Hand one manifest over, write another down, and put a third into a lot."""
    ids = made.ids
    canteen = f"{_WASTE}/canteens/{ids['canteen_id']}"
    hauler = await made.make("manager", f"{canteen}/haulers", name="城洁收运（示例）", **_LICENCE)
    weight = {"gross_grams": 21_000, "tare_grams": 1_000}
    leaving = {
        "hauler_id": hauler["id"], "plate": "示A12345", "destination": "codigestion",
        "containers": [weight],
    }  # fmt: skip
    left = await made.make("cook", f"{canteen}/manifests", **leaving)
    draft = await made.make("cook", f"{canteen}/manifests", **leaving)
    await _hand_over(made, left["id"])
    link = await made.make("cook", f"{_WASTE}/manifests/{left['id']}:link")
    lot = await made.make("cook", f"{canteen}/treatment-lots", machine="生化机")
    inside = await made.make("cook", f"{canteen}/manifests", lot_id=lot["id"], containers=[weight])
    await _hand_over(made, inside["id"])
    ids |= {"hauler_id": hauler["id"], "manifest_id": left["id"], "draft_id": draft["id"],
            "driver_code": link["secret"], "lot_id": lot["id"]}  # fmt: skip


async def _hand_over(made, manifest_id: str) -> None:
    path = f"{_WASTE}/manifests/{manifest_id}:hand-over"
    await made.make("cook", path, net_grams=20_000, excess_reason="昨天忘了称")
