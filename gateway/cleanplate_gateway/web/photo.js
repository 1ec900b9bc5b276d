// A photo of what is thrown away: made small, without what the camera noted, and with no face in it.

import { coverAt, coverFaces } from "./faces.js";
import { sha256 } from "./sha256.js";

const LONGEST_SIDE = 1280;
const MOST_BYTES = 500_000;
const QUALITIES = [0.8, 0.6, 0.4];

/**
 * The photo of the weighing on the screen. Faces that the browser finds are covered before anybody sees
 * the picture, others where a person taps; nothing is taken before a person has said so.
 */
export class Photo {
  constructor() {
    this.words = JSON.parse(document.getElementById("photo-words").textContent);
    this.input = document.getElementById("photo");
    this.canvas = document.getElementById("photo-shown");
    this.asking = document.getElementById("photo-asking");
    this.found = document.getElementById("photo-found");
    this.said = document.getElementById("photo-said");
    this.taken = null; // JPEG bytes
    this.file = null; // what is being looked at
    this.input.addEventListener("change", () => this.show());
    this.canvas.addEventListener("click", (tap) => this.coverTapped(tap));
    document.getElementById("photo-yes").addEventListener("click", () => this.take());
    document.getElementById("photo-no").addEventListener("click", () => this.clear());
  }

  clear(words = "") {
    this.taken = this.file = null;
    this.input.value = "";
    this.asking.hidden = this.canvas.hidden = true;
    this.canvas.width = this.canvas.height = 0; // and with it the picture
    this.said.textContent = words;
  }

  async show() {
    const [file] = this.input.files;
    if (!file) return;
    this.clear(this.words.looking);
    this.file = file;
    let words = this.words.unreadable;
    try {
      const picture = await small(file);
      words = this.words.people;
      const covered = await coverFaces(picture);
      if (this.file === file) this.ask(picture, covered);
    } catch {
      if (this.file === file) this.clear(words);
    }
  }

  ask(picture, covered) {
    const { blind, none, covered: some } = this.words;
    const found = covered ? some.replace("{count}", covered) : none;
    this.found.textContent = covered === null ? blind : found;
    [this.canvas.width, this.canvas.height] = [picture.width, picture.height];
    this.canvas.getContext("2d").drawImage(picture, 0, 0);
    this.said.textContent = "";
    this.canvas.hidden = this.asking.hidden = false;
  }

  coverTapped({ clientX, clientY }) {
    if (this.asking.hidden) return;
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const [x, y] = [(clientX - left) / width, (clientY - top) / height];
    coverAt(this.canvas, x * this.canvas.width, y * this.canvas.height);
  }

  async take() {
    const { file } = this;
    this.asking.hidden = true;
    const jpeg = await encoded(this.canvas);
    if (this.file !== file) return;
    this.taken = jpeg;
    if (jpeg) this.said.textContent = this.words.taken;
    else this.clear(this.words.unreadable);
  }

  /** Return the photo's digest; undefined if none was taken. */
  async digest() {
    return this.taken ? sha256(new Uint8Array(this.taken)) : undefined;
  }
}

// Only pixels go through a canvas: no place, no time, no camera.
async function small(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

async function encoded(canvas) {
  for (const quality of QUALITIES) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= MOST_BYTES) return blob.arrayBuffer();
  }
  return null;
}
