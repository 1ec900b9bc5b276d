// What the door says to a scan: one word, one icon, one colour, and a tone for who looks away.

import { memory } from "./device.js";

const READY_AFTER_MS = 6_000;
const SOUND = "cleanplate.door.sound";
// Frequency in hertz and length in seconds: high and short is good, low and long is not.
const TONES = { served: [880, 0.12], used: [330, 0.35], other: [330, 0.35], unknown: [220, 0.5] };

export class Verdict {
  /** `words`: of the page; `undo` is called when the last check-in is taken back. */
  constructor(words, undo) {
    this.words = words;
    this.place = document.getElementById("verdict");
    this.undoButton = document.getElementById("undo");
    this.walkInButton = document.getElementById("walk-in-here");
    this.soundButton = document.getElementById("sound");
    this.clearing = null;
    this.audio = null;
    this.undoButton.addEventListener("click", () => undo());
    this.soundButton.addEventListener("click", () => this.switchSound());
    this.showSound();
  }

  /** Say a verdict; all but `ready` clear themselves. */
  say(kind, word, detail, { undoable = false, walkIn = false } = {}) {
    clearTimeout(this.clearing);
    const changed = this.place.dataset.verdict !== kind;
    this.place.dataset.verdict = kind;
    document.getElementById("verdict-word").textContent = word;
    document.getElementById("verdict-detail").textContent = detail;
    this.undoButton.hidden = !undoable;
    this.walkInButton.hidden = !walkIn;
    if (changed) this.sound(kind);
    if (kind !== "ready") this.clearing = setTimeout(() => this.ready(), READY_AFTER_MS);
  }

  ready() {
    this.say("ready", this.words.ready, this.words.enter);
  }

  switchSound() {
    memory.set(SOUND, memory.get(SOUND) === "on" ? "off" : "on");
    this.showSound();
    this.sound("served");
  }

  showSound() {
    this.soundButton.setAttribute("aria-pressed", String(memory.get(SOUND) === "on"));
  }

  sound(kind) {
    if (memory.get(SOUND) !== "on" || !TONES[kind] || !window.AudioContext) return;
    const [frequency, seconds] = TONES[kind];
    this.audio ??= new AudioContext();
    const tone = this.audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(this.audio.destination);
    tone.start();
    tone.stop(this.audio.currentTime + seconds);
  }
}
