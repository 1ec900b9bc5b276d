"""A device that numbers and chains its records, as the tablet's page does."""

import uuid
from dataclasses import dataclass, field

from cleanplate_shared import chain
from cleanplate_shared.contracts.waste import WeighingItem
from support.services import CANTEEN
from waste.kitchen import BATCH, DAY, a_weighing, cook


@dataclass
class Device:
    """What it weighed so far is in `items`."""

    name: str = "tablet-1"
    canteen: uuid.UUID = CANTEEN
    items: list[dict] = field(default_factory=list)

    def weighs(self, stream="plate", gross=1500, tare=500, **changes) -> dict:
        """Return the next record, chained to the one before."""
        head = self.items[-1]["hash"] if self.items else chain.START
        item = a_weighing(stream, gross, tare) | {
            "canteen_id": str(self.canteen),
            "device_id": self.name,
            "sequence": len(self.items) + 1,
            "previous_hash": head,
            **changes,
        }
        item["hash"] = hashed(item)
        self.items.append(item)
        return item

    def undoes(self, item: dict) -> dict:
        """Return the record that says: there was no such weighing."""
        return self.weighs(item["stream"], 0, 0, corrects=item["id"], withdraws=True)

    def corrects(self, item: dict, gross: int, **changes) -> dict:
        """Return the record that takes the place of another."""
        same = {"stream": item["stream"], "tare": item["tare_grams"], "corrects": item["id"]}
        return self.weighs(**{**same, "gross": gross, **changes})


def hashed(item: dict) -> str:
    return chain.hash_of(WeighingItem.model_validate(item))


async def chains(service, canteen=CANTEEN, day=DAY):
    answer = await service.client.get(
        "/api/v1/waste/devices",
        params={"canteen_id": str(canteen), "date_from": str(day), "date_to": str(day)},
        headers=cook(canteen),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def send_at(service, sent_at, *items):
    """Send a batch that says what the device's clock shows."""
    body = {"items": list(items), "sent_at": sent_at.isoformat()}
    answer = await service.client.post(BATCH, json=body, headers=cook())
    assert answer.status_code == 200, answer.text
    return [
        r["problem"]["type"] if r["problem"] else r["outcome"] for r in answer.json()["results"]
    ]
