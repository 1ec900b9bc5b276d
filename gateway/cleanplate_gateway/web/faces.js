// Covers faces in a picture for good: those the browser finds, and where a person taps.

export const COLOUR = "#1f2421";
const MARGIN = 0.4; // of a face on each of its sides: hair, ears, chin
const TAP = 1 / 6; // of the picture's longer side
const ROUNDS = 3; // a detector may tell only some of many faces at once

/**
 * Cover every face that the browser finds; return how many, or null where it cannot look.
 * Throws if there are still faces after that.
 */
export async function coverFaces(canvas) {
  let covered = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const faces = await facesIn(canvas);
    if (!faces) return null;
    if (!faces.length) return covered;
    for (const face of faces) cover(canvas, face, MARGIN);
    covered += faces.length;
  }
  throw new Error("there are still faces");
}

/** Cover what was tapped; `x` and `y` are pixels of the canvas. */
export function coverAt(canvas, x, y) {
  const side = TAP * Math.max(canvas.width, canvas.height);
  cover(canvas, { x: x - side / 2, y: y - side / 2, width: side, height: side }, 0);
}

async function facesIn(canvas) {
  if (!globalThis.FaceDetector) return null;
  try {
    const found = await new FaceDetector().detect(canvas);
    return found.map(({ boundingBox }) => boundingBox);
  } catch {
    return null;
  }
}

// One colour for every face: a blur or a mosaic keeps enough of some to know them by.
function cover(canvas, { x, y, width, height }, margin) {
  const [left, top] = [Math.floor(x - margin * width), Math.floor(y - margin * height)];
  const right = Math.ceil(x + (1 + margin) * width);
  const bottom = Math.ceil(y + (1 + margin) * height);
  const context = canvas.getContext("2d");
  context.fillStyle = COLOUR;
  context.fillRect(left, top, right - left, bottom - top);
}
