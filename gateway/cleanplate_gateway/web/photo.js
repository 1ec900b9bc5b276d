// A photo of what is thrown away: made small, without what the camera noted, and without people.

import { sha256 } from "./sha256.js";

const LONGEST_SIDE = 1280;
const MOST_BYTES = 500_000;
const QUALITIES = [0.8, 0.6, 0.4];

/**
 * The photo of the weighing on the screen. Nothing is taken before somebody has said that nobody is in
 * it; where the browser finds faces itself, a photo with a face is refused.
 */
export class Photo {
  constructor(words) {
    this.words = words;
    this.input = document.getElementById("photo");
    this.canvas = document.getElementById("photo-shown");
    this.asking = document.getElementById("photo-asking");
    this.said = document.getElementById("photo-said");
    this.taken = null; // JPEG bytes
    this.input.addEventListener("change", () => this.show());
    document.getElementById("photo-yes").addEventListener("click", () => this.take());
    document.getElementById("photo-no").addEventListener("click", () => this.clear());
  }

  clear(words = "") {
    this.taken = null;
    this.input.value = "";
    this.asking.hidden = this.canvas.hidden = true;
    this.said.textContent = words;
  }

  async show() {
    const [file] = this.input.files;
    if (!file) return;
    this.clear();
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      this.canvas.width = Math.max(1, Math.round(picture.width * scale));
      this.canvas.height = Math.max(1, Math.round(picture.height * scale));
      const { width, height } = this.canvas;
      this.canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
      if (await hasFaces(this.canvas)) {
        this.clear(this.words.photo_people);
        return;
      }
      this.canvas.hidden = this.asking.hidden = false;
    } catch {
      this.clear(this.words.photo_unreadable);
    }
  }

  async take() {
    this.asking.hidden = true;
    this.taken = await encoded(this.canvas);
    if (this.taken) this.said.textContent = this.words.photo_taken;
    else this.clear(this.words.photo_unreadable);
  }

  /** Return the photo's digest; undefined if none was taken. */
  async digest() {
    return this.taken ? sha256(new Uint8Array(this.taken)) : undefined;
  }
}

// Only pixels go through a canvas: no place, no time, no camera.
async function encoded(canvas) {
  for (const quality of QUALITIES) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= MOST_BYTES) return blob.arrayBuffer();
  }
  return null;
}

async function hasFaces(canvas) {
  if (!globalThis.FaceDetector) return false;
  try {
    return (await new FaceDetector().detect(canvas)).length > 0;
  } catch {
    return false; // the person is asked in any case
  }
}
