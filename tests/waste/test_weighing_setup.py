import pytest

from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import cook, manager

STREAM = {"stream": "plate", "grams_per_litre": 900, "grams_per_bucket": 16_000}
TUB = {"code": "tub-1", "name": "蓝盆", "tare_grams": 1250}


def path(canteen=CANTEEN):
    return f"/api/v1/waste/canteens/{canteen}/weighing-setup"


async def shown(service):
    answer = await service.client.get(path(), headers=cook())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def put(service, caller=None, **body):
    return await service.client.put(path(), json=body, headers=caller or manager())


async def test_a_canteen_that_has_said_nothing_has_containers_without_tare_and_water(service):
    said = await shown(service)
    assert {one["code"]: one["tare_grams"] for one in said["containers"]} == {
        "pan": None, "tub": None, "bucket": None, "crate": None,
    }  # fmt: skip
    assert len(said["streams"]) == 7
    assert {one["grams_per_litre"] for one in said["streams"]} == {1000}
    assert {one["value_fen_per_kg"] for one in said["streams"]} == {None}


async def test_what_the_manager_says_replaces_all_of_it_in_order(service):
    crate = {"code": "crate", "name": "筐", "tare_grams": None}
    answer = await put(
        service, containers=[crate, TUB], streams=[STREAM | {"value_fen_per_kg": 1280}]
    )
    assert answer.status_code == 200, answer.text
    said = await shown(service)
    assert said == answer.json()
    assert said["containers"] == [crate, TUB]
    plate = next(one for one in said["streams"] if one["stream"] == "plate")
    assert plate == STREAM | {"value_fen_per_kg": 1280}
    await put(service, containers=[], streams=[])
    said = await shown(service)
    assert said["containers"] == []
    assert {one["value_fen_per_kg"] for one in said["streams"]} == {None}


async def test_a_cook_reads_but_does_not_set_and_others_do_neither(service):
    body = {"containers": [], "streams": []}
    assert (await put(service, cook(), **body)).status_code == 403
    elsewhere = manager(OTHER_CANTEEN)
    assert (await put(service, elsewhere, **body)).status_code == 404
    assert (await service.client.get(path(), headers=elsewhere)).status_code == 404
    assert len((await shown(service))["containers"]) == 4


@pytest.mark.parametrize(
    "body",
    [
        {"containers": [TUB, TUB], "streams": []},
        {"containers": [TUB | {"tare_grams": 0}], "streams": []},
        {"containers": [TUB | {"code": "a b"}], "streams": []},
        {"containers": [TUB | {"code": str(n)} for n in range(9)], "streams": []},
        {"containers": [], "streams": [STREAM, STREAM]},
        {"containers": [], "streams": [STREAM | {"grams_per_litre": 0}]},
        {"containers": [], "streams": [STREAM | {"value_fen_per_kg": 1.5}]},
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(service, body):
    assert (await put(service, **body)).status_code == 422
    assert len((await shown(service))["containers"]) == 4
