"""Pictures of dishes for the demo: drawn, so that nobody's photo is in it."""

import math
import zlib
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

_SIZE = (640, 480)
_TABLE = (233, 224, 208)
# Colours of what is on the plate, by kind of dish.
_FOOD = {
    "meat": ((146, 74, 43), (178, 98, 52), (112, 56, 36), (96, 138, 66)),
    "vegetable": ((94, 150, 70), (126, 176, 84), (214, 92, 60), (236, 200, 92)),
    "soup": ((232, 208, 142), (244, 228, 178), (104, 152, 80)),
    "staple": ((244, 238, 222), (236, 226, 202), (250, 246, 236)),
    "side": ((226, 150, 92), (170, 200, 110), (240, 214, 150)),
}


def plate(name: str, kind: str) -> bytes:
    """Return a drawing of a dish as PNG; the same name is the same drawing."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    picture = Image.new("RGB", _SIZE, _TABLE)
    draw = ImageDraw.Draw(picture)
    across, down = _SIZE[0] // 2, _SIZE[1] // 2
    for radius, colour in ((215, (205, 196, 180)), (208, (252, 252, 250)), (160, (240, 240, 236))):
        _disc(draw, across, down, radius, colour)
    colours = _FOOD[kind]
    if kind == "soup":
        _disc(draw, across, down, 156, colours[0])
    for _ in range(40 if kind == "soup" else 130):
        far, turn = 130 * math.sqrt(rng.random()), 2 * math.pi * rng.random()
        radius = int(rng.integers(8, 20 if kind == "soup" else 30))
        colour = colours[int(rng.integers(len(colours)))]
        shade = int(rng.integers(-14, 15))
        shaded = tuple(max(0, min(255, part + shade)) for part in colour)
        _disc(
            draw,
            int(across + far * math.cos(turn)),
            int(down + far * math.sin(turn)),
            radius,
            shaded,
        )
    target = BytesIO()
    picture.save(target, "PNG", compress_level=1)
    return target.getvalue()


def _disc(
    draw: ImageDraw.ImageDraw, across: int, down: int, radius: int, colour: tuple[int, ...]
) -> None:
    draw.ellipse((across - radius, down - radius, across + radius, down + radius), fill=colour)
