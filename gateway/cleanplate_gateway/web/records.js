// The weighings of this tablet, in its own database. A record is on disk before anybody is told that it
// is kept; its number, its link to the one before and itself are written in one transaction, so that two
// tabs never give a number twice. docs/decisions/0023-weighing-screen.md

import { START, hashOf } from "./chain.js";
import { memory, uuid } from "./device.js";

const DATABASE = "cleanplate-weighings";
const VERSION = 1;
const EARLIER = "cleanplate.outbox.weighings."; // entries of versions that had no database
const MOST_SENT = 300;
const STRICT = { durability: "strict" };

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });

/**
 * Entries `{order, id, item, label, state, problem, fate}`: `state` is "waiting", "sent" or "rejected",
 * `fate` is "corrected" or "withdrawn" once another record took the place of this one.
 */
export class Records {
  constructor() {
    this.database = null;
  }

  /** Open the database, and take over what an earlier version left; rejects where there is none. */
  async open() {
    const opening = indexedDB.open(DATABASE, VERSION);
    opening.onupgradeneeded = () => {
      const records = opening.result.createObjectStore("records", {
        keyPath: "order",
        autoIncrement: true,
      });
      records.createIndex("id", "id", { unique: true });
      records.createIndex("state", "state");
      opening.result.createObjectStore("photos", { keyPath: "id" });
      opening.result.createObjectStore("devices", { keyPath: "canteen_id" });
    };
    this.database = await done(opening);
    this.database.onversionchange = () => this.database.close();
    await this.takeOver();
    await this.trim();
  }

  /**
   * Number, chain and keep a weighing; return it as it was kept. `photo` is JPEG bytes or null.
   * Rejects if the disk did not take it: then nothing is kept.
   */
  async add(draft, label, photo = null) {
    for (;;) {
      const device = await this.device(draft.canteen_id);
      const item = { ...draft, device_id: device.device_id, sequence: device.sequence + 1 };
      item.previous_hash = device.hash;
      item.hash = await hashOf(item);
      if (await this.keep(device, { id: item.id, item, label, state: "waiting" }, photo)) return item;
    }
  }

  // Return false if another tab took the number first.
  async keep(device, entry, photo) {
    const [transaction, records, devices, photos] = this.stores("records", "devices", "photos");
    const { item } = entry;
    const head = await done(devices.get(device.canteen_id));
    if (head.sequence !== device.sequence) return false;
    devices.put({ ...head, sequence: item.sequence, hash: item.hash });
    records.add(entry);
    if (photo) photos.add({ id: item.id, jpeg: photo, ready: false });
    if (item.corrects) await mark(records, item.corrects, item.withdraws ? "withdrawn" : "corrected");
    await finished(transaction);
    return true;
  }

  // The name of this device at a canteen, its last number and the hash of its last record.
  async device(canteen_id) {
    const [transaction, devices] = this.stores("devices");
    const known = await done(devices.get(canteen_id));
    if (known) return known;
    const made = { canteen_id, device_id: `tablet-${uuid()}`, sequence: 0, hash: START };
    devices.add(made);
    await finished(transaction);
    return made;
  }

  /** Return the oldest entries in a state, in the order in which they were kept. */
  async in(state, most) {
    return done(this.read("records").index("state").getAll(state, most));
  }

  async count(state) {
    return done(this.read("records").index("state").count(state));
  }

  async find(id) {
    return done(this.read("records").index("id").get(id));
  }

  /** Return the newest entries, newest first. */
  async newest(most) {
    const found = [];
    const walking = this.read("records").openCursor(null, "prev");
    return new Promise((resolve, reject) => {
      walking.onerror = () => reject(walking.error);
      walking.onsuccess = () => {
        const cursor = walking.result;
        if (!cursor || found.push(cursor.value) >= most) resolve(found);
        else cursor.continue();
      };
    });
  }

  /** Note what the service said of weighings; return the entries that it was about. */
  async settle(results) {
    const [transaction, records, photos] = this.stores("records", "photos");
    const settled = [];
    for (const { id, outcome, problem } of results) {
      const entry = await done(records.index("id").get(id));
      if (!entry) continue;
      entry.state = outcome === "rejected" ? "rejected" : "sent";
      entry.problem = problem;
      records.put(entry);
      const photo = await done(photos.get(id));
      if (photo && entry.state === "sent") photos.put({ ...photo, ready: true });
      settled.push(entry);
    }
    await finished(transaction);
    await this.trim();
    return settled;
  }

  /** Let a rejected weighing wait again, as it is. */
  async again(id) {
    const [transaction, records] = this.stores("records");
    const entry = await done(records.index("id").get(id));
    if (entry) records.put({ ...entry, state: "waiting", problem: null });
    await finished(transaction);
  }

  /** Forget a weighing that a person gave up, and its photo. */
  async drop(id) {
    const [transaction, records, photos] = this.stores("records", "photos");
    const key = await done(records.index("id").getKey(id));
    if (key) records.delete(key);
    photos.delete(id);
    await finished(transaction);
  }

  /** Return the photos whose weighings the service has: `{id, jpeg, problem}`. */
  async photos() {
    return (await done(this.read("photos").getAll())).filter((photo) => photo.ready);
  }

  async dropPhoto(id) {
    const [transaction, photos] = this.stores("photos");
    photos.delete(id);
    await finished(transaction);
  }

  async takeOver() {
    const keys = memory.keys().filter((key) => key.startsWith(EARLIER));
    if (!keys.length) return;
    const entries = keys.map((key) => memory.read(key)).filter((entry) => entry?.item?.id);
    entries.sort((one, other) => one.kept - other.kept);
    const [transaction, records] = this.stores("records");
    for (const { item, label, problem } of entries) {
      if (await done(records.index("id").getKey(item.id))) continue;
      const state = problem ? "rejected" : "waiting";
      records.add({ id: item.id, item, label: { stream: label.stream }, state, problem });
    }
    await finished(transaction);
    for (const key of keys) memory.remove(key);
  }

  async trim() {
    const over = (await this.count("sent")) - MOST_SENT;
    if (over <= 0) return;
    const [transaction, records] = this.stores("records");
    const keys = await done(records.index("state").getAllKeys("sent", over));
    for (const key of keys) records.delete(key);
    await finished(transaction);
  }

  read(name) {
    return this.database.transaction(name).objectStore(name);
  }

  stores(...names) {
    const transaction = this.database.transaction(names, "readwrite", STRICT);
    return [transaction, ...names.map((name) => transaction.objectStore(name))];
  }
}

async function mark(records, id, fate) {
  const entry = await done(records.index("id").get(id));
  if (entry) records.put({ ...entry, fate });
}
