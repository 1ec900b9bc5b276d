// Keeps what was entered on this device until the server has acknowledged it. Each item is written
// down before it is sent and keeps its id for good, so that sending it again counts it once.

const PREFIX = "cleanplate.outbox.";
const DEVICE = "cleanplate.device";
const SEQUENCE = "cleanplate.sequence";
const MOST_AT_ONCE = 100;
const PATIENCE_MS = 10_000;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 15_000];

/** Return a random UUID, also on plain http where `crypto.randomUUID` does not exist. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Return an instant as local wall time with its offset from UTC. */
export function localInstant(at = new Date()) {
  const offset = -at.getTimezoneOffset();
  const pad = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const wall = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return `${wall}${offset < 0 ? "-" : "+"}${pad(offset / 60)}:${pad(offset % 60)}`;
}

/** Reads and writes this device's memory; where there is none, the page's own memory. */
export const memory = {
  lasting: true,
  page: new Map(),
  get(key) {
    try {
      return this.page.get(key) ?? localStorage.getItem(key);
    } catch {
      return this.page.get(key) ?? null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
      this.page.delete(key);
    } catch {
      this.lasting = false;
      this.page.set(key, value);
    }
  },
  remove(key) {
    this.page.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      this.lasting = false;
    }
  },
  keys() {
    try {
      return [...new Set([...Object.keys(localStorage), ...this.page.keys()])];
    } catch {
      return [...this.page.keys()];
    }
  },
};

/** Return the lasting name of this device. */
export function deviceId() {
  const known = memory.get(DEVICE);
  if (known) return known;
  const made = `tablet-${uuid()}`;
  memory.set(DEVICE, made);
  return made;
}

/** Return the next number of this device. */
export function nextSequence() {
  const next = Number(memory.get(SEQUENCE) ?? 0) + 1;
  memory.set(SEQUENCE, String(next));
  return next;
}

/**
 * Items waiting for the server, oldest first. Dispatches `change` whenever an entry or the
 * connection changes; `state` is "online", "waiting" (not reached, will try again), "signin"
 * (the sign-in ended), or "refused" (`said` tells why; entries stay).
 */
export class Outbox extends EventTarget {
  constructor(name, url, csrf) {
    super();
    this.prefix = `${PREFIX}${name}.`;
    this.url = url;
    this.csrf = csrf;
    this.state = "online";
    this.said = "";
    this.failures = 0;
    this.sending = false;
    this.timer = null;
    addEventListener("online", () => this.send());
    addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.prefix)) this.changed();
    });
  }

  /** Return all entries `{item, label, problem}`, oldest first. */
  entries() {
    return memory
      .keys()
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => readable(memory.get(key)))
      .filter((entry) => entry?.item?.id)
      .sort((one, other) => one.kept - other.kept);
  }

  /** Keep an item, then send it; `label` is what lists show of it. */
  add(item, label) {
    this.write({ item, label, problem: null, kept: Date.now() + Math.random() / 1000 });
    this.changed();
    this.send();
  }

  /** Forget an entry, because it was acknowledged or because a person gave it up. */
  drop(id) {
    memory.remove(this.prefix + id);
    this.changed();
  }

  /** Try a rejected entry again, with the same id. */
  again(id) {
    const entry = this.entries().find((one) => one.item.id === id);
    if (entry) this.write({ ...entry, problem: null });
    this.changed();
    this.send();
  }

  /** Send what waits; safe to call at any time. */
  async send() {
    clearTimeout(this.timer);
    if (this.sending) return;
    const waiting = this.entries().filter((entry) => !entry.problem).slice(0, MOST_AT_ONCE);
    if (!waiting.length) return;
    this.sending = true;
    const pause = await this.attempt(waiting);
    this.sending = false;
    this.changed();
    if (pause === 0) await this.send();
    else this.timer = setTimeout(() => this.send(), pause);
  }

  // Return the milliseconds to wait before the next attempt.
  async attempt(waiting) {
    let answer = null;
    try {
      answer = await this.post(waiting);
      if (answer.status === 401 && (await this.refresh())) answer = await this.post(waiting);
      if (answer.ok) {
        if (!this.settle((await answer.json()).results)) throw new Error("nothing acknowledged");
        this.failures = 0;
        this.state = "online";
        this.said = "";
        return 0;
      }
      this.state = answer.status === 401 ? "signin" : answer.status < 500 ? "refused" : "waiting";
      this.said = await sentence(answer);
    } catch {
      this.state = "waiting";
      this.said = "";
    }
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    return Math.max(pause, 1000 * Number(answer?.headers.get("Retry-After") || 0));
  }

  // Return how many entries the answer was about.
  settle(results) {
    const known = new Map(this.entries().map((entry) => [entry.item.id, entry]));
    const mine = results.filter((result) => known.has(result.id));
    for (const result of mine) {
      const entry = known.get(result.id);
      if (result.outcome === "rejected") this.write({ ...entry, problem: result.problem });
      else memory.remove(this.prefix + result.id);
      const detail = { entry, result };
      this.dispatchEvent(new CustomEvent("settled", { detail }));
    }
    return mine.length;
  }

  post(waiting) {
    return this.fetch(this.url, JSON.stringify({ items: waiting.map((entry) => entry.item) }));
  }

  async refresh() {
    return (await this.fetch("/session/refresh", null)).ok;
  }

  fetch(url, body) {
    const headers = {
      "X-CSRF-Token": this.csrf,
      "Accept-Language": document.documentElement.lang,
      Accept: "application/json",
    };
    if (body) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return fetch(url, { method: "POST", headers, body, signal, credentials: "same-origin" });
  }

  write(entry) {
    memory.set(this.prefix + entry.item.id, JSON.stringify(entry));
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function readable(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function sentence(answer) {
  try {
    const problem = await answer.json();
    return [problem.title, problem.detail].filter(Boolean).join(": ");
  } catch {
    return `HTTP ${answer.status}`;
  }
}
