// Check-ins taken back by the person at the door. One may have reached the server although its
// answer did not reach us, so each is taken back there as well, as soon as there is a network.

import { memory } from "./device.js";

const PREFIX = "cleanplate.undo.";
const PATIENCE_MS = 10_000;

export class Undoing {
  constructor(outbox) {
    this.outbox = outbox;
    addEventListener("online", () => this.send());
  }

  /** Take a check-in back; it is not sent any more, and not counted if it was. */
  async add(id) {
    memory.set(PREFIX + id, "1");
    while (this.outbox.sending) await new Promise((resolve) => setTimeout(resolve, 50));
    this.outbox.drop(id);
    await this.send();
  }

  async send() {
    const ids = memory.keys().filter((key) => key.startsWith(PREFIX));
    for (const key of ids) {
      if (!(await this.remove(key.slice(PREFIX.length)))) return;
      memory.remove(key);
    }
  }

  // Return whether the server has answered: taken back, never arrived, or too late.
  async remove(id) {
    try {
      const answer = await fetch(`/api/v1/menu/check-ins/${id}`, {
        method: "DELETE",
        headers: { "X-CSRF-Token": this.outbox.csrf },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return answer.status < 500 && answer.status !== 401 && answer.status !== 403;
    } catch {
      return false;
    }
  }
}
