// The lists of today's meals, kept on this tablet so that the door can decide without a network.
// Names stay for the day only: lists of other days are deleted whenever the page opens.

const DATABASE = "cleanplate-door";
const STORE = "rosters";
const PATIENCE_MS = 10_000;
// The lists hold hashes of cards, which browsers make over HTTPS only: elsewhere the service is asked.
const HASHES = Boolean(globalThis.crypto?.subtle);

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Rosters by meal: `{meal_session_id, date, tag, entries, walkIns}`; entries as the service's. */
export class Rosters {
  constructor() {
    this.database = null;
    this.known = new Map();
  }

  /** Read what is kept of `day`, and delete the rest. */
  async open(day) {
    try {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () =>
        opening.result.createObjectStore(STORE, { keyPath: "meal_session_id" });
      this.database = await done(opening);
      const kept = await done(this.store("readonly").getAll());
      for (const roster of kept) {
        if (roster.date === day) this.known.set(roster.meal_session_id, roster);
        else this.store("readwrite").delete(roster.meal_session_id);
      }
    } catch {
      this.database = null; // no memory here: the lists live as long as the page
    }
  }

  /** Fetch a meal's list if it changed; say whether the service could be asked. */
  async refresh(meal) {
    const before = this.known.get(meal);
    const headers = { Accept: "application/json" };
    if (before?.tag) headers["If-None-Match"] = before.tag;
    try {
      const answer = await fetch(`/api/v1/menu/meal-sessions/${meal}/roster`, {
        headers,
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.ok) this.keep(fresh(await answer.json(), answer.headers.get("ETag"), before));
      else if (answer.status === 404 || answer.status === 409) this.drop(meal);
      return true;
    } catch {
      return false;
    }
  }

  /** Return the entry of a meal that has this pick-up code, card or staff number. */
  async find(meal, given) {
    const entries = this.known.get(meal)?.entries ?? [];
    const text = given.toUpperCase();
    const card = await cardHash(meal, given);
    const people = entries.filter((entry) => entry.kind === "person");
    return (
      entries.find((entry) => entry.code === text) ??
      people.find((entry) => card && entry.card_hash === card) ??
      people.find((entry) => entry.number.toUpperCase() === text)
    );
  }

  /** Return the other meal of today on whose list this is. */
  async elsewhere(meal, given) {
    for (const other of this.known.keys()) {
      if (other !== meal && (await this.find(other, given))) return other;
    }
    return null;
  }

  /** Say whether who is not on this list is not registered. */
  has(meal) {
    const roster = this.known.get(meal);
    return Boolean(roster?.complete && (HASHES || !roster.entries.some((one) => one.card_hash)));
  }

  /** Note that a code was used, or that its use was taken back. */
  use(meal, code, served = true) {
    const entry = this.known.get(meal)?.entries.find((one) => one.code === code);
    if (!entry || entry.served === served) return;
    entry.served = served;
    this.keep({ ...this.known.get(meal), tag: null });
  }

  /** Remember how many walk-ins the service last knew of. */
  noteWalkIns(meal, walkIns) {
    const roster = this.known.get(meal);
    if (roster && roster.walkIns !== walkIns) this.keep({ ...roster, walkIns });
  }

  keep(roster) {
    this.known.set(roster.meal_session_id, roster);
    this.store("readwrite")?.put(roster);
  }

  drop(meal) {
    this.known.delete(meal);
    this.store("readwrite")?.delete(meal);
  }

  /** Forget every name, because somebody signs out. */
  forget() {
    this.known.clear();
    this.store("readwrite")?.clear();
  }

  store(mode) {
    return this.database?.transaction(STORE, mode).objectStore(STORE);
  }
}

async function cardHash(meal, card) {
  if (!HASHES) return null;
  const bytes = new TextEncoder().encode(`${meal}:${card}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const fresh = (roster, tag, before) => ({ ...roster, tag, walkIns: before?.walkIns ?? 0 });
