// Bytes of a scale to weights that may be taken, by the rules of cleanplate_gateway/scales (docs/decisions/0021).

const LONGEST_FRAME = 128;
const GAP_SECONDS = 3;
const PATIENCE_SECONDS = 3;
const STATUS_ORDER = ["overload", "unstable", "negative"];
// Grams in a unit, as a whole number of hundred thousandths.
const GRAMS = { g: 100_000n, kg: 100_000_000n, lb: 45_359_237n, 斤: 50_000_000n };
const GRAMS_DIGITS = 5;
const UNREADABLE = { told: "nothing", grams: null };

/** Return what a line says: `told`, and `grams` if it has a weight. */
export function read(protocol, frame) {
  if (frame.length > LONGEST_FRAME) return UNREADABLE;
  const seven = protocol.bits.startsWith("7"); // the eighth bit is parity
  const letters = Array.from(frame, (byte) => (seven ? byte & 0x7f : byte));
  const text = letters.map((one) => (one < 0x80 ? String.fromCharCode(one) : "\uFFFD")).join("");
  for (const pattern of protocol.patterns) {
    const found = new RegExp(`^(?:${pattern})$`, "u").exec(text);
    if (found) return readingOf(protocol, found.groups ?? {});
  }
  return UNREADABLE;
}

function readingOf(protocol, parts) {
  const state = stateOf(protocol, parts);
  const isNegative = parts.sign === "-";
  if (state === "overload") return { told: isNegative ? "negative" : "overload", grams: null };
  if (state === "negative") return { told: "negative", grams: null };
  if (parts.weight === undefined) {
    return state === "unstable" ? { told: "unstable", grams: null } : UNREADABLE;
  }
  const unit = (parts.unit ?? "").trim().toLowerCase() || protocol.unit;
  const grams = gramsOf(parts.weight.trim(), GRAMS[unit]);
  if (grams === null) return UNREADABLE;
  return { told: state ?? "weight_only", grams: isNegative ? -grams : grams };
}

function stateOf(protocol, parts) {
  if (parts.status !== undefined) {
    const byte = parts.status.charCodeAt(0);
    const bits = Object.entries(protocol.status_bits).filter(([bit]) => (byte >> bit) & 1);
    const said = bits.map(([, state]) => state);
    return STATUS_ORDER.find((state) => said.includes(state)) ?? null;
  }
  if (parts.state !== undefined) return protocol.states[parts.state] ?? null;
  return protocol.without_state;
}

// Exact, rounded once, half to even.
function gramsOf(weight, factor) {
  if (!factor || !/^(\d+(\.\d*)?|\.\d+)$/.test(weight)) return null;
  const [whole, part = ""] = weight.split(".");
  const exact = BigInt(whole + part) * factor;
  const one = 10n ** BigInt(part.length + GRAMS_DIGITS);
  const [below, rest] = [exact / one, (exact % one) * 2n];
  return Number(rest > one || (rest === one && below % 2n) ? below + 1n : below);
}

/** Takes readings and tells the weights that may be taken: settled ones, each once. */
export class Settling {
  constructor(protocol) {
    this.needed = protocol.readings_to_settle;
    this.seconds = protocol.seconds_to_settle;
    this.division = protocol.division_grams;
    this.resting = null; // the weight that was taken and is still there
    this.off = 0;
    this.interrupt();
  }

  interrupt() {
    this.run = null;
    this.troubles = [];
    this.troubleTold = null;
  }

  /** Return `{outcome, grams}` that a reading adds at so many seconds, or null. */
  take(reading, at) {
    this.lookWhetherUnloaded(reading);
    if (reading.told === "overload" || reading.told === "negative") return this.inTrouble(reading.told);
    this.troubles = [];
    if (reading.told === "unstable" || reading.grams === null) {
      this.run = null;
      return null;
    }
    const run = this.continued(reading.grams, at);
    const [grams, times] = mostOften(run.weights);
    const isSure = reading.told === "stable" || run.latest - run.since >= this.seconds;
    return isSure && times >= this.needed ? this.settled(grams) : null;
  }

  lookWhetherUnloaded({ told, grams }) {
    if (this.resting === null || (told === "unstable" && grams === null)) return;
    this.off = grams === null || grams * 2 <= this.resting ? this.off + 1 : 0;
    if (this.off >= this.needed) this.resting = null;
  }

  continued(grams, at) {
    const { run } = this;
    const agrees = run && Math.abs(grams - mostOften(run.weights)[0]) <= this.division;
    if (!agrees || at - run.latest > GAP_SECONDS) {
      this.run = { since: at, latest: at, weights: [grams] };
    } else {
      run.latest = at;
      run.weights.push(grams);
    }
    return this.run;
  }

  settled(grams) {
    this.run = null;
    if (grams < -this.division) return this.tellTrouble("negative");
    this.troubleTold = null;
    if (grams <= this.division) {
      this.resting = null;
      return null;
    }
    const before = this.resting;
    this.resting = grams;
    this.off = 0;
    const isSame = before !== null && Math.abs(grams - before) <= this.division;
    return isSame ? null : { outcome: "weighed", grams };
  }

  inTrouble(trouble) {
    this.run = null;
    this.troubles = [...this.troubles, trouble].slice(-this.needed);
    const isSure = this.troubles.length === this.needed && this.troubles.every((one) => one === trouble);
    return isSure ? this.tellTrouble(trouble) : null;
  }

  tellTrouble(trouble) {
    this.resting = null;
    const known = this.troubleTold;
    this.troubleTold = trouble;
    return known === trouble ? null : { outcome: trouble, grams: null };
  }
}

function mostOften(weights) {
  const times = new Map();
  for (const grams of weights) times.set(grams, (times.get(grams) ?? 0) + 1);
  return [...times].reduce((best, one) => (one[1] > best[1] ? one : best));
}

/** One scale from the moment it is connected; `latest` is its last line that could be read. */
export class Watch {
  constructor(protocol, at) {
    this.protocol = protocol;
    this.settling = new Settling(protocol);
    this.separator = Array.from(protocol.separator, (letter) => letter.charCodeAt(0));
    this.rest = [];
    this.heard = this.understood = at;
    this.trouble = null;
    this.latest = null;
  }

  /** Return what bytes that came at so many seconds add; call it too when nothing came. */
  feed(data, at) {
    const findings = [];
    if (data.length) this.heard = at;
    for (const frame of this.frames(data)) {
      const reading = read(this.protocol, frame);
      if (reading.told === "nothing") continue;
      this.understood = at;
      this.latest = reading;
      const finding = this.settling.take(reading, at);
      if (finding) findings.push(finding);
    }
    const state = this.state(at);
    if (state && state !== this.trouble) findings.push({ outcome: state, grams: null });
    this.trouble = state;
    return findings;
  }

  frames(data) {
    const { separator } = this;
    const found = [];
    for (const byte of data) {
      this.rest.push(byte);
      const end = this.rest.slice(-separator.length);
      if (end.length < separator.length || end.some((one, index) => one !== separator[index])) continue;
      const frame = this.rest.slice(0, -separator.length);
      if (frame.length) found.push(frame);
      this.rest = [];
    }
    this.rest = this.rest.slice(-LONGEST_FRAME - 1);
    return found;
  }

  state(at) {
    if (at - this.heard > PATIENCE_SECONDS) return "silent";
    return at - this.understood > PATIENCE_SECONDS ? "unreadable" : null;
  }
}
