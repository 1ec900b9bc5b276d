// A scale on this device's serial port (Web Serial): shows what it shows, and hands a settled weight to
// the form once, until the scale has moved.

import { kilograms } from "./amounts.js";
import { memory } from "./device.js";
import { Watch } from "./scale_rules.js";

const CHOSEN = "cleanplate.scale"; // the protocol, chosen once for each device
const TICK_MS = 500;
const AGAIN_MS = 3_000;
const PARITY = { N: "none", E: "even", O: "odd" };
const NOTHING = new Uint8Array();

export class Scale {
  /** `take(grams)` gets what the cook takes from the scale. */
  constructor(words, take) {
    this.words = words;
    this.take = take;
    this.part = document.getElementById("scale");
    this.choice = document.getElementById("scale-protocol");
    this.shown = document.getElementById("scale-shown");
    this.button = document.getElementById("scale-take");
    this.protocols = [];
    this.watch = null;
    this.offer = null; // the settled weight that may be taken
    this.trouble = null;
    this.choice.addEventListener("change", () => this.choose());
    this.button.addEventListener("click", () => this.taken());
  }

  /** Show the scale where the browser can read one, and connect the one of before. */
  async open(url) {
    if (!navigator.serial) return;
    this.protocols = await protocolsFrom(url);
    this.choice.append(...this.protocols.map((one) => new Option(one.scales, one.name)));
    this.choice.value = memory.get(CHOSEN) ?? "";
    this.choice.hidden = false;
    this.show();
    const [port] = await navigator.serial.getPorts();
    if (port && this.protocol) this.follow(port);
  }

  get protocol() {
    return this.protocols.find((one) => one.name === this.choice.value);
  }

  async choose() {
    memory.set(CHOSEN, this.choice.value);
    this.show();
    if (!this.protocol) return;
    try {
      this.follow(await navigator.serial.requestPort());
    } catch {
      this.choice.value = ""; // nobody chose a port
      memory.remove(CHOSEN);
      this.show();
    }
  }

  // Reads until the page closes or another protocol is chosen; a port that is away is waited for.
  async follow(port) {
    const { protocol } = this;
    while (protocol === this.protocol) {
      try {
        await port.open(settings(protocol));
        await this.listen(port, protocol);
      } catch {
        this.trouble = "absent";
      }
      await port.close().catch(() => null);
      this.watch = this.offer = null;
      this.show();
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async listen(port, protocol) {
    this.watch = new Watch(protocol, seconds());
    this.trouble = null;
    const reader = port.readable.getReader();
    const ticking = setInterval(() => this.feed(NOTHING), TICK_MS);
    const asking = protocol.request ? setInterval(() => ask(port, protocol), protocol.request_seconds * 1000) : 0;
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done || protocol !== this.protocol) return;
        this.feed(value);
      }
    } finally {
      clearInterval(ticking);
      clearInterval(asking);
      await reader.cancel().catch(() => null);
      reader.releaseLock();
      this.trouble = "absent";
    }
  }

  feed(bytes) {
    const now = seconds();
    for (const { outcome, grams } of this.watch.feed(bytes, now)) {
      this.offer = grams;
      this.trouble = outcome === "weighed" ? null : outcome;
    }
    const { latest, settling } = this.watch;
    if (bytes.length && latest?.grams >= 0 && latest.grams !== null) this.trouble = null;
    if (settling.resting === null) this.offer = null;
    this.show();
  }

  taken() {
    if (this.offer === null) return;
    this.take(this.offer);
    this.offer = null;
    this.show();
  }

  show() {
    this.part.hidden = !this.choice.value;
    const { latest, settling } = this.watch ?? {};
    const grams = latest?.grams;
    this.shown.textContent = Number.isInteger(grams) && !this.trouble ? `${kilograms(grams)} kg` : "–";
    this.part.dataset.state = this.trouble ?? (this.offer === null ? "moving" : "stable");
    this.button.setAttribute("aria-disabled", String(this.offer === null));
    const resting = settling && settling.resting !== null;
    const why = this.trouble ?? (resting ? "same" : "moving");
    const words = this.words[this.watch || this.trouble ? why : "choose"];
    this.button.textContent =
      this.offer === null ? words : this.words.take.replace("{net}", kilograms(this.offer));
  }
}

const seconds = () => performance.now() / 1000;

function settings({ baud, bits }) {
  const [dataBits, parity, stopBits] = bits;
  return { baudRate: baud, dataBits: Number(dataBits), parity: PARITY[parity], stopBits: Number(stopBits) };
}

async function ask(port, protocol) {
  const writer = port.writable.getWriter();
  try {
    await writer.write(new TextEncoder().encode(protocol.request));
  } catch {
    return; // it is told as silent
  } finally {
    writer.releaseLock();
  }
}

// The service's, or those of the last time.
async function protocolsFrom(url) {
  const key = `${CHOSEN}-protocols`;
  try {
    const answer = await fetch(url);
    if (answer.ok && !answer.redirected) memory.set(key, await answer.text());
  } catch {
    return memory.read(key) ?? [];
  }
  return memory.read(key) ?? [];
}
