// What a page knows of the device that it runs on.

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
  /** Return what is kept as JSON; null if it cannot be read. */
  read(key) {
    try {
      return JSON.parse(this.get(key));
    } catch {
      return null;
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
