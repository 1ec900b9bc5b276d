"""Photos of weighings in which there are faces: covered on the tablet, or not taken.

The faces are drawn, and a stand-in finds them: what a device's own detector finds is not tested.
"""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import count

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Browser, Page, Route, expect

from support.browser import Served, accessible, screenshot, served, visitor
from support.faces import DETECTOR, SIZE, SKIN, Face, a_scene, as_jpeg
from support.gateway import Towns, today_at
from support.tablets import at_the_scale, opens_offline, recorded, until, weigh

_COVER = ImageColor.getrgb("#1f2421")
_JPEG_ERROR = 16  # of a channel; its mean is far below
_EDGE = 16  # pixels beside a cover that JPEG mixes with it
_BLIND = "window.FaceDetector = undefined"
_FAILING = "window.FaceDetector = class { async detect() { throw new Error('no model'); } }"
_STUBBORN = """window.FaceDetector = class {
  async detect() { return [{ boundingBox: { x: 0, y: 0, width: 9, height: 9 } }]; }
}"""
_LATE = """window.FaceDetector = class {
  detect() { return new Promise((resolve) => { window.answer = () => resolve([]); }); }
}"""
_UPSIDE_DOWN = 3  # Exif's orientation
_grams = count(7001)
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


@pytest.fixture
def scale(browser: Browser, site: Served) -> Iterator[Visit]:
    """Open the screen in a browser with a detector, or with what is there instead of one."""
    site.house.clock.at = today_at(13)
    with visitor(browser, site.url, "cook", size="tablet") as page:

        def opened(detector: str = DETECTOR) -> Page:
            page.add_init_script(detector)
            at_the_scale(page)
            return page

        yield opened


def shoot(page: Page, jpeg: bytes) -> None:
    picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": jpeg}
    page.locator("#photo").set_input_files(picture)


def offered(page: Page, jpeg: bytes, words: str) -> None:
    """Take a picture, and wait until it is shown with these words."""
    shoot(page, jpeg)
    expect(page.locator("#photo-asking")).to_be_visible()
    expect(page.locator("#photo-found")).to_contain_text(words)


def taken(page: Page) -> Image.Image:
    """Take what is offered; return what the service has of it."""
    page.locator("#photo-yes").click()
    expect(page.locator("#photo-said")).to_have_text("照片已附上。")
    grams = next(_grams)
    with page.expect_response("**/photo") as sent:
        weigh(page, grams)
    assert sent.value.status == 204
    return stored(page, grams)


def stored(page: Page, grams: int) -> Image.Image:
    """Return the photo that the service has of a weighing."""
    [one] = recorded(page, gross_grams=grams)
    jpeg = page.request.get(f"/api/v1/waste/weighings/{one['id']}/photo").body()
    return Image.open(BytesIO(jpeg))


def skin_in(picture: Image.Image) -> int:
    """Return how many pixels of drawn faces are left."""
    return int((np.abs(np.asarray(picture, int) - SKIN).max(axis=2) < 60).sum())


def covered_part(picture: Image.Image) -> np.ndarray:
    """Return which pixels are covered."""
    return np.abs(np.asarray(picture, int) - _COVER).max(axis=2) < 12


def the_rest_is(picture: Image.Image, original: Image.Image, boxes: Sequence[tuple]) -> None:
    """Fail if anything but the boxes (left, top, right, bottom) differs from the original."""
    off = np.abs(np.asarray(picture, int) - np.asarray(original, int)).max(axis=2)
    for left, top, right, bottom in boxes:
        rows = slice(max(0, top - _EDGE), bottom + _EDGE)
        off[rows, max(0, left - _EDGE) : right + _EDGE] = 0
    assert off.max() < _JPEG_ERROR
    assert off.mean() < 2


def around(face: Face, reach: float) -> tuple[int, int, int, int]:
    across, down, radius = face
    far = round(radius * reach)
    return max(0, across - far), max(0, down - far), across + far, down + far


@pytest.mark.parametrize(
    ("faces", "notes"),
    [
        pytest.param([(400, 300, 150)], {}, id="large"),
        pytest.param([(900, 200, 12)], {}, id="small"),
        pytest.param([(300, 250, 90), (800, 300, 60)], {}, id="two"),
        pytest.param([(20, 200, 80)], {}, id="cut by the edge"),
        pytest.param([(880, 250, 100)], {"turned": _UPSIDE_DOWN}, id="camera upside down"),
    ],
)
def test_what_the_browser_finds_is_covered_before_it_is_seen(
    scale: Visit, faces: list[Face], notes: dict[str, int]
):
    page, original, exif = scale(), a_scene(faces), Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 12.0, 0.0)}
    as_held = original
    if "turned" in notes:
        exif[0x0112] = notes["turned"]
        as_held = original.transpose(Image.Transpose.ROTATE_180)
    offered(page, as_jpeg(as_held, exif=exif), f"已发现并遮盖人脸 {len(faces)} 处")
    photo = taken(page)
    assert photo.size == SIZE
    assert not photo.getexif()
    assert skin_in(original) > 0
    assert skin_in(photo) == 0
    for face in faces:
        left, top, right, bottom = around(face, 1.2)  # hair and all
        assert covered_part(photo)[top:bottom, left:right].mean() > 0.97
    the_rest_is(photo, original, [around(face, 1.9) for face in faces])


def test_a_picture_without_faces_stays_as_it_is(scale: Visit):
    page, original = scale(), a_scene([])
    offered(page, as_jpeg(original), "未发现人脸")
    photo = taken(page)
    assert not covered_part(photo).any()
    the_rest_is(photo, original, [])


def test_what_was_seen_before_it_was_taken_is_what_is_kept(scale: Visit):
    page, face = scale(), (400, 300, 100)
    offered(page, as_jpeg(a_scene([face])), "已发现并遮盖人脸 1 处")
    accessible(page)
    screenshot(page, "k-weigh-faces")
    seen = Image.open(BytesIO(page.locator("#photo-shown").screenshot())).convert("RGB")
    assert skin_in(seen) == 0
    middle = (seen.width * face[0] // SIZE[0], seen.height * face[1] // SIZE[1])
    assert seen.getpixel(middle) == _COVER
    assert skin_in(taken(page)) == 0


@pytest.mark.parametrize("detector", [_BLIND, _FAILING], ids=["none", "failing"])
def test_where_nothing_can_be_found_a_person_is_told_and_covers_by_hand(
    scale: Visit, detector: str
):
    page, original = scale(detector), a_scene([(400, 300, 60)])
    offered(page, as_jpeg(original), "不能自动识别人脸")
    accessible(page)
    tap(page, 400, 300)
    screenshot(page, "k-weigh-covered-by-hand")
    photo = taken(page)
    assert skin_in(original) > 0
    assert skin_in(photo) == 0
    the_rest_is(photo, original, [around((400, 300, 107), 1)])


def test_what_was_taken_cannot_be_changed_by_a_tap(scale: Visit):
    page = scale(_BLIND)
    offered(page, as_jpeg(a_scene([])), "不能自动识别人脸")
    page.locator("#photo-yes").click()
    expect(page.locator("#photo-said")).to_have_text("照片已附上。")
    before = page.locator("#photo-shown").evaluate("canvas => canvas.toDataURL()")
    tap(page, 400, 300)
    assert page.locator("#photo-shown").evaluate("canvas => canvas.toDataURL()") == before


def test_a_picture_whose_faces_cannot_be_covered_is_refused(scale: Visit):
    page = scale(_STUBBORN)
    shoot(page, as_jpeg(a_scene([(400, 300, 60)])))
    expect(page.locator("#photo-said")).to_have_text("照片中有人，未使用。")
    expect(page.locator("#photo-asking")).to_be_hidden()
    assert weighed_without_photo(page)


def test_a_picture_that_is_still_looked_at_does_not_join_the_next_weighing(scale: Visit):
    page = scale(_LATE)
    shoot(page, as_jpeg(a_scene([])))
    expect(page.locator("#photo-said")).to_have_text("正在查找人脸……")
    until(page, lambda: page.evaluate("Boolean(window.answer)"))
    assert weighed_without_photo(page)
    page.evaluate("window.answer()")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(page.locator("#photo-asking")).to_be_hidden()
    expect(page.locator("#photo-shown")).to_be_hidden()


def test_faces_are_covered_without_a_network(scale: Visit):
    page, original, grams = scale(), a_scene([(400, 300, 100)]), next(_grams)
    opens_offline(page)
    page.context.set_offline(True)
    at_the_scale(page)
    offered(page, as_jpeg(original), "已发现并遮盖人脸 1 处")
    page.locator("#photo-yes").click()
    expect(page.locator("#photo-said")).to_have_text("照片已附上。")
    weigh(page, grams)
    with page.expect_response("**/photo"):
        page.context.set_offline(False)
    assert skin_in(stored(page, grams)) == 0


def test_nothing_of_an_uncovered_picture_leaves_the_tablet(scale: Visit):
    page, sent = scale(), []

    def note(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        route.continue_()

    page.route("**/api/**", note)
    offered(page, as_jpeg(a_scene([(400, 300, 100)])), "已发现并遮盖人脸 1 处")
    assert not any(b"\xff\xd8\xff" in body for body in sent)
    taken(page)
    [jpeg] = [body[body.index(b"\xff\xd8\xff") :] for body in sent if b"\xff\xd8\xff" in body]
    assert skin_in(Image.open(BytesIO(jpeg))) == 0


def tap(page: Page, across: int, down: int) -> None:
    """Tap the shown photo where a pixel of it is."""
    box = page.locator("#photo-shown").bounding_box()
    place = {"x": box["width"] * across / SIZE[0], "y": box["height"] * down / SIZE[1]}
    page.locator("#photo-shown").click(position=place)


def weighed_without_photo(page: Page) -> bool:
    """Weigh, and say whether the record names no photo."""
    grams = next(_grams)
    weigh(page, grams)
    [one] = recorded(page, gross_grams=grams)
    return one["photo_sha256"] is None
