import pytest
from PIL import Image

from support.identities import bearer
from support.photos import a_jpeg, digest
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import a_weighing, cook, manager, outcomes

JPEG = a_jpeg()


def exif():
    notes = Image.Exif()
    notes[0x010F] = "camera"
    return notes


def path(weighing):
    return f"/api/v1/waste/weighings/{weighing['id']}/photo"


async def weighed(service, jpeg=JPEG):
    weighing = a_weighing(photo_sha256=digest(jpeg))
    assert await outcomes(service, weighing) == ["created"]
    return weighing


async def put(service, weighing, jpeg, caller=None):
    file = {"file": ("photo.jpg", jpeg, "image/jpeg")}
    return await service.client.put(path(weighing), files=file, headers=caller or cook())


async def test_a_photo_follows_its_record_and_is_shown_as_it_came_to_the_kitchen_only(service):
    weighing = await weighed(service)
    for _ in range(2):
        assert (await put(service, weighing, JPEG)).status_code == 204
    for caller in (cook(), manager()):
        answer = await service.client.get(path(weighing), headers=caller)
        assert answer.content == JPEG
        assert answer.headers["content-type"] == "image/jpeg"
    foreign = await service.client.get(path(weighing), headers=cook(OTHER_CANTEEN))
    assert foreign.status_code == 404
    diner = await service.client.get(path(weighing), headers=bearer("diner", CANTEEN))
    assert diner.status_code == 403


async def test_a_photo_that_the_record_does_not_name_is_refused(service):
    weighing = await weighed(service)
    assert (await put(service, weighing, a_jpeg(65))).json()["type"] == "OtherPhoto"
    bare = a_weighing()
    assert await outcomes(service, bare) == ["created"]
    assert (await put(service, bare, JPEG)).json()["type"] == "OtherPhoto"
    assert (await put(service, a_weighing(), JPEG)).status_code == 404
    assert (await put(service, weighing, JPEG, cook(OTHER_CANTEEN))).status_code == 404
    assert (await service.client.get(path(weighing), headers=cook())).status_code == 404


@pytest.mark.parametrize(
    ("jpeg", "problem"),
    [
        (a_jpeg(exif=exif()), "PhotoRefused"),
        (a_jpeg(comment=b"somewhere"), "PhotoRefused"),
        (a_jpeg(xmp=b"<x:xmpmeta/>"), "PhotoRefused"),
        (JPEG[: len(JPEG) // 2], "PhotoRefused"),
        (JPEG[:30], "PhotoRefused"),
        (b"", "PhotoRefused"),
        (b"\x89PNG\r\n\x1a\n", "PhotoRefused"),
        (a_jpeg(1281, 10), "PhotoTooLarge"),
        (JPEG + b"\0" * 500_000, "PhotoTooLarge"),
    ],
)
async def test_what_is_no_bare_small_photo_is_refused(service, jpeg, problem):
    weighing = await weighed(service, jpeg)
    answer = await put(service, weighing, jpeg)
    assert answer.json()["type"] == problem
    assert (await service.client.get(path(weighing), headers=cook())).status_code == 404


async def test_the_negative_control_colours_are_no_notes(service):
    jpeg = a_jpeg(icc_profile=b"a profile")
    assert (await put(service, await weighed(service, jpeg), jpeg)).status_code == 204
