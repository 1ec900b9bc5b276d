"""Faces that are drawn, and a stand-in for a browser's detector that finds them by their colour."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1280, 960)
SKIN = (255, 214, 0)
Face = tuple[int, int, int]  # across and down of its middle, radius

# Boxes around connected patches of skin, looked for on a grid of four pixels.
DETECTOR = """window.FaceDetector = class {
  async detect(canvas) {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const skin = new Set();
    for (let y = 0; y < height; y += 4) for (let x = 0; x < width; x += 4) {
      const [red, green, blue] = data.subarray(4 * (y * width + x));
      if (red > 200 && green > 160 && blue < 90) skin.add(y * width + x);
    }
    const faces = [];
    for (const start of skin) {
      const [xs, ys, open] = [[], [], [start]];
      skin.delete(start);
      while (open.length) {
        const at = open.pop();
        xs.push(at % width);
        ys.push(Math.floor(at / width));
        for (const step of [-4, 4, -4 * width, 4 * width])
          if (skin.delete(at + step)) open.push(at + step);
      }
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      const boundingBox = { x, y, width: Math.max(...xs) + 4 - x, height: Math.max(...ys) + 4 - y };
      faces.push({ boundingBox });
    }
    return faces;
  }
};"""


def a_scene(faces: Sequence[Face]) -> Image.Image:
    """Return a table with plates, and faces above it."""
    picture = Image.new("RGB", SIZE, (150, 160, 165))
    draw = ImageDraw.Draw(picture)
    for across in range(160, SIZE[0], 240):
        draw.ellipse((across - 90, 700, across + 90, 880), fill=(250, 250, 248))
        draw.ellipse((across - 50, 740, across + 50, 840), fill=(120, 70, 40))
    picture = picture.filter(ImageFilter.GaussianBlur(3))  # or JPEG alone would change its edges
    draw = ImageDraw.Draw(picture)
    for face in faces:
        _draw_face(draw, *face)
    return picture


def _draw_face(draw: ImageDraw.ImageDraw, across: int, down: int, radius: int) -> None:
    def disc(right: float, below: float, size: float, colour: tuple[int, int, int]) -> None:
        x, y, r = across + right * radius, down + below * radius, size * radius
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    disc(0, -0.1, 1.1, (40, 25, 15))
    disc(0, 0, 1, SKIN)
    for side in (-0.35, 0.35):
        disc(side, -0.2, 0.12, (20, 20, 20))
    mouth = (across - radius * 0.4, down, across + radius * 0.4, down + radius * 0.6)
    draw.arc(mouth, 20, 160, fill=(150, 30, 30), width=max(1, radius // 12))


def as_jpeg(picture: Image.Image, **notes: object) -> bytes:
    """Return a picture as a camera would give it; `exif` is written into it."""
    target = BytesIO()
    picture.save(target, "JPEG", quality=95, **notes)
    return target.getvalue()
