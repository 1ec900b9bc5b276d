// Sends this tablet's weighings in the order in which they were kept, then their photos.

import { Sending } from "./sending.js";

const OTHERS = "cleanplate.weighings"; // tabs of this tablet tell each other
const REFUSED = [400, 404, 409, 413, 415, 422]; // a photo that no repetition makes better

export class Weighings extends Sending {
  constructor(url, csrf, records) {
    super(url, csrf);
    this.records = records;
    this.tabs = new BroadcastChannel(OTHERS);
    this.tabs.onmessage = () => super.changed();
  }

  /** Keep a weighing, then send it; resolves as soon as it is on disk. */
  async add(draft, label, photo) {
    const item = await this.records.add(draft, label, photo);
    this.tell();
    this.send();
    return item;
  }

  async again(id) {
    await this.records.again(id);
    this.tell();
    this.send();
  }

  async drop(id) {
    await this.records.drop(id);
    this.tell();
  }

  async waiting(most) {
    if (!this.records.database) return [];
    return (await this.records.in("waiting", most)).map((entry) => entry.item);
  }

  batch(items) {
    return { items, sent_at: new Date().toISOString() };
  }

  async settle(results) {
    const settled = await this.records.settle(results);
    const detail = settled;
    this.dispatchEvent(new CustomEvent("settled", { detail }));
    this.tell();
    return settled.length;
  }

  async afterwards() {
    const [photo] = this.records.database ? await this.records.photos() : [];
    if (!photo) return null;
    const url = `${this.url.replace(/:batch$/, "")}/${photo.id}/photo`;
    const file = new FormData();
    file.append("file", new Blob([photo.jpeg], { type: "image/jpeg" }), "photo.jpg");
    const pause = await this.exchange("PUT", url, null, () => file, () => null);
    if (pause && !REFUSED.includes(this.status)) return pause;
    await this.records.dropPhoto(photo.id);
    if (pause) this.dispatchEvent(new CustomEvent("photo-refused", { detail: this.said }));
    [this.failures, this.state] = [0, "online"];
    return 0;
  }

  // Other tabs show the same list.
  tell() {
    this.tabs.postMessage(null);
    this.changed();
  }
}
