// Keeps what was entered at the door on this device until the server has acknowledged it. Each item is
// written down before it is sent and keeps its id for good, so that sending it again counts it once.

import { memory } from "./device.js";
import { Sending } from "./sending.js";

const PREFIX = "cleanplate.outbox.";

/** Items waiting for the server, oldest first. */
export class Outbox extends Sending {
  constructor(name, url, csrf) {
    super(url, csrf);
    this.prefix = `${PREFIX}${name}.`;
    addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.prefix)) this.changed();
    });
  }

  /** Return all entries `{item, label, problem}`, oldest first. */
  entries() {
    return memory
      .keys()
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => memory.read(key))
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

  waiting(most) {
    const waiting = this.entries().filter((entry) => !entry.problem);
    return waiting.slice(0, most).map((entry) => entry.item);
  }

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

  write(entry) {
    memory.set(this.prefix + entry.item.id, JSON.stringify(entry));
  }
}
