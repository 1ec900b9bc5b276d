// Sends what waits on this device until the server has acknowledged it, one batch after the other.

const MOST_AT_ONCE = 100;
const PATIENCE_MS = 10_000;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 15_000];
const EVERY_MS = 15_000;

/**
 * The base of an outbox, which says what waits (`waiting(most)`) and notes what became of it
 * (`settle(results)`, returns of how many it knew). Dispatches `change` whenever an entry or the
 * connection changes; `state` is "online", "waiting" (not reached, will try again), "signin"
 * (the sign-in ended), or "refused" (`said` tells why; entries stay). `ahead` is by how many
 * milliseconds the server's clock is ahead of this device's, once it has answered.
 */
export class Sending extends EventTarget {
  constructor(url, csrf) {
    super();
    this.url = url;
    this.csrf = csrf;
    this.state = "online";
    this.said = "";
    this.ahead = null;
    this.status = 0; // of the last answer; 0: there was none
    this.failures = 0;
    this.sending = false;
    this.wanted = false;
    this.timer = null;
    addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
    setInterval(() => this.send(), EVERY_MS);
  }

  /** Send what waits; safe to call at any time. */
  async send() {
    clearTimeout(this.timer);
    this.wanted = true;
    if (this.sending) return;
    this.sending = true;
    let pause = 0;
    try {
      while (pause === 0) pause = await this.step();
    } catch {
      pause = EVERY_MS; // this device's own memory does not answer
    } finally {
      this.sending = false;
    }
    this.changed();
    if (pause) this.timer = setTimeout(() => this.send(), pause);
  }

  // Return the milliseconds to wait before the next step; null if nothing waits.
  async step() {
    this.wanted = false;
    const items = await this.waiting(MOST_AT_ONCE);
    const pause = items.length ? await this.attempt(items) : await this.afterwards();
    this.changed();
    return pause === null && this.wanted ? 0 : pause;
  }

  /** Send what follows once no item waits; as `step`. */
  async afterwards() {
    return null;
  }

  /** Return the body of a batch. */
  batch(items) {
    return { items };
  }

  async attempt(items) {
    const body = () => JSON.stringify(this.batch(items));
    return this.exchange("POST", this.url, "application/json", body, async (answer) => {
      if (!(await this.settle((await answer.json()).results))) throw new Error("nothing acknowledged");
    });
  }

  /** Send one request; return 0 if it was accepted, or how long to wait before the next. */
  async exchange(method, url, type, body, accepted) {
    let answer = null;
    try {
      answer = await this.fetch(method, url, type, body());
      if (answer.status === 401 && (await this.fetch("POST", "/session/refresh")).ok) {
        answer = await this.fetch(method, url, type, body());
      }
      if (answer.ok) {
        await accepted(answer);
        [this.failures, this.state, this.said] = [0, "online", ""];
        return 0;
      }
      this.state = answer.status === 401 ? "signin" : answer.status < 500 ? "refused" : "waiting";
      this.said = await sentence(answer);
    } catch {
      [this.state, this.said] = ["waiting", ""];
    }
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    return Math.max(pause, 1000 * Number(answer?.headers.get("Retry-After") || 0));
  }

  async fetch(method, url, type, body) {
    const headers = {
      "X-CSRF-Token": this.csrf,
      "Accept-Language": document.documentElement.lang,
      Accept: "application/json",
    };
    if (type) headers["Content-Type"] = type;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    this.status = 0;
    const answer = await fetch(url, { method, headers, body, signal, credentials: "same-origin" });
    this.status = answer.status;
    this.hear(answer);
    return answer;
  }

  /** Note what an answer, not one from a cache, says of the server's clock. */
  hear(answer) {
    const said = Date.parse(answer.headers.get("Date") ?? "");
    if (!Number.isNaN(said)) this.ahead = said - Date.now();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
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
