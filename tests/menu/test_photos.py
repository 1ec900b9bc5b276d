import io
import struct
import zlib

import pytest
from PIL import Image

from cleanplate_menu.actions.library.pictures import PictureRefused, PictureTooLarge, made_small
from support.identities import bearer
from support.menus import MENU
from support.services import CANTEEN, OTHER_CANTEEN

WHERE = "31.2304 N 121.4737 E"


def picture(form="JPEG", size=(1600, 1200), **more):
    target = io.BytesIO()
    Image.effect_noise((size[0] // 8, size[1] // 8), 40).resize(size).convert("RGB").save(
        target, form, **more
    )
    return target.getvalue()


def exif(orientation):
    noted = Image.Exif()
    noted[0x0112] = orientation
    noted[0x010E] = WHERE
    return noted


def png_that_claims(width, height):
    """A PNG of some bytes that would unpack to as many pixels."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_small_and_upright_and_keeps_nothing_but_pixels(form):
    sent = picture(form, exif=exif(orientation=6), xmp=WHERE.encode())
    assert WHERE.encode() in sent
    made = made_small(sent)
    assert WHERE.encode() not in made
    with Image.open(io.BytesIO(made)) as image:
        assert (image.format, image.size) == ("WEBP", (480, 640))
        assert not image.getexif()
        assert image.info.keys() <= {"loop", "background", "duration", "timestamp"}


def test_a_small_picture_stays_as_small_as_it_is():
    with Image.open(io.BytesIO(made_small(picture(size=(80, 40))))) as image:
        assert image.size == (80, 40)


def test_what_is_seen_through_becomes_white():
    target = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(target, "PNG")
    with Image.open(io.BytesIO(made_small(target.getvalue()))) as image:
        assert image.convert("RGB").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(6401, 6250), (30_000, 30_000)])
def test_a_picture_that_unpacks_to_too_much_is_refused_unpacked_or_not(size):
    with pytest.raises(PictureTooLarge):
        made_small(png_that_claims(*size))


def test_a_bomb_of_a_few_bytes_is_refused():
    target = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(target, "WEBP", lossless=True, quality=0, method=0)
    assert len(target.getvalue()) < 1000
    with pytest.raises(PictureTooLarge):
        made_small(target.getvalue())


def test_forty_megapixels_are_read():
    target = io.BytesIO()
    Image.new("L", (8000, 5000)).save(target, "PNG")
    with Image.open(io.BytesIO(made_small(target.getvalue()))) as image:
        assert image.size == (640, 400)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_broken_picture_is_refused_wherever_it_breaks(form):
    whole = picture(form, (64, 48))
    for at in range(0, len(whole), 97):
        for broken in (whole[:at], whole[:at] + b"\xff\x00\xff" + whole[at + 3 :]):
            try:
                made_small(broken)
            except PictureRefused:
                continue
    for nothing in (b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS"):
        with pytest.raises(PictureRefused):
            made_small(nothing)


async def put(service, dish, content, role="manager", canteen=CANTEEN):
    return await service.client.put(
        f"{MENU}/dishes/{dish}/photo",
        files={"file": ("a.jpg", content, "image/jpeg")},
        headers=bearer(role, canteen),
    )


@pytest.fixture
async def dish(service):
    wanted = {"canteen_id": str(CANTEEN), "name": "汤", "kind": "soup", "portion_grams": 300}
    made = await service.client.post(
        f"{MENU}/dishes", json=wanted, headers=bearer("manager", CANTEEN)
    )
    return made.json()["id"]


async def test_a_photo_is_shown_to_people_of_the_canteen_and_kept_by_its_name(service, dish):
    place = f"{MENU}/dishes/{dish}/photo"
    diner = bearer("diner", CANTEEN)
    assert (await service.client.get(place, headers=diner)).status_code == 404
    set_ = await put(service, dish, picture())
    assert set_.status_code == 200, set_.text
    digest = set_.json()["photo"]
    seen = await service.client.get(place, headers=diner)
    assert (seen.headers["content-type"], seen.headers["etag"]) == ("image/webp", f'"{digest}"')
    assert seen.headers["cache-control"] == "private, no-cache"
    named = await service.client.get(f"{place}?version={digest}", headers=diner)
    assert named.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = await service.client.get(place, headers=diner | {"If-None-Match": f'"{digest}"'})
    assert (again.status_code, again.content) == (304, b"")
    stranger = await service.client.get(place, headers=bearer("manager", OTHER_CANTEEN))
    assert stranger.status_code == 404
    other = await put(service, dish, picture(size=(90, 90)))
    assert other.json()["photo"] != digest
    stale = await service.client.get(place, headers=diner | {"If-None-Match": f'"{digest}"'})
    assert stale.status_code == 200


async def test_only_a_manager_of_the_canteen_sets_a_photo_and_only_a_picture(service, dish):
    for role, canteen, status in (
        ("cook", CANTEEN, 403), ("manager", OTHER_CANTEEN, 404), ("manager", CANTEEN, 200),
    ):  # fmt: skip
        assert (await put(service, dish, picture(), role, canteen)).status_code == status
    for content, status, code in (
        (b"<html>", 422, "PictureRefused"),
        (bytes(5 * 2**20 + 1), 413, "PictureTooLarge"),
        (png_that_claims(8000, 8000), 413, "PictureTooLarge"),
    ):
        refused = await put(service, dish, content)
        assert (refused.status_code, refused.json()["type"]) == (status, code)
    manager = bearer("manager", CANTEEN)
    for _ in range(2):
        gone = await service.client.delete(f"{MENU}/dishes/{dish}/photo", headers=manager)
        assert gone.status_code == 204
    assert (
        await service.client.get(f"{MENU}/dishes/{dish}/photo", headers=manager)
    ).status_code == 404
